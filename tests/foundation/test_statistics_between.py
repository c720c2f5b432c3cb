"""Differences of estimates made apart, and means over runs: intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from scipy import stats

from commlab.foundation.statistics import difference_interval, student_interval, wilson_interval

N = 2000


def test_even_intervals_give_the_root_of_the_sum_of_squares() -> None:
    low, high = difference_interval(5.0, (4.7, 5.3), 3.0, (2.6, 3.4))
    assert (low, high) == pytest.approx((1.5, 2.5))


def test_lopsided_intervals_stay_lopsided_and_the_other_way_round_is_the_mirror() -> None:
    low, high = difference_interval(0.95, (0.85, 0.98), 0.5, (0.4, 0.6))
    assert low == pytest.approx(0.45 - np.hypot(0.1, 0.1))
    assert high == pytest.approx(0.45 + np.hypot(0.03, 0.1))
    assert difference_interval(0.5, (0.4, 0.6), 0.95, (0.85, 0.98)) == pytest.approx((-high, -low))


def test_the_interval_of_a_difference_of_shares_holds_the_truth() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(N):
        one, other = rng.binomial(64, 0.9), rng.binomial(64, 0.7)
        ends = [tuple(float(end) for end in wilson_interval(int(k), 64)) for k in (one, other)]
        low, high = difference_interval(one / 64, (ends[0][0], ends[0][1]), other / 64, (ends[1][0], ends[1][1]))
        held += low <= 0.2 <= high
    assert 0.935 < held / N < 0.97


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_interval_over_runs_holds_the_truth(n: int) -> None:
    rng, held = np.random.default_rng(n), 0
    for _ in range(N):
        low, high = student_interval(rng.normal(2.0, 1.0, n).tolist())
        held += low <= 2.0 <= high
    assert 0.935 < held / N < 0.965


def test_the_interval_over_runs_is_students() -> None:
    values = [0.94, 0.79, 0.85, 0.78]
    expected = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert student_interval(values) == pytest.approx(expected)


def test_two_runs_have_no_interval() -> None:
    with pytest.raises(ValueError, match="three or more"):
        student_interval([1.0, 2.0])
