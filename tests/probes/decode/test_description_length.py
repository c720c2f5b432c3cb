"""The online code: against the formula written out, a label that is copied, one that is random, and what it refuses."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.probes.decode import description_length
from commlab.probes.decode.description_length import Coded, bits_by_episode, in_order, logistic_code, table_code

N_EPISODES, N_STEPS, N_CLASSES = 20, 8, 3
EPISODE = np.repeat(np.arange(N_EPISODES), N_STEPS)
NOW = -1  # the lag at which own_next_action is the action of the same step


@pytest.fixture
def coded():
    """Messages that are right four times of five, with some labels missing."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, N_CLASSES, EPISODE.size)
    messages = np.where(rng.random(EPISODE.size) < 0.8, labels, rng.integers(0, N_CLASSES, EPISODE.size))
    return Coded(np.where(rng.random(EPISODE.size) < 0.1, -1, labels), EPISODE, N_CLASSES, messages, None)


def written_out(coded, order):
    """The table's code, label by label."""
    blocks, taken, size = [], 0, 1
    while taken < len(order):
        blocks.append(order[taken : taken + size])
        taken, size = taken + size, size * 2
    counts, bits = np.zeros((N_CLASSES, N_CLASSES)), 0.0
    for block in blocks:
        rows = [row for row in np.flatnonzero(np.isin(coded.episode, block)) if coded.labels[row] >= 0]
        for row in rows:
            seen = counts[coded.messages[row]]
            bits -= np.log2((seen[coded.labels[row]] + 0.5) / (seen.sum() + N_CLASSES / 2))
        for row in rows:
            counts[coded.messages[row], coded.labels[row]] += 1
    return bits


def test_the_code_is_that_of_voita_and_titov(coded):
    order = np.random.default_rng(1).permutation(N_EPISODES)
    assert bits_by_episode(coded, order)[:, 1].sum() == pytest.approx(written_out(coded, order))


def test_blocks_hold_1_2_4_8_episodes(coded):
    rows, blocks = in_order(coded, np.arange(N_EPISODES)[::-1])
    assert [(block.stop - block.start) // N_STEPS for block in blocks] == [1, 2, 4, 8, 5]
    assert EPISODE[rows[: 2 * N_STEPS]].tolist() == [19] * N_STEPS + [18] * N_STEPS
    assert sorted(rows.tolist()) == list(range(EPISODE.size))


def test_the_first_block_is_sent_uniformly(coded):
    blocks = in_order(coded, np.arange(N_EPISODES))[1]
    features = np.eye(N_CLASSES, dtype=np.float32)[coded.messages]
    for bits in (table_code(coded, blocks), logistic_code(coded._replace(features=features), blocks)):
        first = coded.labels[blocks[0]] >= 0
        assert bits[blocks[0]][first] == pytest.approx(np.log2(N_CLASSES))
        assert (bits[coded.labels < 0] == 0).all()


def test_a_copied_label_costs_little_and_a_random_one_what_the_uniform_code_costs():
    rng = np.random.default_rng(2)
    episode = np.repeat(np.arange(100), 10)
    labels = rng.integers(0, 4, episode.size)
    hidden = (np.eye(4)[labels] @ rng.normal(size=(4, 8))).astype(np.float32)
    order = rng.permutation(100)
    uniform = episode.size * 2
    copied = (Coded(labels, episode, 4, labels, None), Coded(labels, episode, 4, None, hidden))
    assert all(bits_by_episode(each, order)[:, 1].sum() < 0.12 * uniform for each in copied)
    noise = rng.integers(0, 4, episode.size)
    random = (Coded(labels, episode, 4, noise, None), Coded(noise, episode, 4, None, hidden))
    assert all(uniform < bits_by_episode(each, order)[:, 1].sum() < 1.12 * uniform for each in random)


def test_a_language_compresses_and_noise_does_not(planted_recording):
    found = description_length.fit(planted_recording(), "resource_location", n_null=19)
    assert found.estimate > 2
    assert found.interval[0] < found.estimate < found.interval[1]
    assert found.p_value == pytest.approx(1 / 20)
    assert found.details["bits_prior"] / found.details["bits"] == pytest.approx(found.estimate)
    assert found.details["code"] == "table"
    noise = description_length.fit(planted_recording("noise"), "resource_location", n_null=19)
    assert noise.estimate == pytest.approx(noise.null.mean, abs=0.05)
    assert noise.p_value > 0.05
    again = description_length.fit(planted_recording("noise"), "resource_location", n_null=19)
    assert (again.estimate, again.interval, again.p_value) == (noise.estimate, noise.interval, noise.p_value)


def test_hidden_states_are_coded_by_logistic_regression(planted_recording):
    found = description_length.fit(planted_recording(), "resource_location", "hidden", n_null=0, n_orders=3)
    assert found.details["code"] == "logistic"
    assert found.estimate > 1.5
    assert (found.null, found.p_value, found.details["null_reason"]) == (None, None, "no null draws were asked for")


def test_what_cannot_be_coded_is_refused_in_one_sentence(planted_recording):
    with pytest.raises(DataError, match="own_energy is a number"):
        description_length.fit(planted_recording(), "own_energy")
    with pytest.raises(DataError, match="same at every step"):
        description_length.fit(planted_recording("silent"), "resource_location")
