"""Sight: the order in which a window's cells are near, what a body's view reaches, and what walls hide."""

from __future__ import annotations

import numpy as np

from commlab.env.kernel import kernel
from commlab.env.memory import item
from commlab.env.senses.nearness import CELL_OF_RANK, N_CELLS, near_first
from commlab.env.types import VIEW, WINDOW, Cell, View

_WALL, _UNSEEN = int(Cell.WALL), int(Cell.UNSEEN)
_ZERO, _ONE = np.uint64(0), np.uint64(1)


def view_tables(views: list[int], columns: int) -> View:
    """Return the tables for bodies with the given view radii on a padded grid of so many columns."""
    offsets = near_first()
    rank = np.zeros(N_CELLS, dtype=np.uint8)
    rank[CELL_OF_RANK] = np.arange(N_CELLS)
    nearer = rank[[(_nearer(r, c)[0] + VIEW) * WINDOW + _nearer(r, c)[1] + VIEW for r, c in offsets.tolist()]]
    unsigned = offsets.astype(np.int64) & 255
    span = np.abs(np.arange(-VIEW, VIEW + 1))
    distance = np.maximum(span[:, None], span[None, :])
    return View(
        offsets=offsets,
        rank=rank,
        nearer=nearer,
        reach=(offsets[:, 0].astype(np.int32) * columns + offsets[:, 1]).astype(np.int32),
        place=((unsigned[:, 0] << 8) | (unsigned[:, 1] << 16)).astype(np.uint64),
        veil=np.stack([np.where(distance <= view, 0, _UNSEEN) for view in views]).astype(np.uint8),
    )


def _nearer(row: int, column: int) -> tuple[int, int]:
    """Return the offset of the next nearer cell on the straight line from the observer; of its own cell: itself."""
    m = max(abs(row), abs(column))

    def towards(x: int) -> int:
        return (1 if x > 0 else -1) * ((2 * abs(x) * (m - 1) + m) // (2 * m)) if m else 0

    return towards(row), towards(column)


@kernel
def see(world, rules, scratch, w, i):  # type: ignore[no-untyped-def]
    """Work out what walls leave agent `i` to see; write scratch.seen[i] and scratch.veil.

    A cell two or more steps away is seen if the next nearer cell on the straight line to it is seen and is no wall.
    """
    view = int(rules.sight[rules.body[i]])
    row, column = int(world.row[w, i]), int(world.column[w, i])
    near, far = _ZERO, _ZERO
    for cell in range(scratch.veil.shape[0]):
        scratch.veil[cell] = _UNSEEN
    scratch.veil[VIEW * WINDOW + VIEW] = 0
    for n in range(1, (2 * view + 1) ** 2):
        rows, columns = int(rules.eye.offsets[n, 0]), int(rules.eye.offsets[n, 1])
        if max(abs(rows), abs(columns)) > 1:
            before = int(rules.eye.nearer[n])
            r, c = int(rules.eye.offsets[before, 0]), int(rules.eye.offsets[before, 1])
            if scratch.veil[(r + VIEW) * WINDOW + c + VIEW] != 0 or world.grid[w, row + r, column + c] == _WALL:
                continue
        scratch.veil[(rows + VIEW) * WINDOW + columns + VIEW] = 0
        near |= _ONE << np.uint64(n) if n < 64 else _ZERO
        far |= _ONE << np.uint64(n - 64) if n >= 64 else _ZERO
    scratch.seen[i, 0] = near
    scratch.seen[i, 1] = far


@kernel
def is_seen(rules, scratch, i, view, rows, columns):  # type: ignore[no-untyped-def]
    """Return whether agent `i`, whose body's view is `view`, sees the cell at an offset from it."""
    inside = (abs(rows) <= view) & (abs(columns) <= view)
    if rules.walls_block_sight:
        rank = item(rules.eye.rank, (rows + VIEW) * WINDOW + columns + VIEW if inside else 0)
        seen = np.uint64(item(scratch.seen, 2 * i + (rank >> 6)))
        inside &= (seen >> np.uint64(rank & 63)) & _ONE != 0
    return inside
