"""Doses: the cells of a sweep (what is said, to whom, by what kin, when, how much), and what each arm of a cell does.

The arms of a cell share episodes, moments, listeners and every random draw; real speakers are muted in all of them for
as long as listeners are watched. `told` hears the cell's symbol, `another` a symbol of another place, `other episode`
what was heard at the same steps of another episode, `silence` nothing.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.scenario import Scenario
from commlab.foundation.errors import InterventionError, nearest_names
from commlab.probes.cause.codebook import Codebook
from commlab.probes.cause.trials import ANY_TIME, NOWHERE, Trials, Window, arrivals, distances, first_place
from commlab.probes.cause.twins import Trace
from commlab.recording import layout

__all__ = ["ARMS", "FACTORS", "Cell", "Outcome", "Sweep", "Words", "cells_of", "outcome_of", "words_of"]

FACTORS = ("symbol", "listener", "kinship", "moment", "dose")
ARMS = ("told", "another", "other episode", "silence")
KINSHIPS = (-1.0, 0.0, 0.25, 0.5, 1.0)  # one for each grade that agents tell apart
DURATIONS = (1, 2, 4, 8, 16)
HELD = {  # what is held at one level where it is not varied: the field and its option
    "symbol": {"symbol": "--message"},
    "listener": {"listener": "--listener"},
    "kinship": {"kinship": "--kinship"},
    "moment": {"at": "--at"},
    "dose": {"duration": "--for", "n_slots": "--slots"},
}
MOST_SYMBOLS = 24  # of larger vocabularies only what is used


class Sweep(NamedTuple):
    """What is varied, and what everything else is held at."""

    by: tuple[str, ...] = ("symbol",)  # of FACTORS; several are crossed
    symbol: int | None = None  # None: a word drawn anew for each trial
    listener: int | None = None  # None: drawn among the listeners
    kinship: float = 1.0  # of the phantom
    at: int | None = None  # None: drawn among the steps at which the listener carries nothing
    duration: int = 12  # steps
    n_slots: int = 1  # in which the phantom is heard
    span: int = 20  # steps that are watched from the moment on
    n_episodes: int = 256
    seed: int = 0


class Cell(NamedTuple):
    """One combination of what is varied."""

    symbol: int | None
    listener: int | None
    kinship: float
    window: Window
    duration: int
    n_slots: int


class Words(NamedTuple):
    """The symbols that stand for a place."""

    symbols: NDArray[np.int64]  # (n_words,)
    places: NDArray[np.int64]  # (n_words, 2)
    sites: NDArray[np.int64]  # (n_sites, 2) all places where crystals may be
    meaningful: NDArray[np.bool_]  # (n_words,) false for the lesser of two symbols of one place

    def place_of(self, symbols: NDArray[np.int64]) -> NDArray[np.int64]:
        """The places (n, 2) that symbols (n,) stand for, -1 for none."""
        known = symbols[:, None] == self.symbols
        return np.where(known.any(axis=1)[:, None], self.places[known.argmax(axis=1)], -1)


class Outcome(NamedTuple):
    """What n listeners do in one arm."""

    reached: NDArray[np.int64]  # (n,) the site first tried, NOWHERE for none
    arrival: NDArray[np.int64]  # (n,) steps until the named place is tried, `span` where it is not
    distance: NDArray[np.float64]  # (n, span) from the named place, cells
    logp: NDArray[np.float64]  # (n, n_actions) of the action at the moment, nats
    gain: NDArray[np.float64]  # (n,) the listener's return from the moment on


def words_of(codebook: Codebook, scenario: Scenario) -> Words:
    """Return the symbols that stand for a place of the scenario."""
    entries = [entry for entry in codebook.entries.values() if entry.stands_for_place]
    best = {entry.symbol for entry in codebook.meaningful}
    sites = np.array(layout(scenario)["sites"], dtype=np.int64).reshape(-1, 2)
    return Words(
        np.array([entry.symbol for entry in entries], dtype=np.int64),
        np.array([entry.place for entry in entries], dtype=np.int64).reshape(-1, 2),
        sites,
        np.array([entry.symbol in best for entry in entries], dtype=np.bool_),
    )


def cells_of(sweep: Sweep, scenario: Scenario, codebook: Codebook, listeners: tuple[int, ...]) -> list[Cell]:
    """Return every combination of the levels of what is varied. Raises InterventionError for what does not exist."""
    check(sweep, scenario)
    levels: dict[str, tuple[object, ...]] = {
        "symbol": _symbols(codebook) if "symbol" in sweep.by else (sweep.symbol,),
        "listener": listeners if "listener" in sweep.by else (sweep.listener,),
        "kinship": KINSHIPS if "kinship" in sweep.by else (sweep.kinship,),
        "moment": _windows(scenario.steps, sweep.span) if "moment" in sweep.by else (_fixed_window(sweep),),
        "duration": tuple(d for d in DURATIONS if d < scenario.steps) if "dose" in sweep.by else (sweep.duration,),
        "slots": tuple(range(1, scenario.channel.slots + 1)) if "dose" in sweep.by else (sweep.n_slots,),
    }
    return [Cell(*combination) for combination in product(*levels.values())]  # type: ignore[arg-type]


def check(sweep: Sweep, scenario: Scenario) -> None:
    """Raise InterventionError for what this scenario does not have."""
    for name in sweep.by:
        if name not in FACTORS:
            near = nearest_names(name, FACTORS, limit=1)[0]
            raise InterventionError(
                f"--by {name!r} is nothing that can be varied: the nearest is {near}, all are {', '.join(FACTORS)}."
            )
    if len(set(sweep.by)) < len(sweep.by):
        raise InterventionError(f"--by {','.join(sweep.by)} names something twice; name each once.")
    for name in sweep.by:
        for field, option in HELD[name].items():
            if getattr(sweep, field) != Sweep._field_defaults[field]:
                raise InterventionError(f"{option} has no place beside --by {name}, which varies it; leave one out.")
    last, slots = scenario.channel.vocabulary - 1, scenario.channel.slots
    if sweep.symbol is not None and not 0 < sweep.symbol <= last:
        raise InterventionError(f"--message {sweep.symbol} cannot be swept with: symbols are 1 to {last} here.")
    if sweep.listener is not None and not 0 <= sweep.listener < scenario.n_agents:
        raise InterventionError(f"--listener {sweep.listener} does not exist: agents are 0 to {scenario.n_agents - 1}.")
    if not -1 <= sweep.kinship <= 1:
        raise InterventionError(f"--kinship {sweep.kinship} is outside -1 to 1.")
    if not 1 <= sweep.duration < scenario.steps:
        raise InterventionError(f"--for {sweep.duration} is not 1 to {scenario.steps - 1} steps; episodes end then.")
    if not 1 <= sweep.n_slots <= slots:
        raise InterventionError(f"--slots {sweep.n_slots} is not 1 to {slots}, the hearing slots of this scenario.")
    if sweep.at is not None and not 0 <= sweep.at < scenario.steps - 1:
        raise InterventionError(f"--at {sweep.at} is not within the episode: steps are 0 to {scenario.steps - 2}.")
    if sweep.n_episodes < 8:
        raise InterventionError(f"--episodes {sweep.n_episodes} are too few to compare; take 8 or more.")


def outcome_of(trace: Trace, trials: Trials, places: NDArray[np.int64], words: Words, span: int) -> Outcome:
    """Return what the listeners of trials do in one arm; `places` (n, 2) are those that their cell names."""
    index = (trials.step, trials.episode, trials.listener)
    logits = trace.logits[index].astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    after = np.arange(trace.reward.shape[0])[:, None] >= trials.step
    rewards = trace.reward[:, trials.episode, trials.listener].astype(np.float64)
    return Outcome(
        first_place(trace, trials, words.sites, span) if len(words.sites) else np.full(len(trials), NOWHERE),
        arrivals(trace, trials, places, span),
        distances(trace, trials, places, span),
        shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)),
        np.where(after, rewards, 0.0).sum(axis=0),
    )


def _symbols(codebook: Codebook) -> tuple[int, ...]:
    """Return all symbols but silence; of a large vocabulary, those that are used."""
    if codebook.vocabulary <= MOST_SYMBOLS:
        return tuple(range(1, codebook.vocabulary))
    return tuple(sorted(codebook.entries))


def _windows(n_steps: int, span: int) -> tuple[Window, ...]:
    """Return the thirds of the part of an episode that leaves room to watch, for full hands and for empty ones."""
    ends = np.linspace(1, max(4, n_steps - span), 4).astype(int).tolist()
    thirds = [(first, last - 1) for first, last in zip(ends[:-1], ends[1:], strict=True)]
    return tuple(Window(carrying, first, last) for carrying in (False, True) for first, last in thirds)


def _fixed_window(sweep: Sweep) -> Window:
    """Return when trials are where moments are not varied."""
    return ANY_TIME if sweep.at is None else Window(None, sweep.at, sweep.at)
