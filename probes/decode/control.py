"""Selectivity: how much better a probe does at the target than at labels that mean nothing (Hewitt & Liang 2019).

Every type, here the full current observation, is given one fixed label drawn from the labels' distribution. A probe
that scores well on those has memorised the types. Both scores count only rows whose type also occurs in another fold.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.probes.decode.prepared import Prepared
from commlab.probes.decode.rows import Rows, read_rows

__all__ = ["Selectivity", "selectivity"]

MIN_TYPES = 20
N_DRAWS = 5
CHUNK = 4096

Array = NDArray[Any]
Int64 = NDArray[np.int64]


class Selectivity(NamedTuple):
    """The score on the target minus that on control labels, or the reason why there is none."""

    value: float | None
    score: float | None  # on the target, over rows whose type recurs
    control: float | None  # on control labels, over the same rows, mean of N_DRAWS drawings
    n_types: int  # types that occur in more than one fold
    n_rows: int  # their rows
    reason: str | None


def selectivity(recording: Recording, data: Prepared, predicted: Array, rng: np.random.Generator) -> Selectivity:
    """The selectivity of a fitted probe whose held-out predictions (N,) are `predicted`."""
    if data.source.name in ("said", "heard"):
        return undefined(f"selectivity is not defined for what is {data.source.name}: a message has no type")
    columns = [column for column in recording.columns() if column.startswith("observation/")]
    if not columns:
        return undefined("the recording holds no observations, which are the types")
    types = number_types(recording, columns, data.rows)
    recurring = data.known & recurs(types, data.known, data.rows)
    n_types = int(np.unique(types[recurring]).size)
    if n_types < MIN_TYPES or np.unique(data.labels[recurring]).size < 2:
        return undefined(f"only {n_types} of the full observations recur in another fold", n_types, recurring)
    groups = np.where(recurring, 0, -1)
    score = scored(data, predicted, data.labels, groups)
    controls = [control_score(data, types, groups, rng) for _ in range(N_DRAWS)]
    control = float(np.mean(controls))
    if not np.isfinite([score, control]).all():
        return undefined("the labels of the recurring observations do not vary", n_types, recurring)
    return Selectivity(score - control, score, control, n_types, int(recurring.sum()), None)


def undefined(reason: str, n_types: int = 0, recurring: NDArray[np.bool_] | None = None) -> Selectivity:
    """No selectivity, and why."""
    return Selectivity(None, None, None, n_types, 0 if recurring is None else int(recurring.sum()), reason)


def control_score(data: Prepared, types: Int64, groups: Int64, rng: np.random.Generator) -> float:
    """The held-out score on one drawing of control labels."""
    pool = data.labels[data.known]
    control = rng.choice(pool, size=int(types.max()) + 1)[types]
    control = np.where(data.known, control, data.task.missing).astype(data.labels.dtype)
    return scored(data, data.task.predict(data.design, control), control, groups)


def scored(data: Prepared, predicted: Array, labels: Array, groups: Int64) -> float:
    """The score over the rows of group 0."""
    return float(data.task.score(data.task.sums(predicted, labels, groups, 1))[0])


def number_types(recording: Recording, columns: list[str], rows: Rows) -> Int64:
    """The number of each row's full observation, (N,): rows with equal observations have equal numbers."""
    keys = np.zeros(len(rows.episode), dtype=np.uint64)
    for index, column in enumerate(columns):
        keys += hashed(read_rows(recording, column, rows), seed=index)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def hashed(values: Array, seed: int) -> NDArray[np.uint64]:
    """A 64-bit hash of each row's bytes, (N,)."""
    content = np.ascontiguousarray(values).reshape(len(values), -1).view(np.uint8)
    weights = np.random.default_rng(seed).integers(1, 2**63, content.shape[1], dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    out = np.empty(len(content), dtype=np.uint64)
    for start in range(0, len(content), CHUNK):
        part = slice(start, start + CHUNK)
        out[part] = content[part].astype(np.uint64) @ weights
    return out


def recurs(types: Int64, known: NDArray[np.bool_], rows: Rows) -> NDArray[np.bool_]:
    """Whether each row's type also occurs, with a label, in another fold, (N,)."""
    fold = np.repeat(np.arange(len(rows.fold_sizes)), rows.fold_sizes)
    present = np.zeros((int(types.max()) + 1, len(rows.fold_sizes)), dtype=bool)
    present[types[known], fold[known]] = True
    elsewhere: NDArray[np.bool_] = present.sum(1)[types] - present[types, fold] > 0
    return elsewhere
