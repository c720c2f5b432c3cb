"""The circular shift: what it turns, what it refuses, where it holds and where it must fail."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import (
    draw_shifts,
    moving_share,
    mutual_information,
    permutation_p_value,
    shift_series,
)


def test_every_step_takes_what_stood_later():
    series = np.array([[1, 2, 3, 4], [5, 6, -1, -1]])
    assert shift_series(series, np.array([4, 2]), np.array([1, 1])).tolist() == [[2, 3, 4, 1], [6, 5, -1, -1]]
    assert shift_series(series, np.array([4, 2]), np.array([0, 0])).tolist() == series.tolist()


def test_agents_are_turned_together():
    series = np.array([[1, 10, 2, 20, 3, 30]])
    assert shift_series(series, np.array([3]), np.array([2]), n_lanes=2).tolist() == [[3, 30, 1, 10, 2, 20]]


def test_shifts_are_uniform_over_the_episode():
    shifts = draw_shifts(np.array([4, 1]), 4000, np.random.default_rng(0))
    assert np.bincount(shifts[:, 0], minlength=4).min() > 850
    assert shifts.shape == (4000, 2)
    assert not shifts[:, 1].any()


def test_targets_that_stay_the_same_within_episodes_are_refused_in_a_sentence():
    constant = np.repeat(np.arange(10)[:, None], 6, axis=1)
    with pytest.raises(DataError, match=r"altar keeps one value within 100 % of the episodes, .* default null\."):
        moving_share(constant, "altar")
    moving = constant.copy()
    moving[:7, 3] = 99
    assert moving_share(moving, "altar") == pytest.approx(0.7)
    lanes = np.tile([3, 4], (10, 5))  # two agents with a constant each
    with pytest.raises(DataError, match="tests nothing"):
        moving_share(lanes, "altar", n_lanes=2)


def p_value(x, y, rng, n_draws=39):
    lengths = np.full(len(y), y.shape[1])
    values = []
    for shifts in [np.zeros(len(y), dtype=int), *draw_shifts(lengths, n_draws, rng)]:
        table = np.zeros((x.max() + 1, y.max() + 1))
        np.add.at(table, (x, shift_series(y, lengths, shifts)), 1)
        values.append(mutual_information(table))
    return permutation_p_value(values[0], values[1:])


def test_it_finds_what_two_series_that_share_a_clock_share_which_is_no_meaning():
    rng = np.random.default_rng(1)
    clock = np.tile(np.arange(24) // 6, (20, 1))
    noisy = [np.where(rng.random(clock.shape) < 0.5, clock, rng.integers(0, 4, clock.shape)) for _ in range(2)]
    assert p_value(*noisy, rng) == pytest.approx(1 / 40)
