"""Moving: a step to the next cell where it is free; it always turns the agent to face that way.

Where the scenario has `bump`, moving against a thing becomes using it.
"""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Action, Cell

_NORTH, _WEST = int(Action.NORTH), int(Action.WEST)
_STAY, _USE = int(Action.STAY), int(Action.USE)
_EMPTY, _AGENT = int(Cell.EMPTY), int(Cell.AGENT)


@kernel
def row_ahead(row, facing):  # type: ignore[no-untyped-def]
    """Return the row of the cell faced from `row`."""
    return row + (facing == 2) - (facing == 0)


@kernel
def column_ahead(column, facing):  # type: ignore[no-untyped-def]
    """Return the column of the cell faced from `column`."""
    return column + (facing == 1) - (facing == 3)


@kernel
def move(world, rules, w, i, action):  # type: ignore[no-untyped-def]
    """Turn agent `i` and step it; write facing, row, column, grid, occupant, energy, reservoir, last_action."""
    if action < _NORTH or action > _WEST:
        return
    cost = rules.move_cost[rules.body[i]]
    if world.energy[w, i] < cost:
        world.last_action[w, i] = _STAY
        return
    world.energy[w, i] -= cost
    world.reservoir[w] += cost
    facing = action - _NORTH
    world.facing[w, i] = facing
    row, column = int(world.row[w, i]), int(world.column[w, i])
    to_row, to_column = row_ahead(row, facing), column_ahead(column, facing)
    if world.grid[w, to_row, to_column] != _EMPTY:
        if rules.bump:
            world.last_action[w, i] = _USE
        return
    world.grid[w, row, column] = _EMPTY
    world.occupant[w, row, column] = -1
    world.grid[w, to_row, to_column] = _AGENT
    world.occupant[w, to_row, to_column] = i
    world.row[w, i] = to_row
    world.column[w, i] = to_column
