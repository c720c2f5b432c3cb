"""The episode table: one row an episode, and each distinct kinship matrix once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import h5py
import numpy as np

from commlab.datasets.codecs import create_plain
from commlab.foundation.errors import RecordingError

__all__ = ["EpisodeTable", "column_names", "derived_columns", "join_tables", "read_table", "table_of", "write_table"]

Array = np.ndarray[Any, Any]
MATRICES = "kinship/matrices"
TEXT = h5py.string_dtype("utf-8")


class EpisodeTable(NamedTuple):
    """/episodes and /kinship."""

    fields: dict[str, Array]  # (E, …) each; "kinship" is the row in `matrices`
    matrices: Array | None  # (M, A, A) float32

    @property
    def lengths(self) -> Array:
        """Steps of each episode, (E,)."""
        return self.fields["length"]


def table_of(episodes: Mapping[str, Array]) -> EpisodeTable:
    """The table of episodes whose kinship is given as a full matrix (E, A, A) each."""
    fields = dict(episodes)
    matrices = None
    if "kinship" in fields:
        matrices, fields["kinship"] = distinct(fields["kinship"])
    return with_starts(EpisodeTable(fields, matrices))


def join_tables(tables: Sequence[EpisodeTable]) -> EpisodeTable:
    """The tables one after another. Raises RecordingError where they do not have the same fields."""
    first = tables[0]
    if len(tables) == 1:
        return first
    if any(table.fields.keys() != first.fields.keys() for table in tables):
        raise RecordingError("The shards do not describe their episodes alike: record again with --force.")
    fields = {name: np.concatenate([table.fields[name] for table in tables]) for name in first.fields}
    matrices = None
    if first.matrices is not None:
        every = np.concatenate([table.matrices for table in tables if table.matrices is not None])
        offsets = np.cumsum([0] + [len(table.matrices) for table in tables[:-1] if table.matrices is not None])
        rows = np.concatenate([table.fields["kinship"] + offset for table, offset in zip(tables, offsets, strict=True)])
        matrices, renamed = distinct(every)
        fields["kinship"] = renamed[rows]
    return with_starts(EpisodeTable(fields, matrices))


def with_starts(table: EpisodeTable) -> EpisodeTable:
    """The table with `start`, the first row of each episode, as it follows from the lengths."""
    starts = np.cumsum(table.lengths, dtype=np.int64) - table.lengths
    return table._replace(fields={**table.fields, "start": starts})


def distinct(matrices: Array) -> tuple[Array, Array]:
    """The distinct matrices (M, A, A) in order of first appearance, and the row among them (N,) of each given one."""
    rows: dict[bytes, int] = {}
    index = np.array([rows.setdefault(matrix.tobytes(), len(rows)) for matrix in matrices], dtype=np.int32)
    _, first = np.unique(index, return_index=True)
    return matrices[first], index


def derived_columns(lengths: Array) -> dict[str, Array]:
    """steps/episode and steps/t, (S,) int32 each, which follow from the episodes' lengths."""
    episode = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    starts = np.cumsum(lengths) - lengths
    return {
        "steps/episode": episode,
        "steps/t": (np.arange(len(episode)) - starts[episode]).astype(np.int32),
    }


def read_table(file: h5py.File) -> EpisodeTable:
    """The episode table of an open file."""
    fields = {
        name: (column.asstr() if column.dtype == object else column)[:] for name, column in file["episodes"].items()
    }
    return EpisodeTable(fields, file[MATRICES][:] if MATRICES in file else None)


def write_table(file: h5py.File, table: EpisodeTable) -> None:
    """Write /episodes and /kinship into an open file."""
    for name, values in table.fields.items():
        if values.dtype == object:
            file.create_dataset(f"episodes/{name}", data=values, dtype=TEXT)
        else:
            create_plain(file, f"episodes/{name}", values)
    if table.matrices is not None:
        create_plain(file, MATRICES, table.matrices)


def column_names(file: h5py.File) -> list[str]:
    """The names of a file's step columns, sorted."""
    groups = [name for name in sorted(file) if name not in ("episodes", "kinship")]
    return [f"{group}/{name}" for group in groups for name in sorted(file[group])]
