"""The delete-one jackknife over episodes (Quenouille 1956; Tukey 1958): intervals and the correction of bias."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

__all__ = ["jackknife_error", "jackknife_interval"]


def jackknife_interval(estimate: float, left_out: ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Student-t interval about `estimate` from its values without each episode, (E,); None with fewer than 2.

    The variance is (E - 1) / E times the summed squared deviations of the values from their mean.
    """
    values = np.asarray(left_out, dtype=np.float64)
    if values.size < 2:
        return None
    half = float(stdtrit(values.size - 1, (1 + level) / 2) * jackknife_error(values))
    return estimate - half, estimate + half


def jackknife_error(left_out: ArrayLike) -> float:
    """The standard error from delete-one values (E,): 2 or more. Raises ValueError where there are fewer."""
    values = np.asarray(left_out, dtype=np.float64)
    if values.ndim != 1 or values.size < 2:
        raise ValueError("a jackknife needs a flat list of 2 delete-one values or more.")
    n = values.size
    return float(np.sqrt((n - 1) / n * np.sum((values - values.mean()) ** 2)))
