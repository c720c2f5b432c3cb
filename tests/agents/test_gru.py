"""The fused GRU against torch's own."""

import numpy as np
import pytest
import torch
from torch import nn

from commlab.agents.gru import GRU, tanh

N_STEPS, N_ROWS, N_IN, N_HIDDEN = 6, 4, 3, 5


@pytest.fixture
def layer() -> GRU:
    """A GRU with weights that saturate some gates."""
    torch.manual_seed(0)
    layer = GRU(N_IN, N_HIDDEN)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.mul_(3)
    return layer


def all_gradients(layer: GRU, out: torch.Tensor, leaves: list[torch.Tensor]) -> list[torch.Tensor]:
    """The gradients of a weighted sum of all states, and of their squares."""
    weight = torch.linspace(-1, 1, out.numel()).view_as(out)
    return list(torch.autograd.grad((out * weight + out.square()).sum(), [*leaves, *layer.parameters()]))


@pytest.mark.interpreted
@pytest.mark.kernels
def test_states_and_all_gradients_are_torchs(layer: GRU) -> None:
    given = torch.randn(N_STEPS, N_ROWS, N_IN, requires_grad=True)
    state = torch.randn(N_ROWS, N_HIDDEN, requires_grad=True)
    mine, theirs = layer.sequence(given, state), nn.GRU.forward(layer, given, state[None])[0]
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    pairs = zip(all_gradients(layer, mine, [given, state]), all_gradients(layer, theirs, [given, state]), strict=True)
    for my_gradient, their_gradient in pairs:
        torch.testing.assert_close(my_gradient, their_gradient, atol=1e-5, rtol=1e-5)


def test_gradients_may_flow_from_a_single_step(layer: GRU) -> None:
    given, state = torch.randn(N_STEPS, N_ROWS, N_IN, requires_grad=True), torch.zeros(N_ROWS, N_HIDDEN)
    (mine,) = torch.autograd.grad(layer.sequence(given, state)[2].sum(), given)
    (theirs,) = torch.autograd.grad(nn.GRU.forward(layer, given, state[None])[0][2].sum(), given)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    assert (mine[3:] == 0).all()


def test_steps_in_turn_are_the_sequence(layer: GRU) -> None:
    given, state = torch.randn(N_STEPS, N_ROWS, N_IN), torch.randn(N_ROWS, N_HIDDEN)
    whole = layer.sequence(given, state)
    for t in range(N_STEPS):
        state = layer.sequence(given[t : t + 1], state)[0]
        torch.testing.assert_close(state, whole[t], atol=1e-6, rtol=1e-6)


@pytest.mark.interpreted
def test_tanh_is_accurate_everywhere() -> None:
    points = np.concatenate([np.linspace(-10, 10, 2001), [-1e30, -0.0, 0.0, 1e-30, 1e30]]).astype(np.float32)
    mine = np.array([tanh(x) for x in points])
    np.testing.assert_allclose(mine, np.tanh(points.astype(np.float64)), atol=5e-7, rtol=1e-5)
    assert np.abs(mine).max() <= 1
