"""Trials of an injection: when a listener that carries nothing is told something, and where it goes first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention
from commlab.agents.plan import Change, Plan
from commlab.env.scenario import Scenario
from commlab.env.types import KINSHIP_STEPS
from commlab.foundation.errors import DataError
from commlab.probes.cause.twins import Trace

__all__ = [
    "ANY_TIME",
    "NOWHERE",
    "Trials",
    "Window",
    "arrivals",
    "check_length",
    "choose_in_window",
    "choose_trials",
    "distances",
    "first_place",
    "going_on",
    "hear_phantom",
    "in_time",
    "phantom_plan",
]

EARLIEST, LATEST = 4, 36  # steps between which the moment of a trial is drawn
NOWHERE = -1


class Trials(NamedTuple):
    """One trial an episode: who is told, and when."""

    episode: NDArray[np.int64]  # (n,) index among the traced episodes
    listener: NDArray[np.int64]  # (n,)
    step: NDArray[np.int64]  # (n,)

    def __len__(self) -> int:
        return len(self.episode)


class Window(NamedTuple):
    """When trials may be: between two steps, and whether the listener then carries anything."""

    carrying: bool | None = False  # None: whatever it carries
    first: int | None = None  # None: as `choose_trials` draws
    last: int | None = None  # the last step

    def __str__(self) -> str:
        if self.first is None:
            return "empty-handed"
        carries = {True: "carrying", False: "empty-handed", None: "any"}[self.carrying]
        return f"{carries} {self.first}–{self.last}"


ANY_TIME = Window()


def check_length(scenario: Scenario) -> None:
    """Raise DataError where messages have several symbols, each of which might mean something by itself."""
    if scenario.channel.length > 1:
        raise DataError(
            f"Messages of {scenario.name!r} have {scenario.channel.length} symbols, and this analysis is for messages "
            f"of one symbol; train with channel.length 1 for it."
        )


def choose_trials(
    natural: Trace, listeners: tuple[int, ...], rng: np.random.Generator, at: int | None = None
) -> Trials:
    """Return a trial for each episode that has a step at which a listener, drawn among some, carries nothing.

    It is the first such step from a drawn one on; where `at` is given it is that, whatever the listener carries.
    Carrying nothing is holding no crystals and too little energy for the altar.
    """
    n_steps, n_episodes = natural.energy.shape[:2]
    listener = rng.choice(np.array(listeners), n_episodes)
    rows = np.arange(n_episodes)
    empty = (natural.energy[:, rows, listener] < natural.altar_cost) & (natural.carried[:, rows, listener] == 0)
    latest = max(1, min(LATEST, n_steps // 2))
    earliest = rng.integers(min(EARLIEST, latest - 1), latest, n_episodes) if at is None else np.full(n_episodes, at)
    late_enough = np.arange(n_steps)[:, None] >= earliest
    emptied = empty & np.vstack([np.zeros_like(empty[:1]), ~empty[:-1]])
    fits = emptied & late_enough if at is None else (np.arange(n_steps)[:, None] == earliest)
    step = fits.argmax(axis=0)
    usable = fits.any(axis=0) & (step < natural.live.sum(axis=0) - 1)
    return Trials(rows[usable], listener[usable], step[usable])


def choose_in_window(natural: Trace, listeners: tuple[int, ...], rng: np.random.Generator, window: Window) -> Trials:
    """Return a trial for each episode in which a listener, drawn among some, is at some step as a window asks for.

    The step is drawn evenly among such steps.
    """
    if window.first is None or window.last is None:
        return choose_trials(natural, listeners, rng)
    n_steps, n_episodes = natural.energy.shape[:2]
    listener, rows, steps = rng.choice(np.array(listeners), n_episodes), np.arange(n_episodes), np.arange(n_steps)
    empty = (natural.energy[:, rows, listener] < natural.altar_cost) & (natural.carried[:, rows, listener] == 0)
    fits = np.ones_like(empty) if window.carrying is None else empty != window.carrying
    within = (steps >= window.first) & (steps <= window.last)
    fits = fits & within[:, None] & (steps[:, None] < natural.live.sum(axis=0) - 1)
    step = np.where(fits, rng.random(fits.shape), -1.0).argmax(axis=0)
    usable = fits.any(axis=0)
    return Trials(rows[usable], listener[usable], step[usable])


def phantom_plan(
    trials: Trials, shape: tuple[int, int, int], symbols: NDArray[np.int64], kinship: float, n_slots: int = 1
) -> Plan:
    """Return the plan by which each trial's listener hears `symbols` (n, duration) from its step on, and nothing else.

    shape: steps, worlds and agents of the batch. `n_slots` phantoms of the given kinship say the same; 0 is silence.
    """
    said = np.zeros((*shape, 1), np.uint8)
    told = np.zeros(shape, np.bool_)
    for s in range(symbols.shape[1]):
        within = trials.step + s < shape[0]
        index = (trials.step[within] + s, trials.episode[within], trials.listener[within])
        told[index] = True
        said[(*index, 0)] = symbols[within, s]
    loud = told & (said[..., 0] > 0)
    grade = np.full((1, 1, 1), round(kinship * KINSHIP_STEPS), np.int8)
    mute = Change("message.in", "mute", told, np.zeros((1, 1, 1, 1), np.uint8), np.zeros((1, 1, 1), np.int8))
    says = [Change("message.in", "inject", loud, said, grade) for _ in range(n_slots if loud.any() else 0)]
    return Plan((mute, *says))


def hear_phantom(
    trials: Trials, n_episodes: int, symbol: NDArray[np.int64], duration: int, kinship: float
) -> list[list[Intervention]]:
    """Return, for each of `n_episodes` worlds, the interventions by which its listener hears `symbol` (n,) alone.

    All else is muted for it; a symbol of 0 is silence.
    """
    worlds: list[list[Intervention]] = [[] for _ in range(n_episodes)]
    for episode, listener, step, said in zip(*(part.tolist() for part in (*trials, symbol)), strict=True):
        span = {"agents": (listener,), "first": step, "last": step + duration - 1}
        if said == 0:
            worlds[episode].append(Intervention("message.in", "mute", **span))
        else:
            worlds[episode].append(Intervention("message.in", "set", symbol=said, kinship=kinship, **span))
    return worlds


def distances(trace: Trace, trials: Trials, places: NDArray[np.int64], n_steps: int) -> NDArray[np.float64]:
    """Return how many rows and columns each trial's listener is from its place (n, 2), (n, n_steps).

    The first is at the trial's step; NaN after the episode's end.
    """
    out = np.full((len(trials), n_steps), np.nan)
    for s in range(n_steps):
        alive = going_on(trace, trials, s)
        where = trace.position[trials.step[alive] + s, trials.episode[alive], trials.listener[alive]].astype(np.int64)
        out[alive, s] = np.abs(where - places[alive]).sum(axis=1)
    return out


def first_place(trace: Trace, trials: Trials, sites: NDArray[np.int64], n_steps: int) -> NDArray[np.int64]:
    """Return which of the sites (n_sites, 2) each listener tries first within `n_steps`, NOWHERE if none.

    To try a place is to walk into it or use it, whether or not there is anything: passing by does not count.
    """
    which = np.full(len(trials), NOWHERE)
    for s in range(n_steps - 1, -1, -1):
        alive = going_on(trace, trials, s)
        cell = trace.tried[trials.step[alive] + s, trials.episode[alive], trials.listener[alive]]
        trial, site = np.nonzero((cell[:, None] == sites[None]).all(axis=2))
        which[alive[trial]] = site
    return which


def arrivals(trace: Trace, trials: Trials, places: NDArray[np.int64], n_steps: int) -> NDArray[np.int64]:
    """Return after how many steps each listener first tries its place (n, 2), n_steps where it does not within them."""
    when = np.full(len(trials), n_steps)
    for s in range(n_steps - 1, -1, -1):
        alive = going_on(trace, trials, s)
        cell = trace.tried[trials.step[alive] + s, trials.episode[alive], trials.listener[alive]]
        when[alive[(cell == places[alive]).all(axis=1)]] = s
    return when


def going_on(trace: Trace, trials: Trials, s: int) -> NDArray[np.int64]:
    """Return the trials (m,) whose episodes go on `s` steps after their own step."""
    within = np.flatnonzero(trials.step + s < trace.live.shape[0])
    going: NDArray[np.int64] = within[trace.live[trials.step[within] + s, trials.episode[within]]]
    return going


def in_time(trials: Trials, keep: NDArray[np.bool_]) -> Trials:
    """Return the trials for which `keep` (n,) is true."""
    return Trials(trials.episode[keep], trials.listener[keep], trials.step[keep])
