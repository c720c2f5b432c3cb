"""Twin worlds: the same episodes rolled again, with and without a change; same draws, so only the change differs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Number, World
from commlab.recording import FRESH

__all__ = ["EXPERIMENTS", "LEAST", "Trace", "play"]

EXPERIMENTS = FRESH + 2**20  # seeds of experiments: neither trained in nor recorded
_WAYS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # by Facing
LEAST = 64  # worlds in a batch: a policy's rows may depend on the shape of smaller ones


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

    @property
    def returns(self) -> NDArray[np.float64]:
        """The return of each episode, the mean over its agents, (W,)."""
        mean: NDArray[np.float64] = self.reward.sum(axis=0, dtype=np.float64).mean(axis=1)
        return mean


def play(checkpoint: Checkpoint, n_episodes: int, seed: int = 0, plan: Plan = NO_PLAN) -> Trace:
    """Return what happens in `n_episodes` fresh episodes under a plan; the same seed gives the same episodes."""
    n_worlds = max(LEAST, n_episodes)
    worlds = WorldBatch(checkpoint.scenario, n_worlds, EXPERIMENTS + seed)
    tracer = _Tracer(worlds)
    rollout = Rollout(worlds, checkpoint.policy, plan.padded(n_worlds))
    rollout.begin(np.arange(n_worlds))
    rollout.run(checkpoint.scenario.steps, tracer)
    return Trace(*(np.stack(tracer.kept[name])[:, :n_episodes] for name in Trace._fields))


def tried_cells(position: NDArray[np.int16], facing: NDArray[np.uint8], action: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the cell (…, 2) that each agent at `position` (…, 2) walks into or uses, -1 where it does neither."""
    moves = (action >= Action.NORTH) & (action <= Action.WEST)
    way = np.where(moves, action - int(Action.NORTH), facing).astype(np.int64)
    acts = moves | (action == Action.USE)
    return np.where(acts[..., None], position + _WAYS[way], -1).astype(np.int16)


class _Tracer:
    """A watcher that keeps what a trace holds."""

    def __init__(self, worlds: WorldBatch) -> None:
        """Keep nothing yet."""
        self.n_actions = worlds.scenario.n_actions
        self.kept: dict[str, list[NDArray[Any]]] = {name: [] for name in Trace._fields}

    def before(self, moment: Moment) -> None:
        """Keep the state and the decision."""
        world, kept = moment.world, self.kept
        position = np.stack([world.row - VIEW, world.column - VIEW], axis=-1)
        kept["position"].append(position)
        kept["tried"].append(tried_cells(position, world.facing, moment.decision.action))
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

    def after(self, t: int, world: World) -> None:
        """Keep the rewards."""
        self.kept["reward"].append(np.where(self.kept["live"][-1][:, None], world.shared_reward, np.float32(0)))
