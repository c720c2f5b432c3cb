"""Targets about danger: whether the agent is about to be turned to an egg, and whether a stranger could hit it now."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.agents import SOON, within
from commlab.datasets.targets.deeds import action_codes, frozen
from commlab.datasets.targets.kin import Kin
from commlab.datasets.targets.labels import Labels, class_labels, following, need, yes_no
from commlab.foundation.errors import TargetError

__all__ = ["danger", "danger_reach"]

Array = np.ndarray[Any, Any]
DANGER = ("safe", "hit")
REACH = 3  # cells, where the recording does not tell how far an attack reaches


def danger(recording: Recording) -> Labels:
    """Whether an attack freezes the agent in this step or one of the next SOON - 1; undefined while it is frozen."""
    need(recording, "agents/frozen")
    needs_attacks(recording)
    ice = frozen(recording)
    source, inside = following(recording, 1)
    soon = within(recording, ~ice & ice[source] & inside[:, None]).values
    _, whole = following(recording, SOON)  # whether an agent froze at a step, only the next one tells
    return class_labels(soon, DANGER, ((soon > 0) | whole[:, None]) & ~ice)


def danger_reach(recording: Recording) -> Labels:
    """Whether a stranger that is not frozen stands in line with the agent, within the reach of an attack."""
    need(recording, "agents/position")
    needs_attacks(recording)
    row, column = (recording["agents/position"][:, :, axis].astype(np.int32) for axis in range(2))
    kin, awake, reach = Kin(recording), ~frozen(recording), reach_of(recording)[:, None]
    threatened = np.zeros(row.shape, dtype=bool)
    for other in range(row.shape[1]):
        rows, columns = np.abs(row - row[:, [other]]), np.abs(column - column[:, [other]])
        in_line = ((rows == 0) | (columns == 0)) & (rows + columns <= reach) & (np.arange(row.shape[1]) != other)
        threatened |= in_line & awake[:, [other]] & ~kin.with_agent(other)
    return yes_no(threatened)


def needs_attacks(recording: Recording) -> None:
    """Raises TargetError where the recording's actions have names and none of them is an attack."""
    if recording.codes.get("actions") and not action_codes(recording, "attack"):
        raise TargetError(f"Nobody can attack in the world of {recording.path}, so that nothing in it is dangerous.")


def reach_of(recording: Recording) -> Array:
    """How many cells an attack reaches at each row, (S,)."""
    names = recording.names("episodes/numbers")
    if "attack_range" not in names:
        return np.full(recording.n_steps, REACH)
    reach: Array = recording.episodes.numbers[:, names.index("attack_range")][recording.row_episode]
    return reach
