"""The PPO loss of a minibatch and its gradient with respect to the heads: compiled on CPUs, torch elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from commlab.training.loss_kernel import Stat, ppo_loss


class Batch(NamedTuple):
    """What PPO needs to know of N rows of experience."""

    action: NDArray[np.uint8]  # (N,)
    message: NDArray[np.uint8]  # (N, L)
    logprob: NDArray[np.float32]  # (N,) when they were drawn
    advantage: NDArray[np.float32]  # (N,) normalised
    target: NDArray[np.float32]  # (N,) of the value
    live: NDArray[np.bool_]  # (N,) rows that something is to be learnt from


class Weights(NamedTuple):
    """The numbers of the loss at this point of training."""

    n_actions: int
    clip: float
    value: float
    entropy_action: float
    entropy_message: float


class Gradients(NamedTuple):
    """The gradient of the loss, and its parts."""

    logits: Tensor  # (N, n_actions + L * V)
    value: Tensor  # (N,)
    stats: NDArray[np.float64]  # (len(Stat),)


def ppo_gradients(logits: Tensor, value: Tensor, batch: Batch, weights: Weights) -> Gradients:
    """Return the gradients of the PPO loss with respect to `logits` (N, n_actions + L * V) and `value` (N,)."""
    if logits.device.type != "cpu":
        return torch_gradients(logits, value, batch, weights)
    logit_gradient, value_gradient = torch.empty_like(logits), torch.empty_like(value)
    stats, logp, entropy = np.zeros(len(Stat)), np.zeros(logits.shape[1]), np.zeros(1 + batch.message.shape[1])
    ppo_loss(
        logits.detach().numpy(),
        value.detach().numpy(),
        batch,
        weights,
        logp,
        entropy,
        logit_gradient.numpy(),
        value_gradient.numpy(),
        stats,
    )
    return Gradients(logit_gradient, value_gradient, stats)


def torch_gradients(logits: Tensor, value: Tensor, batch: Batch, weights: Weights) -> Gradients:
    """Return the same gradients by torch's automatic differentiation, on any device."""
    logits = logits.detach().requires_grad_()
    value = value.detach().requires_grad_()
    live = torch.from_numpy(batch.live).to(logits.device)
    if not bool(live.any()):
        return Gradients(torch.zeros_like(logits), torch.zeros_like(value), np.zeros(len(Stat)))
    action, message, logprob, advantage, target = (
        torch.from_numpy(array).to(logits.device)[live] for array in batch[:-1]
    )
    n_symbols = (logits.shape[1] - weights.n_actions) // message.shape[1]
    heads = logits[live].split([weights.n_actions, *[n_symbols] * message.shape[1]], dim=1)
    logps = [head.log_softmax(dim=1) for head in heads]
    entropies = [-(logp.exp() * logp).sum(dim=1).mean() for logp in logps]
    entropies = [entropies[0], torch.stack(entropies[1:]).sum()]
    said = (action, *message.unbind(dim=1))
    chosen = [logp.gather(1, index.long()[:, None])[:, 0] for logp, index in zip(logps, said, strict=True)]
    log_ratio = torch.stack(chosen).sum(dim=0) - logprob
    ratio = log_ratio.exp()
    bounded = ratio.clamp(1 - weights.clip, 1 + weights.clip)
    policy_loss = -torch.minimum(ratio * advantage, bounded * advantage).mean()
    value_loss = 0.5 * (value[live] - target).square().mean()
    loss = policy_loss + weights.value * value_loss
    loss = loss - weights.entropy_action * entropies[0] - weights.entropy_message * entropies[1]
    loss.backward()
    assert logits.grad is not None
    assert value.grad is not None
    with torch.no_grad():
        approx_kl = (ratio - 1 - log_ratio).mean()
        clipfrac = ((ratio - 1).abs() > weights.clip).float().mean()
    parts = [policy_loss, value_loss, *entropies, approx_kl, clipfrac]
    return Gradients(logits.grad, value.grad, np.array([float(part.detach()) for part in parts]))
