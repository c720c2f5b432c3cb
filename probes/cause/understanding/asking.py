"""Asking: trials in which listeners hear the word for a place, a word at random, or what the real speakers say."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.plan import Plan, make_plan
from commlab.env.scenario import Scenario
from commlab.env.types import Cell
from commlab.foundation.errors import DataError
from commlab.probes.cause.codebook import Word
from commlab.probes.cause.trials import (
    NOWHERE,
    Trials,
    check_length,
    choose_trials,
    going_on,
    hear_phantom,
    in_time,
)
from commlab.probes.cause.twins import Trace, play
from commlab.probes.cause.understanding.places import Places
from commlab.probes.cause.understanding.ways import on_the_way
from commlab.recording import layout

__all__ = ["SPAN", "Played", "ask", "draw_asked", "first_tried", "natural_time"]

NEVER = 1 << 20  # steps
SPAN = 20  # steps that the phantom goes on speaking; no natural time is longer
ENOUGH = 8  # trials


class Played(NamedTuple):
    """Trials in which listeners were told where to go, and what they did."""

    trials: Trials  # n of them
    crystal: NDArray[np.bool_]  # (n, P) places with a crystal at the time
    asked: NDArray[np.int64]  # (n,) the place asked for
    sayable: NDArray[np.bool_]  # (P,) places that have a word
    crossed: NDArray[np.bool_]  # (n, P) places on a shortest way to the one asked for
    limit: int  # steps within which a listener must be there
    arms: dict[str, NDArray[np.int64]]  # told, untouched, random: (n, P) steps until each place is tried, NEVER
    told: Trace | None = None  # the episodes in which they were told the words

    @property
    def free(self) -> NDArray[np.bool_]:
        """Places without a crystal at the time, (n, P)."""
        return ~self.crystal

    def hits(self, arm: str, asked: NDArray[np.int64] | None = None, limit: int | None = None) -> NDArray[np.float64]:
        """Return whether each trial of an arm succeeds, (n,); asked for what it was, unless `asked` is given."""
        wanted = self.asked if asked is None else asked
        return self._there(arm, np.equal(first_tried(self.arms[arm]), wanted), wanted, limit or self.limit)

    def hits_crossing(self, arm: str) -> NDArray[np.float64]:
        """Return the same if places that are crossed on a shortest way do not count as tried, (n,)."""
        steps = self.arms[arm]
        when = steps[np.arange(len(steps)), self.asked]
        elsewhere = (steps < when[:, None]) & ~self.crossed
        return self._there(arm, np.logical_not(elsewhere.any(axis=1)), self.asked, self.limit)

    def _there(self, arm: str, first: Any, wanted: NDArray[np.int64], limit: int) -> NDArray[np.float64]:
        """Return where listeners that were told something that can be said are in time, (n,)."""
        there = first & (self.arms[arm][np.arange(len(wanted)), wanted] <= limit)
        success: NDArray[np.float64] = (there & self.sayable[wanted] if arm == "told" else there).astype(float)
        return success


def first_tried(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which place is tried first, (n,), given after how many steps each is (n, P); NOWHERE for none."""
    first: NDArray[np.int64] = np.where((steps < NEVER).any(axis=1), steps.argmin(axis=1), NOWHERE)
    return first


def ask(
    checkpoint: Checkpoint,
    places: Places,
    words: list[Word],
    listeners: tuple[int, ...],
    n_episodes: int,
    seed: int,
    kinship: float,
    rng: np.random.Generator,
) -> Played:
    """Roll the episodes untouched, told the words, and told words at random."""
    scenario = checkpoint.scenario
    check_length(scenario)
    natural = play(checkpoint, n_episodes, seed)
    trials, crystal = _askable(natural, choose_trials(natural, listeners, rng), places)
    if len(trials) < ENOUGH:
        raise DataError(f"Only {len(trials)} of {n_episodes} episodes have a moment to ask at; take more episodes.")
    asked = draw_asked(~crystal, rng)
    symbols = np.array([word.symbol or 0 for word in words], dtype=np.int64)
    spoken = np.unique(symbols[symbols > 0])
    any_word = rng.choice(spoken if len(spoken) else np.arange(1, scenario.channel.vocabulary), len(trials))
    traces = {"untouched": natural}
    for arm, symbol in (("told", symbols[asked]), ("random", any_word)):
        plan = _plan(scenario, trials, n_episodes, symbol, kinship)
        traces[arm] = play(checkpoint, n_episodes, seed, plan)
    arms = {arm: _steps_until(trace, trials, places.cells) for arm, trace in traces.items()}
    crossed = _crossed(scenario, natural, trials, places.cells, asked)
    limit = natural_time(natural, places, listeners)
    return Played(trials, crystal, asked, symbols > 0, crossed, limit, arms, traces["told"])


def _plan(scenario: Scenario, trials: Trials, n_episodes: int, symbol: NDArray[np.int64], kinship: float) -> Plan:
    """Return the plan by which each trial's listener hears its symbol (n,) and nothing else."""
    return make_plan(hear_phantom(trials, n_episodes, symbol, SPAN, kinship), scenario.steps, scenario.n_agents)


def _askable(natural: Trace, trials: Trials, places: Places) -> tuple[Trials, NDArray[np.bool_]]:
    """Return the trials in which some place has no crystal, and which places have one, (n, P)."""
    there = natural.crystal[trials.step, trials.episode][:, :, None, :] == places.cells
    crystal = there.all(axis=3).any(axis=1)
    usable = ~crystal.all(axis=1)
    return in_time(trials, usable), crystal[usable]


def draw_asked(free: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a place (n,) for each trial, drawn evenly among its free ones (n, P)."""
    drawn: NDArray[np.int64] = np.where(free, rng.random(free.shape), -1.0).argmax(axis=1)
    return drawn


def _steps_until(trace: Trace, trials: Trials, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return after how many steps each listener first tries each of the cells (P, 2), (n, P); NEVER within the span."""
    steps = np.full((len(trials), len(cells)), NEVER)
    for s in range(SPAN - 1, -1, -1):
        alive = going_on(trace, trials, s)
        tried = trace.tried[trials.step[alive] + s, trials.episode[alive], trials.listener[alive]]
        trial, cell = np.nonzero((tried[:, None] == cells[None]).all(axis=2))
        steps[alive[trial], cell] = s + 1
    return steps


def _crossed(
    scenario: Scenario, natural: Trace, trials: Trials, cells: NDArray[np.int64], asked: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which cells (P, 2) lie on a shortest way to the one asked for, (n, P), as the world is when asked."""
    bare = np.array(layout(scenario)["grid"]) == int(Cell.EMPTY)
    blocked = np.tile(~bare, (len(trials), 1, 1))
    rows = np.arange(len(trials))
    position = natural.position[trials.step, trials.episode].astype(np.int64)  # (n, A, 2)
    things = natural.crystal[trials.step, trials.episode].astype(np.int64)  # (n, O, 2), -1 where there is none
    for other in (*position.swapaxes(0, 1), *things.swapaxes(0, 1)):
        there = (other >= 0).all(axis=1)
        blocked[rows[there], other[there, 0], other[there, 1]] = True
    return on_the_way(blocked, position[rows, trials.listener], cells[asked], cells, SPAN)


def natural_time(natural: Trace, places: Places, listeners: tuple[int, ...]) -> int:
    """Return the median of the steps from a crystal's appearing until a listener reaches it, at most the span.

    Only crystals that appear in the first half of the episodes count, so that most of them can be reached; one that is
    not reached counts as the longest.
    """
    there = (natural.crystal[:, :, :, None, :] == places.cells).all(axis=4).any(axis=2) & natural.live[:, :, None]
    tried = natural.tried[:, :, list(listeners)]
    reached = (tried[:, :, :, None, :] == places.cells).all(axis=4).any(axis=2) & there
    appears = there.copy()
    appears[1:] &= ~there[:-1]
    step, episode, place = np.nonzero(appears[: max(1, len(there) // 2)])
    when = np.full(len(step), SPAN)
    for s in range(SPAN - 1, -1, -1):
        row = np.minimum(step + s, len(there) - 1)
        when[reached[row, episode, place]] = s + 1
    return int(np.median(when)) if len(when) else SPAN
