"""Families of tests: the step-down max-statistic against a slow version and against its promise, and scales."""

import numpy as np
import pytest

from commlab.foundation.statistics import benjamini_hochberg, max_statistic


def slow_step_down(observed, draws):
    """Westfall & Young's algorithm 2.8 as it is written."""
    order = np.argsort(-observed)
    adjusted, running = np.empty(observed.size), 0.0
    for place, test in enumerate(order):
        rest = order[place:]
        exceed = sum(draw[rest].max() >= observed[test] - 1e-12 for draw in draws)
        running = max(running, (1 + exceed) / (1 + len(draws)))
        adjusted[test] = running
    return adjusted


def correlated(rng, shape, shared=0.7):
    """Normal statistics (…, M) that share a common part along their last axis."""
    common = rng.normal(size=(*shape[:-1], 1))
    return np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=shape)


def test_step_down_agrees_with_the_algorithm_as_written():
    rng = np.random.default_rng(0)
    observed, draws = rng.normal(size=12) + 1, correlated(rng, (50, 12))
    assert max_statistic(observed, draws, scale=False).p_values == pytest.approx(slow_step_down(observed, draws))


def test_the_strongest_test_is_compared_with_the_largest_of_each_draw():
    draws = np.array([[0.0, 3.0], [2.0, 0.0], [1.0, 1.0]])
    found = max_statistic([2.5, 0.5], draws, scale=False)
    assert found.p_values.tolist() == [2 / 4, 3 / 4]
    assert found.threshold == 3


def test_a_stronger_test_never_has_the_larger_p_value():
    rng = np.random.default_rng(1)
    observed = rng.normal(size=30)
    p = max_statistic(observed, correlated(rng, (99, 30)), scale=False).p_values
    assert np.all(np.diff(p[np.argsort(observed)]) <= 0)


def test_family_wise_rate_is_what_it_says_under_dependence():
    rng = np.random.default_rng(2)
    wrong = [
        max_statistic(correlated(rng, (20,)), correlated(rng, (99, 20))).p_values.min() <= 0.05 for _ in range(1000)
    ]
    assert 0.03 <= np.mean(wrong) <= 0.07


def test_family_wise_rate_holds_beside_true_effects():
    rng = np.random.default_rng(3)
    wrong, found = [], []
    for _ in range(400):
        observed = correlated(rng, (20,))
        observed[:5] += 6
        p = max_statistic(observed, correlated(rng, (99, 20))).p_values
        wrong.append(p[5:].min() <= 0.05)
        found.append(np.mean(p[:5] <= 0.05))
    assert np.mean(wrong) <= 0.08
    assert np.mean(found) > 0.95


def test_scaling_lets_tests_on_small_scales_be_found():
    rng = np.random.default_rng(4)
    scales = np.array([1e-3, 1e3])
    draws = rng.normal(size=(199, 2)) * scales
    observed = np.array([6.0, 0.0]) * scales
    assert max_statistic(observed, draws).p_values[0] == pytest.approx(1 / 200)
    assert max_statistic(observed, draws, scale=False).p_values[0] > 0.3


def test_tests_that_never_vary_are_no_findings():
    found = max_statistic([1.0, 0.0, 5.0], np.column_stack([np.ones(19), np.zeros(19), np.arange(19.0) / 19]))
    assert found.p_values[:2].tolist() == [1, 1]
    assert found.p_values[2] == pytest.approx(1 / 20)


@pytest.mark.parametrize("draws", [np.zeros((0, 2)), np.zeros((5, 3)), np.full((5, 2), np.nan)])
def test_what_is_no_family_is_refused(draws):
    with pytest.raises(ValueError, match=r"draws must be|finite"):
        max_statistic([1.0, 2.0], draws)


def test_an_empty_family_has_no_findings():
    assert max_statistic([], np.zeros((9, 0))).p_values.size == 0
    assert benjamini_hochberg([]).size == 0


def test_an_adjusted_p_value_of_just_five_per_cent_is_not_above_it() -> None:
    """(k / n) * m / i that is 0.05 in fractions comes out above 0.05 in floats for some k, n, m and i."""
    for m in range(2, 40):
        for i in range(1, m + 1):
            for draws in (100, 200, 400, 1000):
                k, rest = divmod(draws * i, 20 * m)
                if rest == 0 and k:
                    adjusted = benjamini_hochberg([k / draws] * i + [1.0] * (m - i))
                    assert adjusted[0] == 0.05, (k, draws, m, i)
