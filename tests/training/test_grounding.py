"""Predictive grounding against closed forms on planted cases."""

from typing import Any

import numpy as np
import pytest
import torch

from commlab.agents.tokens import Bags
from commlab.training.config import Grounding
from commlab.training.grounding import RAREST, Critic, Terms, choose_moments, predictive_loss

N_WORLDS = 8


class Told(torch.nn.Module):
    """A critic that is told its scores: token s of a bag stands for row s of a table."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(table)

    def forward(self, token: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        return self.table[token[:, 0].long()]


def bags_of(symbols: np.ndarray) -> Bags:
    """Bags of one token each."""
    return Bags(symbols.reshape(-1, 1).astype(np.int16), np.ones(symbols.size, np.int16))


def certain(symbols: np.ndarray, n_symbols: int) -> torch.Tensor:
    """Logits of speakers who surely say `symbols`."""
    return 100.0 * torch.nn.functional.one_hot(torch.from_numpy(symbols).long(), n_symbols).float()


def whole(future: np.ndarray) -> np.ndarray:
    """No episode of any world is over."""
    return np.ones(future.shape[:2], np.bool_)


def loss_of(critic: Any, logits: torch.Tensor, future: np.ndarray, worlds: np.ndarray, clamp: float = 8.0) -> Any:
    """The loss of messages of one symbol."""
    return predictive_loss(critic, logits.unsqueeze(-2), bags_of(future), whole(future), worlds, Terms(clamp))


def test_messages_that_foretell_everything_are_worth_log_n() -> None:
    future = np.tile(np.arange(N_WORLDS)[None, :, None], (3, 1, 2))  # every world's future is its own
    sharp = Told(20.0 * torch.eye(N_WORLDS))
    found = loss_of(sharp, certain(future, N_WORLDS), future, np.arange(N_WORLDS), clamp=50.0)
    assert found.said == pytest.approx(-np.log(N_WORLDS), abs=1e-4)


def test_messages_that_foretell_nothing_are_worth_nothing_to_a_wise_critic() -> None:
    rng = np.random.default_rng(0)
    future, said = rng.integers(0, 4, (200, N_WORLDS, 1)), rng.integers(0, 4, (200, N_WORLDS, 1))
    found = loss_of(Told(torch.zeros(4, 4)), certain(said, 4), future, np.arange(N_WORLDS))
    assert found.said == pytest.approx(0, abs=1e-6)
    foolish = loss_of(Told(5 * torch.eye(4)), certain(said, 4), future, np.arange(N_WORLDS))
    assert foolish.said > 0.5


@pytest.mark.parametrize(("informed", "low", "high"), [(True, 0.9 * np.log(4), np.log(4)), (False, -0.03, 0.06)])
def test_a_trained_critic_finds_the_information(informed: bool, low: float, high: float) -> None:
    rng = np.random.default_rng(1)
    torch.manual_seed(0)
    critic, everyone = Critic(4, 4, n_hidden=16), np.arange(64)
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2)
    for _ in range(150):
        future = rng.integers(0, 4, (16, 64, 1))
        said = (future + 1) % 4 if informed else rng.integers(0, 4, (16, 64, 1))
        optimiser.zero_grad()
        found = loss_of(critic, certain(said, 4), future, everyone)
        found.loss.backward()
        optimiser.step()
    assert low < -found.said < high


def test_the_loss_is_the_formula() -> None:
    rng = np.random.default_rng(2)
    future, worlds, clamp = rng.integers(0, 5, (2, N_WORLDS, 3)), np.array([1, 4, 6]), 0.4
    table, logits = torch.randn(5, 4), torch.randn(2, 3, 3, 4)
    found = loss_of(Told(table), logits, future, worlds, clamp)
    total, bound = 0.0, 0
    for m in range(2):
        for w, world in enumerate(worlds):
            for a in range(3):
                scores = np.array([table[future[m, j, a]].numpy() for j in range(N_WORLDS)])
                raw = scores[world] - np.log(np.exp(scores).mean(axis=0))
                chances = np.exp(logits[m, w, a].numpy())
                total -= float(np.sum(chances / chances.sum() * np.clip(raw, -clamp, clamp))) / 18
                bound += int((np.abs(raw) > clamp).sum())
    assert found.said == pytest.approx(total, abs=1e-5)
    assert found.clamped == pytest.approx(bound / (18 * 4), abs=1e-6)
    assert 0.1 < found.clamped < 0.95


def test_the_clamp_bounds_what_can_be_gained() -> None:
    future = np.arange(N_WORLDS)[None, :, None]
    found = loss_of(Told(50.0 * torch.eye(N_WORLDS)), certain(future, N_WORLDS), future, np.arange(N_WORLDS), clamp=1.0)
    assert found.said == pytest.approx(-1.0, abs=1e-5)
    assert found.clamped == 1.0


def test_a_rare_symbol_teaches_the_critic_as_much_as_a_common_one() -> None:
    rng = np.random.default_rng(4)
    future, everyone = rng.integers(0, 5, (2, N_WORLDS, 1)), np.arange(N_WORLDS)
    often, seldom = torch.randn(2, N_WORLDS, 1, 3), torch.zeros(1, 1, 1, 3)
    seldom[..., 2] = -9.0  # the same speakers, who say the last symbol far less
    gradients: list[float] = []
    for logits in (often.log_softmax(-1), (often.log_softmax(-1) + seldom)):
        critic = Told(torch.zeros(5, 3))
        loss_of(critic, logits, future, everyone).loss.backward()
        assert critic.table.grad is not None
        gradients.append(float(critic.table.grad[:, 2].abs().sum()))
    assert gradients[1] > 0.5 * gradients[0] > 0


def test_contrasts_share_the_agent_and_the_step() -> None:
    """What only the agent or the step makes different cannot be gained by saying who or when."""
    moments, agents = np.arange(3)[:, None, None], np.arange(2)[None, None, :]
    future = np.broadcast_to(2 * moments + agents, (3, N_WORLDS, 2)).copy()
    found = loss_of(Told(20.0 * torch.eye(6)), certain(future, 6), future, np.arange(N_WORLDS))
    assert found.said == pytest.approx(0, abs=1e-5)


def test_messages_of_a_world_get_the_gradient_of_their_own_future_only() -> None:
    rng = np.random.default_rng(3)
    future, worlds, table = rng.integers(0, 5, (2, N_WORLDS, 1)), np.array([0, 3]), torch.randn(5, 4)
    logits = torch.randn(2, 2, 1, 4, requires_grad=True)
    louder = torch.cat([logits.detach()[:, :1], logits.detach()[:, 1:] + torch.randn(2, 1, 1, 4)], dim=1)
    louder.requires_grad_()
    critic = Told(table)
    (before,) = torch.autograd.grad(loss_of(critic, logits, future, worlds).loss, logits)
    (after,) = torch.autograd.grad(loss_of(critic, louder, future, worlds).loss, louder)
    assert torch.equal(before[:, 0], after[:, 0])
    assert not torch.equal(before[:, 1], after[:, 1])
    assert (before.abs().sum(dim=-1) > 0).all()


def test_episodes_that_are_over_neither_speak_nor_contrast() -> None:
    rng = np.random.default_rng(5)
    future, table = rng.integers(0, 5, (2, N_WORLDS, 3)), torch.randn(5, 4)
    live = np.ones((2, N_WORLDS), np.bool_)
    live[:, [2, 5]] = False
    logits = torch.randn(2, N_WORLDS, 3, 1, 4, requires_grad=True)
    critic, left = Told(table), np.flatnonzero(live[0])
    found = predictive_loss(critic, logits, bags_of(future), live, np.arange(N_WORLDS), Terms())
    (gradient,) = torch.autograd.grad(found.loss, logits)
    alone = predictive_loss(
        Told(table), logits[:, left], bags_of(future[:, left]), live[:, left], np.arange(len(left)), Terms()
    )
    assert found.said == pytest.approx(alone.said, abs=1e-5)
    assert float(found.loss.detach()) == pytest.approx(float(alone.loss.detach()), abs=1e-5)
    assert found.clamped == alone.clamped
    assert not gradient[:, ~live[0]].any()
    assert gradient[:, live[0]].any()


def test_each_symbol_of_a_message_is_scored_and_the_scores_add_up() -> None:
    rng = np.random.default_rng(6)
    future, table = rng.integers(0, 5, (2, N_WORLDS, 3)), torch.randn(5, 2 * 4)
    logits, worlds = torch.randn(2, 3, 3, 2, 4), np.array([1, 4, 6])
    both = predictive_loss(Told(table), logits, bags_of(future), whole(future), worlds, Terms())
    parts = [loss_of(Told(table[:, 4 * p : 4 * p + 4]), logits[..., p, :], future, worlds) for p in range(2)]
    assert both.said == pytest.approx(sum(part.said for part in parts), abs=1e-5)
    assert float(both.loss.detach()) == pytest.approx(sum(float(part.loss.detach()) for part in parts), abs=1e-5)


@pytest.mark.parametrize(("n_steps", "farthest"), [(64, 12), (10, 9), (2, 1)])
def test_moments_lie_within_the_sequence(n_steps: int, farthest: int) -> None:
    rng, config = np.random.default_rng(0), Grounding(nearest=4, farthest=12, moments=16)
    aheads = set()
    for _ in range(200):
        moments, ahead = choose_moments(config, n_steps, rng)
        aheads.add(ahead)
        assert moments.min() >= 0
        assert moments.max() + ahead < n_steps
        assert len(set(moments.tolist())) == len(moments) == min(16, n_steps - ahead)
    assert aheads == set(range(min(4, farthest), farthest + 1))


@pytest.mark.parametrize("balance", [0.3, -0.2])
def test_balance_pulls_as_the_entropy_of_what_is_said_does(balance: float) -> None:
    rng = np.random.default_rng(7)
    future, worlds = rng.integers(0, 5, (6, N_WORLDS, 2)), np.arange(N_WORLDS)
    logits = torch.randn(6, N_WORLDS, 2, 1, 4, requires_grad=True)
    pulls, table = [], torch.randn(5, 4)
    for terms in (Terms(balance=balance), Terms()):
        found = predictive_loss(Told(table), logits, bags_of(future), whole(future), worlds, terms)
        pulls.append(torch.autograd.grad(found.loss, logits)[0])
    shares = logits.softmax(dim=-1).mean(dim=(0, 1)) + RAREST
    entropy = -torch.xlogy(shares, shares).sum(dim=-1).sum(dim=-1).mean()
    (wanted,) = torch.autograd.grad(-balance * entropy, logits)
    assert torch.allclose(pulls[0] - pulls[1], wanted, atol=1e-6)


def test_silence_can_be_kept_from_meaning_anything() -> None:
    future = np.tile(np.arange(N_WORLDS)[None, :, None], (3, 1, 1))
    logits = torch.randn(3, N_WORLDS, 1, 1, N_WORLDS, requires_grad=True)
    gradients = {}
    for silence in (True, False):
        sharp = Told(20.0 * torch.eye(N_WORLDS))
        terms = Terms(clamp=50.0, silence=silence)
        found = predictive_loss(sharp, logits, bags_of(future), whole(future), np.arange(N_WORLDS), terms)
        (gradients[silence],) = torch.autograd.grad(found.loss, logits)
    at_home = (slice(None), 0, 0, 0, 0)  # silence, in the world whose future it would foretell
    assert (gradients[True][at_home] < 0).all()  # said more
    assert (gradients[False][at_home].abs() < gradients[True][at_home].abs()).all()
