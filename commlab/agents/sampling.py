"""Choosing actions and messages: Gumbel-max on the world's own draws, so that twins stay aligned draw for draw.

argmax(logits + Gumbel noise) is a sample of softmax(logits) (Gumbel 1954; Maddison, Tarlow and Minka 2014).
"""

from __future__ import annotations

import math

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, draw, step_key, uniform

_ACTION, _MESSAGE = int(Purpose.ACTION), int(Purpose.MESSAGE)


@kernel
def gumbel_argmax(logits, first, n, step, agent, purpose):  # type: ignore[no-untyped-def]
    """Return k < n drawn with chance softmax(logits[first : first + n])[k]."""
    best, chosen = -math.inf, 0
    for k in range(n):
        noisy = logits[first + k] - math.log(-math.log(uniform(draw(step, agent, purpose, k))))
        if noisy > best:
            best, chosen = noisy, k
    return chosen


@kernel
def log_softmax_at(logits, first, n, chosen):  # type: ignore[no-untyped-def]
    """Return log softmax(logits[first : first + n])[chosen]."""
    top = logits[first]
    for k in range(1, n):
        top = max(top, logits[first + k])
    total = 0.0
    for k in range(n):
        total += math.exp(logits[first + k] - top)
    return logits[first + chosen] - top - math.log(total)


@kernel
def sample_policy(logits, n_actions, keys, t, agents, action, message, logprob):  # type: ignore[no-untyped-def]
    """Draw an action and a message of L symbols for the given agents of every world.

    `logits` (W * n, n_actions + L * V) of agents (n,) world by world; write action (W, A), message (W, A, L) and
    logprob (W, A), the joint log-probability in nats. The first symbol is drawn from the step's key; the later ones,
    whose draws would not fit beside it, from keys made of it.
    """
    length = message.shape[2]
    n_symbols = (logits.shape[1] - n_actions) // length
    row = 0
    for w in range(keys.shape[0]):
        step = step_key(keys[w], t[w])
        for i in agents:
            chosen = gumbel_argmax(logits[row], 0, n_actions, step, i, _ACTION)
            action[w, i] = chosen
            total = log_softmax_at(logits[row], 0, n_actions, chosen)
            key, number = step, i
            for p in range(length):
                if p > 0:
                    key, number = draw(step, i, _MESSAGE, 0), p
                first = n_actions + p * n_symbols
                chosen = gumbel_argmax(logits[row], first, n_symbols, key, number, _MESSAGE)
                message[w, i, p] = chosen
                total += log_softmax_at(logits[row], first, n_symbols, chosen)
            logprob[w, i] = total
            row += 1
