"""Expected answers for anybody's recording: what each of its forms is known to mean, as JSON or CSV.

Written in any of these ways; an empty list or null says that nothing may be found.

  {"entries": {"3": [["resource_location", "NE"]], "3 7": [["resource_location", "NE"], ["resource_kind", "green"]]}}
  {"target": "resource_location", "entries": {"3": "NE", "5": ["N", "S"], "6": null}}
  {"3": {"resource_location": "NE"}, "7@1": {"resource_kind": ["green", "blue"]}}
  [{"message": "3", "target": "resource_location", "value": "NE"}, …]

and as CSV with the columns message, target, value. A form is a symbol ("3"), a symbol at a position, from 0 on ("7@1",
or "_ 7" as `commlab lexicon` has it), or a message ("3 7"); symbols that the recording names may be written by name.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from commlab.foundation.errors import DataError
from commlab.probes.planted.judging import Form, Meaning

__all__ = ["Answers", "read_answers"]

SETTINGS = {"language", "of", "target", "entries", "seed", "listener"}
FORMS = ("form", "message", "symbol", "entry")  # names of the same column
ANY = "_"
MOST_DIGITS = 9  # of a symbol
Pairs = list[tuple[str, str]]


class Answers(NamedTuple):
    """What is expected of a recording."""

    language: str
    of: str | None
    entries: dict[Form, Meaning]


def read_answers(path: Path, symbols: Mapping[int, str]) -> Answers:
    """The answers in a file; `symbols` are the names that the recording gives its symbols.

    Raises DataError, naming the file and the place, where it cannot be read as answers.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text ({error}): give a JSON or CSV file of answers.") from None
    data = from_csv(text, path) if path.suffix.lower() == ".csv" else from_json(text, path)
    settings = data if isinstance(data, Mapping) and "entries" in data else {}
    told = entries_in(data, path)
    target = text_or_none(settings.get("target"), "target", path)
    codes = {name: code for code, name in symbols.items()}
    entries: dict[Form, Meaning] = {}
    for form, answer in told:
        key = form_of(form, codes, path)
        entries[key] = entries.get(key, frozenset()) | frozenset(pairs_of(answer, target, form, path))
    if not entries:
        raise DataError(f'{path} expects nothing: write answers such as {{"3": {{"resource_location": "NE"}}}}.')
    language = text_or_none(settings.get("language"), "language", path)
    of = settings.get("of")
    return Answers(language or "external", None if of is None else str(of), entries)


def from_json(text: str, path: Path) -> Any:
    """What JSON text holds."""
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError(f"{path} is nested too deeply: `commlab validate --help` shows how to write it.") from None
    except ValueError as error:
        raise DataError(
            f"{path} is not valid JSON ({error}): `commlab validate --help` shows how to write it."
        ) from None


def from_csv(text: str, path: Path) -> list[dict[str, Any]]:
    """The rows of a table with the columns message, target and value."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header, *rows = [(reader.line_num, row) for row in reader if row] or [(1, [])]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: no CSV ({error}): mend the line.") from None
    names = [name.strip().lower() for name in header[1]]
    if not set(names) & set(FORMS) or not {"target", "value"} <= set(names):
        has = ", ".join(header[1]) or "nothing"
        raise DataError(f"{path} has the columns {has}: a CSV file of answers has message, target and value.")
    return [dict(zip(names, cells_of(row, len(names), line, path), strict=True)) for line, row in rows]


def cells_of(row: list[str], wanted: int, line: int, path: Path) -> list[str]:
    """The cells of a row, as many as there are columns."""
    if len(row) != wanted:
        raise DataError(
            f"{path}, line {line}: {len(row)} cells where the header names {wanted} columns: quote cells that hold "
            "commas, or mend the line."
        )
    return [cell.strip() for cell in row]


def entries_in(data: Any, path: Path) -> Iterable[tuple[Any, Any]]:
    """The forms and what is said of each, however they are written."""
    if isinstance(data, Mapping):
        inner = data.get("entries", data)
        unknown = sorted(set(map(str, data)) - SETTINGS) if "entries" in data else []
        if unknown:
            raise DataError(f"{path} has {unknown[0]!r} beside entries: allowed are {', '.join(sorted(SETTINGS))}.")
        if isinstance(inner, Mapping):
            return list(inner.items())
        data = inner
    if not isinstance(data, list) or not all(isinstance(row, Mapping) for row in data):
        raise DataError(f"{path} holds no answers: write a table, or rows with message, target, value.")
    return [row_of(row, path) for row in data]


def row_of(row: Mapping[str, Any], path: Path) -> tuple[Any, Any]:
    """The form of a row, and its pair; without a value it means nothing."""
    form = next((row[name] for name in FORMS if row.get(name) not in (None, "")), None)
    if form is None:
        raise DataError(f"{path} has a row without a message, {dict(row)}: give each a message, target and value.")
    if "pairs" in row or "meaning" in row:
        return form, row.get("pairs", row.get("meaning"))
    value = row.get("value")
    if value in (None, ""):
        return form, None
    return form, [[row["target"], value]] if row.get("target") else value


def form_of(form: Any, codes: Mapping[str, int], path: Path) -> Form:
    """The symbols of a form, and its position."""
    text = " ".join(map(str, form)) if isinstance(form, list) else str(form).strip()
    name, _, position = text.partition("@") if re.search(r"@\d+$", text) else (text, "", "")
    words = [text] if text in codes else name.split()
    if words.count(ANY) == len(words) - 1 > 0 and not position:  # as the lexicon writes a symbol at a position
        place = next(p for p, word in enumerate(words) if word != ANY)
        words, position = [words[place]], str(place)
    symbols = tuple(symbol_of(word, codes, text, path) for word in words)
    if not symbols or (position and len(symbols) > 1):
        raise DataError(f"{path} has the form {text!r}: write 3, 7@1 (at a position) or 3 7 (a message).")
    return symbols, int(position) if position else None


def symbol_of(word: str, codes: Mapping[str, int], form: str, path: Path) -> int:
    """The code of a symbol."""
    if word in codes:
        return codes[word]
    if word.isdecimal() and len(word) <= MOST_DIGITS:
        return int(word)
    known = f"one of {', '.join(list(codes)[:8])}" if codes else "a number"
    raise DataError(f"{path} has the form {form!r}, and {word!r} is no symbol of the recording: write {known}.")


def pairs_of(answer: Any, target: str | None, form: Any, path: Path) -> Pairs:
    """The (target, value) pairs that an answer stands for."""
    if answer is None or answer in ([], {}, ""):
        return []
    if isinstance(answer, Mapping):
        return [(str(name), value) for name, values in answer.items() for value in several(values, form, path)]
    parts = answer if isinstance(answer, list) else [answer]
    if all(isinstance(part, list) and len(part) == 2 for part in parts):
        return [(plain(part[0], form, path), plain(part[1], form, path)) for part in parts]
    if target is None:
        raise DataError(
            f'{path} gives {form!r} values without a target: write [["resource_location", "NE"]], or name one target '
            "for all entries."
        )
    return [(target, value) for value in several(parts, form, path)]


def several(values: Any, form: Any, path: Path) -> list[str]:
    """One value or a list of them, as text."""
    return [plain(value, form, path) for value in (values if isinstance(values, list) else [values])]


def plain(value: Any, form: Any, path: Path) -> str:
    """A value as text."""
    finite = not isinstance(value, float) or math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not finite:
        raise DataError(f"{path} gives {form!r} the value {json.dumps(value)}: a value is text or a number.")
    return str(value)


def text_or_none(value: Any, name: str, path: Path) -> str | None:
    """A setting that is text, or absent."""
    if value is not None and not isinstance(value, str):
        raise DataError(f"{path} has the {name} {json.dumps(value)}: write it as text.")
    return value
