"""Moving: a step to the next cell where it is free; it always turns the agent to face that way.

Where the scenario has `bump`, moving against a thing becomes using it.
"""

from __future__ import annotations

from commlab.env.cells import occupy, vacate
from commlab.env.kernel import kernel
from commlab.env.types import Action, Cell, Stat, Trait
from commlab.env.verbs.ahead import column_ahead, natural, row_ahead
from commlab.env.verbs.pay import pay

_FIRST, _USE = int(Action.NORTH), int(Action.USE)
_EMPTY, _AGENT = int(Cell.EMPTY), int(Cell.AGENT)
_COST, _MOVED = int(Trait.MOVE_COST), int(Stat.MOVED)


@kernel
def move(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Turn agent `i` and step it.

    Write facing, row, column, grid, occupant, energy, reservoir, last_action, stats.
    """
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return
    facing = int(world.last_action[w, i]) - _FIRST
    world.facing[w, i] = facing
    row, column = natural(world.row[w, i]), natural(world.column[w, i])
    to_row, to_column = row_ahead(row, facing), column_ahead(column, facing)
    free = world.grid[w, to_row, to_column] == _EMPTY
    if rules.bump and not free:
        world.last_action[w, i] = _USE
    to_row, to_column = (to_row, to_column) if free else (row, column)
    vacate(world, w, row, column)
    occupy(world, w, to_row, to_column, _AGENT, i)
    world.row[w, i] = to_row
    world.column[w, i] = to_column
    world.stats[w, i, _MOVED] += free
