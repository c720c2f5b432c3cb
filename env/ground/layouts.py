"""Maps made from a seed: one room, a grid of rooms with doors, or caves. All their floor hangs together."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from commlab.env.ground.furnishing import furnish
from commlab.env.ground.maps import Map, padded
from commlab.env.kernel import kernel
from commlab.env.scenario import Layout
from commlab.env.types import Bools
from commlab.foundation.errors import ScenarioError

_SMALLEST_CAVE = 4  # cells; smaller ones are filled up
_LEAST_ROOM = 2  # rows and columns of a room
_BLURS = 2


class Draws:
    """Random numbers from a seed: the raw words of a generator whose stream numpy promises never to change."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.PCG64(seed)

    def words(self, n: int) -> NDArray[np.uint64]:
        """Return n times 64 random bits."""
        return self._generator.random_raw(n)

    def below(self, n: int) -> int:
        """Return a number from 0 to n - 1."""
        return (int(self.words(1)[0]) >> 32) * n >> 32

    def shuffled(self, n: int) -> list[int]:
        """Return 0 .. n - 1 in random order."""
        return [int(place) for place in np.argsort(self.words(n), kind="stable")]


@lru_cache(maxsize=8)
def make_maps(layout: Layout) -> tuple[Map, ...]:
    """Return the bank of maps of a layout, one a seed; ScenarioError where something does not fit."""
    return tuple(_make_map(layout, Draws(layout.seed + n)) for n in range(layout.variety))


def _make_map(layout: Layout, draws: Draws) -> Map:
    """Return a map of a layout."""
    if layout.kind == "room":
        floor = _walled_in(layout)
    elif layout.kind == "rooms":
        floor = _rooms(layout, draws)
    else:
        floor = _caves(layout, draws)
    wanted = {"altars": layout.altars, "converters": layout.converters, "beacons": layout.beacons}
    cells = np.argwhere(floor)[draws.shuffled(int(floor.sum()))]
    objects, sites = furnish(floor, [(int(r), int(c)) for r, c in cells], wanted, layout.sites)
    return padded(floor, sites, objects, {})


def _walled_in(layout: Layout) -> Bools:
    """Return floor everywhere but on the border."""
    floor = np.zeros((layout.height, layout.width), dtype=np.bool_)
    floor[1:-1, 1:-1] = True
    return floor


def _rooms(layout: Layout, draws: Draws) -> Bools:
    """Return rooms below and beside each other, with a door between any two that adjoin."""
    floor = _walled_in(layout)
    rows = _wall_lines(layout.rooms[0], layout.height, "rows below")
    columns = _wall_lines(layout.rooms[1], layout.width, "columns beside")
    for row in rows[1:-1]:
        floor[row, :] = False
    for column in columns[1:-1]:
        floor[:, column] = False
    for row in rows[1:-1]:
        for left, right in zip(columns, columns[1:], strict=False):
            floor[row, left + 1 + draws.below(right - left - 1)] = True
    for column in columns[1:-1]:
        for above, below in zip(rows, rows[1:], strict=False):
            floor[above + 1 + draws.below(below - above - 1), column] = True
    return floor


def _wall_lines(n_rooms: int, extent: int, direction: str) -> list[int]:
    """Return where the walls between rooms run, the border included."""
    lines = [n * (extent - 1) // n_rooms for n in range(n_rooms + 1)]
    if min(b - a for a, b in zip(lines, lines[1:], strict=False)) <= _LEAST_ROOM:
        raise ScenarioError(
            f"layout.rooms: {n_rooms} rooms do not fit into {extent} {direction} each other; "
            f"they need {(_LEAST_ROOM + 1) * n_rooms + 1}, walls included."
        )
    return lines


def _caves(layout: Layout, draws: Draws) -> Bools:
    """Return caves: noise is blurred, the highest share of it is wall, and caves apart from the largest get tunnels."""
    floor = _walled_in(layout)
    noise = (draws.words(layout.height * layout.width) >> np.uint64(48)).astype(np.int64).reshape(floor.shape)
    for _ in range(_BLURS):
        noise = _blurred(noise)
    order = np.argsort(noise[1:-1, 1:-1], axis=None, kind="stable")
    inner = np.ones(order.size, dtype=np.bool_)
    inner[order[order.size - int(layout.walls * order.size) :]] = False
    floor[1:-1, 1:-1] = inner.reshape(layout.height - 2, layout.width - 2)
    _join(floor, draws)
    return floor


def _blurred(noise: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of every cell and the eight around it."""
    wide = np.pad(noise, 1, mode="edge")
    tall = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    blurred: NDArray[np.int64] = tall[:-2] + tall[1:-1] + tall[2:]
    return blurred


def _join(floor: Bools, draws: Draws) -> None:
    """Fill the smallest caves and dig tunnels from the others to the largest, in place."""
    labels = np.zeros(floor.shape, dtype=np.int32)
    n_caves = label(floor, labels, np.zeros((floor.size, 2), dtype=np.int32))
    sizes = np.bincount(labels.reshape(-1), minlength=n_caves + 1)[1:]
    largest = 1 + int(sizes.argmax())
    joined = labels == largest
    for cave in range(1, n_caves + 1):
        cells = np.argwhere(labels == cave)
        if cave == largest:
            continue
        if len(cells) < _SMALLEST_CAVE:
            floor[labels == cave] = False
            continue
        row, column = cells[draws.below(len(cells))]
        goals = np.argwhere(joined)
        goal_row, goal_column = goals[np.abs(goals - (row, column)).sum(axis=1).argmin()]
        joined |= labels == cave
        joined[min(row, goal_row) : max(row, goal_row) + 1, column] = True
        joined[goal_row, min(column, goal_column) : max(column, goal_column) + 1] = True
    floor |= joined


@kernel
def label(floor, labels, queue):  # type: ignore[no-untyped-def]
    """Number the connected parts of a walled-in floor from 1 on, and return how many there are.

    Write `labels`, which begins as zeros, and `queue` (cells, 2), which is scratch.
    """
    n_parts = 0
    for r in range(floor.shape[0]):
        for c in range(floor.shape[1]):
            if not floor[r, c] or labels[r, c] != 0:
                continue
            n_parts += 1
            labels[r, c] = n_parts
            queue[0, 0], queue[0, 1] = r, c
            first, last = 0, 1
            while first < last:
                row, column = queue[first, 0], queue[first, 1]
                first += 1
                for side in range(4):
                    y, x = row + (side == 2) - (side == 0), column + (side == 1) - (side == 3)
                    if floor[y, x] and labels[y, x] == 0:
                        labels[y, x] = n_parts
                        queue[last, 0], queue[last, 1] = y, x
                        last += 1
    return n_parts
