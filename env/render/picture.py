"""Pictures of a world: `draw_world` for people, `render_rgb` for what wants an array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from commlab.env.render import figure, things
from commlab.env.render.bubbles import LEAST_CELL, Speech, draw_bubble, place_bubbles, words
from commlab.env.render.ground import Plan, draw_ground
from commlab.env.render.overlay import draw_bonds, draw_ranges, draw_strikes, draw_windows
from commlab.env.render.palette import KINDS, Colour
from commlab.env.render.stage import Stage, set_stage
from commlab.env.render.strip import add_caption
from commlab.env.scenario import Scenario
from commlab.env.types import N_KINDS, VIEW, Action, Bytes, Cell, Facing, Number, Rules, Trait, World

__all__ = ["Options", "draw_world", "render_rgb"]

_BAR_CELL = 14  # pixels: smaller cells have no room for energy bars
_COUNT_CELL = 24  # and none for the numbers of stocks
_CONTENTS = range(int(Cell.ALTAR), int(Cell.BERRY_TWIN) + 1)


class Options(NamedTuple):
    """What a picture shows beside the world itself."""

    cell: int | None = None  # pixels; None: as the map has room for
    caption: bool = False  # a strip below: scenario, episode, step, energy, families
    speech: bool = True
    numbers: bool = False  # the agents' numbers
    ranges: tuple[int, ...] = ()  # agents whose hearing range is shown
    windows: tuple[int, ...] = ()  # agents whose view is shown


def render_rgb(world: World, rules: Rules, scenario: Scenario, w: int, cell: int | None = None) -> Bytes:
    """Return world `w` as (height, width, 3) uint8, with cells of `cell` pixels."""
    return np.asarray(draw_world(world, rules, scenario, w, Options(cell))).copy()


def draw_world(
    world: World, rules: Rules, scenario: Scenario, w: int = 0, options: Options | None = None
) -> Image.Image:
    """Return a picture of world `w`."""
    wish = options or Options()
    stage = set_stage(world, rules, scenario, w, wish.cell)
    image = draw_ground(_plan(stage), stage.cell, stage.margin).copy()
    for i in wish.ranges:
        draw_ranges(image, stage, i)
    for i in wish.windows:
        draw_windows(image, stage, i)
    draw_bonds(image, stage)
    for sprite, row, column in _sprites(stage):
        x, y = stage.centre(row, column)
        image.paste(sprite, (x - sprite.width // 2, y - sprite.height // 2), sprite)
    draw_strikes(image, stage)
    if wish.numbers:
        _draw_numbers(image, stage)
    if wish.speech:
        _draw_speech(image, stage)
    return add_caption(image, stage) if wish.caption else image


def _plan(stage: Stage) -> Plan:
    """Return what the ground is drawn from."""
    world, rules, w = stage.world, stage.rules, stage.w
    inner = (slice(VIEW, VIEW + stage.rows), slice(VIEW, VIEW + stage.columns))
    grid, occupant = world.grid[w][inner], world.occupant[w][inner]
    walls = grid == Cell.WALL
    brittle = walls & (occupant > 0) & _walls_break(rules)
    m = int(world.map[w])
    sites = rules.sites[m, : int(rules.n_sites[m])] - VIEW
    return Plan(
        stage.rows,
        stage.columns,
        (walls & ~brittle).tobytes(),
        brittle.tobytes(),
        (grid == Cell.UNSEEN).tobytes(),
        tuple((int(row), int(column)) for row, column in sites),
    )


def _walls_break(rules: Rules) -> bool:
    """Return whether any body can break walls: where none can, all walls look alike."""
    can = np.flatnonzero(rules.may.any(axis=0))
    return bool(np.isin(can, (Action.ATTACK, Action.DISMANTLE)).any())


def _sprites(stage: Stage) -> Iterator[tuple[Image.Image, int, int]]:
    """Yield every sprite with its cell, from the top row to the bottom one: lower cells cover what hangs over."""
    world, w = stage.world, stage.w
    grid = world.grid[w]
    occupied = (grid >= _CONTENTS.start) & (grid < _CONTENTS.stop)
    full = int(world.numbers[w, Number.WALL_HP])
    hurt = (grid == Cell.WALL) & (world.occupant[w] > 0) & (world.occupant[w] < full)
    for row, column in np.argwhere(occupied | hurt).tolist():
        code, index = int(grid[row, column]), int(world.occupant[w, row, column])
        if code == Cell.WALL:
            yield _cracked(index, full, stage.cell), row, column
        elif code == Cell.AGENT:
            for sprite in _agent_sprites(stage, index):
                yield sprite, row, column
        else:
            for sprite in _object_sprites(stage, index, Cell(code)):
                yield sprite, row, column


def _object_sprites(stage: Stage, o: int, kind: Cell) -> Iterator[Image.Image]:
    """Yield what is drawn of an object."""
    world, w, cell = stage.world, stage.w, stage.cell
    ready = int(world.timer[w, o]) == 0
    if kind == Cell.ALTAR:
        yield things.altar(ready, cell)
    elif kind == Cell.CONVERTER:
        yield things.converter(ready, cell)
    elif kind == Cell.BEACON:
        yield things.beacon(int(world.link[w, o]), cell)
    elif kind in KINDS:
        stock, most = int(world.stock[w, o]), max(1, int(world.max_stock[w, o]))
        yield things.gem(kind, min(things.LEVELS, -(-stock * things.LEVELS // most)), cell)
        if most > 1 and cell >= _COUNT_CELL:
            yield things.count(stock, cell)
    else:
        yield things.berry(kind, bool(int(world.poison[w]) >> (kind - Cell.BERRY_ROUND) & 1), cell)
    hp, whole = int(world.hp[w, o]), int(world.numbers[w, Number.CONVERTER_HP])
    if kind == Cell.CONVERTER and 0 < hp < whole:
        yield _cracked(hp, whole, cell)


def _agent_sprites(stage: Stage, i: int) -> Iterator[Image.Image]:
    """Yield what is drawn of an agent, the lowest first."""
    world, w, cell, colour = stage.world, stage.w, stage.cell, stage.colours[i]
    body = int(stage.rules.body[i])
    shielded = bool(world.shield[w, i])
    if shielded:
        yield figure.glow(cell)
    if int(world.frozen[w, i]) > 0:
        yield figure.egg(colour, cell)
    else:
        yield figure.agent(colour, body, Facing(int(world.facing[w, i])), cell)
    if shielded:
        yield figure.shield(cell)
    carried = _beads([int(units) for units in world.inventory[w, i]], figure.n_beads(cell))
    if carried:
        yield figure.beads(carried, cell)
    most = int(world.trait[w, body, Trait.MAX_ENERGY])
    if most > 0 and cell >= _BAR_CELL:
        share = min(1.0, int(world.energy[w, i]) / most)
        yield figure.bar(min(figure.BAR, int(np.ceil(share * figure.BAR))), cell)


def _beads(units: list[int], room: int) -> tuple[Colour, ...]:
    """Return a dot a unit carried; of more units than there is room for, fewer, but if possible one of every kind."""
    total = sum(units)
    if total > room:
        units = [max(1, n * room // total) if n else 0 for n in units]
        while sum(units) > room:
            units[units.index(max(units))] -= 1
    colours = list(KINDS.values())
    return tuple(colours[kind] for kind in range(N_KINDS) for _ in range(units[kind]))


def _cracked(hp: int, full: int, cell: int) -> Image.Image:
    """Return the cracks of what has `hp` left of `full`."""
    return things.cracks(min(3, 1 + 3 * (full - hp - 1) // max(1, full - 1)), cell)


def _draw_numbers(image: Image.Image, stage: Stage) -> None:
    """Write every agent's number beside it, where cells have room for it."""
    if stage.cell < _BAR_CELL:
        return
    for i, colour in enumerate(stage.colours):
        x, y = stage.agent_at(i)
        sprite = figure.badge(i, colour, stage.cell)
        image.paste(sprite, (x - sprite.width // 2, y - sprite.height // 2), sprite)


def _draw_speech(image: Image.Image, stage: Stage) -> None:
    """Draw what is said: bubbles, or a dot on who speaks where there is no room."""
    world, w, cell = stage.world, stage.w, stage.cell
    speakers = np.flatnonzero(world.message[w].any(axis=1)).tolist()
    if not speakers:
        return
    speakers.sort(key=lambda i: stage.agent_at(i)[::-1])
    speeches = [Speech(words(world.message[w, i].tolist()), *stage.agent_at(i), stage.colours[i]) for i in speakers]
    left_out = speeches
    if cell >= LEAST_CELL:
        cells = np.argwhere((world.grid[w] >= _CONTENTS.start) & (world.grid[w] < _CONTENTS.stop)).tolist()
        bubbles, left_out = place_bubbles(speeches, cell, image.size, [stage.centre(*place) for place in cells])
        for bubble in bubbles:
            draw_bubble(image, bubble, cell)
    for speech in left_out:
        sprite = figure.speaker_dot(speech.colour, cell)
        image.paste(sprite, (speech.x - sprite.width // 2, speech.y - sprite.height // 2), sprite)
