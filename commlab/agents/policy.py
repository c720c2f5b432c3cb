"""What a policy is: anything that turns observations and its state into actions and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import Observation

if TYPE_CHECKING:
    from torch import Tensor

# By hook point: what becomes of the hidden states (W * n, H) of agents (n,), world by world.
Hooks = Mapping[str, Callable[["Tensor", NDArray[np.int64]], "Tensor"]]


class Draws(NamedTuple):
    """The root of a step's randomness in every world."""

    key: NDArray[np.uint64]  # (W,)
    t: NDArray[np.int32]  # (W,)


class Decision(NamedTuple):
    """What all agents of W worlds do and say in a step, and what went on inside them."""

    action: NDArray[np.uint8]  # (W, A)
    message: NDArray[np.uint8]  # (W, A, L)
    logprob: NDArray[np.float32]  # (W, A) of action and message together, nats
    logits: NDArray[np.float32]  # (W, A, n_actions + L * V)
    value: NDArray[np.float32]  # (W, A)
    hidden: dict[str, NDArray[np.float32]]  # by hook point, (W, A, H)
    state: Any  # to be handed to the next step
    inputs: Any = None  # what a network was given, for learning


class Policy(Protocol):
    """A policy can be trained, recorded, probed and talked to."""

    @property
    def hidden_sizes(self) -> Mapping[str, int]:
        """The units of its hidden states, by hook point; empty where it has none."""
        ...

    def initial_state(self, n_worlds: int) -> Any:
        """Return the state in which episodes begin."""
        ...

    def step(self, observation: Observation, state: Any, draws: Draws, hooks: Hooks | None = None) -> Decision:
        """Return what all agents do in all worlds; never write `observation`."""
        ...

    def fork_state(self, state: Any, worlds: NDArray[np.int64]) -> Any:
        """Return a copy of the state for a batch whose world n is `worlds[n]` of this one's."""
        ...
