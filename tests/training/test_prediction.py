"""The head that predicts the next observation."""

import numpy as np
import pytest
import torch

from commlab.agents.tokens import Bags
from commlab.training.prediction import Predictor, multi_hot

BAGS = Bags(np.array([[3, 1, 9], [0, 9, 9], [5, 5, 2]], np.int16), np.array([2, 1, 3], np.int16))


def test_multi_hot_marks_the_tokens_meant() -> None:
    assert np.argwhere(multi_hot(BAGS, 10)).tolist() == [[0, 1], [0, 3], [1, 0], [2, 2], [2, 5]]
    assert multi_hot(BAGS, 10).dtype == np.float32


def test_surprise_is_a_cross_entropy() -> None:
    torch.manual_seed(0)
    predictor, hidden, action = Predictor(4, 10, 6), torch.randn(3, 4), torch.tensor([0, 5, 2], dtype=torch.uint8)
    found = predictor.surprise(hidden, action, BAGS)
    chance = predictor(hidden, action).sigmoid().detach().numpy()
    present = multi_hot(BAGS, 10)
    wanted = -np.log(np.where(present > 0, chance, 1 - chance)).sum(axis=1)
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-4)


def test_the_action_taken_matters() -> None:
    predictor, hidden = Predictor(4, 10, 6), torch.zeros(2, 4)
    logits = predictor(hidden, torch.tensor([1, 2]))
    assert not torch.equal(logits[0], logits[1])


def test_a_learnable_world_is_learnt() -> None:
    """Token 0 follows the hidden state's sign, token 1 + a the action; the rest never comes."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    predictor = Predictor(2, 12, 6)
    optimiser = torch.optim.Adam(predictor.parameters(), lr=0.05)
    losses = []
    for _ in range(200):
        hidden, action = rng.normal(size=(64, 2)).astype(np.float32), rng.integers(0, 6, 64)
        token = np.stack([1 + action, np.zeros(64)], axis=1).astype(np.int16)
        bags = Bags(token, np.where(hidden[:, 0] > 0, 2, 1).astype(np.int16))
        loss = predictor.surprise(torch.from_numpy(hidden), torch.from_numpy(action), bags).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(10 * 0.02 + 1.5 * 4, rel=0.2), "at first few tokens are expected"
    assert np.mean(losses[-10:]) < 0.4
