"""Picking: which trials of an experiment a reader is shown, by a rule, as moments that can be rolled again.

Nothing is chosen for its looks: it is the trial of the median effect, the first trial that went as it was wanted, and
the first that did not.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.agents.intervention import to_json
from commlab.agents.planned import interventions_in
from commlab.env.scenario import Scenario
from commlab.foundation.moments import Moment, written
from commlab.probes.cause.twins import Trace

__all__ = [
    "Pick",
    "Show",
    "agent_called",
    "cell_called",
    "explained",
    "mark_of",
    "moment_in",
    "parting",
    "pick",
    "picked",
]

Show = Callable[[int], Moment | None]  # makes the moment of a trial, None where it cannot be shown
LONGEST = 40_000  # letters of a moment's interventions


class Pick(NamedTuple):
    """A trial that is shown."""

    trial: int
    why: str  # by which rule


def pick(worked: ArrayLike, what: str, effect: ArrayLike | None = None, among: ArrayLike | None = None) -> list[Pick]:
    """Return the trial of the median `effect` (n,), the first that `worked` (n,), and the first that did not.

    what: in words, what it is to have worked: "arrived". among: which trials count (n,). Of an even number of effects
    it is the lower one in the middle; trials whose effect is not finite do not count. Each trial is named once, under
    the first of its rules.
    """
    good = np.asarray(worked, dtype=np.bool_)
    known = np.ones(len(good), np.bool_) if among is None else np.asarray(among, dtype=np.bool_).copy()
    found: dict[int, str] = {}
    if effect is not None:
        known &= np.isfinite(np.asarray(effect, np.float64))
    if effect is not None and known.any():
        values = np.where(known, np.asarray(effect, np.float64), np.inf)
        middle = int(np.argsort(values, kind="stable")[(known.sum() - 1) // 2])
        found[middle] = f"the median of {known.sum()} trials"
    for is_good, word in ((True, what), (False, f"not {what}")):
        fits = np.flatnonzero((good == is_good) & known)
        if len(fits):
            found.setdefault(int(fits[0]), f"the first of {len(fits)} that have {word}")
    return [Pick(trial, why) for trial, why in found.items()]


def explained(picks: Sequence[Pick], show: Show) -> list[Moment]:
    """Return the moments of trials; each note begins with the rule by which the trial was picked."""
    found = ((one, show(one.trial)) for one in picks)
    return [replace(moment, note=f"{one.why}: {moment.note}") for one, moment in found if moment is not None]


def picked(picks: Sequence[Pick], show: Show) -> list[dict[str, Any]]:
    """Return the same as they are saved."""
    return written(explained(picks, show))


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
