"""The moments behind courses: a hidden state that went the way of its value in the plane, and one that did not."""

import numpy as np

from commlab.datasets.reader import Recording
from commlab.foundation.moments import Moment
from commlab.foundation.picking import explained, pick
from commlab.probes.decode.clusters.wording import phrase
from commlab.probes.decode.moments import agent_called, there
from commlab.probes.decode.trajectories.states import HEARD, States
from commlab.probes.decode.trajectories.telling import Found

__all__ = ["gone_that_way_or_not"]


def gone_that_way_or_not(recording: Recording, data: States, found: Found) -> list[Moment]:
    """The first held-out run nearer to its value's mean course than to that of all values, and the first that was not.

    Nearer in the plane, over its steps from its beginning on, squares added up; means are those of training episodes.
    """
    model, held = found.model, found.held_out
    held = held.part((held.step >= data.window.before) & model.known[held.value, held.step])
    axes, n_runs = model.axes.T, len(data.runs.value)
    points = found.points[held.row]
    own = ((points - (model.means @ axes)[held.value, held.step]) ** 2).sum(axis=1)
    every = ((points - (model.base @ axes)[held.step]) ** 2).sum(axis=1)
    nearer = np.bincount(held.run, weights=own - every, minlength=n_runs)
    rows, runs = data.rows, data.runs
    order = np.lexsort((runs.slot, rows.episodes[runs.episode]))
    counts = np.bincount(held.run, minlength=n_runs) > 0

    def show(case: int) -> Moment:
        run = int(order[case])
        step, place = divmod(int(runs.slot[run]), len(data.agents.indices))
        agent, value = data.agents.indices[place], data.values[int(runs.value[run])]
        told = f" {phrase(HEARD, value)}" if data.target.name == HEARD else f": {data.target.name} is {value}"
        steps = "1 step" if runs.length[run] == 1 else f"{runs.length[run]} steps"
        note = f"{agent_called(recording, agent)}{told}, for {steps}"
        return there(recording, int(rows.episodes[runs.episode[run]]), step, agent, note)

    worked = (nearer < 0)[order]
    return explained(pick(worked, "gone the way of their value", among=counts[order], cases="courses"), show)
