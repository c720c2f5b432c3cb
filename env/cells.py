"""The grid: what stands on a cell, in the two arrays that tell of it (grid and occupant)."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Cell

_EMPTY, _WALL = int(Cell.EMPTY), int(Cell.WALL)


@kernel
def occupy(world, w, row, column, code, index):  # type: ignore[no-untyped-def]
    """Put agent or object `index`, whose code is `code`, on a cell; write grid, occupant."""
    world.grid[w, row, column] = code
    world.occupant[w, row, column] = index


@kernel
def vacate(world, w, row, column):  # type: ignore[no-untyped-def]
    """Empty a cell on which an agent or object stands; write grid, occupant."""
    world.grid[w, row, column] = _EMPTY
    world.occupant[w, row, column] = -1


@kernel
def wall_in(world, w, row, column, hp):  # type: ignore[no-untyped-def]
    """Put a wall on an empty cell, that breaks after `hp` attacks (0: never); write grid, occupant."""
    world.grid[w, row, column] = _WALL
    world.occupant[w, row, column] = hp


@kernel
def break_wall(world, w, row, column):  # type: ignore[no-untyped-def]
    """Empty a cell on which a wall stands; write grid, occupant."""
    world.grid[w, row, column] = _EMPTY
    world.occupant[w, row, column] = -1
