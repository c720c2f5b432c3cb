"""What an experiment measures in the trials of an arm: one number a trial, NaN where there is none."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import Action
from commlab.foundation.errors import InterventionError, nearest_names
from commlab.probes.cause.experiment.file import Measure
from commlab.probes.cause.experiment.planning import Cast
from commlab.probes.cause.trials import Trials, arrivals, first_place
from commlab.probes.cause.twins import Trace
from commlab.recording import layout

__all__ = ["UNITS", "Wanted", "check_measure", "measure"]

UNITS = {
    "return": "reward",
    "first place": "share of trials",
    "arrival": "share of trials",
    "distance": "cells",
    "divergence": "bits",
    "said": "share of steps",
    "action": "share of steps",
}


class Wanted(NamedTuple):
    """A measure with what its words stand for."""

    spec: Measure
    places: list[list[int]]  # first place, arrival, distance
    symbols: tuple[int, ...] | None  # said


def check_measure(name: str, spec: Measure, cast: Cast) -> None:
    """Raise InterventionError for an action or a step that the scenario does not have."""
    scenario = cast.scenario
    known = [action.name.lower() for action in Action if action < scenario.n_actions]
    if spec.action is not None and spec.action not in known:
        near = nearest_names(spec.action, known, 1)[0]
        raise InterventionError(
            f"measures.{name}.action: there is no action {spec.action!r}; the nearest is {near!r}, all are "
            f"{', '.join(known)}."
        )
    if spec.after is not None and spec.after >= scenario.steps:
        raise InterventionError(f"measures.{name}.after: {spec.after} is beyond the episode's {scenario.steps} steps.")


def measure(wanted: Wanted, arm: str, traces: dict[str, Trace], cast: Cast, watch: int) -> NDArray[np.float64]:
    """Return a measure in each trial of an arm, (n,), the mean over the agents that it is of."""
    groups, sites = cast.agents(wanted.spec.agents), layout(cast.scenario)["sites"]
    out = np.full(len(groups), np.nan)
    for agents, rows in _alike(groups, cast.scenario.n_agents):
        episode, step = cast.trials.episode[rows], cast.trials.step[rows]
        each = [
            _of_agent(wanted, sites, traces[arm], traces, Trials(episode, np.full(len(rows), agent), step), watch)
            for agent in agents
        ]
        if each:
            out[rows] = np.mean(each, axis=0)
    return out


def _alike(groups: list[tuple[int, ...] | None], n_agents: int) -> list[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Return the trials (m,) of each group of agents that occurs."""
    whole = tuple(range(n_agents))
    named = [whole if group is None else group for group in groups]
    return [(group, np.array([n for n, g in enumerate(named) if g == group])) for group in dict.fromkeys(named)]


def _of_agent(
    wanted: Wanted, sites: list[list[int]], trace: Trace, traces: dict[str, Trace], trials: Trials, watch: int
) -> NDArray[np.float64]:
    """Return a measure of one agent a trial (its `listener`), (m,)."""
    spec = wanted.spec
    if spec.kind == "return":
        after = np.arange(trace.reward.shape[0])[:, None] >= trials.step
        rewards = trace.reward[:, trials.episode, trials.listener].astype(np.float64)
        total: NDArray[np.float64] = np.where(after, rewards, 0.0).sum(axis=0)
        return total
    if spec.kind == "distance":
        return _at(trace, trials, watch if spec.after is None else spec.after, _gap(wanted.places))
    if spec.kind == "divergence":
        assert spec.from_ is not None
        return _divergence(trace, traces[spec.from_], trials, spec.after or 0)
    if spec.kind in ("first place", "arrival"):
        return _tries(wanted, sites, trace, trials, watch)
    return _share(wanted, trace, trials, watch)


def _at(trace: Trace, trials: Trials, after: int, read: Any) -> NDArray[np.float64]:
    """Return what is read of each agent `after` steps from the moment, NaN after the episode's end."""
    step = trials.step + after
    going = step < trace.live.shape[0]
    going[going] = trace.live[step[going], trials.episode[going]]
    out = np.full(len(trials), np.nan)
    out[going] = read(trace, (step[going], trials.episode[going], trials.listener[going]))
    return out


def _gap(places: list[list[int]]) -> Any:
    """Return a function that reads the rows and columns to the nearest of some places."""

    def read(trace: Trace, index: tuple[NDArray[np.int64], ...]) -> NDArray[np.float64]:
        where = trace.position[index].astype(np.int64)
        gaps = np.abs(where[:, None] - np.array(places)[None]).sum(axis=2)
        nearest: NDArray[np.float64] = gaps.min(axis=1).astype(np.float64)
        return nearest

    return read


def _divergence(trace: Trace, from_: Trace, trials: Trials, after: int) -> NDArray[np.float64]:
    """Return KL(arm || from) of the action, in bits."""

    def read(one: Trace, index: tuple[NDArray[np.int64], ...]) -> NDArray[np.float64]:
        p, q = _log_softmax(one.logits[index]), _log_softmax(from_.logits[index])
        bits: NDArray[np.float64] = (np.exp(p) * (p - q)).sum(axis=1) / np.log(2)
        return bits

    return _at(trace, trials, after, read)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log-probabilities, in nats."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    out: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out


def _tries(wanted: Wanted, sites: list[list[int]], trace: Trace, trials: Trials, watch: int) -> NDArray[np.float64]:
    """Return whether one of the places is the first of all tried, or (arrival) is tried at all, while it is watched."""
    if wanted.spec.kind == "arrival":
        steps = [arrivals(trace, trials, np.tile(place, (len(trials), 1)), watch) for place in wanted.places]
        there: NDArray[np.float64] = np.where(np.min(steps, axis=0) < watch, 1.0, 0.0)
        return there
    others = [site for site in sites if site not in wanted.places]
    first = first_place(trace, trials, np.array([*wanted.places, *others], dtype=np.int64), watch)
    return ((first >= 0) & (first < len(wanted.places))).astype(float)


def _share(wanted: Wanted, trace: Trace, trials: Trials, watch: int) -> NDArray[np.float64]:
    """Return the share of the steps watched at which an agent says, or does, what counts."""
    spec = wanted.spec
    hits, steps = np.zeros(len(trials)), np.zeros(len(trials))
    for s in range(watch):
        within = trials.step + s < trace.live.shape[0]
        within[within] = trace.live[trials.step[within] + s, trials.episode[within]]
        index = (trials.step[within] + s, trials.episode[within], trials.listener[within])
        if spec.kind == "action":
            assert spec.action is not None
            now = trace.action[index] == int(Action[spec.action.upper()])
        elif wanted.symbols is None:
            now = (trace.said[index] > 0).any(axis=-1)
        else:
            now = (trace.said[index] == np.array(wanted.symbols)).all(axis=-1)
        hits[within] += now
        steps[within] += 1
    share: NDArray[np.float64] = np.where(steps > 0, hits / np.maximum(steps, 1), np.nan)
    return share
