"""Tests of paired values: the sign-flip test over episodes (Fisher 1935)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.statistics.permutation import Alternative, permutation_p_value

__all__ = ["sign_flip_draws", "sign_flip_p_value"]

N_FLIPS = 1999
CHUNK = 1 << 22

Float64 = NDArray[np.float64]


def sign_flip_p_value(
    values: ArrayLike,
    rng: np.random.Generator,
    n_draws: int = N_FLIPS,
    alternative: Alternative = "two-sided",
) -> float:
    """Whether the mean of one difference an episode (E,) is 0: each is as likely to have had the other sign.

    Exact, over all 2^E signs, where these are no more than `n_draws`. Raises ValueError where there is no value or
    one is not finite.
    """
    differences = np.asarray(values, dtype=np.float64)
    if differences.ndim != 1 or differences.size == 0 or not np.isfinite(differences).all():
        raise ValueError("a sign-flip test needs a flat list of at least one finite difference.")
    observed = float(differences.mean())
    if 2**differences.size <= n_draws:
        return exact_p_value(observed, differences, alternative)
    return permutation_p_value(observed, sign_flip_draws(differences[:, None], rng, n_draws)[:, 0], alternative)


def sign_flip_draws(values: ArrayLike, rng: np.random.Generator, n_draws: int = N_FLIPS) -> Float64:
    """Means (n_draws, F) of values (E, F) with each episode's sign drawn anew, one sign for all its columns.

    So a family of tests over the same episodes keeps what links them: see `max_statistic`.
    """
    table = np.asarray(values, dtype=np.float64)
    size = max(1, CHUNK // max(1, len(table)))
    parts = []
    for start in range(0, n_draws, size):
        signs = rng.integers(0, 2, (min(size, n_draws - start), len(table))) * 2.0 - 1.0
        parts.append(signs @ table / len(table))
    return np.concatenate(parts)


def exact_p_value(observed: float, differences: Float64, alternative: Alternative) -> float:
    """The share of all sign patterns, the observed one among them, whose mean is as far out."""
    n = differences.size
    signs = (np.arange(2**n)[:, None] >> np.arange(n) & 1) * 2.0 - 1.0
    means = signs @ differences / n
    slack = 1e-12 * max(1.0, float(np.abs(differences).max()))
    above, below = float(np.mean(means >= observed - slack)), float(np.mean(means <= observed + slack))
    if alternative == "two-sided":
        return min(1.0, 2 * min(above, below))
    return above if alternative == "greater" else below
