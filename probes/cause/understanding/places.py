"""Places that can be named: the sites at which a scenario's crystals appear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError
from commlab.recording import layout

__all__ = ["Places", "compass_name", "find_places"]

LEAST, MOST = 2, 64  # places of a scenario


class Places(NamedTuple):
    """What can be named: the sites at which crystals appear."""

    cells: NDArray[np.int64]  # (P, 2) row and column on the map
    names: tuple[str, ...]  # by direction from the map's centre, by cell where directions are not told apart


def find_places(scenario: Scenario) -> Places:
    """Return the places of a scenario. Raises DataError where it has no sites that all its episodes share."""
    plan = layout(scenario)
    cells = np.array(plan["sites"], dtype=np.int64).reshape(-1, 2)
    if not LEAST <= len(cells) <= MOST or plan["maps"] > 1:
        why = "its maps differ" if plan["maps"] > 1 else f"it has {len(cells)} sites"
        raise DataError(
            f"Understanding is measured between the sites at which crystals appear, {LEAST} to {MOST} on one map, and "
            f"of {scenario.name!r} {why}; take a scenario such as lookout or rivals."
        )
    compass = [compass_name(cell, plan) for cell in cells.tolist()]
    distinct = len(set(compass)) == len(compass)
    return Places(cells, tuple(compass if distinct else (f"{row},{column}" for row, column in cells.tolist())))


def compass_name(cell: Sequence[int], plan: dict[str, Any]) -> str:
    """Return a cell's name by its direction from the map's centre."""
    row, column = cell[0] - (plan["height"] - 1) / 2, cell[1] - (plan["width"] - 1) / 2
    north = "" if abs(row) < 1 else "N" if row < 0 else "S"
    west = "" if abs(column) < 1 else "W" if column < 0 else "E"
    return (north + west) or "centre"
