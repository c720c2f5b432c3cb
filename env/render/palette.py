"""The colours of pictures: a soft ground, crystals by kind, and families that colour-blind people tell apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from commlab.env.types import Cell

__all__ = [
    "FAMILIES", "KINDS", "LINKS", "Colour", "accents", "family_colour", "hexed", "mix",
]  # fmt: skip

Colour = tuple[int, int, int]


def _rgb(text: str) -> Colour:
    """Return the colour written as six hexadecimal digits."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


INK = _rgb("1d2430")
SOFT = _rgb("667080")
WHITE = _rgb("ffffff")

PAGE = _rgb("eceff3")  # around the map
FLOOR = _rgb("f8f8f5")
FLOOR_TOO = _rgb("f2f2ee")  # every other cell
RING = _rgb("d3d6d6")  # a site
WALL = _rgb("66748a")
WALL_SIDE = _rgb("465266")
BRITTLE = _rgb("a3acba")  # a wall that can break
BRITTLE_SIDE = _rgb("7a8494")
SHADE = _rgb("2b3242")  # shadows, thinned

HEART = _rgb("dd4a74")
STONE = _rgb("c3c7ce")
STONE_SIDE = _rgb("8f96a3")
MACHINE = _rgb("4a5568")
BOLT = _rgb("ffd257")
POISON = _rgb("6d3bbd")
LEAF = _rgb("4d9a4a")
SHELL = _rgb("fbf6ea")  # of an egg
SHIELD = _rgb("18a7d8")
BOND = _rgb("d6457f")
STRIKE = _rgb("f0501e")
FULL = _rgb("3fae5a")
LOW = _rgb("e0563b")

KINDS: dict[Cell, Colour] = {
    Cell.CRYSTAL_GREEN: _rgb("23a566"),
    Cell.CRYSTAL_YELLOW: _rgb("f2b61d"),
    Cell.CRYSTAL_RED: _rgb("e0383e"),
    Cell.CRYSTAL_BLUE: _rgb("2f86e0"),
}
BERRIES: dict[Cell, Colour] = {
    Cell.BERRY_ROUND: _rgb("8e3f86"),
    Cell.BERRY_LONG: _rgb("d8572f"),
    Cell.BERRY_STAR: _rgb("e8a33a"),
    Cell.BERRY_TWIN: _rgb("c22748"),
}
LINKS: tuple[Colour, ...] = tuple(
    _rgb(text) for text in ("14a3a0", "e4762b", "7a5bd0", "b8a41e", "2f7fd1", "c9437c", "5d9b3c", "5a6472")
)

# Chosen by search: any two differ by at least 0.09 in OKLab, also as people see them who lack one kind of cone.
FAMILIES: tuple[Colour, ...] = tuple(
    _rgb(text)
    for text in (
        "3a52b4",
        "e67b14",
        "1b8a7f",
        "ad7fee",
        "66d0f5",
        "bc3b0f",
        "d6cf2a",
        "f1a29b",
        "432664",
        "6b2312",
    )  # fmt: skip
)
_GOLDEN = math.pi * (3 - math.sqrt(5))  # hues a golden angle apart come out even, however many there are


def family_colour(family: int) -> Colour:
    """Return the colour of a family: one of ten, beyond them steps around the circle of hues."""
    if family < len(FAMILIES):
        return FAMILIES[family]
    step = family - len(FAMILIES)
    return _oklch((0.62, 0.46, 0.76)[step % 3], 0.13, 0.9 + step * _GOLDEN)


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `colour` with that share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def hexed(colour: Colour) -> str:
    """Return a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def accents() -> Sequence[Colour]:
    """Return the colours that films must be able to show, though they come late and fill few pixels."""
    named = (*KINDS.values(), *BERRIES.values(), *LINKS, *FAMILIES, HEART, BOLT, SHELL, SHIELD, BOND, STRIKE, FULL, LOW)
    return (INK, SOFT, WHITE, *named)


def _oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """Return a colour of Björn Ottosson's OKLab, given in polar coordinates."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = _gamma(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short)
    green = _gamma(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short)
    blue = _gamma(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short)
    return red, green, blue


def _gamma(light: float) -> int:
    """Return a part of linear light as a byte of sRGB."""
    within = min(1.0, max(0.0, light))
    part = 12.92 * within if within <= 0.0031308 else 1.055 * within ** (1 / 2.4) - 0.055
    return round(255 * part)
