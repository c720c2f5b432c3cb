"""Observations into bags of tokens: kernels that append the number of every fact observed."""

from __future__ import annotations

from commlab.agents.tokens import ENERGY_LEVELS, FROZEN_LEVELS, GRADES, MOST_CARRIED, NEAR, TERM_LEVELS
from commlab.env.kernel import kernel
from commlab.env.types import KINSHIP_STEPS, N_KINDS, UNKNOWN, VIEW, WINDOW, Cell, Entity, Observation, Own, Slot

_AGENT, _ALTAR, _WALL, _BEACON, _BERRY = (
    int(cell) for cell in (Cell.AGENT, Cell.ALTAR, Cell.WALL, Cell.BEACON, Cell.BERRY_ROUND)
)
_KIND, _ROW, _COLUMN = int(Entity.KIND), int(Entity.ROW), int(Entity.COLUMN)
_KINSHIP, _FACING, _BODY = int(Entity.KINSHIP), int(Entity.FACING), int(Entity.BODY)
_SHIELD, _FROZEN = int(Entity.SHIELD), int(Entity.FROZEN)
_OWN_BODY, _OWN_FACING, _LAST_ACTION, _ENERGY = int(Own.BODY), int(Own.FACING), int(Own.LAST_ACTION), int(Own.ENERGY)
_OWN_ROW, _OWN_COLUMN, _GREEN = int(Own.ROW), int(Own.COLUMN), int(Own.GREEN)
_OWN_SHIELD, _OWN_FROZEN, _BONDED = int(Own.SHIELD), int(Own.FROZEN), int(Own.BONDED)
_SLOT_PRESENT, _SLOT_KINSHIP, _SLOT_RELAYED = int(Slot.PRESENT), int(Slot.KINSHIP), int(Slot.RELAYED)
_SLOT_ROW, _SLOT_COLUMN = int(Slot.ROW), int(Slot.COLUMN)


@kernel
def fill_bags(obs: Observation, agents, vocabulary, bags):  # type: ignore[no-untyped-def]
    """Fill the bags of the given agents (n,) of all worlds, world by world; write `bags`."""
    row = 0
    for w in range(obs.vector.shape[0]):
        for i in agents:
            n = walls(obs, w, i, vocabulary, bags.token[row], 0)
            n = things(obs, w, i, vocabulary, bags.token[row], n)
            n = own_state(obs, w, i, vocabulary, bags.token[row], n)
            n = standing(obs, w, i, vocabulary, bags.token[row], n)
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
        place = (int(obs.entities[w, i, e, _ROW]) + VIEW) * WINDOW + int(obs.entities[w, i, e, _COLUMN]) + VIEW
        what = vocabulary.entity + (kind - _ALTAR) * WINDOW * WINDOW
        if kind == _AGENT:
            what += grade(int(obs.entities[w, i, e, _KINSHIP])) * WINDOW * WINDOW
            token[n] = vocabulary.agent + 4 * int(obs.entities[w, i, e, _BODY]) + int(obs.entities[w, i, e, _FACING])
            n += 1
            if obs.entities[w, i, e, _SHIELD] != 0 or obs.entities[w, i, e, _FROZEN] != 0:
                state = vocabulary.egg if obs.entities[w, i, e, _FROZEN] != 0 else vocabulary.shielded
                token[n] = state + place
                n += 1
        elif kind == _BEACON:
            what = vocabulary.beacon
        elif kind >= _BERRY:
            what = vocabulary.berry + (kind - _BERRY) * WINDOW * WINDOW
        token[n] = what + place
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
def standing(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append the agent's shield, frozen steps and bond, and the terms of the episode; return the new count."""
    if obs.vector[w, i, _OWN_SHIELD] != 0:
        token[n] = vocabulary.own_shield
        n += 1
    frozen = int(obs.vector[w, i, _OWN_FROZEN])
    if frozen > 0:
        token[n] = vocabulary.own_frozen + min((frozen - 1) * FROZEN_LEVELS // vocabulary.max_frozen, FROZEN_LEVELS - 1)
        n += 1
    if obs.vector[w, i, _BONDED] != 0:
        token[n] = vocabulary.bonded
        n += 1
    body = int(obs.vector[w, i, _OWN_BODY])
    for p in range(vocabulary.terms.shape[0]):
        above = int(obs.vector[w, i, vocabulary.terms[p]]) - int(vocabulary.least[p, body])
        level = max(0, min(TERM_LEVELS * above // int(vocabulary.span[p, body]), TERM_LEVELS - 1))
        token[n] = vocabulary.term + TERM_LEVELS * p + level
        n += 1
    return n


@kernel
def sounds(obs, w, i, vocabulary, token, n):  # type: ignore[no-untyped-def]
    """Append what is heard, each symbol by the kinship of its speaker, and its direction; return the new count."""
    for k in range(obs.heard.shape[2]):
        if obs.slots[w, i, k, _SLOT_PRESENT] == 0:
            continue
        kin = grade(int(obs.slots[w, i, k, _SLOT_KINSHIP]))
        for p in range(obs.heard.shape[3]):
            symbol = int(obs.heard[w, i, k, p])
            if symbol != 0:
                place = vocabulary.heard if p == 0 else vocabulary.later + (p - 1) * GRADES * vocabulary.symbols
                token[n] = place + kin * vocabulary.symbols + symbol
                n += 1
        rows, columns = int(obs.slots[w, i, k, _SLOT_ROW]), int(obs.slots[w, i, k, _SLOT_COLUMN])
        if rows != UNKNOWN:
            way = 3 * (1 + (rows > 0) - (rows < 0)) + 1 + (columns > 0) - (columns < 0)
            token[n] = vocabulary.direction + 9 * kin + way
            n += 1
        if obs.slots[w, i, k, _SLOT_RELAYED] != 0:
            token[n] = vocabulary.relayed + kin
            n += 1
    return n
