"""Maps: from the ASCII drawing of a scenario to a padded grid of cell codes, sites and start marks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commlab.env.types import VIEW, Bytes, Cell, Shorts
from commlab.foundation.errors import ScenarioError

WALL, EMPTY, SITE, ALTAR, CONVERTER = "#", ".", "o", "A", "C"
_FIXED = {ALTAR: Cell.ALTAR, CONVERTER: Cell.CONVERTER}
SMALLEST, LARGEST = 5, 256


class Map(NamedTuple):
    """A map read from its drawing; coordinates are of the padded grid."""

    grid: Bytes  # (H, C) walls alone, UNSEEN outside
    sites: Shorts  # (S, 2)
    objects: tuple[tuple[Cell, int, int], ...]  # what stands at fixed places
    marks: dict[str, tuple[tuple[int, int], ...]]  # start marks, in reading order


def read_map(drawing: str) -> Map:
    """Return the map that `drawing` shows; ScenarioError where it is ragged, too small or large, or not walled in."""
    rows = [line.strip() for line in drawing.strip().splitlines()]
    _check(rows)
    height, width = len(rows), len(rows[0])
    grid = np.full((height + 2 * VIEW, width + 2 * VIEW), Cell.UNSEEN, dtype=np.uint8)
    sites, objects, marks = [], [], {}  # type: ignore[var-annotated]
    for r, line in enumerate(rows):
        for c, sign in enumerate(line):
            place = (r + VIEW, c + VIEW)
            grid[place] = Cell.WALL if sign == WALL else Cell.EMPTY
            if sign == SITE:
                sites.append(place)
            elif sign in _FIXED:
                objects.append((_FIXED[sign], *place))
            elif sign not in (WALL, EMPTY):
                marks.setdefault(sign, []).append(place)
    return Map(
        grid,
        np.array(sites, dtype=np.int16).reshape(-1, 2),
        tuple(objects),
        {sign: tuple(places) for sign, places in marks.items()},
    )


def _check(rows: list[str]) -> None:
    """Raise ScenarioError where the drawing is no walled rectangle of a possible size."""
    if not rows or not SMALLEST <= len(rows) <= LARGEST or not SMALLEST <= len(rows[0]) <= LARGEST:
        size = f"{len(rows)} x {len(rows[0]) if rows else 0}"
        raise ScenarioError(f"map is {size} cells; a map has {SMALLEST} x {SMALLEST} to {LARGEST} x {LARGEST}.")
    for number, line in enumerate(rows, start=1):
        if len(line) != len(rows[0]):
            raise ScenarioError(
                f"map: line {number} has {len(line)} cells and line 1 has {len(rows[0])}; make all lines equally long."
            )
        whole = number in (1, len(rows))
        if set(line if whole else line[0] + line[-1]) != {WALL}:
            raise ScenarioError(f"map: line {number} leaves the border open; wall the map in with # on every side.")


def near_first() -> np.ndarray:
    """Return the (121, 2) offsets of a window, nearest first, so that the first (2 r + 1)^2 are those of radius r."""
    span = np.arange(-VIEW, VIEW + 1)
    offsets = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    chebyshev = np.abs(offsets).max(axis=1)
    squared = (offsets**2).sum(axis=1)
    return offsets[np.lexsort((offsets[:, 1], offsets[:, 0], squared, chebyshev))].astype(np.int16)
