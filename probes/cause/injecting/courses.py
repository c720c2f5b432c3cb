"""Courses: the mean of something by step, with its interval over episodes at each step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics.bootstrap import bca_quantiles

__all__ = ["Course", "course"]

Course = dict[str, list[float | None]]
N_RESAMPLES = 500


def course(values: NDArray[np.float64], rng: np.random.Generator, n_resamples: int = N_RESAMPLES) -> Course:
    """Return mean, low and high (95 %, BCa over episodes) of each column of values (n, steps), NaN left out.

    All columns share their resamples. None where fewer than two episodes have a value.
    """
    known = np.isfinite(values)
    sums = np.concatenate([np.where(known, values, 0.0), known], axis=1, dtype=np.float64)
    total, steps = sums.sum(axis=0), values.shape[1]
    weights = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), n_resamples).astype(np.float64)
    resampled, left_out = _means(weights @ sums), _means(total - sums)
    out: Course = {"mean": [], "low": [], "high": []}
    for s in range(steps):
        n = total[steps + s]
        mean = float(total[s] / n) if n else None
        drawn = resampled[np.isfinite(resampled[:, s]), s]
        ends: tuple[float | None, float | None] = (None, None)
        if mean is not None and n > 1 and len(drawn):
            others = left_out[known[:, s] & np.isfinite(left_out[:, s]), s]
            low, high = np.quantile(drawn, bca_quantiles(mean, drawn, others, 0.95))
            ends = float(low), float(high)
        for name, value in zip(out, (mean, *ends), strict=True):
            out[name].append(value)
    return out


def _means(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums over counts, (…, 2 steps) -> (…, steps); NaN for nothing."""
    half = sums.shape[-1] // 2
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = sums[..., :half] / sums[..., half:]
    return means
