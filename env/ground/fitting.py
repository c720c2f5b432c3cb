"""Whether the parts of a scenario fit together: agents and things on its maps, and amounts in what has to hold them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from commlab.env.ground.maps import Map
from commlab.env.scenario import Scenario
from commlab.env.types import Bools, Cell
from commlab.foundation.errors import ScenarioError

_WIDEST_RANGE = 2**31 - 1  # that a draw can cover
_DEAREST = 30_000  # joules for an action


def check_fit(scenario: Scenario, maps: tuple[Map, ...], cells: list[Cell], allowed: Bools) -> None:
    """Raise ScenarioError where something does not fit.

    `cells` are the things that stand at sites, in the order in which they are placed, and `allowed` (Cell, M, S) says
    what may stand where.
    """
    for m, plan in enumerate(maps):
        _check_sites(scenario, plan, cells)
        if scenario.held_out.use != "all":
            _check_held_out(scenario, cells, allowed[:, m])
        free = int((plan.grid == Cell.EMPTY).sum()) - len(plan.objects) - len(cells)
        if scenario.n_agents > free:
            larger = "enlarge the layout" if scenario.layout else "draw a larger map"
            raise ScenarioError(f"agents: {scenario.n_agents} agents do not fit on {free} free cells; {larger}.")
    _check_amounts(scenario)


def _check_sites(scenario: Scenario, plan: Map, cells: list[Cell]) -> None:
    """Raise ScenarioError where things are more than the sites, or leave none free to those that move."""
    n_sites, wanted = len(plan.sites), len(cells)
    things = "crystals and berries" if scenario.berries else "crystals"
    field = "berries" if scenario.berries and not scenario.crystals else "crystals"
    more = "give the layout more sites" if scenario.layout else "draw more o"
    another = "give the layout another site" if scenario.layout else "draw another o"
    if wanted > n_sites:
        raise ScenarioError(f"{field}: {wanted} {things} need as many sites, and the map has {n_sites}; {more}.")
    if any(c.moves or c.stay.high for c in scenario.crystals) and n_sites <= wanted:
        raise ScenarioError(f"crystals: moving crystals need a free site beside the {wanted} they fill; {another}.")
    if scenario.berries and n_sites <= wanted:
        raise ScenarioError(f"berries: eaten berries need a free site beside the {wanted} that are filled; {another}.")


def _check_held_out(scenario: Scenario, cells: list[Cell], allowed: Bools) -> None:
    """Raise ScenarioError where things could find every site taken that is left to them by `allowed` (Cell, S)."""
    use = scenario.held_out.use
    moving = {Cell[f"CRYSTAL_{c.kind.upper()}"] for c in scenario.crystals if c.moves or c.stay.high}
    last = {cell: place for place, cell in enumerate(cells)}
    for cell, place in last.items():
        what, of = cell.name.lower().split("_")
        rivals = Counter(cells[:place])
        taken = sum(n for other, n in rivals.items() if np.any(allowed[other] & allowed[cell]))
        left = int(allowed[cell].sum())
        have = f"held_out: in use {use!r}, each {of} {what} has {left} of {allowed.shape[1]} sites"
        if left <= taken:
            raise ScenarioError(
                f"{have}, and {taken + 1} things may stand there; change what is held out, or have fewer things."
            )
        if left < 2 and (cell in moving or cell >= Cell.BERRY_ROUND):
            raise ScenarioError(f"{have}, and cannot move; leave it at least two.")


def _check_amounts(scenario: Scenario) -> None:
    """Raise ScenarioError where a range is too wide to draw from, or an action dearer than agents can be told."""
    low, high = scenario.reservoir
    if high - low > _WIDEST_RANGE:
        raise ScenarioError(f"reservoir: the range {low} to {high} is wider than {_WIDEST_RANGE} J; narrow it.")
    for name, body in scenario.bodies.items():
        for price, multiplier in body.costs.items():
            dearest = getattr(scenario.prices, price).high * multiplier
            if dearest > _DEAREST:
                raise ScenarioError(
                    f"bodies.{name}.costs.{price}: {multiplier:g} times the price is {dearest:g} J; an action costs at "
                    f"most {_DEAREST} J, so lower it."
                )
