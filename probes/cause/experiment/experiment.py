"""Experiments: what one change, or many, make of the same episodes, by the measures and contrasts of a file.

Every trial is rolled once in each arm from the same episode with the same draws. A contrast is the mean difference of
two arms, paired over trials, one an episode; its null flips the sign of each, and p-values are adjusted for the number
of contrasts by the max-statistic of joint flips.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.moments import Moment, written
from commlab.foundation.picking import explained, pick
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_mean, max_statistic, sign_flip_draws
from commlab.probes.cause.experiment.file import Contrast, Experiment, Measure
from commlab.probes.cause.experiment.measures import UNITS, Wanted, check_measure, measure
from commlab.probes.cause.experiment.planning import Book, Cast, cast, places_named, plan_of_arm, said_in, symbols_of
from commlab.probes.cause.shown import agent_called, moment_in
from commlab.probes.cause.twins import Trace, play
from commlab.probes.decode.wording import file_stem
from commlab.recording import Playable

__all__ = ["run"]

NOBODY = Book()
Watch = Callable[[int, int], None]  # arms played, arms in all


def run(
    agents: Playable,
    experiment: Experiment,
    book: Book = NOBODY,
    n_null: int = 199,
    command: str = "inject",
    watch: Watch | None = None,
) -> Result:
    """Return what the experiment finds; its estimate is the first contrast, details["experiment"] is the file itself.

    `book` says meanings and knows places that are named; without one, symbols and places are given. Raises
    InterventionError for what the scenario does not have, and DataError where there are too few trials.
    """
    natural = play(agents, experiment.episodes, experiment.seed)
    actors = cast(agents, experiment, natural, book)
    wanted = {name: _want(name, spec, experiment, actors, book) for name, spec in experiment.measures.items()}
    traces: dict[str, Trace] = {}
    for name, changes in experiment.arms.items():
        plan = plan_of_arm(name, changes, actors, experiment.episodes, agents, book)
        try:
            traces[name] = play(agents, experiment.episodes, experiment.seed, plan) if changes else natural
        except InterventionError as error:  # symbols, hidden states and values that these worlds lack
            raise InterventionError(f"arms.{name}: {error}") from None
        if watch is not None:
            watch(len(traces), len(experiment.arms))
    values = {
        (name, arm): measure(one, arm, traces, actors, experiment.watch)
        for name, one in wanted.items()
        for arm in experiment.arms
    }
    rng = np.random.default_rng([experiment.seed, 2])
    found = _contrasts(experiment, values, n_null, rng)
    main = found[0]
    return Result(
        analysis="experiment",
        name=file_stem("experiment", experiment.title.lower())[:80],
        estimate=main.row["estimate"],
        unit=main.row["unit"],
        interval=main.row["interval"],
        null=main.null,
        p_value=main.row["p_value"],
        n_episodes=main.row["n"],
        sentence=_sentence(experiment, [one.row for one in found]),
        details={
            "experiment": experiment.to_plain(),
            "contrasts": [one.row for one in found],
            "arms": {
                arm: {name: _summary(values[name, arm], rng) for name in experiment.measures} for arm in experiment.arms
            },
            "units": {name: UNITS[spec.kind] for name, spec in experiment.measures.items()},
            "said": {arm: _said(experiment, arm, book) for arm in experiment.arms},
            "places": {name: one.places for name, one in wanted.items() if one.places},
            "n_trials": len(actors.trials),
            "moments": _shown(experiment, actors, values, traces),
            "between": [int(actors.trials.step.min()), int(actors.trials.step.max())],
        },
        provenance=provenance(command, experiment.seed, agents.sha256) | {"grounding": agents.facts.get("grounding")},
    )


class Found(NamedTuple):
    """A contrast and what came of it."""

    row: dict[str, Any]
    null: Null | None


def _want(name: str, spec: Measure, experiment: Experiment, actors: Cast, book: Book) -> Wanted:
    """Return a measure with what its words stand for. Raises InterventionError, naming it."""
    check_measure(name, spec, actors)
    try:
        actors.agents(spec.agents)
        said = said_in(experiment, book) if spec.place == "named" else []
        places = [] if spec.place is None else places_named(spec.place, said, book, actors.scenario)
        return Wanted(spec, places, symbols_of(spec.symbol, spec.meaning, 1.0, book))
    except (InterventionError, DataError) as error:
        raise type(error)(f"measures.{name}: {error}") from None


def _said(experiment: Experiment, arm: str, book: Book) -> list[dict[str, Any]]:
    """Return the messages that an arm puts into the channel, in symbols."""
    found = []
    for change in experiment.arms[arm]:
        try:
            symbols = symbols_of(change.symbol, change.meaning, change.kinship, book)
        except DataError as error:
            raise DataError(f"arms.{arm}: {error}") from None
        if symbols is not None:
            found.append({"symbols": list(symbols), "meaning": change.meaning, "kinship": change.kinship})
    return found


def _shown(
    experiment: Experiment, actors: Cast, values: dict[tuple[str, str], NDArray[np.float64]], traces: dict[str, Trace]
) -> list[dict[str, Any]]:
    """Return for the first contrasts the trial of the median difference, the first above 0, and the first that is not.

    The episode that is shown is that of the arm, or of the one it is compared with where nothing is done in the arm.
    """
    trials = actors.trials
    found: list[Moment] = []
    for one in experiment.compared:
        here, there = values[one.measure, one.arm], values[one.measure, one.against]
        arm = one.arm if experiment.arms[one.arm] else one.against

        def show(
            n: int, one: Contrast = one, arm: str = arm, here: NDArray[Any] = here, there: NDArray[Any] = there
        ) -> Moment | None:
            told = f"{one.measure} is {here[n]:.3g} in {one.arm!r} and {there[n]:.3g} in {one.against!r}"
            note = f"{told}; the moment is that of {agent_called(actors.scenario, trials.listener[n])}, seen in {arm!r}"
            return moment_in(traces[arm], trials.episode[n], trials.step[n], (trials.listener[n],), note)

        gap = here - there
        found += explained(pick(gap > 0, "a higher value", gap), show)
    return written(found)


def _contrasts(
    experiment: Experiment, values: dict[tuple[str, str], NDArray[np.float64]], n_null: int, rng: np.random.Generator
) -> list[Found]:
    """Return every contrast with its interval, its null, and its p-value alone and among all."""
    gaps = [values[one.measure, one.arm] - values[one.measure, one.against] for one in experiment.compared]
    table = np.stack([np.nan_to_num(gap) for gap in gaps], axis=1)
    draws = np.abs(sign_flip_draws(table, rng, n_null))
    adjusted = max_statistic(np.abs(table.mean(axis=0)), draws).p_values
    return [
        _contrast(one, experiment.measures[one.measure], gap, column, float(p), rng)
        for one, gap, column, p in zip(experiment.compared, gaps, draws.T, adjusted, strict=True)
    ]


def _contrast(
    contrast: Contrast,
    spec: Measure,
    gap: NDArray[np.float64],
    draws: NDArray[np.float64],
    adjusted: float,
    rng: np.random.Generator,
) -> Found:
    """Return one contrast; `draws` are absolute means over all trials, those without a value as 0.

    A divergence from the very arm that it is compared with is "never negative": it has no sign that could be flipped,
    and its p-value only says whether it is exactly 0.
    """
    known = gap[np.isfinite(gap)]
    row: dict[str, Any] = {
        **contrast.model_dump(),
        "unit": UNITS[spec.kind],
        "never_negative": spec.kind == "divergence" and spec.from_ == contrast.against,
        "n": len(known),
        "estimate": None,
        "interval": None,
    }
    if not len(known):
        return Found({**row, "p_value": None, "p_adjusted": None, "null": None}, None)
    estimate, draws = float(known.mean()), draws * len(gap) / len(known)
    null = Null("signs of episodes flipped", float(draws.mean()), 0.0, float(np.quantile(draws, 0.95)), len(draws))
    row["estimate"] = estimate
    row["interval"] = bca_mean(known, rng) if np.ptp(known) else (estimate, estimate)
    row["p_value"] = float((1 + (draws >= abs(estimate) - 1e-12).sum()) / (1 + len(draws)))
    row["p_adjusted"] = adjusted
    row["null"] = {"method": null.method, "mean": null.mean, "high": null.high, "n_draws": null.n_draws}
    return Found(row, null)


def _summary(values: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any]:
    """Return the mean of a measure over the trials of an arm, with its interval and n."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"mean": None, "interval": None, "n": 0}
    mean = float(known.mean())
    return {"mean": mean, "interval": bca_mean(known, rng) if np.ptp(known) else (mean, mean), "n": len(known)}


def _sentence(experiment: Experiment, rows: list[dict[str, Any]]) -> str:
    """Return the finding in words: the first contrasts, and how many of all stand out."""
    first = "; ".join(_words(row) for row in rows[:3])
    more = ""
    if len(rows) > 1:
        tested = [row for row in rows if not row["never_negative"]]
        standing = sum(1 for row in tested if row["p_adjusted"] is not None and row["p_adjusted"] <= 0.05)
        if tested:
            stand = "stands" if standing == 1 else "stand"
            more = f" Of {len(tested)} contrasts {standing} {stand} out at 0.05, adjusted for their number."
    return f"{experiment.title.rstrip('.')}: {first}.{more}"


def _words(row: dict[str, Any]) -> str:
    """Return a contrast in words."""
    what = f"{row['measure']} in {row['arm']!r} against {row['against']!r}"
    if row["estimate"] is None:
        return f"{what} cannot be told, for no trial has a value"
    low, high = row["interval"]
    chance = "it is never negative" if row["never_negative"] else f"p = {row['p_value']:.2g}"
    return (
        f"{what} differs by {row['estimate']:+z.2f} {row['unit']} (95 % interval {low:z.2f} to {high:z.2f}, {chance}, "
        f"n = {row['n']})"
    )
