"""The grid: what stands on a cell, in the two arrays that tell of it (grid and occupant)."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Cell

_EMPTY = int(Cell.EMPTY)


@kernel
def occupy(world, w, row, column, code, index):  # type: ignore[no-untyped-def]
    """Put what `code` says on a cell: agent or object `index`, or a wall of so many hp; write grid, occupant."""
    world.grid[w, row, column] = code
    world.occupant[w, row, column] = index


@kernel
def vacate(world, w, row, column):  # type: ignore[no-untyped-def]
    """Empty a cell; write grid, occupant."""
    world.grid[w, row, column] = _EMPTY
    world.occupant[w, row, column] = -1
