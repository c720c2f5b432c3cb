"""The bag kernels against torch's embedding bag."""

import numpy as np
import pytest
import torch

from commlab.agents.bag import TokenBag, embedding_bag

N_TOKENS, N_HIDDEN, WIDTH = 30, 5, 7


@pytest.fixture
def bags() -> tuple[torch.Tensor, torch.Tensor]:
    """Forty bags, some empty, some full, tokens repeated; what is not meant is no token at all."""
    rng = np.random.default_rng(0)
    count = rng.integers(0, WIDTH + 1, 40).astype(np.int16)
    count[:2] = 0, WIDTH
    token = rng.integers(0, 12, (40, WIDTH)).astype(np.int16)
    token[np.arange(WIDTH) >= count[:, None]] = N_TOKENS - 1
    return torch.from_numpy(token), torch.from_numpy(count)


@pytest.mark.interpreted
@pytest.mark.kernels
def test_sums_and_gradients_are_those_of_an_embedding_bag(bags: tuple[torch.Tensor, torch.Tensor]) -> None:
    token, count = bags
    torch.manual_seed(0)
    layer = TokenBag(N_TOKENS, N_HIDDEN)
    weight = torch.randn(40, N_HIDDEN)
    mine = layer(token, count)
    (mine * weight).sum().backward()
    table = layer.table.detach().clone().requires_grad_()
    flat = torch.cat([row[:n] for row, n in zip(token.long(), count.tolist(), strict=True)])
    offsets = torch.cumsum(count.long(), 0) - count
    theirs = torch.nn.functional.embedding_bag(flat, table, offsets, mode="sum")
    (theirs * weight).sum().backward()
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    assert layer.table.grad is not None
    assert table.grad is not None
    torch.testing.assert_close(layer.table.grad, table.grad, atol=1e-5, rtol=1e-5)
    assert (layer.table.grad[12:] == 0).all()


def test_the_way_of_other_devices_gives_the_same(bags: tuple[torch.Tensor, torch.Tensor]) -> None:
    token, count = bags
    layer, weight = TokenBag(N_TOKENS, N_HIDDEN), torch.randn(40, N_HIDDEN)
    mine = layer(token, count)
    (mine_gradient,) = torch.autograd.grad((mine * weight).sum(), layer.table)
    theirs = embedding_bag(token, count, layer.table)
    (their_gradient,) = torch.autograd.grad((theirs * weight).sum(), layer.table)
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(mine_gradient, their_gradient, atol=1e-5, rtol=1e-5)


def test_gradients_may_come_in_any_layout(bags: tuple[torch.Tensor, torch.Tensor]) -> None:
    layer, weight = TokenBag(N_TOKENS, N_HIDDEN), torch.randn(N_HIDDEN, 40)
    (transposed,) = torch.autograd.grad((layer(*bags).t() * weight).sum(), layer.table)
    (straight,) = torch.autograd.grad((layer(*bags) * weight.t().contiguous()).sum(), layer.table)
    assert torch.equal(transposed, straight)
