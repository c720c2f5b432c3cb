"""Furnishing made maps: altars, converters and beacons where they shut nothing off, and sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commlab.env.ground.maps import Place
from commlab.env.types import Bools, Cell
from commlab.foundation.errors import ScenarioError

_CELLS = {"altars": Cell.ALTAR, "converters": Cell.CONVERTER, "beacons": Cell.BEACON}
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # clockwise from the north
_SIDES = _RING[::2]


def furnish(
    floor: Bools, cells: list[Place], wanted: Mapping[str, int], n_sites: int
) -> tuple[list[tuple[Cell, int, int]], list[Place]]:
    """Return the objects, by kind and then in reading order, and the sites, in reading order.

    `cells` are the cells of the floor in the order in which they are tried. ScenarioError where something does not fit.
    """
    room = Room(floor)
    left = iter(cells)
    objects = []
    for what, count in wanted.items():
        places = [place for _, place in zip(range(count), room.fill(left), strict=False)]
        if len(places) < count:
            raise ScenarioError(
                f"layout.{what}: only {len(places)} of {count} {what} find a place on the map that leaves every way "
                "open; have fewer, or enlarge the map."
            )
        objects += [(_CELLS[what], row, column) for row, column in sorted(places)]
    return objects, _sites(room, cells, n_sites)


def _sites(room: Room, cells: list[Place], n_sites: int) -> list[Place]:
    """Return sites on the floor that is left: where they leave every way open, as far as there is such floor."""
    wide: list[Place] = []
    narrow: list[Place] = []
    for place in cells:
        if len(wide) == n_sites:
            break
        if room.is_free(place):
            (wide if room.leaves_ways_open(place) else narrow).append(place)
    sites = (wide + narrow)[:n_sites]
    if len(sites) < n_sites:
        raise ScenarioError(
            f"layout.sites: {n_sites} sites do not fit on {len(sites)} free cells; have fewer, or enlarge the map."
        )
    return sorted(sites)


class Room:
    """A floor that fills up, object by object, while all its free cells stay connected."""

    def __init__(self, floor: Bools) -> None:
        self._floor: list[list[bool]] = floor.tolist()
        self._free: list[list[bool]] = floor.tolist()

    def fill(self, cells: Iterator[Place]) -> Iterator[Place]:
        """Yield those cells at which something can stand, each time taking the cell."""
        for row, column in cells:
            if self._is_wide(row, column) and self.leaves_ways_open((row, column)):
                self._free[row][column] = False
                yield row, column

    def is_free(self, place: Place) -> bool:
        """Return whether nothing stands on a cell."""
        return self._free[place[0]][place[1]]

    def leaves_ways_open(self, place: Place) -> bool:
        """Return whether free cells stay connected, and things beside a free cell, when it is filled.

        They do if the free cells beside it are connected within the ring of eight cells around it.
        """
        row, column = place
        ring = [self._free[row + r][column + c] for r, c in _RING]
        parts = sum(ring[n] and not (ring[n - 1] and ring[n - 2]) for n in range(0, 8, 2))
        if all(ring):
            return True
        return parts == 1 and all(self._is_reached(row + r, column + c, place) for r, c in _SIDES)

    def _is_reached(self, row: int, column: int, filled: Place) -> bool:
        """Return whether a cell is free, a wall, or a thing beside a free cell other than `filled`."""
        if self._free[row][column] or not self._floor[row][column]:
            return True
        return any(self._free[row + r][column + c] for r, c in _SIDES if (row + r, column + c) != filled)

    def _is_wide(self, row: int, column: int) -> bool:
        """Return whether a cell is no door and not within a corridor: walls are not on two opposite sides of it."""
        floor = self._floor
        upright = floor[row - 1][column] or floor[row + 1][column]
        return upright and (floor[row][column - 1] or floor[row][column + 1])
