"""Targets about other agents: where kin, strangers and the nearest other are, what it has, who it is, what it does."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.deeds import action_name
from commlab.datasets.targets.kin import Kin
from commlab.datasets.targets.labels import Labels, class_labels, following, need, number_labels, table_labels
from commlab.datasets.targets.places import SECTORS, cells, map_centre, sectors
from commlab.datasets.targets.things import Nearest, nearest_of
from commlab.foundation.errors import TargetError

__all__ = [
    "KINSHIP",
    "NEAR",
    "agents_near",
    "nearest_kin_location",
    "nearest_other",
    "nearest_stranger_location",
    "other_body",
    "other_cell",
    "other_energy",
    "other_in_view",
    "other_kinship",
    "other_location",
    "other_next_action",
    "other_offset",
]

Array = np.ndarray[Any, Any]
KINSHIP = ("kin", "stranger")
NEAR = 5  # king's moves within which an agent is near


def nearest_kin_location(recording: Recording) -> Labels:
    """The direction to the nearest other agent with kinship above 0."""
    return direction_of_kin(recording, kin=True)


def nearest_stranger_location(recording: Recording) -> Labels:
    """The direction to the nearest other agent without kinship above 0."""
    return direction_of_kin(recording, kin=False)


def direction_of_kin(recording: Recording, kin: bool) -> Labels:
    """The direction, as a sector, from each agent to the nearest other that is kin, or that is not."""
    nearest = nearest_other(recording, kin)
    position = recording["agents/position"][:]
    return class_labels(sectors(nearest.place - position, nearest.exists), SECTORS)


def nearest_other(recording: Recording, kin: bool | None = None) -> Nearest:
    """The nearest other agent; where `kin` is given, of those whose kinship, as the looking agent has it, is above 0
    (True), or is not (False). The place of `which` is the other's number."""
    need(recording, "agents/position")
    position = recording["agents/position"][:]
    related = Kin(recording) if kin is not None else None
    agents = np.arange(position.shape[1])

    def present(other: int) -> Array:
        everyone = np.ones(position.shape[:2], dtype=bool)
        chosen = everyone if related is None else related.with_agent(other) == kin
        return np.asarray(chosen & (agents != other))

    return nearest_of(position, position, present)


def company(recording: Recording) -> Nearest:
    """The nearest other agent of each. Raises TargetError where there is only one agent."""
    if recording.n_agents < 2:
        raise TargetError(f"{recording.path} has a single agent, so that there are no others: choose another target.")
    return nearest_other(recording)


def other_location(recording: Recording) -> Labels:
    """The sector of the map in which the nearest other agent stands."""
    other = company(recording)
    return class_labels(sectors(other.place - map_centre(recording.layout), other.exists), SECTORS)


def other_cell(recording: Recording) -> Labels:
    """The cell in which the nearest other agent stands."""
    other = company(recording)
    return cells(other.place, other.exists, recording.layout["width"])


def other_offset(recording: Recording) -> Labels:
    """The direction from the agent to the nearest other agent."""
    other = company(recording)
    return class_labels(sectors(other.place - recording["agents/position"][:], other.exists), SECTORS)


def other_energy(recording: Recording) -> Labels:
    """The energy of the nearest other agent, in joules."""
    need(recording, "agents/energy")
    return number_labels(of_other(recording["agents/energy"][:], company(recording)))


def other_kinship(recording: Recording) -> Labels:
    """Whether the nearest other agent is kin."""
    kin = Kin(recording).with_agents(company(recording).which)
    return class_labels(~kin, KINSHIP)


def other_body(recording: Recording) -> Labels:
    """The body of the nearest other agent."""
    names = recording.codes.get("bodies", {})
    bodies = recording.episodes.bodies[recording.row_episode]
    return table_labels(of_other(bodies, company(recording)), lambda code: names.get(code, str(code)))


def other_next_action(recording: Recording) -> Labels:
    """What the agent that is the nearest other now chooses at the next step."""
    need(recording, "policy/action")
    source, inside = following(recording, 1)
    action = of_other(recording["policy/action"][:][source], company(recording))
    return table_labels(action, lambda code: action_name(recording, code), inside[:, None] & (action >= 0))


def agents_near(recording: Recording) -> Labels:
    """How many other agents stand within NEAR king's moves."""
    need(recording, "agents/position")
    row, column = (recording["agents/position"][:, :, axis].astype(np.int32) for axis in range(2))
    count = np.full(row.shape, -1, dtype=np.int32)  # less the agent itself
    for other in range(row.shape[1]):
        count += (np.abs(row - row[:, [other]]) <= NEAR) & (np.abs(column - column[:, [other]]) <= NEAR)
    return number_labels(count)


def other_in_view(recording: Recording) -> Array:
    """Whether the nearest other agent is in the agent's view, (S, A) bool.

    That is where the agent's window shows an agent in that cell; where no window is recorded, where it is no farther
    than the body's view reaches (`layout`). Raises TargetError where neither is recorded.
    """
    other = company(recording)
    gap = other.place.astype(np.int32) - recording["agents/position"][:]
    if "observation/window" in recording:
        return other.exists & shown(recording, gap)
    radius = recording.layout.get("view_radius")
    if not isinstance(radius, dict):
        raise TargetError(
            f"{recording.path} tells neither what agents saw nor how far: record again with observations."
        )
    names = recording.codes.get("bodies", {})
    reach = np.array([radius.get(names.get(code, ""), 0) for code in range(256)], dtype=np.int32)
    bodies = recording.episodes.bodies[recording.row_episode]
    return np.asarray(other.exists & (np.abs(gap).max(axis=-1) <= reach[bodies]))


def shown(recording: Recording, gap: Array) -> Array:
    """Whether each agent's window shows an agent at the offset `gap` (S, A, 2)."""
    windows = recording["observation/window"][:]
    size = np.array(windows.shape[2:4])
    cell = gap + size // 2
    inside = ((cell >= 0) & (cell < size)).all(axis=-1)
    row, column = np.where(inside[..., None], cell, 0).transpose(2, 0, 1)
    s, a = np.ogrid[: gap.shape[0], : gap.shape[1]]
    found: Array = inside & np.isin(windows[s, a, row, column], recording.cell_codes("agent"))
    return found


def of_other(values: Array, other: Nearest) -> Array:
    """The values (S, A) that each agent's other has."""
    return np.take_along_axis(values, other.which.astype(np.int64), axis=1)
