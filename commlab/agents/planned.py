"""What a plan does in one of its worlds, as interventions: data with which that one episode is rolled again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Eraser, Intervention
from commlab.agents.plan import Change, Plan
from commlab.agents.sites import HIDDEN, NEEDS, room_of
from commlab.env.types import KINSHIP_STEPS

__all__ = ["interventions_in"]

SHOWN_KINSHIP = ("kinship", "world.kinship")
_NEEDS = {need.name: need for need in NEEDS}


class _Run(NamedTuple):
    """Steps through which an agent is changed in one way."""

    first: int
    last: int
    content: tuple[bytes, ...]
    agent: int


def interventions_in(plan: Plan, world: int) -> tuple[Intervention, ...] | None:
    """Return the interventions, in order, that do in one world what a plan does there.

    None where they would replay or patch from an episode, whose number a plan no longer knows.
    """
    found: list[Intervention] = []
    for change in plan.changes:
        if change.where.shape[1] != 1 and world >= change.where.shape[1]:
            continue  # a world behind the planned ones
        there = _in_world(change, world)
        if not there["where"].any():
            continue
        if change.tape is not None:
            return None
        found += _of_change(change, there)
    return tuple(found)


def _in_world(change: Change, world: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a change in one world, (T, A, …) all; axes that stand for everything keep length 1."""
    arrays = change.arrays
    n_steps, n_agents = (max(array.shape[axis] for array in arrays.values()) for axis in (0, 2))
    picked = {name: array[:, 0 if array.shape[1] == 1 else world] for name, array in arrays.items()}
    return {name: np.broadcast_to(array, (n_steps, n_agents, *array.shape[2:])) for name, array in picked.items()}


def _of_change(change: Change, there: dict[str, NDArray[Any]]) -> list[Intervention]:
    """Return the interventions of one change: one for each stretch of steps and what is done, of all who share it."""
    n_steps, n_agents = there["where"].shape
    together: dict[tuple[int, int, tuple[bytes, ...]], list[_Run]] = {}
    for agent in range(n_agents):
        for run in _runs(there, agent):
            together.setdefault(run[:3], []).append(run)
    found = []
    for runs in sorted(together.values(), key=lambda runs: (runs[0].first, runs[0].agent)):
        one = runs[0]
        found.append(
            Intervention(
                change.site,
                change.operation,
                agents=None if n_agents == 1 else tuple(run.agent for run in runs),
                first=one.first,
                last=None if n_steps == 1 else one.last,
                **_content(change, {name: array[one.first, one.agent] for name, array in there.items()}),
            )
        )
    return found


def _runs(there: dict[str, NDArray[Any]], agent: int) -> list[_Run]:
    """Return the stretches of steps in which an agent is changed in one way."""
    runs: list[_Run] = []
    for t in np.flatnonzero(there["where"][:, agent]).tolist():
        content = tuple(there[name][t, agent].tobytes() for name in ("symbols", "kinship", "values"))
        if runs and runs[-1].last == t - 1 and runs[-1].content == content:
            runs[-1] = runs[-1]._replace(last=t)
        else:
            runs.append(_Run(t, t, content, agent))
    return runs


def _content(change: Change, values: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return what an intervention says beside where it is made."""

    def wanted(name: str) -> bool:
        return _NEEDS[name].wanted(change.site, change.operation)

    said: dict[str, Any] = {"speakers": change.speakers, "others": change.others, "field": change.field}
    if wanted("symbol"):
        symbols = values["symbols"].tolist()
        said["symbol"] = symbols[0] if len(symbols) == 1 else tuple(symbols)
    if change.site in SHOWN_KINSHIP or (change.site == "message.in" and wanted("symbol")):
        said["kinship"] = int(values["kinship"]) / KINSHIP_STEPS
    if wanted("value"):
        said["value"] = int(values["values"][0])
    if wanted("vector"):
        said["vector"] = _short(values["values"])
    if wanted("delay"):
        said["delay"] = change.delay
    if wanted("chance"):
        said["chance"] = change.chance
    if change.eraser is not None:
        said["eraser"] = Eraser(*(_short(part) for part in change.eraser))
    return said if room_of(change.site) != HIDDEN else {name: one for name, one in said.items() if one is not None}


def _short(values: Any) -> Any:
    """Return numbers as the shortest ones that are the same in float32: they are written in half as many letters."""
    array = np.asarray(values, np.float32)
    return np.array([float(str(number)) for number in array.ravel()]).reshape(array.shape)
