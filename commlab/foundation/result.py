"""The Result of an analysis: an estimate with its interval, its null and its provenance, saved as JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from commlab.foundation.atomic import write_atomic
from commlab.foundation.cards import card, digits, paragraph, span, table
from commlab.foundation.errors import DataError
from commlab.foundation.saved import checked, parsed

__all__ = ["Null", "Result", "Results", "to_plain", "undefined"]

HOLDS = {True: "yes", False: "no", None: "unclear"}


@dataclass(frozen=True)
class Null:
    """What the estimate looks like when there is nothing to find."""

    method: str  # "whole episodes permuted", "circular shift", …
    mean: float
    low: float  # 2.5 % of the draws
    high: float  # 97.5 % of the draws
    n_draws: int


@dataclass(frozen=True)
class Result:
    """One finding. Everything that a figure or the report shows of it is in here."""

    analysis: str  # "probe", "information", "use", "injection", …
    name: str  # file stem, unique within a run
    estimate: float | None  # None where it is undefined; the sentence says why
    unit: str  # "balanced accuracy", "bits", "deliveries an episode", …
    interval: tuple[float, float] | None  # 95 %
    null: Null | None
    p_value: float | None
    n_episodes: int
    sentence: str  # the finding in plain words
    details: dict[str, Any] = field(default_factory=dict)  # JSON-able tables that figures draw from
    provenance: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        value = "undefined" if self.estimate is None else f"{digits(self.estimate)} {self.unit}"
        facts = [value, *([f"95 % {span(self.interval)}"] if self.interval else [])]
        facts += [f"p = {digits(self.p_value)}"] if self.p_value is not None else []
        return f"Result({self.name!r}: {', '.join(facts)}, {self.n_episodes} episodes)"

    def _repr_html_(self) -> str:
        null = "–" if self.null is None else f"{digits(self.null.mean)} ({span((self.null.low, self.null.high))})"
        row = (self.estimate, self.unit, span(self.interval), null, self.p_value, self.n_episodes)
        parts = [paragraph(self.sentence), table(("estimate", "unit", "95 %", "null (95 %)", "p", "episodes"), [row])]
        parts += [evidence_table(self.details.get("evidence"))] if self.analysis == "verdict" else []
        return card(self.name, parts, f"null: {self.null.method}" if self.null is not None else "")

    def to_json(self) -> str:
        """The result as JSON text. Raises ValueError, naming the field, where a number is NaN or infinite."""
        return json.dumps(to_plain(asdict(self), self.name), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The result that `to_json` wrote. Raises DataError where the text is not one."""
        try:
            known = {f.name for f in fields(cls)}
            data = {key: value for key, value in checked(parsed(text)).items() if key in known}
            data["interval"] = tuple(data["interval"]) if data["interval"] is not None else None
            data["null"] = Null(**data["null"]) if data["null"] is not None else None
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"This text is not a saved result ({error}): run the analysis again to make it anew."
            ) from error

    def save(self, folder: Path | str) -> Path:
        """Write `<folder>/<name>.json`, whole or not at all; returns its path."""
        return write_atomic(Path(folder) / f"{self.name}.json", self.to_json())

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The result saved at `path`. Raises DataError where there is none or it is damaged."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} is not a readable result ({error}): run the analysis again to make it.") from error
        try:
            return cls.from_json(text)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error


class Results(dict[str, Result]):
    """Results by name, shown as a table of what they say."""

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values())) or "No results."

    def _repr_html_(self) -> str:
        columns = ("name", "estimate", "unit", "95 %", "p", "in words")
        rows = [(r.name, r.estimate, r.unit, span(r.interval), r.p_value, in_short(r.sentence)) for r in self.values()]
        return card(f"{len(rows)} results", [table(columns, rows)])


def undefined(
    analysis: str,
    name: str,
    unit: str,
    reason: str,
    n_episodes: int = 0,
    details: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Result:
    """A result without an estimate: the reason, a clause such as "only one message is said", ends its sentence."""
    told = {**(details or {}), "reason": reason}
    sentence = f"{analysis[:1].upper()}{analysis[1:]} is undefined, because {reason.rstrip('.')}."
    return Result(analysis, name, None, unit, None, None, None, n_episodes, sentence, told, dict(provenance or {}))


def in_short(sentence: str) -> str:
    """The first sentence of several."""
    first, stop, _ = sentence.partition(". ")
    return first + stop.strip()


def evidence_table(rows: Any) -> str:
    """HTML of the evidence of a verdict, a mapping a row; "" where that is not what it is."""
    try:
        cells = [
            (r["part"], r["about"], r["estimate"], r["unit"], span(r["interval"]), HOLDS[r["holds"]]) for r in rows
        ]
    except (LookupError, TypeError, ValueError):  # of another version, or edited by hand
        return ""
    return table(("evidence", "about", "found", "unit", "95 %", "holds"), cells)


def to_plain(value: Any, where: str = "value") -> Any:
    """`value` with numpy scalars and arrays, tuples and mappings turned into JSON's own types.

    Raises ValueError, naming the field, where a number is NaN or infinite (say None and give a reason instead), and
    TypeError where a value has no JSON form.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(to_plain(key, where)): to_plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [to_plain(item, f"{where}[{index}]") for index, item in enumerate(items)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {value}, which JSON cannot hold: use None and give the reason beside it.")
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{where} is a {type(value).__name__}, which JSON cannot hold: use numbers, text, lists or dicts.")
