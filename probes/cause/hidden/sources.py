"""Sources: where the hidden states come from that agents are given: other episodes, or twins told another value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import make_plan
from commlab.foundation.errors import DataError
from commlab.probes.cause.hidden.cases import FEWEST, Cases, draw_values
from commlab.probes.cause.hidden.stage import Stage
from commlab.probes.cause.hidden.states import NO_VALUE
from commlab.probes.cause.trials import check_length, hear_phantom
from commlab.probes.cause.twins import play

__all__ = ["Given", "Sources", "find_sources", "given_states"]

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Sources(NamedTuple):
    """Where the cases' new states come from."""

    wanted: Int64  # (n,) the value of the other episode
    other: Int64  # (n,) an episode with that value
    alike: Int64  # (n,) an episode with the case's own value


class Given(NamedTuple):
    """Hidden states of the cases' agents at their steps, (n, H)."""

    own: Float64
    other: Float64
    alike: Float64

    @property
    def led(self) -> Float64:
        """What leads from the own to the other."""
        return self.other - self.own


def find_sources(stage: Stage, rng: np.random.Generator) -> tuple[Cases, Sources]:
    """Return the cases that can be given another state, and where it comes from; DataError where there are few."""
    return _twins(stage, rng) if stage.wish.told else _other_episodes(stage, rng)


def given_states(stage: Stage, sources: Sources) -> Given:
    """Return the states that the cases' agents have and are given."""
    cases = stage.cases
    hidden = stage.natural.hidden[stage.wish.layer]
    if stage.wish.told:
        own = hidden[cases.step, cases.episode, cases.agent].astype(np.float64)
        return Given(own, _told(stage, sources.wanted), _told(stage, cases.own))
    of = (hidden[cases.step, episode, cases.agent] for episode in (cases.episode, sources.other, sources.alike))
    return Given(*(vectors.astype(np.float64) for vectors in of))


def _other_episodes(stage: Stage, rng: np.random.Generator) -> tuple[Cases, Sources]:
    """Return the cases for which there are other episodes, and these. Raises DataError where there are too few.

    The value is drawn evenly among those that others of the same moment have, then an episode among those that have it.
    """
    cases = stage.cases
    ready = _ready(stage)
    n_values = len(stage.states.names)
    drawn = np.full((3, cases.n), NO_VALUE)
    for i in range(cases.n):
        step, agent = cases.step[i], cases.agent[i]
        value = np.where(ready[step, :, agent], stage.values[step, :, agent], NO_VALUE)
        value[cases.episode[i]] = NO_VALUE
        present = np.isin(np.arange(n_values), value) & stage.ruler.askable
        wanted = int(draw_values(cases.own[i : i + 1], present, rng)[0])
        others, alike = np.flatnonzero(value == wanted), np.flatnonzero(value == cases.own[i])
        if wanted != NO_VALUE and len(alike):
            drawn[:, i] = wanted, rng.choice(others), rng.choice(alike)
    keep = drawn[0] != NO_VALUE
    if keep.sum() < FEWEST:
        raise DataError(
            f"Only {int(keep.sum())} of {cases.n} episodes find another of the same moment with another value and "
            f"one with the same; take more episodes."
        )
    return cases.of(keep), Sources(*drawn[:, keep])


def _twins(stage: Stage, rng: np.random.Generator) -> tuple[Cases, Sources]:
    """Return the cases whose twins can be told another value at their moment, and these: the episodes themselves.

    Raises DataError where too few values have a word.
    """
    cases, words = stage.cases, stage.ruler.words
    check_length(stage.agents.scenario)
    wanted = draw_values(cases.own, stage.ruler.askable & (words > 0), rng)
    keep = (wanted != NO_VALUE) & (words[cases.own] > 0)
    if keep.sum() < FEWEST:
        raise DataError(
            f"Only {int(keep.sum())} of {cases.n} twins can be told another {stage.states.target}, because too few "
            f"values have a word of their own; leave out --told."
        )
    cases = cases.of(keep)
    return cases, Sources(wanted[keep], cases.episode, cases.episode)


def _ready(stage: Stage) -> NDArray[np.bool_]:
    """Return where agents (T, E, A) may lend their states: listeners that carry nothing, speakers at any step."""
    natural = stage.natural
    live: NDArray[np.bool_] = np.broadcast_to(natural.live[:, :, None], natural.energy.shape)
    if stage.cases.speaks:
        return live
    empty = (natural.energy < natural.altar_cost[:, :, None]) & (natural.carried == 0)
    return np.asarray(live & empty)


def _told(stage: Stage, values: Int64) -> Float64:
    """Return the states (n, H) of twins that hear the word for those values (n,) at their moment, and nothing else."""
    cases, wish, scenario = stage.cases, stage.wish, stage.agents.scenario
    worlds = hear_phantom(cases.trials, wish.n_episodes, stage.ruler.words[values], 1, 1.0)
    plan = make_plan(worlds, scenario.steps, scenario.n_agents)
    hidden = play(stage.agents, wish.n_episodes, wish.seed, plan, (wish.layer,)).hidden[wish.layer]
    told: Float64 = hidden[cases.step, cases.episode, cases.agent].astype(np.float64)
    return told
