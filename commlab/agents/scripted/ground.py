"""The ground that scripted agents know: its sites by sector of the map, and where crystals are carried to.

Sectors are eight angles of 45 degrees, seen from the middle of the map, centred on north, north-east and so on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Cell
from commlab.foundation.errors import ScenarioError

__all__ = ["SECTORS", "Ground", "ground_of", "sector_of", "walks"]

SECTORS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Ground(NamedTuple):
    """What does not change, in rows and columns of the map."""

    middle: NDArray[np.float64]  # (2,) of the map
    places: tuple[str, ...]  # P sectors that have sites
    sites: NDArray[np.int64]  # (S, 2)
    sites_of: NDArray[np.int64]  # (P, most) sites of each place by number, over and over
    altar: NDArray[np.int64]  # (2,)
    blocked: NDArray[np.bool_]  # (H, C) walls, and what and who always stands there


def ground_of(scenario: Scenario) -> Ground:
    """Return the ground of a scenario. Raises ScenarioError where scripted agents cannot live in it."""
    rules = make_rules(scenario)
    fixed = np.flatnonzero(rules.object_row[0] >= 0)
    at = np.stack([rules.object_row[0], rules.object_column[0]], axis=-1).astype(np.int64) - VIEW
    altars = at[[o for o in fixed if rules.kind[o] == Cell.ALTAR]]
    simple = scenario.bump and scenario.yields == "energy" and scenario.observation.own_position
    if len(rules.grids) > 1 or not len(altars) or not rules.n_sites[0] or not simple:
        raise ScenarioError(
            f"{scenario.name}: scripted agents live on one map with sites and an altar, where bump is set, crystals "
            "yield energy and agents know their place; take babel, lookout or rivals."
        )
    grid = rules.grids[0, VIEW:-VIEW, VIEW:-VIEW]
    blocked = grid != Cell.EMPTY
    blocked[at[fixed, 0], at[fixed, 1]] = True
    starts = rules.start_row[0] >= 0
    still = [i for i, body in enumerate(scenario.agent_bodies) if starts[i] and not walks(scenario, body)]
    blocked[rules.start_row[0, still] - VIEW, rules.start_column[0, still] - VIEW] = True
    middle = (np.array(grid.shape) - 1) / 2
    sites = rules.sites[0, : rules.n_sites[0]].astype(np.int64) - VIEW
    sectors = sector_of(sites - middle)
    present = [s for s in range(len(SECTORS)) if (sectors == s).any()]
    most = int(np.bincount(sectors[sectors >= 0]).max(initial=1))
    sites_of = np.array([np.resize(np.flatnonzero(sectors == s), most) for s in present])
    return Ground(middle, tuple(SECTORS[s] for s in present), sites, sites_of, altars[0], blocked)


def walks(scenario: Scenario, body: str) -> bool:
    """Return whether a body can walk."""
    return "north" in scenario.bodies[body].actions


def sector_of(offset: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number in SECTORS of offsets (…, 2), rows and columns; -1 less than a cell from the middle."""
    angle = np.arctan2(offset[..., 1], -offset[..., 0])
    sector = np.rint(angle / (np.pi / 4)).astype(np.int64) % len(SECTORS)
    return np.where(np.abs(offset).max(axis=-1) < 1, -1, sector)
