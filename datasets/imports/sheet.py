"""Columns of a recording while it is put together in any order: arrays on the disk, so that memory stays bounded."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from commlab.foundation.disk import as_disk_error, require_space

__all__ = ["Sheet"]

Array = np.ndarray[Any, Any]
SMALL = 2**24  # bytes that are kept in memory
FILLED = 2**22  # values written at once


class Sheet:
    """Named arrays of one length, in files without a name that vanish with the process."""

    def __init__(self, folder: Path, n_rows: int) -> None:
        """folder: on the disk that has the room."""
        self.folder, self.n_rows = folder, n_rows
        self.arrays: dict[str, Array] = {}

    def add(self, name: str, inner: tuple[int, ...], dtype: str, fill: float = 0) -> Array:
        """A new array (n_rows, *inner) full of `fill`. Raises DiskError where it does not fit on the disk."""
        shape = (self.n_rows, *inner)
        n_bytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        if n_bytes <= SMALL:
            self.arrays[name] = np.full(shape, fill, dtype=dtype)
            return self.arrays[name]
        require_space(self.folder, n_bytes, f"Putting {name} together")
        try:
            with tempfile.TemporaryFile(dir=self.folder) as file:
                array: Array = np.memmap(file, dtype=dtype, mode="w+", shape=shape)
        except OSError as error:
            raise as_disk_error(error, self.folder) from error
        if fill != 0:
            step = max(1, FILLED // max(1, int(np.prod(inner))))
            for start in range(0, self.n_rows, step):
                array[start : start + step] = fill
        self.arrays[name] = array
        return array

    def rows(self, names: Mapping[str, str], rows: slice) -> dict[str, Array]:
        """Copies of some rows, under the names that a recording gives them: {name here: column}."""
        return {column: np.array(self.arrays[name][rows]) for name, column in names.items()}
