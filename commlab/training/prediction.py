"""The auxiliary head: from what an agent has become, predict what it will observe next.

An observation is a bag of tokens, so the prediction is one probability a token, scored by cross-entropy. The same score
can be paid out as a small intrinsic reward: experience that is predicted well is worth more (surprise minimisation).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from commlab.agents.tokens import Bags


class Predictor(nn.Module):
    """A linear head from the recurrent state and the action taken to the next observation's tokens."""

    def __init__(self, n_hidden: int, n_tokens: int, n_actions: int) -> None:
        """Begin by expecting few tokens: most of them are absent from any observation."""
        super().__init__()
        self.n_actions = n_actions
        self.head = nn.Linear(n_hidden + n_actions, n_tokens)
        nn.init.constant_(self.head.bias, -4.0)

    def forward(self, hidden: Tensor, action: Tensor) -> Tensor:
        """Return the logits of each token, (N, n_tokens), for states (N, H) and actions (N,)."""
        taken = nn.functional.one_hot(action.long(), self.n_actions).to(hidden.dtype)
        out: Tensor = self.head(torch.cat([hidden, taken], dim=1))
        return out

    def surprise(self, hidden: Tensor, action: Tensor, following: Bags) -> Tensor:
        """Return the cross-entropy of the bags that followed, (N,), in nats an observation."""
        logits = self(hidden, action)
        present = torch.from_numpy(multi_hot(following, logits.shape[1])).to(logits.device)
        losses = nn.functional.binary_cross_entropy_with_logits(logits, present, reduction="none")
        return losses.sum(dim=1)


def multi_hot(bags: Bags, n_tokens: int) -> np.ndarray:
    """Return which tokens each bag holds, (N, n_tokens) float32."""
    out = np.zeros((len(bags.count), n_tokens), np.float32)
    row, column = np.nonzero(np.arange(bags.token.shape[1]) < bags.count[:, None])
    out[row, bags.token[row, column]] = 1.0
    return out
