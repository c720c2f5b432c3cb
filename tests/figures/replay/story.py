"""A made-up episode of which all is known: three agents, a theft, a gift, a wall, a false word, a twin."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.figures.replay import Book, Phrase

STEPS, AGENTS, SIDE = 12, 3, 7
SCOUT, GATHERER, RIVAL = range(AGENTS)
STAY, EAST, ATTACK, GIVE, BUILD = 0, 2, 6, 8, 9
NORTH_FACING = 0
PHANTOM = [{"site": "message.in", "operation": "inject", "agents": [1], "first": 6, "last": 7, "symbol": 5}]
CODES = {
    "cells": {"0": "empty", "1": "wall", "2": "altar", "4": "crystal.green", "8": "agent", "255": "unseen"},
    "actions": {"0": "stay", "1": "north", "2": "east", "6": "attack", "8": "give", "9": "build_wall"},
    "facings": {"0": "north", "1": "east", "2": "south", "3": "west"},
    "bodies": {"0": "scout", "1": "gatherer", "2": "rival"},
}
BOOK = Book(
    {
        (3,): Phrase("crystal in the south-west", 0.91, (("resource_location", "SW"),)),
        (5,): Phrase("crystal in the north", 0.8, (("resource_location", "N"),)),
    },
    speakers=(SCOUT,),
)


def grid() -> np.ndarray[Any, Any]:
    """A walled floor with an altar."""
    cells = np.zeros((SIDE, SIDE), int)
    cells[[0, -1]] = cells[:, [0, -1]] = 1
    cells[1, 5] = 2
    return cells


def positions(twin: bool) -> np.ndarray[Any, Any]:
    """The scout stays; the gatherer walks east along row 3, in the twin not so far; the rival waits below."""
    place = np.zeros((STEPS, AGENTS, 2), np.int16)
    place[:, SCOUT] = 1, 1
    place[:, RIVAL] = 4, 5
    place[:, GATHERER, 0] = 3
    place[:, GATHERER, 1] = np.minimum(1 + np.arange(STEPS), 5)
    if twin:
        place[8:, GATHERER, 1] = 4
    return place


def windows(place: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What each sees: two cells around it, its own alone, one cell around it; from step 4 on there is a new wall."""
    found = np.full((STEPS, AGENTS, 11, 11), 255, np.uint8)
    for t in range(STEPS):
        cells = np.pad(grid(), 5, constant_values=255)
        if t >= 4:
            cells[5 + 2, 5 + 2] = 1
        for agent, view in enumerate((2, 0, 1)):
            row, column = place[t, agent]
            inner = slice(5 - view, 6 + view)
            found[t, agent, inner, inner] = cells[
                5 + row - view : 6 + row + view, 5 + column - view : 6 + column + view
            ]
    return found


def columns(twin: bool = False) -> dict[str, Any]:
    """The columns of the episode, or of its twin without the phantom."""
    said = np.zeros((STEPS, AGENTS, 1), np.uint8)
    said[2:5, SCOUT], said[7, SCOUT], said[6, RIVAL] = 3, 5, 1
    heard = np.zeros((STEPS, AGENTS, 2, 1), np.uint8)
    speaker = np.full((STEPS, AGENTS, 2), -1, np.int16)
    injected = np.zeros((STEPS, AGENTS, 2), bool)
    for t in range(1, STEPS):
        for listener in (GATHERER, RIVAL):
            if said[t - 1, SCOUT]:
                heard[t, listener, 0], speaker[t, listener, 0] = said[t - 1, SCOUT], SCOUT
        if said[t - 1, RIVAL]:
            heard[t, GATHERER, 0], speaker[t, GATHERER, 0] = said[t - 1, RIVAL], RIVAL
    action = np.zeros((STEPS, AGENTS), np.uint8)
    action[:4, GATHERER] = EAST
    action[3, SCOUT], action[8, RIVAL], action[10, RIVAL] = BUILD, ATTACK, GIVE
    action[2, RIVAL] = ATTACK
    frozen = np.zeros((STEPS, AGENTS), np.uint8)
    units = np.zeros((STEPS, AGENTS, 4), np.uint8)
    units[:9, GATHERER, 0] = 1
    if not twin:
        heard[6:8, GATHERER, 1], injected[6:8, GATHERER, 1] = 5, True
        frozen[9:11, GATHERER] = 2, 1
        units[9:11, RIVAL, 0], units[11, GATHERER, 0] = 1, 1
    else:
        units[9:, GATHERER, 0] = 1
    reward = np.zeros((STEPS, AGENTS), np.float32)
    reward[6, GATHERER], reward[9, GATHERER] = 1, -0.5
    objects = np.tile(np.array([[2, 1, 5, 0], [4, 5, 1, 3]], np.int16), (STEPS, 1, 1))
    place = positions(twin)
    return {
        "agents/position": place, "agents/facing": np.full((STEPS, AGENTS), NORTH_FACING, np.uint8),
        "agents/energy": np.full((STEPS, AGENTS), 40, np.int32), "agents/inventory": units,
        "agents/frozen": frozen, "channel/said": said, "channel/emitted": said, "channel/heard": heard,
        "channel/speaker": speaker, "channel/injected": injected, "policy/action": action, "reward/own": reward,
        "world/objects": objects, "observation/window": windows(place),
    }  # fmt: skip


def told(twin: bool = False, map_number: int = 0) -> Recording:
    """The episode as a recording."""
    header = {
        "scenario": {"name": "story", "title": "A <b>story</b>", "channel": {"delay": 1}},
        "checkpoint_sha256": "ab" * 32,
        "codes": CODES,
        "layout": {
            "height": SIDE, "width": SIDE, "grid": grid().tolist(), "sites": [[5, 1]], "families": [0, 0, 1],
            "view_radius": {"scout": 2, "gatherer": 0, "rival": 1}, "hearing": {"scout": "everywhere", "rival": 4},
        },
        "columns": {"episodes/numbers": ["attack_range"]},
    }  # fmt: skip
    kinship = np.array([[[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]], np.float32)
    episodes = {
        "length": np.array([STEPS]), "seed": np.array([7], np.uint64), "episode": np.array([12]),
        "bodies": np.array([[0, 1, 2]], np.uint8), "kinship": kinship, "map": np.array([map_number], np.int16),
        "intervention": np.array(["[]" if twin else json.dumps(PHANTOM)], object), "numbers": np.array([[2]]),
    }  # fmt: skip
    return memory_recording(header, episodes, columns(twin))


def imported() -> Recording:
    """Somebody else's log: no map, no actions, words and a feature alone."""
    said = np.zeros((6, 4, 2), np.uint8)
    said[1, 0], said[3, 2] = (1, 2), (2, 0)
    heard = np.zeros((6, 4, 3, 2), np.uint8)
    speaker = np.full((6, 4, 3), -1, np.int16)
    heard[2, 1, 0], speaker[2, 1, 0] = (1, 2), 0
    feature = np.array([[0, 1, -(2**31), 1]] * 6, np.int32)
    header = {
        "agents": ["ann", "bob", "cy", "</script><b>di"],
        "codes": {"symbols": {"1": "blue", "2": "box"}, "feature/colour": {"0": "red", "1": "green"}},
    }
    given = {"channel/said": said, "channel/heard": heard, "channel/speaker": speaker, "feature/colour": feature}
    return memory_recording(header, {"length": np.array([6]), "bodies": np.zeros((1, 4), np.uint8)}, given)
