"""The planted pair with a mind: hidden states in which known directions carry known things, and one of them drives it.

The hidden state of H = 24 units is a code turned by a random rotation: where the crystal is (as the scout sees it, or
the gatherer was last told), where the agent itself stands, which nobody acts on, and noise. The scout says the place
that it finds in its state, the gatherer goes to the one in its own; or, if it does not mind, round the corners.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.policy import Decision, Draws
from commlab.env.types import Observation, Own

SCOUT, GATHERER = 0, 1
SIZE = 24
PLACES, OWN, NOISE = slice(0, 4), slice(4, 13), slice(13, SIZE)  # units of the code
SCALE, LEAST = 2.0, 0.8  # of a thing that is there, and at which it counts as there
BARRED, SURE = -1e9, 9.0


class Mind(NamedTuple):
    """What the agents of each world remember."""

    hidden: NDArray[np.float32]  # (W, 2, H)
    looked: NDArray[np.int64]  # (W,) corners looked into so far


class Minded:
    """A policy of the room of `pair`."""

    hidden_sizes = {"core": SIZE}

    def __init__(self, pair: Any, scenario: Any, minds: bool, seed: int) -> None:
        self.pair = pair.Pair(scenario, True, seed)
        self.minds = minds
        rng = np.random.default_rng([seed, 1])
        self.rotation = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0].astype(np.float32)

    def initial_state(self, n_worlds: int) -> Mind:
        """Nothing known, nowhere looked."""
        return Mind(np.zeros((n_worlds, 2, SIZE), np.float32), np.zeros(n_worlds, np.int64))

    def fork_state(self, state: Mind, worlds: NDArray[np.int64]) -> Mind:
        """The state for a batch whose world n is this one's `worlds[n]`."""
        return Mind(state.hidden[worlds], state.looked[worlds])

    def step(self, observation: Observation, state: Mind, draws: Draws, hooks: Any = None) -> Decision:
        """Think, let the hook change the thought, and act on what is left."""
        pair, n_worlds = self.pair, len(draws.key)
        hidden = self.think(observation, state, draws)
        if hooks is not None and "core" in hooks:
            rows = hooks["core"](torch.from_numpy(hidden.reshape(-1, SIZE)), np.arange(2))
            hidden = rows.numpy().reshape(n_worlds, 2, SIZE)
        told = (hidden @ self.rotation.T)[..., PLACES]
        place, known = told.argmax(axis=-1), told.max(axis=-1) > LEAST
        where = observation.vector[:, GATHERER, [Own.ROW, Own.COLUMN]].astype(np.int64)
        corner = (draws.key.astype(np.int64) + state.looked) % 4
        looked = state.looked + (where == pair.sites[corner]).all(axis=1)
        corner = (draws.key.astype(np.int64) + looked) % 4
        goal = np.where(known[:, GATHERER] & self.minds, place[:, GATHERER], corner)
        goal = np.where(observation.vector[:, GATHERER, Own.ENERGY] > 0, 4, goal)
        action = np.zeros((n_worlds, 2), np.uint8)
        action[:, GATHERER] = pair.ways[goal, where[:, 0], where[:, 1]]
        message = np.zeros((n_worlds, 2, 1), np.uint8)
        message[:, SCOUT, 0] = np.where(known[:, SCOUT], pair.symbols[place[:, SCOUT]], 0)
        logits = np.zeros((n_worlds, 2, pair.n_actions + pair.n_symbols), np.float32)
        logits[:, SCOUT, 1 : pair.n_actions] = BARRED
        logits[:, GATHERER, 0] = BARRED
        np.put_along_axis(logits, action[..., None].astype(np.int64), SURE, axis=2)
        nothing = np.zeros((n_worlds, 2), np.float32)
        return Decision(action, message, nothing, logits, nothing, {"core": hidden}, Mind(hidden, looked))

    def think(self, observation: Observation, state: Mind, draws: Draws) -> NDArray[np.float32]:
        """The hidden states (W, 2, H): what is seen or was told, where one stands, and noise."""
        pair, n_worlds = self.pair, len(draws.key)
        code = np.zeros((n_worlds, 2, SIZE), np.float32)
        seen = pair.site_of[pair.names(observation)]
        code[:, SCOUT, PLACES] = SCALE * (seen[:, None] == np.arange(4))
        heard = pair.site_of[observation.heard[:, GATHERER, 0, 0].astype(np.int64)]
        kept = (state.hidden[:, GATHERER] @ self.rotation.T)[:, PLACES]
        code[:, GATHERER, PLACES] = np.where(heard[:, None] >= 0, SCALE * (heard[:, None] == np.arange(4)), kept)
        thirds = np.minimum(observation.vector[:, :, [Own.ROW, Own.COLUMN]].astype(np.int64) // 3, 2)
        own = thirds[..., 0] * 3 + thirds[..., 1]
        code[:, :, OWN] = SCALE * (own[..., None] == np.arange(9))
        phase = draws.key.astype(np.float64)[:, None] % 997 + 13.0 * draws.t.astype(np.float64)[:, None]
        code[:, :, NOISE] = np.sin(np.outer(phase, np.arange(1, 12) * 7.13)).reshape(n_worlds, 1, 11)
        turned: NDArray[np.float32] = code @ self.rotation
        return turned


def checkpoint(pair: Any, minds: bool = True, seed: int = 0, steps: int = 40) -> Checkpoint:
    """A checkpoint of the pair with a mind."""
    scenario = pair.room(steps)
    policy: Any = Minded(pair, scenario, minds, seed)
    return Checkpoint(policy, scenario, {"grounding": "planted"}, f"minded-{minds}-{seed}")
