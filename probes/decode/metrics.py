"""All scalar measures of a language in one list: each with its interval, its null, and a word of warning."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError, nearest_names
from commlab.foundation.result import Result
from commlab.foundation.statistics import benjamini_hochberg, draw_permutations
from commlab.probes.decode.act_metrics import ACTS, TOGETHER, act_metrics, code_metrics
from commlab.probes.decode.distances import check_names
from commlab.probes.decode.findings import Asked, Found, finding, groups_of
from commlab.probes.decode.language import Language, read_language
from commlab.probes.decode.meaning_metrics import NAMING, STRUCTURE, naming_metrics, structure_metrics
from commlab.probes.decode.measures import MEASURES
from commlab.probes.decode.resampling import Resampling, common_steps
from commlab.probes.decode.said_metrics import (
    CORPUS,
    VARIETY,
    WORDS,
    corpus_metrics,
    variety_metrics,
    word_metrics,
)

__all__ = ["fit", "summary"]

Watch = Callable[[int, int], None]  # how much is done, of how much
N_PASSES = 3  # over groups and permutations: naming, structure, speakers beside each other


class Options(NamedTuple):
    """What can be chosen of single measures."""

    reaction: int
    threshold: float
    distances: tuple[str, str]


def fit(
    recording: Recording,
    targets: Sequence[str] | None = None,
    of: str | int | None = None,
    lag: int = 0,
    reaction: int = 1,
    threshold: float = 0.0,
    distances: tuple[str, str] = ("edit", "hamming"),
    only: Sequence[str] | None = None,
    n_null: int = 199,
    seed: int = 0,
    watch: Watch | None = None,
) -> list[Result]:
    """Every measure of `commlab.probes.decode.measures`, in its order; those that are undefined say why.

    targets: names of class targets that messages may be about, the first being the one that naming is measured
    against; by default where and what the nearest crystal is, or the features of an imported recording. of: whose
    messages ("speakers"). lag: the targets' step minus the message's. reaction: steps until others can answer.
    threshold: of Harris's boundaries, in bits. distances: of messages and of meanings, for topographic similarity, as
    `commlab.probes.decode.distances` names them. only: the keys of the measures that are wanted.
    watch: called with how much is done.

    Raises TargetError for an unknown target, and DataError where the recording holds no messages or a target that was
    asked for cannot be compared with them.
    """
    if reaction < 0 or not 0 <= threshold < math.inf:
        raise DataError(f"reaction and threshold must be finite and 0 or more, not {reaction} and {threshold}.")
    check_names(*distances)
    wanted = checked_names(only)
    language = read_language(recording, targets, of, lag)
    work, reason = resampling(language, n_null, seed, watch)
    command = "metrics" + (f" --targets {','.join(targets)}" if targets else "")
    made = origin(recording, command, seed)
    found = measured(recording, language, work, Options(reaction, threshold, distances), wanted)
    if watch is not None:
        watch(1, 1)
    asked = Asked(language, seed, made, reason)
    return with_q_values([finding(asked, key, found[key]) for key in wanted])


def measured(
    recording: Recording, language: Language, work: Resampling, options: Options, wanted: Sequence[str]
) -> dict[str, Found]:
    """What was found for each measure of the families that the wanted ones belong to."""
    groups, seed = work.groups, work.seed
    families: list[tuple[Sequence[str], Callable[[], dict[str, Found]]]] = [
        (VARIETY, lambda: variety_metrics(language, groups)),
        (CORPUS, lambda: corpus_metrics(language, work)),
        (WORDS, lambda: word_metrics(language, groups, options.threshold, seed)),
        (NAMING, lambda: naming_metrics(language, work)),
        (STRUCTURE, lambda: structure_metrics(language, work, options.distances)),
        (ACTS, lambda: act_metrics(recording, language, work, options.reaction)),
        (TOGETHER, lambda: code_metrics(language, work)),
    ]
    found: dict[str, Found] = {}
    for keys, measure in families:
        if set(keys) & set(wanted):
            found |= measure()
    return found


def checked_names(only: Sequence[str] | None) -> list[str]:
    """The measures that are wanted, in their order. Raises DataError where there is none of a name."""
    for name in only or ():
        if name not in MEASURES:
            near = ", ".join(nearest_names(name, MEASURES))
            raise DataError(f"There is no metric {name!r}: nearest are {near}; `commlab metrics --json` lists all.")
    return [key for key in MEASURES if only is None or key in only]


def resampling(language: Language, n_null: int, seed: int, watch: Watch | None) -> tuple[Resampling, str | None]:
    """The groups of episodes that are left out and the permutations, and the reason where there are none."""
    strata = language.spoken.strata
    reason = None
    if strata.n_alone == len(strata.stratum):
        reason = "every episode has a condition of its own, so that no two can trade places"
    elif n_null < 1:
        reason = "no null draws were asked for"
    n_draws = 0 if reason else n_null
    permutations = draw_permutations(strata, n_draws, np.random.default_rng([seed, 2]))
    groups = groups_of(language.n_episodes, np.random.default_rng([seed, 1]))
    done = iter(range(1, 10**9))
    total = N_PASSES * (len(groups) + n_draws) + n_draws

    def passed(items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            yield item
            step = next(done)
            if watch is not None:
                watch(min(step, total), total)

    return Resampling(
        groups, permutations, *common_steps(language.spoken), language.spoken.said.size, seed, passed
    ), reason


def with_q_values(results: list[Result]) -> list[Result]:
    """The results with the false discovery rate at which each would be counted among the findings."""
    p_values = [result.p_value for result in results if result.p_value is not None]
    adjusted = iter(benjamini_hochberg(p_values).tolist() if p_values else [])
    return [
        result
        if result.p_value is None
        else replace(result, details={**result.details, "q_value": next(adjusted), "n_tests": len(p_values)})
        for result in results
    ]


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The table as a program reads it."""
    return {
        "of": results[0].details["of"],
        "targets": results[0].details["targets"],
        "n_episodes": results[0].n_episodes,
        "metrics": [row_of(result) for result in results],
    }


def row_of(result: Result) -> dict[str, Any]:
    """One row of the table."""
    return {
        "metric": result.details["metric"],
        "title": result.details["title"],
        "value": result.estimate,
        "unit": result.unit,
        "interval": list(result.interval) if result.interval else None,
        "null_mean": result.null.mean if result.null else None,
        "p_value": result.p_value,
        "q_value": result.details["q_value"],
        "reason": result.details.get("reason"),
        "caution": result.details.get("caution"),
        "warning": result.details["warning"],
    }
