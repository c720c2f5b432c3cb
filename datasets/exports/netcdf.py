"""A recording as NetCDF-4, which xarray opens: every column a variable with named dimensions, written in blocks.

Written by h5netcdf without xarray in between, because xarray holds what it writes in memory. Codes carry flag_values
and flag_meanings as the CF conventions have them (3.5); numbers are deflated, so that no plugin is needed to read them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.exports.files import Written, extra_missing, new_file
from commlab.datasets.exports.tidy import agent_names
from commlab.datasets.imports.options import Watch
from commlab.datasets.reader import Recording
from commlab.datasets.schema import FEATURE, HIDDEN, MISSING, column_spec

__all__ = ["export_netcdf"]

Array = np.ndarray[Any, Any]
AXES = {"S": "step", "A": "agent", "L": "place", "V": "symbol", "K": "slot", "N": "entity", "O": "object"}
TABLES = {"policy/action": "actions", "agents/facing": "facings"}  # whose codes a column holds
EPISODE_CODES = {"bodies": "bodies"}
CHUNK = 2**18  # bytes


def export_netcdf(recording: Recording, path: Path, force: bool = False, watch: Watch | None = None) -> Written:
    """Write all columns and the episodes. Raises DataError where h5netcdf is not installed."""
    try:
        import h5netcdf
    except ImportError as error:
        raise extra_missing("h5netcdf") from error

    with new_file(path, force) as part, h5netcdf.File(part, "w") as file:
        file.attrs["title"] = f"A recording of commlab: {recording.path.name}"
        file.attrs["Conventions"] = "CF-1.11"
        file.attrs["commlab_version"] = str(recording.attrs.get("commlab_version", ""))
        write_frame(file, recording)
        variables = {name: new_variable(file, recording, name) for name in recording.columns()}
        first = 0
        for block in recording.blocks():
            rows = slice(first, first + block.n_steps)
            for name, variable in variables.items():
                values = block[name][:]
                variable[rows] = stored(values + first_episode(recording, first) if name == "steps/episode" else values)
            first = rows.stop
            if watch is not None:
                watch(first / recording.n_steps, f"{first:,} steps")
    return Written(path, recording.n_steps, path.stat().st_size, ())


def first_episode(recording: Recording, row: int) -> int:
    """The episode of a row: parts of a recording count their episodes from 0."""
    return int(np.searchsorted(recording.episodes.start, row, side="right")) - 1


def write_frame(file: Any, recording: Recording) -> None:
    """The dimensions, the agents' names and the episodes."""
    sizes = {"step": recording.n_steps, "agent": recording.n_agents, "episode": recording.n_episodes}
    for name, size in sizes.items():
        file.dimensions[name] = size
    write_texts(file, "agent", ("agent",), agent_names(recording))
    for name, values in recording.table.fields.items():
        write_episodes(file, recording, name, values)
    if recording.table.matrices is not None:
        file.dimensions["kinship_matrix"] = len(recording.kinship)
        file.dimensions["other_agent"] = recording.n_agents
        made = file.create_variable("kinship_matrices", ("kinship_matrix", "agent", "other_agent"), "f4")
        made[:] = recording.kinship
        made.attrs["long_name"] = "kinship of an agent with another; episode_kinship says which matrix an episode has"


def write_episodes(file: Any, recording: Recording, name: str, values: Array) -> None:
    """One field of the episodes."""
    axes = ["episode", "agent" if name in ("bodies", "stats") else f"{name}_row", f"{name}_column"][: values.ndim]
    if values.ndim == 2 and name not in ("bodies",):
        axes[1] = f"{name}_column"
    for axis, size in zip(axes, values.shape, strict=True):
        if axis not in file.dimensions:
            file.dimensions[axis] = size
    if values.dtype == object:
        write_texts(file, f"episode_{name}", tuple(axes), [str(value) for value in values.tolist()])
        return
    made = file.create_variable(f"episode_{name}", tuple(axes), stored(values).dtype)
    if values.size:
        made[:] = stored(values)
    if name in EPISODE_CODES:
        write_flags(made, recording.codes.get(EPISODE_CODES[name], {}), made.dtype)
    labels = recording.names(f"episodes/{name}")
    if labels and len(labels) == values.shape[-1]:
        write_texts(file, axes[-1], (axes[-1],), labels)


def new_variable(file: Any, recording: Recording, name: str) -> Any:
    """An empty variable for a column."""
    column, spec = recording[name], column_spec(name)
    own = name.replace("/", "_")
    axes = []
    for place, (letter, size) in enumerate(zip(spec.axes, column.shape, strict=True)):
        axis = AXES.get(letter, f"{own}_{'unit' if letter == 'H' else place}")
        if axis in file.dimensions and file.dimensions[axis].size != size:
            axis = f"{own}_{axis}"
        if axis not in file.dimensions:
            file.dimensions[axis] = size
        axes.append(axis)
    labels = recording.names(name)
    if labels and axes[-1] not in file.variables and len(labels) == column.shape[-1]:
        write_texts(file, axes[-1], (axes[-1],), labels)
    dtype = stored(np.empty(0, column.dtype)).dtype
    made = file.create_variable(
        own,
        tuple(axes),
        dtype,
        chunks=chunks(column.shape, dtype),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )
    made.attrs["long_name"] = spec.sentence.rstrip(".")
    if column.dtype == bool:
        made.attrs["dtype"] = "bool"  # as xarray marks what it stores as int8
    codes = recording.codes.get(TABLES.get(name, name), {})
    if codes and column.dtype.kind in "iu":
        write_flags(made, codes, dtype)
    if name.startswith(FEATURE) and column.dtype.kind == "i":
        made.attrs["missing_value"] = np.array([MISSING], dtype)[0]
    if name.startswith(HIDDEN):
        made.attrs["units"] = "1"
    return made


def write_flags(variable: Any, codes: Mapping[int, str], dtype: Any) -> None:
    """The names of codes, as the CF conventions have them: words without spaces."""
    if codes:
        variable.attrs["flag_values"] = np.array(sorted(codes), dtype=dtype)
        words = ["_".join(codes[code].replace("\0", " ").split()) or "_" for code in sorted(codes)]  # NetCDF has no NUL
        variable.attrs["flag_meanings"] = " ".join(words)


def write_texts(file: Any, name: str, axes: tuple[str, ...], values: Sequence[str]) -> None:
    """A variable of texts."""
    import h5py

    made = file.create_variable(name, axes, dtype=h5py.string_dtype("utf-8"))
    made[:] = np.array(list(values), dtype=object)


def stored(values: Array) -> Array:
    """Values in a type that NetCDF has: no bool, no half floats."""
    if values.dtype == bool:
        return values.astype(np.int8)
    return values.astype(np.float32) if values.dtype == np.float16 else values


def chunks(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Chunks of whole rows, of about 256 kB."""
    row = max(1, int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize)
    return (max(1, min(shape[0], CHUNK // row)), *(max(1, size) for size in shape[1:]))
