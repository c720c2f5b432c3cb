"""Understanding: told where to go by the speakers' own word for a place, how often do listeners go there first?

The words come from the speakers alone, in other episodes. In each trial a listener that carries nothing hears, from a
phantom of its kin and with everyone else muted, the word for a place drawn evenly among all places of the scenario that
have no crystal at the time. Success: of all places, that one is the first that it walks into or uses, within the
natural time: the median time from a crystal's appearing, when it can first be spoken of, until untouched listeners
reach it. A place without a word counts 0. Beside it stand the untouched twin, which hears the real speakers, and a twin
that hears a word drawn evenly among those that the speakers use.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.env.scenario import Scenario
from commlab.foundation.moments import Moment
from commlab.foundation.picking import Pick, pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_interval, permutation_p_value, summarise_null, wilson_interval
from commlab.probes.cause.codebook import Word
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.trials import NOWHERE
from commlab.probes.cause.understanding.asking import SPAN, Played, ask, draw_asked, first_tried, natural_time
from commlab.probes.cause.understanding.places import Places, find_places
from commlab.recording import code_tables, layout

__all__ = ["SPAN", "Places", "Played", "find_places", "fit", "natural_time"]


def fit(
    checkpoint: Checkpoint,
    words: list[Word],
    listeners: tuple[int, ...],
    n_episodes: int = 1024,
    seed: int = 0,
    kinship: float = 1.0,
    n_null: int = 199,
    command: str = "talk --score",
) -> Result:
    """Return the score: the mean over all places of how often listeners that are told its word go there first.

    `words` as `fit_words` has them, for the places of `find_places`, in their order. The interval resamples episodes,
    the null draws anew which place each trial asks for. Raises DataError where the scenario has no places to name, and
    where there are too few trials.
    """
    rng = np.random.default_rng(seed)
    places = find_places(checkpoint.scenario)
    played = ask(checkpoint, places, words, listeners, n_episodes, seed, kinship, rng)
    told, untouched, random = (played.hits(arm) for arm in ("told", "untouched", "random"))
    score = _over_places(told, played.asked, len(words))
    again = [draw_asked(played.free, rng) for _ in range(n_null)]
    null = np.array([_over_places(played.hits("told", asked), asked, len(words)) for asked in again])
    return Result(
        analysis="understanding",
        name="understanding",
        estimate=score,
        unit="share of trials, mean over places",
        interval=_interval(told, played.asked, len(words), rng),
        null=summarise_null(null, "places asked for drawn anew"),
        p_value=permutation_p_value(score, null),
        n_episodes=len(told),
        sentence=_sentence(places, words, score, untouched, random, played),
        details={
            "score": score,
            "untouched": _over_places(untouched, played.asked, len(words)),
            "random": _over_places(random, played.asked, len(words)),
            "over_untouched": _interval(told - untouched, played.asked, len(words), rng),
            "over_random": _interval(told - random, played.asked, len(words), rng),
            "places": _by_place(places, words, played),
            "missing": [name for name, word in zip(places.names, words, strict=True) if word.symbol is None],
            "shared": _shared(places, words),
            "limit": played.limit,
            "crossing": _crossing(played, len(words)),
            "trip": _trip(played, len(words)),
            **_map(checkpoint.scenario, places),
            "moments": _shown(checkpoint.scenario, places, words, played),
        },
        provenance=provenance(command, seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


def _shown(scenario: Scenario, places: Places, words: list[Word], played: Played) -> list[dict[str, Any]]:
    """Return the first trial that went where it was told to, the first that did not, and the first of some places."""
    told, trials, first = played.told, played.trials, first_tried(played.arms["told"])
    if told is None:
        return []

    def show(n: int) -> Moment | None:
        word = words[played.asked[n]]
        went = "no place" if first[n] == NOWHERE else places.names[first[n]]
        when = f" after {played.arms['told'][n, first[n]]} steps" if first[n] != NOWHERE else ""
        note = (
            f"{agent_called(scenario, trials.listener[n])} hears {word.symbol}, the word for "
            f"{places.names[played.asked[n]]} where no crystal is, and goes first to {went}{when}"
        )
        return moment_in(told, trials.episode[n], trials.step[n], (trials.listener[n],), note)

    said = played.sayable[played.asked]
    picks = pick(played.hits("told") > 0, "gone there in time", among=said)
    for number, word in enumerate(words):
        mine = np.flatnonzero(played.asked == number)
        if len(mine) and word.symbol is not None:
            picks.append(Pick(int(mine[0]), f"the first of {len(mine)} told {word.symbol}"))
    return picked(picks, show)


def _over_places(hits: NDArray[np.float64], asked: NDArray[np.int64], n_places: int) -> float:
    """Return the mean over places of the hits (n,) of the trials that asked for them."""
    totals = np.bincount(asked, minlength=n_places)
    sums = np.bincount(asked, hits, minlength=n_places)
    return float(np.mean(sums[totals > 0] / totals[totals > 0]))


def _interval(
    values: NDArray[np.float64], asked: NDArray[np.int64], n_places: int, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Return the interval, over episodes, of the mean over places of values (n,)."""
    here = np.eye(n_places)[asked]
    asked_for = here.any(axis=0)
    sums = np.hstack([here * values[:, None], here])[:, np.tile(asked_for, 2)]
    half = int(asked_for.sum())
    with np.errstate(invalid="ignore"):  # a resample may ask for some place never: it has no value then
        return bca_interval(sums, lambda total: (total[:, :half] / total[:, half:]).mean(axis=1), rng)


def _crossing(played: Played, n_places: int) -> dict[str, float]:
    """Return the score, and what stands beside it, if a place that is crossed on a shortest way is not "first".

    A place without a crystal is a free cell: who is sent beyond it may well walk over it.
    """
    arms = {"score": "told", "untouched": "untouched", "random": "random"}
    return {name: _over_places(played.hits_crossing(arm), played.asked, n_places) for name, arm in arms.items()}


def _trip(played: Played, n_places: int) -> dict[str, Any]:
    """Return the same with the median time of the untouched listeners' own trips as the limit, counted as they are.

    Half of all trips at most are faster than their median, so even natural ones to the crystal succeed less often than
    always; how often they do is the best that a told listener can be expected to reach.
    """
    steps = played.arms["untouched"]
    first, when = first_tried(steps), steps.min(axis=1)
    home = played.crystal[np.arange(len(first)), first] & (first != NOWHERE)
    limit = int(np.median(np.where(home, when, SPAN)))
    return {
        "limit": limit,
        "score": _over_places(played.hits("told", limit=limit), played.asked, n_places),
        "natural": float((home & (when <= limit)).mean()),
        "natural_in_limit": float((home & (when <= played.limit)).mean()),
    }


def _by_place(places: Places, words: list[Word], played: Played) -> dict[str, dict[str, Any]]:
    """Return, by name, what each place is called, how often listeners go there, and where they go instead."""
    told, untouched, random = (played.hits(arm) for arm in ("told", "untouched", "random"))
    crossing = played.hits_crossing("told")
    table = {}
    for number, (name, word) in enumerate(zip(places.names, words, strict=True)):
        mine = played.asked == number
        n, first = int(mine.sum()), first_tried(played.arms["told"][mine])
        table[name] = {
            "score": float(told[mine].mean()) if n else None,
            "interval": wilson_interval(int(told[mine].sum()), n) if n else None,
            "n": n,
            "crossing": float(crossing[mine].mean()) if n else None,
            "untouched": float(untouched[mine].mean()) if n else None,
            "random": float(random[mine].mean()) if n else None,
            "symbol": word.symbol,
            "certainty": word.share,
            "use": word.use,
            "silent": word.silent,
            "shared_with": [places.names[other] for other in word.shared_with],
            "first": {other: int((first == at).sum()) for at, other in enumerate(places.names)},
            "nowhere": int((first == NOWHERE).sum()),
        }
    return table


def _shared(places: Places, words: list[Word]) -> list[list[str]]:
    """Return the groups of places that share a word."""
    groups: dict[int, list[str]] = {}
    for name, word in zip(places.names, words, strict=True):
        if word.symbol is not None:
            groups.setdefault(word.symbol, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _map(scenario: Scenario, places: Places) -> dict[str, Any]:
    """Return the map that the figure draws."""
    plan = layout(scenario)
    return {
        "grid": plan["grid"],
        "codes": code_tables(scenario)["cells"],
        "sites": plan["sites"],
        "site_names": list(places.names),
    }


def _sentence(
    places: Places,
    words: list[Word],
    score: float,
    untouched: NDArray[np.float64],
    random: NDArray[np.float64],
    played: Played,
) -> str:
    """Return the finding in words."""
    besides = [_over_places(hits, played.asked, len(words)) for hits in (untouched, random)]
    text = (
        f"Told the speakers' word for one of {len(words)} places, listeners go there first within {played.limit} steps "
        f"in {100 * score:.0f} % of {len(played.trials)} trials (mean over places); untouched twins in "
        f"{100 * besides[0]:.0f} %, told a word at random in {100 * besides[1]:.0f} %."
    )
    crossing = _crossing(played, len(words))["score"]
    if round(100 * crossing) > round(100 * score):
        text += f" Not counting places that they cross on a shortest way: {100 * crossing:.0f} %."
    missing = [name for name, word in zip(places.names, words, strict=True) if word.symbol is None]
    if missing:
        text += f" No word, and so 0: {', '.join(missing)}."
    for names in _shared(places, words):
        text += f" One word for {' and '.join(names)}."
    return text
