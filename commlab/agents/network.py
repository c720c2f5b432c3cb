"""The recurrent network of an agent: tokens -> encoder -> GRU -> heads for action, message and value.

Kinship, body, own state and what is heard are inputs, so that one network can serve all agents. Hook points, by name:
`encoder` (what is perceived) and `core` (the recurrent state that the heads read).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from commlab.agents.bag import TokenBag
from commlab.agents.gru import GRU

Hooks = Mapping[str, Callable[[Tensor], Tensor]]
HOOK_POINTS = ("encoder", "core")
_NEVER = -1e9


class Heads(NamedTuple):
    """What the network says of each row."""

    logits: Tensor  # (N, n_actions + L * V) actions, then each symbol's head; what a body cannot do is at -1e9
    value: Tensor  # (N,)


class RecurrentNetwork(nn.Module):
    """A kinship-conditioned recurrent policy with separate heads for action, value and each symbol of a message."""

    def __init__(self, n_tokens: int, n_hidden: int, may: Tensor, n_logits: int) -> None:
        """`may` (B, n_actions) bool tells what each body can do; `n_logits` is L * V, of all symbols of a message."""
        super().__init__()
        self.n_actions, self.n_hidden = may.shape[1], n_hidden
        self.encoder = TokenBag(n_tokens, n_hidden)
        self.core = GRU(n_hidden, n_hidden)
        self.heads = nn.Linear(n_hidden, self.n_actions + n_logits + 1)
        barred = torch.zeros(may.shape[0], self.n_actions + n_logits)
        barred[:, : self.n_actions] = torch.where(may, 0.0, _NEVER)
        self.register_buffer("barred", barred, persistent=False)
        nn.init.orthogonal_(self.core.weight_hh_l0)  # type: ignore[arg-type]
        nn.init.orthogonal_(self.heads.weight, 0.01)
        nn.init.zeros_(self.heads.bias)

    def initial_state(self, n_rows: int) -> Tensor:
        """Return the recurrent state at the beginning of an episode, (n_rows, H) zeros."""
        return torch.zeros(n_rows, self.n_hidden, device=self.heads.weight.device)

    def encode(self, token: Tensor, count: Tensor, hooks: Hooks | None = None) -> Tensor:
        """Return what is perceived, (N, H)."""
        return at_hook("encoder", torch.relu(self.encoder(token, count)), hooks)

    def read(self, hidden: Tensor, body: Tensor) -> Heads:
        """Return the heads' outputs for recurrent states (N, H) of agents with the given bodies (N,)."""
        out = self.heads(hidden)
        return Heads(out[:, :-1] + self.barred[body], out[:, -1])  # type: ignore[index]

    def step(
        self, token: Tensor, count: Tensor, body: Tensor, state: Tensor, hooks: Hooks | None = None
    ) -> tuple[Heads, dict[str, Tensor]]:
        """Return the heads and the hidden states by hook point after one step from `state` (N, H)."""
        perceived = self.encode(token, count, hooks)
        hidden = at_hook("core", self.core.sequence(perceived[None], state)[0], hooks)
        return self.read(hidden, body), {"encoder": perceived, "core": hidden}

    def sequence(self, token: Tensor, count: Tensor, state: Tensor) -> Tensor:
        """Return the states (T, N, H) over sequences (T * N, width), (T * N,) that begin in `state` (N, H)."""
        perceived = self.encode(token, count)
        return self.core.sequence(perceived.view(-1, *state.shape), state)


def at_hook(name: str, value: Tensor, hooks: Hooks | None) -> Tensor:
    """Return `value` as the hook at this point leaves it."""
    return value if hooks is None or name not in hooks else hooks[name](value)
