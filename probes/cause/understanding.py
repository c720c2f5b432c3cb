"""Understanding: told where to go by the speakers' own word for a place, how often do listeners go there first?

The words come from the speakers alone, in other episodes. In each trial a listener that carries nothing hears, from a
phantom of its kin and with everyone else muted, the word for a place drawn evenly among all places of the scenario that
have no crystal at the time. Success: of all places, that one is the first that it walks into or uses, within the
natural time: the median time from a crystal's appearing, when it can first be spoken of, until untouched listeners
reach it. A place without a word counts 0. Beside it stand the untouched twin, which hears the real speakers, and a twin
that hears a word drawn evenly among those that the speakers use.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.plan import Plan, make_plan
from commlab.env.scenario import Scenario
from commlab.env.types import Cell
from commlab.foundation.errors import DataError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_interval, wilson_interval
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
from commlab.probes.cause.ways import on_the_way
from commlab.recording import code_tables, layout

__all__ = ["Places", "find_places", "fit", "natural_time"]

NEVER = 1 << 20  # steps
SPAN = 20  # steps that the phantom goes on speaking; no natural time is longer
LEAST, MOST = 2, 64  # places of a scenario
ENOUGH = 8  # trials


class Places(NamedTuple):
    """What can be named: the sites at which crystals appear."""

    cells: NDArray[np.int64]  # (P, 2) row and column on the map
    names: tuple[str, ...]  # by direction from the map's centre, by cell where directions are not told apart


class Played(NamedTuple):
    """Trials in which listeners were told where to go, and what they did."""

    trials: Trials  # n of them
    crystal: NDArray[np.bool_]  # (n, P) places with a crystal at the time
    asked: NDArray[np.int64]  # (n,) the place asked for
    sayable: NDArray[np.bool_]  # (P,) places that have a word
    crossed: NDArray[np.bool_]  # (n, P) places on a shortest way to the one asked for
    limit: int  # steps within which a listener must be there
    arms: dict[str, NDArray[np.int64]]  # told, untouched, random: (n, P) steps until each place is tried, NEVER

    @property
    def free(self) -> NDArray[np.bool_]:
        """Places without a crystal at the time, (n, P)."""
        return ~self.crystal

    def hits(self, arm: str, asked: NDArray[np.int64] | None = None, limit: int | None = None) -> NDArray[np.float64]:
        """Return whether each trial of an arm succeeds, (n,); asked for what it was, unless `asked` is given."""
        wanted = self.asked if asked is None else asked
        first: NDArray[np.bool_] = np.equal(first_tried(self.arms[arm]), wanted)
        return self._there(arm, first, wanted, limit or self.limit)

    def hits_crossing(self, arm: str) -> NDArray[np.float64]:
        """Return the same if places that are crossed on a shortest way do not count as tried, (n,)."""
        steps = self.arms[arm]
        when = steps[np.arange(len(steps)), self.asked]
        elsewhere = (steps < when[:, None]) & ~self.crossed
        return self._there(arm, ~elsewhere.any(axis=1), self.asked, self.limit)

    def _there(self, arm: str, first: NDArray[np.bool_], wanted: NDArray[np.int64], limit: int) -> NDArray[np.float64]:
        """Return where listeners that were told something that can be said are in time, (n,)."""
        there = first & (self.arms[arm][np.arange(len(wanted)), wanted] <= limit)
        success: NDArray[np.float64] = (there & self.sayable[wanted] if arm == "told" else there).astype(float)
        return success


def first_tried(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which place is tried first, (n,), given after how many steps each is (n, P); NOWHERE for none."""
    first: NDArray[np.int64] = np.where((steps < NEVER).any(axis=1), steps.argmin(axis=1), NOWHERE)
    return first


def find_places(scenario: Scenario) -> Places:
    """Return the places of a scenario. Raises DataError where it has no sites that all its episodes share."""
    plan = layout(scenario)
    cells = np.array(plan["sites"], dtype=np.int64).reshape(-1, 2)
    if not LEAST <= len(cells) <= MOST or plan["maps"] > 1:
        why = "its maps differ" if plan["maps"] > 1 else f"it has {len(cells)} sites"
        raise DataError(
            f"Understanding is measured between the sites at which crystals appear, {LEAST} to {MOST} on one map, and "
            f"of {scenario.name!r} {why}; take a scenario such as lookout or rivals."
        )
    compass = [_compass(cell, plan) for cell in cells]
    distinct = len(set(compass)) == len(compass)
    return Places(cells, tuple(compass if distinct else (f"{row},{column}" for row, column in cells.tolist())))


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
    played = _play(checkpoint, places, words, listeners, n_episodes, seed, kinship, rng)
    told, untouched, random = (played.hits(arm) for arm in ("told", "untouched", "random"))
    score = _over_places(told, played.asked, len(words))
    again = [_draw(played.free, rng) for _ in range(n_null)]
    null = np.array([_over_places(played.hits("told", asked), asked, len(words)) for asked in again])
    return Result(
        analysis="understanding",
        name="understanding",
        estimate=score,
        unit="share of trials, mean over places",
        interval=_interval(told, played.asked, len(words), rng),
        null=Null(
            "places asked for drawn anew",
            float(null.mean()),
            float(np.quantile(null, 0.025)),
            float(np.quantile(null, 0.975)),
            n_null,
        ),
        p_value=float((1 + (null >= score).sum()) / (1 + n_null)),
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
        },
        provenance=provenance(command, seed, checkpoint.sha256) | {"grounding": checkpoint.facts.get("grounding")},
    )


def _play(
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
    asked = _draw(~crystal, rng)
    symbols = np.array([word.symbol or 0 for word in words], dtype=np.int64)
    spoken = np.unique(symbols[symbols > 0])
    any_word = rng.choice(spoken if len(spoken) else np.arange(1, scenario.channel.vocabulary), len(trials))
    traces = {"untouched": natural}
    for arm, symbol in (("told", symbols[asked]), ("random", any_word)):
        plan = _plan(scenario, trials, n_episodes, symbol, kinship)
        traces[arm] = play(checkpoint, n_episodes, seed, plan)
    arms = {arm: _steps_until(trace, trials, places.cells) for arm, trace in traces.items()}
    crossed = _crossed(scenario, natural, trials, places.cells, asked)
    return Played(trials, crystal, asked, symbols > 0, crossed, natural_time(natural, places, listeners), arms)


def _plan(scenario: Scenario, trials: Trials, n_episodes: int, symbol: NDArray[np.int64], kinship: float) -> Plan:
    """Return the plan by which each trial's listener hears its symbol (n,) and nothing else."""
    return make_plan(hear_phantom(trials, n_episodes, symbol, SPAN, kinship), scenario.steps, scenario.n_agents)


def _askable(natural: Trace, trials: Trials, places: Places) -> tuple[Trials, NDArray[np.bool_]]:
    """Return the trials in which some place has no crystal, and which places have one, (n, P)."""
    there = natural.crystal[trials.step, trials.episode][:, :, None, :] == places.cells
    crystal = there.all(axis=3).any(axis=1)
    usable = ~crystal.all(axis=1)
    return in_time(trials, usable), crystal[usable]


def _draw(free: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
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


def _compass(cell: NDArray[np.int64], plan: dict[str, Any]) -> str:
    """Return a cell's name by its direction from the map's centre."""
    row, column = cell[0] - (plan["height"] - 1) / 2, cell[1] - (plan["width"] - 1) / 2
    north = "" if abs(row) < 1 else "N" if row < 0 else "S"
    west = "" if abs(column) < 1 else "W" if column < 0 else "E"
    return (north + west) or "centre"
