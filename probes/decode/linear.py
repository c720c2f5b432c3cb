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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Design", "classify", "make_design", "regress"]

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


class Sums(NamedTuple):
    """What a fold's rows add up to for each of J columns of labels."""

    counts: Float64  # (n_folds, J)
    features: Float64  # (n_folds, J, D)


def make_design(features: Float32, fold_sizes: Int64, used: NDArray[np.bool_]) -> Design:
    """A design from features (N, D) whose rows stand in fold order; overwrites `features`.

    `used` (N,) marks the rows that the covariance is taken from: those with a label of their own.
    """
    ends = np.cumsum(fold_sizes)
    folds = tuple(slice(int(end - size), int(end)) for end, size in zip(ends, fold_sizes, strict=True))
    condition(features, used)
    counts, sums, grams = fold_moments(features, folds, used)
    precision = np.stack([inverse_covariance(counts, sums, grams, fold) for fold in range(len(folds))])
    return Design(features, folds, precision)


def classify(design: Design, labels: Int64, n_classes: int) -> Int64:
    """The held-out class of each row, (N,), from labels (N,) with -1 where there is none."""
    indicators = np.eye(n_classes + 1, n_classes, dtype=np.float32).take(labels, axis=0)  # -1 takes the row of zeros
    sums = sum_by_fold(design, indicators)
    predicted = np.empty(len(labels), dtype=np.int64)
    for fold, rows in enumerate(design.folds):
        weights, offsets = discriminants(*training(sums, fold), design.precision[fold])
        scores = weights.astype(np.float32) @ design.features[rows].T + offsets.astype(np.float32)[:, None]
        predicted[rows] = highest(scores)
    return predicted


def regress(design: Design, values: Float64) -> Float64:
    """(N, 2): the held-out prediction of each row and the training mean, from values (N,) with NaN for none."""
    known = np.isfinite(values)
    columns = np.stack([known, np.where(known, values, 0)], axis=1).astype(np.float32)
    sums = sum_by_fold(design, columns)
    predicted = np.empty((len(values), 2))
    for fold, rows in enumerate(design.folds):
        slopes, offset, mean = ridge(*training(sums, fold), design.precision[fold])
        predicted[rows, 0] = design.features[rows] @ slopes.astype(np.float32) + offset
        predicted[rows, 1] = mean
    return predicted


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


def inverse_covariance(counts: Float64, sums: Float64, grams: Float64, fold: int) -> Float64:
    """The inverse of the ridged covariance (D, D) of all folds but one."""
    count = max(1.0, counts.sum() - counts[fold])
    mean = (sums.sum(0) - sums[fold]) / count
    covariance = (grams.sum(0) - grams[fold]) / count - np.outer(mean, mean)
    variance = np.diag(covariance).copy()
    variance[variance < CONSTANT] = 1.0  # constant in these episodes: as a scaler would, leave it as it is
    ridge = RIDGE + (len(mean) / count) ** 2
    inverse: Float64 = np.linalg.inv(covariance + np.diag(ridge * variance))
    return inverse


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
