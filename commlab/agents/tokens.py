"""Observations as bags of tokens: every discrete fact that an agent observes has a number, and so a learnt vector.

The near walls, each thing in view (what, where, how related), each symbol heard (by the kinship of who said it), the
agent's own state. Kinship is told in relation to the observer, in five grades; nothing names a family.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.kernel import kernel
from commlab.env.scenario import Scenario
from commlab.env.types import (
    KINSHIP_STEPS,
    N_KINDS,
    UNKNOWN,
    VIEW,
    WINDOW,
    Action,
    Cell,
    Entity,
    Observation,
    Own,
    Slot,
)

NEAR = 3  # walls are told within this radius
GRADES = 5  # of kinship: spite, none, below a half, a half and more, full
ENERGY_LEVELS = 17
MOST_CARRIED = 5  # of a kind that tokens tell apart
_CLASSES = int(Cell.AGENT) - int(Cell.ALTAR) + GRADES
_AGENT, _ALTAR, _WALL = int(Cell.AGENT), int(Cell.ALTAR), int(Cell.WALL)
_KIND, _ROW, _COLUMN = int(Entity.KIND), int(Entity.ROW), int(Entity.COLUMN)
_KINSHIP, _FACING, _BODY = int(Entity.KINSHIP), int(Entity.FACING), int(Entity.BODY)
_OWN_BODY, _OWN_FACING, _LAST_ACTION, _ENERGY = int(Own.BODY), int(Own.FACING), int(Own.LAST_ACTION), int(Own.ENERGY)
_OWN_ROW, _OWN_COLUMN, _GREEN = int(Own.ROW), int(Own.COLUMN), int(Own.GREEN)
_SLOT_PRESENT, _SLOT_KINSHIP = int(Slot.PRESENT), int(Slot.KINSHIP)
_SLOT_ROW, _SLOT_COLUMN = int(Slot.ROW), int(Slot.COLUMN)


class Vocabulary(NamedTuple):
    """Where each kind of token begins, and what scales them."""

    wall: int
    entity: int
    agent: int  # body and facing of a seen agent
    body: int
    facing: int
    last_action: int
    energy: int
    row: int
    column: int
    carried: int
    heard: int
    direction: int
    size: int
    width: int  # most tokens in an observation
    symbols: int
    max_energy: NDArray[np.int32]  # (B,)


class Bags(NamedTuple):
    """Bags of tokens, one a row: `token` (N, width) int16, of which the first `count` (N,) int16 are meant."""

    token: NDArray[np.int16]
    count: NDArray[np.int16]  # type: ignore[assignment]  # it hides the method of tuples


def token_vocabulary(scenario: Scenario) -> Vocabulary:
    """Return the numbering of all tokens that observations of `scenario` can hold."""
    lines = scenario.map.strip().splitlines()
    n_bodies = len(scenario.bodies)
    sizes = {
        "wall": (2 * NEAR + 1) ** 2,
        "entity": _CLASSES * WINDOW * WINDOW,
        "agent": n_bodies * 4,
        "body": n_bodies,
        "facing": 4,
        "last_action": len(Action),
        "energy": ENERGY_LEVELS,
        "row": len(lines),
        "column": len(lines[0].strip()),
        "carried": N_KINDS * (MOST_CARRIED + 1),
        "heard": GRADES * scenario.channel.vocabulary,
        "direction": GRADES * 9,
    }
    starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]).tolist(), strict=False))
    seen = scenario.observation.entities
    width = (2 * NEAR + 1) ** 2 + 2 * seen + 6 + N_KINDS + 2 * scenario.channel.slots
    max_energy = np.array([max(1, body.max_energy) for body in scenario.bodies.values()], dtype=np.int32)
    return Vocabulary(
        **starts, size=sum(sizes.values()), width=width, symbols=scenario.channel.vocabulary, max_energy=max_energy
    )


def empty_bags(vocabulary: Vocabulary, n_rows: int) -> Bags:
    """Return room for the bags of `n_rows` observations."""
    return Bags(np.zeros((n_rows, vocabulary.width), np.int16), np.zeros(n_rows, np.int16))


@kernel
def fill_bags(obs: Observation, agents, vocabulary, bags):  # type: ignore[no-untyped-def]
    """Fill the bags of the given agents (n,) of all worlds, world by world; write `bags`."""
    row = 0
    for w in range(obs.vector.shape[0]):
        for i in agents:
            n = walls(obs, w, i, vocabulary, bags.token[row], 0)
            n = things(obs, w, i, vocabulary, bags.token[row], n)
            n = own_state(obs, w, i, vocabulary, bags.token[row], n)
            bags.count[row] = sounds(obs, w, i, vocabulary, bags.token[row], n)
            row += 1


@kernel
def grade(sixteenths):  # type: ignore[no-untyped-def]
    """Return the grade of a kinship observed in sixteenths."""
    if sixteenths <= 0:
        return 0 if sixteenths < 0 else 1
    if sixteenths >= KINSHIP_STEPS:
        return 4
    return 3 if 2 * sixteenths >= KINSHIP_STEPS else 2


@kernel
def walls(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append the near walls and return the new count."""
    for r in range(VIEW - NEAR, VIEW + NEAR + 1):
        for c in range(VIEW - NEAR, VIEW + NEAR + 1):
            if obs.window[w, i, r, c] == _WALL:
                token[n] = vocabulary.wall + (r - VIEW + NEAR) * (2 * NEAR + 1) + c - VIEW + NEAR
                n += 1
    return n


@kernel
def things(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append the things in view and return the new count."""
    for e in range(obs.entities.shape[2]):
        kind = int(obs.entities[w, i, e, _KIND])
        if kind == 0:
            return n
        what = kind - _ALTAR
        if kind == _AGENT:
            what += grade(int(obs.entities[w, i, e, _KINSHIP]))
            token[n] = vocabulary.agent + 4 * int(obs.entities[w, i, e, _BODY]) + int(obs.entities[w, i, e, _FACING])
            n += 1
        place = (int(obs.entities[w, i, e, _ROW]) + VIEW) * WINDOW + int(obs.entities[w, i, e, _COLUMN]) + VIEW
        token[n] = vocabulary.entity + what * WINDOW * WINDOW + place
        n += 1
    return n


@kernel
def own_state(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append the agent's own state and return the new count."""
    body = int(obs.vector[w, i, _OWN_BODY])
    energy = int(obs.vector[w, i, _ENERGY]) * (ENERGY_LEVELS - 1) // vocabulary.max_energy[body]
    token[n] = vocabulary.body + body
    token[n + 1] = vocabulary.facing + obs.vector[w, i, _OWN_FACING]
    token[n + 2] = vocabulary.last_action + obs.vector[w, i, _LAST_ACTION]
    token[n + 3] = vocabulary.energy + energy
    n += 4
    if obs.vector[w, i, _OWN_ROW] >= 0:
        token[n] = vocabulary.row + obs.vector[w, i, _OWN_ROW]
        token[n + 1] = vocabulary.column + obs.vector[w, i, _OWN_COLUMN]
        n += 2
    for kind in range(N_KINDS):
        carried = min(int(obs.vector[w, i, _GREEN + kind]), MOST_CARRIED)
        if carried > 0:
            token[n] = vocabulary.carried + kind * (MOST_CARRIED + 1) + carried
            n += 1
    return n


@kernel
def sounds(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append what is heard, each symbol by the kinship of its speaker and its direction; return the new count."""
    for k in range(obs.heard.shape[2]):
        if obs.slots[w, i, k, _SLOT_PRESENT] == 0:
            continue
        kin = grade(int(obs.slots[w, i, k, _SLOT_KINSHIP]))
        symbol = int(obs.heard[w, i, k, 0])
        if symbol != 0:
            token[n] = vocabulary.heard + kin * vocabulary.symbols + symbol
            n += 1
        rows, columns = int(obs.slots[w, i, k, _SLOT_ROW]), int(obs.slots[w, i, k, _SLOT_COLUMN])
        if rows != UNKNOWN:
            way = 3 * (1 + (rows > 0) - (rows < 0)) + 1 + (columns > 0) - (columns < 0)
            token[n] = vocabulary.direction + 9 * kin + way
            n += 1
    return n
