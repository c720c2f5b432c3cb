"""One flat vector of weights and one of gradients: what shards exchange and Adam steps on."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FlatAdam:
    """Adam (Kingma and Ba 2015) over all weights of a module, laid out as one vector in place."""

    def __init__(self, module: nn.Module) -> None:
        """Move the module's weights into one vector; their gradients become views of another."""
        parameters = list(module.parameters())
        self.weights = torch.cat([p.detach().ravel() for p in parameters])
        self.gradient = torch.zeros_like(self.weights)
        start = 0
        for p in parameters:
            stop = start + p.numel()
            p.data = self.weights[start:stop].view_as(p)
            p.grad = self.gradient[start:stop].view_as(p)
            start = stop
        flat = nn.Parameter(self.weights)
        flat.grad = self.gradient
        self._adam = torch.optim.Adam([flat])  # eps 1e-8: gradients of rare tokens are tiny, 1e-5 would stall them

    def zero(self) -> None:
        """Forget the gradient."""
        self.gradient.zero_()

    def step(self, gradient: Tensor, learning_rate: float, max_norm: float) -> float:
        """Step along `gradient`, shortened to `max_norm`; return its norm before that."""
        norm = float(gradient.norm())
        self.gradient.copy_(gradient)
        if norm > max_norm:
            self.gradient.mul_(max_norm / norm)
        self._adam.param_groups[0]["lr"] = learning_rate
        self._adam.step()
        return norm

    def state(self) -> dict[str, object]:
        """Return the weights and Adam's moments."""
        return {"weights": self.weights.cpu(), "adam": self._adam.state_dict()}

    def restore(self, state: dict[str, object]) -> None:
        """Continue from what `state()` gave."""
        weights = state["weights"]
        assert isinstance(weights, Tensor)
        self.weights.copy_(weights)
        self._adam.load_state_dict(state["adam"])  # type: ignore[arg-type]
