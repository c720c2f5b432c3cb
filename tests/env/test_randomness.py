"""Draws: known values, even spread, independence of each other, and permutations that are fair."""

from itertools import permutations, product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from commlab.env.randomness import Purpose, below, draw, episode_key, mix, step_key, uniform
from commlab.env.step import shuffle

SURE = 1e-4  # the draws are fixed, so a p-value under this tells of the generator, not of bad luck


def step_of(seed: int, episode: int, t: int) -> np.uint64:
    """The key of a step; what kernels return to Python is an int, and what they are handed must be unsigned again."""
    with np.errstate(over="ignore"):
        return np.uint64(step_key(np.uint64(episode_key(seed, episode)), t))


def random_bits(step: np.uint64, agent: int, purpose: int, index: int) -> np.uint64:
    with np.errstate(over="ignore"):
        return np.uint64(draw(step, agent, purpose, index))


def bits(n: int, agent: int = 0, purpose: int = Purpose.SITE, index: int = 0) -> Any:
    """The draws of one agent and purpose in n steps of an episode."""
    return np.array([random_bits(step_of(7, 3, t), agent, int(purpose), index) for t in range(n)])


@pytest.mark.interpreted
@pytest.mark.kernels
def test_draws_are_those_of_plain_integers(reference: ModuleType) -> None:
    for seed, episode in product((0, 1, 2**63 - 1), repeat=2):
        key = reference.episode_key(seed, episode)
        for t, agent, index in product((-1, 0, 99_999), (-1, 0, 1023), (0, 255)):
            step = step_of(seed, episode, t)
            assert step == reference.step_key(key, t)
            for purpose in Purpose:
                random = random_bits(step, agent, int(purpose), index)
                assert random == reference.draw(int(step), agent, purpose, index)
                assert uniform(random) == reference.uniform(int(random))
                assert below(random, 7) == reference.below(int(random), 7)


@pytest.mark.interpreted
def test_mixing_gives_the_published_values_of_splitmix64() -> None:
    golden = 0x9E3779B97F4A7C15
    published = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    with np.errstate(over="ignore"):
        assert tuple(int(mix(np.uint64(n * golden % 2**64))) for n in (1, 2, 3)) == published


def test_the_ends_of_uniform_and_below() -> None:
    most = np.uint64(2**64 - 1)
    assert uniform(np.uint64(0)) == 2.0**-53
    assert uniform(most) == 1 - 2.0**-53
    assert below(np.uint64(0), 5) == 0
    assert below(most, 5) == 4
    assert below(most, 2**31 - 1) == 2**31 - 2
    assert below(most, 1) == 0


@pytest.mark.parametrize("n", [2, 3, 7, 8, 100])
def test_below_is_even(n: int) -> None:
    counts = np.bincount([below(b, n) for b in bits(20_000)], minlength=n)
    assert len(counts) == n
    assert stats.chisquare(counts).pvalue > SURE


def test_uniform_is_uniform_and_every_bit_is_fair() -> None:
    random = bits(20_000)
    assert stats.kstest([uniform(b) for b in random], "uniform").pvalue > SURE
    ones = ((random[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).sum(axis=0)
    assert stats.chisquare(np.stack([ones, 20_000 - ones]), axis=0).pvalue.min() > SURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"agent": 0}, {"agent": 1}),
        ({"agent": 3}, {"agent": 1023}),
        ({"purpose": Purpose.ACTION}, {"purpose": Purpose.MESSAGE}),
        ({"purpose": Purpose.ORDER}, {"purpose": Purpose.SITE}),
        ({"index": 0}, {"index": 1}),
        ({"purpose": Purpose.ORDER, "index": 255}, {"purpose": Purpose.SITE, "index": 0}),
    ],
)
def test_draws_of_two_agents_purposes_or_indices_are_independent(one: dict[str, int], other: dict[str, int]) -> None:
    table = np.zeros((8, 8))
    pairs = [(below(a, 8), below(b, 8)) for a, b in zip(bits(12_000, **one), bits(12_000, **other), strict=True)]
    np.add.at(table, tuple(np.array(pairs).T), 1)
    assert stats.chi2_contingency(table).pvalue > SURE


def test_draws_of_successive_steps_and_episodes_are_independent() -> None:
    random = [below(b, 8) for b in bits(12_000)]
    episodes = [below(random_bits(step_of(0, e, 0), 0, 1, 0), 8) for e in range(12_001)]
    for series in (random, episodes):
        table = np.zeros((8, 8))
        np.add.at(table, (series[:-1], series[1:]), 1)
        assert stats.chi2_contingency(table).pvalue > SURE


def test_no_two_keys_of_many_are_alike() -> None:
    keys = [episode_key(seed, episode) for seed in range(50) for episode in range(400)]
    assert len(set(keys)) == len(keys)
    assert len(set(bits(20_000).tolist())) == 20_000


@pytest.mark.kernels
def test_a_shuffle_is_a_permutation_and_all_are_alike() -> None:
    order, counts = np.zeros(4, np.int16), dict.fromkeys(permutations(range(4)), 0)
    for t in range(12_000):
        shuffle(order, step_of(1, 1, t))
        counts[tuple(order.tolist())] += 1
    assert stats.chisquare(list(counts.values())).pvalue > SURE


def test_a_shuffle_of_many_is_a_permutation() -> None:
    order = np.full(1024, -1, np.int16)
    shuffle(order, np.uint64(5))
    assert sorted(order.tolist()) == list(range(1024))
