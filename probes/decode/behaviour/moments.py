"""The moments behind behaviour: values that led to a place where they lead more often than chance allows, and not."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.moments import Moment
from commlab.foundation.picking import explained, pick
from commlab.probes.decode.behaviour.rows import Walks
from commlab.probes.decode.clusters.wording import phrase
from commlab.probes.decode.moments import agent_called, there
from commlab.probes.decode.rows import table_of
from commlab.probes.decode.trajectories.courses import runs_of
from commlab.probes.decode.trajectories.states import HEARD

__all__ = ["led_there_or_not"]

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]


def led_there_or_not(
    recording: Recording,
    walks: Walks,
    codes: Int64,
    names: Sequence[str],
    target: str,
    outlined: Mapping[str, list[int]],
) -> list[Moment]:
    """The first run of a value after which its agent came to a place that is outlined for it, and the first after not.

    codes (N,) of `names`; outlined: places by the value's name. Runs that begin in such a place do not count.
    """
    rows, n_agents = walks.rows, len(walks.agents.indices)
    runs = runs_of(table_of(codes, rows, -1), n_agents)
    order = np.lexsort((runs.slot, rows.episodes[runs.episode]))
    place = table_of(walks.place, rows, -1)
    goal = np.zeros((len(names), int(place.max(initial=0)) + 2), dtype=bool)  # the last stands for -1
    for value, name in enumerate(names):
        goal[value, outlined.get(name, [])] = True
    slots = runs.slot[:, None] + n_agents * np.arange(int(runs.length.max(initial=1)))
    inside = np.arange(slots.shape[1]) < runs.length[:, None]
    visited = place[runs.episode[:, None], np.minimum(slots, place.shape[1] - 1)]
    there_now = goal[runs.value[:, None], visited] & inside
    counts = goal[runs.value].any(axis=1) & ~there_now[:, 0] & (visited[:, 0] >= 0)

    def show(case: int) -> Moment:
        run = int(order[case])
        came = np.flatnonzero(there_now[run])
        last = int(came[0]) if came.size else int(runs.length[run]) - 1
        slot, value = int(runs.slot[run]), names[int(runs.value[run])]
        agent = walks.agents.indices[slot % n_agents]
        way = f"from {cell(walks, int(visited[run, 0]))} to {cell(walks, int(visited[run, last]))}"
        told = f" {phrase(target, value)} and" if target == HEARD else f" ({target} is {value})"
        steps = "1 step" if last == 1 else f"{last} steps"
        note = f"{agent_called(recording, agent)}{told} goes {way} in {steps}"
        return there(recording, int(rows.episodes[runs.episode[run]]), slot // n_agents, agent, note)

    return explained(
        pick(there_now.any(axis=1)[order], "come to an outlined place", among=counts[order], cases="courses"), show
    )


def cell(walks: Walks, place: int) -> str:
    """The top left cell of a place, row and column."""
    ground = walks.ground
    row, column = divmod(place, ground.shape(ground.side)[1])
    return f"{row * ground.side + ground.corner[0]},{column * ground.side + ground.corner[1]}"
