"""Conditional information: closed forms, slow references, its two nulls, and what it finds where there is something."""

import numpy as np
import pytest

from commlab.foundation.statistics import (
    conditional_information,
    draw_permutations,
    episode_strata,
    mutual_information,
)
from commlab.foundation.statistics.conditional import ANEW, WITHIN, information_given, triples, without_each
from commlab.foundation.statistics.conditional_draws import draw_series, mirrored_slots, number_runs, prepare_transfer


def sticky(rng, shape, n_values, stay=0.85):
    """Codes that mostly stay what they were a step before."""
    codes = rng.integers(0, n_values, shape)
    for t in range(1, shape[1]):
        same = rng.random(shape[0]) < stay
        codes[same, t] = codes[same, t - 1]
    return codes


def follow(rng, z, share, n_values=4):
    """Codes that are z's in `share` of the steps, and else drift by themselves."""
    return np.where(rng.random(z.shape) < share, z % n_values, sticky(rng, z.shape, n_values))


def measure(x, y, z, n_draws=99, seed=0):
    rng = np.random.default_rng(seed)
    return conditional_information(x, y, z, episode_strata((z >= 0).sum(1)), n_draws, rng)


def slow_information(x, y, z):
    """The sum over values of z of P(z) I(x; y) there."""
    there = (x >= 0) & (y >= 0) & (z >= 0)
    total = 0.0
    for value in np.unique(z[there]):
        here = there & (z == value)
        table = np.zeros((x.max() + 1, y.max() + 1))
        np.add.at(table, (x[here], y[here]), 1)
        total += here.sum() / there.sum() * mutual_information(table)
    return total


def test_plug_in_is_the_mean_information_within_values_of_z():
    rng = np.random.default_rng(0)
    x, y, z = (rng.integers(-1, k, (10, 12)) for k in (3, 4, 5))
    assert information_given(triples(x, y, z)) == pytest.approx(slow_information(x, y, z))


def test_exclusive_or_tells_nothing_alone_and_everything_given_the_other():
    rng = np.random.default_rng(1)
    x, z = rng.integers(0, 2, (60, 20)), rng.integers(0, 2, (60, 20))
    found = measure(x, x ^ z, z)
    assert found.plug_in == pytest.approx(1, abs=0.01)
    assert found.corrected == pytest.approx(1, abs=0.01)
    assert found.p_value == pytest.approx(1 / 100)


def test_values_without_each_episode_equal_taking_it_out():
    rng = np.random.default_rng(2)
    x, y, z = (rng.integers(-1, k, (7, 9)) for k in (3, 4, 2))
    expected = [slow_information(*(np.delete(codes, left, axis=0) for codes in (x, y, z))) for left in range(7)]
    assert without_each(triples(x, y, z), 7) == pytest.approx(expected)


def test_a_common_cause_is_no_information_beyond_it():
    rng = np.random.default_rng(3)
    p_values, corrected = [], []
    for seed in range(40):
        z = sticky(rng, (40, 16), 4)
        found = measure(follow(rng, z, 0.7), follow(rng, (z + 1) % 4, 0.7), z, 39, seed)
        p_values.append(found.p_value)
        corrected.append(found.corrected)
    assert found.method == ANEW
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15
    assert abs(np.mean(corrected)) < 0.01


def test_information_beyond_a_common_cause_is_found():
    rng = np.random.default_rng(4)
    z = sticky(rng, (60, 24), 4)
    x = follow(rng, z, 0.5)
    y = np.where(rng.random(z.shape) < 0.3, x, follow(rng, z, 0.5))
    found = measure(x, y, z)
    assert found.p_value == pytest.approx(1 / 100)
    assert found.interval[0] > 0


def test_speech_that_the_condition_settles_tells_nothing():
    z = sticky(np.random.default_rng(5), (40, 16), 4)
    found = measure(3 - z, sticky(np.random.default_rng(6), (40, 16), 4), z)
    assert found.plug_in == pytest.approx(0, abs=1e-12)
    assert found.p_value == 1


def test_a_condition_that_keeps_its_value_in_an_episode_is_permuted_within():
    rng = np.random.default_rng(7)
    z = np.repeat(rng.integers(0, 2, (60, 1)), 12, axis=1)
    x, y = follow(rng, z, 0.6), follow(rng, z, 0.6)
    found = measure(x, y, z)
    assert found.method == WITHIN
    assert found.shrinkages is None
    assert found.p_value > 0.01
    few = np.repeat(np.arange(60)[:, None] // 3, 12, axis=1)  # three episodes a value are too few to permute
    assert measure(x, y, few, 19).method == ANEW


def test_drawn_anew_speech_keeps_its_distribution_at_each_value_and_step():
    rng = np.random.default_rng(8)
    z = sticky(rng, (400, 12), 3)
    x = np.where(rng.random(z.shape) < 0.3, np.arange(12) // 6, follow(rng, z, 0.7, 3))  # a clock, and z
    lengths = np.full(400, 12)
    transfer = prepare_transfer(x, z, lengths, 1, rng)
    drawn = draw_series(transfer, draw_permutations(episode_strata(lengths), 1, rng)[0], rng)
    for value in range(3):
        for half in (slice(6), slice(6, None)):
            here = z[:, half] == value
            was, now = (np.bincount(codes[:, half][here], minlength=3) / here.sum() for codes in (x, drawn))
            assert now == pytest.approx(was, abs=0.06)
    assert np.mean(drawn == x) < 0.75


def test_where_nothing_links_speech_to_the_condition_whole_episodes_move():
    rng = np.random.default_rng(9)
    x, z = sticky(rng, (40, 20), 4), sticky(rng, (40, 20), 4)
    lengths = np.full(40, 20)
    transfer = prepare_transfer(x, z, lengths, 1, rng)
    permutation = draw_permutations(episode_strata(lengths), 1, rng)[0]
    assert transfer.shrinkages[0] == float("inf")
    assert np.array_equal(draw_series(transfer, permutation, rng), x[permutation])


def test_runs_are_numbered_by_agent():
    x = np.array([[1, 5, 1, 6, 2, 6]])  # two agents: 1 1 2 and 5 6 6
    assert number_runs(x, 2).tolist() == [[0, 2, 0, 3, 1, 3]]


def test_short_episodes_are_read_back_and_forth():
    assert mirrored_slots(np.array([2, 5]), 5, 1).tolist() == [[0, 1, 1, 0, 0], [0, 1, 2, 3, 4]]
    assert mirrored_slots(np.array([2]), 6, 2).tolist() == [[0, 1, 2, 3, 2, 3]]


def test_the_same_seed_gives_the_same_finding():
    rng = np.random.default_rng(10)
    z = sticky(rng, (30, 10), 3)
    x, y = follow(rng, z, 0.5, 3), follow(rng, z, 0.5, 3)
    assert measure(x, y, z, 9, 1).draws.tolist() == measure(x, y, z, 9, 1).draws.tolist()
    assert measure(x, y, z, 9, 1).draws.tolist() != measure(x, y, z, 9, 2).draws.tolist()
