"""Sign flips, the jackknife, shares and two-sided p-values."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test

from commlab.foundation.statistics import (
    bca_mean,
    jackknife_error,
    jackknife_interval,
    permutation_p_value,
    share,
    sign_flip_draws,
    sign_flip_p_value,
)


def test_few_episodes_are_tested_over_all_signs():
    values = np.array([1.0, 2.0, -0.5, 3.0])
    means = [np.mean(np.array(signs) * values) for signs in product([-1, 1], repeat=4)]
    share_above = np.mean([mean >= values.mean() - 1e-12 for mean in means])
    rng = np.random.default_rng(0)
    assert sign_flip_p_value(values, rng, alternative="greater") == pytest.approx(share_above)
    assert sign_flip_p_value(values, rng) == pytest.approx(2 * share_above)
    assert sign_flip_p_value(-values, rng, alternative="less") == pytest.approx(share_above)


def test_sign_flips_agree_with_scipy():
    rng = np.random.default_rng(1)
    values = rng.normal(0.3, 1, 30)
    theirs = permutation_test(
        (values, np.zeros(30)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=9999, rng=rng
    )
    assert sign_flip_p_value(values, rng, 9999) == pytest.approx(theirs.pvalue, abs=0.02)


def test_sign_flips_keep_their_level_on_skewed_symmetric_and_unequal_values():
    rng = np.random.default_rng(2)
    wrong = [sign_flip_p_value(rng.standard_t(3, 24) * rng.exponential(size=24), rng, 99) <= 0.05 for _ in range(1000)]
    assert 0.03 <= np.mean(wrong) <= 0.07


def test_columns_share_their_signs():
    draws = sign_flip_draws(np.column_stack([np.arange(1.0, 9), -2 * np.arange(1.0, 9)]), np.random.default_rng(3), 50)
    assert draws.shape == (50, 2)
    assert draws[:, 1] == pytest.approx(-2 * draws[:, 0])


@pytest.mark.parametrize("values", [[], [np.nan, 1.0]])
def test_sign_flips_refuse_what_is_no_value(values):
    with pytest.raises(ValueError, match="finite difference"):
        sign_flip_p_value(values, np.random.default_rng(0))


def test_two_sided_p_values_count_the_nearer_end_twice():
    draws = np.arange(1.0, 20)
    assert permutation_p_value(18, draws) == pytest.approx(3 / 20)
    assert permutation_p_value(18, draws, "two-sided") == pytest.approx(6 / 20)
    assert permutation_p_value(2, draws, "less") == pytest.approx(3 / 20)
    assert permutation_p_value(2, draws, "two-sided") == pytest.approx(6 / 20)
    assert permutation_p_value(10, draws, "two-sided") == 1


def test_jackknife_of_the_mean_is_the_standard_error():
    values = np.random.default_rng(4).normal(size=25)
    left_out = (values.sum() - values) / 24
    assert jackknife_error(left_out) == pytest.approx(values.std(ddof=1) / 5)
    low, high = jackknife_interval(values.mean(), left_out)
    assert (high - low) / 2 == pytest.approx(2.063899 * values.std(ddof=1) / 5, rel=1e-6)  # t, 24 degrees


def test_jackknife_needs_two_episodes():
    assert jackknife_interval(1.0, [1.0]) is None
    with pytest.raises(ValueError, match="2 delete-one values"):
        jackknife_error([1.0])


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    covered = np.zeros(2)
    for _ in range(300):
        values = rng.gamma(4, size=30)
        spread = np.log(values.mean())
        left_out = np.log((values.sum() - values) / 29)
        low, high = jackknife_interval(spread, left_out)
        covered[0] += low < np.log(4) < high
        low, high = bca_mean(values, rng, 300)
        covered[1] += low < 4 < high
    assert np.all((covered / 300 >= 0.9) & (covered / 300 <= 0.985))


def test_a_share_says_how_many_of_how_many():
    assert str(share(4, 6)) == "4 of 6 (95 % interval 0.30 to 0.90)"
    assert share(0, 0).value is None
