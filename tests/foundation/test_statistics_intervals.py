"""BCa and Wilson intervals and the Benjamini-Hochberg correction."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from commlab.foundation.statistics import (
    bca_interval,
    bca_mean,
    bca_paired_difference,
    bca_share,
    benjamini_hochberg,
    wilson_interval,
)
from commlab.foundation.statistics import bootstrap as bootstrap_module


def test_wilson_solves_its_own_equation():
    low, high = wilson_interval(7, 20)
    for end in (low, high):
        assert abs(7 / 20 - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / 20), rel=1e-6)


def test_wilson_at_the_ends():
    assert wilson_interval(0, 10) == (0, pytest.approx(0.27753, abs=1e-5))
    assert wilson_interval(10, 10) == (pytest.approx(0.72247, abs=1e-5), 1)
    assert wilson_interval(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="between 0 and trials"):
        wilson_interval(3, 2)


def test_benjamini_hochberg_worked_example():
    p = [0.01, 0.04, 0.03, 0.005]
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([]).size == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.1, np.nan])


def test_benjamini_hochberg_keeps_the_false_discovery_rate():
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(300):
        p = np.concatenate([rng.random(80), rng.random(20) * 1e-4])  # 80 nulls, 20 effects
        found = benjamini_hochberg(p) <= 0.1
        assert found[80:].all()
        rates.append(found[:80].sum() / found.sum())
    assert np.mean(rates) == pytest.approx(0.08, abs=0.02)  # q times the share of nulls


def test_bca_agrees_with_scipy():
    values = np.random.default_rng(1).exponential(size=60)
    ours = bca_mean(values, np.random.default_rng(2), n_resamples=20000)
    theirs = bootstrap((values,), np.mean, n_resamples=20000, method="BCa", rng=np.random.default_rng(3))
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=0.015)


def test_the_size_of_the_chunks_changes_nothing(monkeypatch):
    values = np.random.default_rng(1).exponential(size=60)
    whole = bca_mean(values, np.random.default_rng(2))
    monkeypatch.setattr(bootstrap_module, "CHUNK", 7000)
    assert bca_mean(values, np.random.default_rng(2)) == whole


def test_bca_covers_the_mean_of_skewed_values():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(300):
        low, high = bca_mean(rng.exponential(size=40), rng, n_resamples=500)
        covered += low < 1 < high
    assert 0.89 <= covered / 300 <= 0.98


def test_bca_of_a_ratio_leaves_undefined_resamples_out():
    sums = np.array([[1, 1], [0, 0], [0, 1], [1, 1], [0, 0], [0, 2]])

    def share(totals):
        with np.errstate(invalid="ignore", divide="ignore"):
            return totals[:, 0] / totals[:, 1]

    low, high = bca_interval(sums, share, np.random.default_rng(0))
    assert 0 <= low < 0.4 < high <= 1


def test_pairing_narrows_the_interval():
    rng = np.random.default_rng(5)
    level = rng.normal(scale=10, size=50)
    first, second = level + rng.normal(size=50) + 1, level + rng.normal(size=50)
    low, high = bca_paired_difference(first, second, rng)
    assert 0 < low < 1 < high < 2
    with pytest.raises(ValueError, match="one length"):
        bca_paired_difference(first, second[:3], rng)


def test_intervals_need_two_episodes():
    assert bca_mean([1.0], np.random.default_rng(0)) is None
    assert bca_mean([2.0, 2.0, 2.0], np.random.default_rng(0)) == (2, 2)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_in_which_all_episodes_agree_has_an_interval_still(share: float) -> None:
    """20 episodes that all say the same: resampling them never says anything else."""
    totals = np.arange(20.0)
    low, high = bca_share(share * totals, totals, np.random.default_rng(0))
    assert (low, high) == wilson_interval(share * 19, 19)
    assert high - low > 0.15


def test_a_share_of_episodes_that_differ_has_the_bootstrap_interval() -> None:
    rng = np.random.default_rng(1)
    totals = np.full(60, 10.0)
    hits = rng.binomial(10, rng.beta(2, 3, 60)).astype(float)
    sums = np.stack([hits, totals], axis=1)
    expected = bca_interval(sums, lambda rows: rows[:, 0] / rows[:, 1], np.random.default_rng(2))
    assert bca_share(hits, totals, np.random.default_rng(2)) == expected
