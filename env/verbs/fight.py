"""Fighting: attacks along the line ahead, the shield that stands them, and what fighting wears out."""

from __future__ import annotations

from commlab.env.cells import vacate
from commlab.env.kernel import kernel
from commlab.env.types import Cell, Number, Stat, Trait
from commlab.env.verbs.ahead import column_ahead, natural, row_ahead
from commlab.env.verbs.build import take_off
from commlab.env.verbs.pay import pay

_EMPTY, _WALL, _AGENT = int(Cell.EMPTY), int(Cell.WALL), int(Cell.AGENT)
_COST, _SHIELD_COST = int(Trait.ATTACK_COST), int(Trait.SHIELD_COST)
_RANGE, _DAMAGE, _FREEZE = int(Number.ATTACK_RANGE), int(Number.DAMAGE), int(Number.FREEZE)
_WALL_ENERGY = int(Number.WALL_ENERGY)
_ATTACKS, _HITS, _LOST, _FROZEN = int(Stat.ATTACKS), int(Stat.HITS), int(Stat.LOST), int(Stat.FROZEN)


@kernel
def attack(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Let agent `i` hit the first thing in line ahead, within range.

    Write energy, reservoir, last_action, stats, and what `hit_agent`, `hit_wall` and `hit_object` do.
    """
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return
    world.stats[w, i, _ATTACKS] += 1
    facing = int(world.facing[w, i])
    row, column = natural(world.row[w, i]), natural(world.column[w, i])
    row, column = row_ahead(row, facing), column_ahead(column, facing)
    for _ in range(world.numbers[w, _RANGE] - 1):
        free = world.grid[w, row, column] == _EMPTY
        row, column = (row_ahead(row, facing), column_ahead(column, facing)) if free else (row, column)
    code = int(world.grid[w, row, column])
    if code == _WALL:
        hit_wall(world, w, row, column)
    elif code == _AGENT:
        hit_agent(world, w, i, natural(world.occupant[w, row, column]))
    elif code != _EMPTY:
        hit_object(world, w, natural(world.occupant[w, row, column]))


@kernel
def hit_agent(world, w, i, j):  # type: ignore[no-untyped-def]
    """Let agent `i` hit agent `j`: an egg takes no harm, a shield does, and others lose all and are frozen.

    Write energy, reservoir, shield, frozen, stats. The step in which it is hit counts as one frozen step more.
    """
    if world.frozen[w, j] > 0:
        return
    lost = world.numbers[w, _DAMAGE]
    if world.shield[w, j] == 0 or world.energy[w, j] < lost:
        lost = int(world.energy[w, j])
        world.shield[w, j] = 0
        world.frozen[w, j] = world.numbers[w, _FREEZE] + 1
        world.stats[w, j, _FROZEN] += 1
    world.energy[w, j] -= lost
    world.reservoir[w] += lost
    world.stats[w, j, _LOST] += lost
    world.stats[w, i, _HITS] += 1


@kernel
def hit_wall(world, w, row, column):  # type: ignore[no-untyped-def]
    """Take an attack from what a wall stands, if it can break; write occupant, grid, n_walls, reservoir."""
    hp = natural(world.occupant[w, row, column])
    if hp > 1:
        world.occupant[w, row, column] = hp - 1
    elif hp == 1:
        vacate(world, w, row, column)
        world.n_walls[w] -= 1
        world.reservoir[w] += world.numbers[w, _WALL_ENERGY]


@kernel
def hit_object(world, w, o):  # type: ignore[no-untyped-def]
    """Take an attack from what object `o` stands, if it can break; write hp, reservoir and what `take_off` does."""
    hp = int(world.hp[w, o])
    if hp > 1:
        world.hp[w, o] = hp - 1
    elif hp == 1:
        world.reservoir[w] += take_off(world, w, o)


@kernel
def tire(world, rules, w):  # type: ignore[no-untyped-def]
    """Let agents pay for their shields, which fall at 0 joules, and count frozen steps down; without branches.

    Write energy, reservoir, shield, frozen.
    """
    n_agents = rules.body.shape[0]
    shields = 0
    for i in range(n_agents):
        shields += int(world.shield[w, i])
        world.frozen[w, i] -= world.frozen[w, i] > 0
    if shields == 0:
        return
    paid = 0
    for i in range(n_agents):
        up, energy = int(world.shield[w, i]), int(world.energy[w, i])
        joules = up * min(int(world.trait[w, rules.body[i], _SHIELD_COST]), energy)
        paid += joules
        world.energy[w, i] = energy - joules
        world.shield[w, i] = up & (energy > joules)
    world.reservoir[w] += paid
