"""Targets: named functions of the recorded world that probes try to read from messages and hidden states."""

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets import agents
from commlab.datasets.targets.labels import NONE, Labels, Target, class_labels, lagged
from commlab.datasets.targets.places import SECTORS, cells, map_centre, sectors
from commlab.datasets.targets.things import nearest_object, unseen
from commlab.foundation.errors import TargetError, nearest_names

__all__ = ["NONE", "SECTORS", "TARGETS", "Labels", "Target", "find_target", "lagged", "unseen"]


def find_target(name: str, recording: Recording | None = None) -> Target:
    """The target of that name. Raises TargetError, naming the nearest and listing all, where there is none."""
    if name in TARGETS:
        return TARGETS[name]
    near = nearest_names(name, TARGETS, limit=1)[0]
    raise TargetError(f"There is no target {name!r}: the nearest is {near}, all are {', '.join(TARGETS)}.")


def resource_location(recording: Recording) -> Labels:
    """The sector of the map, seen from its centre, of the nearest stocked crystal."""
    crystal = nearest_object(recording, "crystal")
    return class_labels(sectors(crystal.place - map_centre(recording.layout), crystal.exists), SECTORS)


def resource_cell(recording: Recording) -> Labels:
    """The cell of the nearest stocked crystal."""
    crystal = nearest_object(recording, "crystal")
    return cells(crystal.place, crystal.exists, recording.layout["width"])


def resource_offset(recording: Recording) -> Labels:
    """The direction from the agent to the nearest stocked crystal."""
    crystal = nearest_object(recording, "crystal")
    position = recording["agents/position"][:].astype(np.int32)
    return class_labels(sectors(crystal.place - position, crystal.exists), SECTORS)


def altar_location(recording: Recording) -> Labels:
    """The direction from the agent to the nearest altar."""
    altar = nearest_object(recording, "altar")
    position = recording["agents/position"][:].astype(np.int32)
    return class_labels(sectors(altar.place - position, altar.exists), SECTORS)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            "resource_location",
            "The sector of the map, seen from its centre, in which the stocked crystal nearest to the agent stands.",
            "class",
            resource_location,
        ),
        Target(
            "resource_location.cell",
            "The cell, as row and column, in which the stocked crystal nearest to the agent stands.",
            "class",
            resource_cell,
        ),
        Target(
            "resource_location.offset",
            "The direction from the agent to the stocked crystal nearest to it.",
            "class",
            resource_offset,
        ),
        Target("altar_location", "The direction from the agent to the nearest altar.", "class", altar_location),
        Target("own_position", "The cell, as row and column, in which the agent stands.", "class", agents.own_position),
        Target("own_energy", "The energy of the agent, in joules.", "number", agents.own_energy),
        Target("own_next_action", "The action that the agent chooses next.", "class", agents.own_next_action),
        Target(
            "nearest_kin_location",
            "The direction from the agent to the nearest other agent that is its kin.",
            "class",
            agents.nearest_kin_location,
        ),
        Target(
            "nearest_stranger_location",
            "The direction from the agent to the nearest other agent that is not its kin.",
            "class",
            agents.nearest_stranger_location,
        ),
    )
}
