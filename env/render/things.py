"""What the objects look like: gems, the altar's heart, converters, beacons, berries, and cracks in what is hit."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw

from commlab.env.render.palette import (
    BERRIES,
    BOLT,
    HEART,
    INK,
    KINDS,
    LEAF,
    LINKS,
    MACHINE,
    POISON,
    SHADE,
    STONE,
    STONE_SIDE,
    WHITE,
    Colour,
    mix,
)
from commlab.env.render.pen import Pen, Point, font, regular
from commlab.env.types import Cell

__all__ = ["LEVELS", "altar", "beacon", "berry", "converter", "count", "cracks", "gem"]

LEVELS = 12  # heights to which a gem is filled
_SPRITES = 4096
_SMALL = 18  # pixels: cells below this show less

# Outlines of the four gems: a cut emerald, a brilliant, a hexagon and a shard, told apart without their colours.
_GEMS: dict[Cell, tuple[Point, ...]] = {
    Cell.CRYSTAL_GREEN: (
        (-0.15, -0.34), (0.15, -0.34), (0.28, -0.21), (0.28, 0.21),
        (0.15, 0.34), (-0.15, 0.34), (-0.28, 0.21), (-0.28, -0.21),
    ),
    Cell.CRYSTAL_YELLOW: ((-0.2, -0.3), (0.2, -0.3), (0.37, -0.09), (0.0, 0.35), (-0.37, -0.09)),
    Cell.CRYSTAL_RED: tuple(regular(6, 0.35)),
    Cell.CRYSTAL_BLUE: ((0.0, -0.4), (0.2, -0.14), (0.2, 0.2), (0.0, 0.37), (-0.2, 0.2), (-0.2, -0.14)),
}  # fmt: skip
_LIGHT = (-0.55, -0.83)  # the way to the light


@lru_cache(maxsize=_SPRITES)
def gem(kind: Cell, level: int, cell: int) -> Image.Image:
    """Return a crystal that is filled to `level` of LEVELS."""
    colour, outline = KINDS[kind], _GEMS[kind]
    pen = Pen(cell)
    pen.ellipse((0, 0.36), (0.27, 0.07), SHADE, 34)
    pen.soft_polygon(outline, 0.045, mix(colour, INK, 0.38))
    _facets(pen, outline, mix(colour, WHITE, 0.72), 0.35)
    full = Pen(cell)
    _facets(full, outline, colour, 1.0)
    if level > 0:
        low, high = max(y for _, y in outline), min(y for _, y in outline)
        pen.stamp(full, below=low - (low - high) * level / LEVELS)
    return pen.done()


def _facets(pen: Pen, outline: tuple[Point, ...], colour: Colour, contrast: float) -> None:
    """Draw a gem's facets, each as bright as it is turned to the light."""
    table = [(0.52 * x, 0.5 * y - 0.03) for x, y in outline]
    for i, a in enumerate(outline):
        j = (i + 1) % len(outline)
        b = outline[j]
        length = math.hypot(b[0] - a[0], b[1] - a[1])
        turned = ((b[1] - a[1]) * _LIGHT[0] - (b[0] - a[0]) * _LIGHT[1]) / length
        tone = (
            mix(colour, WHITE, 0.42 * turned * contrast) if turned > 0 else mix(colour, INK, -0.34 * turned * contrast)
        )
        pen.polygon((a, b, table[j], table[i]), tone)
    pen.polygon(table, mix(colour, WHITE, 0.3 * contrast))
    pen.polygon([table[0], table[1], (0.0, 0.0), table[-1]], mix(colour, WHITE, 0.5 * contrast))


@lru_cache(maxsize=_SPRITES)
def altar(ready: bool, cell: int) -> Image.Image:
    """Return the heart on its plinth; pale while it rests."""
    pen = Pen(cell)
    pen.ellipse((0, 0.4), (0.42, 0.09), SHADE, 40)
    pen.ellipse((0, 0.32), (0.4, 0.13), STONE_SIDE)
    pen.ellipse((0, 0.27), (0.4, 0.13), STONE)
    pen.ellipse((0, 0.26), (0.31, 0.085), mix(STONE, WHITE, 0.45))
    tone = HEART if ready else mix(HEART, STONE, 0.62)
    pen.soft_polygon(_heart(0.36, (0, -0.05)), 0.035, mix(tone, INK, 0.3))
    pen.polygon(_heart(0.36, (0, -0.05)), tone)
    pen.polygon(_heart(0.27, (-0.025, -0.09)), mix(tone, WHITE, 0.16))
    pen.ellipse((-0.16, -0.2), (0.075, 0.055), WHITE, 190 if ready else 110)
    return pen.done()


def _heart(half: float, centre: Point) -> list[Point]:
    """Return the outline of a heart that is twice `half` wide."""
    points = []
    for i in range(120):
        t = math.tau * i / 120
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((centre[0] + half * math.sin(t) ** 3, centre[1] - half * y / 16))
    return points


@lru_cache(maxsize=_SPRITES)
def converter(ready: bool, cell: int) -> Image.Image:
    """Return a converter: a machine with a bolt, dark while it rests."""
    pen = Pen(cell)
    pen.plate((-0.36, -0.28), (0.76, 0.72), 0.12, SHADE, 40)
    pen.plate((-0.39, -0.37), (0.78, 0.78), 0.14, mix(MACHINE, INK, 0.45))
    pen.plate((-0.39, -0.39), (0.78, 0.73), 0.14, MACHINE)
    pen.disc((0, -0.03), 0.29, mix(MACHINE, INK, 0.35))
    pen.disc((0, -0.03), 0.25, mix(MACHINE, BOLT, 0.16) if ready else mix(MACHINE, INK, 0.15))
    tone = BOLT if ready else mix(MACHINE, WHITE, 0.35)
    pen.polygon([(0.07, -0.24), (-0.15, 0.03), (-0.02, 0.03), (-0.07, 0.19), (0.16, -0.09), (0.02, -0.09)], tone)
    if cell >= _SMALL:
        for x, y in ((-0.3, -0.3), (0.3, -0.3), (-0.3, 0.25), (0.3, 0.25)):
            pen.disc((x, y), 0.035, mix(MACHINE, WHITE, 0.4))
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def beacon(link: int, cell: int) -> Image.Image:
    """Return a beacon: a mast whose lamp and waves have the colour of its link."""
    colour = LINKS[link % len(LINKS)]
    pen = Pen(cell)
    pen.ellipse((0, 0.39), (0.27, 0.07), SHADE, 40)
    pen.soft_polygon([(-0.06, -0.1), (0.06, -0.1), (0.17, 0.34), (-0.17, 0.34)], 0.02, mix(MACHINE, INK, 0.2))
    pen.polygon([(-0.05, -0.1), (0.0, -0.1), (0.0, 0.34), (-0.14, 0.34)], mix(MACHINE, WHITE, 0.25))
    for radius in (0.24, 0.36):
        width = 0.055 if cell >= _SMALL else 0.08
        pen.arc(radius, (-48, 48), width, colour, (0, -0.17))
        pen.arc(radius, (132, 228), width, colour, (0, -0.17))
    pen.disc((0, -0.17), 0.145, mix(colour, INK, 0.35))
    pen.disc((0, -0.17), 0.12, colour)
    pen.disc((-0.035, -0.205), 0.045, WHITE, 200)
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def berry(look: Cell, poisonous: bool, cell: int) -> Image.Image:
    """Return a berry of a look; a poisonous one bears a small violet cross, which agents do not see."""
    colour = BERRIES[look]
    edge, light = mix(colour, INK, 0.35), mix(colour, WHITE, 0.3)
    pen = Pen(cell)
    pen.ellipse((0, 0.34), (0.22, 0.06), SHADE, 34)
    if look == Cell.BERRY_ROUND:
        _stalk(pen, (0, -0.2), (0.08, -0.36))
        _ball(pen, (0, 0.06), (0.27, 0.27), colour)
    elif look == Cell.BERRY_LONG:
        _stalk(pen, (0, -0.26), (-0.06, -0.38))
        _ball(pen, (0, 0.04), (0.17, 0.32), colour)
    elif look == Cell.BERRY_STAR:
        star = [point for i in range(5) for point in (regular(10, 0.33)[2 * i], regular(10, 0.17)[2 * i + 1])]
        pen.soft_polygon([(x, y + 0.03) for x, y in star], 0.06, edge)
        pen.soft_polygon([(x, y + 0.03) for x, y in star], 0.025, colour)
        pen.soft_polygon([(0.5 * x - 0.01, 0.5 * y) for x, y in star], 0.02, light)
        pen.ellipse((0, -0.34), (0.06, 0.04), LEAF)
    else:
        for x, y in ((-0.16, 0.12), (0.16, 0.15)):
            pen.line([(x, y - 0.1), (0.02, -0.34)], 0.045, mix(LEAF, INK, 0.2))
        _ball(pen, (-0.16, 0.14), (0.17, 0.17), colour)
        _ball(pen, (0.17, 0.17), (0.17, 0.17), colour)
        pen.ellipse((0.1, -0.34), (0.11, 0.05), LEAF)
    if poisonous and cell >= _SMALL:
        for ends in (((0.2, 0.2), (0.36, 0.36)), ((0.36, 0.2), (0.2, 0.36))):
            pen.line(ends, 0.12, WHITE)
        for ends in (((0.2, 0.2), (0.36, 0.36)), ((0.36, 0.2), (0.2, 0.36))):
            pen.line(ends, 0.06, POISON)
    return pen.done()


def _ball(pen: Pen, centre: Point, radii: Point, colour: Colour) -> None:
    """Draw a berry's body."""
    (x, y), (a, b) = centre, radii
    pen.ellipse(centre, (a + 0.035, b + 0.035), mix(colour, INK, 0.35))
    pen.ellipse(centre, radii, colour)
    pen.ellipse((x - 0.12 * a, y - 0.14 * b), (0.74 * a, 0.74 * b), mix(colour, WHITE, 0.14))
    pen.ellipse((x - 0.36 * a, y - 0.4 * b), (0.26 * a, 0.2 * b), WHITE, 170)


def _stalk(pen: Pen, foot: Point, tip: Point) -> None:
    """Draw a berry's stalk and leaf."""
    pen.line([foot, tip], 0.05, mix(LEAF, INK, 0.25))
    pen.ellipse((tip[0] + 0.1, tip[1] + 0.06), (0.12, 0.055), LEAF)


@lru_cache(maxsize=_SPRITES)
def cracks(damage: int, cell: int) -> Image.Image:
    """Return the cracks in a thing that was hit: `damage` from 1 to 3."""
    pen = Pen(cell)
    lines = (
        [(-0.1, -0.45), (-0.02, -0.22), (-0.15, -0.05), (-0.03, 0.12)],
        [(0.42, 0.02), (0.2, 0.06), (0.1, 0.24), (0.16, 0.42)],
        [(-0.42, 0.2), (-0.24, 0.22), (-0.2, 0.4)],
    )
    for line in lines[:damage]:
        pen.line([(x + 0.02, y + 0.03) for x, y in line], 0.045, WHITE, 90)
        pen.line(line, 0.045, INK, 210)
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def count(number: int, cell: int) -> Image.Image:
    """Return a stock's number in the lower right corner, for cells large enough to read it."""
    side = 2 * cell
    image = Image.new("RGBA", (side, side), (*WHITE, 0))
    size = max(9, round(0.25 * cell))
    draw = ImageDraw.Draw(image)
    place = (side / 2 + 0.48 * cell, side / 2 + 0.46 * cell)
    draw.text(place, str(number), fill=INK, font=font(size), anchor="rs", stroke_width=2, stroke_fill=WHITE)
    return image
