"""Each tool on one planted recording: what it found of what is there, and of what is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from commlab.agents.scripted.language import Language
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.probes.decode import information
from commlab.probes.planted.expected import BOTH, LEVEL, TELLS, Tally

__all__ = ["TOOLS", "Form", "Meaning", "Subject", "judge_entries", "read_meanings"]

MIN_EPISODES = 20  # in which an entry is said, for it to be judged
N_NULL = 99

Form = tuple[tuple[int, ...], int | None]  # symbols, and the position of one that counts at that position alone
Meaning = frozenset[tuple[str, str]]


class Subject(NamedTuple):
    """A recording whose language is known."""

    recording: Recording
    language: Language
    seed: int


class Read(NamedTuple):
    """An entry as a lexicon has it."""

    meaning: Meaning
    n_episodes: int


def read_meanings(recording: Recording, seed: int, of: str | None = None) -> dict[Form, Read]:
    """The lexicon of a recording: what each form that is no silence means. Empty where nobody speaks."""
    from commlab.probes.decode.lexicon import read

    try:
        book = read(recording, of=of, n_null=N_NULL, seed=seed)
    except DataError:
        return {}
    return {
        (tuple(entry.symbols), entry.position): Read(frozenset(entry.meaning), entry.n_episodes)
        for entry in book.entries
        if not entry.silence
    }


def judge_lexicon(subject: Subject) -> Tally:
    """The entries of the lexicon against those that are planted."""
    found = read_meanings(subject.recording, subject.seed)
    planted = {(entry.symbols, entry.position): entry.meaning for entry in subject.language.entries}
    return judge_entries(found, planted)


def judge_entries(found: Mapping[Form, Read], planted: Mapping[Form, Meaning]) -> Tally:
    """The entries said in 20 episodes or more: how many have exactly the planted meaning.

    False is an entry with a pair that is not planted, or a form that means something and is not in the list. Where
    nothing is planted at all the lexicon as a whole is the one chance to be wrong.
    """
    judged = {form: meaning for form, meaning in planted.items() if form in found and enough(found[form])}
    wrong = sum(bool(found[form].meaning - meaning) for form, meaning in judged.items())
    others = sum(bool(entry.meaning) for form, entry in found.items() if form not in planted)
    if not any(planted.values()):
        return Tally(max(1, len(judged)), 0, 0, 1, int(wrong + others > 0))
    right = sum(found[form].meaning == meaning for form, meaning in judged.items())
    return Tally(len(judged), len(judged), right, len(judged) + others, wrong + others)


def enough(entry: Read) -> bool:
    """Whether an entry is said often enough to be judged."""
    return entry.n_episodes >= MIN_EPISODES


def judge_information(subject: Subject) -> Tally:
    """I(message; target) above its null for the targets that are told, and not for those that are not."""
    told = TELLS[subject.language.name]
    sure = {target: is_informed(subject, target) for target in sorted(BOTH)}
    recovered = sum(sure[target] for target in told)
    false = sum(sure[target] for target in BOTH - told)
    return Tally(1, len(told), recovered, len(BOTH - told), false)


def is_informed(subject: Subject, target: str) -> bool:
    """Whether messages carry information about a target: by its null, and by its interval over episodes.

    Both are asked for. What is named and what is not may change at the same steps, as the place and the kind of one
    crystal do; exchanged episodes lose that, and the null alone then finds thousandths of a bit where there is nothing.
    """
    try:
        found = information.fit(subject.recording, target, n_null=N_NULL, seed=subject.seed, per_speaker=False)
    except DataError:  # nothing is said
        return False
    above = found.interval is not None and found.interval[0] > 0
    return found.p_value is not None and found.p_value <= LEVEL and above


TOOLS: dict[str, Callable[[Subject], Tally]] = {"lexicon": judge_lexicon, "information": judge_information}
