"""The ground of a picture: floor, walls as joined solid shapes, and the rings of sites."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from commlab.env.render.palette import (
    BRITTLE,
    BRITTLE_SIDE,
    FLOOR,
    FLOOR_TOO,
    PAGE,
    RING,
    SHADE,
    WALL,
    WALL_SIDE,
    WHITE,
    Colour,
    mix,
)
from commlab.env.render.pen import Pen

__all__ = ["Plan", "draw_ground"]

_KEPT = 8  # grounds
_ROUND = 0.16  # of a cell: how soft the corners of walls are
_HEIGHT = 0.13  # of a cell: the side of a wall that is seen
_STEEP = 3.0  # how sharp the edges of walls are


class Plan(NamedTuple):
    """What a ground is drawn from: bytes of (rows, columns) masks, so that grounds can be kept."""

    rows: int
    columns: int
    walls: bytes
    brittle: bytes  # walls that can break
    unseen: bytes  # outside of the map
    sites: tuple[tuple[int, int], ...]


@lru_cache(maxsize=_KEPT)
def draw_ground(plan: Plan, cell: int, margin: int) -> Image.Image:
    """Return the ground with a margin of pixels on every side; a copy is to be drawn upon, not the image itself."""
    shape = (plan.rows, plan.columns)
    unseen = np.frombuffer(plan.unseen, np.bool_).reshape(shape)
    image = Image.new("RGB", (plan.columns * cell + 2 * margin, plan.rows * cell + 2 * margin), PAGE)
    image.paste(_floor(unseen, cell), (margin, margin))
    ring = _ring(cell)
    room = (ring.width - cell) // 2
    for row, column in plan.sites:
        image.paste(ring, (margin + column * cell - room, margin + row * cell - room), ring)
    solid = np.frombuffer(plan.walls, np.bool_).reshape(shape)
    brittle = np.frombuffer(plan.brittle, np.bool_).reshape(shape)
    if solid.any():
        _raise_walls(image, _outline(solid, cell, margin), cell, (WALL, WALL_SIDE))
    if brittle.any():
        _raise_walls(image, _outline(brittle, cell, margin), cell, (BRITTLE, BRITTLE_SIDE))
    return image


def _floor(unseen: NDArray[np.bool_], cell: int) -> Image.Image:
    """Return a board of two tones so alike that only the cells are told apart."""
    tones = np.array([FLOOR, FLOOR_TOO], np.uint8)
    board = tones[np.indices(unseen.shape).sum(axis=0) % 2]
    board[unseen] = PAGE
    return Image.fromarray(board).resize((unseen.shape[1] * cell, unseen.shape[0] * cell), Image.Resampling.NEAREST)


@lru_cache(maxsize=_KEPT)
def _ring(cell: int) -> Image.Image:
    """Return the ring of a site."""
    pen = Pen(cell)
    pen.ring(0.3, max(0.05, 1.0 / cell), RING)
    return pen.done()


def _outline(cells: NDArray[np.bool_], cell: int, margin: int) -> Image.Image:
    """Return a mask of cells joined to shapes with round corners: blurred, and cut where the blur is halfway."""
    small = Image.fromarray(cells.astype(np.uint8) * 255)
    mask = Image.new("L", (cells.shape[1] * cell + 2 * margin, cells.shape[0] * cell + 2 * margin))
    mask.paste(small.resize((cells.shape[1] * cell, cells.shape[0] * cell), Image.Resampling.NEAREST), (margin, margin))
    soft = mask.filter(ImageFilter.GaussianBlur(_ROUND * cell))
    slope = _STEEP * max(1.0, _ROUND * cell / 1.5)
    return soft.point([round(min(255.0, max(0.0, 127.5 + (level - 118) * slope))) for level in range(256)])


def _raise_walls(image: Image.Image, mask: Image.Image, cell: int, tones: tuple[Colour, Colour]) -> None:
    """Draw walls that stand out of the floor: a shadow, a side and a top that the light falls on."""
    top, side = tones
    height = max(1, round(_HEIGHT * cell))
    shadow = mask.filter(ImageFilter.GaussianBlur(0.12 * cell)).point([level * 60 // 255 for level in range(256)])
    image.paste(SHADE, (height // 2, height + 1), shadow)
    for down in range(height, 0, -1):
        image.paste(side, (0, down), mask)
    image.paste(mix(top, WHITE, 0.35), (0, 0), mask)
    image.paste(top, (0, max(1, round(0.045 * cell))), mask)
