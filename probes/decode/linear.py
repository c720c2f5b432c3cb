"""The linear probe in closed form: discriminants for classes, ridge regression for numbers, cross-validated by episode.

Both need the features only through their mean and covariance, which no permutation of the labels changes. They are
computed and inverted once per fold; each of the 199 permuted labellings then costs two thin matrix products.

The classifier is linear discriminant analysis with equal priors (Fisher 1936), so that its score is balanced accuracy.
On messages and on noisy hidden states it is within 2 points of logistic regression with balanced classes (tested); on
hidden states without noise, where classes have sharp borders, it can stay 2 points behind.
The scaler is inside: the ridge is relative to each feature's variance in the training episodes, which is the same as
scaling to unit variance there and adding one ridge for all.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Design",
    "classify",
    "condition",
    "fold_moments",
    "indicators",
    "inverse_covariance",
    "make_design",
    "named",
    "regress",
    "slices_of",
    "sum_by_fold",
    "told",
    "training",
    "value_columns",
]

RIDGE = 1e-3  # relative to the variance of each feature; the square of features per row is added to it
CHUNK = 8192  # rows summed at once
CONSTANT = 1e-6  # variance, where that of all rows is 1
MAX_CORRELATION = 1 - 1e-4  # squared canonical correlation that a separable class is held to

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Design(NamedTuple):
    """Features in fold order, with what each fold's training rows say about them."""

    features: Float32  # (N, D) centred and scaled over all rows, for sound arithmetic only
    folds: tuple[slice, ...]  # the rows that each fold holds out
    precision: Float64  # (n_folds, D, D) inverse of the ridged covariance of each fold's training rows
    variance: Float64  # (n_folds, D) of each feature in each fold's training rows; 1 where it is constant there

    def classify(self, labels: Int64, n_classes: int) -> Int64:
        """The held-out class of each row, (N,)."""
        return classify(self, labels, n_classes)

    def regress(self, values: Float64) -> Float64:
        """(N, 2): the held-out prediction of each row and the training mean."""
        return regress(self, values)


class Sums(NamedTuple):
    """What a fold's rows add up to for each of J columns of labels."""

    counts: Float64  # (n_folds, J)
    features: Float64  # (n_folds, J, D)


def make_design(features: Float32, fold_sizes: Int64, used: NDArray[np.bool_]) -> Design:
    """A design from features (N, D) whose rows stand in fold order; overwrites `features`.

    `used` (N,) marks the rows that the covariance is taken from: those with a label of their own.
    """
    folds = slices_of(fold_sizes)
    condition(features, used)
    counts, sums, grams = fold_moments(features, folds, used)
    found = [
        inverse_covariance(counts.sum() - counts[fold], sums.sum(0) - sums[fold], grams.sum(0) - grams[fold])
        for fold in range(len(folds))
    ]
    precision, variance = (np.stack(parts) for parts in zip(*found, strict=True))
    return Design(features, folds, precision, variance)


def slices_of(sizes: Int64) -> tuple[slice, ...]:
    """Slices of those sizes, one after another."""
    ends = np.cumsum(sizes)
    return tuple(slice(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True))


def classify(design: Design, labels: Int64, n_classes: int) -> Int64:
    """The held-out class of each row, (N,), from labels (N,) with -1 where there is none."""
    sums = sum_by_fold(design, indicators(labels, n_classes))
    predicted = np.empty(len(labels), dtype=np.int64)
    for fold, rows in enumerate(design.folds):
        predicted[rows] = named(design.features[rows], *training(sums, fold), design.precision[fold])
    return predicted


def regress(design: Design, values: Float64) -> Float64:
    """(N, 2): the held-out prediction of each row and the training mean, from values (N,) with NaN for none."""
    sums = sum_by_fold(design, value_columns(values))
    predicted = np.empty((len(values), 2))
    for fold, rows in enumerate(design.folds):
        predicted[rows] = told(design.features[rows], *training(sums, fold), design.precision[fold])
    return predicted


def indicators(labels: Int64, n_classes: int) -> Float32:
    """A column for each class, (N, K); rows without a label are rows of zeros."""
    return np.eye(n_classes + 1, n_classes, dtype=np.float32).take(labels, axis=0)  # -1 takes the row of zeros


def value_columns(values: Float64) -> Float32:
    """Whether each value is there, and the value, (N, 2)."""
    known = np.isfinite(values)
    return np.stack([known, np.where(known, values, 0)], axis=1).astype(np.float32)


def named(features: Float32, counts: Float64, sums: Float64, precision: Float64) -> Int64:
    """The class (n,) that discriminants with those training sums give to rows of features (n, D)."""
    weights, offsets = discriminants(counts, sums, precision)
    return highest(weights.astype(np.float32) @ features.T + offsets.astype(np.float32)[:, None])


def told(features: Float32, counts: Float64, sums: Float64, precision: Float64) -> Float64:
    """The number that ridge regression gives to rows of features (n, D), and the training mean, (n, 2)."""
    slopes, offset, mean = ridge(counts, sums, precision)
    predicted = features @ slopes.astype(np.float32) + offset
    return np.stack([predicted, np.full(len(predicted), mean)], axis=1)


def discriminants(count: Float64, sums: Float64, precision: Float64) -> tuple[Float64, Float64]:
    """Weights (K, D) and offsets (K,) of the linear discriminants with equal priors.

    `count` (K,) and `sums` (K, D) are those of each class's training rows, `precision` the inverse of their *total*
    covariance T. The within-class covariance is T less the spread of the K class means, so that its inverse follows
    from a K x K eigenproblem whose eigenvalues are the squared canonical correlations.
    """
    seen = count > 0
    total = max(1.0, float(count.sum()))
    centre = sums.sum(0) / total
    share = np.where(seen, count, 1) / total
    root = np.sqrt(share)
    means = np.where(seen[:, None], sums / np.maximum(count, 1)[:, None] - centre, 0)
    projected = means @ precision
    correlations, axes = np.linalg.eigh(root[:, None] * (projected @ means.T) * root)
    held = np.clip(correlations, 0, MAX_CORRELATION)
    within = (axes / (1 - held)) @ axes.T  # undoes the spread of the class means
    weights = (within @ (root[:, None] * projected)) / root[:, None]
    offsets = -0.5 * np.sum(weights * means, axis=1) - weights @ centre
    return weights, np.where(seen, offsets, -np.inf)


def ridge(counts: Float64, sums: Float64, precision: Float64) -> tuple[Float64, float, float]:
    """Slopes (D,), offset and mean value of the ridge regression from a fold's training sums of [known, value]."""
    count = max(1.0, float(counts[0]))
    centre, mean = sums[0] / count, float(counts[1]) / count
    slopes: Float64 = precision @ (sums[1] / count - mean * centre)
    return slopes, mean - float(slopes @ centre), mean


def condition(features: Float32, used: NDArray[np.bool_]) -> None:
    """Centre and scale `features` in place by the used rows, so that 32-bit sums stay sound; this changes no score."""
    moments = [(part.sum(0), np.einsum("nd,nd->d", part, part), len(part)) for part in parts_of(features, used)]
    count = max(1, sum(part[2] for part in moments))
    mean = np.sum([part[0] for part in moments], axis=0, dtype=np.float64) / count
    square = np.sum([part[1] for part in moments], axis=0, dtype=np.float64) / count
    variance = square - mean**2
    scale = np.where(variance > CONSTANT * square, np.sqrt(np.maximum(variance, 0)), 1.0)  # else constant: leave it
    for start in range(0, len(features), CHUNK):
        part = features[start : start + CHUNK]
        part -= mean.astype(np.float32)
        part /= scale.astype(np.float32)


def fold_moments(
    features: Float32, folds: tuple[slice, ...], used: NDArray[np.bool_]
) -> tuple[Float64, Float64, Float64]:
    """Count (n_folds,), sum (n_folds, D) and Gram matrix (n_folds, D, D) of each fold's used rows."""
    n_features = features.shape[1]
    counts, sums = np.zeros(len(folds)), np.zeros((len(folds), n_features))
    grams = np.zeros((len(folds), n_features, n_features))
    for fold, rows in enumerate(folds):
        for part in parts_of(features[rows], used[rows]):
            counts[fold] += len(part)
            sums[fold] += part.sum(0)
            grams[fold] += part.T @ part
    return counts, sums, grams


def parts_of(features: Float32, used: NDArray[np.bool_]) -> Iterator[Float32]:
    """The used rows, a chunk at a time."""
    for start in range(0, len(features), CHUNK):
        part, counted = features[start : start + CHUNK], used[start : start + CHUNK]
        yield part if counted.all() else part[counted]


def inverse_covariance(n_rows: float, total: Float64, gram: Float64) -> tuple[Float64, Float64]:
    """The inverse of the ridged covariance (D, D) of rows with that sum and Gram matrix, and the variances (D,)."""
    count = max(1.0, n_rows)
    mean = total / count
    covariance: NDArray[np.floating[Any]] = gram / count - np.outer(mean, mean)
    variance: Float64 = np.diag(covariance).astype(np.float64)
    variance[variance < CONSTANT] = 1.0  # constant in these episodes: as a scaler would, leave it as it is
    ridge = RIDGE + (len(mean) / count) ** 2
    inverse: Float64 = np.linalg.inv(covariance + np.diag(ridge * variance))
    return inverse, variance


def sum_by_fold(design: Design, columns: Float32) -> Sums:
    """Column sums and feature sums of each fold's rows, weighted by `columns` (N, J)."""
    parts = [(columns[rows], design.features[rows]) for rows in design.folds]
    return Sums(
        np.stack([weight.sum(0, dtype=np.float64) for weight, _ in parts]),
        np.stack([(weight.T @ feature).astype(np.float64) for weight, feature in parts]),
    )


def training(sums: Sums, fold: int) -> tuple[Float64, Float64]:
    """The sums of all folds but one."""
    return sums.counts.sum(0) - sums.counts[fold], sums.features.sum(0) - sums.features[fold]


def highest(scores: Float32) -> Int64:
    """The row of the highest score in each column of (K, n); the first of equal ones."""
    best = scores[0].copy()
    winner = np.zeros(scores.shape[1], dtype=np.int16)
    for row in range(1, len(scores)):  # faster than argmax, which walks along the short axis
        np.maximum(winner, (scores[row] > best) * np.int16(row), out=winner)
        np.maximum(best, scores[row], out=best)
    return winner.astype(np.int64)
