"""Moments of trials: an episode of an experiment with all that is needed to roll it again, and words for its note."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import to_json
from commlab.agents.planned import interventions_in
from commlab.env.scenario import Scenario
from commlab.foundation.moments import Moment
from commlab.probes.cause.twins import Trace

__all__ = ["agent_called", "cell_called", "mark_of", "moment_in", "parting"]

LONGEST = 40_000  # letters of a moment's interventions


def moment_in(trace: Trace, episode: int, step: int, agents: Sequence[int], note: str) -> Moment | None:
    """Return a moment of an arm's episode; None where what was done to it cannot be written down shortly."""
    if trace.rolled is None:
        return None
    changes = interventions_in(trace.rolled.plan, episode)
    if changes is None:
        return None
    told = to_json(changes)
    if len(told) > LONGEST:
        return None
    n_steps = int(trace.live[:, episode].sum())
    return Moment(
        int(episode),
        int(step),
        tuple(int(agent) for agent in agents),
        note,
        seed=trace.rolled.seed,
        interventions=tuple(json.loads(told)),
        worlds=trace.rolled.n_worlds,
        mark=mark_of(trace.position[:n_steps, episode], trace.energy[:n_steps, episode], trace.said[:n_steps, episode]),
    )


def parting(one: Trace, other: Trace, episode: int) -> tuple[int, int]:
    """Return the step at which an episode of two traces is first told apart by where agents stand, and who moved.

    0 and 0 where it never is.
    """
    apart = (one.position[:, episode] != other.position[:, episode]).any(axis=-1) & one.live[:, episode, None]
    if not apart.any():
        return 0, 0
    step = int(apart.any(axis=1).argmax())
    return step, int(apart[step].argmax())


def mark_of(position: NDArray[np.int16], energy: NDArray[np.int32], said: NDArray[np.uint8]) -> int:
    """Return a checksum of an episode: where all stood, the energy they had and what they said, (T, A, …) each."""
    mark = 0
    for array, kind in ((position, np.int16), (energy, np.int32), (said, np.uint8)):
        mark = zlib.crc32(np.ascontiguousarray(array, dtype=kind).tobytes(), mark)
    return mark


def cell_called(cell: Sequence[int] | NDArray[np.integer[Any]]) -> str:
    """Return what a cell is called: its row and column."""
    return f"row {int(cell[0])}, column {int(cell[1])}"


def agent_called(scenario: Scenario, agent: int) -> str:
    """Return what an agent is called: its body and its number."""
    return f"{scenario.agent_bodies[int(agent)]} {int(agent)}"
