"""A GRU over sequences on the CPU: torch's matrix products, with everything between them in one kernel a step.

The cell is that of Cho et al. 2014 in the form of cuDNN and torch (the reset gate acts behind the product):
r, z = sigmoid(.), n = tanh(W x + b + r (U h + c)), h' = (1 - z) n + z h. torch's own layer spends most of its time in
small elementwise operations and their automatic differentiation; elsewhere than on the CPU it is used as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from commlab.env.kernel import kernel

_HALF, _ONE = np.float32(0.5), np.float32(1)  # a plain number would make kernels compute in float64
_BOUND = np.float32(7.90531110763549805)  # beyond it tanh is 1 in float32
_P13, _P11, _P9 = np.float32(-2.76076847742355e-16), np.float32(2.00018790482477e-13), np.float32(-8.60467152213735e-11)
_P7, _P5 = np.float32(5.12229709037114e-08), np.float32(1.48572235717979e-05)
_P3, _P1 = np.float32(6.37261928875436e-04), np.float32(4.89352455891786e-03)
_Q6, _Q4 = np.float32(1.19825839466702e-06), np.float32(1.18534705686654e-04)
_Q2, _Q0 = np.float32(2.26843463243900e-03), np.float32(4.89352518554385e-03)


@kernel
def tanh(x):  # type: ignore[no-untyped-def]
    """Return tanh(x) to about 4e-7: the rational approximation of degree 13 over 6, which vectorises."""
    x = _BOUND if x > _BOUND else x
    x = -_BOUND if x < -_BOUND else x
    s = x * x
    p = (((((_P13 * s + _P11) * s + _P9) * s + _P7) * s + _P5) * s + _P3) * s + _P1
    q = ((_Q6 * s + _Q4) * s + _Q2) * s + _Q0
    return x * p / q


@kernel
def sigmoid_of_sum(a, b, out):  # type: ignore[no-untyped-def]
    """Write out = sigmoid(a + b), element by element."""
    for j in range(out.shape[0]):
        out[j] = _HALF + _HALF * tanh(_HALF * (a[j] + b[j]))


@kernel
def candidate(given, reset, inner, out):  # type: ignore[no-untyped-def]
    """Write out = tanh(given + reset inner)."""
    for j in range(out.shape[0]):
        out[j] = tanh(given[j] + reset[j] * inner[j])


@kernel
def blend(new, keep, before, out):  # type: ignore[no-untyped-def]
    """Write out = (1 - keep) new + keep before."""
    for j in range(out.shape[0]):
        out[j] = new[j] + keep[j] * (before[j] - new[j])


@kernel
def gates_forward(given, recurrent, before, kept, after):  # type: ignore[no-untyped-def]
    """Write the state `after` (N, H) the step and, for the way back, r, z, n and U h + c side by side: `kept` (N, 4 H).

    `given` (N, 3 H) is W x + b and `recurrent` (N, 3 H) is U h + c, for r, z and n; `before` (N, H). Loops over rows
    touch few arrays each: only such ones are vectorised.
    """
    h = before.shape[1]
    for i in range(before.shape[0]):
        sigmoid_of_sum(given[i, : 2 * h], recurrent[i, : 2 * h], kept[i, : 2 * h])
        candidate(given[i, 2 * h :], kept[i, :h], recurrent[i, 2 * h :], kept[i, 2 * h : 3 * h])
        inner = kept[i, 3 * h :]
        for j in range(h):
            inner[j] = recurrent[i, 2 * h + j]
        blend(kept[i, 2 * h : 3 * h], kept[i, h : 2 * h], before[i], after[i])


@kernel
def add(a, b, out):  # type: ignore[no-untyped-def]
    """Write out = a + b."""
    for j in range(out.shape[0]):
        out[j] = a[j] + b[j]


@kernel
def towards_new(gradient, keep, new, out):  # type: ignore[no-untyped-def]
    """Write the gradient of n before its tanh."""
    for j in range(out.shape[0]):
        out[j] = gradient[j] * (_ONE - keep[j]) * (_ONE - new[j] * new[j])


@kernel
def towards_keep(gradient, before, new, keep, out):  # type: ignore[no-untyped-def]
    """Write the gradient of z before its sigmoid."""
    for j in range(out.shape[0]):
        out[j] = gradient[j] * (before[j] - new[j]) * keep[j] * (_ONE - keep[j])


@kernel
def towards_reset(to_new, inner, reset, out):  # type: ignore[no-untyped-def]
    """Write the gradient of r before its sigmoid."""
    for j in range(out.shape[0]):
        out[j] = to_new[j] * inner[j] * reset[j] * (_ONE - reset[j])


@kernel
def multiply(a, b, out):  # type: ignore[no-untyped-def]
    """Write out = a b, element by element."""
    for j in range(out.shape[0]):
        out[j] = a[j] * b[j]


@kernel
def gates_backward(out, later, kept, before, given, recurrent, direct):  # type: ignore[no-untyped-def]
    """Write the gradients of a step: `given` and `recurrent` (N, 3 H), and what reaches `before` past the gates.

    `out` (N, H) is the gradient of this step's state as an output, `later` (N, H) as the next step's input.
    """
    h = before.shape[1]
    for i in range(before.shape[0]):
        reset, keep = kept[i, :h], kept[i, h : 2 * h]
        new, inner = kept[i, 2 * h : 3 * h], kept[i, 3 * h :]
        add(out[i], later[i], direct[i])
        towards_new(direct[i], keep, new, given[i, 2 * h :])
        towards_keep(direct[i], before[i], new, keep, given[i, h : 2 * h])
        towards_reset(given[i, 2 * h :], inner, reset, given[i, :h])
        for j in range(2 * h):
            recurrent[i, j] = given[i, j]
        multiply(given[i, 2 * h :], reset, recurrent[i, 2 * h :])
        multiply(direct[i], keep, direct[i])


class _Sequence(torch.autograd.Function):
    """All steps of a sequence, there and back."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        n_steps, n_rows, n_hidden = given.shape[0], *state.shape
        states = torch.empty(n_steps + 1, n_rows, n_hidden)
        states[0] = state
        kept = torch.empty(n_steps, n_rows, 4 * n_hidden)
        recurrent = torch.empty(n_rows, 3 * n_hidden)
        arrays = [tensor.detach().numpy() for tensor in (given, recurrent, states, kept)]
        transposed = weight.detach().t()
        for t in range(n_steps):
            torch.addmm(bias, states[t], transposed, out=recurrent)
            gates_forward(arrays[0][t], arrays[1], arrays[2][t], arrays[3][t], arrays[2][t + 1])
        ctx.save_for_backward(states, kept, weight)
        return states[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        states, kept, weight = ctx.saved_tensors
        n_steps, n_rows, n_hidden = kept.shape[0], states.shape[1], states.shape[2]
        given = torch.empty(n_steps, n_rows, 3 * n_hidden)
        recurrent = torch.empty_like(given)
        later, direct = torch.zeros(n_rows, n_hidden), torch.empty(n_rows, n_hidden)
        tensors = (gradients[0].contiguous(), later, kept, states, given, recurrent, direct)
        out_a, later_a, kept_a, states_a, given_a, recurrent_a, direct_a = (tensor.numpy() for tensor in tensors)
        for t in range(n_steps - 1, -1, -1):
            gates_backward(out_a[t], later_a, kept_a[t], states_a[t], given_a[t], recurrent_a[t], direct_a)
            torch.addmm(direct, recurrent[t], weight, out=later)
        rows = recurrent.view(-1, 3 * n_hidden)
        return given, later, rows.t() @ states[:-1].reshape(-1, n_hidden), rows.sum(dim=0)


class GRU(nn.GRU):
    """torch's GRU of one layer, with steps fused on the CPU; its weights are laid out as there."""

    def sequence(self, given: Tensor, state: Tensor) -> Tensor:
        """Return the states (T, N, H) over inputs (T, N, D) from `state` (N, H)."""
        if given.device.type != "cpu":
            out: Tensor = self(given, state[None])[0]
            return out
        weight, bias = self.weight_ih_l0, self.bias_ih_l0
        projected = nn.functional.linear(given, weight, bias)  # type: ignore[arg-type]
        states: Tensor = _Sequence.apply(projected, state, self.weight_hh_l0, self.bias_hh_l0)
        return states
