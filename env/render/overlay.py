"""What is drawn over or under the things of a picture: bonds, attacks, hearing ranges, views."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from commlab.env.render.palette import BOND, INK, STRIKE, WHITE, Colour, mix
from commlab.env.render.stage import Stage
from commlab.env.types import VIEW, WINDOW, Action, Cell, Facing, Number, Trait

__all__ = ["draw_bonds", "draw_ranges", "draw_strikes", "draw_windows"]

_FINE = 3  # scale at which lines are drawn
_AHEAD = {Facing.NORTH: (-1, 0), Facing.EAST: (0, 1), Facing.SOUTH: (1, 0), Facing.WEST: (0, -1)}
Box = tuple[int, int, int, int]


def draw_bonds(image: Image.Image, stage: Stage) -> None:
    """Draw a thin line between bonded partners."""
    partner = stage.world.partner[stage.w]
    for i in np.flatnonzero(partner >= 0).tolist():
        j = int(partner[i])
        if i < j or int(partner[j]) != i:
            _line(image, stage.agent_at(i), stage.agent_at(j), max(2.0, 0.09 * stage.cell), WHITE, 170)
            _line(image, stage.agent_at(i), stage.agent_at(j), max(1.2, 0.045 * stage.cell), BOND, 235)


def draw_strikes(image: Image.Image, stage: Stage) -> None:
    """Draw a ray from each agent that attacked to what stands in its line."""
    world, w = stage.world, stage.w
    reach = int(world.numbers[w, Number.ATTACK_RANGE])
    for i in np.flatnonzero(world.last_action[w] == Action.ATTACK).tolist():
        row, column = int(world.row[w, i]), int(world.column[w, i])
        down, right = _AHEAD[Facing(int(world.facing[w, i]))]
        far = reach
        for step in range(1, reach + 1):
            if int(world.grid[w, row + step * down, column + step * right]) != Cell.EMPTY:
                far = step
                break
        (x, y), edge = stage.agent_at(i), 0.42 * stage.cell
        start = (round(x + edge * right), round(y + edge * down))
        stop = (round(x + right * far * stage.cell), round(y + down * far * stage.cell))
        _line(image, start, stop, max(2.0, 0.14 * stage.cell), STRIKE, 90)
        _line(image, start, stop, max(1.2, 0.055 * stage.cell), STRIKE, 255)


def draw_ranges(image: Image.Image, stage: Stage, i: int) -> None:
    """Draw the circle within which an agent hears; around the whole picture if it hears everywhere."""
    x, y = stage.agent_at(i)
    hearing = int(stage.world.trait[stage.w, int(stage.rules.body[i]), Trait.HEARING])
    colour, pen = stage.colours[i], max(1.5, 0.05 * stage.cell)
    if hearing < 0:
        edge = max(1, stage.margin // 4)
        _frame(image, (edge, edge, image.width - edge, image.height - edge), stage.margin, pen, colour)
        return
    radius = round((hearing + 0.5) * stage.cell)
    box = (x - radius, y - radius, x + radius, y + radius)
    line = round(pen * _FINE)
    _paint(image, box, lambda d, b: d.ellipse(b, fill=34), colour)
    _paint(image, box, lambda d, b: d.ellipse(b, outline=255, width=line), mix(colour, WHITE, 0.15))


def draw_windows(image: Image.Image, stage: Stage, i: int) -> None:
    """Draw the square that an agent sees, and veil what walls hide of it."""
    x, y = stage.agent_at(i)
    sight = int(stage.rules.sight[int(stage.rules.body[i])])
    reach = sight * stage.cell + stage.cell // 2
    colour, half = stage.colours[i], stage.cell // 2
    for row, column in _hidden(stage, i, sight):
        left, top = x + column * stage.cell - half, y + row * stage.cell - half
        veil = Image.new("L", (stage.cell, stage.cell), 110)
        image.paste(mix(INK, WHITE, 0.35), (left, top), veil)
    low, right, bottom = stage.margin, stage.margin + stage.columns * stage.cell, stage.margin + stage.rows * stage.cell
    end = reach + stage.cell % 2
    box = (max(low, x - reach), max(low, y - reach), min(right, x + end), min(bottom, y + end))
    _paint(image, box, lambda d, b: d.rectangle(b, fill=22), colour)
    _frame(image, box, 0.2 * stage.cell, max(1.5, 0.06 * stage.cell), colour)


def _hidden(stage: Stage, i: int, sight: int) -> list[tuple[int, int]]:
    """Return the offsets of the cells of an agent's view that walls hide."""
    if not stage.rules.walls_block_sight:
        return []
    world, rules, w = stage.world, stage.rules, stage.w
    row, column = int(world.row[w, i]), int(world.column[w, i])
    clear = np.ones(WINDOW * WINDOW, np.bool_)  # by rank: seen, and no wall
    hidden = []
    for rank in range(1, (2 * sight + 1) ** 2):
        down, right = (int(step) for step in rules.eye.offsets[rank])
        seen = max(abs(down), abs(right)) < 2 or bool(clear[int(rules.eye.nearer[rank])])
        clear[rank] = seen and int(world.grid[w, row + down, column + right]) != Cell.WALL
        if not seen and int(world.grid[w, row + down, column + right]) != Cell.UNSEEN:
            hidden.append((down, right))
    return hidden


def _frame(image: Image.Image, box: Box, radius: float, width: float, colour: Colour) -> None:
    """Draw the frame of a box with round corners."""
    corner, line = radius * _FINE, max(1, round(width * _FINE))
    _paint(image, box, lambda d, b: d.rounded_rectangle(b, corner, outline=255, width=line), colour)


def _line(
    image: Image.Image, start: tuple[int, int], stop: tuple[int, int], width: float, colour: Colour, alpha: int
) -> None:
    """Draw a line with round ends."""
    room = int(width) + 2
    (a, b), (c, d) = start, stop
    box = (min(a, c) - room, min(b, d) - room, max(a, c) + room, max(b, d) + room)
    fine = [((x - box[0]) * _FINE, (y - box[1]) * _FINE) for x, y in (start, stop)]

    def stroke(draw: ImageDraw.ImageDraw, _: Box) -> None:
        half = width * _FINE / 2
        draw.line(fine, fill=alpha, width=max(1, round(width * _FINE)))
        for x, y in fine:
            draw.ellipse((x - half, y - half, x + half, y + half), fill=alpha)

    _paint(image, box, stroke, colour)


def _paint(image: Image.Image, box: Box, shape: Callable[[ImageDraw.ImageDraw, Box], None], colour: Colour) -> None:
    """Paint a shape that fills a box of pixels; `shape` draws how opaque it is, at a finer scale."""
    left, top, right, bottom = box
    mask = Image.new("L", ((right - left) * _FINE, (bottom - top) * _FINE))
    shape(ImageDraw.Draw(mask), (0, 0, mask.width - 1, mask.height - 1))
    image.paste(colour, (left, top), mask.reduce(_FINE))


assert VIEW == WINDOW // 2
