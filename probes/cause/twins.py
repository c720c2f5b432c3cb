"""Twin worlds: the same episodes rolled again, with and without a change; same draws, so only the change differs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices
from commlab.env.types import VIEW, Action, Number, World
from commlab.foundation.errors import DataError
from commlab.recording import FRESH, Playable, chosen_layers

__all__ = ["EXPERIMENTS", "LEAST", "Rolled", "Trace", "play"]

EXPERIMENTS = FRESH + 2**20  # seeds of experiments: neither trained in nor recorded
_WAYS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # by Facing
LEAST = 64  # worlds in a batch: a policy's rows may depend on the shape of smaller ones


class Rolled(NamedTuple):
    """How a trace was rolled, so that an episode of it can be rolled again."""

    seed: int
    plan: Plan
    n_worlds: int  # in the batch


class Trace(NamedTuple):
    """What happened in W episodes of T steps."""

    position: NDArray[np.int16]  # (T, W, A, 2) row and column on the map
    tried: NDArray[np.int16]  # (T, W, A, 2) the cell that an agent walks into or uses in the step, -1 for none
    energy: NDArray[np.int32]  # (T, W, A)
    carried: NDArray[np.int16]  # (T, W, A) units in the inventory
    crystal: NDArray[np.int16]  # (T, W, O, 2) where the crystals are, -1 where they are not
    said: NDArray[np.uint8]  # (T, W, A, L)
    heard: NDArray[np.uint8]  # (T, W, A, L) in the first slot
    logits: NDArray[np.float32]  # (T, W, A, n_actions)
    reward: NDArray[np.float32]  # (T, W, A) shared by kinship, until the episode ends
    live: NDArray[np.bool_]  # (T, W) false where the episode ended in an earlier step
    altar_cost: NDArray[np.int64]  # (T, W) joules
    action: NDArray[np.uint8]  # (T, W, A) as carried out
    own_reward: NDArray[np.float32]  # (T, W, A) before it is shared, until the episode ends
    kinship: NDArray[np.float32]  # (W, A, A) when the episodes began
    hidden: dict[str, NDArray[np.float32]]  # by hook point, (T, W, A, H); only those that were asked for
    rolled: Rolled | None = None

    @property
    def returns(self) -> NDArray[np.float64]:
        """The return of each episode, the mean over its agents, (W,)."""
        mean: NDArray[np.float64] = self.reward.sum(axis=0, dtype=np.float64).mean(axis=1)
        return mean


def play(agents: Playable, n_episodes: int, seed: int = 0, plan: Plan = NO_PLAN, layers: tuple[str, ...] = ()) -> Trace:
    """Return what happens in `n_episodes` fresh episodes under a plan; the same seed gives the same episodes.

    `layers` are the hook points whose hidden states are kept; CheckpointError where the policy has no such one.
    Raises DataError where there is no episode to play, or the seed is none.
    """
    for name, number, least in (("n_episodes", n_episodes, 1), ("seed", seed, 0)):
        if not isinstance(number, int | np.integer) or number < least:
            raise DataError(f"{name} is a whole number, {least} or more, not {number!r}.")
    n_worlds = max(LEAST, n_episodes)
    worlds = WorldBatch(agents.scenario, n_worlds, EXPERIMENTS + seed)
    tracer = _Tracer(worlds, layers)
    rollout = Rollout(worlds, agents.policy, plan.padded(n_worlds))
    rollout.begin(np.arange(n_worlds))
    kinship = kinship_matrices(worlds.world, worlds.rules)[:n_episodes]
    rollout.run(agents.scenario.steps, tracer)
    stacked = {name: np.stack(kept)[:, :n_episodes] for name, kept in tracer.kept.items()}
    hidden = {name: np.stack(kept)[:, :n_episodes] for name, kept in tracer.hidden.items()}
    return Trace(**stacked, kinship=kinship, hidden=hidden, rolled=Rolled(seed, plan, n_worlds))


def tried_cells(position: NDArray[np.int16], facing: NDArray[np.uint8], action: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the cell (…, 2) that each agent at `position` (…, 2) walks into or uses, -1 where it does neither."""
    moves = (action >= Action.NORTH) & (action <= Action.WEST)
    way = np.where(moves, action - int(Action.NORTH), facing).astype(np.int64)
    acts = moves | (action == Action.USE)
    return np.where(acts[..., None], position + _WAYS[way], -1).astype(np.int16)


class _Tracer:
    """A watcher that keeps what a trace holds."""

    def __init__(self, worlds: WorldBatch, layers: tuple[str, ...]) -> None:
        """Keep nothing yet."""
        self.n_actions, self.layers = worlds.scenario.n_actions, layers
        whole = ("kinship", "hidden", "rolled")
        self.kept: dict[str, list[NDArray[Any]]] = {name: [] for name in Trace._fields if name not in whole}
        self.hidden: dict[str, list[NDArray[np.float32]]] = {name: [] for name in layers}

    def before(self, moment: Moment) -> None:
        """Keep the state and the decision."""
        world, kept = moment.world, self.kept
        position = np.stack([world.row - VIEW, world.column - VIEW], axis=-1)
        kept["position"].append(position)
        kept["tried"].append(tried_cells(position, world.facing, moment.action))
        kept["energy"].append(world.energy.copy())
        kept["carried"].append(world.inventory.sum(axis=-1, dtype=np.int16))
        stocked = (world.stock > 0)[:, :, None]
        places = np.stack([world.object_row - VIEW, world.object_column - VIEW], axis=-1)
        kept["crystal"].append(np.where(stocked, places, -1).astype(np.int16))
        kept["said"].append(moment.decision.message.copy())
        kept["heard"].append(moment.observation.heard[:, :, 0].copy())
        kept["logits"].append(moment.decision.logits[:, :, : self.n_actions].copy())
        kept["live"].append(moment.live)
        kept["altar_cost"].append(world.numbers[:, Number.ALTAR_COST].copy())
        kept["action"].append(moment.action.copy())
        if self.layers:
            for layer in chosen_layers(self.layers, moment.decision.hidden):
                self.hidden[layer].append(moment.decision.hidden[layer].copy())

    def after(self, t: int, world: World) -> None:
        """Keep the rewards."""
        live = self.kept["live"][-1][:, None]
        self.kept["reward"].append(np.where(live, world.shared_reward, np.float32(0)))
        self.kept["own_reward"].append(np.where(live, world.own_reward, np.float32(0)))
