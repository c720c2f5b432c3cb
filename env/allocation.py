"""The memory of a batch: all arrays of its worlds on one buffer, what agents observe, and each thread's scratch."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from commlab.env.scenario import Scenario
from commlab.env.senses.nearness import N_RANKS
from commlab.env.senses.tiles import LISTENERS, SPEAKERS, n_tiles
from commlab.env.types import (
    LANE_ROWS,
    LANES,
    N_KINDS,
    SPEAKER_ROWS,
    WINDOW,
    Bytes,
    Entity,
    Number,
    Observation,
    Own,
    Rules,
    Scratch,
    Slot,
    Stat,
    Trait,
    Turn,
    World,
)

_ALIGNED = 64  # bytes: where arrays begin in the buffer
_PADDING = 64  # bytes that kernels may read, not write, behind the last array

Fields = dict[str, tuple[type[np.generic], tuple[int, ...]]]


class State(NamedTuple):
    """All that some worlds are at a moment."""

    world: World  # views on `buffer`
    buffer: Bytes


def world_fields(rules: Rules, scenario: Scenario, n_worlds: int) -> Fields:
    """Return type and shape of every array of `n_worlds` worlds."""
    n_agents, n_bodies, n_groups = rules.body.shape[0], rules.sight.shape[0], rules.shares.shape[0]
    rows, columns = rules.grids.shape[1:]
    length, delay = scenario.channel.length, scenario.channel.delay
    agents, objects, grid = (n_worlds, n_agents), (n_worlds, rules.kind.shape[0]), (n_worlds, rows, columns)
    per_world = (n_worlds,)
    return {
        "key": (np.uint64, per_world),
        "episode": (np.int64, per_world),
        "t": (np.int32, per_world),
        "map": (np.int16, per_world),
        "numbers": (np.int64, (n_worlds, len(Number))),
        "value": (np.int32, (n_worlds, N_KINDS)),
        "trait": (np.int32, (n_worlds, n_bodies, len(Trait))),
        "reward": (np.float32, per_world),
        "poison": (np.uint8, per_world),
        "grid": (np.uint8, grid),
        "occupant": (np.int16, grid),
        **dict.fromkeys(("row", "column", "frozen", "courting", "partner", "group"), (np.int16, agents)),
        **dict.fromkeys(("facing", "last_action", "shield", "relayed"), (np.uint8, agents)),
        **dict.fromkeys(("energy", "courted_at"), (np.int32, agents)),
        **dict.fromkeys(("own_reward", "shared_reward"), (np.float32, agents)),
        "inventory": (np.int16, (*agents, N_KINDS)),
        "shares": (np.float32, (n_worlds, n_groups, n_groups)),
        "seen_shares": (np.int8, (n_worlds, n_groups, n_groups)),
        "message": (np.uint8, (*agents, length)),
        "air": (np.uint8, (n_worlds, delay - 1, n_agents, length + 1)),
        **dict.fromkeys(("kind", "link"), (np.uint8, objects)),
        **dict.fromkeys(("object_row", "object_column", "stock", "timer", "hp"), (np.int16, objects)),
        **dict.fromkeys(("max_stock", "regrow", "stay"), (np.int16, objects)),
        "embodied": (np.int32, objects),
        "n_walls": (np.int32, per_world),
        **dict.fromkeys(("reservoir", "inflow"), (np.int64, per_world)),
        "stats": (np.int32, (*agents, len(Stat))),
        **dict.fromkeys(("terminated", "truncated"), (np.bool_, per_world)),
    }


def allocate(fields: Fields) -> State:
    """Return worlds of zeros, with `fields` as `world_fields` gives them; their arrays lie one behind another."""
    n_bytes = sum(map(_room, fields.values())) + _PADDING
    wide = np.zeros(n_bytes + _ALIGNED, np.uint8)
    first = -wide.ctypes.data % _ALIGNED
    buffer = wide[first : first + n_bytes]
    start = 0
    arrays: dict[str, Any] = {}
    for name in World._fields:
        dtype, shape = fields[name]
        stop = start + prod(shape) * np.dtype(dtype).itemsize
        arrays[name] = buffer[start:stop].view(dtype).reshape(shape)
        start += _room(fields[name])
    return State(World(**arrays), buffer)


def _room(field: tuple[type[np.generic], tuple[int, ...]]) -> int:
    """Return the bytes that an array takes up, so that the next one is aligned."""
    dtype, shape = field
    return -(-prod(shape) * np.dtype(dtype).itemsize // _ALIGNED) * _ALIGNED


def allocate_observation(scenario: Scenario, n_worlds: int) -> Observation:
    """Return the zeroed buffers of what the agents of `n_worlds` worlds observe."""
    agents = (n_worlds, scenario.n_agents)
    slots = (*agents, scenario.channel.slots)
    return Observation(
        window=np.zeros((*agents, WINDOW, WINDOW), np.uint8),
        entities=np.zeros((*agents, scenario.observation.entities, len(Entity)), np.int8),
        vector=np.zeros((*agents, len(Own)), np.int16),
        heard=np.zeros((*slots, scenario.channel.length), np.uint8),
        slots=np.zeros((*slots, len(Slot)), np.int8),
        speaker=np.full(slots, -1, np.int16),
    )


def allocate_scratch(rules: Rules, scenario: Scenario) -> Scratch:
    """Return the room that one thread works in."""
    n_agents = rules.body.shape[0]
    tiles = [prod(n_tiles(extent, bits) for extent in rules.grids.shape[1:]) for bits in (LISTENERS, SPEAKERS)]
    return Scratch(
        order=np.zeros(n_agents, np.int16),
        queue=np.zeros((len(Turn), n_agents), np.int16),
        n_queued=np.zeros(len(Turn), np.int64),
        looks=np.zeros(rules.grids.shape[1] * rules.grids.shape[2], np.int64),
        card=np.zeros(n_agents, np.int64),
        ranks=np.zeros((LANES, N_RANKS), np.uint8),
        n_things=np.zeros(LANES, np.int64),
        seen=np.zeros((n_agents, 2), np.uint64),
        veil=np.zeros(WINDOW * WINDOW, np.uint8),
        first_listener=np.zeros(tiles[0] + 1, np.int32),
        chosen=np.zeros(n_agents, np.int16),
        listeners=np.zeros(n_agents, np.int16),
        first_speaker=np.zeros(tiles[1] + 1, np.int32),
        speakers=np.zeros(n_agents, np.int16),
        lanes=np.zeros((LANE_ROWS + SPEAKER_ROWS * scenario.channel.slots, LANES), np.int32),
        reached=np.zeros(n_agents, np.uint8),
    )
