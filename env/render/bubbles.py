"""Speech bubbles: what they look like, and where there is room for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from commlab.env.render.palette import INK, SHADE, WHITE, Colour, mix
from commlab.env.render.pen import font, text_size

__all__ = ["LEAST_CELL", "Bubble", "Speech", "draw_bubble", "place_bubbles", "words"]

LEAST_CELL = 20  # pixels: below it bubbles would be unreadable, or hide the map
_FINE = 4  # scale at which bubbles are drawn
_GRAIN = 4  # pixels of the raster on which room is looked for
_SPRITES = 4096


class Speech(NamedTuple):
    """What is said, and by whom: a text, and the speaker's place in pixels and colour."""

    text: str
    x: int
    y: int
    colour: Colour


class Bubble(NamedTuple):
    """A bubble that found room: its upper left corner and size, and which side its tail leaves it."""

    speech: Speech
    left: int
    top: int
    width: int
    height: int


def words(symbols: Iterable[int]) -> str:
    """Return a message as it is written: symbols with spaces between them, a dot for silence."""
    return "  ".join(str(symbol) if symbol else "·" for symbol in symbols)


def place_bubbles(
    speeches: Sequence[Speech], cell: int, size: tuple[int, int], things: Sequence[tuple[int, int]]
) -> tuple[list[Bubble], list[Speech]]:
    """Return bubbles within a picture of `size` that do not cover each other, and the speeches without room.

    Of the places around a speaker, each takes the one that covers least of `things` (their centres in pixels).
    """
    width, height = size
    taken = np.zeros((height // _GRAIN + 1, width // _GRAIN + 1), np.bool_)
    things_there = np.zeros(taken.shape, np.int32)
    reach = int(0.3 * cell)
    for x, y in things:
        _part(things_there, x - reach, y - reach, x + reach, y + reach)[...] += 1
    placed, left_out = [], []
    for speech in speeches:
        bubble = _best_place(speech, cell, size, taken, things_there)
        if bubble is None:
            left_out.append(speech)
            continue
        placed.append(bubble)
        _part(taken, bubble.left, bubble.top, bubble.left + bubble.width, bubble.top + bubble.height)[...] = True
    return placed, left_out


def _best_place(
    speech: Speech, cell: int, size: tuple[int, int], taken: NDArray[np.bool_], things: NDArray[np.int32]
) -> Bubble | None:
    """Return the bubble in the best place that is free; None where all are taken."""
    wide, high = bubble_size(speech.text, cell)
    best, least = None, np.inf
    for rank, (dx, dy) in enumerate(_places(wide, high, cell)):
        left, top = speech.x + dx, speech.y + dy
        if left < 1 or top < 1 or left + wide > size[0] - 1 or top + high > size[1] - 1:
            continue
        box = (left, top, left + wide, top + high)
        if _part(taken, *box).any():
            continue
        cost = float(_part(things, *box).sum()) + 0.3 * rank
        if cost < least:
            best, least = Bubble(speech, left, top, wide, high), cost
    return best


def _places(wide: int, high: int, cell: int) -> list[tuple[int, int]]:
    """Return where a bubble may lie: its upper left corner from the speaker's centre, the most natural first."""
    over, under, beside = -round(0.55 * cell) - high, round(0.62 * cell), round(0.55 * cell)
    centred = -(wide // 2)
    right, left = round(0.12 * cell), -round(0.12 * cell) - wide
    return [
        (right, over), (left, over), (centred, over),
        (beside, -high // 2 - cell // 5), (-beside - wide, -high // 2 - cell // 5),
        (right, under), (left, under), (centred, under),
        (right, over - cell // 2), (left, over - cell // 2), (centred, over - cell // 2),
        (beside, over), (-beside - wide, over), (beside, under), (-beside - wide, under),
    ]  # fmt: skip


def _part(raster: NDArray[Any], left: int, top: int, right: int, bottom: int) -> NDArray[Any]:
    """Return the part of the raster that a box in pixels covers."""
    return raster[max(0, top) // _GRAIN : -(-bottom // _GRAIN), max(0, left) // _GRAIN : -(-right // _GRAIN)]


def text_height(cell: int) -> int:
    """Return the size of the typeface in bubbles."""
    return min(22, max(10, round(0.34 * cell)))


def bubble_size(text: str, cell: int) -> tuple[int, int]:
    """Return a bubble's width and height in pixels, its tail not counted."""
    width, height = text_size(text, text_height(cell))
    pad = max(3, round(0.1 * cell))
    return max(width + 2 * pad, height + 2 * pad), height + 2 * pad


def draw_bubble(image: Image.Image, bubble: Bubble, cell: int) -> None:
    """Draw a bubble and its tail onto a picture."""
    speech = bubble.speech
    nearest_x = min(max(speech.x, bubble.left), bubble.left + bubble.width)
    nearest_y = min(max(speech.y, bubble.top), bubble.top + bubble.height)
    sprite, (x, y) = _sprite(
        speech.text, (bubble.width, bubble.height), (speech.x - bubble.left, speech.y - bubble.top),
        (nearest_x - bubble.left, nearest_y - bubble.top), speech.colour, cell,
    )  # fmt: skip
    image.paste(sprite, (bubble.left + x, bubble.top + y), sprite)


@lru_cache(maxsize=_SPRITES)
def _sprite(
    text: str, size: tuple[int, int], mouth: tuple[int, int], root: tuple[int, int], colour: Colour, cell: int
) -> tuple[Image.Image, tuple[int, int]]:
    """Return a bubble's sprite, and where its upper left corner lies from the bubble's."""
    margin = cell
    width, height = size
    fine = Image.new("RGBA", ((width + 2 * margin) * _FINE, (height + 2 * margin) * _FINE), (*WHITE, 0))
    edge = mix(colour, INK, 0.25)
    line = max(1.2, 0.032 * cell)
    for dx, grow, tone in ((0.06 * cell, line, (*SHADE, 46)), (0.0, line, (*edge, 255)), (0.0, 0.0, (*WHITE, 255))):
        layer = Image.new("RGBA", fine.size, (*tone[:3], 0))
        _shape(ImageDraw.Draw(layer), size, mouth, root, margin, (dx, grow), cell, tone)
        fine.alpha_composite(layer)
    sprite = fine.reduce(_FINE)
    draw = ImageDraw.Draw(sprite)
    draw.text((margin + width / 2, margin + height / 2), text, fill=INK, font=font(text_height(cell)), anchor="mm")
    box = sprite.getbbox() or (0, 0, *sprite.size)
    return sprite.crop(box), (box[0] - margin, box[1] - margin)


def _shape(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    mouth: tuple[int, int],
    root: tuple[int, int],
    margin: int,
    off: tuple[float, float],
    cell: int,
    tone: tuple[int, int, int, int],
) -> None:
    """Fill a bubble with its tail, moved down and grown by pixels."""
    down, grow = off

    def at(x: float, y: float) -> tuple[float, float]:
        return (x + margin) * _FINE, (y + margin + down) * _FINE

    width, height = size
    tail = 0.09 * cell
    x = min(max(root[0], 2 * tail), max(2 * tail, width - 2 * tail))
    y = min(max(root[1], tail), height - tail)
    share = 0.3 * cell / max(1.0, float(np.hypot(mouth[0] - x, mouth[1] - y)))
    reach = max(0.0, 1.0 - share) * 0.75
    tip = (x + (mouth[0] - x) * reach, y + (mouth[1] - y) * reach)
    if root[1] in (0, height):  # the tail leaves below or above
        ends = [(x - tail - grow, y), (x + tail + grow, y)]
    else:
        ends = [(x, y - tail - grow), (x, y + tail + grow)]
    draw.polygon([at(*ends[0]), at(*ends[1]), at(*tip)], fill=tone)
    if grow:
        draw.line([at(*ends[0]), at(*tip), at(*ends[1])], fill=tone, width=round(2 * grow * _FINE), joint="curve")
    low, high = at(-grow, -grow), at(width + grow, height + grow)
    draw.rounded_rectangle((*low, high[0] - 1, high[1] - 1), (0.42 * height + grow) * _FINE, fill=tone)
