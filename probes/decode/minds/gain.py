"""What hidden states tell beyond a history: a linear probe on the history, and on it together with the hidden state.

The hidden state enters as what the history does not predict of it: the residual of a ridge regression that is fitted on
other episodes. The two are then as good as uncorrelated, so that the joint probe's covariance has two blocks, and the
null costs little: each episode keeps its history and its labels and is given the residuals of another episode, at equal
t. So the null pays for as many features as the observed probe does. The score of the two blocks is that of one linear
probe (see linear.py).

Two things must hold for a gain: residuals of other episodes gain less (p_value), and the gain is above 0
(p_above_zero). The first alone would not do: where the history's probe misses a part of what the history holds, the
residual fits its own episode a little better than another's, without being of any use. The second alone is no test of
the hidden state being more than noise: noise costs, so that its gain is below 0.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from commlab.foundation.statistics import bca_interval, permutation_p_value
from commlab.probes.decode.linear import (
    MAX_CORRELATION,
    Design,
    highest,
    indicators,
    inverse_covariance,
    make_design,
    ridge,
    sum_by_fold,
    training,
    value_columns,
)
from commlab.probes.decode.rows import Rows, permuted, table_of
from commlab.probes.decode.scores import ClassTask, NumberTask

__all__ = ["Gain", "gain_over_history"]

BESIDE = 0.3  # ridge of the residual, whose class means are noisy where the steps of an episode are alike
RIDGES = (0.01, 0.1, 1.0, 10.0)  # beside linear.RIDGE: the history has the best of them, for labels and residuals

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Gain(NamedTuple):
    """Held-out scores, and what the hidden state adds to the history's."""

    hidden: float  # score from the hidden state alone
    history: float
    both: float
    gain: float  # both - history
    interval: tuple[float, float] | None
    draws: Float64  # (n_null,) the gain under the null
    p_value: float | None  # that residuals of other episodes gain as much
    p_above_zero: float | None  # that the gain is 0 or less
    explained: float  # share of the hidden state's variance that the history predicts, held out


class Joint(Protocol):
    """A probe on a history that can be given something else beside it."""

    def predict(self, beside: Float32 | None) -> Array:
        """Held-out predictions from the history, and from features (N, H) beside it where there are some."""
        ...


def gain_over_history(
    history: Float32, hidden: Float32, labels: Array, n_classes: int, rows: Rows, permutations: Int64, seed: int = 0
) -> Gain:
    """The gain of a linear probe on history (N, D) and hidden (N, H) over one on the history, on held-out episodes.

    labels: (N,) classes, -1 for none, or numbers, NaN for none, in which case n_classes is 0. permutations: (n_null, E)
    of the rows' episodes. The interval is BCa over episodes, paired; the p-value is one-sided.
    """
    task = ClassTask(n_classes) if n_classes else NumberTask()
    known = task.known(labels)
    ladder = firmer_and_firmer(make_design(history.copy(), rows.fold_sizes, known))
    alone = make_design(hidden.copy(), rows.fold_sizes, known)
    left, explained = max((residuals(one, alone.features, known) for one in ladder), key=lambda found: found[1])
    precision = inverse_of(left[known])

    def joint_of(one: Design) -> Joint:
        return JointClasses(one, labels, n_classes, precision) if n_classes else JointNumbers(one, labels, precision)

    def sums_of(predicted: Array) -> Float64:
        return task.sums(predicted, labels, rows.episode, len(rows.episodes))

    def score(predicted: Array) -> float:
        return float(task.score(sums_of(predicted).sum(0)[None])[0])

    joint = max((joint_of(one) for one in ladder), key=lambda one: score(one.predict(None)))
    before, after = joint.predict(None), joint.predict(left)
    baseline, shuffle = score(before), shuffled(left, rows)
    draws = np.array([score(joint.predict(shuffle(one))) for one in permutations]) - baseline
    draws = draws[np.isfinite(draws)]
    gain = score(after) - baseline
    by_episode = np.hstack([sums_of(after), sums_of(before)])
    by_episode = by_episode[by_episode.any(axis=1)]
    difference = difference_of(task.score)
    return Gain(
        hidden=score(task.predict(alone, labels)),
        history=baseline,
        both=score(after),
        gain=gain,
        interval=bca_interval(by_episode, difference, np.random.default_rng([seed, 1])),
        draws=draws,
        p_value=permutation_p_value(gain, draws) if draws.size else None,
        p_above_zero=p_above_zero(by_episode, difference),
        explained=explained,
    )


def difference_of(score: Callable[[Float64], Float64]) -> Callable[[Float64], Float64]:
    """score(after) - score(before) of sums (B, 2 F) that hold those of after, then those of before."""
    return lambda sums: score(sums[:, : sums.shape[1] // 2]) - score(sums[:, sums.shape[1] // 2 :])


def p_above_zero(by_episode: Float64, difference: Callable[[Float64], Float64]) -> float | None:
    """The one-sided p-value that the difference is 0 or less, from its jackknife over episodes (E, 2 F)."""
    total, n = by_episode.sum(0), len(by_episode)
    left_out = difference(total - by_episode)
    if n < 2 or not np.isfinite(left_out).all():
        return None
    error = float(np.sqrt((n - 1) / n * np.sum(np.square(left_out - left_out.mean()))))
    found = float(difference(total[None])[0])
    return float(ndtr(-found / error)) if error > 0 else float(found <= 0)


def shuffled(left: Float32, rows: Rows) -> Callable[[Int64], Float32]:
    """Gives the residuals (N, H) of each row's slot in the episode that a permutation (E,) names; 0 past its end."""
    table = table_of(np.arange(len(left)), rows, -1)
    padded = np.vstack([left, np.zeros_like(left[:1])])
    return lambda permutation: padded[permuted(table, rows, permutation)]


def residuals(design: Design, hidden: Float32, known: NDArray[np.bool_]) -> tuple[Float32, float]:
    """What a ridge regression on the history, fitted on other folds, leaves of `hidden` (N, H), at unit variance.

    Also the share of variance that it explains in the known rows.
    """
    weight = known[:, None].astype(np.float32)
    counts = np.array([known[rows].sum() for rows in design.folds], dtype=np.float64)
    means = [np.stack([(weight[rows] * part[rows]).sum(0, dtype=np.float64) for rows in design.folds])
             for part in (design.features, hidden)]  # fmt: skip
    cross = np.stack([design.features[rows].T @ (weight[rows] * hidden[rows]) for rows in design.folds])
    left = np.empty_like(hidden)
    for fold, rows in enumerate(design.folds):
        count = max(1.0, counts.sum() - counts[fold])
        of_history, of_hidden = ((part.sum(0) - part[fold]) / count for part in means)
        covariance = (cross.sum(0) - cross[fold]) / count - np.outer(of_history, of_hidden)
        slopes = design.precision[fold] @ covariance
        offset = of_hidden - of_history @ slopes
        left[rows] = hidden[rows] - design.features[rows] @ slopes.astype(np.float32) - offset.astype(np.float32)
    variance = np.square(left[known], dtype=np.float64).mean(axis=0)
    whole = hidden[known].var(axis=0, dtype=np.float64)
    explained = 1 - float(variance.sum() / whole.sum()) if whole.sum() > 0 else 0.0
    return left / np.sqrt(np.maximum(variance, 1e-12)).astype(np.float32), explained


def firmer_and_firmer(design: Design) -> list[Design]:
    """The design, and the same with each of RIDGES times the features' variances added to its covariance."""
    whole = [np.linalg.inv(precision) for precision in design.precision]
    found = [design]
    for firmness in RIDGES:
        stiff = [
            np.linalg.inv(covariance + np.diag(firmness * variance))
            for covariance, variance in zip(whole, design.variance, strict=True)
        ]
        found.append(design._replace(precision=np.stack(stiff)))
    return found


def inverse_of(features: Float32) -> Float64:
    """The inverse of the covariance (H, H) of residuals (N, H), with a firm ridge."""
    gram = (features.T @ features).astype(np.float64)
    inverse, variance = inverse_covariance(float(len(features)), features.sum(0, dtype=np.float64), gram)
    return np.asarray(np.linalg.inv(np.linalg.inv(inverse) + BESIDE * np.diag(variance)))


class ClassFold(NamedTuple):
    """What the history says in one fold."""

    rows: slice  # held out
    counts: Float64  # (K,) training rows of each class
    scores: Float64  # (n, K) each held-out row along each class mean, in units of the covariance
    overlap: Float64  # (K, K) of the class means


class JointClasses:
    """Linear discriminants with equal priors on a history and what is given beside it, as two blocks."""

    def __init__(self, design: Design, labels: Int64, n_classes: int, precision: Float64) -> None:
        """labels: (N,), -1 for none; precision: (H, H) of what will stand beside the history."""
        self.indicators, self.precision = indicators(labels, n_classes), precision
        sums = sum_by_fold(design, self.indicators)
        self.folds = []
        for fold, rows in enumerate(design.folds):
            counts, totals = training(sums, fold)
            scores, overlap = along_means(design.features[rows], counts, totals, design.precision[fold])
            self.folds.append(ClassFold(rows, counts, scores, overlap))

    def predict(self, beside: Float32 | None) -> Int64:
        """The held-out class of each row, (N,)."""
        predicted = np.empty(len(self.indicators), dtype=np.int64)
        sums = None
        if beside is not None:
            sums = np.stack([self.indicators[one.rows].T @ beside[one.rows] for one in self.folds]).astype(np.float64)
        for number, fold in enumerate(self.folds):
            scores, overlap = fold.scores, fold.overlap
            if beside is not None and sums is not None:
                totals = sums.sum(0) - sums[number]
                more, overlaps = along_means(beside[fold.rows], fold.counts, totals, self.precision)
                scores, overlap = scores + more, overlap + overlaps
            predicted[fold.rows] = nearest_class(scores, overlap, fold.counts)
        return predicted


def along_means(features: Float32, counts: Float64, sums: Float64, precision: Float64) -> tuple[Float64, Float64]:
    """Rows (n, D) along the class means in units of the covariance, (n, K), and the means' overlap (K, K)."""
    seen = counts > 0
    centre = sums.sum(0) / max(1.0, float(counts.sum()))
    means = np.where(seen[:, None], sums / np.maximum(counts, 1)[:, None] - centre, 0)
    projected = means @ precision
    along = features @ projected.T.astype(np.float32) - (centre @ projected.T).astype(np.float32)
    return along.astype(np.float64), projected @ means.T


def nearest_class(scores: Float64, overlap: Float64, counts: Float64) -> Int64:
    """The class (n,) of the highest discriminant, as linear.discriminants has it, from rows along the class means."""
    seen = counts > 0
    root = np.sqrt(np.where(seen, counts, 1) / max(1.0, float(counts.sum())))
    correlations, axes = np.linalg.eigh(root[:, None] * overlap * root)
    within = (axes / (1 - np.clip(correlations, 0, MAX_CORRELATION))) @ axes.T
    mix = within * root / root[:, None]
    offsets = np.where(seen, -0.5 * np.sum(mix * overlap.T, axis=1), -np.inf)
    return highest((scores @ mix.T + offsets).T.astype(np.float32))


class JointNumbers:
    """Ridge regression on a history, and on what is given beside it for what the history leaves."""

    def __init__(self, design: Design, values: Float64, precision: Float64) -> None:
        """values: (N,), NaN for none; precision: (H, H) of what will stand beside the history."""
        self.precision, self.known, self.slices = precision, np.isfinite(values), design.folds
        sums = sum_by_fold(design, value_columns(values))
        self.base = np.empty((len(values), 2))  # held-out prediction, training mean
        self.left: list[Float32] = []  # of each fold's training rows: what the history leaves; 0 elsewhere
        self.counts: list[int] = []  # of them
        for fold, rows in enumerate(design.folds):
            slopes, offset, mean = ridge(*training(sums, fold), design.precision[fold])
            told = design.features @ slopes.astype(np.float32) + np.float32(offset)
            self.base[rows] = np.stack([told[rows], np.full(len(told[rows]), mean)], axis=1)
            trained = self.known.copy()
            trained[rows] = False
            self.counts.append(max(1, int(trained.sum())))
            self.left.append(np.where(trained, np.where(self.known, values, 0) - told, 0).astype(np.float32))

    def predict(self, beside: Float32 | None) -> Float64:
        """(N, 2): the held-out prediction of each row and the training mean."""
        predicted = self.base.copy()
        if beside is None:
            return predicted
        for rows, left, count in zip(self.slices, self.left, self.counts, strict=True):
            slopes = self.precision @ (beside.T @ left / count)
            predicted[rows, 0] += beside[rows] @ slopes.astype(np.float32)
        return predicted
