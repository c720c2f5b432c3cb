"""The logistic probe: held-out probabilities of classes, for several training sets in one pass over the rows.

Multinomial logistic regression with a Gaussian prior of unit variance on the weights of scaled features (C = 1, as in
scikit-learn). Three things make it fast. The labels enter the loss only through sums that are taken once, so that a
pass over the rows costs two thin matrix products and an exponential, and one pass serves all folds. The weights are
sought in the coordinates in which the features are white, as in Boehning's (1992) bound on the Hessian, so that L-BFGS
needs half the steps. And many rows are first replaced by an even sample of them, whose solution two passes over all
rows correct by their gradient (the surrogate likelihood of Jordan, Lee & Yang 2019); the search then ends on all rows,
mostly after two or three steps.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.linear import Design, regress

__all__ = [
    "LogisticDesign",
    "Parts",
    "Weights",
    "fit_weights",
    "fold_log_probabilities",
    "log_probabilities",
    "log_scores",
    "smoothed",
]

CHUNK = 8192  # rows at once
SAMPLE = 40_000  # rows that stand for all where there are more than twice as many
ROWS_A_WEIGHT = 20  # at least, in a sample
N_CORRECTIONS = 2  # passes over all rows after the sample's solution
MAX_STEPS = 100
SMALLEST_STEP = 1e-5  # relative fall of the loss at which the search ends
ENOUGH = 1e-3  # the same on all rows, after the sample
SMALLEST_GRADIENT = 1e-4  # in white coordinates, in nats a row
FAR_BELOW = np.float32(-1e9)  # the score of a class that no training row has

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Parts(NamedTuple):
    """Which rows train which model: folds, or the growing beginnings of an online code."""

    rows: tuple[slice, ...]  # P parts of the rows
    trains: NDArray[np.bool_]  # (M, P) whether model m is fitted to part p


class Weights(NamedTuple):
    """M fitted models."""

    slopes: Float64  # (M, K, D)
    offsets: Float64  # (M, K)
    counts: Float64  # (M, K) training rows of each class


class LogisticDesign(NamedTuple):
    """The design of a linear probe, read by logistic regression; numbers are read by ridge regression."""

    linear: Design

    @property
    def features(self) -> Float32:
        """The features (N, D) that the weights belong to."""
        return self.linear.features

    def classify(self, labels: Int64, n_classes: int) -> Int64:
        """The held-out class of each row, (N,), by the probabilities that classes of equal frequency would have."""
        weights = fit_folds(self.linear, labels, n_classes)
        shares = np.log(weights.counts + 0.5) - np.log(weights.counts.sum(1, keepdims=True) + n_classes / 2)
        even = weights._replace(offsets=np.where(weights.counts > 0, weights.offsets - shares, FAR_BELOW))
        found = np.empty(len(labels), dtype=np.int64)
        for fold, rows in enumerate(self.linear.folds):
            found[rows] = log_scores(self.linear.features[rows], even, fold).argmax(0)
        return found

    def regress(self, values: Float64) -> Float64:
        """(N, 2): the held-out prediction of each row and the training mean."""
        return regress(self.linear, values)


def log_probabilities(design: Design, labels: Int64, n_classes: int) -> Float32:
    """The natural logarithm of each class's held-out probability, (N, K), from labels (N,) with -1 for none.

    Probabilities are smoothed by half a row a class, (n p + 1/2) / (n + K / 2) with n training rows, so that none is 0.
    """
    weights = fit_folds(design, labels, n_classes)
    found = np.empty((len(labels), n_classes), dtype=np.float32)
    for fold, rows in enumerate(design.folds):
        found[rows] = held_out(design.features[rows], weights, fold)
    return found


def fold_log_probabilities(design: Design, labels: Int64, n_classes: int, fold: int) -> Float32:
    """The log-probabilities (n, K) of one fold, by a design whose only precision is that fold's."""
    parts = Parts(design.folds, fold_parts(design.folds).trains[fold][None])
    weights = fit_weights(design.features, parts, labels, n_classes, design.precision, design.variance)
    return held_out(design.features[design.folds[fold]], weights, 0)


def held_out(features: Float32, weights: Weights, model: int) -> Float32:
    """The smoothed log-probabilities (n, K) of rows by one of the models."""
    chances: Float32 = smoothed(log_scores(features, weights, model), weights.counts[model].sum()).T
    return chances


def log_scores(features: Float32, weights: Weights, model: int) -> Float32:
    """The unnormalised log-probability of each class (rows) at each row of features (columns), (K, n)."""
    scores: Float32 = weights.slopes[model].astype(np.float32) @ features.T
    scores += weights.offsets[model].astype(np.float32)[:, None]
    return scores


def smoothed(scores: Float32, n_rows: float) -> Float32:
    """Log-probabilities (K, n) of scores (K, n), smoothed by half a row a class; overwrites `scores`."""
    scores -= scores.max(0)
    np.exp(scores, out=scores)
    scores *= np.float32(n_rows / (n_rows + len(scores) / 2)) / scores.sum(0)
    scores += np.float32(0.5 / (n_rows + len(scores) / 2))
    return np.log(scores, out=scores)


def fold_parts(folds: tuple[slice, ...]) -> Parts:
    """Each model is fitted to all folds but its own."""
    return Parts(folds, ~np.eye(len(folds), dtype=bool))


def fit_folds(design: Design, labels: Int64, n_classes: int) -> Weights:
    """One model a fold, fitted to the others."""
    return fit_weights(design.features, fold_parts(design.folds), labels, n_classes, design.precision, design.variance)


def fit_weights(
    features: Float32, parts: Parts, labels: Int64, n_classes: int, precision: Float64, variance: Float64
) -> Weights:
    """The models of all training sets, from features (N, D) and labels (N,) with -1 where there is none.

    `precision` (M, D, D) and `variance` (M, D) are those of each training set's features.
    """
    whole = summed(features, parts, labels, n_classes)
    problem = Problem(whole, np.linalg.cholesky(precision).astype(np.float64), variance / whole.n_rows[:, None])
    prior = np.log((whole.counts + 0.5) / (whole.n_rows[:, None] + n_classes / 2))
    start = Weights(np.zeros((len(prior), n_classes, features.shape[1])), prior, whole.counts)
    stride = max(1, len(features) // max(SAMPLE, ROWS_A_WEIGHT * n_classes * features.shape[1]))
    if stride == 1:
        return minimise(problem, start)
    sample = summed(*sampled(features, parts, labels, stride), n_classes)
    small = problem._replace(sums=sample)
    found = minimise(small, start)
    for _ in range(N_CORRECTIONS):
        found = minimise(small._replace(tilt=tilt(problem, small, found)), found)
    return minimise(problem, found, ENOUGH)


class Summed(NamedTuple):
    """Rows, and what their labels add up to for each model."""

    features: Float32  # (N, D)
    parts: Parts
    known: NDArray[np.bool_] | None  # (N,) rows that have a label; None where all have
    counts: Float64  # (M, K) training rows of each class
    totals: Float64  # (M, K, D) their features

    @property
    def n_rows(self) -> Float64:
        """Training rows of each model, (M,), at least 1."""
        rows: Float64 = np.maximum(self.counts.sum(1), 1)
        return rows


class Problem(NamedTuple):
    """What L-BFGS minimises."""

    sums: Summed
    white: Float64  # (M, D, D) Cholesky factor of each training set's precision
    penalty: Float64  # (M, D) of the squared slopes
    tilt: tuple[Float64, Float64] | None = None  # added to the gradient: (M, K, D) and (M, K)

    @property
    def centre(self) -> Float64:
        """Mean of each model's training rows, (M, D)."""
        centre: Float64 = self.sums.totals.sum(1) / self.sums.n_rows[:, None]
        return centre


def summed(features: Float32, parts: Parts, labels: Int64, n_classes: int) -> Summed:
    """The rows with the sums that their labels enter the loss by."""
    known = labels >= 0
    counts = np.zeros((len(parts.rows), n_classes))
    totals = np.zeros((len(parts.rows), n_classes, features.shape[1]))
    for part, rows in enumerate(parts.rows):
        counts[part] = np.bincount(labels[rows][known[rows]], minlength=n_classes)
        for start in range(rows.start, rows.stop, CHUNK):
            some = slice(start, min(start + CHUNK, rows.stop))
            indicators = (labels[some] == np.arange(n_classes)[:, None]).astype(np.float32)
            totals[part] += indicators @ features[some]
    trains = parts.trains.astype(np.float64)
    return Summed(
        features, parts, None if known.all() else known, trains @ counts, np.einsum("mp,pkd->mkd", trains, totals)
    )


def sampled(features: Float32, parts: Parts, labels: Int64, stride: int) -> tuple[Float32, Parts, Int64]:
    """Every `stride`-th row of each part, as rows of their own."""
    picks = [np.arange(rows.start, rows.stop, stride) for rows in parts.rows]
    ends = np.cumsum([len(pick) for pick in picks])
    rows = tuple(slice(int(end) - len(pick), int(end)) for end, pick in zip(ends, picks, strict=True))
    chosen = np.concatenate(picks)
    return features[chosen], Parts(rows, parts.trains), labels[chosen]


def minimise(problem: Problem, start: Weights, smallest: float = SMALLEST_STEP) -> Weights:
    """The models with the least loss, by L-BFGS from `start`: all models in one search, as they share the rows."""
    from scipy.optimize import minimize

    found = minimize(
        lambda point: loss(problem, point),
        to_white(problem, start),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_STEPS, "ftol": smallest, "gtol": SMALLEST_GRADIENT},
    )
    slopes, offsets = from_white(problem, found.x)
    return Weights(slopes, offsets, problem.sums.counts)


def loss(problem: Problem, point: Float64) -> tuple[float, Float64]:
    """The mean negative log-likelihood in nats with its penalty, summed over models, and its gradient at `point`."""
    slopes, offsets = from_white(problem, point)
    normaliser, (by_slopes, by_offsets) = gradient(problem, slopes, offsets)
    sums, count = problem.sums, problem.sums.n_rows
    said = np.einsum("mkd,mkd->m", slopes, sums.totals) + np.einsum("mk,mk->m", offsets, sums.counts)
    value = float(((normaliser - said) / count).sum() + 0.5 * np.einsum("md,mkd->", problem.penalty, slopes**2))
    if problem.tilt is not None:
        value += float(np.sum(problem.tilt[0] * slopes) + np.sum(problem.tilt[1] * offsets))
        by_slopes, by_offsets = by_slopes + problem.tilt[0], by_offsets + problem.tilt[1]
    by_slopes = by_slopes - by_offsets[:, :, None] * problem.centre[:, None]
    return value, np.concatenate([by_slopes @ problem.white, by_offsets[:, :, None]], axis=2).reshape(-1)


def gradient(problem: Problem, slopes: Float64, offsets: Float64) -> tuple[Float64, tuple[Float64, Float64]]:
    """Summed log-normalisers (M,), and the gradient of the mean loss by slopes (M, K, D) and offsets (M, K)."""
    sums, count = problem.sums, problem.sums.n_rows
    normaliser, counts, totals = expected(sums, slopes, offsets)
    by_slopes = (totals - sums.totals) / count[:, None, None] + problem.penalty[:, None] * slopes
    return normaliser, (by_slopes, (counts - sums.counts) / count[:, None])


def expected(sums: Summed, slopes: Float64, offsets: Float64) -> tuple[Float64, Float64, Float64]:
    """Summed log-normalisers (M,), and the class counts (M, K) and feature totals (M, K, D) that the models expect."""
    n_models, n_classes, n_features = slopes.shape
    normaliser, counts, totals = np.zeros(n_models), np.zeros(offsets.shape), np.zeros(slopes.shape)
    weights, biases = slopes.astype(np.float32), offsets.astype(np.float32)
    for part, rows in enumerate(sums.parts.rows):
        models = np.flatnonzero(sums.parts.trains[:, part])
        if models.size == 0:
            continue
        stacked, bias = weights[models].reshape(-1, n_features), biases[models].reshape(-1, 1)
        for start in range(rows.start, rows.stop, CHUNK):
            features = chunk(sums, start, min(start + CHUNK, rows.stop))
            scores = stacked @ features.T
            scores += bias
            shares = scores.reshape(len(models), n_classes, -1)
            normaliser[models] += softmax(shares)
            counts[models] += shares.sum(2, dtype=np.float64)
            totals[models] += (scores @ features).reshape(len(models), n_classes, n_features)
    return normaliser, counts, totals


def chunk(sums: Summed, start: int, stop: int) -> Float32:
    """The rows from `start` to `stop` that have a label."""
    features = sums.features[start:stop]
    return features if sums.known is None else features[sums.known[start:stop]]


def softmax(scores: Float32) -> Float64:
    """Turn scores (M, K, n) into probabilities in place; returns the sums of their log-normalisers, (M,)."""
    top = scores.max(1, keepdims=True, initial=FAR_BELOW)
    scores -= top
    np.exp(scores, out=scores)
    total = scores.sum(1, keepdims=True)
    scores /= total
    both: Float64 = np.log(total).sum((1, 2), dtype=np.float64) + top.sum((1, 2), dtype=np.float64)
    return both


def tilt(whole: Problem, sample: Problem, at: Weights) -> tuple[Float64, Float64]:
    """What the gradient of the sample's loss lacks at a point to be that of all rows."""
    _, exact = gradient(whole, at.slopes, at.offsets)
    _, rough = gradient(sample, at.slopes, at.offsets)
    return exact[0] - rough[0], exact[1] - rough[1]


def to_white(problem: Problem, weights: Weights) -> Float64:
    """Models as a point of the search: slopes on white features, offsets at the centre of the training rows."""
    slopes = np.linalg.solve(problem.white[:, None], weights.slopes[..., None])[..., 0]
    offsets = weights.offsets + np.einsum("mkd,md->mk", weights.slopes, problem.centre)
    return np.concatenate([slopes, offsets[:, :, None]], axis=2).reshape(-1)


def from_white(problem: Problem, point: Float64) -> tuple[Float64, Float64]:
    """Slopes (M, K, D) and offsets (M, K) of a point of the search."""
    n_models, n_features = problem.white.shape[:2]
    shaped = point.reshape(n_models, -1, n_features + 1)
    slopes = shaped[:, :, :-1] @ problem.white.transpose(0, 2, 1)
    return slopes, shaped[:, :, -1] - np.einsum("mkd,md->mk", slopes, problem.centre)
