"""Trainings of one recipe from many seeds as one course: running means on shared agent steps, their mean, its band."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.figures.curves import Curve
from commlab.foundation.statistics import FEWEST_SEEDS, seed_interval

__all__ = ["INTERVAL", "RANGE", "Course", "Seed", "courses"]

SMOOTHING = 25  # a running mean spans one 25th of a curve's rows
POINTS = 201  # on which seeds are compared where their logs have other steps
INTERVAL, RANGE = "95 % interval", "range of seeds"

Float64 = NDArray[np.float64]


class Seed(NamedTuple):
    """One training."""

    label: str
    agent_steps: tuple[float, ...]
    returns: tuple[float, ...]
    smoothed: Float64  # (rows,) running mean
    window: int  # rows that it spans: an odd number


class Course(NamedTuple):
    """Every training with one label."""

    label: str
    seeds: tuple[Seed, ...]
    agent_steps: Float64  # (P,) that all seeds have reached
    smooth: Float64  # (n, P) the seeds' running means
    mean: Float64  # (P,) over seeds
    low: Float64  # (P,) of the band; the mean itself for one seed
    high: Float64  # (P,)
    band: str  # what the band is: INTERVAL, or RANGE for few seeds

    @property
    def n(self) -> int:
        """Seeds."""
        return len(self.seeds)


def courses(data: Sequence[Curve]) -> list[Course]:
    """A course for each label, in the order in which labels come first."""
    return [
        course_of([curve for curve in data if curve.label == label]) for label in dict.fromkeys(c.label for c in data)
    ]


def course_of(curves: Sequence[Curve]) -> Course:
    """Trainings with one label as one course, up to the last step that all of them have."""
    seeds = tuple(smoothed(curve) for curve in curves)
    steps = shared_steps(seeds)
    smooth = np.stack([np.interp(steps, seed.agent_steps, seed.smoothed) for seed in seeds])
    mean = smooth.mean(axis=0)
    if len(seeds) < FEWEST_SEEDS:
        return Course(seeds[0].label, seeds, steps, smooth, mean, smooth.min(axis=0), smooth.max(axis=0), RANGE)
    low, high = seed_interval(smooth, np.random.default_rng(0))
    low, high = (running_mean(end, window_of(len(end))) for end in (low, high))  # as smooth as what they are ends of
    return Course(seeds[0].label, seeds, steps, smooth, mean, low, high, INTERVAL)


def smoothed(curve: Curve) -> Seed:
    """A training with its running mean."""
    window = window_of(len(curve.returns))
    return Seed(curve.label, curve.agent_steps, curve.returns, running_mean(np.asarray(curve.returns), window), window)


def window_of(n_rows: int) -> int:
    """How many rows a running mean over a log spans: an odd number."""
    return 2 * (n_rows // SMOOTHING // 2) + 1


def running_mean(values: Float64, window: int) -> Float64:
    """The running mean of (rows,): centred, and narrower at both ends."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = np.maximum(index - window // 2, 0), np.minimum(index + window // 2 + 1, len(values))
    means: Float64 = (total[high] - total[low]) / (high - low)
    return means


def shared_steps(seeds: Sequence[Seed]) -> Float64:
    """The agent steps (P,) at which seeds are compared: those of their logs where these are alike."""
    first = seeds[0].agent_steps
    if all(seed.agent_steps == first for seed in seeds):
        return np.asarray(first, dtype=np.float64)
    start, stop = max(seed.agent_steps[0] for seed in seeds), min(seed.agent_steps[-1] for seed in seeds)
    return np.linspace(min(start, stop), stop, POINTS if stop > start else 1)
