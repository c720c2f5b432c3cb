"""Which message goes with which value: NPMI of every pair, tested as one family."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import max_statistic, npmi
from commlab.foundation.statistics.information import count_pairs
from commlab.probes.decode.information_parts import Series

__all__ = ["pairs_of"]

MAX_PAIRS = 4096  # pairs tested as one family: the most frequent, where there are more
MAX_SHOWN = 100

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


def pairs_of(
    series: Series, messages: tuple[str, ...], values: tuple[str, ...]
) -> tuple[list[list[float | None]], list[dict[str, Any]]]:
    """NPMI (messages, values), None where undefined; and the pairs that occur, strongest first, with p-values.

    A pair's statistic is how often it occurs, under the same permutations of whole episodes as the information, on
    the scale of its own null; p-values are family-wise over the pairs (max-statistic, step-down). At most 100 pairs.
    """
    table = count_pairs(series.said, series.values, len(messages), len(values))
    strength = npmi(table)
    tested = most_frequent(table)
    draws = null_counts(series, table.shape, tested)
    p_values = max_statistic(table.reshape(-1)[tested], draws).p_values
    order = np.lexsort((-strength.reshape(-1)[tested], p_values))[:MAX_SHOWN]
    shown = [
        describe(table, strength, divmod(int(tested[place]), len(values)), float(p_values[place]), messages, values)
        for place in order
    ]
    return [[float(value) if np.isfinite(value) else None for value in row] for row in strength], shown


def most_frequent(table: Int64) -> Int64:
    """The flat indices of the pairs that are tested, in order."""
    flat = table.reshape(-1)
    seen = np.flatnonzero(flat)
    return np.sort(seen[np.argsort(-flat[seen], kind="stable")[:MAX_PAIRS]])


def null_counts(series: Series, shape: tuple[int, ...], tested: Int64) -> Float64:
    """How often each tested pair occurs in each draw, (n_draws, pairs)."""
    draws = np.empty((len(series.permutations), len(tested)))
    for row, permutation in zip(draws, series.permutations, strict=True):
        row[:] = count_pairs(series.said, series.values[permutation], shape[0], shape[1]).reshape(-1)[tested]
    return draws


def describe(
    table: Int64,
    strength: Float64,
    pair: tuple[int, int],
    p_value: float,
    messages: tuple[str, ...],
    values: tuple[str, ...],
) -> dict[str, Any]:
    """One pair in words and numbers."""
    message, value = pair
    n = int(table[pair])
    number = float(strength[pair])
    return {
        "message": messages[message],
        "value": values[value],
        "n": n,
        "npmi": number if np.isfinite(number) else None,
        "share_of_message": n / int(table[message].sum()),
        "share_of_value": n / int(table[:, value].sum()),
        "p_value": p_value,
    }
