"""Maps: from the ASCII drawing of a scenario to a padded grid of walls, and the places of what stands on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commlab.env.types import VIEW, Bools, Bytes, Cell, Shorts
from commlab.foundation.errors import ScenarioError

WALL, EMPTY, SITE = "#", ".", "o"
_FIXED = {"A": Cell.ALTAR, "C": Cell.CONVERTER, "B": Cell.BEACON}
SMALLEST, LARGEST = 5, 256
Place = tuple[int, int]


class Map(NamedTuple):
    """A map, drawn or made; coordinates are of the padded grid."""

    grid: Bytes  # (H, C) walls alone, UNSEEN outside
    sites: Shorts  # (S, 2) in reading order
    objects: tuple[tuple[Cell, int, int], ...]  # what stands at fixed places, in the order of the list of objects
    marks: dict[str, tuple[Place, ...]]  # start marks, in reading order


def read_map(drawing: str) -> Map:
    """Return the map that `drawing` shows; ScenarioError where it is ragged, too small or large, or not walled in."""
    rows = [line.strip() for line in drawing.strip().splitlines()]
    _check(rows)
    signs = {(r, c): sign for r, line in enumerate(rows) for c, sign in enumerate(line)}
    floor = np.array([[sign != WALL for sign in line] for line in rows])
    sites = [place for place, sign in signs.items() if sign == SITE]
    objects = [(_FIXED[sign], *place) for place, sign in signs.items() if sign in _FIXED]
    marks: dict[str, tuple[Place, ...]] = {}
    for (r, c), sign in signs.items():
        if sign not in (WALL, EMPTY, SITE, *_FIXED):
            marks[sign] = (*marks.get(sign, ()), (r + VIEW, c + VIEW))
    return padded(floor, sites, objects, marks)


def padded(
    floor: Bools, sites: list[Place], objects: list[tuple[Cell, int, int]], marks: dict[str, tuple[Place, ...]]
) -> Map:
    """Return the map of a floor (rows, columns) and what is on it, whose border cells are walls."""
    walls = np.where(floor, Cell.EMPTY, Cell.WALL).astype(np.uint8)
    return Map(
        grid=np.pad(walls, VIEW, constant_values=Cell.UNSEEN),
        sites=np.array(sites, dtype=np.int16).reshape(-1, 2) + np.int16(VIEW),
        objects=tuple((cell, row + VIEW, column + VIEW) for cell, row, column in objects),
        marks=marks,
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
