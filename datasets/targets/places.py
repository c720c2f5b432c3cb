"""Ways to name a place: a compass sector seen from somewhere, or a cell of the map.

Sectors are eight angles of 45 degrees centred on N, NE, E, SE, S, SW, W and NW, and "centre" for no distance; north is
where the row decreases, east where the column increases. Classes come in that order, then "none".
"""

from typing import Any

import numpy as np

from commlab.datasets.targets.labels import NONE, Labels, class_labels

__all__ = ["CENTRE", "NO_PLACE", "SECTORS", "cells", "map_centre", "sectors"]

Array = np.ndarray[Any, Any]
SECTORS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW", "centre", NONE)
CENTRE, NO_PLACE = 8, 9  # the classes "centre" and "none"


def sectors(offset: Array, exists: Array) -> Array:
    """The class in SECTORS of offsets (…, 2), rows and columns from where one looks; "none" where not `exists` (…).

    "centre" is less than one cell away in both directions: the same cell, or the middle ones of a map of even size.
    """
    south, east = offset[..., 0].astype(np.float32), offset[..., 1].astype(np.float32)
    sector = np.rint(np.arctan2(east, -south) / (np.pi / 4)).astype(np.int16) % 8
    at_centre = np.maximum(np.abs(south), np.abs(east)) < 1
    return np.where(exists, np.where(at_centre, np.int16(CENTRE), sector), np.int16(NO_PLACE))


def map_centre(layout: dict[str, Any]) -> Array:
    """The middle of the map (row, column), between cells where a side is even."""
    return np.array([(layout["height"] - 1) / 2, (layout["width"] - 1) / 2], dtype=np.float32)


def cells(place: Array, exists: Array, width: int) -> Labels:
    """The cell of each place (S, A, 2) as a class named "row,column"; "none" where not `exists` (S, A).

    The classes are the cells that occur, row by row, and then "none".
    """
    number = place[..., 0].astype(np.int64) * width + place[..., 1]
    occurring = np.unique(number[exists])
    values = np.where(exists, np.searchsorted(occurring, number), len(occurring))
    names = tuple(f"{cell // width},{cell % width}" for cell in occurring.tolist())
    return class_labels(values, (*names, NONE))
