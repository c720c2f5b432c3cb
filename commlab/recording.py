"""Recording: a frozen policy plays fresh episodes, and all that happens is written to HDF5.

Shards of 128 episodes are rolled in batches of one shape, so that a recording taken up again after a kill holds exactly
the episodes that an unkilled one has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention, make_plan, to_json
from commlab.agents.rollout import Moment, Rollout
from commlab.datasets.writer import RecordingWriter
from commlab.env.batch import WorldBatch
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Action, Cell, Entity, Facing, Own, World
from commlab.foundation.provenance import commlab_version, git_revision

__all__ = ["FRESH", "Recorder", "Request", "record"]

SHARD = 128  # episodes: a kill loses less than a second of work
FRESH = 2**40  # worlds with seeds from here on are never trained in
Watch = Callable[[int, int], None]  # episodes done, episodes in all


class Request(NamedTuple):
    """What is to be recorded."""

    path: Path
    n_episodes: int = 1000
    seed: int = 0
    interventions: tuple[Intervention, ...] = ()
    condition: str = "natural"
    codec: str = "zstd"
    force: bool = False
    command: str = "record"


def record(checkpoint: Checkpoint, request: Request, watch: Watch | None = None) -> Path:
    """Record fresh episodes of a frozen policy and return the finished file's path.

    Takes up what an earlier, killed run of the same request has sealed. Raises RecordingError and DiskError as the
    writer does.
    """
    header = header_of(checkpoint, request)
    with RecordingWriter(
        request.path, header, request.n_episodes, SHARD, codec=request.codec, force=request.force
    ) as writer:
        for number in range(writer.n_shards):
            if number not in writer.sealed:
                writer.write_shard(number, *play_shard(checkpoint, request, number))
            if watch is not None:
                watch(min(request.n_episodes, (number + 1) * SHARD), request.n_episodes)
        return writer.finish()


def play_shard(
    checkpoint: Checkpoint, request: Request, number: int
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Return the episode fields and the step columns of a shard, played anew."""
    scenario = checkpoint.scenario
    worlds = WorldBatch(scenario, SHARD, FRESH + request.seed)
    plan = make_plan([request.interventions] * SHARD, scenario.steps, scenario.n_agents)
    rollout = Rollout(worlds, checkpoint.policy, plan)
    recorder = Recorder(scenario, SHARD)
    episodes = np.arange(number * SHARD, (number + 1) * SHARD)
    rollout.begin(episodes)
    rollout.run(scenario.steps, recorder)
    kept = min(SHARD, request.n_episodes - number * SHARD)
    fields = {
        "length": np.full(kept, scenario.steps),
        "seed": np.full(kept, worlds.seed, np.uint64),
        "episode": episodes[:kept],
        "world": np.arange(kept),
        "condition": np.full(kept, request.condition),
        "intervention": np.full(kept, to_json(request.interventions)),
        "kinship": worlds.world.kinship[:kept].copy(),
        "bodies": np.tile(worlds.rules.body, (kept, 1)),
    }
    return fields, recorder.columns(kept)


class Recorder:
    """A watcher that keeps every step of W worlds as the columns of a recording."""

    def __init__(self, scenario: Scenario, n_worlds: int) -> None:
        """Keep whole episodes of `n_worlds` worlds."""
        self.n_actions = len(Action)
        self.shape = (n_worlds, scenario.steps)
        self.arrays: dict[str, NDArray[Any]] = {}

    def before(self, moment: Moment) -> None:
        """Keep the state, what was observed and heard, and what was decided."""
        world, observation, decision = moment.world, moment.observation, moment.decision
        keep, t = self.keep, moment.t
        keep(t, "agents/position", np.stack([world.row - VIEW, world.column - VIEW], axis=-1))
        keep(t, "agents/facing", world.facing)
        keep(t, "agents/energy", world.energy)
        keep(t, "agents/inventory", world.inventory, np.uint8)
        keep(t, "channel/said", decision.message)
        keep(t, "channel/emitted", moment.emitted)
        keep(t, "channel/heard", observation.heard)
        keep(t, "channel/speaker", observation.speaker)
        keep(t, "channel/injected", moment.injected)
        keep(t, "policy/action", decision.action)
        keep(t, "policy/action_logits", decision.logits[:, :, : self.n_actions], np.float16, bound=True)
        keep(t, "policy/message_logits", decision.logits[:, :, None, self.n_actions :], np.float16, bound=True)
        keep(t, "policy/value", decision.value)
        keep(t, "policy/hidden.core", decision.hidden["core"], np.float16)
        keep(t, "observation/window", observation.window)
        keep(t, "observation/entities", observation.entities)
        keep(t, "observation/vector", observation.vector)
        places = (world.object_row - VIEW, world.object_column - VIEW)
        keep(t, "world/objects", np.stack([world.kind, *places, world.stock], axis=-1), np.int16)

    def after(self, t: int, world: World) -> None:
        """Keep what came of the step."""
        self.keep(t, "reward/own", world.own_reward)
        self.keep(t, "reward/shared", world.shared_reward)
        self.keep(t, "steps/truncated", world.truncated)
        self.keep(t, "steps/terminated", np.zeros_like(world.truncated))

    def keep(self, t: int, name: str, values: NDArray[Any], dtype: Any = None, bound: bool = False) -> None:
        """Copy a step's values (W, …) into the column's array (W, T, …); `bound` keeps them within float16."""
        if name not in self.arrays:
            self.arrays[name] = np.empty((*self.shape, *values.shape[1:]), dtype or values.dtype)
        self.arrays[name][:, t] = np.maximum(values, np.finfo(np.float16).min) if bound else values

    def columns(self, n_worlds: int) -> dict[str, NDArray[Any]]:
        """Return the columns of the first `n_worlds` worlds, episode after episode."""
        return {
            name: array[:n_worlds].reshape(n_worlds * self.shape[1], *array.shape[2:])
            for name, array in self.arrays.items()
        }


def header_of(checkpoint: Checkpoint, request: Request) -> dict[str, Any]:
    """Return what a recording says of itself: its maker, its world, and the tables that give codes their names."""
    return {
        "commlab_version": commlab_version(),
        "git_revision": git_revision(),
        "command": request.command,
        "seed": request.seed,
        "condition": request.condition,
        "intervention": to_json(request.interventions),
        "scenario": checkpoint.scenario.model_dump(mode="json"),
        "checkpoint_sha256": checkpoint.sha256,
        "training": checkpoint.facts,
        "codes": code_tables(checkpoint.scenario),
        "layout": layout(checkpoint.scenario),
        "columns": {
            "observation/vector": [column.name.lower() for column in Own],
            "observation/entities": [column.name.lower() for column in Entity],
        },
    }


def code_tables(scenario: Scenario) -> dict[str, dict[str, str]]:
    """Return the names of all codes that the columns hold."""
    cells = {str(int(cell)): cell.name.lower().replace("crystal_", "crystal.") for cell in Cell}
    return {
        "cells": cells,
        "actions": {str(int(action)): action.name.lower() for action in Action},
        "facings": {str(int(facing)): facing.name.lower() for facing in Facing},
        "bodies": {str(code): name for code, name in enumerate(scenario.body_names)},
    }


def layout(scenario: Scenario) -> dict[str, Any]:
    """Return the world's fixed parts: the bare map with what always stands on it, sites, views and families."""
    rules = make_rules(scenario)
    grid = rules.start_grid.copy()
    fixed = rules.start_object_row >= 0
    grid[rules.start_object_row[fixed], rules.start_object_column[fixed]] = rules.start_kind[fixed]
    inner = grid[VIEW:-VIEW, VIEW:-VIEW]
    return {
        "height": int(inner.shape[0]),
        "width": int(inner.shape[1]),
        "grid": inner.tolist(),
        "sites": (rules.sites - VIEW).tolist(),
        "view_radius": {name: body.view for name, body in scenario.bodies.items()},
        "families": list(scenario.families),
        "hearing": {name: body.hearing for name, body in scenario.bodies.items()},
        "vocabulary": scenario.channel.vocabulary,
    }


def conditions(interventions: Sequence[Intervention]) -> str:
    """Return a name for what interventions do to a recording."""
    if not interventions:
        return "natural"
    return "+".join(f"{change.site}:{change.operation}" for change in interventions)
