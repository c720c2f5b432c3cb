"""Erasure: what a linear probe could read of a target is taken out of hidden states at every step of the running world.

LEACE (Belrose et al. 2023, 2306.03819), fitted on other episodes. Because the world is rolled again, what is erased can
come back: through the next observation, or in a form that no linear probe reads. So decodability is measured again in
the run that was interfered with, linearly and not, beside what becomes of returns and of going where a crystal is. The
same is done for another target that is decoded about as well, and for the target of other episodes. These move states
as far: targets of other episodes, erased in part and drawn several times, make up for what is missing. Beside it stands
the eraser applied to states as they were recorded, when nobody acts on what is left: there LEACE's promise must hold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Eraser
from commlab.agents.plan import NO_PLAN, Plan, erasing
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment
from commlab.foundation.picking import pick, picked
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_mean, bca_paired_difference, permutation_p_value, summarise_null
from commlab.probes.cause.hidden.cases import Wish, check_wish
from commlab.probes.cause.hidden.directions import Scaled, as_far, displaced, fit_eraser, scaled
from commlab.probes.cause.hidden.irrelevant import Irrelevant, find_irrelevant
from commlab.probes.cause.hidden.states import (
    Erased,
    States,
    check_layer,
    check_same,
    permuted_states,
    read_states,
    recorded,
    site_of,
)
from commlab.probes.cause.shown import agent_called, moment_in, parting
from commlab.probes.cause.trials import EARLIEST, LATEST, NOWHERE, Trials, first_place
from commlab.probes.cause.twins import Trace, play
from commlab.probes.decode import probe
from commlab.probes.decode.sources import find_agents
from commlab.probes.decode.wording import file_stem
from commlab.recording import Playable

__all__ = ["ARMS", "fit"]

ERASED, IRRELEVANT, PERMUTED, UNTOUCHED, NOTHING = (
    "erased", "irrelevant erased", "other episodes' erased", "untouched", "nothing erased",
)  # fmt: skip
AFTERWARDS = "erased afterwards"  # from recorded states: nobody acted on what is left
ARMS = (UNTOUCHED, ERASED, IRRELEVANT, PERMUTED)
FEW_DRAWS = 9  # of what is erased beside the irrelevant target
MOST_BESIDE = 32  # targets that a control's eraser may take in, to move states as far
SPAN = 20  # steps to get to a place
N_NULL = 19  # of each probe
SMALLEST = 1e-9

Float64 = NDArray[np.float64]


class Set(NamedTuple):
    """What all arms share."""

    agents: Playable
    wish: Wish
    states: States
    listeners: tuple[int, ...]
    sites: NDArray[np.int64]  # (n_sites, 2)


class Came(NamedTuple):
    """What an arm came to, by episode."""

    returns: Float64  # (E,)
    obeyed: Float64  # (E,) whether the first place tried had a crystal, 0 for none tried; NaN where nobody was free


def fit(
    agents: Playable, recording: Recording, wish: Wish, irrelevant: str | None = None, command: str = "erase"
) -> Result:
    """Return how much agents earn less when a target is erased from their hidden states at every step.

    The estimate is paired over episodes, against the untouched twin; the null erases the target of other episodes,
    drawn anew each time, and moves states as far. `irrelevant` is found by itself where not named. Raises
    InterventionError for layers and agents that do not exist, and DataError where the recording is of other agents or
    the target cannot be read from it.
    """
    stage, other = _set(agents, recording, wish, irrelevant)
    rng = np.random.default_rng([wish.seed, 31])
    eraser = fit_eraser(stage.states)
    far = displaced(eraser, stage.states)
    if far < SMALLEST:
        raise DataError(f"{stage.states.target} cannot be read from {wish.layer} linearly, so nothing can be erased.")
    drawn = [as_far(stage.states, far, _elsewhere(stage.states, rng)) for _ in range(wish.n_null)]
    plans = {
        UNTOUCHED: NO_PLAN,
        NOTHING: _plan(stage, scaled(eraser, 0.0)),
        ERASED: _plan(stage, eraser),
        PERMUTED: _plan(stage, drawn[0].eraser),
    }
    scales = {ERASED: Scaled(eraser, 0.0, 0), PERMUTED: drawn[0]}
    erasers = {PERMUTED: drawn}
    if other.states is not None:
        few = min(FEW_DRAWS, wish.n_null)
        erasers[IRRELEVANT] = [
            as_far(stage.states, far, _elsewhere(other.states, rng), other.states) for _ in range(few)
        ]
        scales[IRRELEVANT] = erasers[IRRELEVANT][0]
        plans[IRRELEVANT] = _plan(stage, scales[IRRELEVANT].eraser)
    traces = {name: play(agents, wish.n_episodes, wish.seed, plan) for name, plan in plans.items()}
    came = {name: _came(stage, trace) for name, trace in traces.items()}
    moments = _shown(stage, traces[UNTOUCHED], traces[ERASED])
    draws = {
        name: [_came(stage, play(agents, wish.n_episodes, wish.seed, _plan(stage, one.eraser))) for one in several]
        for name, several in erasers.items()
    }
    readings = _readings(stage, {name: plan for name, plan in plans.items() if name != NOTHING}, other, eraser)
    moved = {
        name: {"distance": displaced(one.eraser, stage.states), "share": one.share, "n_random": one.n_random}
        for name, one in scales.items()
    }
    found = _result(stage, other, came, draws, readings, moved, command)
    return replace(found, details={**found.details, "moments": moments})


def _shown(stage: Set, untouched: Trace, erased: Trace) -> list[dict[str, Any]]:
    """Return the episode of the median loss of return, the first that lost some, and the first that did not."""
    lost = untouched.returns - erased.returns

    def show(n: int) -> Moment | None:
        step, agent = parting(untouched, erased, n)
        note = (
            f"with {stage.states.target} erased they earn {erased.returns[n]:.2f} instead of "
            f"{untouched.returns[n]:.2f}; {agent_called(stage.agents.scenario, agent)} goes another way first"
        )
        return moment_in(erased, n, step, (agent,), note)

    return picked(pick(lost > 0, "earned less", lost, cases="episodes"), show)


def _set(agents: Playable, recording: Recording, wish: Wish, irrelevant: str | None) -> tuple[Set, Irrelevant]:
    """Return what all arms share, and the irrelevant target."""
    check_layer(agents, wish.layer)
    check_wish(wish, agents.scenario)
    check_same(agents, recording)
    who = find_agents(recording, wish.of, "listeners")
    listeners = tuple(find_agents(recording, "listeners", "listeners").indices)
    states = read_states(recording, wish.target, wish.layer, who.name, wish.seed)
    sites = np.array(recording.layout["sites"], dtype=np.int64).reshape(-1, 2)
    walkers = tuple(states.agents) if set(states.agents) <= set(listeners) else listeners
    return Set(agents, wish, states, walkers, sites), find_irrelevant(recording, states, wish, irrelevant)


def _elsewhere(states: States, rng: np.random.Generator) -> list[States]:
    """Return states with the values of other episodes, drawn anew: draws of a null that share some are alike."""
    return permuted_states(states, MOST_BESIDE, rng)


def _plan(stage: Set, eraser: Eraser) -> Plan:
    """Return the plan in which the agents' states pass through an eraser at every step."""
    where = np.zeros((1, 1, stage.agents.scenario.n_agents), np.bool_)
    where[..., list(stage.states.agents)] = True
    return erasing(site_of(stage.wish.layer), eraser, where)


def _came(stage: Set, trace: Trace) -> Came:
    """Return what became of the episodes of a trace."""
    obeyed = np.full(stage.wish.n_episodes, np.nan)
    if len(stage.sites):
        trials = _moments(stage, trace)
        site = first_place(trace, trials, stage.sites, SPAN)
        crystals = trace.crystal[trials.step, trials.episode]
        there = (crystals == stage.sites[site][:, None, :]).all(axis=2).any(axis=1)
        obeyed[trials.episode] = np.where(site == NOWHERE, 0.0, there)
    return Came(trace.returns, obeyed)


def _moments(stage: Set, trace: Trace) -> Trials:
    """Return for each episode the first step, from a drawn one on, at which a drawn listener carries nothing.

    The draws are the same in all arms.
    """
    rng = np.random.default_rng([stage.wish.seed, 32])
    n_steps, n_episodes = trace.live.shape
    listener = rng.choice(np.array(stage.listeners), n_episodes)
    latest = max(1, min(LATEST, n_steps // 2))
    earliest = rng.integers(min(EARLIEST, latest - 1), latest, n_episodes)
    rows = np.arange(n_episodes)
    empty = (trace.energy[:, rows, listener] < trace.altar_cost) & (trace.carried[:, rows, listener] == 0)
    fits = empty & trace.live & (np.arange(n_steps)[:, None] >= earliest)
    found = fits.any(axis=0)
    return Trials(rows[found], listener[found], fits.argmax(axis=0)[found])


def _readings(stage: Set, plans: dict[str, Plan], other: Irrelevant, eraser: Eraser) -> list[dict[str, Any]]:
    """Return what can be decoded in each arm's own run: the target from the layer, linearly and not, and elsewhere."""
    wish, states = stage.wish, stage.states
    layers = tuple(stage.agents.policy.hidden_sizes)
    own = [(states.target, f"hidden.{wish.layer}", model) for model in ("linear", "nonlinear")]
    elsewhere = [f"hidden.{name}" for name in layers if name != wish.layer]
    elsewhere.append("said" if states.of == "speakers" else "heard")
    asked = own + [(states.target, source, "linear") for source in elsewhere]
    if other.states is not None:
        asked.append((other.name, f"hidden.{wish.layer}", "linear"))
    found = []
    for arm in (name for name in ARMS if name in plans):
        run = recorded(stage.agents, wish.n_episodes, wish.seed, plans[arm], layers)
        found += [_reading(run, arm, *question, states.of, wish.seed) for question in asked]
    after = Erased(wish.layer, states.agents, eraser)
    run = recorded(stage.agents, wish.n_episodes, wish.seed, layers=layers, erased=after)
    return found + [_reading(run, AFTERWARDS, *question, states.of, wish.seed) for question in own]


def _reading(run: Recording, arm: str, target: str, source: str, model: str, of: str, seed: int) -> dict[str, Any]:
    """Return how well a probe reads a target from a source of an arm's run."""
    told = {"arm": arm, "target": target, "source": source, "model": model}
    try:
        found = probe.fit(run, target, source, of, n_null=N_NULL, seed=seed, model=model)
    except DataError as error:
        return told | {"score": None, "interval": None, "null": None, "p_value": None, "reason": str(error)}
    return told | {
        "score": found.estimate,
        "interval": found.interval,
        "null": found.null.mean if found.null else None,
        "p_value": found.p_value,
    }


def _result(
    stage: Set,
    other: Irrelevant,
    came: dict[str, Came],
    draws: dict[str, list[Came]],
    readings: list[dict[str, Any]],
    moved: dict[str, Any],
    command: str,
) -> Result:
    """Return the finding."""
    rng = np.random.default_rng([stage.wish.seed, 33])
    wish, states = stage.wish, stage.states
    untouched = came[UNTOUCHED]
    lost = {name: untouched.returns - arm.returns for name, arm in came.items()}
    null = np.array([(untouched.returns - draw.returns).mean() for draw in draws[PERMUTED]])
    estimate = float(lost[ERASED].mean())
    p_value = permutation_p_value(estimate, null)
    returns, obeyed = _falls(came, draws, "returns", rng), _falls(came, draws, "obeyed", rng)
    return Result(
        analysis="erasure",
        name=file_stem("erase", states.target, wish.layer, states.of),
        estimate=estimate,
        unit="return lost an episode",
        interval=bca_paired_difference(untouched.returns, came[ERASED].returns, rng),
        null=summarise_null(null, "the target of other episodes erased, as far"),
        p_value=p_value,
        n_episodes=wish.n_episodes,
        sentence=_sentence(stage, other, returns, obeyed, readings, p_value),
        details={
            "target": states.target,
            "of": states.of,
            "layer": wish.layer,
            "n_fitted": states.n_episodes,
            "irrelevant": other.facts(),
            "moved": moved,
            "returns": returns,
            "obeyed": obeyed,
            "readings": readings,
            "comes_back": _comes_back(stage, readings),
            "no_op_is_identical": all(
                np.array_equal(a, b, equal_nan=True) for a, b in zip(came[NOTHING], untouched, strict=True)
            ),
        },
        provenance=provenance(command, wish.seed, stage.agents.sha256)
        | {"grounding": stage.agents.facts.get("grounding")},
    )


def _falls(
    came: dict[str, Came], draws: dict[str, list[Came]], measure: str, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Return a measure's mean in each arm, and how far it falls below the untouched twin's, paired over episodes."""
    table: dict[str, dict[str, Any]] = {}
    twin = np.asarray(getattr(came[UNTOUCHED], measure))
    erased = np.asarray(getattr(came[ERASED], measure))
    for name in (name for name in ARMS if name in came):
        values = np.asarray(getattr(came[name], measure))
        both, beside = np.isfinite(twin) & np.isfinite(values), np.isfinite(erased) & np.isfinite(values)
        counted = values[np.isfinite(values)]
        if not both.any():
            continue
        table[name] = {
            "mean": float(counted.mean()),
            "interval": bca_mean(counted, rng),
            "n": len(counted),
            "fall": float((twin - values)[both].mean()),
            "fall_interval": bca_mean((twin - values)[both], rng),
            "above_erased": float((values - erased)[beside].mean()) if beside.any() else None,
            "above_erased_interval": bca_mean((values - erased)[beside], rng) if beside.any() else None,
        }
    for name in (name for name in draws if name in table):
        drawn = [np.asarray(getattr(draw, measure)) for draw in draws[name]]
        means = [float(values[np.isfinite(values)].mean()) for values in drawn if np.isfinite(values).any()]
        low, high = np.quantile(means, [0.025, 0.975])
        table[name]["draws"] = {
            "mean": float(np.mean(means)),
            "interval": [float(low), float(high)],
            "n": len(means),
        }
    return table


def _comes_back(stage: Set, readings: list[dict[str, Any]]) -> list[str]:
    """Return where the target can still be read in the run in which it is erased, each in words."""
    words = []
    for row in readings:
        told = row["arm"] == ERASED and row["target"] == stage.states.target and row["score"] is not None
        if told and row["p_value"] is not None and row["p_value"] <= 1 / (N_NULL + 1):
            own = row["source"] == f"hidden.{stage.wish.layer}"
            where = f"from the same layer by a {row['model']} probe" if own else f"from {row['source']}"
            words.append(f"{where} ({100 * row['score']:.0f} %, null {100 * row['null']:.0f} %)")
    return words


def _sentence(
    stage: Set,
    other: Irrelevant,
    returns: dict[str, dict[str, Any]],
    obeyed: dict[str, dict[str, Any]],
    readings: list[dict[str, Any]],
    p_value: float,
) -> str:
    """Return the finding in words."""
    states, layer = stage.states, stage.wish.layer
    linear = {
        row["arm"]: _share(row["score"])
        for row in readings
        if (row["target"], row["source"], row["model"]) == (states.target, f"hidden.{layer}", "linear")
    }
    beside = [f"{returns[PERMUTED]['draws']['mean']:.2f} with that of other episodes erased"]
    if IRRELEVANT in returns:
        beside.insert(0, f"{returns[IRRELEVANT]['draws']['mean']:.2f} with {other.name} erased")
    went = (
        f", and listeners go first to where a crystal is in {_share(obeyed[ERASED]['mean'])} instead of "
        f"{_share(obeyed[UNTOUCHED]['mean'])}"
        if ERASED in obeyed
        else ""
    )
    back = _comes_back(stage, readings)
    still = f"can still be read {', '.join(back)}" if back else "can be read nowhere that was looked at"
    return (
        f"With {states.target} erased from the hidden state ({layer}) of {states.of} at every step, agents earn "
        f"{returns[ERASED]['mean']:.2f} an episode instead of {returns[UNTOUCHED]['mean']:.2f} "
        f"({' and '.join(beside)}; p = {p_value:.3g}){went}. Erased from recorded states, a linear probe reads it in "
        f"{linear[AFTERWARDS]} instead of {linear[UNTOUCHED]}; in the running world it {still}."
    )


def _share(value: float | None) -> str:
    """Return a share in per cent."""
    return "none" if value is None else f"{100 * value:.0f} %"
