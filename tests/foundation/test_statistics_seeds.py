"""The interval of a mean over few seeds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from commlab.foundation.statistics import seed_interval


def held(draw: Callable[[np.random.Generator, tuple[int, int]], Any], mean: float) -> float:
    """The share of samples of six whose interval holds the true mean."""
    rng = np.random.default_rng(7)
    samples = draw(rng, (6, 300))
    ends = [seed_interval(samples[:, [i]], rng, 399) for i in range(300)]
    return float(np.mean([low[0] <= mean <= high[0] for low, high in ends]))


def test_the_interval_of_six_seeds_holds_the_truth_as_often_as_it_says() -> None:
    assert 0.93 <= held(lambda rng, shape: rng.normal(size=shape), 0.0) <= 0.99
    assert held(lambda rng, shape: rng.exponential(size=shape), 1.0) >= 0.88  # resampled means alone: 0.79


def test_points_are_resampled_together() -> None:
    rng = np.random.default_rng(0)
    column = rng.normal(size=(8, 1))
    low, high = seed_interval(np.hstack([column, column + 3.0, np.full((8, 1), 2.0)]), rng)
    assert low[1] - low[0] == pytest.approx(3.0)
    assert high[1] - high[0] == pytest.approx(3.0)
    assert (low[2], high[2]) == (2.0, 2.0)


def test_fewer_than_six_seeds_have_no_interval() -> None:
    with pytest.raises(ValueError, match="6 seeds or more"):
        seed_interval(np.zeros((5, 3)), np.random.default_rng(0))
