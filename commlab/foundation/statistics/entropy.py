"""Entropy and mutual information in bits, from counts: plug-in, and with Miller's and Madow's correction."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

__all__ = [
    "entropy",
    "information_of_tables",
    "miller_madow_entropy",
    "miller_madow_information",
    "mutual_information",
    "npmi",
]

LN2 = float(np.log(2))


def entropy(counts: ArrayLike) -> float:
    """Plug-in entropy in bits of the distribution that `counts` (any shape) samples; 0 where nothing was counted."""
    flat = checked_counts(counts).reshape(-1)
    total = flat.sum()
    if total == 0:
        return 0.0
    return max(0.0, float(np.log2(total) - xlogy(flat, flat).sum() / total / LN2))


def miller_madow_entropy(counts: ArrayLike) -> float:
    """Plug-in entropy plus (number of values seen - 1) / (2 N), in bits (Miller 1955); 0 where nothing was counted."""
    flat = checked_counts(counts).reshape(-1)
    total = flat.sum()
    if total == 0:
        return 0.0
    return entropy(flat) + (np.count_nonzero(flat) - 1) / (2 * float(total) * LN2)


def mutual_information(table: ArrayLike) -> float:
    """Plug-in mutual information in bits of the two axes of a count table (X, Y)."""
    counts = checked_counts(table)
    return float(information_of_tables(counts[None])[0])


def miller_madow_information(table: ArrayLike) -> float:
    """H(x) + H(y) - H(x, y), each with Miller's and Madow's correction, in bits; may be negative. `table` is (X, Y)."""
    counts = checked_counts(table)
    return miller_madow_entropy(counts.sum(1)) + miller_madow_entropy(counts.sum(0)) - miller_madow_entropy(counts)


def npmi(table: ArrayLike) -> NDArray[np.float64]:
    """Normalised pointwise information (X, Y) of a count table (X, Y): log2(p(x, y) / p(x) p(y)) / -log2 p(x, y).

    1 where two values occur only together, 0 where they are independent, -1 where they never meet (Bouma 2009). NaN
    where it is undefined: a value that never occurs, or a pair that is all there is.
    """
    counts = checked_counts(table)
    total = max(counts.sum(), 1.0)
    rows, columns = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
    met, possible = counts > 0, (rows > 0) & (columns > 0)
    safe = np.where(met, counts, 1.0)
    pointwise = np.log(safe * total / np.where(possible, rows * columns, 1.0))
    surprise = np.log(total / safe)
    values = np.where(met & (surprise > 0), pointwise / np.where(surprise > 0, surprise, 1.0), np.nan)
    return np.where(possible & ~met, -1.0, values)


def information_of_tables(tables: NDArray[Any]) -> NDArray[np.float64]:
    """Plug-in mutual information in bits of each of many count tables (B, X, Y); 0 for an empty one. Shape (B,)."""
    counts = tables.astype(np.float64, copy=False)
    rows, columns = counts.sum(2), counts.sum(1)
    total = rows.sum(1)
    sums = xlogy(counts, counts).sum((1, 2)) - xlogy(rows, rows).sum(1) - xlogy(columns, columns).sum(1)
    nats = (sums + xlogy(total, total)) / np.maximum(total, 1)
    bits: NDArray[np.float64] = np.maximum(nats / LN2, 0.0)  # rounding can leave -1e-16
    return bits


def checked_counts(counts: ArrayLike) -> NDArray[np.float64]:
    """`counts` as floats. Raises ValueError where one is negative or not a number."""
    array = np.asarray(counts, dtype=np.float64)
    if not np.all(np.isfinite(array)) or np.any(array < 0):
        raise ValueError("counts must be numbers that are 0 or more.")
    return array
