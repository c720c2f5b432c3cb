"""Validation of somebody else's recording, whose right answers are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.planted import judging
from commlab.probes.planted.answers import Answers, read_answers
from commlab.probes.planted.expected import Case
from commlab.probes.planted.judging import Form, Meaning, Read
from commlab.probes.planted.validation import result_of, row_of

__all__ = ["fit"]


def fit(recording: Recording, answers: Path, seed: int = 0) -> Result:
    """The lexicon of a recording against the answers in a file: one row, and every entry in details["entries"].

    Raises DataError where the file cannot be read, where none of its forms is said in 20 episodes or more, and
    TargetError where it names a target that the recording does not have.
    """
    expected = read_answers(answers, symbol_names(recording))
    for target in sorted({target for meaning in expected.entries.values() for target, _ in meaning}):
        find_target(target, recording)
    found = judging.read_meanings(recording, seed, expected.of)
    if not any(form in found and judging.enough(found[form]) for form in expected.entries):
        raise DataError(
            f"None of the {len(expected.entries)} forms in {answers} is said in {judging.MIN_EPISODES} episodes or "
            "more: expect others, or record more episodes."
        )
    tally = judging.judge_entries(found, expected.entries)
    command = f"validate --recording={recording.path} --answers={answers}"
    result = result_of([row_of("lexicon", Case(expected.language), [tally])], seed, command)
    result.details["entries"] = compared(found, expected)
    return result


def symbol_names(recording: Recording) -> Mapping[int, str]:
    """The names of symbols, where the recording has some."""
    return recording.codes.get("symbols", {})


def compared(found: Mapping[Form, Read], expected: Answers) -> list[dict[str, Any]]:
    """What was expected of each form, and what the lexicon has."""
    return [one_compared(form, meaning, found.get(form)) for form, meaning in expected.entries.items()]


def one_compared(form: Form, meaning: Meaning, read: Read | None) -> dict[str, Any]:
    """A form, JSON-able."""
    symbols, position = form
    judged = read is not None and judging.enough(read)
    return {
        "form": " ".join(map(str, symbols)) + ("" if position is None else f"@{position}"),
        "expected": sorted(map(list, meaning)),
        "found": sorted(map(list, read.meaning)) if read is not None else None,
        "n_episodes": read.n_episodes if read is not None else 0,
        "judged": judged,
        "right": read.meaning == meaning if judged and read is not None else None,
    }
