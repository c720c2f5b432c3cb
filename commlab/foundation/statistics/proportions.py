"""Counts of successes, k of n, with Wilson's interval."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

__all__ = ["Share", "share", "wilson_interval"]


class Share(NamedTuple):
    """k of n: how claims about a recipe are made where there are fewer than 6 training seeds."""

    successes: int
    trials: int
    value: float | None  # None where there are no trials
    interval: tuple[float, float]  # 95 %, Wilson

    def __str__(self) -> str:
        return f"{self.successes} of {self.trials} (95 % interval {self.interval[0]:.2f} to {self.interval[1]:.2f})"


def wilson_interval(successes: float, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927); (0, 1) where there are no trials.

    `successes` need not be whole: of a share in which all of n episodes agree, so that resampling them tells nothing,
    it is the share times n, one trial an episode. Raises ValueError where `successes` is not between 0 and `trials`.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be between 0 and trials ({trials}), but it is {successes}.")
    if trials == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    rate = successes / trials
    shrink = 1 + z**2 / trials
    middle = (rate + z**2 / (2 * trials)) / shrink
    half = z * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2)) / shrink
    low = 0.0 if successes == 0 else float(middle - half)  # exact at the ends, where rounding leaves a trace
    high = 1.0 if successes == trials else float(middle + half)
    return low, high


def share(successes: int, trials: int) -> Share:
    """k of n with Wilson's interval. Raises ValueError where `successes` is not between 0 and `trials`."""
    return Share(successes, trials, successes / trials if trials else None, wilson_interval(successes, trials))
