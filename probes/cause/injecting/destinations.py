"""Destinations: where each symbol sends listeners, against where they go untouched.

Meanings are learnt on other episodes. In each trial a listener that carries nothing hears, from a phantom of its kin, a
symbol that stands for a place where no crystal is; the real speaker is muted for it. Success: of all places, the named
one is the first that it walks into or uses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.plan import make_plan
from commlab.foundation.errors import DataError
from commlab.foundation.moments import MOST, Moment
from commlab.foundation.picking import Pick, pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import (
    bca_mean,
    bca_paired_difference,
    permutation_p_value,
    summarise_null,
    wilson_interval,
)
from commlab.probes.cause.codebook import Codebook, Entry
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.trials import (
    NOWHERE,
    Trials,
    check_length,
    choose_trials,
    first_place,
    going_on,
    hear_phantom,
    in_time,
)
from commlab.probes.cause.twins import Trace, play
from commlab.probes.cause.understanding.places import compass_name
from commlab.recording import code_tables, layout

__all__ = ["fit"]

SPAN = 20  # steps that the phantom goes on speaking, and that listeners have to get there


def fit(
    checkpoint: Checkpoint,
    codebook: Codebook,
    listeners: tuple[int, ...],
    n_episodes: int = 1024,
    seed: int = 0,
    kinship: float = 1.0,
    n_null: int = 199,
    command: str = "inject",
) -> Result:
    """Return how often listeners go first to the place that a symbol stands for, and the untouched twins' rate.

    The null draws anew what each trial is asked for, as it was drawn: among the symbols whose place has no crystal.
    Exchanged between trials, some would be asked for the crystal's own place, and the null would be too low. Raises
    DataError where no symbol stands for a place, and where there are too few trials.
    """
    rng = np.random.default_rng(seed)
    asked = _ask(checkpoint, codebook, listeners, n_episodes, seed, kinship, rng)
    hit = {arm: (place == asked.wanted).astype(float) for arm, place in asked.reached.items()}
    null = np.array([np.mean(asked.reached["told"] == asked.named[_draw(asked.free, rng)]) for _ in range(n_null)])
    rate, untouched = float(hit["told"].mean()), float(hit["untouched"].mean())
    return Result(
        analysis="destinations",
        name="destinations",
        estimate=rate,
        unit="share of trials",
        interval=bca_mean(hit["told"], rng),
        null=summarise_null(null, "places asked for drawn anew"),
        p_value=permutation_p_value(rate, null),
        n_episodes=len(asked.trials),
        sentence=(
            f"Told a symbol that stands for one of {len(asked.entries)} places, listeners that carry nothing go there "
            f"first in {100 * rate:.0f} % of {len(asked.trials)} trials; untouched twins in {100 * untouched:.0f} %."
        ),
        details={
            **_tables(checkpoint, asked, hit),
            "injected_rate": rate,
            "untouched_rate": untouched,
            "difference_interval": bca_paired_difference(hit["told"], hit["untouched"], rng),
            "span": SPAN,
            "unused": sorted(set(range(1, codebook.vocabulary)) - set(codebook.entries)),
            "moments": _shown(checkpoint, asked, hit["told"]),
        },
        provenance=provenance(command, seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


class Asked(NamedTuple):
    """Trials in which listeners were asked to go somewhere, and what they did."""

    entries: list[Entry]  # the words that can be said
    sites: NDArray[np.int64]  # (n_sites, 2)
    named: NDArray[np.int64]  # (n_entries,) the site that each word stands for
    trials: Trials  # n of them
    free: NDArray[np.bool_]  # (n, n_entries) words whose place has no crystal at the time
    chosen: NDArray[np.int64]  # (n,) the word said
    traces: dict[str, Trace]  # told and untouched
    reached: dict[str, NDArray[np.int64]]  # (n,) the site first tried, by arm

    @property
    def wanted(self) -> NDArray[np.int64]:
        """The site asked for in each trial, (n,)."""
        return self.named[self.chosen]


def _ask(
    checkpoint: Checkpoint,
    codebook: Codebook,
    listeners: tuple[int, ...],
    n_episodes: int,
    seed: int,
    kinship: float,
    rng: np.random.Generator,
) -> Asked:
    """Roll the episodes untouched and told. Raises DataError where there is nothing to say or nobody to tell."""
    entries, scenario = codebook.meaningful, checkpoint.scenario
    check_length(scenario)
    if not entries:
        raise DataError("No symbol stands for a place, so none can be injected by its meaning; see `commlab probe`.")
    sites = np.array(layout(scenario)["sites"], dtype=np.int64).reshape(-1, 2)
    natural = play(checkpoint, n_episodes, seed)
    trials, free = _askable(natural, choose_trials(natural, listeners, rng), entries)
    if len(trials) < 8:
        raise DataError(f"Only {len(trials)} of {n_episodes} episodes have a moment to inject at; take more episodes.")
    chosen = _draw(free, rng)
    symbol = np.array([entry.symbol for entry in entries])[chosen]
    changes = hear_phantom(trials, n_episodes, symbol, SPAN, kinship)
    told = play(checkpoint, n_episodes, seed, make_plan(changes, scenario.steps, scenario.n_agents))
    traces = {"told": told, "untouched": natural}
    named = np.array([_site(entry.place, sites) for entry in entries])
    reached = {arm: first_place(trace, trials, sites, SPAN) for arm, trace in traces.items()}
    return Asked(entries, sites, named, trials, free, chosen, traces, reached)


def _shown(checkpoint: Checkpoint, asked: Asked, hit: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the first trial that got there and the first that did not; then the first trial of some of the words."""
    plan, trials, reached = layout(checkpoint.scenario), asked.trials, asked.reached["told"]

    def show(n: int) -> Moment | None:
        entry, site = asked.entries[asked.chosen[n]], int(reached[n])
        first = "no place" if site == NOWHERE else compass_name(plan["sites"][site], plan)
        note = (
            f"{agent_called(checkpoint.scenario, trials.listener[n])} hears {entry.symbol} "
            f"({compass_name(entry.place, plan)}, where no crystal is) and goes first to {first}"
        )
        return moment_in(asked.traces["told"], trials.episode[n], trials.step[n], (trials.listener[n],), note)

    picks = pick(hit > 0, "gone there")
    for number, entry in enumerate(asked.entries[: MOST - len(picks)]):
        mine = np.flatnonzero(asked.chosen == number)
        picks += [Pick(int(mine[0]), f"the first of {len(mine)} told {entry.symbol}")] if len(mine) else []
    return picked(picks, show)


def _tables(checkpoint: Checkpoint, asked: Asked, hit: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Return what the figure draws: the map, where each symbol sends listeners, and how often it succeeds."""
    plan = layout(checkpoint.scenario)
    mine = {entry.symbol: asked.chosen == e for e, entry in enumerate(asked.entries)}
    told, untouched = asked.traces["told"], asked.traces["untouched"]
    return {
        "grid": plan["grid"],
        "codes": code_tables(checkpoint.scenario)["cells"],
        "sites": plan["sites"],
        "site_names": [compass_name(site, plan) for site in plan["sites"]],
        "symbols": list(mine),
        "named": {entry.symbol: int(site) for entry, site in zip(asked.entries, asked.named, strict=True)},
        "visits": {symbol: _visits(told, in_time(asked.trials, rows), plan) for symbol, rows in mine.items()},
        "untouched": _visits(untouched, asked.trials, plan),
        "first_place": {
            symbol: _counts(asked.reached["told"][rows], len(asked.sites)) for symbol, rows in mine.items()
        },
        "per_symbol": {symbol: _rate(hit["told"][rows], hit["untouched"][rows]) for symbol, rows in mine.items()},
    }


def _askable(natural: Trace, trials: Trials, entries: list[Entry]) -> tuple[Trials, np.ndarray]:
    """Return the trials that can be asked for something, and the entries (n, n_entries) whose place has no crystal."""
    places = np.array([entry.place for entry in entries])
    crystals = natural.crystal[trials.step, trials.episode]
    free = ~(crystals[:, :, None, :] == places[None, None]).all(axis=3).any(axis=1)
    usable = free.any(axis=1)
    return in_time(trials, usable), free[usable]


def _draw(free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an entry (n,) for each trial, drawn evenly among its free ones (n, n_entries)."""
    drawn: np.ndarray = np.where(free, rng.random(free.shape), -1.0).argmax(axis=1)
    return drawn


def _site(place: tuple[int, int], sites: np.ndarray) -> int:
    """Return the number of the site at `place`, NOWHERE - 1 (never reached) if there is none."""
    found = np.flatnonzero((sites == np.array(place)).all(axis=1))
    return int(found[0]) if len(found) else NOWHERE - 1


def _visits(trace: Trace, trials: Trials, plan: dict[str, Any]) -> list[list[float]]:
    """Return the share of time that listeners spend on each cell of the map in the span after being told."""
    counts = np.zeros((plan["height"], plan["width"]))
    for s in range(SPAN):
        alive = going_on(trace, trials, s)
        where = trace.position[trials.step[alive] + s, trials.episode[alive], trials.listener[alive]]
        np.add.at(counts, (where[:, 0], where[:, 1]), 1)
    shares: list[list[float]] = (counts / max(1.0, counts.sum())).round(5).tolist()
    return shares


def _counts(reached: np.ndarray, n_sites: int) -> list[int]:
    """Return how often each site was reached first, and last how often none was."""
    return [int((reached == site).sum()) for site in (*range(n_sites), NOWHERE)]


def _rate(told: np.ndarray, untouched: np.ndarray) -> dict[str, Any]:
    """Return a symbol's rate of success with its interval, n, and the untouched twins' rate."""
    if len(told) == 0:
        return {"rate": None, "interval": None, "n": 0, "untouched_rate": None}
    return {
        "rate": float(told.mean()),
        "interval": wilson_interval(int(told.sum()), len(told)),
        "n": len(told),
        "untouched_rate": float(untouched.mean()),
    }
