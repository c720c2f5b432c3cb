"""Counts of successes, and lists of tests: Wilson's interval and the Benjamini-Hochberg correction."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

__all__ = ["benjamini_hochberg", "wilson_interval"]


def wilson_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927); (0, 1) where there are no trials.

    Raises ValueError where `successes` is not between 0 and `trials`.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be between 0 and trials ({trials}), but it is {successes}.")
    if trials == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    share = successes / trials
    shrink = 1 + z**2 / trials
    middle = (share + z**2 / (2 * trials)) / shrink
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / shrink
    low = 0.0 if successes == 0 else float(middle - half)  # exact at the ends, where rounding leaves a trace
    high = 1.0 if successes == trials else float(middle + half)
    return low, high


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
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
    return adjusted
