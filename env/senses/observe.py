"""What agents observe: an egocentric window, the nearest things in it, their own state, and what they hear."""

from __future__ import annotations

import numpy as np

from commlab.env.kernel import kernel
from commlab.env.memory import item, load4, load8, put, store4, store8, veil16
from commlab.env.senses.hearing import hear_world
from commlab.env.senses.nearness import N_RANKS, list_things
from commlab.env.senses.relation import blur
from commlab.env.senses.sight import see
from commlab.env.types import LANES, N_KINDS, VIEW, WINDOW, Cell, Entity, Number, Own, Price, Trait

_AGENT = int(Cell.AGENT)
_KIND, _ROW, _COLUMN, _KINSHIP = int(Entity.KIND), int(Entity.ROW), int(Entity.COLUMN), int(Entity.KINSHIP)
_OWN_BODY, _OWN_FACING, _LAST_ACTION, _ENERGY = int(Own.BODY), int(Own.FACING), int(Own.LAST_ACTION), int(Own.ENERGY)
_OWN_ROW, _OWN_COLUMN, _GREEN = int(Own.ROW), int(Own.COLUMN), int(Own.GREEN)
_SHIELD, _FROZEN, _BONDED = int(Own.SHIELD), int(Own.FROZEN), int(Own.BONDED)
_ALTAR_COST, _MOVE_COST, _DAMAGE, _VALUE = (
    int(Own.ALTAR_COST),
    int(Own.MOVE_COST),
    int(Own.DAMAGE),
    int(Own.GREEN_VALUE),
)
_COST, _N_PRICES = int(Trait.MOVE_COST), len(Price)
_NUMBER_ALTAR, _NUMBER_DAMAGE = int(Number.ALTAR_COST), int(Number.DAMAGE)
_KIN_BYTE, _PLAIN_LOOK = 0xFF000000, ~0xFFFFFF00
_LAST, _TAIL = WINDOW * (WINDOW - 1), WINDOW - 4  # the last row is moved as eight bytes and, overlapping, four


@kernel
def observe_worlds(world, rules, obs, scratch, afresh, start, stop):  # type: ignore[no-untyped-def]
    """Fill the observations of worlds start .. stop - 1; write `obs` and `scratch`.

    What holds for a whole episode is written at its beginning only, or where `afresh` is set.
    """
    for w in range(start, stop):
        dress(world, rules, scratch, w)
        for i in range(rules.body.shape[0]):
            look_around(world, rules, obs, scratch, w, i)
            feel(world, rules, obs, w, i)
            if afresh or world.t[w] == 0:
                tell_prices(world, rules, obs, w, i)
        list_all_entities(world, rules, obs, scratch, w)
        hear_world(world, rules, obs, scratch, w)


@kernel
def look_around(world, rules, obs, scratch, w, i):  # type: ignore[no-untyped-def]
    """Fill the window of agent `i`; write window and scratch."""
    if rules.walls_block_sight:
        see(world, rules, scratch, w, i)
        look(world, obs, w, i, scratch.veil, 0)
    else:
        look(world, obs, w, i, rules.eye.veil, int(rules.body[i]) * WINDOW * WINDOW)


@kernel
def dress(world, rules, scratch, w):  # type: ignore[no-untyped-def]
    """Note how the things on the map look, by cell; write scratch.looks.

    An object that is away leaves no trace: what stands in its place, if anything, is noted after it or looks alike.
    """
    columns = world.grid.shape[2]
    for o in range(world.kind.shape[1]):
        kind, cell = int(world.kind[w, o]), int(world.object_row[w, o]) * columns + int(world.object_column[w, o])
        if cell >= 0 and item(world.grid, w * scratch.looks.shape[0] + cell) == kind:
            put(scratch.looks, cell, kind)
    for i in range(rules.body.shape[0]):
        cell = int(world.row[w, i]) * columns + int(world.column[w, i])
        put(scratch.looks, cell, appearance(world, rules, w, i))


@kernel
def appearance(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Return how agent `i` looks to others: an entity's row, with the kin group in place of the offset.

    Where its kinship goes, all bits are set: what is no agent has none there, and so shows none without being asked.
    """
    frozen = min(int(world.frozen[w, i]), 127)
    upper = int(world.facing[w, i]) | int(rules.body[i]) << 8 | int(world.shield[w, i]) << 16 | frozen << 24
    return _AGENT | int(world.group[w, i]) << 8 | _KIN_BYTE | upper << 32


@kernel
def look(world, obs, w, i, veil, first):  # type: ignore[no-untyped-def]
    """Copy the rows of the grid around agent `i` into its window, veiled from `first` on; write window."""
    columns = world.grid.shape[2]
    cell = (w * world.grid.shape[1] + int(world.row[w, i]) - VIEW) * columns + int(world.column[w, i]) - VIEW
    to = (w * world.row.shape[1] + i) * WINDOW * WINDOW
    for r in range(WINDOW - 1):  # sixteen bytes a row: the next row is written over the five too many
        veil16(obs.window, to + r * WINDOW, world.grid, cell + r * columns, veil, first + r * WINDOW)
    a, b, c = to + _LAST, cell + (WINDOW - 1) * columns, first + _LAST
    store8(obs.window, a, load8(world.grid, b) | load8(veil, c))
    store4(obs.window, a + _TAIL, load4(world.grid, b + _TAIL) | load4(veil, c + _TAIL))


@kernel
def list_all_entities(world, rules, obs, scratch, w):  # type: ignore[no-untyped-def]
    """List what every agent sees; write entities.

    First the things of some windows are found, then those are written: what a vector has just stored is slow to read.
    """
    n_agents = world.row.shape[1]
    for first in range(0, n_agents, LANES):
        stop = min(first + LANES, n_agents)
        for i in range(first, stop):
            window = (w * n_agents + i) * WINDOW * WINDOW
            scratch.n_things[i - first] = list_things(obs.window, window, scratch.ranks, (i - first) * N_RANKS)
        for i in range(first, stop):
            list_entities(world, rules, obs, scratch, w, i, i - first)


@kernel
def list_entities(world, rules, obs, scratch, w, i, seat):  # type: ignore[no-untyped-def]
    """List the nearest agents and objects in the window of agent `i`, itself left out; write entities.

    As many rows as there are, then zeros, without branches on what is there: they would be as often mistaken as not.
    Row `seat` of scratch.ranks tells where they are.
    """
    me, columns, n_entities = w * world.row.shape[1] + i, world.grid.shape[2], obs.entities.shape[2]
    n_things, ranks = int(scratch.n_things[seat]), seat * N_RANKS
    here = int(world.row[w, i]) * columns + int(world.column[w, i])
    n_groups = world.seen_shares.shape[1]
    shares = (w * n_groups + int(world.group[w, i])) * n_groups
    for n in range(n_entities):
        rank = item(scratch.ranks, ranks + n)
        cell = here + item(rules.eye.reach, rank)
        look = item(scratch.looks, cell)
        kinship = item(world.seen_shares, shares + (look >> 8 & 0xFFFF))
        told = (look & _PLAIN_LOOK) | (kinship << 24 & look & _KIN_BYTE) | item(rules.eye.place, rank)
        store8(obs.entities, (me * n_entities + n) * 8, np.uint64(told & -int(n < n_things)))
    if world.partner[w, i] >= 0:
        raise_kinship(world, rules, obs, w, i)
    if rules.kinship_hidden or rules.kinship_noise > 0:
        blur_entities(world, rules, obs, w, i)


@kernel
def raise_kinship(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Raise the kinship with whom agent `i` is bonded with to the bond's, if it is listed; write entities."""
    partner = int(world.partner[w, i])
    rows = int(world.row[w, partner]) - int(world.row[w, i])
    columns = int(world.column[w, partner]) - int(world.column[w, i])
    for n in range(obs.entities.shape[2]):
        there = obs.entities[w, i, n, _ROW] == rows and obs.entities[w, i, n, _COLUMN] == columns
        if there and obs.entities[w, i, n, _KIND] == _AGENT:
            obs.entities[w, i, n, _KINSHIP] = max(int(obs.entities[w, i, n, _KINSHIP]), rules.seen_bond)


@kernel
def blur_entities(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Hide the kinship with listed agents, or make it noisy; write entities."""
    for n in range(obs.entities.shape[2]):
        if obs.entities[w, i, n, _KIND] == _AGENT:
            row = int(world.row[w, i]) + int(obs.entities[w, i, n, _ROW])
            column = int(world.column[w, i]) + int(obs.entities[w, i, n, _COLUMN])
            j = int(world.occupant[w, row, column])
            obs.entities[w, i, n, _KINSHIP] = blur(world, rules, w, i, j, int(obs.entities[w, i, n, _KINSHIP]))


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
