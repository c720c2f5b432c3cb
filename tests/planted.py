"""Small recordings of a made-up world whose language is known: what its scouts say, and whether anybody takes it in.

A 13x13 walled map with nine sites, one in each sector and one at the centre. A crystal stands at one site and now and
then moves to another, or is gone for a while; the altar stands at another site, drawn for each episode. Agents walk
about; scouts see 5 cells far and speak, gatherers see 2 and hear what the nearest scout said a step before.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.writer import RecordingWriter

SIZE, RADIUS, HIDDEN, VOCABULARY = 13, 5, 16, 10
SITES = np.array([(3, 6), (3, 9), (6, 9), (9, 9), (9, 6), (9, 3), (6, 3), (3, 3), (6, 6)])  # N, NE, E, … NW, centre
MOVES = np.array([(0, 0), (-1, 0), (0, 1), (1, 0), (0, -1)])
VIEW = {"scout": 5, "gatherer": 2}
CODES = {
    "cells": {"0": "empty", "1": "wall", "2": "altar", "3": "converter", "4": "crystal.green", "5": "agent"},
    "actions": {"0": "stay", "1": "north", "2": "east", "3": "south", "4": "west", "5": "use"},
    "facings": {"0": "north", "1": "east", "2": "south", "3": "west"},
    "bodies": {"0": "scout", "1": "gatherer"},
}
MEANINGS = ("holistic", "noise", "silent", "distractor")


def make_recording(
    path: Path | str,
    n_episodes: int = 40,
    n_steps: int = 32,
    meaning: str = "holistic",
    seed: int = 0,
    *,
    hears: bool = True,
    noise: float = 0.0,
    bodies: Sequence[str] = ("scout", "gatherer"),
    shard_episodes: int = 64,
) -> Path:
    """Write the recording and return its path. The symbols' meanings are `codebook(seed)`.

    meaning: what scouts' symbols name: "holistic" the crystal's site (9 symbols; silence where there is none),
    "distractor" the altar's site, "noise" nothing (random symbols), "silent" no symbols at all.
    hears: whether gatherers' hidden states and moves follow the last symbol heard. noise: the chance that a symbol is
    replaced by a random one.
    """
    if meaning not in MEANINGS:
        raise ValueError(f"meaning must be one of {MEANINGS}, not {meaning!r}")
    rng = np.random.default_rng([seed, 1])
    world = play(rng, n_episodes, n_steps, meaning, codebook(seed), hears, noise, list(bodies))
    header = {
        "seed": seed,
        "command": "planted",
        "codes": CODES,
        "layout": layout(bodies),
        "scenario": {"title": meaning},
    }
    header["columns"] = {"observation/vector": ["energy", "row", "col"]}
    header["planted"] = {"n_steps": n_steps, "meaning": meaning, "hears": hears, "noise": noise, "bodies": list(bodies)}
    writer = RecordingWriter(path, header, n_episodes, shard_episodes=shard_episodes, force=True)
    for number in range(writer.n_shards):
        rows = slice(number * shard_episodes, (number + 1) * shard_episodes)
        part = {name: values[rows] for name, values in world.items()}
        columns = {name: values.reshape(-1, *values.shape[2:]) for name, values in part.items()}
        writer.write_shard(number, episode_fields(rows, n_episodes, n_steps, seed, bodies), columns)
    return writer.finish()


def codebook(seed: int) -> np.ndarray[Any, Any]:
    """The symbol (1 to 9) of each site of SITES."""
    return np.random.default_rng([seed, 0]).permutation(np.arange(1, len(SITES) + 1))


def layout(bodies: Sequence[str]) -> dict[str, Any]:
    """The static map and who is who."""
    grid = np.ones((SIZE, SIZE), dtype=int)
    grid[1:-1, 1:-1] = 0
    return {
        "height": SIZE,
        "width": SIZE,
        "grid": grid.tolist(),
        "sites": SITES.tolist(),
        "view_radius": VIEW,
        "families": [0] * len(bodies),
        "hearing": 99,
    }


def episode_fields(
    rows: slice, n_episodes: int, n_steps: int, seed: int, bodies: Sequence[str]
) -> dict[str, np.ndarray[Any, Any]]:
    """The rows of /episodes for a shard."""
    episode = np.arange(n_episodes)[rows]
    n, n_agents = len(episode), len(bodies)
    return {
        "length": np.full(n, n_steps, dtype=np.int32),
        "seed": np.full(n, seed, dtype=np.uint64),
        "episode": episode,
        "world": np.zeros(n, dtype=np.int32),
        "condition": np.array(["natural"] * n),
        "intervention": np.array(["[]"] * n),
        "kinship": np.ones((n, n_agents, n_agents), dtype=np.float32),
        "bodies": np.tile([list(VIEW).index(body) for body in bodies], (n, 1)).astype(np.uint8),
    }


def play(
    rng: np.random.Generator,
    n_episodes: int,
    n_steps: int,
    meaning: str,
    book: np.ndarray[Any, Any],
    hears: bool,
    noise: float,
    bodies: list[str],
) -> dict[str, np.ndarray[Any, Any]]:
    """Every column with the axes (E, T, …)."""
    n_agents = len(bodies)
    is_scout = np.array([body == "scout" for body in bodies])
    crystal = wandering_site(rng, n_episodes, n_steps)
    altar = np.repeat(rng.integers(0, 9, (n_episodes, 1)), n_steps, axis=1)
    said = spoken(rng, meaning, book, crystal, altar, noise)[..., None] * is_scout
    heard, speaker = hearing(said, is_scout)
    remembered = last_heard(heard)
    position, action = walk(rng, remembered, book, is_scout, hears)
    shape = (n_episodes, n_steps, n_agents)
    energy = 250 - np.arange(n_steps)[None, :, None] + rng.integers(0, 20, shape)
    objects = object_rows(crystal, altar)
    truncated = np.zeros((n_episodes, n_steps), dtype=bool)
    truncated[:, -1] = True
    reward = (rng.random(shape) < 0.05).astype(np.float32)
    return {
        "steps/terminated": np.zeros_like(truncated),
        "steps/truncated": truncated,
        "agents/position": position.astype(np.int16),
        "agents/facing": rng.integers(0, 4, shape).astype(np.uint8),
        "agents/energy": energy.astype(np.int32),
        "agents/inventory": rng.integers(0, 3, (*shape, 1)).astype(np.uint8),
        "channel/said": said[..., None].astype(np.uint8),
        "channel/emitted": said[..., None].astype(np.uint8),
        "channel/heard": heard[..., None, None].astype(np.uint8),
        "channel/speaker": speaker[..., None].astype(np.int16),
        "channel/injected": np.zeros((*shape, 1), dtype=bool),
        "policy/action": action.astype(np.uint8),
        "policy/action_logits": rng.normal(size=(*shape, 6)).astype(np.float16),
        "policy/message_logits": rng.normal(size=(*shape, 1, VOCABULARY)).astype(np.float16),
        "policy/value": rng.normal(size=shape).astype(np.float32),
        "policy/hidden.core": hidden(rng, crystal, remembered, is_scout, hears),
        "reward/own": reward,
        "reward/shared": np.repeat(reward.sum(axis=2, keepdims=True), n_agents, axis=2),
        "observation/window": windows(position, objects, bodies),
        "observation/entities": np.zeros((*shape, 2, 4), dtype=np.int8),
        "observation/vector": np.concatenate([energy[..., None], position], axis=-1).astype(np.float32),
        "world/objects": objects,
    }


def wandering_site(rng: np.random.Generator, n_episodes: int, n_steps: int) -> np.ndarray[Any, Any]:
    """The crystal's site (E, T), 0 to 8 or -1 where it is gone; it moves every 8 steps or so."""
    moves = rng.random((n_episodes, n_steps)) < 1 / 8
    moves[:, 0] = True
    drawn = np.where(rng.random(moves.shape) < 0.1, -1, rng.integers(0, 9, moves.shape))
    since = np.maximum.accumulate(np.where(moves, np.arange(n_steps), 0), axis=1)
    return np.take_along_axis(drawn, since, axis=1)


def spoken(
    rng: np.random.Generator,
    meaning: str,
    book: np.ndarray[Any, Any],
    crystal: np.ndarray[Any, Any],
    altar: np.ndarray[Any, Any],
    noise: float,
) -> np.ndarray[Any, Any]:
    """What a scout says (E, T): the name of what it talks about, now and then silence or noise."""
    random = rng.integers(1, len(SITES) + 1, crystal.shape)
    named = {
        "holistic": np.where(crystal < 0, 0, book[crystal]),
        "distractor": book[altar],
        "noise": random,
        "silent": np.zeros_like(crystal),
    }[meaning]
    replaced = (rng.random(crystal.shape) < noise) & (named > 0)
    quiet = rng.random(crystal.shape) < 0.05
    return np.where(quiet, 0, np.where(replaced, random, named))


def hearing(said: np.ndarray[Any, Any], is_scout: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """What each agent hears at t of the first other scout's words at t-1 (E, T, A), and who that was (-1 nobody)."""
    heard, speaker = np.zeros_like(said), np.full(said.shape, -1)
    for listener in range(said.shape[2]):
        others = [agent for agent in np.flatnonzero(is_scout) if agent != listener]
        if others:
            heard[:, 1:, listener] = said[:, :-1, others[0]]
            speaker[..., listener] = np.where(heard[..., listener] > 0, others[0], -1)
    return heard, speaker


def last_heard(heard: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The last symbol that was not silence, up to and including t (E, T, A); 0 before the first."""
    steps = np.arange(heard.shape[1])[None, :, None]
    since = np.maximum.accumulate(np.where(heard > 0, steps, 0), axis=1)
    return np.take_along_axis(heard, since, axis=1)


def walk(
    rng: np.random.Generator,
    remembered: np.ndarray[Any, Any],
    book: np.ndarray[Any, Any],
    is_scout: np.ndarray[Any, Any],
    hears: bool,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Positions (E, T, A, 2) and actions (E, T, A): random, but that hearing gatherers walk towards the site named."""
    n_episodes, n_steps, n_agents = remembered.shape
    place_of = np.full((len(book) + 1, 2), SIZE // 2)
    place_of[book] = SITES
    position = np.zeros((n_episodes, n_steps, n_agents, 2), dtype=int)
    action = rng.integers(0, 6, remembered.shape)
    now = rng.integers(3, SIZE - 3, (n_episodes, n_agents, 2))
    for t in range(n_steps):
        gap = place_of[remembered[:, t]] - now
        vertical = np.abs(gap[..., 0]) >= np.abs(gap[..., 1])
        towards = np.where(vertical, np.where(gap[..., 0] < 0, 1, 3), np.where(gap[..., 1] > 0, 2, 4))
        obeys = hears & ~is_scout & (remembered[:, t] > 0) & (gap != 0).any(axis=-1) & (rng.random(gap.shape[:2]) < 0.8)
        action[:, t] = np.where(obeys, towards, action[:, t])
        position[:, t] = now
        now = np.clip(now + MOVES[np.where(action[:, t] < 5, action[:, t], 0)], 1, SIZE - 2)
    return position, action


def hidden(
    rng: np.random.Generator,
    crystal: np.ndarray[Any, Any],
    remembered: np.ndarray[Any, Any],
    is_scout: np.ndarray[Any, Any],
    hears: bool,
) -> np.ndarray[Any, Any]:
    """Hidden states (E, T, A, H): the crystal's site in scouts, the last symbol heard in gatherers, and noise."""
    carried = np.where(is_scout, crystal[..., None] + 1, remembered if hears else 0)
    directions = rng.normal(size=(VOCABULARY, HIDDEN))
    return (directions[carried] + rng.normal(scale=0.3, size=(*carried.shape, HIDDEN))).astype(np.float16)


def object_rows(crystal: np.ndarray[Any, Any], altar: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Code, row, column and stock (E, T, O, 4) of the nine sites' crystals and of the altar."""
    rows = np.zeros((*crystal.shape, 10, 4), dtype=np.int16)
    rows[..., :9, 0], rows[..., :9, 1:3] = 4, SITES
    rows[..., :9, 3] = crystal[..., None] == np.arange(9)
    rows[..., 9, 0], rows[..., 9, 1:3] = 2, SITES[altar] + (1, 1)
    return rows


def windows(position: np.ndarray[Any, Any], objects: np.ndarray[Any, Any], bodies: list[str]) -> np.ndarray[Any, Any]:
    """Cell codes (E, T, A, 11, 11) around each agent, zero beyond its view."""
    grid = np.ones((*position.shape[:2], SIZE + 2 * RADIUS, SIZE + 2 * RADIUS), dtype=np.uint8)
    grid[..., RADIUS + 1 : RADIUS + SIZE - 1, RADIUS + 1 : RADIUS + SIZE - 1] = 0
    e, t, o = np.nonzero((objects[..., 3] > 0) | (objects[..., 0] == 2))
    code, row, col, _ = objects[e, t, o].T
    grid[e, t, row + RADIUS, col + RADIUS] = code
    span = np.arange(-RADIUS, RADIUS + 1)
    rows = position[..., 0, None, None] + RADIUS + span[:, None]
    cols = position[..., 1, None, None] + RADIUS + span
    e_index, t_index = np.ogrid[: position.shape[0], : position.shape[1]]
    seen = grid[e_index[..., None, None, None], t_index[..., None, None, None], rows, cols]
    far = np.maximum(np.abs(span)[:, None], np.abs(span))
    radius = np.array([VIEW[body] for body in bodies])
    return np.where(far <= radius[:, None, None], seen, 0).astype(np.uint8)
