"""The measures of a picture, and the agents' colours: what all of its parts need to know."""

from __future__ import annotations

from typing import NamedTuple

from commlab.env.render.palette import Colour, family_colour
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Rules, World
from commlab.foundation.errors import RenderError

__all__ = ["Stage", "agent_colours", "cell_size", "set_stage"]

_LONGEST = 1200  # pixels: what the longer side of a picture takes at most, where cells are not given
_HUGE = 12_000  # pixels: a picture's longer side is never more
_LEAST, _MOST = 4, 48  # pixels of a cell


class Stage(NamedTuple):
    """What all parts of a picture need to know."""

    world: World
    rules: Rules
    scenario: Scenario
    w: int
    cell: int
    margin: int
    rows: int
    columns: int
    colours: tuple[Colour, ...]  # of the agents

    def centre(self, row: int, column: int) -> tuple[int, int]:
        """Return the centre, x and y in pixels, of a cell in grid coordinates."""
        half = self.cell // 2
        return self.margin + (column - VIEW) * self.cell + half, self.margin + (row - VIEW) * self.cell + half

    def agent_at(self, i: int) -> tuple[int, int]:
        """Return the centre of the cell on which an agent stands."""
        return self.centre(int(self.world.row[self.w, i]), int(self.world.column[self.w, i]))


def set_stage(world: World, rules: Rules, scenario: Scenario, w: int, cell: int | None = None) -> Stage:
    """Return the measures of a picture of world `w`; RenderError where cells are too small or large."""
    rows, columns = (int(n) - 2 * VIEW for n in world.grid.shape[1:])
    size = cell_size(rows, columns, cell)
    margin = max(2, round(0.25 * size))
    return Stage(world, rules, scenario, w, size, margin, rows, columns, agent_colours(world, scenario, w))


def cell_size(rows: int, columns: int, wanted: int | None = None) -> int:
    """Return the pixels of a cell: as wanted, or so that the map makes a good picture; RenderError if it makes none."""
    longest = max(rows, columns)
    if wanted is None:
        return max(_LEAST, min(_MOST, _LONGEST // longest))
    if not _LEAST <= wanted <= _HUGE // longest:
        raise RenderError(
            f"Cells of {wanted} pixels make no picture of this map; choose {_LEAST} to {_HUGE // longest} pixels."
        )
    return wanted


def agent_colours(world: World, scenario: Scenario, w: int) -> tuple[Colour, ...]:
    """Return the agents' colours: of their families, or where all are of one family, of their kin groups."""
    families = scenario.families
    if len(set(families)) == 1:
        families = tuple(int(group) for group in world.group[w])
    return tuple(family_colour(family) for family in families)
