"""Recording: a frozen policy plays fresh episodes, and all that happens is written to HDF5.

Shards of 128 episodes (of fewer, where worlds are large) are rolled in batches of one shape, so that a recording taken
up again after a kill holds exactly the episodes that an unkilled one has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention, to_json
from commlab.agents.plan import Plan, make_plan
from commlab.agents.policy import Policy
from commlab.agents.rollout import Moment, Rollout
from commlab.agents.tapes import record_tapes
from commlab.datasets.writer import RecordingWriter
from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Action, Cell, Entity, Facing, Number, Own, Slot, Stat, Trait, World
from commlab.foundation.errors import CheckpointError
from commlab.foundation.provenance import commlab_version, git_revision

__all__ = ["FRESH", "SHARD", "Playable", "Recorder", "Request", "record", "shard_size"]

SHARD = 128  # episodes at most: a kill loses less than a second of work
ROWS = 2**18  # steps of agents in a shard, which must fit into memory
LEAST = 64  # agents stepped together: a policy's rows may depend on the shape of smaller batches
FRESH = 2**40  # worlds with seeds from here on are never trained in
Watch = Callable[[int, int], None]  # episodes done, episodes in all


class Playable(Protocol):
    """A policy with its world and where it comes from: a checkpoint, or scripted agents."""

    @property
    def policy(self) -> Policy:
        """What acts and speaks."""
        ...

    @property
    def scenario(self) -> Scenario:
        """Where it lives."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """How it was made, JSON-able."""
        ...

    @property
    def sha256(self) -> str:
        """Which one it is."""
        ...


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
    layers: tuple[str, ...] = ()  # hook points whose hidden states are kept; none named: `core`, if the policy has it


def record(checkpoint: Playable, request: Request, watch: Watch | None = None) -> Path:
    """Record fresh episodes of a frozen policy and return the finished file's path.

    Takes up what an earlier, killed run of the same request has sealed. Raises RecordingError and DiskError as the
    writer does.
    """
    header, size = header_of(checkpoint, request), shard_size(checkpoint.scenario)
    with RecordingWriter(
        request.path, header, request.n_episodes, size, codec=request.codec, force=request.force
    ) as writer:
        plan = plan_of(checkpoint, request) if writer.sealed != set(range(writer.n_shards)) else None
        for number in range(writer.n_shards):
            if number not in writer.sealed:
                assert plan is not None
                writer.write_shard(number, *play_shard(checkpoint, request, plan, number))
            if watch is not None:
                watch(min(request.n_episodes, (number + 1) * size), request.n_episodes)
        return writer.finish()


def shard_size(scenario: Scenario) -> int:
    """Return how many episodes are played together, and make a shard."""
    least = -(-LEAST // scenario.n_agents)
    return max(1, min(SHARD, max(least, ROWS // (scenario.steps * scenario.n_agents))))


def plan_of(checkpoint: Playable, request: Request) -> Plan:
    """Return the plan of a shard; the episodes that it replays are rolled first."""
    scenario, size = checkpoint.scenario, shard_size(checkpoint.scenario)
    sources = [change.source for change in request.interventions if change.source is not None]
    tapes = record_tapes(checkpoint.policy, scenario, FRESH + request.seed, sources, size)
    return make_plan([request.interventions] * size, scenario.steps, scenario.n_agents, scenario.channel.length, tapes)


def play_shard(
    checkpoint: Playable, request: Request, plan: Plan, number: int
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Return the episode fields and the step columns of a shard, played anew."""
    scenario, size = checkpoint.scenario, shard_size(checkpoint.scenario)
    worlds = WorldBatch(scenario, size, FRESH + request.seed)
    rollout = Rollout(worlds, checkpoint.policy, plan)
    recorder = Recorder(scenario, size, request.layers)
    episodes = np.arange(number * size, (number + 1) * size)
    rollout.begin(episodes)
    kept = min(size, request.n_episodes - number * size)
    drawn = drawn_fields(worlds, kept)
    rollout.run(scenario.steps, recorder)
    fields = {
        "length": recorder.lengths[:kept],
        "seed": np.full(kept, worlds.seed, np.uint64),
        "episode": episodes[:kept],
        "world": np.arange(kept),
        "condition": np.full(kept, request.condition),
        "intervention": np.full(kept, to_json(request.interventions)),
        "bodies": np.tile(worlds.rules.body, (kept, 1)),
        "stats": recorder.stats[:kept],
        **drawn,
    }
    return fields, recorder.columns(kept)


def drawn_fields(worlds: WorldBatch, n_worlds: int) -> dict[str, NDArray[Any]]:
    """Return what was drawn for the episodes that have just begun in the first `n_worlds` worlds."""
    world = worlds.world
    drawn: dict[str, NDArray[Any]] = {
        "kinship": kinship_matrices(world, worlds.rules),
        "map": world.map,
        "numbers": world.numbers,
        "traits": world.trait,
        "values": world.value,
        "altar_reward": world.reward,
        "poison": world.poison,
    }
    return {name: array[:n_worlds].copy() for name, array in drawn.items()}


class Recorder:
    """A watcher that keeps every step of W worlds, until their episodes end, as the columns of a recording."""

    def __init__(self, scenario: Scenario, n_worlds: int, layers: tuple[str, ...] = ()) -> None:
        """Keep whole episodes of `n_worlds` worlds, with the hidden states of `layers`."""
        self.layers = layers
        self.n_actions, self.length = scenario.n_actions, scenario.channel.length
        self.carried = np.uint8 if max(body.carry.high for body in scenario.bodies.values()) < 256 else np.int16
        self.shape = (n_worlds, scenario.steps)
        self.arrays: dict[str, NDArray[Any]] = {}
        self.lengths = np.full(n_worlds, scenario.steps)
        self.stats = np.zeros((n_worlds, scenario.n_agents, len(Stat)), np.int32)
        self._live: NDArray[np.bool_] = np.ones(n_worlds, np.bool_)

    def before(self, moment: Moment) -> None:
        """Keep the state, what was observed and heard, and what was decided."""
        world, observation, decision = moment.world, moment.observation, moment.decision
        keep, t = self.keep, moment.t
        self._live = moment.live
        keep(t, "agents/position", np.stack([world.row - VIEW, world.column - VIEW], axis=-1))
        keep(t, "agents/facing", world.facing)
        keep(t, "agents/energy", world.energy)
        keep(t, "agents/inventory", world.inventory, self.carried)
        keep(t, "agents/shield", world.shield, np.bool_)
        keep(t, "agents/frozen", world.frozen)
        keep(t, "agents/partner", world.partner)
        keep(t, "channel/said", decision.message)
        keep(t, "channel/emitted", moment.emitted)
        keep(t, "channel/heard", observation.heard)
        keep(t, "channel/speaker", observation.speaker)
        keep(t, "channel/injected", moment.injected)
        keep(t, "channel/relayed", observation.slots[..., Slot.RELAYED], np.bool_)
        keep(t, "policy/action", decision.action)
        keep(t, "policy/action_logits", decision.logits[:, :, : self.n_actions], np.float16, bound=True)
        messages = decision.logits[:, :, self.n_actions :]
        messages = messages.reshape(*messages.shape[:2], self.length, -1)
        keep(t, "policy/message_logits", messages, np.float16, bound=True)
        keep(t, "policy/value", decision.value)
        for layer in chosen_layers(self.layers, decision.hidden):
            keep(t, f"policy/hidden.{layer}", decision.hidden[layer], np.float16)
        keep(t, "observation/window", observation.window)
        keep(t, "observation/entities", observation.entities)
        keep(t, "observation/vector", observation.vector)
        places = (world.object_row - VIEW, world.object_column - VIEW)
        keep(t, "world/objects", np.stack([world.kind, *places, world.stock], axis=-1), np.int16)

    def after(self, t: int, world: World) -> None:
        """Keep what came of the step, and how the episodes that it ended went."""
        self.keep(t, "reward/own", world.own_reward)
        self.keep(t, "reward/shared", world.shared_reward)
        self.keep(t, "steps/truncated", world.truncated)
        self.keep(t, "steps/terminated", world.terminated)
        ended = self._live & (world.terminated | world.truncated)
        self.lengths[ended] = t + 1
        self.stats[ended] = world.stats[ended]

    def keep(self, t: int, name: str, values: NDArray[Any], dtype: Any = None, bound: bool = False) -> None:
        """Copy a step's values (W, …) into the column's array (W, T, …); `bound` keeps them within float16."""
        if name not in self.arrays:
            self.arrays[name] = np.empty((*self.shape, *values.shape[1:]), dtype or values.dtype)
        self.arrays[name][:, t] = np.maximum(values, np.finfo(np.float16).min) if bound else values

    def columns(self, n_worlds: int) -> dict[str, NDArray[Any]]:
        """Return the columns of the first `n_worlds` worlds, episode after episode."""
        n_steps = self.shape[1]
        rows = (np.arange(n_steps) < self.lengths[:n_worlds, None]).ravel()
        flat = {
            name: array[:n_worlds].reshape(n_worlds * n_steps, *array.shape[2:]) for name, array in self.arrays.items()
        }
        return flat if rows.all() else {name: array[rows] for name, array in flat.items()}


def chosen_layers(layers: tuple[str, ...], hidden: Mapping[str, object]) -> tuple[str, ...]:
    """Return the hook points to keep. Raises CheckpointError where the policy has no such one."""
    for layer in layers:
        if layer not in hidden:
            has = ", ".join(hidden) or "none"
            raise CheckpointError(f"The policy has no hidden states {layer!r}: it has {has}; name some of them.")
    return layers or tuple(name for name in ("core",) if name in hidden)


def header_of(checkpoint: Playable, request: Request) -> dict[str, Any]:
    """Return what a recording says of itself: its maker, its world, and the tables that give codes their names."""
    return {
        "commlab_version": commlab_version(),
        "git_revision": git_revision(),
        "command": request.command,
        "seed": request.seed,
        "condition": request.condition,
        "intervention": to_json(request.interventions),
        "layers": list(request.layers),
        "scenario": checkpoint.scenario.model_dump(mode="json"),
        "checkpoint_sha256": checkpoint.sha256,
        "training": checkpoint.facts,
        "codes": code_tables(checkpoint.scenario),
        "layout": layout(checkpoint.scenario),
        "columns": {
            "observation/vector": [column.name.lower() for column in Own],
            "observation/entities": [column.name.lower() for column in Entity],
            "episodes/numbers": [column.name.lower() for column in Number],
            "episodes/traits": [column.name.lower() for column in Trait],
            "episodes/values": ["green", "yellow", "red", "blue"],
            "episodes/stats": [column.name.lower() for column in Stat],
        },
    }


def code_tables(scenario: Scenario) -> dict[str, dict[str, str]]:
    """Return the names of all codes that the columns hold."""
    return {
        "cells": {str(int(cell)): re.sub("^(crystal|berry)_", r"\1.", cell.name.lower()) for cell in Cell},
        "actions": {str(int(action)): action.name.lower() for action in Action if action < scenario.n_actions},
        "facings": {str(int(facing)): facing.name.lower() for facing in Facing},
        "bodies": {str(code): name for code, name in enumerate(scenario.body_names)},
        "stats": {str(int(stat)): stat.name.lower() for stat in Stat},
    }


def layout(scenario: Scenario) -> dict[str, Any]:
    """Return the world's fixed parts: the bare map with what always stands on it, sites, views and families.

    Where episodes have several maps it is the first of them.
    """
    rules = make_rules(scenario)
    grid = rules.grids[0].copy()
    fixed = rules.object_row[0] >= 0
    grid[rules.object_row[0][fixed], rules.object_column[0][fixed]] = rules.kind[fixed]
    inner = grid[VIEW:-VIEW, VIEW:-VIEW]
    return {
        "height": int(inner.shape[0]),
        "width": int(inner.shape[1]),
        "grid": inner.tolist(),
        "sites": (rules.sites[0, : rules.n_sites[0]] - VIEW).tolist(),
        "view_radius": {name: body.view for name, body in scenario.bodies.items()},
        "families": list(scenario.families),
        "hearing": {name: body.hearing for name, body in scenario.bodies.items()},
        "vocabulary": scenario.channel.vocabulary,
        "maps": int(rules.grids.shape[0]),
    }


def conditions(interventions: Sequence[Intervention]) -> str:
    """Return a name for what interventions do to a recording."""
    if not interventions:
        return "natural"
    return "+".join(f"{change.site}:{change.operation}" for change in interventions)
