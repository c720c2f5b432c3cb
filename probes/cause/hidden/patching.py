"""Patching: an agent is given the hidden state that it had in another episode, at the same step.

Interchange interventions (Vig et al. 2020, 2004.12265; Geiger et al. 2021, 2106.02997). The other episode differs from
this one in the target's value: its crystal, say, stands elsewhere. If the state carries the target, and agents act on
it, they do what the other episode called for. Two things are exchanged: the whole state, at the moment alone, and the
target's own subspace, for as long as wished, while the rest of the state goes its own way. Beside each stands a state
of an episode with the same value, and a change as large at random; and the agent's own state put back, which must
change nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Eraser
from commlab.agents.plan import Plan, adding, erasing, patching, together
from commlab.datasets.reader import Recording
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_paired_difference, permutation_p_value, sign_flip_p_value, summarise_null
from commlab.probes.cause.hidden.cases import Wish
from commlab.probes.cause.hidden.directions import fit_eraser, matched, part_of, random_part, scaled
from commlab.probes.cause.hidden.outcomes import ACTION, SAID, Arm, came_to_by_arm, identical, mean_of, score, spread_of
from commlab.probes.cause.hidden.showing import shown
from commlab.probes.cause.hidden.sources import Given, find_sources, given_states
from commlab.probes.cause.hidden.stage import Stage, set_stage
from commlab.probes.cause.hidden.states import site_of
from commlab.probes.decode.wording import file_stem, percent
from commlab.recording import Playable

__all__ = ["ARMS", "fit"]

WHOLE, WHOLE_SAME, WHOLE_RANDOM = "whole state", "whole state, same value", "random direction"
PART, PART_SAME, PART_RANDOM = "its subspace", "its subspace, same value", "random subspace"
ITSELF, UNTOUCHED = "itself", "untouched"
ARMS = (WHOLE, WHOLE_SAME, WHOLE_RANDOM, PART, PART_SAME, PART_RANDOM, ITSELF, UNTOUCHED)
FEW_DRAWS = 19  # of the control that the null is not made of

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Found(NamedTuple):
    """What came of it."""

    wanted: Int64  # (n,)
    arms: dict[str, Arm]
    draws: dict[str, list[Arm]]  # the arms that were drawn several times

    def score(self, outcome: str, arm: Arm) -> Float64:
        """Return the score of each case in an arm, (n,)."""
        return score(outcome, arm, self.arms[UNTOUCHED], self.wanted)

    def of(self, outcome: str, name: str) -> Float64:
        """Return the score of each case in the arm of that name, (n,)."""
        return self.score(outcome, self.arms[name])

    def table(self, outcome: str, rng: np.random.Generator) -> dict[str, Any]:
        """Return each arm's mean and interval; of arms drawn several times the mean and the range of their draws."""
        rows = {name: mean_of(self.of(outcome, name), rng) for name in self.arms if name not in self.draws}
        for name, drawn in self.draws.items():
            rows[name] = spread_of([float(self.score(outcome, arm).mean()) for arm in drawn], len(self.wanted))
        return {name: rows[name] for name in ARMS}


def fit(agents: Playable, recording: Recording, wish: Wish, command: str = "patch") -> Result:
    """Return how much oftener agents do what another episode called for when given their state of that episode.

    The estimate is paired over episodes, against a state of an episode with the same value: the share of listeners
    whose first place is the other episode's, or of speakers who say its value; for targets that are neither, the bits
    by which the choice of action changes. It is that of the target's subspace, or of the whole state if so wished. The
    null exchanges as many dimensions, drawn at random, and moves the state as far; for the whole state it moves it as
    far in a random direction. The p-value is the larger of two, against the null and, by sign flips, against the state
    with the same value: a change that is neither must do less. Subspaces are fitted on the recording. Raises
    InterventionError for layers, steps and agents that do not exist, and DataError where the recording is of other
    agents or there are too few cases.
    """
    stage = set_stage(agents, recording, wish)
    rng = np.random.default_rng([wish.seed, 11])
    cases, sources = find_sources(stage, rng)
    stage = stage._replace(cases=cases)
    given = given_states(stage, sources)
    eraser = fit_eraser(stage.states)
    arms = {
        UNTOUCHED: stage.play(),
        ITSELF: stage.play(_patch(stage, given.own)),
        WHOLE: stage.play(_patch(stage, given.other)),
        WHOLE_SAME: stage.play(_patch(stage, given.alike)),
        PART: stage.play(_exchange(stage, eraser, given.other)),
        PART_SAME: stage.play(_exchange(stage, eraser, given.alike)),
    }
    draws = _draw(stage, given, eraser, rng)
    found = Found(sources.wanted, arms | {name: drawn[0] for name, drawn in draws.items()}, draws)
    moved = {name: _length(led) for name, led in ((WHOLE, given.led), (PART, part_of(eraser, given.led)))}
    main = _patch(stage, given.other) if wish.whole else _exchange(stage, eraser, given.other)
    moments = shown(stage, stage.trace(main), sources.wanted, "given the state of")
    return _result(stage, found, moved, moments, command)


def _draw(stage: Stage, given: Given, eraser: Eraser, rng: np.random.Generator) -> dict[str, list[Arm]]:
    """Return the arms of the changes at random, each drawn several times."""
    led, rank = given.led, max(1, len(stage.states.names) - 1)
    far = _length(part_of(eraser, led))
    drawn: dict[str, list[Arm]] = {WHOLE_RANDOM: [], PART_RANDOM: []}
    n_null, few = stage.wish.n_null, min(stage.wish.n_null, FEW_DRAWS)
    n_draws = {WHOLE_RANDOM: n_null, PART_RANDOM: few} if stage.wish.whole else {WHOLE_RANDOM: few, PART_RANDOM: n_null}
    for _ in range(n_draws[WHOLE_RANDOM]):
        drawn[WHOLE_RANDOM].append(stage.play(_move(stage, matched(rng.normal(size=led.shape), led))))
    for _ in range(n_draws[PART_RANDOM]):
        part = random_part(rank, led.shape[1], rng)
        part = scaled(part, far / _length(part_of(part, led)))
        drawn[PART_RANDOM].append(stage.play(_exchange(stage, part, given.other)))
    return drawn


def _length(vectors: Float64) -> float:
    """Return how long vectors (n, H) are, the root of the mean square."""
    return float(np.sqrt(np.square(vectors).sum(axis=1).mean()))


def _patch(stage: Stage, vectors: Float64) -> Plan:
    """Return the plan in which the cases' agents have those states (n, H) at their moment instead of their own."""
    return patching(site_of(stage.wish.layer), stage.spread(vectors), stage.where(1))


def _move(stage: Stage, vectors: Float64) -> Plan:
    """Return the plan in which something (n, H) is added to the cases' states at their moment."""
    return adding(site_of(stage.wish.layer), stage.spread(vectors), stage.where(1))


def _exchange(stage: Stage, eraser: Eraser, vectors: Float64) -> Plan:
    """Return the plan in which what an eraser takes out of a state is replaced by what it takes out of these (n, H)."""
    site, where = site_of(stage.wish.layer), stage.where(stage.wish.lasts)
    linear = eraser._replace(bias=np.zeros(vectors.shape[1], np.float32))
    given = adding(site, stage.spread(part_of(linear, vectors)), where)
    return together(erasing(site, linear, where), given)


def _result(stage: Stage, found: Found, moved: dict[str, float], moments: list[dict[str, Any]], command: str) -> Result:
    """Return the finding."""
    rng = np.random.default_rng([stage.wish.seed, 12])
    wish, states, main = stage.wish, stage.states, stage.outcomes[0]
    changed, alike, at_random = (WHOLE, WHOLE_SAME, WHOLE_RANDOM) if wish.whole else (PART, PART_SAME, PART_RANDOM)
    patched, base, untouched = (found.of(main, name) for name in (changed, alike, UNTOUCHED))
    null = np.array([(found.score(main, arm) - base).mean() for arm in found.draws[at_random]])
    estimate = float((patched - base).mean())
    flipped = sign_flip_p_value(patched - base, rng, alternative="greater")
    p_value = max(permutation_p_value(estimate, null), flipped)
    tables = {outcome: found.table(outcome, rng) for outcome in stage.outcomes}
    came = came_to_by_arm({name: found.arms[name] for name in ARMS}, stage.outcomes, found.wanted, stage.cases.own)
    return Result(
        analysis="patching",
        name=file_stem("patch", states.target, wish.layer, states.of, *wish.flags),
        estimate=estimate,
        unit="bits" if main == ACTION else "share of trials",
        interval=bca_paired_difference(patched, base, rng),
        null=summarise_null(null, f"{at_random}, moved as far"),
        p_value=p_value,
        n_episodes=stage.cases.n,
        sentence=_sentence(stage, tables[main], came.get(main), p_value),
        details={
            **stage.facts(),
            "changed": changed,
            "told": wish.told,
            "outcomes": tables,
            "came_to": came,
            "above_untouched": {
                "mean": float((patched - untouched).mean()),
                "interval": bca_paired_difference(patched, untouched, rng),
            },
            "p_random": permutation_p_value(estimate, null),
            "p_same_value": flipped,
            "no_op_is_identical": identical(found.arms[ITSELF], found.arms[UNTOUCHED]),
            "moved": moved,
            "moments": moments,
        },
        provenance=provenance(command, wish.seed, stage.agents.sha256)
        | {"grounding": stage.agents.facts.get("grounding")},
    )


def _sentence(stage: Stage, table: dict[str, Any], came: dict[str, Any] | None, p_value: float) -> str:
    """Return the finding in words."""
    states, main, wish = stage.states, stage.outcomes[0], stage.wish
    mean = {name: entry["mean"] for name, entry in table.items()}
    changed, alike, at_random = (WHOLE, WHOLE_SAME, WHOLE_RANDOM) if wish.whole else (PART, PART_SAME, PART_RANDOM)
    what = "state" if wish.whole else f"{states.target} part of the state"
    source = "a twin that was told" if wish.told else "an episode with"
    given = f"Given the {what} ({wish.layer}) that they had in {source} another {states.target}, {states.of}"
    ending = f"{stage.cases.n} trials; p = {p_value:.3g}"
    if main == ACTION:
        return (
            f"{given} change their choice of action by {mean[changed]:.2f} bits, given that of one with the "
            f"same value by {mean[alike]:.2f}, and moved as far at random by {mean[at_random]:.2f} ({ending})."
        )
    do = "say that value" if main == SAID else "go first to that place"
    own = f" (and their own in {percent(came[UNTOUCHED]['own'])})" if came else ""
    return (
        f"{given} {do} in {percent(mean[changed])}, untouched in {percent(mean[UNTOUCHED])}{own}, given that "
        f"of one with the same value in {percent(mean[alike])}, and moved as far at random in "
        f"{percent(mean[at_random])} ({ending})."
    )
