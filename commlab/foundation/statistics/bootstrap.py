"""BCa bootstrap intervals over episodes, from sums that each episode contributes (Efron 1987)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from commlab.foundation.statistics.proportions import wilson_interval

__all__ = ["bca_interval", "bca_mean", "bca_paired_difference", "bca_share"]

N_RESAMPLES = 2000
AGREED = 1e-9  # of an episode's rows: what sums leave behind
CHUNK = 1 << 22  # resampling weights held at once

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def bca_interval(
    contributions: ArrayLike,
    statistic: Statistic,
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """The bias-corrected and accelerated interval of `statistic` of summed contributions, resampling episodes.

    `contributions` (E, F) holds what each episode adds to F sums (hits and totals, say); `statistic` maps sums (B, F)
    to values (B,) and may give NaN where it is undefined. None where fewer than 2 episodes or no defined value remain.
    """
    sums = np.asarray(contributions, dtype=np.float64)
    if len(sums) < 2:
        return None
    total = sums.sum(0)
    observed = statistic(total[None])[0]
    resampled = resample(sums, statistic, rng, n_resamples)
    resampled = resampled[np.isfinite(resampled)]
    if not np.isfinite(observed) or resampled.size == 0:
        return None
    left_out = statistic(total - sums)
    quantiles = bca_quantiles(float(observed), resampled, left_out[np.isfinite(left_out)], level)
    low, high = np.quantile(resampled, quantiles)
    return float(low), float(high)


def bca_share(
    hits: ArrayLike, totals: ArrayLike, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> tuple[float, float]:
    """The interval of the share of summed `totals` (E,) that are `hits` (E,), by BCa.

    Where all episodes agree, resampling them has nothing to say: there it is Wilson's, one trial an episode.
    """
    part, whole = np.asarray(hits, dtype=np.float64), np.asarray(totals, dtype=np.float64)
    share, n = float(part.sum() / whole.sum()), int(np.count_nonzero(whole))
    if np.allclose(part, share * whole, rtol=0, atol=AGREED * max(1.0, float(whole.max()))):
        return wilson_interval(share * n, n)
    return bca_interval(np.stack([part, whole], axis=1), share_of_sums, rng, n_resamples) or wilson_interval(
        share * n, n
    )


def share_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first sum over the second, (B, 2) -> (B,); NaN for nothing of nothing."""
    shares: NDArray[np.float64] = sums[:, 0] / np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    return shares


def bca_mean(values: ArrayLike, rng: np.random.Generator, n_resamples: int = N_RESAMPLES) -> tuple[float, float] | None:
    """The BCa interval of the mean of one value per episode, (E,)."""
    column = np.asarray(values, dtype=np.float64).reshape(-1, 1)
    return bca_interval(np.hstack([column, np.ones_like(column)]), ratio_of_sums, rng, n_resamples)


def bca_paired_difference(
    first: ArrayLike, second: ArrayLike, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> tuple[float, float] | None:
    """The BCa interval of the mean of first - second, paired over episodes, each (E,)."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"paired values must be two flat lists of one length, not {one.shape} and {other.shape}.")
    return bca_mean(one - other, rng, n_resamples)


def ratio_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first sum over the second, (B, 2) -> (B,): a mean."""
    means: NDArray[np.float64] = sums[:, 0] / sums[:, 1]
    return means


def resample(
    sums: NDArray[np.float64], statistic: Statistic, rng: np.random.Generator, n_resamples: int
) -> NDArray[np.float64]:
    """The statistic of `n_resamples` samples of the episodes, drawn with replacement."""
    n = len(sums)
    size = max(1, CHUNK // n)
    parts = []
    for start in range(0, n_resamples, size):
        rows = min(size, n_resamples - start)
        picks = rng.integers(0, n, (rows, n)) + np.arange(rows)[:, None] * n
        weights = np.bincount(picks.reshape(-1), minlength=rows * n).reshape(rows, n)
        parts.append(statistic(weights.astype(np.float64) @ sums))
    return np.concatenate(parts)


def bca_quantiles(
    observed: float, resampled: NDArray[np.float64], left_out: NDArray[np.float64], level: float
) -> NDArray[np.float64]:
    """Where in the resampled values the interval's two ends lie, (2,): Efron's bias z0 and acceleration a."""
    below = np.mean(resampled < observed) + np.mean(resampled == observed) / 2
    margin = 1 / (2 * resampled.size)  # keeps z0 finite where all resampled values lie on one side
    z0 = ndtri(np.clip(below, margin, 1 - margin))
    deviations = left_out.mean() - left_out if left_out.size else np.zeros(1)
    spread = np.sum(deviations**2)
    acceleration = np.sum(deviations**3) / (6 * spread**1.5) if spread > 0 else 0.0
    z = z0 + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    ends: NDArray[np.float64] = ndtr(z0 + z / (1 - acceleration * z))
    return ends
