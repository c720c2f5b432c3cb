"""A pen that draws within one cell at a multiple of its size, scaled down for clean edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from commlab.env.render.palette import Colour

__all__ = ["Pen", "Point", "font", "regular", "smooth", "text_size"]

Point = tuple[float, float]

_FINE = 96  # pixels across a cell that shapes are drawn with, at least
_LEAST_SCALE = 4
_MARGIN = 0.3  # of a cell, on every side: shields and shadows reach beyond


class Pen:
    """Draws with lengths in cells: the cell's centre is (0, 0), its edges lie at -0.5 and 0.5, y points down."""

    def __init__(self, cell: int) -> None:
        self.cell = cell
        self.margin = math.ceil(_MARGIN * cell)
        self.scale = max(_LEAST_SCALE, -(-_FINE // cell))
        self._side = (cell + 2 * self.margin) * self.scale
        self._image = Image.new("RGBA", (self._side, self._side), (0, 0, 0, 0))

    def ellipse(self, centre: Point, radii: Point, colour: Colour, alpha: int = 255) -> None:
        """Fill an ellipse."""
        (x, y), (a, b) = centre, radii
        self._draw(lambda draw: draw.ellipse(self._box(x - a, y - b, x + a, y + b), fill=255), colour, alpha)

    def disc(self, centre: Point, radius: float, colour: Colour, alpha: int = 255) -> None:
        """Fill a circle."""
        self.ellipse(centre, (radius, radius), colour, alpha)

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: int = 255) -> None:
        """Fill a polygon."""
        self._draw(lambda draw: draw.polygon([self._at(*point) for point in points], fill=255), colour, alpha)

    def soft_polygon(self, points: Sequence[Point], radius: float, colour: Colour, alpha: int = 255) -> None:
        """Fill a polygon whose corners are rounded outwards by `radius`."""

        def fill(draw: ImageDraw.ImageDraw) -> None:
            corners = [self._at(*point) for point in points]
            draw.polygon(corners, fill=255)
            draw.line([*corners, corners[0], corners[1]], fill=255, width=self._length(2 * radius))
            for point in points:
                draw.ellipse(self._around(point, radius), fill=255)

        self._draw(fill, colour, alpha)

    def plate(self, corner: Point, size: Point, radius: float, colour: Colour, alpha: int = 255) -> None:
        """Fill a rectangle with round corners, given its upper left corner."""
        box = self._box(corner[0], corner[1], corner[0] + size[0], corner[1] + size[1])
        self._draw(lambda draw: draw.rounded_rectangle(box, self._length(radius), fill=255), colour, alpha)

    def line(self, points: Sequence[Point], width: float, colour: Colour, alpha: int = 255) -> None:
        """Draw a line through points, with round ends and corners."""

        def stroke(draw: ImageDraw.ImageDraw) -> None:
            draw.line([self._at(*point) for point in points], fill=255, width=self._length(width))
            for point in points:
                draw.ellipse(self._around(point, width / 2), fill=255)

        self._draw(stroke, colour, alpha)

    def arc(self, radius: float, ends: Point, width: float, colour: Colour, centre: Point = (0, 0)) -> None:
        """Draw an arc of a circle between two angles in degrees, clockwise from three o'clock."""
        box = self._around(centre, radius + width / 2)
        self._draw(lambda draw: draw.arc(box, ends[0], ends[1], fill=255, width=self._length(width)), colour, 255)

    def ring(self, radius: float, width: float, colour: Colour, alpha: int = 255) -> None:
        """Draw a circle."""
        box = self._around((0, 0), radius + width / 2)
        self._draw(lambda draw: draw.ellipse(box, outline=255, width=self._length(width)), colour, alpha)

    def stamp(self, other: Pen, below: float = -1.0) -> None:
        """Lay what another pen of this size drew over this one's, as far as it lies below a height."""
        level = max(0, round(self._at(0, below)[1]))
        part = other._image.crop((0, level, self._side, self._side))
        self._image.alpha_composite(part, (0, level))

    def done(self) -> Image.Image:
        """Return the sprite: the cell with its margin on every side."""
        return self._image.reduce(self.scale)

    def _draw(self, shape: Callable[[ImageDraw.ImageDraw], None], colour: Colour, alpha: int) -> None:
        """Lay a shape over what is there."""
        mask = Image.new("1", self._image.size)
        shape(ImageDraw.Draw(mask))
        if alpha == 255:
            self._image.paste((*colour, 255), (0, 0), mask)
            return
        layer = Image.new("RGBA", self._image.size, (*colour, 0))
        layer.paste((*colour, alpha), (0, 0), mask)
        self._image.alpha_composite(layer)

    def _at(self, x: float, y: float) -> Point:
        """Return a point in fine pixels."""
        unit = self.cell * self.scale
        return self._side / 2 + x * unit, self._side / 2 + y * unit

    def _box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """Return a box in fine pixels; the far edges are part of what Pillow fills."""
        (a, b), (c, d) = self._at(left, top), self._at(right, bottom)
        return a, b, max(a, c - 1), max(b, d - 1)

    def _around(self, centre: Point, radius: float) -> tuple[float, float, float, float]:
        """Return the box around a circle."""
        x, y = centre
        return self._box(x - radius, y - radius, x + radius, y + radius)

    def _length(self, length: float) -> int:
        """Return a length in fine pixels."""
        return max(1, round(length * self.cell * self.scale))


def regular(n_corners: int, radius: float, turn: float = 0.0, centre: Point = (0, 0)) -> list[Point]:
    """Return the corners of a regular polygon; with no turn, one is at the top."""
    angles = (math.tau * (i / n_corners + turn) - math.pi / 2 for i in range(n_corners))
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def smooth(half: Point, power: float, centre: Point = (0, 0), n_points: int = 96) -> list[Point]:
    """Return a superellipse: 2 is an ellipse, more is closer to its rectangle, less to its rhombus."""
    points = []
    for i in range(n_points):
        angle = math.tau * i / n_points
        x, y = math.cos(angle), math.sin(angle)
        points.append(
            (
                centre[0] + half[0] * math.copysign(abs(x) ** (2 / power), x),
                centre[1] + half[1] * math.copysign(abs(y) ** (2 / power), y),
            )
        )
    return points


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface at a size in pixels; where it was built without FreeType, its one bitmap font."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def text_size(text: str, size: int) -> tuple[int, int]:
    """Return the width of a text, and the height of a digit, in pixels."""
    _, top, _, bottom = font(size).getbbox("0")
    return math.ceil(font(size).getlength(text)), round(bottom - top)
