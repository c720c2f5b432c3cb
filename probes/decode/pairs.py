"""Which message goes with which value: NPMI of every pair, tested as one family."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import max_statistic, npmi
from commlab.foundation.statistics.information import count_pairs
from commlab.probes.decode.information_parts import Series

__all__ = ["pairs_of"]

MAX_PAIRS = 4096  # pairs tested as one family: those most often expected, where there are more
EXPECTED = 1.0  # times that a pair must be expected to be tested: which is no matter of how often it occurred
MAX_SHOWN = 100

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


def pairs_of(
    series: Series, messages: tuple[str, ...], values: tuple[str, ...]
) -> tuple[list[list[float | None]], list[dict[str, Any]]]:
    """NPMI (messages, values), None where undefined; and the pairs, strongest first, with p-values. At most 100 pairs.

    A pair's statistic is by how much it occurs more often than its message and its value would make it, under the same
    permutations of whole episodes as the information, on the scale of its own null; p-values are family-wise over the
    pairs (max-statistic, step-down). A pair expected less than once is not tested and has none.
    """
    table = count_pairs(series.said, series.values, len(messages), len(values))
    strength = npmi(table)
    tested = expected_often(table)
    draws = [count_pairs(series.said, series.values[permutation], *table.shape) for permutation in series.permutations]
    null = np.array([surplus(draw, tested) for draw in draws]).reshape(len(draws), len(tested))
    p_values = max_statistic(surplus(table, tested), null).p_values
    shown = [
        describe(table, strength, divmod(int(cell), len(values)), p_value, messages, values)
        for cell, p_value in zip(tested, p_values.tolist(), strict=True)
        if table.flat[cell] > 0
    ]
    shown.sort(key=lambda pair: (pair["p_value"], -(pair["npmi"] or 0.0)))
    return [[float(value) if np.isfinite(value) else None for value in row] for row in strength], shown[:MAX_SHOWN]


def expected_often(table: Int64) -> Int64:
    """The flat indices of the pairs that are tested, in order: chosen by how often message and value occur alone."""
    expected = expectation(table).reshape(-1)
    enough = np.flatnonzero(expected >= EXPECTED)
    return np.sort(enough[np.argsort(-expected[enough], kind="stable")[:MAX_PAIRS]])


def surplus(table: Int64, tested: Int64) -> Float64:
    """How much more often than expected each tested pair occurs, over the root of that expectation (Pearson)."""
    expected = expectation(table).reshape(-1)[tested]
    counts = table.reshape(-1)[tested]
    return (counts - expected) / np.sqrt(np.maximum(expected, EXPECTED / 2))


def expectation(table: Int64) -> Float64:
    """How often each pair would occur if messages and values were independent."""
    expected: Float64 = np.outer(table.sum(1), table.sum(0)) / max(int(table.sum()), 1)
    return expected


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
