"""Shards into one file: compressed chunks are copied as they are where they line up, else written anew."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np

from commlab.datasets.codecs import chunk_shape, filters
from commlab.datasets.episodes import (
    EpisodeTable,
    column_names,
    derived_columns,
    join_tables,
    read_table,
    write_table,
)
from commlab.datasets.shards import LIBVER, write_header
from commlab.foundation.atomic import PART, seal
from commlab.foundation.disk import as_disk_error, require_space
from commlab.foundation.errors import RecordingError

__all__ = ["merge_shards"]

BLOCK = 8 * 2**20  # bytes that a rewritten column gathers before it is written


def merge_shards(shards: Sequence[Path], path: Path, header: Mapping[str, Any], codec: str, n_episodes: int) -> None:
    """Merge `shards`, in order, into the recording at `path`, verifying the counts from the file before it is renamed.

    Raises DiskError when the disk is full and RecordingError when shards do not fit together; `path` is then as before.
    """
    part = path.with_name(path.name + PART)
    require_space(path.parent, sum(shard.stat().st_size for shard in shards), f"Merging the shards of {path}")
    try:
        with h5py.File(part, "w", libver=LIBVER, locking=False) as merged:
            fill(merged, shards, codec)
            write_header(merged, header)
        verify(part, n_episodes)
        flush(part)
        seal(part, path)
    except (OSError, RuntimeError) as error:
        raise as_disk_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def fill(merged: h5py.File, shards: Sequence[Path], codec: str) -> None:
    """Write the episodes and every column of every shard into `merged`."""
    tables = [table_in(shard) for shard in shards]
    table = join_tables(tables)
    write_table(merged, table)
    rows = [int(one.lengths.sum()) for one in tables]
    sinks: dict[str, Sink] = {}
    for shard in shards:
        with h5py.File(shard, "r", locking=False) as file:
            columns = column_names(file)
            if not sinks:
                sinks = {name: sink_for(merged, file[name], rows, codec) for name in columns}
            if sorted(columns) != sorted(sinks):
                raise RecordingError(f"{shard} does not hold the same columns as the first shard: record with --force.")
            for name in columns:
                sinks[name].add(file[name])
    for sink in sinks.values():
        sink.finish()
    merged["steps/episode"][:] = derived_columns(table.lengths)["steps/episode"]


def table_in(shard: Path) -> EpisodeTable:
    """The episode table of a shard file."""
    with h5py.File(shard, "r", locking=False) as file:
        return read_table(file)


class Sink(Protocol):
    """A column of the merged file that takes its shards in order."""

    def add(self, source: h5py.Dataset) -> None:
        """Append a shard's column."""

    def finish(self) -> None:
        """Write what is still held back."""


def sink_for(merged: h5py.File, source: h5py.Dataset, rows: Sequence[int], codec: str) -> Sink:
    """The column in `merged` that will take `source` and its like, of `rows` steps a shard."""
    n_rows = sum(rows)
    chunks = source.chunks
    aligned = n_rows >= chunks[0] and all(count % chunks[0] == 0 for count in rows[:-1])
    name = source.name.lstrip("/")
    if not aligned:
        chunks = chunk_shape(name, source.shape, source.dtype, n_rows)
    target = merged.create_dataset(
        name,
        shape=(n_rows, *source.shape[1:]),
        dtype=source.dtype,
        chunks=(min(chunks[0], max(1, n_rows)), *chunks[1:]),
        **filters(source.dtype, codec),
    )
    return ChunkCopy(target) if aligned else Rewrite(target)


class ChunkCopy:
    """Copies compressed chunks as they are: every shard but the last ends on a chunk's edge."""

    def __init__(self, target: h5py.Dataset) -> None:
        self.target = target
        self.offset = 0

    def add(self, source: h5py.Dataset) -> None:
        """Append a shard's column."""
        for index in range(source.id.get_num_chunks()):
            stored = source.id.get_chunk_info(index)
            mask, data = source.id.read_direct_chunk(stored.chunk_offset)
            row, *inner = stored.chunk_offset
            self.target.id.write_direct_chunk((row + self.offset, *inner), data, mask)
        self.offset += source.shape[0]

    def finish(self) -> None:
        """Nothing is held back."""


class Rewrite:
    """Gathers rows and writes them anew, whole chunks at a time."""

    def __init__(self, target: h5py.Dataset) -> None:
        self.target = target
        self.offset = 0
        self.held: list[np.ndarray[Any, Any]] = []
        self.step = target.chunks[0] * max(1, BLOCK // (target.chunks[0] * row_bytes(target)))

    def add(self, source: h5py.Dataset) -> None:
        """Append a shard's column."""
        self.held.append(source[:])
        while sum(map(len, self.held)) >= self.step:
            rows = np.concatenate(self.held)
            self.write(rows[: self.step])
            self.held = [rows[self.step :]]

    def finish(self) -> None:
        """Write what is still held back."""
        if self.held:
            self.write(np.concatenate(self.held))
            self.held = []

    def write(self, rows: np.ndarray[Any, Any]) -> None:
        self.target[self.offset : self.offset + len(rows)] = rows
        self.offset += len(rows)


def row_bytes(column: h5py.Dataset) -> int:
    """Bytes of a row before compression."""
    return max(1, int(column.dtype.itemsize * np.prod(column.shape[1:])))


def verify(path: Path, n_episodes: int) -> None:
    """Count episodes and steps in the file itself. Raises RecordingError where they are not what was recorded."""
    with h5py.File(path, "r", locking=False) as file:
        lengths = file["episodes/length"][:]
        counted = np.bincount(file["steps/episode"][:], minlength=len(lengths))
        whole = all(len(file[name]) == lengths.sum() for name in column_names(file))
    if len(lengths) != n_episodes or not np.array_equal(counted, lengths) or not whole:
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
