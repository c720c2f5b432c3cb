"""PPO's kernel against automatic differentiation and finite differences; advantages against their definition."""

import numpy as np
import pytest
import torch

from commlab.training.loss_kernel import Stat, advantages
from commlab.training.ppo import Batch, Weights, ppo_gradients, torch_gradients

N_ACTIONS, N_SYMBOLS = 4, 3
WEIGHTS = Weights(n_actions=N_ACTIONS, clip=0.2, value=0.5, entropy_action=0.03, entropy_message=0.07)


def random_case(n_rows: int, length: int = 1, dead: int = 0) -> tuple[torch.Tensor, torch.Tensor, Batch]:
    """Rows of which some are clipped on either side, some barred from an action; every `dead`th is not live."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (n_rows, N_ACTIONS + length * N_SYMBOLS)).astype(np.float32)
    logits[::3, 2] = -1e9
    action, message = rng.choice([0, 1, 3], n_rows), rng.integers(0, N_SYMBOLS, (n_rows, length))
    tensor = torch.from_numpy(logits)
    logp = tensor[:, :N_ACTIONS].log_softmax(1).numpy()[np.arange(n_rows), action]
    for place, head in enumerate(tensor[:, N_ACTIONS:].split(N_SYMBOLS, dim=1)):
        logp = logp + head.log_softmax(1).numpy()[np.arange(n_rows), message[:, place]]
    live = np.ones(n_rows, np.bool_)
    if dead:
        live[::dead] = False
    batch = Batch(
        action.astype(np.uint8),
        message.astype(np.uint8),
        (logp + rng.normal(0, 0.3, n_rows)).astype(np.float32),
        rng.normal(0, 1, n_rows).astype(np.float32),
        rng.normal(0, 1, n_rows).astype(np.float32),
        live,
    )
    return tensor, torch.from_numpy(rng.normal(0, 1, n_rows).astype(np.float32)), batch


def loss_of(stats: np.ndarray) -> float:
    """The whole loss, from its parts."""
    parts = dict(zip(Stat, stats, strict=True))
    entropy = (
        WEIGHTS.entropy_action * parts[Stat.ENTROPY_ACTION] + WEIGHTS.entropy_message * parts[Stat.ENTROPY_MESSAGE]
    )
    return float(parts[Stat.POLICY_LOSS] + WEIGHTS.value * parts[Stat.VALUE_LOSS] - entropy)


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize(("length", "dead"), [(1, 0), (3, 0), (1, 4), (2, 5)])
def test_gradients_are_those_of_automatic_differentiation(length: int, dead: int) -> None:
    logits, value, batch = random_case(200, length, dead)
    mine, theirs = ppo_gradients(logits, value, batch, WEIGHTS), torch_gradients(logits, value, batch, WEIGHTS)
    scale = 1 / 200  # of a row's gradient
    torch.testing.assert_close(mine.logits, theirs.logits, atol=1e-5 * scale, rtol=1e-5)
    torch.testing.assert_close(mine.value, theirs.value, atol=1e-5 * scale, rtol=1e-5)
    np.testing.assert_allclose(mine.stats, theirs.stats, atol=1e-5, rtol=1e-5)
    assert 0.2 < mine.stats[Stat.CLIPFRAC] < 0.8, "some rows are clipped, some are not"
    assert (mine.logits[::3, 2] == 0).all()


def test_gradients_are_those_of_finite_differences() -> None:
    logits, value, batch = random_case(3)
    logits[0, 2] = -1.0
    given, h = ppo_gradients(logits, value, batch, WEIGHTS), 1e-2
    for array, gradient in ((logits, given.logits), (value, given.value)):
        for index in np.ndindex(*array.shape):
            losses = []
            for sign in (1, -1):
                moved = [logits.clone(), value.clone()]
                moved[0 if array is logits else 1][index] += sign * h
                losses.append(loss_of(ppo_gradients(moved[0], moved[1], batch, WEIGHTS).stats))
            slope = (losses[0] - losses[1]) / (2 * h)
            assert float(gradient[index]) == pytest.approx(slope, abs=2e-4)


def test_clipped_rows_push_nothing() -> None:
    logits = torch.zeros(4, N_ACTIONS + N_SYMBOLS)
    logp = -np.log(N_ACTIONS * N_SYMBOLS)
    ratios, advantage = np.array([2.0, 2.0, 0.5, 0.5]), np.array([1, -1, 1, -1], np.float32)
    zeros = np.zeros(4, np.uint8)
    logprob, live = (logp - np.log(ratios)).astype(np.float32), np.ones(4, np.bool_)
    batch = Batch(zeros, zeros[:, None], logprob, advantage, np.zeros(4, np.float32), live)
    weights = WEIGHTS._replace(entropy_action=0.0, entropy_message=0.0)
    found = ppo_gradients(logits, torch.zeros(4), batch, weights)
    pushed = found.logits.abs().sum(dim=1) > 0
    assert pushed.tolist() == [False, True, True, False]
    assert found.stats[Stat.POLICY_LOSS] == pytest.approx(-np.mean([1.2, -2.0, 0.5, -0.8]), abs=1e-6)


def test_the_entropy_of_a_message_is_the_sum_over_its_symbols() -> None:
    for length in (1, 2, 3):
        logits = torch.zeros(4, N_ACTIONS + length * N_SYMBOLS)
        _, value, batch = random_case(4, length)
        found = ppo_gradients(logits, value, batch, WEIGHTS)
        assert found.stats[Stat.ENTROPY_MESSAGE] == pytest.approx(length * np.log(N_SYMBOLS))
        assert found.stats[Stat.ENTROPY_ACTION] == pytest.approx(np.log(N_ACTIONS))


def test_rows_after_an_episodes_end_count_for_nothing() -> None:
    logits, value, batch = random_case(90, 2, dead=3)
    found, live = ppo_gradients(logits, value, batch, WEIGHTS), batch.live
    alone = ppo_gradients(logits[live], value[live], Batch(*(array[live] for array in batch)), WEIGHTS)
    assert not found.logits[~live].any()
    assert not found.value[~live].any()
    assert torch.equal(found.logits[live], alone.logits)
    assert torch.equal(found.value[live], alone.value)
    assert np.array_equal(found.stats, alone.stats)


def test_a_batch_of_which_nothing_is_live_teaches_nothing() -> None:
    logits, value, batch = random_case(5, 1, dead=1)
    for found in (ppo_gradients(logits, value, batch, WEIGHTS), torch_gradients(logits, value, batch, WEIGHTS)):
        assert not found.logits.any()
        assert not found.value.any()
        assert not found.stats.any()


def naive_advantages(reward, value, last, ends, gamma, lam):  # type: ignore[no-untyped-def]
    """Sums of discounted errors, written as equation 16 has them: from every step on, up to an end."""
    n_steps = len(reward)
    following = np.append(value[1:], last)
    out = []
    for t in range(n_steps):
        total = 0.0
        for later in range(t, n_steps):
            error = reward[later] + (0 if ends[later] else gamma * following[later]) - value[later]
            total += (gamma * lam) ** (later - t) * error
            if ends[later]:
                break
        out.append(total)
    return np.array(out)


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("chance", [0.0, 0.2, 1.0])
def test_advantages_are_those_of_the_definition(chance: float) -> None:
    rng = np.random.default_rng(1)
    reward, value = rng.normal(size=(2, 12, 5)).astype(np.float32)
    last, ends = rng.normal(size=5).astype(np.float32), rng.random((12, 5)) < chance
    found = np.zeros((12, 5), np.float32)
    advantages(reward, value, last, ends, 0.9, 0.8, found)
    for n in range(5):
        wanted = naive_advantages(reward[:, n], value[:, n], last[n], ends[:, n], 0.9, 0.8)
        np.testing.assert_allclose(found[:, n], wanted, atol=1e-5)
