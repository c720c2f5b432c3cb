"""Held-out log-likelihoods in bits: of classes by logistic regression, of numbers by a Gaussian around a ridge fit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.linear import Design, ridge, sum_by_fold, training, value_columns
from commlab.probes.decode.logistic import LogisticDesign, fold_log_probabilities, log_probabilities
from commlab.probes.decode.nonlinear import NonlinearDesign
from commlab.probes.decode.scores import Reader

__all__ = ["class_probabilities", "log_likelihood", "prior_log_likelihood"]

SMALLEST = 1e-12  # variance

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def log_likelihood(design: Reader, labels: Array, n_classes: int) -> Float64:
    """The log2 likelihood of each row's label, held out, (N,); 0 without a label. n_classes is 0 for numbers."""
    if n_classes == 0:
        return gaussian(design, labels)
    found = class_probabilities(design, labels, n_classes)
    own = np.take_along_axis(found, np.maximum(labels, 0)[:, None], axis=1)[:, 0].astype(np.float64)
    return np.where(labels >= 0, own / np.log(2), 0.0)


def class_probabilities(design: Reader, labels: Int64, n_classes: int) -> NDArray[np.float32]:
    """The natural logarithm of each class's held-out probability, (N, K), by logistic regression on the features."""
    if isinstance(design, NonlinearDesign):
        found = np.empty((len(labels), n_classes), dtype=np.float32)
        for fold, rows in enumerate(design.folds):
            found[rows] = fold_log_probabilities(design.designs[fold], labels, n_classes, fold)
        return found
    linear = design.linear if isinstance(design, LogisticDesign) else design
    assert isinstance(linear, Design)
    return log_probabilities(linear, labels, n_classes)


def prior_log_likelihood(labels: Array, n_classes: int, fold_sizes: Int64) -> Float64:
    """The log2 likelihood of each row's label by the other folds' frequencies, or their mean and variance, (N,)."""
    fold = np.repeat(np.arange(len(fold_sizes)), fold_sizes)
    if n_classes == 0:
        known = np.isfinite(labels)
        sums = np.stack(
            [np.bincount(fold[known], weights=labels[known] ** power, minlength=len(fold_sizes)) for power in (0, 1, 2)]
        )
        count, total, square = sums.sum(1, keepdims=True) - sums
        mean = total / np.maximum(count, 1)
        variance = square / np.maximum(count, 1) - mean**2
        return density(labels, mean[fold], variance[fold])
    known = labels >= 0
    cells = np.bincount(fold[known] * n_classes + labels[known], minlength=len(fold_sizes) * n_classes)
    others = cells.reshape(-1, n_classes).sum(0) - cells.reshape(-1, n_classes)
    share = (others + 0.5) / (others.sum(1, keepdims=True) + n_classes / 2)
    return np.where(known, np.log2(share[fold, np.maximum(labels, 0)]), 0.0)


def gaussian(design: Reader, values: Float64) -> Float64:
    """The log2 density of each value, held out, by the ridge regression of the features and its training error."""
    if isinstance(design, NonlinearDesign):
        out = np.empty(len(values))
        for fold, rows in enumerate(design.folds):
            out[rows] = gaussian_of_fold(design.designs[fold], design.designs[fold].precision[0], values, fold)
        return out
    linear = design.linear if isinstance(design, LogisticDesign) else design
    assert isinstance(linear, Design)
    parts = [gaussian_of_fold(linear, linear.precision[fold], values, fold) for fold in range(len(linear.folds))]
    return np.concatenate(parts)


def gaussian_of_fold(design: Design, precision: Float64, values: Float64, fold: int) -> Float64:
    """The log2 density of one fold's values."""
    columns = value_columns(values)
    counts, sums = training(sum_by_fold(design, columns), fold)
    slopes, offset, mean = ridge(counts, sums, precision)
    trains = np.isfinite(values)
    trains[design.folds[fold]] = False
    spread = float(np.var(values[trains])) if trains.any() else 0.0
    count = max(1.0, float(counts[0]))
    explained = float(slopes @ (sums[1] / count - mean * sums[0] / count))
    rows = design.folds[fold]
    predicted = (design.features[rows] @ slopes.astype(np.float32) + offset).astype(np.float64)
    return density(values[rows], predicted, np.full(len(predicted), spread - explained))


def density(values: Float64, mean: Float64, variance: Float64) -> Float64:
    """The log2 density of values under Gaussians, (N,); 0 where there is no value."""
    wide = np.maximum(variance, SMALLEST)
    nats = -0.5 * (np.log(2 * np.pi * wide) + np.square(values - mean) / wide)
    return np.where(np.isfinite(values), nats / np.log(2), 0.0)
