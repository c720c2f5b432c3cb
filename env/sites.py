"""Where crystals are: appearing at sites, vanishing when used up, regrowing from the ground's energy, moving on."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, draw
from commlab.env.types import Cell

_EMPTY, _SITE = int(Cell.EMPTY), int(Purpose.SITE)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)


@kernel
def stand(world, w, o, row, column):  # type: ignore[no-untyped-def]
    """Put object `o` on a cell; write grid, occupant, object_row, object_column."""
    world.grid[w, row, column] = world.kind[w, o]
    world.occupant[w, row, column] = o
    world.object_row[w, o] = row
    world.object_column[w, o] = column


@kernel
def vanish(world, w, o):  # type: ignore[no-untyped-def]
    """Take object `o` off the grid, its place remembered; write grid and occupant."""
    row, column = world.object_row[w, o], world.object_column[w, o]
    world.grid[w, row, column] = _EMPTY
    world.occupant[w, row, column] = -1


@kernel
def free_site(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Return a free site drawn for object `o`, never the one it was at; -1 where there is none."""
    n_free = 0
    for s in range(rules.sites.shape[0]):
        n_free += may_stand(world, rules, w, o, s)
    if n_free == 0:
        return -1
    chosen = below(draw(step, o, _SITE, 0), n_free)
    for s in range(rules.sites.shape[0]):
        if may_stand(world, rules, w, o, s):
            if chosen == 0:
                return s
            chosen -= 1
    return -1


@kernel
def may_stand(world, rules, w, o, s):  # type: ignore[no-untyped-def]
    """Return whether site `s` is free and is not where object `o` was."""
    row, column = rules.sites[s, 0], rules.sites[s, 1]
    here = world.object_row[w, o] == row and world.object_column[w, o] == column
    return world.grid[w, row, column] == _EMPTY and not here


@kernel
def grow(world, rules, w, o, units):  # type: ignore[no-untyped-def]
    """Add up to `units` to crystal `o`, as many as the ground's energy pays for; write stock and reservoir."""
    value = rules.value[world.kind[w, o] - _FIRST_CRYSTAL]
    grown = min(units, world.reservoir[w] // value)
    world.reservoir[w] -= grown * value
    world.stock[w, o] += grown


@kernel
def relocate(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Let crystal `o`, which is off the grid, appear at another site if one is free and the ground can pay for it.

    Write grid, occupant, object_row, object_column, stock, timer, reservoir. A crystal that cannot appear yet stays
    away with a timer of 0, and is tried again every step.
    """
    s = free_site(world, rules, w, o, step)
    world.timer[w, o] = 0
    if s < 0:
        return
    if world.stock[w, o] == 0:
        grow(world, rules, w, o, int(rules.max_stock[o]))
    if world.stock[w, o] > 0:
        stand(world, w, o, int(rules.sites[s, 0]), int(rules.sites[s, 1]))
        world.timer[w, o] = rules.stay[o]


@kernel
def age_objects(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Count timers down; let crystals regrow or move on. Write timer, stock, reservoir, grid, occupant and places."""
    for o in range(world.kind.shape[1]):
        if world.timer[w, o] > 0:
            world.timer[w, o] -= 1
        kind = world.kind[w, o]
        if kind < _FIRST_CRYSTAL or kind > _LAST_CRYSTAL or world.timer[w, o] > 0:
            continue
        if rules.moves[o]:
            age_wanderer(world, rules, w, o, step)
        elif rules.regrow[o] > 0 and world.stock[w, o] < rules.max_stock[o]:
            regrow(world, rules, w, o)


@kernel
def age_wanderer(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Let a moving crystal whose timer has run out appear, or move on after its stay; write as `relocate` does."""
    if world.stock[w, o] > 0 and rules.stay[o] == 0:
        return
    if world.stock[w, o] > 0:
        if free_site(world, rules, w, o, step) < 0:
            return
        vanish(world, w, o)
    relocate(world, rules, w, o, step)


@kernel
def regrow(world, rules, w, o):  # type: ignore[no-untyped-def]
    """Let a resting crystal regrow by a unit, if its cell is free; write stock, reservoir, timer, grid, occupant."""
    row, column = int(world.object_row[w, o]), int(world.object_column[w, o])
    if world.stock[w, o] == 0 and world.grid[w, row, column] != _EMPTY:
        return
    grow(world, rules, w, o, 1)
    if world.stock[w, o] > 0:
        stand(world, w, o, row, column)
        world.timer[w, o] = rules.regrow[o]
