"""Lazy columns: labelled access to one column of a file or of many shards; slices come back as numpy."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import h5py
import numpy as np

from commlab.foundation.errors import RecordingError

__all__ = ["Column"]

Array = np.ndarray[Any, Any]


class Piece(NamedTuple):
    """A column's rows in one file."""

    start: int  # the first row, counted over all files
    dataset: h5py.Dataset


class Column:
    """A column of shape (S, …) that reads from the disk what it is asked for."""

    def __init__(self, name: str, datasets: Callable[[], Sequence[h5py.Dataset]], rows: Sequence[int]) -> None:
        """datasets: gives the column in each open file, asked anew for each reading; rows: of each file."""
        self.name = name
        self.datasets = datasets
        self.starts = np.cumsum([0, *rows])
        first = datasets()[0]
        self.shape: tuple[int, ...] = (int(self.starts[-1]), *first.shape[1:])
        self.dtype: np.dtype[Any] = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Column({self.name!r}, shape={self.shape}, dtype={self.dtype})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        values = self[:]
        return values if dtype is None else values.astype(dtype)

    def __getitem__(self, key: Any) -> Array:
        """The rows, and the parts of them, that numpy would give for `key`.

        Rows may be an index, a slice, indices or a mask; what comes after is read whole where it is neither. Raises
        RecordingError where the file is damaged.
        """
        key = key if isinstance(key, tuple) else (key,)
        if not key or any(part is Ellipsis or part is None for part in key):
            everything: Array = self.read(0, len(self), ())[key]
            return everything
        rows, inner = key[0], key[1:]
        plain = all(isinstance(part, slice | int | np.integer) for part in inner)
        start, stop, within = row_range(rows, len(self))
        values = self.read(start, stop, inner if plain else ())
        found: Array = values[within] if plain else values[(within, *inner)]
        return found

    def read(self, start: int, stop: int, inner: tuple[Any, ...]) -> Array:
        """Rows start to stop of every file that holds some of them."""
        found = []
        try:
            for offset, end, dataset in zip(self.starts[:-1], self.starts[1:], self.datasets(), strict=True):
                if offset < stop and end > start:
                    found.append(dataset[(slice(max(start - offset, 0), min(stop, end) - offset), *inner)])
            return np.concatenate(found) if len(found) != 1 else found[0]
        except (OSError, ValueError) as error:
            if not found and start == stop:
                return np.empty((0, *self.shape[1:]), self.dtype)[(slice(None), *inner)]
            raise RecordingError(
                f"Column {self.name} cannot be read ({error}): where the indices are right, the recording is damaged, "
                "record it again with --force."
            ) from error


def row_range(rows: Any, n_rows: int) -> tuple[int, int, Any]:
    """The range of rows to read, and how to index what was read so that it is what `rows` asks for."""
    if isinstance(rows, slice):
        start, stop, step = rows.indices(n_rows)
        if step == 1:
            return start, max(start, stop), slice(None)
        wanted = np.arange(start, stop, step)
    elif isinstance(rows, int | np.integer):
        row = int(rows) + (n_rows if rows < 0 else 0)
        if not 0 <= row < n_rows:
            raise IndexError(f"row {rows} is out of range: there are {n_rows}")
        return row, row + 1, 0
    else:
        wanted = np.asarray(rows)
        wanted = np.flatnonzero(wanted) if wanted.dtype == bool else np.where(wanted < 0, wanted + n_rows, wanted)
    if not wanted.size:
        return 0, 0, np.empty(0, dtype=int)
    start, stop = int(wanted.min()), int(wanted.max()) + 1
    if start < 0 or stop > n_rows:
        raise IndexError(f"row {start if start < 0 else stop - 1} is out of range: there are {n_rows}")
    return start, stop, wanted - start
