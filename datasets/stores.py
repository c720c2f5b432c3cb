"""Where a recording's columns lie: in files, in memory, or as a part of another recording."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import h5py
import hdf5plugin  # noqa: F401  (registers the compression filters)
import numpy as np

from commlab.datasets.columns import Column
from commlab.datasets.episodes import EpisodeTable, column_names, derived_columns, join_tables, read_table
from commlab.datasets.opening import open_files, resolve

__all__ = ["ArrayStore", "FileStore", "PartStore", "Store"]

Array = np.ndarray[Any, Any]


class Store(Protocol):
    """What a recording reads from. Stores can be pickled; those of files pickle as their path."""

    @property
    def attrs(self) -> dict[str, Any]:
        """The root attributes, JSON parsed."""

    @property
    def table(self) -> EpisodeTable:
        """The episodes."""

    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""

    def column(self, name: str) -> Column:
        """The column of a name that there is."""

    def names(self, name: str) -> tuple[str, ...]:
        """The names of the last axis of a column or episode field; empty where it has none."""

    def close(self) -> None:
        """Let go of files; reading again opens them again."""


class FileStore:
    """One file, or the shards of a folder. Opens its files anew in every process."""

    def __init__(self, path: Path) -> None:
        """Open what lies at `path`. Raises RecordingError as `open_recording` does."""
        self.path = path
        self.sources = resolve(path)
        self._process = -1
        self._files: Sequence[h5py.File] = []
        files = self._open()
        self.table = join_tables([read_table(file) for file in files])
        self.attrs: dict[str, Any] = {key: plain(value) for key, value in files[0].attrs.items()}
        self._rows = [int(file["episodes/length"][:].sum()) for file in files]
        self._names = tuple(column_names(files[0]))

    def __reduce__(self) -> tuple[Any, ...]:
        return (FileStore, (self.path,))

    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return self._names

    def column(self, name: str) -> Column:
        """The column of that name, over all files."""
        return Column(name, lambda: [file[name] for file in self._open()], self._rows)

    def names(self, name: str) -> tuple[str, ...]:
        """The names of the last axis."""
        file = self._open()[0]
        return tuple(plain(file[name].attrs.get("columns", "[]"))) if name in file else ()

    def close(self) -> None:
        """Close the files."""
        if self._process == os.getpid():
            for file in self._files:
                file.close()
        self._process = -1

    def _open(self) -> Sequence[h5py.File]:
        """The open files; a forked process opens its own."""
        if self._process != os.getpid():
            self._files, self._process = open_files(self.sources), os.getpid()
        return self._files


class ArrayStore(NamedTuple):
    """Arrays in memory."""

    attrs: dict[str, Any]
    table: EpisodeTable
    columns: Mapping[str, Array]  # (S, …) each
    labels: Mapping[str, Sequence[str]]  # of last axes

    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return tuple(sorted(self.columns))

    def column(self, name: str) -> Column:
        """The column of that name."""
        return Column(name, lambda: [self.columns[name]], [len(self.columns[name])])

    def names(self, name: str) -> tuple[str, ...]:
        """The names of the last axis."""
        return tuple(self.labels.get(name, ()))

    def close(self) -> None:
        """Nothing is open."""


class PartStore:
    """Some consecutive episodes of another store."""

    def __init__(self, whole: Store, start: int, stop: int) -> None:
        """Episodes `start` to `stop` - 1 of `whole`."""
        self.whole, self.start, self.stop = whole, start, stop
        fields = {name: values[start:stop] for name, values in whole.table.fields.items()}
        starts = fields["start"]
        self.first = int(starts[0]) if len(starts) else 0
        self.table = EpisodeTable({**fields, "start": starts - self.first}, whole.table.matrices)
        self.n_rows = int(self.table.lengths.sum())

    @property
    def attrs(self) -> dict[str, Any]:
        """The root attributes of the whole."""
        return self.whole.attrs

    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return self.whole.column_names()

    def column(self, name: str) -> Column:
        """The part's rows of that column."""
        if name == "steps/episode":  # counts from the whole's first episode
            return Column(name, lambda: [derived_columns(self.table.lengths)[name]], [self.n_rows])
        part = Window(self.whole.column(name), self.first, self.n_rows)
        return Column(name, lambda: [part], [self.n_rows])

    def names(self, name: str) -> tuple[str, ...]:
        """The names of the last axis."""
        return self.whole.names(name)

    def close(self) -> None:
        """The whole stays open, for others may read it."""


class Window:
    """Some consecutive rows of a column, read as a dataset is."""

    def __init__(self, column: Column, first: int, n_rows: int) -> None:
        self.column, self.first = column, first
        self.shape = (n_rows, *column.shape[1:])
        self.dtype = column.dtype

    def __getitem__(self, key: tuple[Any, ...]) -> Array:
        """The rows of the slice that comes first in `key`."""
        rows, *inner = key
        return self.column.read(self.first + rows.start, self.first + rows.stop, tuple(inner))


def plain(value: Any) -> Any:
    """An attribute as Python's own type; text that holds a JSON table or list is parsed."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
