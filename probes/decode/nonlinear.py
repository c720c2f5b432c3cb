"""The nonlinear probe in closed form: the linear probe on random features, so that its null stays cheap.

The features are hinges max(0, w (x - c)) beside the scaled features themselves (random features, Rahimi & Recht 2007).
w is the direction from one training row to another and c a third one, all drawn without a look at any label: directions
in which hidden states differ are drawn more often, so that 256 hinges see what thousands of even directions would.
For symbols, whose every function is linear in products of indicators, the products are the features.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.linear import (
    Design,
    condition,
    fold_moments,
    indicators,
    inverse_covariance,
    named,
    slices_of,
    sum_by_fold,
    told,
    training,
    value_columns,
)

__all__ = ["N_HINGES", "NonlinearDesign", "make_nonlinear_design", "symbol_products"]

N_HINGES = 256
MAX_PRODUCTS = 512  # of symbols at two positions; the most frequent ones
SMALLEST = 1e-6

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class NonlinearDesign(NamedTuple):
    """One design a fold: its scaler and its hinges come from the training rows of that fold alone."""

    designs: tuple[Design, ...]  # each with one precision, its own fold's

    @property
    def features(self) -> Float32:
        """The features (N, D + hinges) of the first fold."""
        return self.designs[0].features

    @property
    def folds(self) -> tuple[slice, ...]:
        """The rows that each fold holds out."""
        return self.designs[0].folds

    def classify(self, labels: Int64, n_classes: int) -> Int64:
        """The held-out class of each row, (N,), by discriminants."""
        columns = indicators(labels, n_classes)
        found = np.empty(len(labels), dtype=np.int64)
        for fold, design in enumerate(self.designs):
            rows = design.folds[fold]
            sums = training(sum_by_fold(design, columns), fold)
            found[rows] = named(design.features[rows], *sums, design.precision[0])
        return found

    def regress(self, values: Float64) -> Float64:
        """(N, 2): the held-out prediction of each row, by ridge regression, and the training mean."""
        columns = value_columns(values)
        found = np.empty((len(values), 2))
        for fold, design in enumerate(self.designs):
            rows = design.folds[fold]
            sums = training(sum_by_fold(design, columns), fold)
            found[rows] = told(design.features[rows], *sums, design.precision[0])
        return found


def make_nonlinear_design(features: Float32, fold_sizes: Int64, used: NDArray[np.bool_], seed: int) -> NonlinearDesign:
    """A design from features (N, D) whose rows stand in fold order; `used` (N,) marks the rows with a label."""
    folds = slices_of(fold_sizes)
    return NonlinearDesign(tuple(fold_design(features, folds, fold, used, seed) for fold in range(len(folds))))


def fold_design(features: Float32, folds: tuple[slice, ...], fold: int, used: NDArray[np.bool_], seed: int) -> Design:
    """All rows as the scaler and the hinges of one fold's training rows show them."""
    trains = used.copy()
    trains[folds[fold]] = False
    mapped = with_hinges(features, np.flatnonzero(trains), np.random.default_rng([seed, 5, fold]))
    condition(mapped, trains)
    counts, sums, grams = fold_moments(mapped, folds, trains)
    inverse, variance = inverse_covariance(counts.sum(), sums.sum(0), grams.sum(0))
    return Design(mapped, folds, inverse[None], variance[None])


def with_hinges(features: Float32, trains: Int64, rng: np.random.Generator) -> Float32:
    """The scaled features and N_HINGES hinges at training rows, (N, D + N_HINGES)."""
    n_features = features.shape[1]
    out = np.empty((len(features), n_features + N_HINGES), dtype=np.float32)
    scaled = out[:, :n_features]
    scaled[:] = features
    if trains.size:
        known = features[trains]
        scaled -= known.mean(0, dtype=np.float64).astype(np.float32)
        spread = known.std(0, dtype=np.float64)
        scaled /= np.where(spread > SMALLEST, spread, 1).astype(np.float32)
    first, second, corner = scaled[rng.choice(trains if trains.size else len(features), (3, N_HINGES))]
    directions = first - second
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), SMALLEST)
    hinges = out[:, n_features:]
    np.matmul(scaled, directions.T, out=hinges)
    hinges -= np.sum(directions * corner, axis=1)
    np.maximum(hinges, 0, out=hinges)
    return out


def symbol_products(codes: Array) -> Float32:
    """An indicator (N, P) for each pair of symbols at two positions of codes (N, C) that some rows have and others not.

    Without a second position there is none: every function of one symbol is linear in its indicators.
    """
    n_positions = codes.shape[1]
    pairs = [
        (one, other, *pair)
        for one in range(n_positions)
        for other in range(one + 1, n_positions)
        for pair in frequent(codes[:, one], codes[:, other])
    ]
    kept = sorted(pairs, key=lambda pair: (-pair[4], pair))[:MAX_PRODUCTS]
    columns = [(codes[:, one] == a) & (codes[:, other] == b) for one, other, a, b, _ in kept]
    if not columns:
        return np.empty((len(codes), 0), dtype=np.float32)
    return np.stack(columns, axis=1).astype(np.float32)


def frequent(one: Array, other: Array) -> list[tuple[int, int, int]]:
    """The pairs of codes that occur, but not in all rows, with their counts; the most frequent MAX_PRODUCTS."""
    joint = one.astype(np.int64) * (int(other.max(initial=0)) + 1) + other
    values, counts = np.unique(joint, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MAX_PRODUCTS]
    first, second = np.divmod(values[order], int(other.max(initial=0)) + 1)
    found = zip(first.tolist(), second.tolist(), counts[order].tolist(), strict=True)
    return [pair for pair in found if pair[2] < len(one)]
