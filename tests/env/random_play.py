"""Play that is random but seldom dull: agents often do something with what is near, or walk to it."""

import random
from typing import Any

from commlab.env.scenario import Scenario
from commlab.env.types import Action, Cell

AHEAD = ((-1, 0), (0, 1), (1, 0), (0, -1))
FAR = 3  # cells ahead that an agent looks for something to do
WITH_EGG = (Action.USE, Action.USE, Action.USE, Action.ATTACK, Action.BOND)
WITH_AGENT = (Action.ATTACK, Action.GIVE, Action.GIVE, Action.BOND, Action.BOND, Action.BOND, Action.USE)
WITH_NOTHING = (
    Action.BUILD_WALL, Action.BUILD_CONVERTER, Action.BUILD_BEACON, Action.SHIELD, Action.SHIELD, Action.ATTACK,
)  # fmt: skip
WITH_OBJECT = (Action.USE,) * 6 + (Action.ATTACK, Action.DISMANTLE)
WITH_WALL = (Action.ATTACK, Action.DISMANTLE)


def choices(scenario: Scenario, state: dict[str, Any], rng: random.Random) -> tuple[list[int], list[list[int]]]:
    """What everyone does and says next in a world whose state is given as lists."""
    able = [scenario.bodies[name].actions for name in scenario.agent_bodies]
    actions = [choice(state, i, names, scenario, rng) for i, names in enumerate(able)]
    symbols = range(scenario.channel.vocabulary)
    length, loud = scenario.channel.length, rng.random()
    messages = [[rng.choice(symbols) if rng.random() < loud else 0 for _ in range(length)] for _ in actions]
    return actions, messages


def choice(state: dict[str, Any], i: int, able: tuple[str, ...], scenario: Scenario, rng: random.Random) -> int:
    """What an agent does: something to what it faces, or it turns to or walks to something near, or anything at all."""
    if rng.random() < 0.15:
        return rng.randrange(scenario.n_actions)
    _, faced, index = ahead(state, i, state["facing"][i], far=1)
    fitting: tuple[Action, ...] = ()
    if faced == Cell.AGENT and rng.random() < 0.8:
        fitting = WITH_EGG if state["frozen"][index] else WITH_AGENT
    elif faced == Cell.WALL and rng.random() < 0.4:
        fitting = WITH_WALL
    elif faced not in (Cell.EMPTY, Cell.WALL, Cell.AGENT) and rng.random() < 0.8:
        fitting = WITH_OBJECT
    elif faced == Cell.EMPTY and rng.random() < 0.2:
        fitting = WITH_NOTHING
    possible = [int(action) for action in fitting if action.name.lower() in able]
    return rng.choice(possible) if possible else int(Action.NORTH) + towards_a_thing(state, i, rng)


def ahead(state: dict[str, Any], i: int, facing: int, far: int) -> tuple[int, int, int]:
    """The first thing that lies that way, at most so far: its distance, code and index."""
    row, column = state["place"][i]
    for distance in range(1, far + 1):
        r, c = row + distance * AHEAD[facing][0], column + distance * AHEAD[facing][1]
        if state["grid"][r][c] != Cell.EMPTY:
            return distance, state["grid"][r][c], state["occupant"][r][c]
    return far, Cell.EMPTY, -1


def towards_a_thing(state: dict[str, Any], i: int, rng: random.Random) -> int:
    """A facing: towards something near in line, or an empty cell."""
    found = [ahead(state, i, facing, FAR) for facing in range(4)]
    things = [n for n, (_, code, _) in enumerate(found) if code not in (Cell.EMPTY, Cell.WALL)]
    crystals = [n for n in things if Cell.CRYSTAL_GREEN <= found[n][1] <= Cell.CRYSTAL_BLUE]
    if crystals and sum(state["inventory"][i]) < 2:
        things = crystals
    free = [n for n, (distance, code, _) in enumerate(found) if distance > 1 or code == Cell.EMPTY]
    return rng.choice(things if things and rng.random() < 0.8 else free or list(range(4)))
