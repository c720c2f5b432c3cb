"""What each entry means: the values that it is said of more than chance gives."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.entries import Evidence, Rate
from commlab.probes.decode.lexicon.rates import rate_of
from commlab.probes.decode.lexicon.speech import Speech, Variable, joined, run_lengths
from commlab.probes.decode.lexicon.tables import LEAST_EXPECTED, Counts, Family
from commlab.probes.decode.lexicon.units import Members

__all__ = [
    "ENOUGH",
    "Scene",
    "Truth",
    "Values",
    "evidence_of",
    "lifted",
    "lifted_beyond",
    "mask_of",
    "meant",
    "together",
    "truth_of",
]

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
ENOUGH = 20  # episodes in which an entry must be said before it can mean anything
LEAST_LIFT = 1.2  # over what is expected
OF_BEST = 0.25  # of the lift of the value that the entry is said of most
HALF = 0.5  # of the agreement that the best target has with its uses: a further one that has less is left out
MORE = 0.25  # of all uses: what a target must add that holds where the others do not
STAYS = 3.5  # standard errors over episodes by which a value must be lifted beyond what the other targets give


class Scene(NamedTuple):
    """Speech, the targets it is about, and the counts of its parts."""

    speech: Speech
    targets: tuple[Variable, ...]  # that the language is about
    members: Members  # of the parts that are read
    counts: tuple[Counts, ...]  # of each target, for the parts
    null: Family  # of all these cells


Values = dict[int, tuple[int, ...]]  # of a target's number: its values


def mask_of(scene: Scene, part: int) -> Bools:
    """Where a part is said, (E, slots)."""
    inside = np.zeros(len(scene.speech.symbols) + 1, dtype=bool)  # the last is for what was never said, -1
    inside[scene.members.of(part)] = True
    used: Bools = np.take(inside, scene.speech.said)
    return used


def lifted(counts: Counts, threshold: float) -> Bools:
    """The values (U, V) that each unit is said of: beyond chance, and of a size that matters beside the unit's best."""
    lift = np.where(counts.scores > threshold, counts.lift, 0.0)
    best = lift.max(axis=1, initial=0.0, keepdims=True)
    told: Bools = (lift >= LEAST_LIFT) & (lift >= OF_BEST * best)
    return told


def meant(scene: Scene, found: Sequence[Bools], unit: int, used: Bools) -> Values:
    """The values that a unit means, by target; `found` (U, V) of each target, `used` (E, slots) where it is said.

    Of several targets those leave that explain few of its uses beside the best, and those whose values are lifted only
    because the world ties them to the others.
    """
    values = {k: tuple(np.flatnonzero(found[k][unit]).tolist()) for k in range(len(scene.targets))}
    values = {k: chosen for k, chosen in values.items() if chosen}
    explained = {k: agreement(scene.counts[k], unit, chosen) for k, chosen in values.items()}
    most = max(explained.values(), default=0.0)
    values = {k: chosen for k, chosen in values.items() if explained[k] >= HALF * most}
    while len(values) > 1:
        kept = {k: beyond(scene, k, values, used) for k in values}
        weakest = min(kept, key=lambda k: kept[k])
        if kept[weakest] >= STAYS:
            break
        del values[weakest]
    return fitting(scene, values, sorted(values, key=lambda k: -explained[k]), used)


def fitting(scene: Scene, values: Values, order: Sequence[int], used: Bools) -> Values:
    """The targets' values, each target in `order` if most of what held without it still does, or if much more does.

    Beside the earlier ones a target must hold at HALF of the uses at which they do (the entry means both), or with
    it one or the other must hold at MORE of the uses (it means either).
    """
    holds = {k: np.isin(scene.targets[k].codes, values[k])[used] for k in order}
    kept: list[int] = []
    for k in order:
        before = [holds[other] for other in kept]
        if not kept or stays_true(before, holds[k]):
            kept.append(k)
    return {k: values[k] for k in sorted(kept)}


def stays_true(before: Sequence[Bools], added: Bools) -> bool:
    """Whether what held with all (or any) of the targets `before` (R,) goes with one more."""
    every, either = np.all(before, axis=0), np.any(before, axis=0)
    as_well = np.count_nonzero(every & added) >= HALF * np.count_nonzero(every)
    return bool(as_well or np.mean(either | added) >= np.mean(either) + MORE)


def agreement(counts: Counts, unit: int, values: Sequence[int]) -> float:
    """The share of a unit's uses that are of the values, less chance: 0 at chance, 1 where all are (Cohen's kappa)."""
    chosen = list(values)
    share = counts.observed[unit, chosen].sum() / max(counts.observed[unit].sum(), LEAST_EXPECTED)
    base = counts.expected[unit, chosen].sum() / max(counts.expected[unit].sum(), LEAST_EXPECTED)
    return float((share - base) / max(1 - base, LEAST_EXPECTED))


def beyond(scene: Scene, k: int, values: Values, used: Bools) -> float:
    """By how many standard errors target k's values are lifted beyond what the other targets' values give."""
    others = joined([scene.targets[other] for other in values if other != k])
    return lifted_beyond(scene.speech, scene.targets[k], values[k], others, used)


def lifted_beyond(speech: Speech, target: Variable, values: Sequence[int], known: Int64, used: Bools) -> float:
    """By how many standard errors over episodes a target has the values more often than what is known gives.

    known: (E, slots) codes; used: (E, slots) where it is asked. 0 where the lift is too small to matter.
    """
    there = (speech.said >= 0) & (target.codes >= 0) & (known >= 0)
    hit = np.isin(target.codes, values) & there
    n_known = int(known.max(initial=0)) + 1
    given = np.bincount(known[hit], minlength=n_known) / np.maximum(np.bincount(known[there], minlength=n_known), 1)
    here = used & there
    weights = 1.0 / run_lengths(target.codes, speech.n_agents)[here]
    more = np.bincount(np.nonzero(here)[0], weights * (hit[here] - given[known[here]]), speech.n_episodes)
    base = float(np.sum(weights * given[known[here]]))
    if base + more.sum() < LEAST_LIFT * base:
        return 0.0
    said = more[(used & there).any(axis=1)]
    return float(said.mean() / max(1e-9, said.std(ddof=1) / np.sqrt(said.size))) if said.size > 1 else 0.0


def evidence_of(
    scene: Scene, target: Variable, counts: Counts, unit: int, values: Sequence[int], used: Bools
) -> tuple[Evidence, ...]:
    """The evidence that a unit is said of each of the values of a target, strongest first."""
    here = used & (target.codes >= 0)
    weights = 1.0 / run_lengths(target.codes, scene.speech.n_agents)[here]
    episode = np.nonzero(here)[0]
    totals = np.bincount(episode, weights, scene.speech.n_episodes)
    row, expected = counts.scores[unit], counts.expected[unit]
    found = []
    for value in values:
        hits = np.bincount(episode, weights * (target.codes[here] == value), scene.speech.n_episodes)
        share = rate_of(hits, totals)
        assert share is not None
        base = max(float(expected[value]), LEAST_EXPECTED) / max(float(expected.sum()), LEAST_EXPECTED)
        p_value = float(scene.null.p_values(row[value : value + 1])[0])
        lifts = (share.share / base, share.low / base, share.high / base)
        found.append(Evidence(target.name, target.names[value], share, base, *lifts, p_value))
    return tuple(sorted(found, key=lambda one: -one.share.share))


def together(scene: Scene, values: Values, used: Bools) -> bool:
    """Whether an entry's targets hold at once (it means both), and not one at a time (it means one or the other)."""
    if len(values) < 2:
        return True
    holds = [np.isin(scene.targets[k].codes, chosen)[used] for k, chosen in values.items()]
    both = float(np.all(holds, axis=0).mean())
    independent = float(np.prod([hold.mean() for hold in holds]))
    return both >= 0.9 * independent


class Truth(NamedTuple):
    """Whether a meaning held, at every use."""

    known: Bools  # (E, slots) uses at which it can be told
    true: Bools  # (E, slots) uses at which it held
    weights: Float64  # (E, slots) one over the steps for which the values lasted

    def rate(self, where: Bools | None = None) -> Rate | None:
        """The share of uses (of those `where`) at which it held."""
        weights = np.where(self.known if where is None else self.known & where, self.weights, 0.0)
        return rate_of((weights * self.true).sum(axis=1), weights.sum(axis=1))


def truth_of(scene: Scene, values: Values, used: Bools) -> Truth:
    """Where the values of an entry held, of the uses (E, slots) at which they are known."""
    joint = joined([scene.targets[k] for k in values])
    known = used & (joint >= 0)
    holds = [np.isin(scene.targets[k].codes, chosen) for k, chosen in values.items()]
    true = np.all(holds, axis=0) if together(scene, values, used) else np.any(holds, axis=0)
    return Truth(known, true & known, 1.0 / run_lengths(joint, scene.speech.n_agents))
