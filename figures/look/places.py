"""A map cut into places under a figure: shades, walls and things, an outline around places, and arrows of a flow.

It is a dict: rows and columns of places, the side of a place in cells, walls (places), things and sites (cells), and
for arrows the side of their squares in cells and how many stand in a row. `ground` draws whole maps of cells.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, RegularPolygon

from commlab.figures.look.ground import ALTAR, CONVERTER, RING, WALL
from commlab.figures.look.style import INK, SEQUENTIAL, SOFT

__all__ = ["View", "draw_flow", "draw_outline", "draw_places", "view"]

MARK_PLACES = 16  # on larger maps marks grow, so that they stay as large on paper
RIM = 0.45  # places of wall that are shown around what can be walked on


class View(NamedTuple):
    """The part of the map that is drawn, in places."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def longest(self) -> float:
        """Its longer side."""
        return max(self.right - self.left, self.bottom - self.top)


def view(ground: Mapping[str, Any], visited: Sequence[int]) -> View:
    """What lies within the walls around the map, and a rim of them; `visited` places are always seen."""
    inside = np.ones((ground["rows"], ground["columns"]), dtype=bool)
    for row, column in ground["walls"]:
        inside[row, column] = False
    inside.reshape(-1)[list(visited)] = True
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return View(
        max(0.0, columns[0] - RIM), min(inside.shape[1], columns[-1] + 1 + RIM),
        max(0.0, rows[0] - RIM), min(inside.shape[0], rows[-1] + 1 + RIM),
    )  # fmt: skip


def draw_places(ax: Axes, ground: Mapping[str, Any], shades: np.ndarray[Any, Any], seen: View) -> None:
    """The map with shades (rows, columns) from 0 to 1, which cover walls where they are above 0."""
    picture = SEQUENTIAL(shades)[..., :3]
    for row, column in ground["walls"]:
        if not shades[row, column]:
            picture[row, column] = to_rgb(WALL)
    ax.imshow(picture, extent=(0, ground["columns"], ground["rows"], 0), interpolation="none")
    ax.set(xlim=(seen.left, seen.right), ylim=(seen.bottom, seen.top), aspect="equal", xticks=[], yticks=[])
    draw_things(ax, ground, max(1.0, seen.longest / MARK_PLACES))
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_things(ax: Axes, ground: Mapping[str, Any], mark: float) -> None:
    """Sites, altars and what else always stands on the map, `mark` places large."""
    side = ground["side"]
    for row, column in ground["sites"]:
        at = ((column + 0.5) / side, (row + 0.5) / side)
        ax.add_patch(Circle(at, 0.3 * mark, facecolor="none", edgecolor=SOFT, linewidth=0.8))
    for thing in ground["things"]:
        at = ((thing["column"] + 0.5) / side, (thing["row"] + 0.5) / side)
        corners, colour = (4, ALTAR) if thing["name"] == "altar" else (6, CONVERTER)
        ax.add_patch(
            RegularPolygon(at, corners, radius=0.45 * mark, facecolor=colour, edgecolor="white", linewidth=0.6)
        )


def draw_outline(ax: Axes, ground: Mapping[str, Any], places: Sequence[int]) -> None:
    """A line around these places."""
    ax.add_collection(LineCollection(outline(places, ground["columns"]), colors=RING, linewidths=1.2))


def outline(places: Sequence[int], n_columns: int) -> list[list[tuple[int, int]]]:
    """The edges (x, y to x, y) between these places and all others."""
    inside = {divmod(place, n_columns) for place in places}
    edges = []
    for row, column in sorted(inside):
        for across, down, start, end in (
            (0, -1, (column, row), (column + 1, row)),
            (0, 1, (column, row + 1), (column + 1, row + 1)),
            (-1, 0, (column, row), (column, row + 1)),
            (1, 0, (column + 1, row), (column + 1, row + 1)),
        ):
            if (row + down, column + across) not in inside:
                edges.append([start, end])
    return edges


def draw_flow(ax: Axes, ground: Mapping[str, Any], flow: Mapping[str, Any]) -> None:
    """An arrow from the middle of each square whose mean step is clear; a whole cell a step is nearly a square long."""
    clear = np.asarray(flow["clear"], dtype=bool)
    if not clear.any():
        return
    rows, columns = np.divmod(np.asarray(flow["square"])[clear], ground["arrow_columns"])
    size = ground["arrow_side"] / ground["side"]
    mean = np.asarray(flow["mean"], dtype=float)[clear]
    length = np.maximum(np.hypot(mean[:, 0], mean[:, 1]), 1e-9)
    step = mean / length[:, None] * np.minimum(0.35 + 0.6 * length, 0.95)[:, None] * size  # short ones stay seen
    ax.quiver(
        (columns + 0.5) * size, (rows + 0.5) * size, step[:, 1], step[:, 0],
        angles="xy", scale_units="xy", scale=1, pivot="mid", units="x", width=0.13 * size,
        headwidth=3.2, headlength=3.2, headaxislength=2.9, minlength=0,
        color=INK, edgecolor="white", linewidth=0.45,
    )  # fmt: skip
