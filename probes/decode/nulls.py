"""What a probe scores when there is nothing to find: whole episodes permuted, and each episode turned in time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import (
    SHIFT_METHOD,
    draw_permutations,
    draw_shifts,
    moving_share,
    permutation_p_value,
    shift_series,
    summarise_null,
)
from commlab.probes.decode.linear import Design
from commlab.probes.decode.prepared import Prepared
from commlab.probes.decode.rows import Rows, permuted, strata_of, table_of
from commlab.probes.decode.scores import Reader, Task
from commlab.probes.parallel import spread

__all__ = ["null_score", "null_scores", "one_thread", "permutations_of", "shifted_scores"]

AT_ONCE = 10  # labellings of one piece of work

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Labellings(NamedTuple):
    """All that scoring other labels needs; without the recording and the target, so that it travels to workers."""

    design: Reader
    task: Task
    rows: Rows
    table: Array  # (E, slots) labels


def null_scores(recording: Recording, data: Prepared, n_null: int, seed: int) -> tuple[Float64, str | None]:
    """The score of each permutation of whole episodes, (n_null,), or none and the reason."""
    permutations, reason = permutations_of(recording, data.rows, n_null, seed)
    if reason is not None:
        return np.empty(0), reason
    draws = scores_of(labellings(data), permutations, permuted_score)
    defined = draws[np.isfinite(draws)]
    return defined, None if defined.size else "the score of permuted labels is undefined"


def permutations_of(recording: Recording, rows: Rows, n_null: int, seed: int) -> tuple[Int64, str | None]:
    """Permutations (n_null, E) of the rows' episodes, or the reason why there is none."""
    strata = strata_of(recording, rows)
    none = np.empty((0, len(rows.episodes)), dtype=np.int64)
    if n_null == 0:
        return none, "no null draws were asked for"
    if strata.n_alone == len(rows.episodes):
        return none, "every episode has a condition of its own, so that no two can trade places"
    return draw_permutations(strata, n_null, np.random.default_rng([seed, 2])), None


def shifted_scores(recording: Recording, data: Prepared, score: float, n_null: int, seed: int) -> dict[str, Any]:
    """The second null: the score against that of labels turned in time within each episode, or the reason for none.

    Two series that share only a clock pass this test and not the first. It is not for what stays as it is all episode.
    """
    work = labellings(data)
    n_lanes = len(data.agents.indices)
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)[data.rows.episodes]
    try:
        moving_share(codes_of(work.table), data.target.name, n_lanes)
    except DataError as error:
        return {"method": SHIFT_METHOD, "p_value": None, "reason": str(error)}
    shifts = draw_shifts(lengths, n_null, np.random.default_rng([seed, 4]))
    draws = scores_of(work, shifts, partial(shifted_score, lengths=lengths, n_lanes=n_lanes))
    draws = draws[np.isfinite(draws)]
    if draws.size == 0:
        return {"method": SHIFT_METHOD, "p_value": None, "reason": "the score of shifted labels is undefined"}
    return {**asdict(summarise_null(draws, SHIFT_METHOD)), "p_value": permutation_p_value(score, draws), "reason": None}


def codes_of(table: Array) -> Int64:
    """Labels (E, slots) as codes, -1 for none: numbers are numbered."""
    if table.dtype.kind != "f":
        return table.astype(np.int64)
    known = np.isfinite(table)
    codes = np.full(table.shape, -1, dtype=np.int64)
    codes[known] = np.unique(table[known], return_inverse=True)[1]
    return codes


def labellings(data: Prepared) -> Labellings:
    """What the workers get."""
    return Labellings(data.design, data.task, data.rows, table_of(data.labels, data.rows, data.task.missing))


def scores_of(work: Labellings, draws: Int64, score: Callable[[Labellings, Int64], float]) -> Float64:
    """The score of each draw (n_draws, E). What takes long is spread over the cores."""
    if isinstance(work.design, Design):
        return np.array([score(work, draw) for draw in draws])
    parts = [draws[start : start + AT_ONCE] for start in range(0, len(draws), AT_ONCE)]
    return np.concatenate(spread(partial(scores_of_part, work, score), parts))


def scores_of_part(work: Labellings, score: Callable[[Labellings, Int64], float], draws: Int64) -> Float64:
    """The scores of some draws, with one thread, so that they do not depend on the number of workers."""
    with one_thread():
        return np.array([score(work, draw) for draw in draws])


def one_thread() -> AbstractContextManager[Any]:
    """A context in which linear algebra uses one thread: its last digits differ with their number."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def permuted_score(work: Labellings, permutation: Int64) -> float:
    """The score of labels that episodes have from one another."""
    return null_score(work.design, work.task, permuted(work.table, work.rows, permutation))


def shifted_score(work: Labellings, shift: Int64, lengths: Int64, n_lanes: int) -> float:
    """The score of labels that are turned in time."""
    turned = shift_series(work.table, lengths, shift, n_lanes)
    return null_score(work.design, work.task, turned[work.rows.episode, work.rows.slot])


def null_score(design: Reader, task: Task, labels: Array) -> float:
    """The held-out score on other labels (N,)."""
    sums = task.sums(task.predict(design, labels), labels, np.zeros(len(labels), dtype=np.int64), 1)
    return float(task.score(sums)[0])
