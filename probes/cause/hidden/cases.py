"""Cases: at which step of which episode an agent's hidden state is changed, and who is watched for what comes of it.

The moment is one at which a listener carries nothing. It is the listener whose state is changed, or a speaker; then the
listener's way tells what came of what was said. Listeners can be made deaf from the next step on, in all arms: what was
put into their state is then not overruled by what they are told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Change, Plan
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError, InterventionError
from commlab.probes.cause.hidden.states import NO_VALUE
from commlab.probes.cause.trials import Trials, choose_trials, in_time
from commlab.probes.cause.twins import Trace

__all__ = ["FEWEST", "SPAN", "Cases", "Wish", "check_wish", "deafening", "draw_values", "find_cases", "where_changed"]

SPAN = 20  # steps that walkers have to get somewhere, and for which a change lasts unless told otherwise
FEWEST = 8
MOST_ROWS = 2**22  # steps of agents, which are held with all that was observed

Int64 = NDArray[np.int64]


class Wish(NamedTuple):
    """Whose state is to be changed, where and when."""

    target: str = "resource_location"
    of: str | None = None  # speakers, listeners, a body or an agent's number; None: listeners
    layer: str = "core"
    at: int | None = None  # None: drawn among the steps at which the listener carries nothing
    duration: int | None = None  # steps; None: SPAN, or as long as episodes are
    deaf: bool = False  # whether listeners hear nothing from the next step on
    whole: bool = False  # whether, in patching, the whole state counts, and not the target's subspace
    told: bool = False  # whether, in patching, states come from twins that were told another value
    n_episodes: int = 512
    seed: int = 0
    n_null: int = 99

    @property
    def lasts(self) -> int:
        """Steps that the change lasts."""
        return SPAN if self.duration is None else self.duration

    @property
    def flags(self) -> tuple[str, ...]:
        """What is unlike the usual, for the name of a result."""
        return tuple(name for name in ("whole", "told", "deaf") if getattr(self, name))


class Cases(NamedTuple):
    """One case an episode, n of them."""

    episode: Int64  # (n,) index among the traced episodes
    agent: Int64  # (n,) whose state is changed
    walker: Int64  # (n,) whose way is followed: the same agent, or a listener of it
    step: Int64  # (n,)
    own: Int64  # (n,) the target's value then
    speaks: bool  # whether the agents are changed as speakers

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.episode)

    @property
    def trials(self) -> Trials:
        """The cases as trials of those who walk."""
        return Trials(self.episode, self.walker, self.step)

    def of(self, keep: NDArray[np.bool_]) -> Cases:
        """Return the cases for which `keep` (n,) is true."""
        episode, agent, walker, step, own = (part[keep] for part in self[:5])
        return Cases(episode, agent, walker, step, own, self.speaks)


def check_wish(wish: Wish, scenario: Scenario) -> None:
    """Raise InterventionError for steps and numbers that no episode has, and for more episodes than memory holds."""
    n_steps, rows = scenario.steps, scenario.steps * scenario.n_agents
    if wish.n_episodes < FEWEST:
        raise InterventionError(f"--episodes {wish.n_episodes} are too few to compare; take {FEWEST} or more.")
    if wish.n_episodes * rows > MOST_ROWS:
        raise InterventionError(
            f"--episodes {wish.n_episodes} of {scenario.name} are more than memory holds, with {rows:,} hidden states "
            f"each; take {max(FEWEST, MOST_ROWS // rows)} or fewer."
        )
    if wish.at is not None and not 0 <= wish.at < n_steps - 1:
        raise InterventionError(f"--at {wish.at} is not within the episode: steps are 0 to {n_steps - 2}.")
    if wish.duration is not None and not 1 <= wish.duration < n_steps:
        raise InterventionError(f"--for {wish.duration} is not 1 to {n_steps - 1} steps; episodes are no longer.")


def find_cases(
    natural: Trace,
    values: Int64,
    agents: tuple[int, ...],
    listeners: tuple[int, ...],
    speaks: bool,
    rng: np.random.Generator,
    at: int | None = None,
) -> Cases:
    """Return a case for each episode that has a moment for it; `values` (T, E, A) are the target's.

    Where the agents are changed as listeners they are the walkers themselves; where it is as what `speaks`, the walker
    is a listener other than the agent. Raises DataError where there are fewer than FEWEST such moments.
    """
    trials = choose_trials(natural, listeners if speaks else agents, rng, at)
    agent = _speakers(agents, trials.listener, rng) if speaks else trials.listener
    own = values[trials.step, trials.episode, agent]
    keep = (own != NO_VALUE) & ((agent != trials.listener) | (not speaks))
    found = in_time(trials, keep)
    cases = Cases(found.episode, agent[keep], found.listener, found.step, own[keep], speaks)
    if cases.n < FEWEST:
        raise DataError(
            f"Only {cases.n} of {natural.live.shape[1]} episodes have a moment to interfere at; take more episodes "
            f"or another --at."
        )
    return cases


def _speakers(agents: tuple[int, ...], walker: Int64, rng: np.random.Generator) -> Int64:
    """Return one of the agents (n,) for each walker (n,), another than itself where there is one."""
    score = rng.random((len(walker), len(agents)))
    score[walker[:, None] == np.array(agents)] = -1
    drawn: Int64 = np.array(agents, dtype=np.int64)[score.argmax(axis=1)]
    return drawn


def draw_values(own: Int64, askable: NDArray[np.bool_], rng: np.random.Generator) -> Int64:
    """Return for each own value (n,) another, drawn evenly among those that can be asked for, (K,) or (n, K).

    NO_VALUE where there is none.
    """
    allowed = np.broadcast_to(askable, (len(own), askable.shape[-1])).copy()
    allowed[np.arange(len(own)), own] = False
    drawn = np.where(allowed, rng.random(allowed.shape), -1.0)
    return np.where(allowed.any(axis=1), drawn.argmax(axis=1), NO_VALUE)


def where_changed(cases: Cases, shape: tuple[int, int, int], duration: int) -> NDArray[np.bool_]:
    """Return for which steps, episodes and agents (T, E, A) the cases' agents are changed."""
    where = np.zeros(shape, np.bool_)
    for s in range(duration):
        inside = cases.step + s < shape[0]
        where[(cases.step + s)[inside], cases.episode[inside], cases.agent[inside]] = True
    return where


def deafening(cases: Cases, shape: tuple[int, int, int]) -> Plan:
    """Return the plan in which those who walk hear nothing in the SPAN steps after their moment."""
    after = cases._replace(step=cases.step + 1, agent=cases.walker)
    return Plan((Change("message.in", "mute", where_changed(after, shape, SPAN)),))
