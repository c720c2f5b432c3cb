"""Tree reconstruction error: how far messages are from sums of parts, one for each attribute's value (Andreas 2019).

A meaning's parts are its attributes' values (a tree of depth one). Each value has a vector, and the meaning's vector is
their sum; a message's vector is an indicator of the symbol at each position. The vectors are those with the least mean
squared distance between the two, in closed form. Held out, they come from other combinations of the same values.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError
from commlab.probes.decode.disentanglement import numbered
from commlab.probes.decode.distances import whole_numbers
from commlab.probes.decode.joint import Joint, pair_tables, tally

__all__ = ["Trees", "reconstruction_error", "tree_errors", "trees"]

N_FOLDS = 5

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Trees(NamedTuple):
    """Messages and meanings as vectors."""

    messages: Float64  # (M, D) indicators of the symbol at each position
    meanings: Float64  # (K, Q) indicators of each attribute's value
    fold: Int64  # (K,) the fold in which each combination is held out


class TreeErrors(NamedTuple):
    """Mean squared distances; NaN where undefined."""

    error: float  # of the fitted vectors: Andreas's measure
    spread: float  # of the one vector that is best for all meanings
    held_out: float  # of vectors fitted to other combinations
    held_out_spread: float  # of the mean of those, on the same held-out utterances


def reconstruction_error(messages: ArrayLike, meanings: ArrayLike, held_out: bool = False, seed: int = 0) -> float:
    """The tree reconstruction error of utterances (n, L) with attributes (n, A), as a share of the messages' spread.

    0: every message is the sum of its attributes' parts; 1: the parts help no more than one mean message (held out, it
    can be more than 1). Raises DataError where there is one attribute or messages never change, and, held out, where no
    combination of values can be left out.
    """
    distinct, different, joint = pair_tables(whole_numbers(messages), meanings)
    if different.shape[1] < 2:
        raise DataError("Tree reconstruction error is undefined, because one attribute has no parts to put together.")
    found = tree_errors(trees(distinct, different, np.random.default_rng(seed)), joint)
    value = found.held_out / found.held_out_spread if held_out else found.error / found.spread
    if np.isnan(value):
        reason = "no combination of values can be left out" if held_out else "messages never change"
        raise DataError(f"Tree reconstruction error is undefined, because {reason}.")
    return value


def trees(messages: Array, meanings: Array, rng: np.random.Generator) -> Trees:
    """The vectors of distinct messages (M, L) and meanings (K, A), and which meanings are held out together."""
    fold = rng.permutation(np.arange(len(meanings)) % N_FOLDS)
    return Trees(indicators(messages), indicators(meanings), fold.astype(np.int64))


def indicators(table: Array) -> Float64:
    """An indicator for each value of each column of a table (n, C), (n, D)."""
    columns = [numbered(column) for column in table.T]
    return np.hstack([np.eye(int(column.max()) + 1)[column] for column in columns])


def tree_errors(vectors: Trees, joint: Joint) -> TreeErrors:
    """All errors of a joint."""
    n_meanings = len(vectors.meanings)
    counts = tally(joint.meaning, joint.times, n_meanings)
    sums = summed_messages(vectors, joint)
    squares = tally(joint.meaning, joint.times * np.sum(vectors.messages[joint.message] ** 2, 1), n_meanings)
    every = np.ones(n_meanings, dtype=bool)
    error, spread = errors_on(vectors.meanings, counts, sums, squares, every, every)
    held = [
        errors_on(vectors.meanings, counts, sums, squares, vectors.fold != fold, vectors.fold == fold)
        for fold in range(N_FOLDS)
    ]
    told = np.sum([counts_on(vectors.meanings, counts, vectors.fold, fold) for fold in range(N_FOLDS)])
    total = counts.sum()
    out = np.sum(held, axis=0) / told if told else np.full(2, np.nan)
    inside = np.array([error, spread]) / total if spread > 1e-9 * total else np.full(2, np.nan)
    if out[1] <= 1e-9:
        out = np.full(2, np.nan)
    return TreeErrors(float(inside[0]), float(inside[1]), float(out[0]), float(out[1]))


def summed_messages(vectors: Trees, joint: Joint) -> Float64:
    """The sum of the vectors of the messages said of each meaning, (K, D)."""
    n_meanings, n_columns = len(vectors.meanings), vectors.messages.shape[1]
    sums = np.zeros((n_meanings, n_columns))
    for column in range(n_columns):
        said = joint.times * vectors.messages[joint.message, column]
        sums[:, column] = tally(joint.meaning, said, n_meanings)
    return sums


def errors_on(
    meanings: Float64,
    counts: Float64,
    sums: Float64,
    squares: Float64,
    fitted: NDArray[np.bool_],
    tested: NDArray[np.bool_],
) -> tuple[float, float]:
    """The summed squared distance, on the tested meanings, of parts and of one mean fitted to the fitted ones."""
    tested = tested & familiar(meanings, counts, fitted)
    if not (counts[tested].any() and counts[fitted].any()):
        return 0.0, 0.0
    design = meanings[fitted]
    weighted = design * counts[fitted, None]
    parts = np.linalg.lstsq(weighted.T @ design, design.T @ sums[fitted], rcond=1e-10)[0]
    mean = sums[fitted].sum(0) / counts[fitted].sum()
    return (
        squared_distance(meanings[tested] @ parts, counts[tested], sums[tested], squares[tested]),
        squared_distance(np.tile(mean, (int(tested.sum()), 1)), counts[tested], sums[tested], squares[tested]),
    )


def counts_on(meanings: Float64, counts: Float64, fold: Int64, held: int) -> float:
    """The utterances on which a fold is tested."""
    return float(counts[(fold == held) & familiar(meanings, counts, fold != held)].sum())


def familiar(meanings: Float64, counts: Float64, fitted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which meanings (K,) are made of values that the fitted ones have too."""
    known = (meanings[fitted] * (counts[fitted, None] > 0)).any(axis=0)
    return np.asarray(~(meanings[:, ~known] > 0).any(axis=1))


def squared_distance(predicted: Float64, counts: Float64, sums: Float64, squares: Float64) -> float:
    """The summed squared distance of utterances, given as sums for each meaning, from what is predicted (K, D)."""
    away = squares.sum() - 2 * np.sum(predicted * sums) + counts @ np.sum(predicted**2, axis=1)
    return max(0.0, float(away))
