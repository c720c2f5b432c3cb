"""Null recordings: messages, hidden states and a world that drift within episodes and share a clock, and nothing else.

Every series (what is said, where the crystal stands, where agents walk, what they do, their energy, their hidden
states) is drawn by itself. Each mostly stays what it was a step before, and at some steps takes the value that a clock
gives it: a function of the step, one for each series, the same in all episodes of the recording. Episodes differ in
length. So two series have to do with each other only through the step, and every test should find nothing 95 times
in 100.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording

N_EPISODES, N_STEPS, SHORTEST = 40, 20, 12
N_SYMBOLS, N_HIDDEN, SIZE = 5, 6, 13
SITES = np.array([(3, 3), (3, 9), (9, 9), (9, 3)])  # four places that a crystal can stand at
MOVES = np.array([(0, 0), (-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)])
STAY, CLOCKED, BLOCK = 0.8, 0.25, 4  # how series keep their values, how often the clock speaks, steps of its hand
CODES = {
    "cells": {"0": "empty", "1": "wall", "2": "altar", "4": "crystal.green", "5": "crystal.yellow"},
    "actions": {"0": "stay", "1": "north", "2": "east", "3": "south", "4": "west", "5": "use"},
    "bodies": {"0": "scout", "1": "gatherer"},
}

Array = NDArray[Any]
Codes = NDArray[np.int64]


class Shape(NamedTuple):
    """Of a null recording."""

    n_episodes: int = N_EPISODES
    n_steps: int = N_STEPS
    length: int = 1  # symbols in a message
    clocked: float = CLOCKED
    n_agents: int = 2


def null_recording(seed: int, shape: Shape = Shape()) -> Recording:
    """A recording of `shape` in which nothing has to do with anything but through the clock."""
    rng = np.random.default_rng([seed, 77])
    lengths = draw_lengths(rng, shape)
    kept = np.arange(shape.n_steps) < lengths[:, None]
    bodies = np.tile(np.arange(shape.n_agents) > 0, (shape.n_episodes, 1)).astype(np.uint8)
    kin = np.where(rng.random((shape.n_episodes, 1, 1)) < 0.5, 1.0, np.eye(shape.n_agents)).astype(np.float32)
    header = {"codes": CODES, "layout": layout(shape), "seed": seed, "command": "null", "columns": COLUMN_NAMES}
    columns = {name: values[kept] for name, values in play(rng, shape).items()}
    columns["steps/terminated"] = np.zeros(int(kept.sum()), dtype=bool)
    columns["steps/truncated"] = (np.arange(shape.n_steps) == lengths[:, None] - 1)[kept]
    return memory_recording(header, {"length": lengths, "bodies": bodies, "kinship": kin}, columns)


COLUMN_NAMES = {"observation/vector": ["energy", "row", "col"]}


def layout(shape: Shape) -> dict[str, Any]:
    """A walled map with four sites; the first agent speaks, the others listen."""
    grid = np.ones((SIZE, SIZE), dtype=int)
    grid[1:-1, 1:-1] = 0
    agents = list(range(shape.n_agents))
    return {
        "height": SIZE,
        "width": SIZE,
        "grid": grid.tolist(),
        "sites": SITES.tolist(),
        "view_radius": {"scout": 2, "gatherer": 2},
        "families": [0] * shape.n_agents,
        "hearing": 99,
        "speakers": agents[:1],
        "listeners": agents[1:] or agents,
    }


def draw_lengths(rng: np.random.Generator, shape: Shape) -> Codes:
    """Unequal lengths, (E,)."""
    return rng.integers(SHORTEST * shape.n_steps // N_STEPS, shape.n_steps + 1, shape.n_episodes)


def play(rng: np.random.Generator, shape: Shape) -> dict[str, Array]:
    """Every column, (E, T, …)."""
    agents = (shape.n_episodes, shape.n_steps, shape.n_agents)
    said = np.zeros((*agents, shape.length), dtype=np.uint8)
    for place in range(shape.length):
        said[:, :, 0, place] = drifting(rng, shape, N_SYMBOLS)
    heard, speaker = np.zeros((*agents, 1, shape.length), dtype=np.uint8), np.full((*agents, 1), -1, dtype=np.int16)
    heard[:, 1:, 1:, 0] = said[:, :-1, :1]
    speaker[:, 1:, 1:, 0] = np.where(said[:, :-1, :1].any(axis=-1), 0, -1)
    action = np.stack([drifting(rng, shape, 6) for _ in range(shape.n_agents)], axis=-1)
    position = np.stack([walk(rng, action[..., agent]) for agent in range(shape.n_agents)], axis=2)
    energy = np.stack([200 + 30 * wandering(rng, shape) for _ in range(shape.n_agents)], axis=-1)
    hidden = np.stack([wandering(rng, shape) for _ in range(shape.n_agents * N_HIDDEN)], axis=-1)
    objects = object_rows(drifting(rng, shape, len(SITES) + 1), drifting(rng, shape, 2))
    vector = np.concatenate([energy[..., None], position], axis=-1).astype(np.float32)
    return {
        "agents/position": position.astype(np.int16),
        "agents/energy": energy.astype(np.int32),
        "channel/said": said,
        "channel/emitted": said,
        "channel/heard": heard,
        "channel/speaker": speaker,
        "policy/action": action.astype(np.uint8),
        "policy/hidden.core": hidden.reshape(*agents, N_HIDDEN).astype(np.float16),
        "observation/vector": vector,
        "world/objects": objects,
    }


def drifting(rng: np.random.Generator, shape: Shape, n_values: int) -> Codes:
    """Codes (E, T) that mostly stay what they were; at some steps the clock's value stands in their place."""
    codes = rng.integers(0, n_values, (shape.n_episodes, shape.n_steps))
    keeps = rng.random(codes.shape) < STAY
    for t in range(1, shape.n_steps):
        codes[:, t] = np.where(keeps[:, t], codes[:, t - 1], codes[:, t])
    hand = rng.integers(0, n_values, shape.n_steps // BLOCK + 1)[np.arange(shape.n_steps) // BLOCK]
    return np.where(rng.random(codes.shape) < shape.clocked, hand, codes)


def wandering(rng: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """Numbers (E, T) of variance about 1 that mostly stay what they were, moved by a clock."""
    noise = rng.normal(size=(shape.n_episodes, shape.n_steps))
    values = noise.copy()
    for t in range(1, shape.n_steps):
        values[:, t] = STAY * values[:, t - 1] + np.sqrt(1 - STAY**2) * noise[:, t]
    hand = rng.normal(size=shape.n_steps // BLOCK + 1)[np.arange(shape.n_steps) // BLOCK]
    moved: NDArray[np.float64] = values + 2 * shape.clocked * hand
    return moved


def walk(rng: np.random.Generator, action: Codes) -> Codes:
    """Positions (E, T, 2) before each action, from a place drawn for each episode."""
    place = np.zeros((*action.shape, 2), dtype=np.int64)
    now = rng.integers(2, SIZE - 2, (len(action), 2))
    for t in range(action.shape[1]):
        place[:, t] = now
        now = np.clip(now + MOVES[action[:, t]], 1, SIZE - 2)
    return place


def object_rows(crystal: Codes, kind: Codes) -> Array:
    """Code, row, column and stock (E, T, 4, 4) of a crystal at one of the sites, or nowhere, of one of two kinds."""
    rows = np.zeros((*crystal.shape, len(SITES), 4), dtype=np.int16)
    rows[..., 0] = 4 + kind[..., None]
    rows[..., 1:3] = SITES
    rows[..., 3] = crystal[..., None] == np.arange(len(SITES))
    return rows
