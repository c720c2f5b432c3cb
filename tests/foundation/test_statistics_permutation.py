"""The whole-episode permutation null: strata, draws, p-values, and its false-positive rate on dependent series."""

import numpy as np
import pytest

from commlab.foundation.statistics import (
    corrected_information,
    draw_permutations,
    episode_strata,
    permutation_p_value,
    refine_strata,
    summarise_null,
)


def test_draws_are_permutations_within_strata():
    rng = np.random.default_rng(0)
    strata = episode_strata(np.full(30, 64), condition=np.arange(30) % 3)
    draws = draw_permutations(strata, 50, rng)
    assert draws.shape == (50, 30)
    assert np.array_equal(np.sort(draws, axis=1), np.tile(np.arange(30), (50, 1)))
    assert np.all(draws % 3 == np.arange(30) % 3)
    assert not np.array_equal(draws[0], draws[1])


def test_draws_reach_every_place_of_a_stratum_equally_often():
    draws = draw_permutations(episode_strata(np.full(8, 5)), 4000, np.random.default_rng(1))
    counts = np.bincount(draws[:, 0], minlength=8)
    assert counts.min() > 400
    assert counts.max() < 600


def test_lengths_are_matched_exactly_where_there_are_enough_episodes():
    lengths = np.repeat([10, 20, 30], [22, 20, 30])
    assert episode_strata(lengths).stratum.tolist() == np.repeat([0, 1, 2], [22, 20, 30]).tolist()


def test_rare_lengths_join_their_neighbours():
    lengths = np.array([5, 6, 7, 8, 9, 10, 11, 12, 64, 64, 64])
    strata = episode_strata(lengths)
    assert np.unique(strata.stratum).size == 1
    assert strata.n_alone == 0


def test_kinship_is_matched_and_rare_kinships_are_pooled():
    kinship = np.array([0] * 20 + [1] * 20 + [2, 3, 4])
    strata = episode_strata(np.full(43, 8), kinship=kinship)
    assert strata.stratum[:20].tolist() == [strata.stratum[0]] * 20
    assert strata.stratum[0] != strata.stratum[20]
    assert np.unique(strata.stratum[40:]).size == 1
    assert strata.n_pooled == 3


def test_a_condition_is_never_pooled():
    strata = episode_strata(np.full(5, 8), condition=["a", "b", "b", "c", "c"], kinship=np.arange(5))
    assert strata.n_alone == 1
    draws = draw_permutations(strata, 20, np.random.default_rng(0))
    assert np.all(draws[:, 0] == 0)


def test_p_value_counts_the_observed_among_the_draws():
    assert permutation_p_value(0.5, np.zeros(199)) == pytest.approx(1 / 200)
    assert permutation_p_value(0.5, np.full(199, 0.5)) == 1
    assert permutation_p_value(0.5, [0.4, 0.6, 0.5]) == pytest.approx(3 / 4)


def test_null_summary_holds_mean_and_quantiles():
    null = summarise_null(np.arange(201.0))
    assert (null.mean, null.low, null.high, null.n_draws) == (100, 5, 195, 201)
    with pytest.raises(ValueError, match="at least one draw"):
        summarise_null([])


def test_false_positive_rate_on_dependent_series_is_what_it_says():
    rng = np.random.default_rng(7)
    strata = episode_strata(np.full(16, 24))
    hits = 0
    for _ in range(400):
        x, y = (np.cumsum(rng.random((16, 24)) < 0.1, axis=1) % 3 + rng.integers(0, 2, (16, 1)) for _ in range(2))
        hits += corrected_information(x, y, draw_permutations(strata, 39, rng)).p_value <= 0.05
    assert 0.02 <= hits / 400 <= 0.08


def test_refined_strata_split_by_a_label():
    strata = episode_strata(np.full(8, 5), condition=np.arange(8) // 4)
    refined = refine_strata(strata, np.arange(8) % 4 == 3)
    draws = draw_permutations(refined, 30, np.random.default_rng(0))
    assert np.all(draws[:, [3, 7]] == [3, 7])
    assert refined.n_alone == 2
    assert np.all(draws[:, :3] < 3)
