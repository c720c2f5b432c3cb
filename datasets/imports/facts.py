"""Arrays about games turned into features: a column each, one-hot attributes decoded, what is too wide kept whole."""

from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.imports.kinds import as_stored
from commlab.datasets.imports.roles import feature_name
from commlab.datasets.schema import FEATURE
from commlab.foundation.errors import ForeignDataError

__all__ = ["Facts"]

Array = np.ndarray[Any, Any]
MOST_COLUMNS = 64  # of an array, that become features
MOST_NUMBERS = 4096  # of an array that is kept whole
LIMIT = 2**31 - 1


class Facts:
    """The features of n games, and the wide arrays beside them."""

    def __init__(self, path: Path, n: int, notices: list[str]) -> None:
        """notices: takes a sentence for what was assumed or left out."""
        self.path, self.n, self.notices = path, n, notices
        self.features: dict[str, Array] = {}  # (n,) int32 or float32 each, by column
        self.vectors: dict[str, Array] = {}  # (n, D) float32

    def add(self, name: str, values: Any) -> None:
        """Add an array (n, …). Raises ForeignDataError where it is not about n games."""
        if values is None:
            return
        array = np.asarray(values)
        if array.ndim == 0 or array.dtype.kind not in "biuf":
            return  # a number about all games, or no numbers
        if len(array) != self.n:
            raise ForeignDataError(f"{self.path}: {name} has {len(array)} rows and there are {self.n} messages.")
        flat = array.reshape(self.n, -1)
        attributes = one_hot(flat)
        if attributes is not None:
            self.notices.append(
                f"{name} is read as {attributes.shape[1]} attributes, one-hot in {flat.shape[1]} columns."
            )
            self.put(f"{name}.attribute", attributes)
        elif flat.shape[1] <= MOST_COLUMNS:
            self.put(name, flat)
        elif flat.shape[1] <= MOST_NUMBERS:
            self.vectors[name] = as_stored(flat)
            self.notices.append(f"{name} has {flat.shape[1]:,} numbers a game: they are the observation, not features.")
        else:
            self.notices.append(f"{name} is left out: {flat.shape[1]:,} numbers a game are too many for features.")

    def put(self, name: str, columns: Array) -> None:
        """Add each column as a feature."""
        for number, values in enumerate(columns.T):
            column = name if columns.shape[1] == 1 else f"{name}.{number}"
            self.features[FEATURE + feature_name(column)] = as_feature(values)


def one_hot(flat: Array) -> Array | None:
    """The attributes (n, k) of rows that are k one-hot blocks of one width (two values or more), or None."""
    n_columns = flat.shape[1]
    if n_columns < 2 or not np.isin(flat, (0, 1)).all():
        return None
    sums = flat.sum(axis=1)
    n_blocks = int(sums[0])
    if n_blocks < 1 or n_columns % n_blocks or n_columns == n_blocks or not np.all(sums == n_blocks):
        return None
    blocks = flat.reshape(len(flat), n_blocks, -1)
    return blocks.argmax(axis=2) if np.all(blocks.sum(axis=2) == 1) else None


def as_feature(values: Array) -> Array:
    """A column as whole numbers where it is made of them, else as real ones."""
    whole = np.isfinite(values).all() and np.all(values == np.floor(values)) and np.all(np.abs(values) <= LIMIT)
    return values.astype(np.int32) if whole else as_stored(values)
