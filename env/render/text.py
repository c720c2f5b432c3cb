"""Worlds as text: one or two characters a cell, plain or with colours as rich's markup has them."""

from __future__ import annotations

import itertools
import os
from typing import NamedTuple

import numpy as np

from commlab.env.render.palette import (
    BERRIES,
    BRITTLE,
    HEART,
    KINDS,
    LINKS,
    MACHINE,
    POISON,
    RING,
    SHIELD,
    WALL,
    WHITE,
    Colour,
    hexed,
    mix,
)
from commlab.env.render.stage import agent_colours
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Cell, Facing, Rules, World

__all__ = ["FACINGS", "MARKS", "render_text"]

FACINGS: dict[Facing, str] = {Facing.NORTH: "^", Facing.EAST: ">", Facing.SOUTH: "v", Facing.WEST: "<"}
EGG = "e"
MARKS: dict[Cell, str] = {
    Cell.EMPTY: ".",
    Cell.WALL: "#",
    Cell.ALTAR: "A",
    Cell.CONVERTER: "C",
    Cell.BEACON: "B",
    Cell.CRYSTAL_GREEN: "g",
    Cell.CRYSTAL_YELLOW: "y",
    Cell.CRYSTAL_RED: "r",
    Cell.CRYSTAL_BLUE: "b",
    Cell.BERRY_ROUND: "@",
    Cell.BERRY_LONG: "%",
    Cell.BERRY_STAR: "*",
    Cell.BERRY_TWIN: "&",
    Cell.UNSEEN: " ",
}
_SITE = "o"
_QUIET = (0x80, 0x88, 0x90)  # floor: readable on light and on dark terminals
_MEANINGS: dict[Cell, str] = {
    Cell.WALL: "wall",
    Cell.ALTAR: "altar",
    Cell.CONVERTER: "converter",
    Cell.BEACON: "beacon",
}


class Sign(NamedTuple):
    """What is written for a cell: a mark, what is told beside it where a cell has two characters, and its colours."""

    mark: str
    beside: str = " "
    colour: Colour = _QUIET
    ground: Colour | None = None
    bold: bool = True


def render_text(
    world: World, rules: Rules, scenario: Scenario, w: int = 0, width: int = 2, colour: bool = False
) -> str:
    """Return world `w` as text: its rows, an empty line, and a line that says what the characters mean.

    `width` is 1 or 2 characters a cell. With two, agents show the last digit of their number and where they face,
    crystals their stock (+ for ten and more), beacons their link, poisonous berries an exclamation mark. `colour` adds
    rich's markup, unless the environment variable NO_COLOR is set.
    """
    painted = colour and not os.environ.get("NO_COLOR")
    signs = _signs(world, rules, scenario, w)
    rows = [_row(signs_of_row, width, painted) for signs_of_row in signs]
    return "\n".join([*rows, "", _legend(world, w, width)])


def _signs(world: World, rules: Rules, scenario: Scenario, w: int) -> list[list[Sign]]:
    """Return the sign of every cell of the map."""
    m = int(world.map[w])
    sites = {(int(row), int(column)) for row, column in rules.sites[m, : int(rules.n_sites[m])]}
    colours = agent_colours(world, scenario, w)
    n_rows, n_columns = world.grid.shape[1] - VIEW, world.grid.shape[2] - VIEW
    return [
        [_sign(world, w, (row, column), (row, column) in sites, colours) for column in range(VIEW, n_columns)]
        for row in range(VIEW, n_rows)
    ]


def _sign(world: World, w: int, place: tuple[int, int], site: bool, colours: tuple[Colour, ...]) -> Sign:
    """Return the sign of a cell."""
    code, index = Cell(int(world.grid[w][place])), int(world.occupant[w][place])
    mark = MARKS.get(code, "?")
    if code == Cell.AGENT:
        return _agent_sign(world, w, index, colours[index])
    if code == Cell.WALL:
        tone = BRITTLE if index > 0 else WALL
        return Sign(mark, mark, tone, tone)
    if code == Cell.ALTAR:
        return Sign(mark, colour=HEART)
    if code == Cell.CONVERTER:
        return Sign(mark, colour=mix(MACHINE, WHITE, 0.3))
    if code == Cell.BEACON:
        link = int(world.link[w, index])
        return Sign(mark, str(link), LINKS[link % len(LINKS)])
    if code in KINDS:
        stock = int(world.stock[w, index])
        return Sign(mark, str(stock) if stock < 10 else "+", KINDS[code])
    if code in BERRIES:
        poisonous = int(world.poison[w]) >> (code - Cell.BERRY_ROUND) & 1
        return Sign(mark, "!" if poisonous else " ", POISON if poisonous else BERRIES[code])
    if site and code == Cell.EMPTY:
        return Sign(_SITE, colour=mix(RING, _QUIET, 0.5), bold=False)
    return Sign(mark, bold=False)


def _agent_sign(world: World, w: int, i: int, colour: Colour) -> Sign:
    """Return the sign of an agent: an arrow in its family's colour, and the last digit of its number."""
    mark = EGG if int(world.frozen[w, i]) > 0 else FACINGS[Facing(int(world.facing[w, i]))]
    ground = mix(SHIELD, WHITE, 0.6) if int(world.shield[w, i]) else None
    return Sign(mark, str(i % 10), colour, ground)


def _row(signs: list[Sign], width: int, painted: bool) -> str:
    """Return a row of the map; neighbours of one style share their markup."""
    pairs = [(_style(sign), sign.mark + sign.beside if width == 2 else sign.mark) for sign in signs]
    if not painted:
        return "".join(text for _, text in pairs).rstrip()
    runs = itertools.groupby(pairs, key=lambda pair: pair[0])
    return "".join(f"[{style}]{''.join(text for _, text in run)}[/]" for style, run in runs)


def _style(sign: Sign) -> str:
    """Return a sign's style as rich's markup has it."""
    ground = "" if sign.ground is None else f" on {hexed(sign.ground)}"
    return f"{'bold ' if sign.bold else ''}{hexed(sign.colour)}{ground}"


def _legend(world: World, w: int, width: int) -> str:
    """Return what the characters that occur mean."""
    there = {Cell(int(code)) for code in np.unique(world.grid[w])}
    wide = width == 2
    crystals = "".join(MARKS[kind] for kind in KINDS if kind in there)
    berries = "".join(MARKS[look] for look in BERRIES if look in there)
    parts = [f"{MARKS[code]} {name}" for code, name in _MEANINGS.items() if code in there]
    parts.append(f"{_SITE} site")
    if crystals:
        parts.append(f"{crystals} crystal" + (" and its units" if wide else ""))
    if berries:
        parts.append(f"{berries} berry" + (" (! poisonous)" if wide else ""))
    parts.append(f"{''.join(FACINGS.values())} agent" + (" and its number's last digit" if wide else ""))
    if world.frozen[w].any():
        parts.append(f"{EGG} frozen agent")
    return "   ".join(parts)
