"""Draws of actions and messages: the right frequencies, whatever the batch."""

from typing import NamedTuple

import numpy as np
import pytest
import scipy.stats
from scipy.special import log_softmax, softmax

from commlab.agents.sampling import sample_policy
from commlab.env.randomness import episode_key

N_ACTIONS, N_SYMBOLS = 4, 3


class Sample(NamedTuple):
    action: np.ndarray
    message: np.ndarray
    logprob: np.ndarray


def sample(
    logits: np.ndarray, episodes: np.ndarray, t: int, agents: list[int], n_agents: int = 3, length: int = 1
) -> Sample:
    """Draw for some agents of the worlds in which the episodes run."""
    n_worlds = len(episodes)
    out = Sample(
        np.zeros((n_worlds, n_agents), np.uint8),
        np.zeros((n_worlds, n_agents, length), np.uint8),
        np.zeros((n_worlds, n_agents), np.float32),
    )
    with np.errstate(over="ignore"):
        keys = np.array([episode_key(0, episode) for episode in episodes], dtype=np.uint64)
        sample_policy(logits, N_ACTIONS, keys, np.full(n_worlds, t, np.int32), np.array(agents), *out)
    return out


def random_logits(n_rows: int) -> np.ndarray:
    logits = np.random.default_rng(1).normal(0, 2, (n_rows, N_ACTIONS + N_SYMBOLS)).astype(np.float32)
    logits[:, 1] = -1e9
    return logits


@pytest.mark.interpreted
@pytest.mark.kernels
def test_frequencies_are_those_of_softmax() -> None:
    logits = np.array([0.0, 1.0, -1e9, -1.0, 2.0, 0.0, 0.5])
    n = 5000
    drawn = sample(np.tile(logits, (n, 1)).astype(np.float32), np.arange(n), 7, [1])
    joint = np.zeros((N_ACTIONS, N_SYMBOLS))
    np.add.at(joint, (drawn.action[:, 1], drawn.message[:, 1, 0]), 1)
    expected = n * np.outer(softmax(logits[:N_ACTIONS]), softmax(logits[N_ACTIONS:]))
    assert joint[2].sum() == 0
    possible = expected > 0
    assert scipy.stats.chisquare(joint[possible], expected[possible]).pvalue > 0.001


@pytest.mark.interpreted
def test_draws_do_not_depend_on_the_batch() -> None:
    logits = random_logits(8)
    all_worlds = sample(logits, np.arange(4), 3, [0, 2])
    for w in range(4):
        alone = sample(logits[2 * w : 2 * w + 2], np.array([w]), 3, [0, 2])
        for mine, theirs in zip(alone, all_worlds, strict=True):
            assert np.array_equal(mine[0], theirs[w])
    backwards = sample(logits[::-1].copy(), np.arange(4)[::-1], 3, [2, 0])
    assert np.array_equal(backwards.action[::-1], all_worlds.action)


def test_agents_steps_and_heads_draw_independently() -> None:
    logits = np.zeros((900, 2 * N_ACTIONS), np.float32)
    first, second = (sample(logits, np.arange(300), t, [0, 1, 2]) for t in (0, 1))
    pairs = [
        (first.action[:, 0], first.action[:, 1]),
        (first.action[:, 0], second.action[:, 0]),
        (first.action[:, 0], first.message[:, 0, 0]),
        (first.message[:, 0, 0], first.message[:, 2, 0]),
    ]
    for x, y in pairs:
        table = np.histogram2d(x, y, bins=N_ACTIONS)[0]
        assert scipy.stats.chi2_contingency(table).pvalue > 0.001


@pytest.mark.interpreted
def test_only_the_agents_asked_for_are_written() -> None:
    drawn = sample(random_logits(20), np.arange(20), 0, [1])
    assert not drawn.action[:, [0, 2]].any()
    assert not drawn.message[:, [0, 2]].any()
    assert not drawn.logprob[:, [0, 2]].any()


@pytest.mark.interpreted
def test_log_probabilities_are_joint() -> None:
    logits = random_logits(40)
    drawn = sample(logits, np.arange(40), 0, [2])
    rows, actions, messages = np.arange(40), drawn.action[:, 2], drawn.message[:, 2, 0]
    wanted = log_softmax(logits[:, :N_ACTIONS].astype(float), axis=1)[rows, actions]
    wanted += log_softmax(logits[:, N_ACTIONS:].astype(float), axis=1)[rows, messages]
    np.testing.assert_allclose(drawn.logprob[:, 2], wanted, atol=1e-5)
    assert 1 not in actions


@pytest.mark.interpreted
@pytest.mark.kernels
def test_the_symbols_of_a_message_have_heads_of_their_own() -> None:
    logits = np.array([0.0, 1.0, -1e9, -1.0, 2.0, 0.0, 0.5, -1.0, 0.0, 1.5, 0.0, 0.0, 0.0], np.float32)
    n = 5000
    drawn = sample(np.tile(logits, (n, 1)), np.arange(n), 7, [1], length=3)
    for place in range(3):
        first = N_ACTIONS + place * N_SYMBOLS
        counts = np.bincount(drawn.message[:, 1, place], minlength=N_SYMBOLS)
        expected = n * softmax(logits[first : first + N_SYMBOLS].astype(float))
        assert scipy.stats.chisquare(counts, expected).pvalue > 0.001
    wanted = log_softmax(logits[:N_ACTIONS].astype(float))[drawn.action[:, 1]]
    for place, head in enumerate(np.split(logits[N_ACTIONS:].astype(float), 3)):
        wanted = wanted + log_softmax(head)[drawn.message[:, 1, place]]
    np.testing.assert_allclose(drawn.logprob[:, 1], wanted, atol=1e-5)


def test_the_symbols_of_a_message_are_drawn_independently() -> None:
    logits = np.zeros((2000, N_ACTIONS + 3 * N_SYMBOLS), np.float32)
    drawn = sample(logits, np.arange(1000), 0, [0, 2], length=3)
    columns = [drawn.message[:, agent, place] for agent in (0, 2) for place in range(3)]
    for x in range(6):
        for y in range(x):
            table = np.histogram2d(columns[x], columns[y], bins=N_SYMBOLS)[0]
            assert scipy.stats.chi2_contingency(table).pvalue > 0.001, (x, y)


@pytest.mark.interpreted
def test_the_first_symbol_is_drawn_as_if_it_were_alone() -> None:
    logits = random_logits(40)
    longer = np.concatenate([logits, np.zeros((40, 2 * N_SYMBOLS), np.float32)], axis=1)
    alone, among = sample(logits, np.arange(20), 3, [0, 2]), sample(longer, np.arange(20), 3, [0, 2], length=3)
    assert np.array_equal(alone.action, among.action)
    assert np.array_equal(alone.message[:, :, 0], among.message[:, :, 0])
