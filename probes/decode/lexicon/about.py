"""What a language is about: the targets that messages tell of, their equivalents, and the context they depend on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.gains import Gain, Predictor
from commlab.probes.decode.lexicon.speech import Variable, joined
from commlab.probes.decode.lexicon.tables import Counts

__all__ = ["SIGNIFICANT", "About", "Listened", "Screened", "choose", "hidden_targets", "screen"]

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
SIGNIFICANT = 0.05
LEAST_BITS = 0.02  # a message: what a further target must add
CONTEXT_BITS = 0.05  # a message: what a context must add
SURE = 3.0  # standard errors over episodes
OWN = 1 / 3  # of what a variable tells beside the chosen targets: a meaning tells that much alone, a context less
SAME = 0.05  # of the gain: targets that differ by less are equivalent
MOST_TARGETS = 4


class Screened(NamedTuple):
    """The test of each target, all of them one family."""

    p_values: Float64  # (K,) family-wise
    corrected: Float64  # (K,) bits: plug-in information of whole messages less its null mean


class About(NamedTuple):
    """What the language is about."""

    chosen: tuple[int, ...]  # targets, the most telling first
    ties: dict[int, tuple[int, ...]]  # of each chosen one, the targets that it cannot be told from
    followers: tuple[int, ...]  # targets that messages tell of only because they follow from the chosen ones
    gains: tuple[Gain, ...]  # (K,) of each target alone
    context: Variable | None = None  # on which meanings depend
    context_gain: Gain = Gain(0.0, 0.0)  # told by the context beyond what it tells alone


class Listened(NamedTuple):
    """Predictors of what was said."""

    everywhere: Predictor  # silence included
    aloud: Predictor  # without silence
    onsets: Predictor  # where a message begins
    audience: Variable | None  # who hears: known throughout


def screen(counts: Sequence[Counts]) -> Screened:
    """Test every target: the largest of its cells' scores and its information, the largest over targets as the null."""
    strength = np.stack([best_scores(found) for found in counts])  # (K, 1 + P)
    largest = strength.max(axis=0)
    p_values = np.array([np.mean(largest[1:] >= own[0] - 1e-9) for own in strength])
    n_draws = strength.shape[1] - 1
    p_values = (1 + p_values * n_draws) / (1 + n_draws)
    corrected = np.array([found.information[0] - found.information[1:].mean() for found in counts])
    return Screened(p_values, corrected)


def best_scores(found: Counts) -> Float64:
    """The larger of the largest cell score and the standardised information, in every draw (1 + P,)."""
    cells = found.largest.max(axis=1) if found.largest.shape[1] else np.zeros(len(found.largest))
    spread = max(float(found.information.std()), 1e-3)
    both: Float64 = np.maximum(standard(cells), (found.information - found.information.mean()) / spread)
    return both


def standard(values: Float64) -> Float64:
    """Values in standard deviations from their mean; 0 where they do not vary."""
    spread = float(np.std(values))
    return (values - np.mean(values)) / spread if spread > 0 else np.zeros_like(values)


def choose(
    listened: Listened, targets: Sequence[Variable], passing: Sequence[int], contexts: Sequence[Variable]
) -> About:
    """The fewest of the `passing` targets that say what messages tell of, and the context that meanings depend on.

    Forward: the target that predicts messages best on held-out episodes, knowing those chosen before; of equals the one
    with the fewest values. A variable that tells much only together with the chosen ones is a context, and no meaning:
    where one tells more than any further target, it is known from there on. Backward: targets that the later ones made
    superfluous leave. Targets that may follow from what was said must predict it where it begins, too: what listeners
    do about a message is no part of its meaning.
    """
    coded = {k: (target.name, target.codes) for k, target in enumerate(targets)}
    known = () if listened.audience is None else (("audience", listened.audience.codes),)
    alone = {k: listened.everywhere.gain(coded[k], known) for k in passing}
    chosen: list[int] = []
    context: tuple[Variable, Gain] | None = None
    while len(chosen) < MOST_TARGETS:
        rest = [k for k in passing if k not in chosen and (context is None or targets[k].name != context[0].name)]
        beside = (*known, *(coded[k] for k in chosen))
        gains = further(listened, targets, beside, rest)
        if chosen:
            gains = {k: gain for k, gain in gains.items() if alone[k].bits >= gain.bits * OWN}
            gains = {k: gain for k, gain in gains.items() if adds(listened.everywhere, coded[k], beside)}
        if chosen and context is None:
            others = [*contexts, *(targets[k] for k in coded if k not in chosen)]
            context = find_context(listened.aloud, [targets[k] for k in chosen], others)
            if context is not None and context[1].bits >= most(gains):
                known = (*known, (context[0].name, context[0].codes))
                continue
            context = None
        if not gains:
            break
        equals = [k for k, gain in gains.items() if gain.bits >= most(gains) - SAME * abs(most(gains))]
        chosen.append(min(equals, key=lambda k: (targets[k].n_used, k)))
    chosen = needed(listened.everywhere, coded, chosen, known)
    ties = {k: equivalents(listened.everywhere, coded, chosen, k, passing, known) for k in chosen}
    tied = {other for group in ties.values() for other in group}
    followers = tuple(k for k in passing if k not in chosen and k not in tied)
    gains_alone = tuple(alone.get(k, Gain(0.0, 0.0)) for k in coded)
    return About(tuple(chosen), ties, followers, gains_alone, *(context or (None, Gain(0.0, 0.0))))


Coding = tuple[str, Int64]
Coded = dict[int, Coding]
Known = tuple[Coding, ...]


def further(listened: Listened, targets: Sequence[Variable], known: Known, rest: Sequence[int]) -> dict[int, Gain]:
    """What each of the other targets adds to what is known; none that may follow from what was said and does."""
    coded = {k: (targets[k].name, targets[k].codes) for k in rest}
    kept = [k for k in rest if not targets[k].reacts or adds(listened.onsets, coded[k], known)]
    return {k: listened.everywhere.gain(coded[k], known) for k in kept}


def most(gains: dict[int, Gain]) -> float:
    """The largest gain, in bits; minus infinity where there is none."""
    return max((gain.bits for gain in gains.values()), default=-np.inf)


def adds(predictor: Predictor, added: Coding, known: Known) -> bool:
    """Whether a variable surely tells more than is known, of a size that matters."""
    if predictor.gain(added, known).bits < LEAST_BITS:
        return False
    gain = predictor.beyond_placebo(added, known)
    return gain.bits >= LEAST_BITS and gain.z >= SURE


def needed(predictor: Predictor, coded: Coded, chosen: list[int], known: Known) -> list[int]:
    """The chosen targets without those that the others make superfluous."""
    for k in list(chosen)[:-1]:
        others = (*known, *(coded[other] for other in chosen if other != k))
        if not adds(predictor, coded[k], others):
            chosen = [other for other in chosen if other != k]
    return chosen


def equivalents(
    predictor: Predictor, coded: Coded, chosen: Sequence[int], k: int, passing: Sequence[int], known: Known
) -> tuple[int, ...]:
    """Targets that could stand in the place of chosen target k: beside either, the other adds (next to) nothing."""
    others = (*known, *(coded[other] for other in chosen if other != k))
    limit = max(LEAST_BITS, SAME * predictor.gain(coded[k], others).bits)
    return tuple(
        other
        for other in passing
        if other not in chosen
        and predictor.gain(coded[other], (*others, coded[k])).bits < limit
        and predictor.gain(coded[k], (*others, coded[other])).bits < limit
    )


def find_context(
    predictor: Predictor, about: Sequence[Variable], contexts: Sequence[Variable]
) -> tuple[Variable, Gain] | None:
    """The context with which messages mean something else, and what it adds in bits a message; None where none does.

    A context says little about messages by itself and much once their targets are known: it is by the synergy that it
    is told from a meaning, and from a second name of a target.
    """
    known = (("+".join(variable.name for variable in about), joined(list(about))),)
    found = []
    for context in contexts:
        coded = (context.name, context.codes)
        synergy = predictor.synergy(coded, known)
        mostly = synergy.bits >= (1 - OWN) * predictor.gain(coded, known).bits
        if mostly and synergy.bits >= CONTEXT_BITS and synergy.z >= SURE + 1 and adds(predictor, coded, known):
            found.append((context, synergy))
    if not found:
        return None
    best = max(gain.bits for _, gain in found)
    equals = [(context, gain) for context, gain in found if gain.bits >= best * (1 - 2 * SAME)]
    return min(equals, key=lambda pair: pair[0].n_used)


def hidden_targets(
    predictor: Predictor, targets: Sequence[Variable], contexts: Sequence[Variable]
) -> tuple[int, Variable, Gain] | None:
    """A target that messages tell of only within a context, none of it showing over all uses together."""
    best: tuple[int, Variable, Gain] | None = None
    for k, target in enumerate(targets):
        found = find_context(predictor, [target], [context for context in contexts if context.name != target.name])
        if found is not None and (best is None or found[1].bits > best[2].bits):
            best = (k, *found)
    return best
