"""Walls between speaker and listener, where they keep messages out."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Cell

_WALL = int(Cell.WALL)


@kernel
def is_blocked(world, w, i, j):  # type: ignore[no-untyped-def]
    """Return whether a wall stands on a cell strictly between two agents, on the straight line from the first of them.

    The first is the one that comes first in reading order, so that both hear each other or neither does.
    """
    row, column = int(world.row[w, i]), int(world.column[w, i])
    rows, columns = int(world.row[w, j]) - row, int(world.column[w, j]) - column
    if rows < 0 or (rows == 0 and columns < 0):
        row, column, rows, columns = row + rows, column + columns, -rows, -columns
    m = max(abs(rows), abs(columns))
    for k in range(1, m):
        r, c = row + (2 * rows * k + m) // (2 * m), column + (2 * columns * k + m) // (2 * m)
        if world.grid[w, r, c] == _WALL:
            return True
    return False
