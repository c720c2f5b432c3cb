"""What an agent looks like: a rounded figure in its family's colour that looks where it faces; an egg when frozen."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from commlab.env.render.palette import FULL, INK, LOW, SHADE, SHELL, SHIELD, WHITE, Colour, mix
from commlab.env.render.pen import Pen, Point, font, smooth, text_size
from commlab.env.types import Facing

__all__ = ["BAR", "agent", "badge", "bar", "beads", "egg", "glow", "n_beads", "shield", "speaker_dot"]

BAR = 24  # steps of an energy bar
_SPRITES = 4096
_FINE = 4  # scale at which plates are drawn
_DOTS = (3, 6)  # of units carried, in small cells and in others
_SMALL = 18  # pixels: cells below this show less
_POWERS = (2.0, 4.2, 1.5, 2.8)  # shapes of bodies, taking turns: round, square, pointed, between
_AHEAD: dict[Facing, Point] = {
    Facing.NORTH: (0, -1), Facing.EAST: (1, 0), Facing.SOUTH: (0, 1), Facing.WEST: (-1, 0),
}  # fmt: skip


@lru_cache(maxsize=_SPRITES)
def agent(colour: Colour, body: int, facing: Facing, cell: int) -> Image.Image:
    """Return an agent: its shape tells its body, beak and eyes tell where it faces."""
    power = _POWERS[body % len(_POWERS)]
    half = 0.36 if power < 2 else (0.33 if power <= 2.8 else 0.305)
    half *= 1.0 if cell >= _SMALL else 1.14
    ahead = _AHEAD[facing]
    aside = (-ahead[1], ahead[0])
    edge = mix(colour, INK, 0.45)
    pen = Pen(cell)
    pen.ellipse((0, 0.35), (0.3, 0.075), SHADE, 46)
    tip, root = (0.455, 0.24) if cell >= _SMALL else (0.56, 0.3)
    beak = [_place(ahead, aside, root, -0.13), _place(ahead, aside, tip, 0.0), _place(ahead, aside, root, 0.13)]
    pen.soft_polygon(beak, 0.04, edge)
    pen.polygon(smooth((half + 0.04, half + 0.04), power), edge)
    pen.polygon(beak, mix(colour, INK, 0.12))
    pen.polygon(smooth((half, half), power), mix(colour, INK, 0.12))
    pen.polygon(smooth((half * 0.93, half * 0.88), power, (0, -half * 0.1)), colour)
    pen.ellipse((-0.13, -0.2), (0.12, 0.07), WHITE, 70)
    _eyes(pen, ahead, aside, cell)
    return pen.done()


def _eyes(pen: Pen, ahead: Point, aside: Point, cell: int) -> None:
    """Draw two eyes that look ahead; in small cells they are white dots."""
    white, pupil = (0.1, 0.058) if cell >= _SMALL else (0.105, 0.05)
    for side in (-1, 1):
        eye = _place(ahead, aside, 0.15, 0.135 * side)
        pen.disc(eye, white, WHITE)
        pen.disc((eye[0] + 0.035 * ahead[0], eye[1] + 0.035 * ahead[1]), pupil, INK)


def _place(ahead: Point, aside: Point, far: float, across: float) -> Point:
    """Return the point so far ahead and so far across."""
    return ahead[0] * far + aside[0] * across, ahead[1] * far + aside[1] * across


@lru_cache(maxsize=_SPRITES)
def egg(colour: Colour, cell: int) -> Image.Image:
    """Return a frozen agent: an egg with speckles of its family's colour."""
    pen = Pen(cell)
    pen.ellipse((0, 0.38), (0.27, 0.07), SHADE, 46)
    outline, shell = smooth((0.295, 0.375), 2.0, (0, 0.01)), smooth((0.255, 0.335), 2.0, (0, 0.01))
    pen.polygon([_egged(point) for point in outline], mix(colour, INK, 0.35))
    pen.polygon([_egged(point) for point in shell], mix(SHELL, colour, 0.14))
    pen.ellipse((-0.05, -0.07), (0.15, 0.2), SHELL)
    band = [(-0.215, 0.06), (-0.11, 0.0), (0.0, 0.08), (0.11, 0.0), (0.215, 0.06)]
    pen.line(band, 0.075, colour)
    for x, y, radius in ((-0.07, -0.18, 0.045), (0.09, -0.13, 0.035), (-0.1, 0.2, 0.04), (0.08, 0.23, 0.05)):
        pen.disc((x, y), radius, colour)
    return pen.done()


def _egged(point: Point) -> Point:
    """Return a point of an ellipse moved so that its upper half is narrower."""
    x, y = point
    return x * (1 + 0.35 * min(0.0, y)), y


@lru_cache(maxsize=_SPRITES)
def glow(cell: int) -> Image.Image:
    """Return the light of a shield, which lies behind its agent."""
    pen = Pen(cell)
    pen.disc((0, 0), 0.52, WHITE, 220)
    pen.disc((0, 0), 0.52, SHIELD, 62)
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def shield(cell: int) -> Image.Image:
    """Return a shield: a bright ring around an agent."""
    pen = Pen(cell)
    pen.ring(0.5, 0.1 if cell >= _SMALL else 0.14, WHITE, 210)
    pen.ring(0.5, 0.055 if cell >= _SMALL else 0.1, SHIELD)
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def bar(level: int, cell: int) -> Image.Image:
    """Return an energy bar that is full to `level` of BAR."""
    pen = Pen(cell)
    pen.plate((-0.33, 0.405), (0.66, 0.115), 0.057, INK)
    pen.plate((-0.305, 0.427), (0.61, 0.071), 0.035, mix(INK, WHITE, 0.72))
    if level > 0:
        share = level / BAR
        tone = mix(LOW, FULL, min(1.0, max(0.0, (share - 0.15) / 0.35)))
        pen.plate((-0.305, 0.427), (max(0.071, 0.61 * share), 0.071), 0.035, tone)
    return pen.done()


def n_beads(cell: int) -> int:
    """Return how many dots of what an agent carries a cell has room for."""
    return _DOTS[cell >= _SMALL]


@lru_cache(maxsize=_SPRITES)
def beads(colours: tuple[Colour, ...], cell: int) -> Image.Image:
    """Return what an agent carries: a row of dots on its belly."""
    pen = Pen(cell)
    radius = 0.075 if cell >= _SMALL else 0.1
    step = min(2.1 * radius, 0.62 / max(1, len(colours)))
    for i, colour in enumerate(colours):
        x = (i - (len(colours) - 1) / 2) * step
        pen.disc((x, 0.29), radius + 0.03, WHITE)
        pen.disc((x, 0.29), radius, colour)
    return pen.done()


@lru_cache(maxsize=_SPRITES)
def badge(number: int, colour: Colour, cell: int) -> Image.Image:
    """Return an agent's number on a small plate, for the upper left corner of its cell."""
    size = max(8, round(0.25 * cell))
    width, height = text_size(str(number), size)
    plate = Image.new("RGBA", (2 * cell * _FINE, 2 * cell * _FINE), (*WHITE, 0))
    x, y = 0.68 * cell, 0.68 * cell
    half = max(width, height) / 2 + 2, height / 2 + 2
    for grow, tone in ((1.0, mix(colour, INK, 0.45)), (0.0, WHITE)):
        box = (
            (x - half[0] - grow) * _FINE,
            (y - half[1] - grow) * _FINE,
            (x + half[0] + grow) * _FINE,
            (y + half[1] + grow) * _FINE,
        )
        ImageDraw.Draw(plate).rounded_rectangle(box, half[1] * _FINE, fill=(*tone, 255))
    image = plate.reduce(_FINE)
    ImageDraw.Draw(image).text((x, y), str(number), fill=INK, font=font(size), anchor="mm")
    return image


@lru_cache(maxsize=_SPRITES)
def speaker_dot(colour: Colour, cell: int) -> Image.Image:
    """Return the mark of who speaks, where there is no room for what it says."""
    pen = Pen(cell)
    radius = 0.13 if cell >= _SMALL else 0.15
    pen.disc((0.4, -0.4), radius + 0.08, mix(colour, INK, 0.55))
    pen.disc((0.4, -0.4), radius, WHITE)
    return pen.done()
