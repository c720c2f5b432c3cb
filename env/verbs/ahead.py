"""The cell that an agent faces."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Cell, Facing

_NORTH, _EAST, _SOUTH, _WEST = int(Facing.NORTH), int(Facing.EAST), int(Facing.SOUTH), int(Facing.WEST)
_AGENT, _MOST = int(Cell.AGENT), 2**15 - 1


@kernel
def natural(number):  # type: ignore[no-untyped-def]
    """Return a number that is 0 to 32,767, so that compilers see it and leave out the care for negative indices."""
    return int(number) & _MOST


@kernel
def row_ahead(row, facing):  # type: ignore[no-untyped-def]
    """Return the row of the cell faced from `row`."""
    return natural(row + (facing == _SOUTH) - (facing == _NORTH))


@kernel
def column_ahead(column, facing):  # type: ignore[no-untyped-def]
    """Return the column of the cell faced from `column`."""
    return natural(column + (facing == _EAST) - (facing == _WEST))


@kernel
def agent_ahead(world, w, i):  # type: ignore[no-untyped-def]
    """Return the agent that agent `i` faces, -1 where it faces none."""
    facing = int(world.facing[w, i])
    row, column = row_ahead(natural(world.row[w, i]), facing), column_ahead(natural(world.column[w, i]), facing)
    return natural(world.occupant[w, row, column]) if world.grid[w, row, column] == _AGENT else -1
