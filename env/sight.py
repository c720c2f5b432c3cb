"""Sight: the order in which a window's cells are near, what a body's view reaches, and what walls hide."""

from __future__ import annotations

import numpy as np

from commlab.env.kernel import kernel
from commlab.env.types import VIEW, WINDOW, Cell, Shorts, View

_WALL, _UNSEEN = int(Cell.WALL), int(Cell.UNSEEN)
_ONE = np.uint64(1)
N_CELLS = WINDOW * WINDOW


def view_tables(views: list[int]) -> View:
    """Return the tables for bodies with the given view radii."""
    offsets = near_first()
    cell = (offsets[:, 0] + VIEW) * WINDOW + offsets[:, 1] + VIEW
    rank = np.zeros(N_CELLS, dtype=np.uint8)
    rank[cell] = np.arange(N_CELLS)
    nearer = rank[[(_nearer(r, c)[0] + VIEW) * WINDOW + _nearer(r, c)[1] + VIEW for r, c in offsets.tolist()]]
    unsigned = offsets.astype(np.int64) & 255
    span = np.abs(np.arange(-VIEW, VIEW + 1))
    distance = np.maximum(span[:, None], span[None, :])
    reached = np.stack([distance <= view for view in views])
    bits = [[int(b) for b in row.reshape(-1)] for row in reached]
    words = [[sum(b << n for n, b in enumerate(row[:64])), sum(b << n for n, b in enumerate(row[64:]))] for row in bits]
    return View(
        offsets=offsets,
        rank=rank,
        nearer=nearer,
        place=((unsigned[:, 0] << 8) | (unsigned[:, 1] << 16)).astype(np.uint64),
        veil=np.where(reached, 0, _UNSEEN).astype(np.uint8),
        seen=np.array(words, dtype=np.uint64),
    )


def near_first() -> Shorts:
    """Return the (121, 2) offsets of a window, nearest first: by king's moves, straight distance, row, column."""
    span = np.arange(-VIEW, VIEW + 1)
    offsets = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    chebyshev = np.abs(offsets).max(axis=1)
    squared = (offsets**2).sum(axis=1)
    return offsets[np.lexsort((offsets[:, 1], offsets[:, 0], squared, chebyshev))].astype(np.int16)


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
    low, high = _ONE << np.uint64(60), np.uint64(0)  # the own cell
    for cell in range(scratch.veil.shape[0]):
        scratch.veil[cell] = _UNSEEN
    scratch.veil[VIEW * WINDOW + VIEW] = 0
    for n in range(1, (2 * view + 1) ** 2):
        rows, columns = int(rules.view.offsets[n, 0]), int(rules.view.offsets[n, 1])
        if max(abs(rows), abs(columns)) > 1:
            before = int(rules.view.nearer[n])
            r, c = int(rules.view.offsets[before, 0]), int(rules.view.offsets[before, 1])
            if scratch.veil[(r + VIEW) * WINDOW + c + VIEW] != 0 or world.grid[w, row + r, column + c] == _WALL:
                continue
        cell = (rows + VIEW) * WINDOW + columns + VIEW
        scratch.veil[cell] = 0
        if cell < 64:
            low |= _ONE << np.uint64(cell)
        else:
            high |= _ONE << np.uint64(cell - 64)
    scratch.seen[i, 0] = low
    scratch.seen[i, 1] = high


@kernel
def sees(seen, rows, columns):  # type: ignore[no-untyped-def]
    """Return whether the cell at an offset is among those `seen` (2,), as bits by cell."""
    if max(abs(rows), abs(columns)) > VIEW:
        return False
    cell = (rows + VIEW) * WINDOW + columns + VIEW
    word = seen[0] if cell < 64 else seen[1]
    return (word >> np.uint64(cell & 63)) & _ONE != 0
