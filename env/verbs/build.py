"""Building walls, converters and beacons on the cell ahead, and dismantling them: energy goes in and comes out."""

from __future__ import annotations

import numpy as np

from commlab.env.cells import occupy, vacate
from commlab.env.kernel import kernel
from commlab.env.sites import stand, vanish
from commlab.env.types import Action, Cell, Number, Stat, Trait
from commlab.env.verbs.ahead import column_ahead, natural, row_ahead
from commlab.env.verbs.pay import gain_energy, pay

_EMPTY, _WALL, _CONVERTER, _BEACON = int(Cell.EMPTY), int(Cell.WALL), int(Cell.CONVERTER), int(Cell.BEACON)
_FIRST, _DISMANTLE, _COST = int(Action.BUILD_WALL), int(Action.DISMANTLE), int(Trait.BUILD_COST)
_WALL_ENERGY, _BUILT, _DISMANTLED = int(Number.WALL_ENERGY), int(Stat.BUILT), int(Stat.DISMANTLED)
_CODE = np.array([Cell.WALL, Cell.CONVERTER, Cell.BEACON], dtype=np.int64)  # in the order of the actions that build
_HP = np.array([Number.WALL_HP, Number.CONVERTER_HP, Number.BEACON_HP], dtype=np.int64)
_ENERGY = np.array([Number.WALL_ENERGY, Number.CONVERTER_ENERGY, Number.BEACON_ENERGY], dtype=np.int64)


@kernel
def build(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Let agent `i` build on the cell ahead, or dismantle what stands there, as its action says.

    Write energy, reservoir, last_action, stats, and what `raise_up` and `dismantle` do.
    """
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return
    action, facing = int(world.last_action[w, i]), int(world.facing[w, i])
    row, column = row_ahead(natural(world.row[w, i]), facing), column_ahead(natural(world.column[w, i]), facing)
    if action == _DISMANTLE:
        dismantle(world, rules, w, i, row, column)
    else:
        raise_up(world, w, i, row, column, action - _FIRST)


@kernel
def raise_up(world, w, i, row, column, n):  # type: ignore[no-untyped-def]
    """Build a wall, converter or beacon (n = 0, 1, 2), if the cell is empty and agent `i` has what it embodies.

    Write energy, stats, grid, occupant, n_walls, and an object: a place that is free holds zeros.
    """
    hp = world.numbers[w, _HP[n]]
    joules = world.numbers[w, _ENERGY[n]] if n > 0 or hp > 0 else 0
    if (world.grid[w, row, column] != _EMPTY) | (world.energy[w, i] < joules):
        return
    if n == 0:
        occupy(world, w, row, column, _WALL, hp)
        world.n_walls[w] += hp > 0
    else:
        o = free_place(world, w)
        if o < 0:
            return
        world.kind[w, o] = _CODE[n]
        world.hp[w, o] = hp
        world.embodied[w, o] = joules
        stand(world, w, o, row, column)
    world.energy[w, i] -= joules
    world.stats[w, i, _BUILT] += 1


@kernel
def free_place(world, w):  # type: ignore[no-untyped-def]
    """Return the first free place in the list of objects, -1 if there is none; it looks at all, eight at a time."""
    n_objects = world.kind.shape[1]
    first = n_objects
    for o in range(n_objects):
        first = min(first, o if world.kind[w, o] == _EMPTY else n_objects)
    return first if first < n_objects else -1


@kernel
def dismantle(world, rules, w, i, row, column):  # type: ignore[no-untyped-def]
    """Take away a wall that can break, a converter or a beacon; agent `i` gains what it embodied.

    Write energy, reservoir, n_walls, stats, the cell, and what `take_off` does.
    """
    code, holds = int(world.grid[w, row, column]), int(world.occupant[w, row, column])
    if code == _WALL and holds > 0:
        vacate(world, w, row, column)
        world.n_walls[w] -= 1
        joules = int(world.numbers[w, _WALL_ENERGY])
    elif code == _CONVERTER or code == _BEACON:
        joules = int(take_off(world, w, holds))
    else:
        return
    gain_energy(world, w, i, rules.body[i], joules)
    world.stats[w, i, _DISMANTLED] += 1


@kernel
def take_off(world, w, o):  # type: ignore[no-untyped-def]
    """Take a converter or beacon off the map for good and return the joules that it embodied; its place is free.

    Write grid, occupant and all that is noted of the object.
    """
    vanish(world, w, o)
    joules = world.embodied[w, o]
    world.kind[w, o] = _EMPTY
    world.object_row[w, o] = -1
    world.object_column[w, o] = -1
    world.timer[w, o] = 0
    world.hp[w, o] = 0
    world.embodied[w, o] = 0
    world.link[w, o] = 0
    return joules
