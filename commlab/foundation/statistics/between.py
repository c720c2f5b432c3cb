"""Estimates that were made apart: the difference of two, and the mean of a few runs, each with its interval."""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

__all__ = ["difference_interval", "student_interval"]

Interval = tuple[float, float]


def difference_interval(first: float, ends: Interval, second: float, other_ends: Interval) -> Interval:
    """The interval of `first - second` from each one's own interval (MOVER; Zou & Donner 2008, Stat. Med. 27:1693).

    It asks no shape of either, so that intervals may be lopsided. The two are taken to be independent: where both were
    measured in the same worlds and go up and down together, the interval is wider than it need be.
    """
    (low, high), (other_low, other_high) = ends, other_ends
    difference = first - second
    below = float(np.hypot(first - low, other_high - second))
    above = float(np.hypot(high - first, second - other_low))
    return difference - below, difference + above


def student_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Student's interval of the mean of `values`, one a run: exact where runs are normal, wide where they are few.

    Raises ValueError for fewer than three values.
    """
    if len(values) < 3:
        raise ValueError(f"an interval over runs needs three or more, not {len(values)}.")
    table = np.asarray(values, dtype=np.float64)
    reach = float(stdtrit(len(table) - 1, (1 + level) / 2) * table.std(ddof=1) / np.sqrt(len(table)))
    return float(table.mean()) - reach, float(table.mean()) + reach
