"""How much better what was said is predicted by knowing one thing more: held-out log loss, in bits a message.

The prediction of m from a context backs off to that from its part: P(m | b, x) = (n(m, b, x) + a P'(m | b)) /
(n(b, x) + a), where P' is learnt from the other values of x alone, so that a context that repeats another one gains
exactly nothing, and the weight a is chosen for each model, the part alone among the choices. Episodes are held out
whole: where nothing is to be gained the gain is next to nothing, whatever depends on whatever within an episode.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.speech import Speech, relabelled, run_lengths

__all__ = ["Gain", "Predictor", "gain_of"]

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
N_FOLDS = 4
PRIORS = (
    0.02,
    0.2,
    2.0,
    20.0,
    200.0,
)  # weights of the backed-off prediction, in messages that go on for as long as most


class Gain(NamedTuple):
    """A gain in log loss."""

    bits: float  # a message
    z: float  # its mean over episodes in standard errors


Contexts = tuple[tuple[str, Int64], ...]  # named codes (E, slots), one within the other


class Predicted(NamedTuple):
    """A prediction of every row's message (R,)."""

    context: Int64  # the row's context, as one code
    hits: Float64  # rows of other folds with its context and message
    totals: Float64  # rows of other folds with its context
    backed: Float64  # what it backs off to
    prior: float  # the weight of that, in rows
    probability: Float64


class Column:
    """Predicts one code a row, holding out folds."""

    def __init__(self, codes: Int64, fold: Int64, stay: float, kept: NDArray[np.bool_]) -> None:
        self.codes, self.fold, self.stay, self.kept = codes, fold, stay, kept
        self.n_codes = int(codes.max(initial=-1)) + 1
        self.cache: dict[tuple[str, ...], Predicted] = {}

    def predicted(self, contexts: Contexts) -> Predicted:
        """P(code) of each row on the folds that do not hold it, knowing the contexts, each within those before it."""
        key = tuple(name for name, _ in contexts)
        if key not in self.cache:
            self.cache[key] = self.alone() if not contexts else self.within(self.predicted(contexts[:-1]), contexts)
        return self.cache[key]

    def alone(self) -> Predicted:
        """The prediction that knows nothing."""
        nothing = np.zeros(len(self.codes), dtype=np.int64)
        even = np.full(len(self.codes), 1 / max(1, self.n_codes))
        hits, totals = self.counted(nothing)
        prior = PRIORS[0] * self.stay
        return Predicted(nothing, hits, totals, even, prior, (hits + prior * even) / (totals + prior))

    def within(self, outer: Predicted, contexts: Contexts) -> Predicted:
        """The prediction that knows a context more: the best of those with a weight of PRIORS and the outer one."""
        values = contexts[-1][1]
        context = relabelled(outer.context * (int(values.max(initial=0)) + 2) + values[self.kept] + 1)
        hits, totals = self.counted(context)
        elsewhere = (outer.hits - hits + outer.prior * outer.backed) / (outer.totals - totals + outer.prior)
        tried = [(a, (hits + a * self.stay * elsewhere) / (totals + a * self.stay)) for a in PRIORS]
        prior, best = max(tried, key=lambda found: float(np.log(found[1]).sum()))
        if float(np.log(best).sum()) <= float(np.log(outer.probability).sum()):
            best = outer.probability
        return Predicted(context, hits, totals, elsewhere, prior * self.stay, best)

    def counted(self, context: Int64) -> tuple[Float64, Float64]:
        """How often each row's code and context, and its context, occur in the folds that do not hold the row."""
        together = context * self.n_codes + self.codes
        size = (int(context.max(initial=0)) + 1) * self.n_codes
        if size > 4 * len(together) + 10**6:
            together = np.unique(together, return_inverse=True)[1]
        return self.others(together), self.others(context)

    def others(self, codes: Int64) -> Float64:
        """How often each row's code occurs in the folds that do not hold the row."""
        n_codes = int(codes.max(initial=0)) + 1
        counts = np.bincount(self.fold * n_codes + codes, minlength=N_FOLDS * n_codes).reshape(N_FOLDS, n_codes)
        elsewhere: Float64 = (counts.sum(axis=0)[codes] - counts[self.fold, codes]).astype(np.float64)
        return elsewhere


class Predictor:
    """Predicts the messages of `speech` where `used` (E, slots), holding out whole episodes.

    Messages of several symbols are predicted whole, or symbol by symbol where that does better without any context: of
    messages that are hardly ever said twice nothing else could be learnt.
    """

    def __init__(self, speech: Speech, used: NDArray[np.bool_], rng: np.random.Generator) -> None:
        kept = used & (speech.said >= 0)
        self.episode = np.nonzero(kept)[0]
        self.n_episodes = speech.n_episodes
        self.fold = rng.permutation(np.arange(speech.n_episodes) % N_FOLDS)[self.episode]
        lengths = run_lengths(speech.said, speech.n_agents)[kept]
        stay = len(lengths) / max(1e-9, float(np.sum(1.0 / lengths)))  # steps a message
        said = speech.said[kept]
        self.columns = [Column(relabelled(said), self.fold, stay, kept)]
        if speech.length > 1 and said.size:
            symbols = [np.unique(speech.symbols[said, n], return_inverse=True)[1] for n in range(speech.length)]
            apart = [Column(np.asarray(codes, dtype=np.int64), self.fold, stay, kept) for codes in symbols]
            whole = self.loss(()).sum()
            self.columns, kept_columns = apart, self.columns
            self.columns = apart if self.loss(()).sum() > whole else kept_columns

    def loss(self, contexts: Contexts) -> Float64:
        """log2 P(message) of each row, knowing the named codes (E, slots), each within those before it."""
        found = [np.log2(column.predicted(contexts).probability) for column in self.columns]
        total: Float64 = found[0] if len(found) == 1 else np.sum(found, axis=0)
        return total

    def summed(self, rows: Float64) -> Gain:
        """Gains of rows as a gain a message, with its error over episodes."""
        return gain_of(
            np.bincount(self.episode, rows, self.n_episodes).astype(np.float64),
            np.bincount(self.episode, None, self.n_episodes),
        )

    def gain(self, added: tuple[str, Int64], known: Contexts = ()) -> Gain:
        """What `added` tells about the message beyond what is `known`."""
        return self.summed(self.loss((*known, added)) - self.loss(known))

    def beyond_placebo(self, added: tuple[str, Int64], known: Contexts = ()) -> Gain:
        """What `added` tells beyond what is `known`, and beyond what its values of other episodes seem to tell.

        A finer context bends the prediction to shapes that a coarser one cannot have, and gains a little by that.
        What is the same in every episode, as who speaks in which slot, has no such placebo.
        """
        values = np.roll(added[1], 1, axis=0)
        if np.array_equal(values, added[1]):
            return self.gain(added, known)
        placebo = (f"{added[0]} of other episodes", values)
        return self.summed(self.loss((*known, added)) - self.loss((*known, placebo)))

    def synergy(self, added: tuple[str, Int64], known: Contexts) -> Gain:
        """By how much more `added` tells when the rest is known than alone: it is a context, and no meaning."""
        with_known = self.loss((*known, added)) - self.loss(known)
        return self.summed(with_known - (self.loss((added,)) - self.loss(())))


def gain_of(sums: Float64, counts: NDArray[Any]) -> Gain:
    """The mean of what episodes sum up to (E,), over how many rows each has, and its cluster-robust z."""
    here = counts > 0
    n = int(here.sum())
    if n < 2:
        return Gain(0.0, 0.0)
    mean = float(sums[here].sum() / counts[here].sum())
    residuals = sums[here] - mean * counts[here]
    error = float(np.sqrt(n / (n - 1) * np.sum(residuals**2)) / counts[here].sum())
    return Gain(mean, mean / error if error > 0 else (np.inf if mean > 0 else 0.0))
