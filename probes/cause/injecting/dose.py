"""Dose: what an injected word does by symbol, listener, kinship, moment and dose, in twins that share all but the word.

The effect of a cell is the share of trials in which the place that the word names is the first one tried, less the same
share (of the same place, the same trials) when another word is said. So a listener whom any sound sends anywhere has no
effect. Words are learnt from the speakers' side of a recording; the place named has no crystal at the time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment, written
from commlab.foundation.picking import pick
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, max_statistic, sign_flip_draws, wilson_interval
from commlab.probes.cause.codebook import Codebook
from commlab.probes.cause.injecting.courses import Course, course
from commlab.probes.cause.injecting.dose_levels import Values, levels_of
from commlab.probes.cause.injecting.doses import ARMS, Cell, Outcome, Sweep, Words, cells_of, outcome_of, words_of
from commlab.probes.cause.shown import agent_called, cell_called, moment_in
from commlab.probes.cause.trials import NOWHERE, Trials, Window, check_length, choose_in_window, phantom_plan
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable

__all__ = ["FEWEST", "fit"]

FEWEST = 8  # trials in which a cell's word can be said of an empty place


class Asked(NamedTuple):
    """What n listeners are told in a cell."""

    trials: Trials
    symbols: NDArray[np.int64]  # (n,) told
    others: NDArray[np.int64]  # (n,) told in the arm `another`
    places: NDArray[np.int64]  # (n, 2) that the symbols stand for, -1 for none
    counts: NDArray[np.bool_]  # (n,) where that place has no crystal, and another word can be said of one without
    sayable: NDArray[np.bool_]  # (n, n_words) the words of places without a crystal


class Played(NamedTuple):
    """A cell and what came of it."""

    cell: Cell
    asked: Asked
    arms: dict[str, Outcome]
    shown: list[Moment]  # the first trial in which the place named was tried first, and the first in which not

    def hits(self, arm: str, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        """Whether the place named is the first one tried, (n,)."""
        there = (sites[None] == self.asked.places[:, None]).all(axis=2)
        reached = self.arms[arm].reached
        hit = (reached >= 0) & there[np.arange(len(reached)), np.maximum(reached, 0)]
        return np.where(hit, 1.0, 0.0)


def fit(
    agents: Playable,
    sweep: Sweep,
    codebook: Codebook,
    listeners: tuple[int, ...],
    n_null: int = 199,
    command: str = "inject",
) -> Result:
    """Return the effect of injected words, the mean over the cells of a sweep, with a row for each cell.

    Over cells, p-values are adjusted by the max-statistic of joint sign flips (one sign an episode). Raises
    InterventionError for what the scenario does not have, and DataError where no symbol stands for a place or there are
    too few moments.
    """
    check_length(agents.scenario)
    cells, words = cells_of(sweep, agents.scenario, codebook, listeners), words_of(codebook, agents.scenario)
    if not len(words.symbols):
        raise DataError("No symbol stands for a place, so none can be followed there; see `commlab probe`.")
    natural = play(agents, sweep.n_episodes, sweep.seed)
    played = _play(agents, sweep, cells, words, listeners, natural)
    effects = np.stack([_by_episode(one, words, sweep.n_episodes) for one in played], axis=1)
    told = np.isfinite(effects).sum(axis=0) >= FEWEST
    if not told.any():
        raise DataError(
            f"No cell has {FEWEST} trials in which its place is empty, and that of another word to compare with; take "
            f"more than {sweep.n_episodes} episodes, or agents with two words or more."
        )
    rng = np.random.default_rng([sweep.seed, 2])
    flips = sign_flip_draws(np.nan_to_num(effects[:, told]), rng, n_null)
    adjusted = max_statistic(np.nan_to_num(effects[:, told]).mean(axis=0), flips)
    p_values = np.full(len(cells), np.nan)
    p_values[told] = adjusted.p_values
    plain = np.full(len(cells), np.nan)
    plain[told] = (1 + (flips >= np.nan_to_num(effects[:, told]).mean(axis=0) - 1e-12).sum(axis=0)) / (1 + n_null)
    values = Values(effects[:, told], [cell for cell, kept in zip(cells, told, strict=True) if kept])
    overall = np.nanmean(values.effects[np.isfinite(values.effects).any(axis=1)], axis=1)
    draws = np.abs(sign_flip_draws(overall[:, None], rng, n_null)[:, 0])
    estimate = float(overall.mean())
    levels, kinships = levels_of(values, rng, n_null), _kinship_in_play(natural)
    rows = [
        _row(one, words, p, q, agents, rng) for one, p, q in zip(played, plain.tolist(), p_values.tolist(), strict=True)
    ]
    return Result(
        analysis="dose",
        name=f"dose-{'-'.join(sweep.by)}" if sweep.by else "dose",
        estimate=estimate,
        unit="share of trials",
        interval=bca_mean(overall, rng),
        null=Null("signs of episodes flipped", float(draws.mean()), 0.0, float(np.quantile(draws, 0.95)), n_null),
        p_value=float((1 + (draws >= abs(estimate)).sum()) / (1 + n_null)),
        n_episodes=len(overall),
        sentence=_sentence(estimate, rows, levels, kinships),
        details={
            "by": list(sweep.by),
            "cells": rows,
            "levels": levels,
            "arms": list(ARMS),
            "places_drawn_anew": _drawn_anew(played, words, rng, n_null),
            "kinship_in_play": kinships,
            "no_op_bits": _no_op_bits(agents, sweep, natural),
            "span": sweep.span,
            "unused": sorted(set(range(1, codebook.vocabulary)) - set(codebook.entries)),
            "moments": _moments(played, rows),
        },
        provenance=provenance(command, sweep.seed, agents.sha256) | {"grounding": agents.facts.get("grounding")},
    )


def _play(
    agents: Playable, sweep: Sweep, cells: list[Cell], words: Words, listeners: tuple[int, ...], natural: Trace
) -> list[Played]:
    """Return every cell with its arms; arms that do not depend on what is varied are played once."""
    shape = (agents.scenario.steps, sweep.n_episodes, agents.scenario.n_agents)
    moments: dict[tuple[int | None, Window], Trials] = {}
    kept: dict[Any, Trace] = {}
    out = []
    for cell in cells:
        who = cell.listener, cell.window
        if who not in moments:
            chosen = listeners if cell.listener is None else (cell.listener,)
            rng = np.random.default_rng([sweep.seed, 1])
            moments[who] = choose_in_window(natural, chosen, rng, cell.window)
        asked = _ask(cell, natural, moments[who], words, np.random.default_rng([sweep.seed, 3]))
        arms, told = {}, natural
        for arm in ARMS:
            said = _said(arm, asked, natural, cell.duration, sweep.span)
            loud = cell.kinship, cell.n_slots
            key = (who, said.tobytes(), said.shape, loud if said.any() else None)
            trace = kept.get(key)
            if trace is None:
                plan = phantom_plan(asked.trials, shape, said, *loud)
                trace = play(agents, sweep.n_episodes, sweep.seed, plan)
            if arm in ("other episode", "silence"):  # the same for every symbol
                kept[key] = trace
            told = trace if arm == "told" else told
            arms[arm] = outcome_of(trace, asked.trials, asked.places, words, sweep.span)
        played = Played(cell, asked, arms, [])
        out.append(played._replace(shown=_shown(played, told, words, agents)))
    return out


def _moments(played: list[Played], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the moments of the cells of the largest, the median and the smallest effect."""
    known = [n for n, row in enumerate(rows) if row["effect"] is not None and played[n].shown]
    known.sort(key=lambda n: -rows[n]["effect"]["mean"])
    ranks = {"largest": 0, "median": len(known) // 2, "smallest": len(known) - 1} if known else {}
    found = []
    for rank, place in ranks.items():
        cell = rows[known[place]]
        varied = [name for name in ("symbol", "listener", "kinship", "moment", "duration", "slots")
                  if len({str(row[name]) for row in rows}) > 1]  # fmt: skip
        where = f" ({', '.join(f'{name} {cell[name]}' for name in varied)})" if varied else ""
        ending = f", in the cell of the {rank} effect{where}" if len(known) > 1 else ""
        found += [replace(moment, note=moment.note + ending) for moment in played[known[place]].shown]
    return written(found)


def _shown(one: Played, told: Trace, words: Words, agents: Playable) -> list[Moment]:
    """Return a cell's first trial in which the place named was tried first, and the first in which it was not."""
    trials, counts = one.asked.trials, one.asked.counts
    found = []
    for n, why in pick(one.hits("told", words.sites) > 0, "gone there first", among=counts):
        site = int(one.arms["told"].reached[n])
        went = "to no place" if site == NOWHERE else f"to {cell_called(words.sites[site])}"
        note = (
            f"{agent_called(agents.scenario, trials.listener[n])} hears {one.asked.symbols[n]} "
            f"({cell_called(one.asked.places[n])}) and goes {went} first ({why})"
        )
        found.append(moment_in(told, trials.episode[n], trials.step[n], (trials.listener[n],), note))
    return [moment for moment in found if moment is not None]


def _ask(cell: Cell, natural: Trace, trials: Trials, words: Words, rng: np.random.Generator) -> Asked:
    """Return what listeners are told: the cell's symbol, or a word whose place has no crystal, drawn for each trial."""
    crystals = natural.crystal[trials.step, trials.episode]
    free = ~(crystals[:, :, None] == words.places[None, None]).all(axis=3).any(axis=1)  # (n, n_words)
    sayable = free & words.meaningful
    if cell.symbol is None:
        symbols = words.symbols[_draw(sayable, rng)]
    else:
        symbols = np.full(len(trials), cell.symbol)
    places = words.place_of(symbols)
    mine = (words.symbols == symbols[:, None]) & free
    elsewhere = sayable & ~(words.places[None] == places[:, None]).all(axis=2)
    counts = mine.any(axis=1) & elsewhere.any(axis=1)  # there is another word to compare with
    others = np.where(elsewhere.any(axis=1), words.symbols[_draw(elsewhere, rng)], 0)
    return Asked(trials, symbols, others, places, counts, sayable)


def _draw(allowed: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a column (n,) for each row, drawn evenly among those allowed (n, m)."""
    drawn: NDArray[np.int64] = np.where(allowed, rng.random(allowed.shape), -1.0).argmax(axis=1)
    return drawn


def _said(arm: str, asked: Asked, natural: Trace, duration: int, span: int) -> NDArray[np.int64]:
    """Return the symbols (n, steps) that listeners hear in an arm for `duration` steps, then silence to the end.

    So what is heard of the phantom is not undone by what real speakers say next.
    """
    said = np.zeros((len(asked.trials), max(duration, span)), np.int64)
    if arm == "other episode":
        said[:, :duration] = _elsewhere(natural, asked.trials, duration)
    elif arm != "silence":
        said[:, :duration] = (asked.symbols if arm == "told" else asked.others)[:, None]
    return said


def _elsewhere(natural: Trace, trials: Trials, duration: int) -> NDArray[np.int64]:
    """Return what listeners heard at the same steps of the next trial's episode, (n, duration)."""
    steps = np.minimum(trials.step[:, None] + np.arange(duration), natural.heard.shape[0] - 1)
    other = np.roll(trials.episode, 1)[:, None]
    heard: NDArray[np.int64] = natural.heard[steps, other, trials.listener[:, None], 0].astype(np.int64)
    return heard


def _by_episode(one: Played, words: Words, n_episodes: int) -> NDArray[np.float64]:
    """Return a cell's effect in each episode (E,), NaN where it has no trial."""
    out = np.full(n_episodes, np.nan)
    counts = one.asked.counts
    gap = one.hits("told", words.sites) - one.hits("another", words.sites)
    out[one.asked.trials.episode[counts]] = gap[counts]
    return out


def _row(one: Played, words: Words, p: float, q: float, agents: Playable, rng: np.random.Generator) -> dict[str, Any]:
    """Return what is told of a cell."""
    cell, counts, arms = one.cell, one.asked.counts, one.arms
    hit = {arm: one.hits(arm, words.sites)[counts] for arm in ARMS}
    told, silence = arms["told"], arms["silence"]
    after = min(cell.duration, told.distance.shape[1] - 1)
    closer = (silence.distance - told.distance)[counts, after]
    named = bool(counts.sum() >= FEWEST)
    return {
        "symbol": cell.symbol,
        "place": one.asked.places[0].tolist() if named and cell.symbol is not None else None,
        "listener": cell.listener,
        "kinship": cell.kinship,
        "moment": str(cell.window),
        "duration": cell.duration,
        "slots": cell.n_slots,
        "n": int(counts.sum()),
        "n_trials": len(one.asked.trials),
        "rates": {arm: _share(values) for arm, values in hit.items()} if named else None,
        "effect": _mean(hit["told"] - hit["another"], rng) if named else None,
        "against_silence": _mean(hit["told"] - hit["silence"], rng) if named else None,
        "against_other_episode": _mean(hit["told"] - hit["other episode"], rng) if named else None,
        "p_value": p if np.isfinite(p) else None,
        "p_adjusted": q if np.isfinite(q) else None,
        "closer": _mean(closer[np.isfinite(closer)], rng) if named else None,
        "return": _mean(told.gain - silence.gain, rng),
        "kl_bits": _mean(kl_bits(told, silence), rng),
        "kl_bits_other_episode": _mean(kl_bits(arms["other episode"], silence), rng),
        "courses": {arm: _courses(arms[arm], counts, rng) for arm in ARMS} if named else None,
    }


def kl_bits(told: Outcome, twin: Outcome) -> NDArray[np.float64]:
    """Return KL(told || twin) of the actions at the moment, (n,), in bits."""
    divergence: NDArray[np.float64] = (np.exp(told.logp) * (told.logp - twin.logp)).sum(axis=1) / np.log(2)
    return divergence


def _mean(values: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any] | None:
    """Return a mean over episodes with its interval."""
    if not len(values):
        return None
    mean = float(values.mean())
    return {"mean": mean, "interval": bca_mean(values, rng) if np.ptp(values) else (mean, mean)}


def _share(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return a share of trials with its interval."""
    return {"rate": float(values.mean()), "interval": wilson_interval(int(values.sum()), len(values))}


def _courses(outcome: Outcome, counts: NDArray[np.bool_], rng: np.random.Generator) -> dict[str, Course]:
    """Return by step: the distance from the named place, and the share of listeners that have tried it."""
    distance, arrival = outcome.distance[counts], outcome.arrival[counts]
    arrived = (arrival[:, None] <= np.arange(distance.shape[1])).astype(np.float64)
    return {"distance": course(distance, rng), "arrived": course(arrived, rng)}


def _drawn_anew(played: list[Played], words: Words, rng: np.random.Generator, n_null: int) -> dict[str, Any]:
    """Return how often the place asked for is tried first, and how often one drawn anew is.

    It is drawn as it was: among the words of places without a crystal.
    """
    sites = words.sites
    number = np.array([np.flatnonzero((sites == place).all(axis=1)).tolist()[:1] or [-2] for place in words.places])
    reached, asked, sayable = [], [], []
    for one in played:
        known = one.asked.counts
        reached.append(one.arms["told"].reached[known])
        asked.append(one.hits("told", sites)[known])
        sayable.append(one.asked.sayable[known])
    tried, hit, allowed = np.concatenate(reached), np.concatenate(asked), np.concatenate(sayable)
    draws = np.array([np.mean(tried == number[_draw(allowed, rng), 0]) for _ in range(n_null)])
    rate = float(hit.mean())
    return {
        "rate": rate,
        "mean": float(draws.mean()),
        "low": float(np.quantile(draws, 0.025)),
        "high": float(np.quantile(draws, 0.975)),
        "p_value": float((1 + (draws >= rate).sum()) / (1 + n_null)),
    }


def _kinship_in_play(natural: Trace) -> list[float]:
    """Return the kinships between two agents that occur in the sweep's episodes: others are new to these agents."""
    apart = ~np.eye(natural.kinship.shape[-1], dtype=np.bool_)
    return sorted({round(float(share), 4) for share in np.unique(natural.kinship[:, apart])})


def _no_op_bits(agents: Playable, sweep: Sweep, natural: Trace) -> float:
    """Return the largest change of any log-odds of an action, in bits, under a plan that does nothing: the placebo."""
    shape = (agents.scenario.steps, sweep.n_episodes, agents.scenario.n_agents)
    nobody = Trials(*(np.zeros(0, np.int64) for _ in range(3)))
    plan = phantom_plan(nobody, shape, np.zeros((0, 1), np.int64), sweep.kinship)
    other = play(agents, sweep.n_episodes, sweep.seed, plan)
    return float(np.abs(natural.logits - other.logits).max() / np.log(2))


def _sentence(estimate: float, rows: list[dict[str, Any]], levels: dict[str, Any], kinships: list[float]) -> str:
    """Return the finding in words."""
    told = [row for row in rows if row["effect"] is not None]
    works = [row for row in told if row["p_adjusted"] <= 0.05]
    parts = [
        f"A word sends listeners first to the place it names in {100 * estimate:.0f} points more of the trials than "
        f"another word does; {len(works)} of {len(told)} cells stand out at 0.05, adjusted for their number"
    ]
    for name, factor in levels.items():
        if len(factor["levels"]) < 2:
            continue
        shown = [level for level in factor["levels"] if level["effect"] is not None]
        best, least = max(shown, key=lambda level: level["effect"]), min(shown, key=lambda level: level["effect"])
        if factor["p_value"] > 0.05:
            parts.append(f"it is not seen to depend on the {name} (p = {factor['p_value']:.3g})")
            continue
        parts.append(
            f"the effect depends on the {name} (p = {factor['p_value']:.3g}): {100 * best['effect']:.0f} points at "
            f"{best['level']}, {100 * least['effect']:.0f} at {least['level']}"
        )
    strange = [level["level"] for level in levels.get("kinship", {"levels": []})["levels"]]
    strange = [f"{kinship:g}" for kinship in strange if round(kinship, 4) not in kinships]
    if strange:
        parts.append(f"kinships of {', '.join(strange)} never occur among these agents, so they are new to them")
    return "; ".join(parts) + "."
