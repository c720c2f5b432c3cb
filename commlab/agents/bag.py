"""Summing the learnt vectors of a bag of tokens: compiled kernels on the CPU, an embedding bag elsewhere."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from commlab.env.kernel import kernel


@kernel
def sum_bags(token, count, table, out):  # type: ignore[no-untyped-def]
    """Write out[n] = sum of table[token[n, m]] over m < count[n]."""
    for n in range(token.shape[0]):
        for h in range(out.shape[1]):
            out[n, h] = 0.0
        for m in range(count[n]):
            row = table[token[n, m]]
            for h in range(out.shape[1]):
                out[n, h] += row[h]


@kernel
def spread_gradient(token, count, gradient, table_gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of each sum to every vector that went into it; write `table_gradient`."""
    for n in range(token.shape[0]):
        for m in range(count[n]):
            row = table_gradient[token[n, m]]
            for h in range(gradient.shape[1]):
                row[h] += gradient[n, h]


class _BagSum(torch.autograd.Function):
    """The sum over bags with its gradient, by kernels that share memory with torch."""

    @staticmethod
    def forward(ctx: Any, token: Tensor, count: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(token, count)
        ctx.table_shape = table.shape
        out = torch.empty(token.shape[0], table.shape[1])
        sum_bags(token.numpy(), count.numpy(), table.detach().numpy(), out.numpy())
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        token, count = ctx.saved_tensors
        table_gradient = torch.zeros(ctx.table_shape)
        spread_gradient(token.numpy(), count.numpy(), gradients[0].contiguous().numpy(), table_gradient.numpy())
        return None, None, table_gradient


class TokenBag(nn.Module):
    """Sums of learnt vectors: (N, width) tokens, (N,) counts -> (N, n_hidden)."""

    def __init__(self, n_tokens: int, n_hidden: int) -> None:
        """Begin with unit normal vectors: a bag then says clearly what is in it (smaller ones slow learning down)."""
        super().__init__()
        self.table = nn.Parameter(torch.randn(n_tokens, n_hidden))
        self.bias = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, token: Tensor, count: Tensor) -> Tensor:
        """Return the sums of the first `count` vectors of each row, (N, n_hidden) float32."""
        if token.device.type == "cpu":
            total: Tensor = _BagSum.apply(token, count, self.table)
            return total + self.bias
        return embedding_bag(token, count, self.table) + self.bias


def embedding_bag(token: Tensor, count: Tensor, table: Tensor) -> Tensor:
    """Return the same sums in plain torch, for devices that kernels cannot reach."""
    meant = torch.arange(token.shape[1], device=token.device) < count[:, None]
    return nn.functional.embedding_bag(
        token.long() * meant, table, mode="sum", per_sample_weights=meant.to(table.dtype)
    )
