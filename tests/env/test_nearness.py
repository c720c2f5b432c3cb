"""The nearest things of a window: the vectors, the bits and the plain loop find the same, in the order of nearness."""

import numba
import numpy as np
import pytest

from commlab.env.kernel import kernel
from commlab.env.senses import nearness
from commlab.env.senses.nearness import N_RANKS, near_first
from commlab.env.types import VIEW, WINDOW, Cell

plain, by_bits, quick = nearness._list_things, nearness._list_things_bits, nearness.list_things


@kernel
def list_plainly(windows, first, ranks):  # type: ignore[no-untyped-def]
    return plain(windows, first, ranks, 0)


@kernel
def list_by_bits(windows, first, ranks):  # type: ignore[no-untyped-def]
    return by_bits(windows, first, ranks, 0)


@kernel
def list_quickly(windows, first, ranks):  # type: ignore[no-untyped-def]
    return quick(windows, first, ranks, 0)


WAYS = [list_plainly, list_quickly] if numba.config.DISABLE_JIT else [list_plainly, list_by_bits, list_quickly]


def windows(share: float) -> np.ndarray:
    """Windows of which about a share of the cells hold things; their own cell always does."""
    rng = np.random.default_rng(7)
    things = [code for code in Cell if Cell.ALTAR <= code <= Cell.BERRY_TWIN]
    cells = rng.choice([Cell.EMPTY, Cell.WALL, Cell.UNSEEN], (40, WINDOW, WINDOW))
    found = rng.random(cells.shape) < share
    cells[found] = rng.choice(things, found.sum())
    cells[:, VIEW, VIEW] = Cell.AGENT
    return cells.astype(np.uint8)


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_things_are_listed_nearest_first_whichever_way(share: float) -> None:
    seen = windows(share)
    for n, window in enumerate(seen):
        order = [(r, c) for r, c in (near_first() + VIEW).tolist()][1:]
        codes = [int(window[place]) for place in order]
        expected = [rank for rank, code in enumerate(codes, start=1) if Cell.ALTAR <= code <= Cell.BERRY_TWIN]
        for way in WAYS:
            ranks = np.zeros(N_RANKS, np.uint8)
            count = way(seen, n * WINDOW * WINDOW, ranks)
            assert ranks[:count].tolist() == expected


@pytest.mark.interpreted
def test_cells_are_near_by_kings_moves_then_by_distance() -> None:
    offsets = near_first()
    keys = [(max(abs(r), abs(c)), r * r + c * c, r, c) for r, c in offsets.tolist()]
    assert keys == sorted(keys)
    assert len({tuple(offset) for offset in offsets.tolist()}) == WINDOW**2
