"""Kernels of PPO: advantages, and the loss with its gradient with respect to the logits in one pass.

PPO: Schulman et al. 2017, equation 7, with the entropy bonus of equation 9, one for each head. GAE: Schulman et al.
2016, equation 16. The gradient is handed to one `backward` into the network.
"""

from __future__ import annotations

import math
from enum import IntEnum

from commlab.env.kernel import kernel


class Stat(IntEnum):
    """What the loss kernel adds up over its rows."""

    POLICY_LOSS = 0
    VALUE_LOSS = 1
    ENTROPY_ACTION = 2
    ENTROPY_MESSAGE = 3
    APPROX_KL = 4
    CLIPFRAC = 5


_POLICY, _VALUE, _H_ACTION, _H_MESSAGE = 0, 1, 2, 3
_KL, _CLIP = 4, 5


@kernel
def advantages(reward, value, last_value, ends, gamma, gae_lambda, advantage):  # type: ignore[no-untyped-def]
    """Write GAE advantages (T, N).

    `reward` and `value` (T, N); `last_value` (N,) of what follows the last step; `ends` (T, N) bool: nothing follows.
    """
    n_steps = reward.shape[0]
    for n in range(reward.shape[1]):
        carried = 0.0
        following = last_value[n]
        for s in range(n_steps):
            t = n_steps - 1 - s
            goes_on = 0.0 if ends[t, n] else 1.0
            delta = reward[t, n] + gamma * following * goes_on - value[t, n]
            carried = delta + gamma * gae_lambda * goes_on * carried
            advantage[t, n] = carried
            following = value[t, n]


@kernel
def log_softmax(logits, first, n, out):  # type: ignore[no-untyped-def]
    """Write log softmax(logits[first : first + n]) to the same places of `out`; return its entropy in nats."""
    top = logits[first]
    for k in range(first + 1, first + n):
        top = max(top, logits[k])
    total = 0.0
    for k in range(first, first + n):
        total += math.exp(logits[k] - top)
    log_total = math.log(total) + top
    entropy = 0.0
    for k in range(first, first + n):
        out[k] = logits[k] - log_total
        entropy -= math.exp(out[k]) * out[k]
    return entropy


@kernel
def entropy_gradient(logp, first, n, entropy, weight, gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of -weight * entropy with respect to the logits; write `gradient`."""
    for k in range(first, first + n):
        gradient[k] += weight * math.exp(logp[k]) * (logp[k] + entropy)


@kernel
def likelihood_gradient(logp, first, n, chosen, weight, gradient):  # type: ignore[no-untyped-def]
    """Add weight times the gradient of log p(chosen) with respect to the logits; write `gradient`."""
    for k in range(first, first + n):
        gradient[k] -= weight * math.exp(logp[k])
    gradient[first + chosen] += weight


@kernel
def count_live(live):  # type: ignore[no-untyped-def]
    """Return how many rows are to be learnt from, at least 1."""
    found = 0
    for n in range(live.shape[0]):
        if live[n]:
            found += 1
    return max(found, 1)


@kernel
def ppo_loss(logits, value, batch, weights, logp, entropy, logit_gradient, value_gradient, stats):  # type: ignore[no-untyped-def]
    """Write the gradients of the PPO loss, mean over the N rows that are live, and add its parts to `stats`.

    `logits` (N, n_actions + L * V), `value` (N,); `batch` a `Batch`, `weights` a `Weights`; `logp` (n_actions + L * V,)
    and `entropy` (1 + L,) are scratch. The first head is that of the action, the others those of a message's symbols.
    """
    width, n_heads, n_actions = logits.shape[1], entropy.shape[0], weights.n_actions
    n_symbols, n_rows = (width - n_actions) // (n_heads - 1), count_live(batch.live)
    for n in range(logits.shape[0]):
        gradient = logit_gradient[n]
        for k in range(width):
            gradient[k] = 0.0
        if not batch.live[n]:
            value_gradient[n] = 0.0
            continue
        log_ratio = 0.0
        for head in range(n_heads):
            first = n_actions + (head - 1) * n_symbols if head > 0 else 0
            size = n_symbols if head > 0 else n_actions
            chosen = int(batch.message[n, head - 1]) if head > 0 else int(batch.action[n])
            entropy[head] = log_softmax(logits[n], first, size, logp)
            log_ratio += logp[first + chosen]
        log_ratio -= batch.logprob[n]
        advantage = batch.advantage[n]
        ratio = math.exp(log_ratio)
        bounded = min(max(ratio, 1.0 - weights.clip), 1.0 + weights.clip)
        binds = bounded * advantage < ratio * advantage
        push = 0.0 if binds else -advantage * ratio / n_rows
        for head in range(n_heads):
            first = n_actions + (head - 1) * n_symbols if head > 0 else 0
            size = n_symbols if head > 0 else n_actions
            chosen = int(batch.message[n, head - 1]) if head > 0 else int(batch.action[n])
            weight = weights.entropy_message if head > 0 else weights.entropy_action
            likelihood_gradient(logp, first, size, chosen, push, gradient)
            entropy_gradient(logp, first, size, entropy[head], weight / n_rows, gradient)
            stats[_H_MESSAGE if head > 0 else _H_ACTION] += entropy[head] / n_rows
        error = value[n] - batch.target[n]
        value_gradient[n] = weights.value * error / n_rows
        stats[_POLICY] -= min(ratio * advantage, bounded * advantage) / n_rows
        stats[_VALUE] += 0.5 * error * error / n_rows
        stats[_KL] += (ratio - 1.0 - log_ratio) / n_rows
        stats[_CLIP] += (abs(ratio - 1.0) > weights.clip) / n_rows
