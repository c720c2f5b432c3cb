"""Steering: what leads from one value of a target to another is added to a hidden state.

The difference of means of hidden states between values (Marks & Tegmark 2023, 2310.06824; Turner et al. 2023,
2308.10248) is fitted on other episodes. At dose 1 it takes a state from the mean of its own value to that of the value
wanted. Beside it stand directions as long between random means, which are the null, and between the values of another
target that is decoded about as well but goes with other things. Dose 0 must change nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Plan, adding
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_paired_difference, permutation_p_value, summarise_null
from commlab.probes.cause.hidden.cases import Wish, draw_values
from commlab.probes.cause.hidden.directions import Means, fit_means, matched, random_means
from commlab.probes.cause.hidden.irrelevant import Irrelevant, find_irrelevant
from commlab.probes.cause.hidden.outcomes import ACTION, SAID, Arm, came_to_by_arm, identical, mean_of, score, spread_of
from commlab.probes.cause.hidden.showing import shown
from commlab.probes.cause.hidden.stage import Stage, set_stage
from commlab.probes.cause.hidden.states import NO_VALUE, site_of, value_table
from commlab.probes.decode.wording import file_stem, percent
from commlab.recording import Playable

__all__ = ["DOSES", "fit"]

DOSES = (0.5, 1.0, 2.0, 4.0)
STEERED, IRRELEVANT, RANDOM, UNTOUCHED = "steered", "irrelevant", "random", "untouched"
FEW_DRAWS = 19  # at doses other than the main one
MOST_DOSES, LARGEST = 12, 1000.0

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Ways(NamedTuple):
    """What leads the cases' states from their own value to another, at dose 1, (n, H)."""

    wanted: Int64  # (n,) the other value
    steered: Float64
    irrelevant: Float64 | None  # between values of the irrelevant target, as long
    means: Means  # of the target


class Scale(NamedTuple):
    """The doses, and the arms at each."""

    doses: tuple[float, ...]  # dose 0 not among them
    main: float
    arms: dict[str, list[Arm]]  # by arm, one a dose
    draws: list[list[Arm]]  # by dose, of random directions


def fit(
    agents: Playable,
    recording: Recording,
    wish: Wish,
    dose: float = 1.0,
    doses: tuple[float, ...] = DOSES,
    irrelevant: str | None = None,
    command: str = "steer",
) -> Result:
    """Return how much oftener agents come to the value that their hidden state was steered to, at the main dose.

    The value is drawn evenly among those that differ from the case's own. The estimate is paired over episodes, against
    the untouched twin: the share of listeners whose first place has that value, or of speakers who say it; for targets
    that are neither, the bits by which the choice of action changes. `irrelevant` is found by itself where not named.
    Raises InterventionError for layers, steps, doses and agents that do not exist, and DataError where the recording is
    of other agents or there are too few cases.
    """
    scale = _check_doses(dose, doses)
    stage = set_stage(agents, recording, wish)
    rng = np.random.default_rng([wish.seed, 21])
    other = find_irrelevant(recording, stage.states, wish, irrelevant)
    stage, ways = _ways(stage, other, rng)
    untouched, nothing = (
        stage.play(),
        stage.play(adding(site_of(wish.layer), np.zeros(stage.states.vectors.shape[1]), stage.where(wish.lasts))),
    )
    arms = {STEERED: [_steer(stage, ways.steered * dose) for dose in scale]}
    if ways.irrelevant is not None:
        arms[IRRELEVANT] = [_steer(stage, ways.irrelevant * dose) for dose in scale]
    draws = [
        _random(stage, ways, each, wish.n_null if each == dose else min(wish.n_null, FEW_DRAWS), rng) for each in scale
    ]
    no_op = identical(nothing, untouched)
    return _result(stage, ways, other, Scale(scale, dose, arms, draws), (untouched, no_op), command)


def _check_doses(main: float, doses: tuple[float, ...]) -> tuple[float, ...]:
    """Return all doses in order, the main one among them. Raises InterventionError for wrong ones."""
    for dose in (main, *doses):
        if not 0 < dose <= LARGEST:
            raise InterventionError(f"A dose is above 0 and at most {LARGEST:.0f}, not {dose}; dose 0 is always tried.")
    every = tuple(sorted({main, *doses}))
    if len(every) > MOST_DOSES:
        raise InterventionError(f"--doses takes {MOST_DOSES} doses at most, not {len(every)}; name fewer.")
    return every


def _ways(stage: Stage, other: Irrelevant, rng: np.random.Generator) -> tuple[Stage, Ways]:
    """Return the stage with the cases that can be steered, and where to. Raises DataError where there is none."""
    cases, means = stage.cases, fit_means(stage.states)
    askable = stage.ruler.askable & (means.n > 0)
    wanted = draw_values(cases.own, askable, rng)
    if not (wanted != NO_VALUE).any():
        raise DataError(f"{stage.states.target} has no second value to steer to; choose another target.")
    keep = wanted != NO_VALUE
    cases, wanted = cases.of(keep), wanted[keep]
    stage = stage._replace(cases=cases)
    steered = means.between(cases.own, wanted)
    return stage, Ways(wanted, steered, _irrelevant_ways(stage, other, steered, rng), means)


def _irrelevant_ways(stage: Stage, other: Irrelevant, like: Float64, rng: np.random.Generator) -> Float64 | None:
    """Return what leads from each case's value of the irrelevant target to another one, as long as `like` (n, H)."""
    if other.states is None:
        return None
    states, cases = other.states, stage.cases
    table = value_table(stage.world, states.target, states.names, stage.shape[0])
    means = fit_means(states)
    own = table[cases.step, cases.episode, cases.agent]
    own = np.where(own == NO_VALUE, rng.integers(0, len(states.names), cases.n), own)
    return matched(means.between(own, draw_values(own, means.n > 0, rng)), like)


def _steer(stage: Stage, vectors: Float64) -> Arm:
    """Return what the cases come to when those vectors (n, H) are added to their states, as long as wished."""
    return stage.play(_adding(stage, vectors))


def _adding(stage: Stage, vectors: Float64) -> Plan:
    """Return the plan that adds those vectors (n, H) to the cases' states, as long as wished."""
    return adding(site_of(stage.wish.layer), stage.spread(vectors), stage.where(stage.wish.lasts))


def _random(stage: Stage, ways: Ways, dose: float, n_draws: int, rng: np.random.Generator) -> list[Arm]:
    """Return the arms of directions as long between random means."""
    found = []
    for _ in range(n_draws):
        led = random_means(ways.means, rng).between(stage.cases.own, ways.wanted)
        found.append(_steer(stage, matched(led, ways.steered) * dose))
    return found


def _result(
    stage: Stage, ways: Ways, other: Irrelevant, scale: Scale, untouched: tuple[Arm, bool], command: str
) -> Result:
    """Return the finding."""
    rng = np.random.default_rng([stage.wish.seed, 22])
    wish, states, main = stage.wish, stage.states, stage.outcomes[0]
    twin, no_op = untouched
    at = scale.doses.index(scale.main)

    def scored(outcome: str, arm: Arm) -> Float64:
        return score(outcome, arm, twin, ways.wanted)

    steered, base = scored(main, scale.arms[STEERED][at]), scored(main, twin)
    null = np.array([(scored(main, arm) - base).mean() for arm in scale.draws[at]])
    estimate = float((steered - base).mean())
    p_value = permutation_p_value(estimate, null)
    tables: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for outcome in stage.outcomes:
        start = mean_of(scored(outcome, twin), rng)
        tables[outcome] = {
            name: [start, *(mean_of(scored(outcome, arm), rng) for arm in arms)] for name, arms in scale.arms.items()
        }
        drawn = ([float(scored(outcome, arm).mean()) for arm in arms] for arms in scale.draws)
        tables[outcome][RANDOM] = [start, *(spread_of(means, stage.cases.n) for means in drawn)]
    chosen = {STEERED: scale.arms[STEERED][at], RANDOM: scale.draws[at][0], UNTOUCHED: twin}
    if IRRELEVANT in scale.arms:
        chosen[IRRELEVANT] = scale.arms[IRRELEVANT][at]
    came = came_to_by_arm(chosen, stage.outcomes, ways.wanted, stage.cases.own)
    told = {name: rows[at + 1]["mean"] for name, rows in tables[main].items()} | {UNTOUCHED: float(base.mean())}
    return Result(
        analysis="steering",
        name=file_stem("steer", states.target, wish.layer, states.of, *wish.flags),
        estimate=estimate,
        unit="bits" if main == ACTION else "share of trials",
        interval=bca_paired_difference(steered, base, rng),
        null=summarise_null(null, "random directions, as long"),
        p_value=p_value,
        n_episodes=stage.cases.n,
        sentence=_sentence(stage, told, came.get(main), scale.main, other, p_value),
        details={
            **stage.facts(),
            "dose": scale.main,
            "doses": [0.0, *scale.doses],
            "outcomes": tables,
            "came_to": came,
            "irrelevant": other.facts(),
            "beyond_irrelevant": None if IRRELEVANT not in chosen else {
                "mean": float((steered - scored(main, chosen[IRRELEVANT])).mean()),
                "interval": bca_paired_difference(steered, scored(main, chosen[IRRELEVANT]), rng),
            },
            "no_op_is_identical": no_op,
            "moved": float(np.linalg.norm(ways.steered, axis=1).mean() * scale.main),
            "moments": shown(stage, stage.trace(_adding(stage, ways.steered * scale.main)), ways.wanted, "steered to"),
            "typical_spread": float(np.sqrt(stage.states.vectors.astype(np.float64).var(axis=0).sum())),
        },
        provenance=provenance(command, wish.seed, stage.agents.sha256)
        | {"grounding": stage.agents.facts.get("grounding")},
    )  # fmt: skip


def _sentence(
    stage: Stage,
    mean: dict[str, float],
    came: dict[str, dict[str, float]] | None,
    dose: float,
    other: Irrelevant,
    p_value: float,
) -> str:
    """Return the finding in words; `mean` are the arms' at the main dose."""
    states, main = stage.states, stage.outcomes[0]
    steered = f"Steered along {states.target} in their hidden state ({stage.wish.layer}, dose {dose:g}), {states.of}"
    ending = f"{stage.cases.n} trials; p = {p_value:.3g}"
    if main == ACTION:
        beside = f", along {other.name} {mean[IRRELEVANT]:.2f}" if IRRELEVANT in mean else ""
        return (
            f"{steered} change their choice of action by {mean[STEERED]:.2f} bits; along random directions as long "
            f"{mean[RANDOM]:.2f}{beside} ({ending})."
        )
    do = "say the value that they were steered to" if main == SAID else "go first to the place they were steered to"
    own = f" (and the true one in {percent(came[UNTOUCHED]['own'])})" if came else ""
    beside = f", along {other.name} in {percent(mean[IRRELEVANT])}" if IRRELEVANT in mean else ""
    return (
        f"{steered} {do} in {percent(mean[STEERED])}, untouched in {percent(mean[UNTOUCHED])}{own}; along random "
        f"directions as long in {percent(mean[RANDOM])}{beside} ({ending})."
    )
