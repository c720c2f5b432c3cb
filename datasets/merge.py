"""Shards into one file, as they are sealed: whole compressed chunks are copied as they are, the rest is rewritten."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5s

from commlab.datasets.codecs import create_column, merged_chunk_shape
from commlab.datasets.episodes import EpisodeTable, column_names, join_tables, read_table, write_table
from commlab.datasets.shards import LIBVER, write_header
from commlab.foundation.atomic import PART, seal
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import RecordingError

__all__ = ["Merger"]

Array = np.ndarray[Any, Any]


class Merger:
    """The recording at `path` while it grows, in order, in `<path>.part`; a kill loses nothing but the copy."""

    def __init__(self, path: Path, codec: str) -> None:
        self.path, self.codec = path, codec
        self.part = path.with_name(path.name + PART)
        self.file: h5py.File | None = None
        self.sinks: dict[str, Sink] = {}
        self.tables: list[EpisodeTable] = []
        self.n_episodes = 0

    @property
    def next(self) -> int:
        """The number of the shard that comes next."""
        return len(self.tables)

    def add_file(self, shard: Path) -> None:
        """Append the next shard from the disk."""
        with h5py.File(shard, "r", locking=False) as file:
            self.add(file, read_table(file), column_names(file))

    def add(self, shard: h5py.File, table: EpisodeTable, names: Sequence[str]) -> None:
        """Append the next shard: its episodes, and its columns of those names.

        Raises DiskError when the disk is full and RecordingError where the shard has other columns than the first.
        """
        if self.tables and sorted(names) != sorted(self.sinks):
            raise RecordingError(f"The shards of {self.path} do not hold the same columns: record again with --force.")
        try:
            for name in names:
                source = h5d.open(shard.id, name.encode())
                if name not in self.sinks:
                    self.sinks[name] = Sink(self.opened(), name, source, self.codec)
                if name == "steps/episode":
                    self.sinks[name].hold(whole(source) + np.int32(self.n_episodes))
                else:
                    self.sinks[name].add(source)
        except OSError as error:
            raise as_disk_error(error, self.path) from error
        self.tables.append(table)
        self.n_episodes += len(table.lengths)

    def finish(self, header: Mapping[str, Any], n_episodes: int) -> None:
        """Write what is left, verify the counts from the file itself, and give it its name.

        Raises DiskError when the disk is full and RecordingError where the counts are wrong; the shards stay.
        """
        try:
            for sink in self.sinks.values():
                sink.finish()
            with self.opened() as file:
                write_table(file, join_tables(self.tables))
                write_header(file, header)
            verify(self.part, n_episodes)
            flush(self.part)
            seal(self.part, self.path)
        except (OSError, RuntimeError) as error:
            raise as_disk_error(error, self.path) from error
        finally:
            self.close()

    def opened(self) -> h5py.File:
        """The growing file."""
        if self.file is None:
            self.file = h5py.File(self.part, "w", libver=LIBVER, locking=False)
        return self.file

    def close(self) -> None:
        """Remove the growing file, unless it is finished and renamed."""
        if self.file is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self.file.close()
            self.part.unlink(missing_ok=True)
        self.file, self.sinks, self.tables, self.n_episodes = None, {}, [], 0


class Sink:
    """A column of the merged file that takes its shards in order."""

    def __init__(self, merged: h5py.File, name: str, first: h5d.DatasetID, codec: str) -> None:
        self.chunks = merged_chunk_shape(first.get_create_plist().get_chunk(), first.dtype)
        self.inner = first.shape[1:]
        self.target = create_column(merged, name, (0, *self.inner), first.dtype, self.chunks, codec)
        self.rows = 0  # written so far
        self.held: list[Array] = []

    def add(self, source: h5d.DatasetID) -> None:
        """Append a shard's column: its chunks as they are where they fall on chunks of the merged column."""
        n_rows = source.shape[0]
        lined_up = not self.held and self.rows % self.chunks[0] == 0 and n_rows >= self.chunks[0]
        if lined_up and source.get_create_plist().get_chunk() == self.chunks:
            self.copy(source, n_rows)
        else:
            self.hold(whole(source))

    def copy(self, source: h5d.DatasetID, n_rows: int) -> None:
        """Append a column chunk by compressed chunk."""
        self.target.set_extent((self.rows + n_rows, *self.inner))
        for index in range(source.get_num_chunks()):
            place = source.get_chunk_info(index).chunk_offset
            mask, data = source.read_direct_chunk(place)
            self.target.write_direct_chunk((place[0] + self.rows, *place[1:]), data, mask)
        self.rows += n_rows

    def hold(self, values: Array) -> None:
        """Take rows that do not line up, and write as many as make whole chunks."""
        self.held.append(values)
        end = self.rows + sum(map(len, self.held))
        n_whole = end - end % self.chunks[0] - self.rows
        if n_whole > 0:
            rows = np.concatenate(self.held)
            self.write(rows[:n_whole])
            self.held = [rows[n_whole:]] if len(rows) > n_whole else []

    def finish(self) -> None:
        """Write the rows still held back."""
        if self.held:
            self.write(np.concatenate(self.held))
            self.held = []

    def write(self, values: Array) -> None:
        """Append rows, compressing them."""
        self.target.set_extent((self.rows + len(values), *self.inner))
        h5py.Dataset(self.target)[self.rows :] = values
        self.rows += len(values)


def whole(column: h5d.DatasetID) -> Array:
    """All of a column."""
    values = np.empty(column.shape, column.dtype)
    column.read(h5s.ALL, h5s.ALL, values)
    return values


def verify(path: Path, n_episodes: int) -> None:
    """Count episodes and steps in the file itself. Raises RecordingError where they are not what was recorded."""
    with h5py.File(path, "r", locking=False) as file:
        lengths = file["episodes/length"][:]
        counted = np.bincount(file["steps/episode"][:], minlength=len(lengths))
        full = all(len(file[name]) == lengths.sum() for name in column_names(file))
    if len(lengths) != n_episodes or not np.array_equal(counted, lengths) or not full:
        raise RecordingError(
            f"{path} holds {len(lengths)} episodes and {counted.sum()} steps instead of {n_episodes} episodes and "
            f"{lengths.sum()} steps: run the same command again to merge the shards anew."
        )


def flush(path: Path) -> None:
    """Flush a file's content to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
