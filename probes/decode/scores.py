"""What a probe is scored by: balanced accuracy for classes, R^2 for numbers, both from sums over episodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassTask", "NumberTask", "Reader", "Task", "confusion"]

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Reader(Protocol):
    """Features in folds, and the model that reads labels from them: linear, logistic or nonlinear."""

    @property
    def features(self) -> NDArray[np.float32]:
        """What is read from, (N, D)."""

    def classify(self, labels: Int64, n_classes: int) -> Int64:
        """The held-out class of each row, (N,), from labels (N,) with -1 where there is none."""

    def regress(self, values: Float64) -> Float64:
        """(N, 2): the held-out prediction of each row and the training mean, from values (N,) with NaN for none."""


class Task(Protocol):
    """Predicting one kind of label. Sums over groups of rows are all that the score needs."""

    @property
    def unit(self) -> str:
        """The score's name."""

    @property
    def missing(self) -> float:
        """What stands in the place of a label that is not there."""

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Which labels (any shape) are there."""

    def predict(self, design: Reader, labels: Array) -> Array:
        """Held-out predictions of labels (N,)."""

    def sums(self, predicted: Array, labels: Array, groups: Int64, n_groups: int) -> Float64:
        """What each group of rows adds to the score's sums, (n_groups, F); rows of group -1 are left out."""

    def score(self, sums: Float64) -> Float64:
        """The score of sums (B, F), (B,); NaN where it is undefined."""


@dataclass(frozen=True)
class ClassTask:
    """Classes 0 to K - 1, scored by balanced accuracy: the mean over classes of the share of rows that is right."""

    n_classes: int

    unit: ClassVar[str] = "balanced accuracy"
    missing: ClassVar[float] = -1.0

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Labels of 0 or more."""
        return np.asarray(labels >= 0)

    def predict(self, design: Reader, labels: Array) -> Array:
        """The held-out class of each row, (N,)."""
        return design.classify(labels, self.n_classes)

    def sums(self, predicted: Array, labels: Array, groups: Int64, n_groups: int) -> Float64:
        """Right rows of each class, then all rows of each class, (n_groups, 2 K)."""
        counted = self.known(labels) & (groups >= 0)
        cells = groups[counted] * self.n_classes + labels[counted]
        right = (predicted[counted] == labels[counted]).astype(np.float64)
        size = n_groups * self.n_classes
        hits = np.bincount(cells, weights=right, minlength=size).reshape(n_groups, -1)
        return np.hstack([hits, np.bincount(cells, minlength=size).reshape(n_groups, -1)])

    def score(self, sums: Float64) -> Float64:
        """Balanced accuracy over the classes that occur, (B,)."""
        hits, totals = sums[:, : self.n_classes], sums[:, self.n_classes :]
        occurs = totals > 0
        shares = np.where(occurs, hits / np.where(occurs, totals, 1), 0)
        n_occurring = occurs.sum(1)
        return np.where(n_occurring > 0, shares.sum(1) / np.maximum(n_occurring, 1), np.nan)


@dataclass(frozen=True)
class NumberTask:
    """Numbers, scored by R^2: 1 less the squared error over that of predicting the training episodes' mean."""

    unit: ClassVar[str] = "R^2"
    missing: ClassVar[float] = float("nan")

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Labels that are finite."""
        return np.asarray(np.isfinite(labels))

    def predict(self, design: Reader, labels: Array) -> Array:
        """(N, 2): the held-out prediction of each row and the training mean."""
        return design.regress(labels)

    def sums(self, predicted: Array, labels: Array, groups: Int64, n_groups: int) -> Float64:
        """Squared error of the prediction and of the training mean, (n_groups, 2)."""
        counted = self.known(labels) & (groups >= 0)
        squares = np.square(predicted[counted] - labels[counted, None])
        columns = [np.bincount(groups[counted], weights=column, minlength=n_groups) for column in squares.T]
        return np.stack(columns, axis=1)

    def score(self, sums: Float64) -> Float64:
        """R^2, (B,)."""
        varies = sums[:, 1] > 0
        return np.where(varies, 1 - sums[:, 0] / np.where(varies, sums[:, 1], 1), np.nan)


def confusion(predicted: Int64, labels: Int64, classes: Sequence[str]) -> list[list[int]]:
    """Held-out rows of each true class (rows) that each class (columns) was predicted for."""
    n, known = len(classes), labels >= 0
    counts = np.bincount(labels[known] * n + predicted[known], minlength=n * n)
    table: list[list[int]] = counts.reshape(n, n).tolist()
    return table
