"""Where crystals and berries are: appearing at sites, vanishing when used up, regrowing from the ground, moving on."""

from __future__ import annotations

from commlab.env.cells import occupy, vacate
from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, draw
from commlab.env.types import Cell

_EMPTY, _SITE = int(Cell.EMPTY), int(Purpose.SITE)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)
_FIRST_BERRY, _LAST_BERRY = int(Cell.BERRY_ROUND), int(Cell.BERRY_TWIN)
_FEW_SITES = 64  # on a map with more, sites are named until a free one is hit
_TRIES = 32


@kernel
def stand(world, w, o, row, column):  # type: ignore[no-untyped-def]
    """Put object `o` on a cell; write grid, occupant, object_row, object_column."""
    occupy(world, w, row, column, world.kind[w, o], o)
    world.object_row[w, o] = row
    world.object_column[w, o] = column


@kernel
def vanish(world, w, o):  # type: ignore[no-untyped-def]
    """Take object `o` off the grid, its place remembered; write grid, occupant."""
    vacate(world, w, int(world.object_row[w, o]), int(world.object_column[w, o]))


@kernel
def stands(world, w, o):  # type: ignore[no-untyped-def]
    """Return whether object `o`, which has a place, is on the grid."""
    row, column = int(world.object_row[w, o]), int(world.object_column[w, o])
    return world.grid[w, row, column] == world.kind[w, o] and world.occupant[w, row, column] == o


@kernel
def free_site(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Return a free site drawn for object `o`, never the one it was at; -1 where there is none."""
    n_sites = int(rules.n_sites[world.map[w]])
    if n_sites > _FEW_SITES:
        return free_site_of_many(world, rules, w, o, step, n_sites)
    n_free = 0
    for s in range(n_sites):
        n_free += may_stand(world, rules, w, o, s)
    if n_free == 0:
        return -1
    chosen = below(draw(step, o, _SITE, 0), n_free)
    for s in range(n_sites):
        if may_stand(world, rules, w, o, s):
            if chosen == 0:
                return s
            chosen -= 1
    return -1


@kernel
def free_site_of_many(world, rules, w, o, step, n_sites):  # type: ignore[no-untyped-def]
    """Return the first free one of some sites named at random; if none of them is, the next one that is; else -1."""
    s = 0
    for attempt in range(_TRIES):
        s = below(draw(step, o, _SITE, attempt), n_sites)
        if may_stand(world, rules, w, o, s):
            return s
    for offset in range(1, n_sites):
        following = (s + offset) % n_sites
        if may_stand(world, rules, w, o, following):
            return following
    return -1


@kernel
def may_stand(world, rules, w, o, s):  # type: ignore[no-untyped-def]
    """Return whether site `s` is free, not kept from such objects, and not where object `o` was."""
    m = world.map[w]
    row, column = rules.sites[m, s, 0], rules.sites[m, s, 1]
    here = world.object_row[w, o] == row and world.object_column[w, o] == column
    return world.grid[w, row, column] == _EMPTY and not here and rules.allowed[world.kind[w, o], m, s]


@kernel
def grow(world, w, o, units):  # type: ignore[no-untyped-def]
    """Add up to `units` to crystal `o`, as many as the ground's energy pays for; write stock and reservoir."""
    value = int(world.value[w, int(world.kind[w, o]) - _FIRST_CRYSTAL])
    grown = min(units, world.reservoir[w] // value)
    world.reservoir[w] -= grown * value
    world.stock[w, o] += grown


@kernel
def relocate(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Let crystal `o`, which is off the grid, appear at another site if one is free and the ground can pay for it.

    Write grid, occupant, object_row, object_column, stock, timer, reservoir. A crystal that cannot appear yet
    stays away with a timer of 0, and is tried again every step.
    """
    s = free_site(world, rules, w, o, step)
    world.timer[w, o] = 0
    if s < 0:
        return
    if world.stock[w, o] == 0:
        grow(world, w, o, int(world.max_stock[w, o]))
    if world.stock[w, o] > 0:
        stand_at_site(world, rules, w, o, s)
        world.timer[w, o] = world.stay[w, o]


@kernel
def stand_at_site(world, rules, w, o, s):  # type: ignore[no-untyped-def]
    """Put object `o` at site `s`; write grid, occupant, object_row, object_column."""
    m = world.map[w]
    stand(world, w, o, int(rules.sites[m, s, 0]), int(rules.sites[m, s, 1]))


@kernel
def age_objects(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Count timers down; let crystals regrow or move on, and berries come back.

    Write timer, stock, reservoir, grid, occupant, object_row, object_column.
    """
    for o in range(world.kind.shape[1]):
        if world.timer[w, o] > 0:
            world.timer[w, o] -= 1
        kind = int(world.kind[w, o])
        if kind < _FIRST_CRYSTAL or world.timer[w, o] > 0:
            continue
        if kind > _LAST_CRYSTAL:
            if _FIRST_BERRY <= kind <= _LAST_BERRY and not stands(world, w, o):
                come_back(world, rules, w, o, step)
        elif rules.moves[o]:
            age_wanderer(world, rules, w, o, step)
        elif world.regrow[w, o] > 0 and world.stock[w, o] < world.max_stock[w, o]:
            regrow(world, w, o)


@kernel
def come_back(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Let an eaten berry appear at another site if one is free; write grid, occupant, its place."""
    s = free_site(world, rules, w, o, step)
    if s >= 0:
        stand_at_site(world, rules, w, o, s)


@kernel
def age_wanderer(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Let a moving crystal whose timer has run out appear, or move on after its stay; write as `relocate` does."""
    if world.stock[w, o] > 0 and world.stay[w, o] == 0:
        return
    if world.stock[w, o] > 0:
        if free_site(world, rules, w, o, step) < 0:
            return
        vanish(world, w, o)
    relocate(world, rules, w, o, step)


@kernel
def regrow(world, w, o):  # type: ignore[no-untyped-def]
    """Let a resting crystal regrow by a unit, if its cell is free; write stock, reservoir, timer, grid, occupant."""
    row, column = int(world.object_row[w, o]), int(world.object_column[w, o])
    if world.stock[w, o] == 0 and world.grid[w, row, column] != _EMPTY:
        return
    grow(world, w, o, 1)
    if world.stock[w, o] > 0:
        stand(world, w, o, row, column)
        world.timer[w, o] = world.regrow[w, o]
