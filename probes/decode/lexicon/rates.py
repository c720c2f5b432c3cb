"""Shares of uses with intervals over episodes: Wilson's, at the number of trials that the episodes' spread allows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from commlab.probes.decode.lexicon.entries import Rate

__all__ = ["rate_of"]

Float64 = NDArray[Any]
Z = float(ndtri(0.975))


def rate_of(hits: Float64, totals: Float64) -> Rate | None:
    """The share of the summed `totals` (E,) that are `hits` (E,); None where there are none.

    The interval is Wilson's, with p (1 - p) / v for the number of trials, where v is the variance of the share between
    episodes (Rao & Scott 1992; Korn & Graubard 1998), and never more trials than uses. Where every episode agrees the
    trials are the episodes.
    """
    here = totals > 0
    n, total = int(here.sum()), float(totals.sum())
    if n == 0:
        return None
    share = min(1.0, max(0.0, float(hits.sum()) / total))
    residuals = hits[here] - share * totals[here]
    variance = n / max(1, n - 1) * float(np.sum(residuals**2)) / total**2
    trials = float(n)
    if variance > 1e-12 and 0 < share < 1:
        trials = min(max(total, float(n)), share * (1 - share) / variance)
    low, high = wilson(share, max(trials, 1.0))
    return Rate(share, low, high, n)


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share of a number of trials that need not be whole."""
    shrink = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / shrink
    half = Z * np.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2)) / shrink
    low = 0.0 if share == 0 else max(0.0, float(middle - half))  # exact at the ends, where rounding leaves a trace
    return low, 1.0 if share == 1 else min(1.0, float(middle + half))
