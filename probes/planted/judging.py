"""Each tool on one planted recording: what it found of what is there, and of what is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from commlab.agents.scripted.language import Language
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.planted.expected import BOTH, EXPECTED, HEEDED, LEVEL, RANGES, TELLS, UNSTRUCTURED, Case, Tally

__all__ = ["Form", "Meaning", "Read", "Subject", "enough", "judge", "judge_entries", "read_meanings"]

MIN_EPISODES = 20  # in which an entry is said, for it to be judged
N_NULL = 99
FEW_NULL = 19  # the least that can reach LEVEL
N_CLUSTERS, MAX_ROWS = 32, 3000  # as many as there are cases; by default it takes ten seconds to choose a number

Form = tuple[tuple[int, ...], int | None]  # symbols, and the position of one that counts at that position alone
Meaning = frozenset[tuple[str, str]]


class Subject(NamedTuple):
    """A recording whose language is known."""

    recording: Recording
    language: Language
    case: Case
    seed: int


class Read(NamedTuple):
    """An entry as a lexicon has it."""

    meaning: Meaning
    n_episodes: int


def judge(subject: Subject, tools: Collection[str]) -> dict[str, Tally]:
    """What each of the tools made of a recording."""
    tallies = {tool: JUDGES[tool](subject) for tool in tools if tool in JUDGES}
    measures = [tool for tool in tools if tool not in JUDGES]
    return tallies | (judge_measures(subject, measures) if measures else {})


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
    from commlab.probes.decode import information

    def fit(target: str) -> Result:
        return information.fit(subject.recording, target, n_null=N_NULL, seed=subject.seed, per_speaker=False)

    return judge_targets(subject, fit)


def judge_probe(subject: Subject) -> Tally:
    """A linear probe that reads the targets that are told from messages, and not those that are not."""
    from commlab.probes.decode import probe

    def fit(target: str) -> Result:
        return probe.fit(subject.recording, target, n_null=FEW_NULL, seed=subject.seed)

    return judge_targets(subject, fit)


def judge_targets(subject: Subject, fit: Callable[[str], Result]) -> Tally:
    """A tool that is asked about a target, on those that are told and those that are not."""
    told = TELLS[subject.language.name]
    sure = {target: is_sure(fit, target) for target in sorted(BOTH)}
    recovered = sum(sure[target] for target in told)
    false = sum(sure[target] for target in BOTH - told)
    return Tally(1, len(told), recovered, len(BOTH - told), false)


def is_sure(fit: Callable[[str], Result], target: str) -> bool:
    """Whether a tool finds a target: by its null, and by its interval over episodes.

    Both are asked for. What is named and what is not may change at the same steps, as the place and the kind of one
    crystal do; exchanged episodes lose that, and the null alone then finds thousandths of a bit where there is nothing.
    """
    try:
        return is_found(fit(target))
    except DataError:  # nothing is said
        return False


def is_found(result: Result) -> bool:
    """Whether a result is beyond its null, and its interval too."""
    beyond = result.interval is not None and result.null is not None and result.interval[0] > result.null.mean
    return result.p_value is not None and result.p_value <= LEVEL and beyond


def judge_measures(subject: Subject, measures: Collection[str]) -> dict[str, Tally]:
    """Scalar measures: in the range that the table has for them; and where nothing is said, nothing beyond the null."""
    from commlab.probes.decode import metrics

    results = metrics.fit(subject.recording, n_null=FEW_NULL, seed=subject.seed)
    by_name = {result.details["metric"]: result for result in results}
    return {measure: judge_measure(subject.case, measure, by_name[measure]) for measure in measures}


def judge_measure(case: Case, measure: str, result: Result) -> Tally:
    """One measure on one recording."""
    bounds = RANGES.get(measure, {}).get(case.language)
    if bounds is None:
        found = is_found(result)
        return Tally(1, 1, int(found), 0, 0) if case in HEEDED else Tally(1, 0, 0, 1, int(found))
    within = result.estimate is not None and bounds[0] <= result.estimate <= bounds[1]
    return Tally(1, 0, 0, 1, int(not within)) if case.language == UNSTRUCTURED else Tally(1, 1, int(within), 0, 0)


def judge_clusters(subject: Subject) -> Tally:
    """Clusters of the contexts of use that go with messages they were not formed by."""
    from commlab.probes.decode import clusters

    try:
        result = clusters.fit(
            subject.recording, k=N_CLUSTERS, n_null=FEW_NULL, seed=subject.seed, max_rows=MAX_ROWS, n_resamples=2
        )
        found = result.p_value is not None and result.p_value <= LEVEL
    except DataError:  # nothing is said
        found = False
    return Tally(1, 1, int(found), 0, 0) if TELLS[subject.language.name] else Tally(1, 0, 0, 1, int(found))


JUDGES: dict[str, Callable[[Subject], Tally]] = {
    "lexicon": judge_lexicon,
    "information": judge_information,
    "probe": judge_probe,
    "clusters": judge_clusters,
}
assert set(EXPECTED) == {*JUDGES, *RANGES, "instantaneous_coordination"}
