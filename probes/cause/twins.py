"""Twin worlds: the same episodes rolled again, with and without a change; same draws, so only the change differs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import NO_PLAN, Plan
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, World
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
    said: NDArray[np.uint8]  # (T, W, A)
    heard: NDArray[np.uint8]  # (T, W, A) in the first slot
    logits: NDArray[np.float32]  # (T, W, A, n_actions)
    reward: NDArray[np.float32]  # (T, W, A) shared by kinship

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
    rollout = Rollout(worlds, checkpoint.policy, pad(plan, n_worlds))
    rollout.begin(np.arange(n_worlds))
    rollout.run(checkpoint.scenario.steps, tracer)
    return Trace(*(np.stack(tracer.kept[name])[:, :n_episodes] for name in Trace._fields))


def pad(plan: Plan, n_worlds: int) -> Plan:
    """Return the plan for a batch filled up to `n_worlds`: the worlds behind the planned ones are left alone."""
    parts: list[Any] = []
    for array, axis, rest in (
        (plan.emit, 1, NO_PLAN.emit),
        (plan.hear, 1, NO_PLAN.hear),
        (plan.kinship, 0, NO_PLAN.kinship),
    ):
        missing = n_worlds - array.shape[axis]
        if array.shape[axis] == 1 or missing == 0:
            parts.append(array)
            continue
        widths = [(0, missing if a == axis else 0) for a in range(array.ndim)]
        parts.append(np.pad(array, widths, constant_values=int(rest.flat[0])))
    return Plan(*parts)


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
        self.n_actions = worlds.rules.may.shape[1]
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
        kept["said"].append(moment.decision.message[:, :, 0].copy())
        kept["heard"].append(moment.observation.heard[:, :, 0, 0].copy())
        kept["logits"].append(moment.decision.logits[:, :, : self.n_actions].copy())

    def after(self, t: int, world: World) -> None:
        """Keep the rewards."""
        self.kept["reward"].append(world.shared_reward.copy())
