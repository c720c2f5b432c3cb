"""The cell that an agent faces."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Facing

_NORTH, _EAST, _SOUTH, _WEST = int(Facing.NORTH), int(Facing.EAST), int(Facing.SOUTH), int(Facing.WEST)
_MOST = 2**15 - 1


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
