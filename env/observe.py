"""What agents observe: an egocentric window, the nearest things in it, their own state, and what they hear."""

from __future__ import annotations

import numpy as np

from commlab.env.hearing import hear_world
from commlab.env.kernel import kernel
from commlab.env.relation import seen_kinship
from commlab.env.memory import load4, load8, lowest_bit, store4, store8
from commlab.env.sight import see
from commlab.env.types import N_KINDS, VIEW, WINDOW, Cell, Number, Own, Price, Trait

_AGENT, _WALL = int(Cell.AGENT), int(Cell.WALL)
_OWN_BODY, _OWN_FACING, _LAST_ACTION, _ENERGY = int(Own.BODY), int(Own.FACING), int(Own.LAST_ACTION), int(Own.ENERGY)
_OWN_ROW, _OWN_COLUMN, _GREEN = int(Own.ROW), int(Own.COLUMN), int(Own.GREEN)
_SHIELD, _FROZEN, _BONDED = int(Own.SHIELD), int(Own.FROZEN), int(Own.BONDED)
_ALTAR_COST, _MOVE_COST, _DAMAGE, _VALUE = int(Own.ALTAR_COST), int(Own.MOVE_COST), int(Own.DAMAGE), int(Own.GREEN_VALUE)
_COST, _N_PRICES = int(Trait.MOVE_COST), len(Price)
_NUMBER_ALTAR, _NUMBER_DAMAGE = int(Number.ALTAR_COST), int(Number.DAMAGE)
_ONE, _LEAST, _63 = np.uint64(1), np.uint64(255), np.uint64(63)
_ROW_BITS = np.uint64(2**WINDOW - 1)
_TAIL = WINDOW - 4  # a row of 11 cells is moved as eight bytes and, overlapping, four


@kernel
def observe_worlds(world, rules, obs, scratch, afresh, start, stop):  # type: ignore[no-untyped-def]
    """Fill the observations of worlds start .. stop - 1; write `obs` and `scratch`.

    What holds for a whole episode is written at its beginning only, or where `afresh` is set.
    """
    for w in range(start, stop):
        for i in range(rules.body.shape[0]):
            scratch.look[i] = appearance(world, rules, w, i)
        for i in range(rules.body.shape[0]):
            body = int(rules.body[i])
            if rules.walls_block_sight:
                see(world, rules, scratch, w, i)
                look(world, obs, w, i, scratch.veil, 0)
            else:
                look(world, obs, w, i, rules.view.veil, body * WINDOW * WINDOW)
                scratch.seen[i, 0] = rules.view.seen[body, 0]
                scratch.seen[i, 1] = rules.view.seen[body, 1]
            list_entities(world, rules, obs, scratch, w, i)
            feel(world, rules, obs, w, i)
            if afresh or world.t[w] == 0:
                tell_prices(world, rules, obs, w, i)
        hear_world(world, rules, obs, scratch, w)


@kernel
def appearance(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Return how agent `i` looks to others: its facing, body, shield and frozen steps as bytes 4 to 7 of an entity."""
    frozen = min(int(world.frozen[w, i]), 127)
    word = int(world.facing[w, i]) | int(rules.body[i]) << 8 | int(world.shield[w, i]) << 16 | frozen << 24
    return np.uint64(word << 32)


@kernel
def look(world, obs, w, i, veil, first):  # type: ignore[no-untyped-def]
    """Copy the rows of the grid around agent `i` into its window, veiled from `first` on; write window."""
    columns = world.grid.shape[2]
    cell = (w * world.grid.shape[1] + int(world.row[w, i]) - VIEW) * columns + int(world.column[w, i]) - VIEW
    to = (w * world.row.shape[1] + i) * WINDOW * WINDOW
    for r in range(WINDOW):
        a, b, v = to + r * WINDOW, cell + r * columns, first + r * WINDOW
        store8(obs.window, a, load8(world.grid, b) | load8(veil, v))
        store4(obs.window, a + _TAIL, load4(world.grid, b + _TAIL) | load4(veil, v + _TAIL))


@kernel
def row_of_things(world, row, column):  # type: ignore[no-untyped-def]
    """Return which of the eleven cells from a column of a row (counted over all worlds) hold things, as bits."""
    first = row * world.things.shape[2] + (column >> 3)
    return (load8(world.things, first) >> np.uint64(column & 7)) & _ROW_BITS


@kernel
def list_entities(world, rules, obs, scratch, w, i):  # type: ignore[no-untyped-def]
    """List the nearest agents and objects that agent `i` sees, itself left out; write entities.

    The things of the window are bits by cell; sorted by nearness they are bits by rank, read from the lowest.
    """
    row = w * world.grid.shape[1] + int(world.row[w, i]) - VIEW
    column = int(world.column[w, i]) - VIEW
    low, high = np.uint64(0), np.uint64(0)
    for r in range(5):
        low |= row_of_things(world, row + r, column) << np.uint64(WINDOW * r)
        high |= row_of_things(world, row + 6 + r, column) << np.uint64(2 + WINDOW * r)
    middle = row_of_things(world, row + 5, column)
    low = (low | middle << np.uint64(55)) & scratch.seen[i, 0] & ~(_ONE << np.uint64(60))  # the agent's own cell
    high = (high | middle >> np.uint64(9)) & scratch.seen[i, 1]
    near, far = np.uint64(0), np.uint64(0)
    while low != 0:
        rank = np.uint64(rules.view.rank[lowest_bit(low)])
        low &= low - _ONE
        bit = _ONE << (rank & _63)
        near |= bit if rank < 64 else np.uint64(0)
        far |= np.uint64(0) if rank < 64 else bit
    while high != 0:
        rank = np.uint64(rules.view.rank[64 + lowest_bit(high)])
        high &= high - _ONE
        bit = _ONE << (rank & _63)
        near |= bit if rank < 64 else np.uint64(0)
        far |= np.uint64(0) if rank < 64 else bit
    write_entities(world, rules, obs, scratch, w, i, near, far)


@kernel
def write_entities(world, rules, obs, scratch, w, i, near, far):  # type: ignore[no-untyped-def]
    """Write the things at the ranks set in `near` (0 to 63) and `far` (from 64) as rows of entities, then zeros."""
    n_entities = obs.entities.shape[2]
    row, column = int(world.row[w, i]), int(world.column[w, i])
    to = (w * world.row.shape[1] + i) * n_entities * 8
    first = 0
    for n in range(n_entities):
        if near == 0:
            near, far, first = far, np.uint64(0), first + 64
        if near == 0:
            store8(obs.entities, to + 8 * n, near)
            continue
        rank = first + lowest_bit(near)
        near &= near - _ONE
        r, c = row + int(rules.view.offsets[rank, 0]), column + int(rules.view.offsets[rank, 1])
        code = int(world.grid[w, r, c])
        word = np.uint64(code) | rules.view.place[rank]
        if code == _AGENT:
            j = int(world.occupant[w, r, c])
            kinship = np.uint64(int(seen_kinship(world, rules, w, i, j)) & 255)
            word |= scratch.look[j] | kinship << np.uint64(24)
        store8(obs.entities, to + 8 * n, word)


@kernel
def feel(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Write the own state of agent `i`; write vector."""
    obs.vector[w, i, _OWN_BODY] = rules.body[i]
    obs.vector[w, i, _OWN_FACING] = world.facing[w, i]
    obs.vector[w, i, _LAST_ACTION] = world.last_action[w, i]
    obs.vector[w, i, _ENERGY] = world.energy[w, i]
    obs.vector[w, i, _OWN_ROW] = world.row[w, i] - VIEW if rules.tell_position else -1
    obs.vector[w, i, _OWN_COLUMN] = world.column[w, i] - VIEW if rules.tell_position else -1
    for kind in range(N_KINDS):
        obs.vector[w, i, _GREEN + kind] = world.inventory[w, i, kind]
    obs.vector[w, i, _SHIELD] = world.shield[w, i]
    obs.vector[w, i, _FROZEN] = world.frozen[w, i]
    obs.vector[w, i, _BONDED] = world.partner[w, i] >= 0


@kernel
def tell_prices(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Write the prices of the episode, as agent `i` pays them; write vector."""
    body = int(rules.body[i])
    obs.vector[w, i, _ALTAR_COST] = world.numbers[w, _NUMBER_ALTAR]
    for price in range(_N_PRICES):
        obs.vector[w, i, _MOVE_COST + price] = min(int(world.trait[w, body, _COST + price]), 32767)
    obs.vector[w, i, _DAMAGE] = world.numbers[w, _NUMBER_DAMAGE]
    for kind in range(N_KINDS):
        obs.vector[w, i, _VALUE + kind] = world.value[w, kind]
