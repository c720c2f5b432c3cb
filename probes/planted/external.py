"""Validation of somebody else's recording, whose right answers are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.decode.utterances import utterances
from commlab.probes.planted import judging
from commlab.probes.planted.answers import Answers, read_answers
from commlab.probes.planted.expected import Case
from commlab.probes.planted.judging import Form, Meaning, Read
from commlab.probes.planted.validation import result_of, row_of

__all__ = ["fit"]


def fit(recording: Recording, answers: Path, seed: int = 0) -> Result:
    """The lexicon of a recording against the answers in a file: one row, and every entry in details["entries"].

    What the lexicon has beyond the forms in the file does not count.

    Raises DataError where the file cannot be read, where none of its forms is said in 20 episodes or more, and
    TargetError where it names a target that the recording does not have.
    """
    expected = read_answers(answers, symbol_names(recording))
    for target in sorted({target for meaning in expected.entries.values() for target, _ in meaning}):
        find_target(target, recording)
    utterances(recording, expected.of)  # says who is not there, or that nothing is recorded of what is said
    book = judging.read_meanings(recording, seed, expected.of)
    found = {form: read for form in expected.entries if (read := looked_up(book, form)) is not None}
    if not any(form in found and judging.enough(found[form]) for form in expected.entries):
        raise DataError(
            f"No form in {answers} is said in {judging.MIN_EPISODES} episodes or "
            "more: expect others, or record more episodes."
        )
    tally = judging.judge_entries(found, expected.entries)
    command = f"validate --recording={recording.path} --answers={answers}"
    result = result_of([row_of("lexicon", Case(expected.language), [tally])], seed, command)
    result.details["entries"] = compared(found, expected, symbol_names(recording))
    right = f"Of {tally.n} forms that are judged, {tally.n - wrong_of(result)} mean exactly what is expected."
    return replace(result, sentence=right, n_episodes=recording.n_episodes)


def wrong_of(result: Result) -> int:
    """How many forms mean something else than what is expected."""
    return sum(entry["right"] is False for entry in result.details["entries"])


def looked_up(book: Mapping[Form, Read], form: Form) -> Read | None:
    """A form in a lexicon, whatever the lexicon's entries are: symbols, symbols at their positions, or messages.

    A symbol is looked up at all positions, a symbol at a position also anywhere, and a message by its parts.
    """
    symbols, position = form
    if form in book:
        return book[form]
    if position is not None:
        return book.get((symbols, None))
    if len(symbols) == 1:
        return joined([read for (others, _), read in book.items() if others == symbols])
    parts = [looked_up(book, ((symbol,), place)) for place, symbol in enumerate(symbols)]
    return joined([part for part in parts if part is not None]) if None not in parts else None


def joined(reads: Sequence[Read]) -> Read | None:
    """Several entries as one: all that they mean, and the least number of episodes."""
    if not reads:
        return None
    meaning = frozenset(pair for read in reads for pair in read.meaning)
    return Read(meaning, min(read.n_episodes for read in reads))


def symbol_names(recording: Recording) -> Mapping[int, str]:
    """The names of symbols, where the recording has some."""
    return recording.codes.get("symbols", {})


def compared(found: Mapping[Form, Read], expected: Answers, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """What was expected of each form, and what the lexicon has."""
    return [one_compared(form, meaning, found.get(form), names) for form, meaning in expected.entries.items()]


def one_compared(form: Form, meaning: Meaning, read: Read | None, names: Mapping[int, str]) -> dict[str, Any]:
    """A form, JSON-able; its symbols by name where they have names."""
    symbols, position = form
    judged = read is not None and judging.enough(read)
    return {
        "form": " ".join(names.get(symbol, str(symbol)) for symbol in symbols)
        + ("" if position is None else f"@{position}"),
        "expected": sorted(map(list, meaning)),
        "found": sorted(map(list, read.meaning)) if read is not None else None,
        "n_episodes": read.n_episodes if read is not None else 0,
        "judged": judged,
        "right": read.meaning == meaning if judged and read is not None else None,
    }
