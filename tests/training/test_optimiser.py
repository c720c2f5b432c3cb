"""Adam on one flat vector against torch's Adam on separate parameters."""

import pytest
import torch
from torch import nn

from commlab.training.optimiser import FlatAdam


def make_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def loss_of(net: nn.Module, step: int) -> torch.Tensor:
    torch.manual_seed(step)
    loss: torch.Tensor = (net(torch.randn(5, 3)) - torch.randn(5, 2)).square().sum()
    return loss


def take_steps(net: nn.Module, flat: FlatAdam, steps: range) -> list[float]:
    """Step along the gradients of some losses, at rates that fall."""
    norms = []
    for step in steps:
        flat.zero()
        loss_of(net, step).backward()
        norms.append(flat.step(flat.gradient.clone(), 0.1 / (step + 1), 10.0))
    return norms


def test_steps_are_those_of_torch() -> None:
    mine, theirs = make_net(), make_net()
    norms = take_steps(mine, FlatAdam(mine), range(6))
    optimiser = torch.optim.Adam(theirs.parameters())
    for step in range(6):
        optimiser.zero_grad()
        loss_of(theirs, step).backward()
        norm = nn.utils.clip_grad_norm_(theirs.parameters(), 10.0)
        assert norms[step] == pytest.approx(float(norm), rel=1e-4)
        optimiser.param_groups[0]["lr"] = 0.1 / (step + 1)
        optimiser.step()
    assert min(norms) < 10.0 < max(norms), "some gradients are shortened, some are not"
    for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-4)


def test_a_restored_optimiser_goes_on_exactly() -> None:
    whole, first, second = make_net(), make_net(), make_net()
    take_steps(whole, FlatAdam(whole), range(6))
    stopped = FlatAdam(first)
    take_steps(first, stopped, range(3))
    resumed = FlatAdam(second)
    resumed.restore(stopped.state())
    take_steps(second, resumed, range(3, 6))
    for p, q in zip(second.parameters(), whole.parameters(), strict=True):
        assert torch.equal(p, q)
