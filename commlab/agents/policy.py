"""What a policy is: anything that turns observations and its state into actions and messages."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from commlab.agents.network import Hooks
from commlab.env.types import Observation


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

    def initial_state(self, n_worlds: int) -> Any:
        """Return the state in which episodes begin."""
        ...

    def step(self, observation: Observation, state: Any, draws: Draws, hooks: Hooks | None = None) -> Decision:
        """Return what all agents do in all worlds; never write `observation`."""
        ...
