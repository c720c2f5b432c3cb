"""What a reader is shown of a change to hidden states: the first case that came to what was wanted, and a failure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.probes.cause.hidden.outcomes import ACTION, SAID, read_arm, score
from commlab.probes.cause.hidden.stage import Stage
from commlab.probes.cause.hidden.states import NO_VALUE
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.twins import Trace

__all__ = ["shown"]


def shown(stage: Stage, changed: Trace, wanted: NDArray[np.int64], what: str) -> list[dict[str, Any]]:
    """Return the moments of an arm's cases, as they are saved.

    wanted (n,): the value that each case was led to. what: was done to it, as in "steered to". For targets that are no
    place and are not said, the case of the median change of action comes first.
    """
    cases, main, names = stage.cases, stage.outcomes[0], stage.states.names
    arm = read_arm(changed, cases, stage.ruler)
    scores = score(main, arm, stage.play() if main == ACTION else arm, wanted)
    values = arm.said if main == SAID else arm.place

    def show(n: int) -> Moment | None:
        if main == ACTION:
            came = f"changes its choice of action by {scores[n]:.2f} bits"
        else:
            value = "nothing known" if values[n] == NO_VALUE else names[values[n]]
            came = f"says {value}" if main == SAID else f"goes first to {_place(value)}"
        note = (
            f"{agent_called(stage.agents.scenario, cases.agent[n])}, whose {stage.states.target} is "
            f"{names[cases.own[n]]}, is {what} {names[wanted[n]]} and {came}"
        )
        agents = dict.fromkeys((int(cases.agent[n]), int(cases.walker[n])))
        return moment_in(changed, cases.episode[n], cases.step[n], tuple(agents), note)

    if main == ACTION:
        return picked(pick(scores > np.median(scores), "changed more than half of all", scores), show)
    return picked(pick(scores > 0, "said it" if main == SAID else "gone there first"), show)


def _place(value: str) -> str:
    """Return a place that somebody went to in words."""
    return "no place" if value == "nothing known" else value
