"""Meanings that depend on a context: what an entry is said of in each part of its uses."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.entries import Sense
from commlab.probes.decode.lexicon.readings import (
    ENOUGH,
    LEAST_LIFT,
    OF_BEST,
    Scene,
    Values,
    evidence_of,
    truth_of,
)
from commlab.probes.decode.lexicon.speech import Variable, said_in
from commlab.probes.decode.lexicon.tables import Counts, count, family

__all__ = ["KIN", "STRANGERS", "Contexts", "by_context", "senses_of"]

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
KIN, STRANGERS = "kin", "strangers"  # audiences; an entry means what it means to kin


class Contexts(NamedTuple):
    """The counts of every part within each value of a context."""

    context: Variable
    sure: tuple[Bools, ...]  # (U, V) of each target: values that a part is said of in some context, beyond chance
    lifts: tuple[Float64, ...]  # (U, C, V) of each target: over what the context alone gives


def by_context(scene: Scene, context: Variable, permutations: Int64) -> Contexts:
    """Count the parts of a scene within each value of a context."""
    n_contexts = len(context.names)
    counts = [count(scene.speech, target, scene.members, permutations, context) for target in scene.targets]
    threshold = family(counts).threshold
    sure: list[Bools] = []
    lifts: list[Float64] = []
    for target, found in zip(scene.targets, counts, strict=True):
        shape = (-1, n_contexts, len(target.names))
        lift = found.observed.reshape(shape) / np.maximum(expected(scene, context, target, found, shape), 0.01)
        certain = (found.scores.reshape(shape) > threshold) & (lift >= LEAST_LIFT)
        sure.append(np.asarray(certain.any(axis=1)))
        lifts.append(lift)
    return Contexts(context, tuple(sure), tuple(lifts))


def expected(scene: Scene, context: Variable, target: Variable, found: Counts, shape: tuple[int, ...]) -> Float64:
    """The uses (U, C, V) that the context by itself gives each value of the target."""
    known = (scene.speech.said >= 0) & (context.codes >= 0) & (target.codes >= 0)
    cells = context.codes[known] * len(target.names) + target.codes[known]
    table = np.bincount(cells, minlength=shape[1] * shape[2]).reshape(shape[1:]).astype(np.float64)
    given = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    uses: Float64 = found.observed.reshape(shape).sum(axis=2, keepdims=True) * given
    return uses


def senses_of(scene: Scene, contexts: Contexts, unit: int, values: Values, used: Bools) -> tuple[Sense, ...]:
    """The senses of a part, contexts with the same meaning together; none where its meaning is the same in all.

    `values` are those that it means over all its uses. In a context it means those of them, or of the values that it is
    surely said of in some context, that are lifted there.
    """
    wanted = {
        k: sorted({*values.get(k, ()), *np.flatnonzero(contexts.sure[k][unit])}) for k in range(len(scene.targets))
    }
    groups: dict[tuple[tuple[int, tuple[int, ...]], ...], list[int]] = {}
    for value in range(len(contexts.context.names)):
        here = used & (contexts.context.codes == value)
        if said_in(here) >= ENOUGH:
            groups.setdefault(meaning_within(contexts, unit, value, wanted), []).append(value)
    if len(groups) < 2:
        return ()
    return tuple(sense(scene, contexts.context, unit, dict(key), members, used) for key, members in groups.items())


def meaning_within(
    contexts: Contexts, unit: int, value: int, wanted: dict[int, list[int]]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The wanted values that are lifted where the context has one value: pairs of a target and its values."""
    found = []
    for k, candidates in wanted.items():
        lift = contexts.lifts[k][unit, value]
        best = max((lift[v] for v in candidates), default=0.0)
        chosen = tuple(v for v in candidates if lift[v] >= LEAST_LIFT and lift[v] >= OF_BEST * best)
        if chosen:
            found.append((k, chosen))
    return tuple(found)


def sense(scene: Scene, context: Variable, unit: int, values: Values, members: Sequence[int], used: Bools) -> Sense:
    """One sense with its evidence."""
    here = used & np.isin(context.codes, members)
    names = tuple(context.names[value] for value in members)
    evidence = tuple(
        one
        for k, chosen in values.items()
        for one in evidence_of(scene, scene.targets[k], scene.counts[k], unit, chosen, here)
    )
    truth = truth_of(scene, values, here).rate() if values else None
    return Sense(names, evidence, truth, said_in(here))
