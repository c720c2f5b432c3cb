"""Topographic similarity: whether messages that are alike stand for meanings that are alike (Brighton & Kirby 2006).

Spearman's correlation, ties at their average rank, between the distances of all pairs of utterances in message space
and in meaning space. The pairs are counted by their two distances, block by block, and ranked by those counts.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError
from commlab.probes.decode.distances import Distances, meaning_distances, message_distances
from commlab.probes.decode.joint import Joint, pair_tables, tally

__all__ = [
    "MAX_SQUARE",
    "Topography",
    "similarity_of",
    "similarity_of_utterances",
    "spearman_of_counts",
    "topographic_similarity",
    "topography",
]

BLOCK = 1 << 21  # pairs coded at once
MAX_SQUARE = 2000  # items whose distances are kept as a square of codes

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Topography(NamedTuple):
    """The distances among some messages and among some meanings, kept for many joints of the two."""

    messages: Distances
    meanings: Distances
    message_codes: Array  # (M, M)
    meaning_codes: Array  # (K, K)


def topographic_similarity(
    messages: ArrayLike,
    meanings: ArrayLike,
    message_distance: str = "edit",
    meaning_distance: str = "hamming",
    padding: int | None = None,
) -> float:
    """Topographic similarity of utterances (n, L) whose meanings have attributes (n, A), from -1 to 1.

    Distances are those of `commlab.probes.decode.distances`. Pairs are those above the diagonal; an utterance that
    occurs twice makes a pair of distance 0. Raises DataError, with the reason, where it is undefined: fewer than three
    utterances, or all distances the same.
    """
    distinct, different, joint = pair_tables(messages, meanings)
    said = message_distances(distinct, message_distance, padding)
    meant = meaning_distances(different, meaning_distance)
    counts = count_pairs(joint, said, meant)
    if counts.sum() < 3:
        raise DataError("Topographic similarity is undefined, because it takes three utterances or more.")
    rho = spearman_of_counts(counts, said.values, meant.values)
    if np.isnan(rho):
        same = "messages" if len(np.unique(np.round(said.values[counts.any(axis=1)], 12))) < 2 else "meanings"
        raise DataError(f"Topographic similarity is undefined, because all {same} are equally far apart.")
    return rho


def count_pairs(joint: Joint, said: Distances, meant: Distances) -> Float64:
    """How many pairs of utterances have each two distances, (codes of messages, codes of meanings)."""
    n_codes = len(meant.values)
    counts = np.zeros(len(said.values) * n_codes)
    ones = bool(np.all(joint.times == 1))
    for rows, columns in blocks(len(joint.times)):
        codes = codes_of(said, joint.message, rows, columns) * n_codes
        codes += codes_of(meant, joint.meaning, rows, columns)
        kept = np.arange(columns.start, columns.stop) > np.arange(rows.start, rows.stop)[:, None]
        if ones:
            counts += np.bincount(codes[kept], minlength=counts.size)
        else:
            weights = joint.times[rows, None] * joint.times[None, columns]
            counts += np.bincount(codes[kept], weights=weights[kept], minlength=counts.size)
    counts[0] += np.sum(joint.times * (joint.times - 1)) / 2  # the same utterance twice
    return counts.reshape(len(said.values), n_codes)


def blocks(n: int) -> Iterator[tuple[slice, slice]]:
    """Rows and the columns from the first of them on, in blocks of about BLOCK pairs."""
    start = 0
    while start < n:
        stop = min(n, start + max(1, BLOCK // (n - start)))
        yield slice(start, stop), slice(start, n)
        start = stop


def codes_of(distances: Distances, item: Int64, rows: slice, columns: slice) -> Int64:
    """The codes between utterances, from those between the distinct items that they are."""
    if len(item) == distances.n and np.array_equal(item, np.arange(distances.n)):
        return distances.block(rows, columns).astype(np.int64)
    first, row = np.unique(item[rows], return_inverse=True)
    other, column = np.unique(item[columns], return_inverse=True)
    parts = [distances.block(slice(one, one + 1), slice(None))[:, other] for one in first]
    return np.concatenate(parts).astype(np.int64)[row[:, None], column[None]]


def spearman_of_counts(counts: Float64, x_values: Float64, y_values: Float64) -> float:
    """Spearman's correlation of pairs counted by two values (X, Y), ties at their average rank; NaN where undefined."""
    x, y = centred_ranks(counts.sum(1), x_values), centred_ranks(counts.sum(0), y_values)
    x_spread, y_spread = float(counts.sum(1) @ x**2), float(counts.sum(0) @ y**2)
    if x_spread <= 0 or y_spread <= 0:
        return float("nan")
    return float(np.clip(x @ counts @ y / np.sqrt(x_spread * y_spread), -1, 1))


def centred_ranks(counts: Float64, values: Float64) -> Float64:
    """The average rank of each value that occurs `counts` times, less the mean rank, as a share of all."""
    distinct, place = np.unique(values, return_inverse=True)
    sizes = np.bincount(place, weights=counts, minlength=len(distinct))
    total = sizes.sum()
    middle = np.cumsum(sizes) - sizes / 2
    return np.asarray(middle[place] / total - 0.5 if total else np.zeros(len(values)))


def topography(messages: Array, meanings: Array, message_distance: str, meaning_distance: str) -> Topography:
    """The squares of distances among distinct messages (M, L), 0 at their ends being padding, and meanings (K, A).

    Raises DataError where there are too many of them.
    """
    if max(len(messages), len(meanings)) > MAX_SQUARE:
        raise DataError(f"At most {MAX_SQUARE} different messages and meanings can be compared at once.")
    said = message_distances(messages, message_distance, padding=0)
    meant = meaning_distances(meanings, meaning_distance)
    everything = slice(None)
    return Topography(
        said,
        meant,
        said.block(everything, everything).astype(np.int64),
        meant.block(everything, everything).astype(np.int64),
    )


def similarity_of(space: Topography, joint: Joint) -> float:
    """The topographic similarity of a joint; NaN where it is undefined.

    Ranks follow from how often each message and each meaning occurs alone, so that a sum over all pairs of utterances
    becomes two products with the joint.
    """
    n_messages, n_meanings = len(space.message_codes), len(space.meaning_codes)
    said = tally(joint.message, joint.times, n_messages)
    meant = tally(joint.meaning, joint.times, n_meanings)
    x_sizes, y_sizes = sizes_of(space.message_codes, said), sizes_of(space.meaning_codes, meant)
    x_sizes, y_sizes = padded(x_sizes, space.messages), padded(y_sizes, space.meanings)
    x, y = centred_ranks(x_sizes, space.messages.values), centred_ranks(y_sizes, space.meanings.values)
    x_spread, y_spread = float(x_sizes @ x**2), float(y_sizes @ y**2)
    if x_spread <= 0 or y_spread <= 0:
        return float("nan")
    together = (cross_sum(space, joint, x, y) - joint.total * x[0] * y[0]) / 2
    return float(np.clip(together / np.sqrt(x_spread * y_spread), -1, 1))


def similarity_of_utterances(codes: Array, values: Float64, meanings: Array, meaning_distance: str) -> float:
    """The topographic similarity of n utterances; NaN where it is undefined.

    codes: (n, n) those of the distances between messages, worth `values`; meanings: (n, A) of each utterance.
    """
    if len(meanings) < 3:
        return float("nan")
    meant = meaning_distances(meanings, meaning_distance)
    everything = slice(None)
    upper = np.triu_indices(len(meanings), 1)
    n_codes = len(meant.values)
    cells = codes[upper].astype(np.int64) * n_codes + meant.block(everything, everything)[upper]
    counts = np.bincount(cells, minlength=len(values) * n_codes).reshape(len(values), n_codes)
    return spearman_of_counts(counts.astype(np.float64), values, meant.values)


def sizes_of(codes: Array, count: Float64) -> Float64:
    """How many pairs of items that occur `count` (n,) times have each code."""
    weights = np.outer(count, count).reshape(-1)
    sizes = np.bincount(codes.reshape(-1), weights=weights)
    sizes[0] -= count.sum()
    return np.asarray(sizes / 2)


def padded(sizes: Float64, distances: Distances) -> Float64:
    """Sizes with a 0 for codes beyond the largest that occurs."""
    return np.pad(sizes, (0, len(distances.values) - len(sizes)))


def cross_sum(space: Topography, joint: Joint, x: Float64, y: Float64) -> float:
    """The sum over all ordered pairs of utterances of the product of the two ranks."""
    n_messages, n_meanings, n_pairs = len(space.message_codes), len(space.meaning_codes), len(joint.times)
    if n_pairs**2 < 4 * n_messages * n_meanings:  # few utterances of many messages: pair by pair
        ranks = x[space.message_codes[joint.message[:, None], joint.message[None]]]
        ranks *= y[space.meaning_codes[joint.meaning[:, None], joint.meaning[None]]]
        return float(joint.times @ ranks @ joint.times)
    table = np.zeros((n_messages, n_meanings))
    table[joint.message, joint.meaning] = joint.times
    return float(np.sum(table * (x[space.message_codes] @ table @ y[space.meaning_codes])))
