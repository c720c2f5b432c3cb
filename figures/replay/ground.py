"""The ground of an episode: its map, and the walls that were built or broken, as its agents saw them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording

__all__ = ["Ground", "ground_of"]

Array = np.ndarray[Any, Any]
EMPTY, WALL, UNSEEN = 0, 1, 255
NO_PLACES = "This recording has no map: agents are drawn in a ring, and where they stand is not shown."
MOST_CELLS = 2**20  # of a map that is drawn
BUILDS = frozenset({"build_wall", "dismantle", "attack"})


class Ground(NamedTuple):
    """A map and how it changes."""

    map: dict[str, Any] | None  # height, width, grid (rows of cell codes), sites; None without a map
    changes: list[tuple[int, int, int, int]]  # step, row, column, code: a wall is there from this step on, or gone
    note: str  # what the reader must know of the map, or ""


class Sightings(NamedTuple):
    """Every cell that an agent saw at a step, one after the other in time."""

    step: Array
    row: Array
    column: Array
    wall: Array  # bool


def ground_of(recording: Recording, plan: Mapping[str, Any] | None = None) -> Ground:
    """The ground of the only episode of `recording`, an excerpt; `plan` is its map, where the layout's is another."""
    layout = recording.attrs.get("layout") if plan is None else plan
    if "agents/position" not in recording:
        return Ground(None, [], NO_PLACES)
    grid = grid_of(layout)
    if grid is None:
        return bare(recording)
    assert isinstance(layout, Mapping)
    sites = layout.get("sites", [])
    note = ""
    if plan is None and int(recording.episodes.map[0]) > 0:
        grid, sites, note = np.full_like(grid, UNSEEN), [], "Of this episode's map only what its agents saw is known."
        grid = seen_ground(recording, grid)
    shown = {"height": grid.shape[0], "width": grid.shape[1], "grid": grid.tolist(), "sites": sites}
    can_build = BUILDS & set(recording.codes.get("actions", {}).values())
    return Ground(shown, changes_of(recording, grid) if can_build else [], note)


def grid_of(layout: Any) -> Array | None:
    """A layout's grid; None where it has none, or none that can be drawn."""
    try:
        grid = np.asarray(layout["grid"], dtype=np.int64)
    except (KeyError, TypeError, ValueError):
        return None
    return grid if grid.ndim == 2 and 0 < grid.size <= MOST_CELLS else None


def bare(recording: Recording) -> Ground:
    """A floor as large as the agents' places, for recordings that say where agents are and nothing else."""
    places = np.asarray(recording["agents/position"])
    height, width = (int(places[..., axis].max(initial=0)) + 1 for axis in (0, 1))
    if height * width > MOST_CELLS or places.min(initial=0) < 0:
        return Ground(None, [], NO_PLACES)
    grid = np.full((height, width), EMPTY)
    if "observation/window" in recording:
        grid = seen_ground(recording, np.full((height, width), UNSEEN))
    plan = {"height": height, "width": width, "grid": grid.tolist(), "sites": []}
    return Ground(plan, [], "This recording has no map of its world: walls are not known.")


def sightings(recording: Recording, shape: tuple[int, int]) -> Sightings | None:
    """What agents saw of a map of that shape; None where the recording has no windows."""
    if "observation/window" not in recording:
        return None
    windows = np.asarray(recording["observation/window"])  # (T, A, n, n)
    places = np.asarray(recording["agents/position"]).astype(np.int64)
    reach = windows.shape[-1] // 2
    step, agent, down, right = np.nonzero(windows != UNSEEN)
    row = places[step, agent, 0] + down - reach
    column = places[step, agent, 1] + right - reach
    inside = (row >= 0) & (column >= 0) & (row < shape[0]) & (column < shape[1])
    wall = windows[step, agent, down, right] == WALL
    return Sightings(step[inside], row[inside], column[inside], wall[inside])


def seen_ground(recording: Recording, grid: Array) -> Array:
    """The grid with every cell as it was first seen."""
    seen = sightings(recording, grid.shape)
    if seen is None:
        return grid
    known = grid.copy()
    known[seen.row[::-1], seen.column[::-1]] = np.where(seen.wall[::-1], WALL, EMPTY)  # the first comes last
    return known


def changes_of(recording: Recording, grid: Array) -> list[tuple[int, int, int, int]]:
    """When walls came and went, as far as anybody saw it, in the order of steps."""
    seen = sightings(recording, grid.shape)
    if seen is None:
        return []
    other = seen.wall != (grid[seen.row, seen.column] == WALL)
    cell = seen.row * grid.shape[1] + seen.column
    kept = np.flatnonzero(np.isin(cell, np.unique(cell[other])))
    kept = kept[np.lexsort((seen.step[kept], cell[kept]))]
    cells, walls = cell[kept], seen.wall[kept]
    before = np.empty_like(walls)
    before[1:] = walls[:-1]
    first = np.ones(len(cells), dtype=bool)
    first[1:] = cells[1:] != cells[:-1]
    before[first] = grid.reshape(-1)[cells[first]] == WALL
    rows = kept[walls != before]
    found = [(int(seen.step[n]), int(seen.row[n]), int(seen.column[n]), WALL if seen.wall[n] else EMPTY) for n in rows]
    return sorted(found)
