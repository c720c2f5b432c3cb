"""Worlds put together by hand for pictures: every kind of thing, without the kernels that would make them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from commlab.env.scenario import Scenario
from commlab.env.types import N_KINDS, VIEW, WINDOW, Action, Cell, Facing, Number, Rules, Stat, Trait, View, World

CODES = {"#": Cell.WALL, "W": Cell.WALL, ".": Cell.EMPTY, "o": Cell.EMPTY, "A": Cell.ALTAR, "C": Cell.CONVERTER}
CODES |= {"B": Cell.BEACON, "g": Cell.CRYSTAL_GREEN, "y": Cell.CRYSTAL_YELLOW, "r": Cell.CRYSTAL_RED}
CODES |= {"b": Cell.CRYSTAL_BLUE, "@": Cell.BERRY_ROUND, "%": Cell.BERRY_LONG, "*": Cell.BERRY_STAR}
CODES |= {"&": Cell.BERRY_TWIN, "^": Cell.AGENT, ">": Cell.AGENT, "v": Cell.AGENT, "<": Cell.AGENT, " ": Cell.UNSEEN}
FACINGS = {"^": Facing.NORTH, ">": Facing.EAST, "v": Facing.SOUTH, "<": Facing.WEST}

EVERYTHING = """
###########
#A.C.B.o.W#
#g.y.r.b.W#
#@.%.*.&..#
#.........#
#.>..v..^.#
#.........#
#.<.......#
#.........#
#o........#
###########
"""


class Scene(NamedTuple):
    """A world put together by hand; its arrays may be changed before it is drawn."""

    world: World
    rules: Rules
    scenario: Scenario

    @property
    def args(self) -> tuple[World, Rules, Scenario, int]:
        """What drawing functions take."""
        return self.world, self.rules, self.scenario, 0


def make_scene(text: str = EVERYTHING, families: Sequence[int] | None = None, length: int = 1) -> Scene:
    """A world of the map `text`: crystals with 5 of 10 units, agents in reading order with half of their energy.

    W is a wall that can break and was hit; `families` are the agents', one after another if not given.
    """
    lines = text.strip("\n").splitlines()
    codes = np.full((len(lines) + 2 * VIEW, max(map(len, lines)) + 2 * VIEW), Cell.UNSEEN, np.uint8)
    occupant = np.full(codes.shape, -1, np.int16)
    agents, objects, sites = [], [], []
    for r, line in enumerate(lines):
        for c, sign in enumerate(line):
            place = (r + VIEW, c + VIEW)
            code = codes[place] = CODES[sign]
            if code == Cell.WALL:
                occupant[place] = 4 if sign == "W" else 0
            elif code == Cell.AGENT:
                occupant[place] = len(agents)
                agents.append((*place, FACINGS[sign]))
            elif sign == "o":
                sites.append(place)
            elif code not in (Cell.EMPTY, Cell.UNSEEN):
                occupant[place] = len(objects)
                objects.append((*place, code))
    names = list(families) if families is not None else list(range(len(agents)))
    world = _world(codes, occupant, np.array(agents).reshape(-1, 3), np.array(objects).reshape(-1, 3), length)
    return Scene(world, _rules(len(agents), sites), _scenario(names, "\n".join(lines)))


def _world(codes: Any, occupant: Any, agents: Any, objects: Any, length: int) -> World:
    """The arrays that pictures read; all others stay zeros of one element."""
    n, o = len(agents), len(objects)
    made: dict[str, Any] = {name: np.zeros(1, np.int64) for name in World._fields}
    made |= {"grid": codes[None], "occupant": occupant[None], "row": agents[None, :, 0], "column": agents[None, :, 1]}
    made |= {"facing": agents[None, :, 2].astype(np.uint8), "last_action": np.zeros((1, n), np.uint8)}
    made |= {"energy": np.full((1, n), 50, np.int32), "inventory": np.zeros((1, n, N_KINDS), np.int16)}
    made |= {name: np.zeros((1, n), np.int16) for name in ("shield", "frozen", "group")}
    made |= {"partner": np.full((1, n), -1, np.int16), "message": np.zeros((1, n, length), np.uint8)}
    made |= {"kind": objects[None, :, 2].astype(np.uint8), "stats": np.zeros((1, n, len(Stat)), np.int32)}
    made |= {name: np.zeros((1, o), np.int16) for name in ("timer", "hp", "link")}
    made |= {"stock": np.full((1, o), 5, np.int16), "max_stock": np.full((1, o), 10, np.int16)}
    trait = np.zeros((1, 1, len(Trait)), np.int32)
    trait[..., Trait.MAX_ENERGY], trait[..., Trait.HEARING] = 100, 3
    numbers = np.zeros((1, len(Number)), np.int64)
    numbers[0, Number.WALL_HP], numbers[0, Number.ATTACK_RANGE] = 10, 3
    return World(**(made | {"trait": trait, "numbers": numbers}))


def _rules(n_agents: int, sites: list[tuple[int, int]]) -> Rules:
    """The rules that pictures read; all others are missing."""
    made: dict[str, Any] = dict.fromkeys(Rules._fields)
    eye: dict[str, Any] = dict.fromkeys(View._fields)
    steps = sorted(((r, c) for r in range(-5, 6) for c in range(-5, 6)), key=lambda s: (max(map(abs, s)), s))
    nearer = [(int(np.sign(r)) * near(r, c), int(np.sign(c)) * near(c, r)) for r, c in steps]
    eye |= {"offsets": np.array(steps, np.int16), "nearer": np.array([steps.index(step) for step in nearer], np.uint8)}
    made |= {"n_steps": 64, "body": np.zeros(n_agents, np.uint8), "sight": np.array([VIEW], np.int16)}
    made["may"] = np.ones((1, len(Action)), np.bool_)
    made |= {"sites": np.array(sites, np.int16).reshape(1, -1, 2), "n_sites": np.array([len(sites)], np.int16)}
    return Rules(**(made | {"walls_block_sight": False, "eye": View(**eye)}))


def near(along: int, across: int) -> int:
    """The part along one axis of the next nearer cell, as the rules have it."""
    m = max(abs(along), abs(across))
    return (2 * abs(along) * (m - 1) + m) // (2 * m) if m else 0


def _scenario(families: list[int], text: str) -> Scenario:
    """A scenario of agents of these families."""
    agents = [{"body": "walker", "family": family} for family in families] or [{"body": "walker"}]
    return Scenario.model_validate(
        {"name": "scene", "title": "A scene", "about": "All things.", "map": text, "agents": agents}
        | {"bodies": {"walker": {"max_energy": 100, "start_energy": 50}}}
    )


@pytest.fixture
def make() -> Callable[..., Scene]:
    """Makes scenes: make(text, families=..., length=...)."""
    return make_scene


@pytest.fixture
def scene() -> Scene:
    """A world with one of everything."""
    return make_scene()


assert WINDOW * WINDOW == 121
