"""Targets about agents: where they are, what they have and do next, and where their kin and strangers are."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Labels, class_labels, lagged
from commlab.datasets.targets.places import SECTORS, cells, sectors
from commlab.datasets.targets.things import Nearest, nearest_of

__all__ = ["nearest_kin_location", "nearest_stranger_location", "own_energy", "own_next_action", "own_position"]

Array = np.ndarray[Any, Any]


def own_position(recording: Recording) -> Labels:
    """The agent's own cell."""
    position = recording["agents/position"][:]
    return cells(position, np.ones(position.shape[:2], dtype=bool), recording.layout["width"])


def own_energy(recording: Recording) -> Labels:
    """The agent's own energy in joules."""
    energy = recording["agents/energy"][:].astype(np.float32)
    return Labels(energy, (), np.ones(energy.shape, dtype=bool))


def own_next_action(recording: Recording) -> Labels:
    """The action chosen at the next step; undefined at the last step of an episode."""
    action = recording["policy/action"][:]
    names = recording.codes.get("actions", {})
    n_actions = max(int(action.max(initial=0)), *names) + 1 if names else int(action.max(initial=0)) + 1
    labels = class_labels(action, tuple(names.get(code, str(code)) for code in range(n_actions)))
    return lagged(labels, recording, 1)


def nearest_kin_location(recording: Recording) -> Labels:
    """The direction to the nearest other agent with kinship above 0."""
    return other_location(recording, kin=True)


def nearest_stranger_location(recording: Recording) -> Labels:
    """The direction to the nearest other agent without kinship above 0."""
    return other_location(recording, kin=False)


def other_location(recording: Recording, kin: bool) -> Labels:
    """The direction, as a sector, from each agent to the nearest other that is kin, or that is not."""
    position = recording["agents/position"][:]
    nearest = nearest_other(recording, position, kin)
    return class_labels(sectors(nearest.place - position, nearest.exists), SECTORS)


def nearest_other(recording: Recording, position: Array, kin: bool) -> Nearest:
    """The nearest other agent whose kinship, as the looking agent has it, is above 0, or is not."""
    related = recording.kinship > 0  # (M, A, A)
    present = related[recording.episodes.kinship[recording.row_episode]]  # (S, A, A)
    if "agents/partner" in recording:
        partner = recording["agents/partner"][:]
        row, agent = np.nonzero(partner >= 0)
        present[row, agent, partner[row, agent]] = True  # a bond is a kinship
    present = present == kin
    present[:, np.arange(position.shape[1]), np.arange(position.shape[1])] = False
    return nearest_of(position, position, present)
