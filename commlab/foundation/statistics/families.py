"""Families of tests: the max-statistic for maps, Benjamini & Hochberg for lists."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MaxStatistic", "benjamini_hochberg", "max_statistic"]

DIGITS = 12  # of an adjusted p-value: products that are 0.05 must not come out a rounding error above it

Float64 = NDArray[np.float64]


class MaxStatistic(NamedTuple):
    """What a family of tests gives."""

    p_values: Float64  # (M,) family-wise adjusted: rejecting those <= 0.05 errs anywhere in 5 % of maps
    scaled: Float64  # (M,) the observed statistics on the scale that they are compared on
    threshold: float  # of `scaled`, above which the strongest test stands out at 0.05


def max_statistic(observed: ArrayLike, draws: ArrayLike, scale: bool = True) -> MaxStatistic:
    """Step-down adjusted p-values of M tests (M,) from their joint null draws (n_draws, M): higher is further out.

    Westfall & Young 1993, algorithm 2.8: the k-th strongest test is compared with the maxima of each draw over the
    tests not stronger than it. Draws must be joint: one permutation for all tests. With `scale`, each test is first
    brought to mean 0 and deviation 1 over its draws and the observed value together, so that tests on different scales
    weigh alike. Raises ValueError where a number is not finite: leave undefined tests out.
    """
    values, null = np.asarray(observed, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    if values.ndim != 1 or null.ndim != 2 or null.shape[1] != values.size or len(null) == 0:
        raise ValueError(f"draws must be (n_draws, {values.size}) with a draw or more, not {null.shape}.")
    if not (np.isfinite(values).all() and np.isfinite(null).all()):
        raise ValueError("statistics and their draws must be finite: leave undefined tests out of the family.")
    if values.size == 0:
        return MaxStatistic(np.empty(0), np.empty(0), float("inf"))
    together = np.vstack([values, null])
    if scale:
        together = standardised(together)
    order = np.argsort(together[0], kind="stable")  # weakest first
    maxima = np.maximum.accumulate(together[:, order], axis=1)
    slack = 1e-9  # a draw equal up to rounding counts as equal
    exceed = (maxima[1:] >= together[0, order] - slack).sum(0)
    raw = (1 + exceed) / (1 + len(null))
    adjusted = np.empty(values.size)
    adjusted[order] = np.maximum.accumulate(raw[::-1])[::-1]
    return MaxStatistic(adjusted, together[0], float(np.quantile(maxima[1:, -1], 0.95, method="higher")))


def standardised(together: Float64) -> Float64:
    """Columns with mean 0 and deviation 1; one that never varies stays 0."""
    centred = together - together.mean(0)
    spread = centred.std(0)
    moves = spread > 1e-12
    scaled: Float64 = centred * moves / np.where(moves, spread, 1.0)
    return scaled


def benjamini_hochberg(p_values: ArrayLike) -> Float64:
    """Adjusted p-values, in the given order: rejecting those <= q keeps the false discovery rate at q.

    Benjamini & Hochberg 1995, the step-up procedure. `p_values` is (M,), each in [0, 1]; raises ValueError otherwise.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p_values must be a flat list of numbers between 0 and 1.")
    order = np.argsort(p)[::-1]  # largest first, so that a running minimum steps up
    ranks = np.arange(p.size, 0, -1)
    stepped = np.minimum.accumulate(p[order] * p.size / ranks)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return np.array([float(f"{value:.{DIGITS}g}") for value in adjusted], dtype=np.float64)
