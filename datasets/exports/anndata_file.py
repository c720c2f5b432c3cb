"""A recording as AnnData (.h5ad), for scanpy: hidden states by (episode, step, agent), beside what is known of each.

Follows the on-disk format of anndata (version 0.1.0; arrays, data frames and categoricals 0.2.0). What is long is
written in blocks straight into the file, because anndata itself holds what it writes in memory.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.exports.files import Written, extra_missing, new_file
from commlab.datasets.exports.tidy import Cells, blocks
from commlab.datasets.imports.options import Watch
from commlab.datasets.reader import Recording
from commlab.datasets.schema import HIDDEN
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError, nearest_names

__all__ = ["export_h5ad"]

Array = np.ndarray[Any, Any]
OBSERVATION = "observation/vector"
CHUNK = 2**18  # bytes


def export_h5ad(
    recording: Recording,
    path: Path,
    targets: Sequence[Target],
    source: str = "hidden",
    force: bool = False,
    watch: Watch | None = None,
) -> Written:
    """Write X = a source's numbers, obs = messages, actions and targets, var = units.

    source: "hidden" (the only or the first hidden state), "hidden.<name>" or "observation". Raises DataError where the
    recording has no such source, or anndata is not installed.
    """
    column = find_source(recording, source)
    try:
        import anndata.io
        import h5py
        import pandas
    except ImportError as error:
        raise extra_missing("anndata") from error

    n_rows, width = recording.n_steps * recording.n_agents, recording[column].shape[2]
    units = list(recording.names(column)) or [f"{source_name(column)}.{unit}" for unit in range(width)]
    with new_file(path, force) as part, h5py.File(part, "w") as file:
        mark(file, "anndata", "0.1.0")
        x = new_array(file, "X", (n_rows, width), np.dtype(np.float32))
        obs = Frame(file.create_group("obs"), n_rows)
        done = 0
        parts = zip(recording.blocks(16384), blocks(recording, targets), strict=True)
        for block, cells in parts:
            values = block[column][:]
            stop = done + values.shape[0] * values.shape[1]
            x[done:stop] = values.reshape(-1, width)
            obs.add(cells, done, stop)
            done = stop
            if watch is not None:
                watch(done / n_rows, f"{done:,} rows")
        obs.finish()
        anndata.io.write_elem(file, "var", pandas.DataFrame(index=unique(units)))
        anndata.io.write_elem(file, "uns", facts(recording, column))
        for group in ("layers", "obsm", "obsp", "varm", "varp"):
            anndata.io.write_elem(file, group, {})
    return Written(path, n_rows, path.stat().st_size, ())


def find_source(recording: Recording, source: str) -> str:
    """The column of a source."""
    hidden = [name for name in recording.columns() if name.startswith(HIDDEN)]
    known = {source_name(name): name for name in hidden}
    if OBSERVATION in recording:
        known["observation"] = OBSERVATION
    if source == "hidden" and hidden:
        return HIDDEN + "core" if HIDDEN + "core" in hidden else hidden[0]
    if source in known:
        return known[source]
    if not known:
        raise DataError(
            f"{recording.path} holds no hidden states and no observations, which are what a .h5ad is made of: export "
            "it as csv or netcdf instead."
        )
    near = nearest_names(source, known, limit=1)[0]
    raise DataError(f"{recording.path} has no source {source!r}: the nearest is {near}, all are {', '.join(known)}.")


def source_name(column: str) -> str:
    """How a person calls a column: hidden.core."""
    return column.rpartition("/")[2]


def unique(names: Sequence[str]) -> list[str]:
    """The names, told apart where two are the same."""
    return list(names) if len(set(names)) == len(names) else [f"{name}.{place}" for place, name in enumerate(names)]


def facts(recording: Recording, column: str) -> dict[str, str]:
    """Where the numbers come from."""
    known = ("commlab_version", "git_revision", "seed", "checkpoint_sha256", "fingerprint", "command")
    found = {name: str(recording.attrs[name]) for name in known if recording.attrs.get(name) is not None}
    return {
        "commlab_source": column,
        **{f"commlab_{name.removeprefix('commlab_')}": text for name, text in found.items()},
    }


class Frame:
    """A data frame in an open file, filled in blocks."""

    def __init__(self, group: Any, n_rows: int) -> None:
        self.group, self.n_rows = group, n_rows
        self.arrays: dict[str, Any] = {}
        self.names: dict[str, dict[str, int]] = {}  # of categories
        self.index = new_texts(group, "_index", n_rows)

    def add(self, block: Mapping[str, Cells], start: int, stop: int) -> None:
        """Add the rows from start to stop."""
        keys = [block[name].texts() for name in ("episode", "step", "agent")]
        self.index[start:stop] = np.array([":".join(key) for key in zip(*keys, strict=True)], dtype=object)
        for name, cells in block.items():
            if cells.names is None:
                self.add_numbers(safe(name), cells, start, stop)
            else:
                self.add_words(safe(name), cells, start, stop)

    def add_numbers(self, name: str, cells: Cells, start: int, stop: int) -> None:
        """Numbers: as they are where none is ever missing, which only real ones can say."""
        if name not in self.arrays:
            whole = name in ("episode", "step")
            self.arrays[name] = new_array(self.group, name, (self.n_rows,), np.dtype("i8" if whole else "f4"))
        numbers = self.arrays[name]
        values = cells.values if numbers.dtype.kind == "i" else np.where(cells.there, cells.values, np.nan)
        numbers[start:stop] = values.astype(numbers.dtype)

    def add_words(self, name: str, cells: Cells, start: int, stop: int) -> None:
        """Words, as categories; missing is -1. Silence is a category of its own."""
        if name not in self.arrays:
            group = self.group.create_group(name)
            mark(group, "categorical", "0.2.0")
            group.attrs["ordered"] = False
            self.arrays[name] = new_array(group, "codes", (self.n_rows,), np.dtype("i4"))
        known = self.names.setdefault(name, {})
        codes = np.array([known.setdefault(word, len(known)) for word in cells.names or ()] or [0], dtype=np.int32)
        silent = name == "message" or name.startswith("heard")
        there = np.ones_like(cells.there) if silent else cells.there
        self.arrays[name][start:stop] = np.where(there, codes[np.where(there, cells.values, 0)], -1)

    def finish(self) -> None:
        """Write the categories and what the frame is."""
        import anndata.io

        for name, words in self.names.items():
            shown = [word or "(silence)" if name == "message" or name.startswith("heard") else word for word in words]
            anndata.io.write_elem(self.group[name], "categories", np.array(shown, dtype=object))
        mark(self.group, "dataframe", "0.2.0")
        self.group.attrs["_index"] = "_index"
        import h5py

        self.group.attrs.create("column-order", list(self.arrays), dtype=h5py.string_dtype("utf-8"))


def safe(name: str) -> str:
    """A column's name as a group's: without a slash."""
    return name.replace("/", "_")


def mark(place: Any, kind: str, version: str) -> None:
    """Say what an element is."""
    place.attrs["encoding-type"], place.attrs["encoding-version"] = kind, version


def new_array(group: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """An empty array in an open file."""
    row = max(1, int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize)
    chunk = (max(1, min(shape[0], CHUNK // row)), *shape[1:])
    made = group.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip", compression_opts=1, shuffle=True)
    mark(made, "array", "0.2.0")
    return made


def new_texts(group: Any, name: str, n_rows: int) -> Any:
    """An empty array of texts."""
    import h5py

    made = group.create_dataset(name, (n_rows,), h5py.string_dtype("utf-8"), chunks=(min(n_rows, 8192),))
    mark(made, "string-array", "0.2.0")
    return made
