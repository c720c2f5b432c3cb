"""The map under several figures: shares as shades, walls, altars and converters, rings around places."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, Rectangle, RegularPolygon

from commlab.figures.look.style import SEQUENTIAL, SOFT

__all__ = ["ALTAR", "CONVERTER", "RING", "WALL", "Ground", "dots", "draw_ground", "ground_of", "ring", "shares_of"]

Array = np.ndarray[Any, Any]

MARK_CELLS = 16  # on larger maps, marks grow so that they stay as large on paper as on a map of this many cells
RING = "#d1440a"
WALL = "#bcc4cf"  # a middling grey: it stays behind the shades on white and on black
ALTAR = "#e0a526"
CONVERTER = "#a07ccb"


class Ground(NamedTuple):
    """A static map."""

    grid: Array  # (H, W) cell codes
    codes: Mapping[str, str]  # what they stand for

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.grid.shape[0]), int(self.grid.shape[1])

    @property
    def solid(self) -> Array:
        """Where walls stand, (H, W) bool."""
        return self.of("wall")

    def of(self, name: str) -> Array:
        """Where cells of that name are, (H, W) bool."""
        return np.isin(self.grid, [int(code) for code, known in self.codes.items() if known == name])

    @property
    def mark(self) -> float:
        """The size of a mark in cells."""
        return max(1.0, max(self.shape) / MARK_CELLS)


def ground_of(details: Mapping[str, Any]) -> Ground:
    """The map in a result's details; an empty one where its episodes have different maps."""
    grid = details.get("grid")
    if grid is None:
        return Ground(np.zeros((int(details["height"]), int(details["width"])), int), {})
    return Ground(np.asarray(grid), {str(code): str(name) for code, name in details["codes"].items()})


def shares_of(cells: Iterable[Iterable[float]], shape: tuple[int, int]) -> Array:
    """A list of [row, column, share] as a map (H, W)."""
    shares = np.zeros(shape)
    for row, column, share in cells:
        shares[int(row), int(column)] = share
    return shares


def draw_ground(ax: Axes, ground: Ground, shares: Array | None = None, deepest: float = 1.0) -> None:
    """One map: shares (H, W) as shades on a square-root scale up to `deepest`, then walls and what stands there."""
    height, width = ground.shape
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal", xticks=[], yticks=[])
    shades = np.zeros((height, width)) if shares is None else np.sqrt(np.clip(shares / (deepest or 1.0), 0, 1))
    picture = SEQUENTIAL(shades)[..., :3]
    picture[ground.solid] = to_rgb(WALL)
    ax.imshow(picture, extent=(0, width, height, 0), interpolation="none")
    for row, column in np.argwhere(ground.of("altar")):
        ax.add_patch(RegularPolygon((column + 0.5, row + 0.5), 4, radius=0.62 * ground.mark, facecolor=ALTAR,
                                    edgecolor="white", linewidth=0.6))  # fmt: skip
    for row, column in np.argwhere(ground.of("converter")):
        ax.add_patch(Rectangle((column + 0.2, row + 0.2), 0.6, 0.6, facecolor=CONVERTER, edgecolor="white",
                               linewidth=0.6))  # fmt: skip
    for spine in ax.spines.values():
        spine.set_visible(False)


def dots(ax: Axes, ground: Ground, places: Iterable[tuple[int, int]]) -> None:
    """A small ring at each place."""
    for row, column in places:
        ax.add_patch(Circle((column + 0.5, row + 0.5), 0.16 * ground.mark, facecolor="none", edgecolor=SOFT,
                            linewidth=0.7))  # fmt: skip


def ring(ax: Axes, ground: Ground, place: tuple[int, int]) -> None:
    """A large ring around a place."""
    row, column = place
    ax.add_patch(Circle((column + 0.5, row + 0.5), 0.78 * ground.mark, facecolor="none", edgecolor=RING,
                        linewidth=1.8))  # fmt: skip
