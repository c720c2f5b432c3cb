"""Biases towards speaking and listening (Eccles et al. 2019): a grounding that knows nothing of what is worth saying.

Positive signalling wants messages that differ from one situation to another and are sure within each: with the
message's entropy H_i in situation i and the entropy H of its mean over situations (algorithm 1),

    L_ps = weight * mean_i (H_i - target)^2 - H.

In the paper's equation 3 the weight stands before H instead; `form="marginal"` is that one.
Positive listening wants actions that depend on what was heard: with the policy p_i and the policy q_i of an agent that
hears nothing in this step,

    L_pl = - mean_i sum_a |p_i(a) - q_i(a)|,   L_ce = - mean_i sum_a p_i(a) log q_i(a),

where L_ce alone teaches q (p stands still in it), and L_pl alone teaches p (q stands still in it).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

__all__ = ["Listening", "positive_listening", "positive_signalling"]

Form = Literal["squared", "marginal"]


class Listening(NamedTuple):
    """The two terms of positive listening."""

    difference: Tensor  # L_pl, between -2 and 0
    imitation: Tensor  # L_ce, nats


def positive_signalling(logits: Tensor, weight: float, target: float, form: Form = "squared") -> Tensor:
    """Return the loss of message logits (N, ..., V) over N situations, mean over what stands between.

    target: of the entropy in each situation, in nats.
    """
    logp = logits.log_softmax(dim=-1)
    each = -(logp.exp() * logp).sum(dim=-1)
    mean = logp.exp().mean(dim=0)
    overall = -torch.xlogy(mean, mean).sum(dim=-1).mean()
    apart = (each - target).square().mean()
    return weight * apart - overall if form == "squared" else apart - weight * overall


def positive_listening(logits: Tensor, deaf_logits: Tensor) -> Listening:
    """Return the terms of action logits (N, A) with, and without, what was heard in this step."""
    hearing, deaf = logits.softmax(dim=-1), deaf_logits.log_softmax(dim=-1)
    difference = -(hearing - deaf.exp().detach()).abs().sum(dim=-1).mean()
    return Listening(difference, -(hearing.detach() * deaf).sum(dim=-1).mean())
