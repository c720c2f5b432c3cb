"""Causal influence tables, information with acts, and speakers' codes beside each other: closed forms."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import draw_permutations, entropy, episode_strata, permutation_p_value
from commlab.probes.decode.coordination import Spoken, agreement, cic, divergence, pooled_information


def permutations(n_episodes, n_draws=49, seed=0):
    return draw_permutations(episode_strata(np.full(n_episodes, 8)), n_draws, np.random.default_rng(seed))


def test_a_deaf_listener_has_no_influence_and_a_perfect_one_all_of_the_entropy():
    q = np.array([0.5, 0.25, 0.25])
    assert cic(np.tile([0.2, 0.3, 0.5], (3, 1)), q) == 0
    assert cic(np.eye(3), q) == pytest.approx(entropy([2, 1, 1]))
    assert cic(np.eye(3), [1, 0, 0]) == 0  # a message that is never sent moves nobody


def test_influence_is_the_information_of_the_joint():
    rng = np.random.default_rng(0)
    answers, q = rng.dirichlet(np.ones(4), 5), rng.dirichlet(np.ones(5))
    joint = q[:, None] * answers
    by_hand = np.sum(joint * np.log2(joint / (q[:, None] * joint.sum(0))))
    assert cic(answers, q) == pytest.approx(by_hand)


def test_influence_refuses_what_is_no_distribution():
    with pytest.raises(DataError, match="sum to 1"):
        cic([[0.5, 0.6]], [1])
    with pytest.raises(DataError, match="sum to 1"):
        cic([[0.5, 0.5], [1.5, -0.5]], [0.5, 0.5])
    with pytest.raises(DataError, match="a weight for each message"):
        cic([[0.5, 0.5]], [0.5, 0.5])


def test_speakers_with_codes_of_their_own_are_measured_one_by_one():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 4, (2, 40, 8))
    both = [Spoken(first, first, first), Spoken(second, 3 - second, second)]
    found = pooled_information(both, permutations(40))
    assert found.corrected > 1.9
    assert found.parts == pytest.approx((2, 2), abs=0.1)
    assert found.interval[0] < found.corrected < found.interval[1]
    assert permutation_p_value(found.observed, found.draws) == pytest.approx(1 / 50)
    alone = pooled_information(both[:1], permutations(40))
    assert alone.corrected == pytest.approx(found.parts[0])


def test_acts_that_have_nothing_to_do_with_speech_carry_nothing():
    rng = np.random.default_rng(2)
    said, action = rng.integers(0, 4, (2, 3, 40, 8))
    found = pooled_information([Spoken(said[i], action[i], said[i]) for i in range(3)], permutations(40))
    assert abs(found.corrected) < 0.05
    assert found.interval[0] < 0 < found.interval[1]
    assert permutation_p_value(found.observed, found.draws) > 0.05


def test_one_code_and_two_codes():
    code = np.eye(4) * 10
    other = code[::-1]
    assert agreement(np.stack([code, code])) == pytest.approx(1)
    assert divergence(np.stack([code, code])) == pytest.approx(0)
    assert agreement(np.stack([code, other])) == pytest.approx(0)
    assert divergence(np.stack([code, other])) == pytest.approx(1)
    even = np.ones((4, 4))
    assert agreement(np.stack([code, even])) == pytest.approx(0.25)
    three = np.stack([code, code, other])  # one pair of three agrees
    assert (agreement(three), divergence(three)) == pytest.approx((1 / 3, 2 / 3))


def test_only_what_two_speakers_both_met_is_compared():
    first, second = np.zeros((2, 3, 2))
    first[0, 0] = second[1, 1] = 5
    assert np.isnan(agreement(np.stack([first, second])))
    assert np.isnan(divergence(np.stack([first, second])))
    second[0, 0] = 1
    assert agreement(np.stack([first, second])) == pytest.approx(1)
