"""Reading recordings: a merged file or a folder of sealed shards, checked when opened, lazy after."""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import h5py
import hdf5plugin  # noqa: F401  (registers the compression filters)
import numpy as np

from commlab.datasets.columns import Column
from commlab.datasets.episodes import EpisodeTable, column_names, derived_columns, join_tables, read_table
from commlab.datasets.opening import open_files, resolve
from commlab.foundation.errors import RecordingError, nearest_names

__all__ = ["Episodes", "Recording", "open_recording"]

Array = np.ndarray[Any, Any]


class Episodes(NamedTuple):
    """/episodes: one row an episode. Fields that a recording lacks are filled as their comments say."""

    start: Array  # (E,) int64, the episode's first row
    length: Array  # (E,) int32, steps
    seed: Array  # (E,) uint64; 0
    episode: Array  # (E,) int64; 0, 1, 2, …
    world: Array  # (E,) int32; 0
    condition: Array  # (E,) str; ""
    intervention: Array  # (E,) str, JSON; "[]"
    kinship: Array  # (E,) int32, row of Recording.kinship; 0
    bodies: Array  # (E, A) uint8; 0
    map: Array  # (E,) int16; 0
    numbers: Array  # (E, …) int64, named columns; (E, 0)
    traits: Array  # (E, B, …) int32, named columns; (E, 0, 0)
    values: Array  # (E, …) int32, named columns; (E, 0)
    altar_reward: Array  # (E,) float32; 1
    poison: Array  # (E,) uint8; 0
    stats: Array  # (E, A, …) int32, named columns; (E, A, 0)


def open_recording(path: Path | str) -> "Recording":
    """Open the recording at `path`: an .h5 file, a folder of shards, or a file of which only the shards are there yet.

    Raises RecordingError, naming the file, what it is and the mend, where it is missing, foreign, cut short, incomplete
    or from a newer commlab.
    """
    return Recording(Path(path))


class Recording:
    """Lazy, labelled access to a recording. Pickles as its path, and opens its files anew in every process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sources = resolve(path)
        self.process = -1
        self.files: Sequence[h5py.File] = []
        files = self.open()
        self.table: EpisodeTable = join_tables([read_table(file) for file in files])
        self.rows = [int(file["episodes/length"][:].sum()) for file in files]
        self.attrs: dict[str, Any] = {key: plain(value) for key, value in files[0].attrs.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return (open_recording, (self.path,))

    def __repr__(self) -> str:
        return f"Recording({str(self.path)!r}, {self.n_episodes} episodes, {self.n_steps} steps)"

    def __contains__(self, name: object) -> bool:
        return name in self.columns()

    def __getitem__(self, name: str) -> Column:
        """The lazy column of that name. Raises RecordingError where the recording has none."""
        if name not in self.columns():
            near = ", ".join(nearest_names(name, self.columns()))
            raise RecordingError(
                f"{self.path} has no column {name!r}: the nearest it has are {near}; record again to have the rest."
            )
        if name == "steps/episode":
            return Column(name, lambda: [self.row_episode], [self.n_steps])
        return Column(name, lambda: [file[name] for file in self.open()], self.rows)

    def columns(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return self.column_names

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return tuple(column_names(self.open()[0]))

    def read(self, name: str, rows: Any = slice(None), agents: int | Sequence[int] | None = None) -> Array:
        """A column's rows (all of them), for one agent or some agents (all of them), as numpy."""
        column = self[name]
        if agents is None:
            return column[rows]
        if isinstance(agents, int | np.integer):
            return column[rows, int(agents)]
        return column[rows][:, list(agents)]

    def names(self, name: str) -> tuple[str, ...]:
        """The names of the last axis of a column or episode field, such as observation/vector or episodes/numbers.

        Empty where it has none.
        """
        file = self.open()[0]
        return tuple(plain(file[name].attrs.get("columns", "[]"))) if name in file else ()

    @property
    def n_episodes(self) -> int:
        """Episodes recorded."""
        return len(self.table.lengths)

    @property
    def n_steps(self) -> int:
        """Steps of all episodes, S."""
        return sum(self.rows)

    @property
    def n_agents(self) -> int:
        """Agents, A."""
        return int(self["agents/position"].shape[1])

    @cached_property
    def episodes(self) -> Episodes:
        """The episode table."""
        n = self.n_episodes
        filled: dict[str, Array] = {
            "seed": np.zeros(n, np.uint64),
            "episode": np.arange(n),
            "world": np.zeros(n, np.int32),
            "condition": np.full(n, "", dtype=object),
            "intervention": np.full(n, "[]", dtype=object),
            "kinship": np.zeros(n, np.int32),
            "map": np.zeros(n, np.int16),
            "numbers": np.zeros((n, 0), np.int64),
            "traits": np.zeros((n, 0, 0), np.int32),
            "values": np.zeros((n, 0), np.int32),
            "altar_reward": np.ones(n, np.float32),
            "poison": np.zeros(n, np.uint8),
        }
        if "bodies" not in self.table.fields or "stats" not in self.table.fields:
            filled["bodies"] = np.zeros((n, self.n_agents), np.uint8)
            filled["stats"] = np.zeros((n, self.n_agents, 0), np.int32)
        fields = filled | self.table.fields
        return Episodes(**{name: fields[name] for name in Episodes._fields})

    @property
    def kinship(self) -> Array:
        """The distinct kinship matrices (M, A, A); where none are recorded, everybody is kin of itself alone."""
        if self.table.matrices is None:
            return np.eye(self.n_agents, dtype=np.float32)[None]
        return self.table.matrices

    @cached_property
    def row_episode(self) -> Array:
        """The episode of every row, (S,) int32."""
        return derived_columns(self.table.lengths)["steps/episode"]

    @property
    def codes(self) -> dict[str, dict[int, str]]:
        """The code tables: codes["cells"][4] == "crystal.green"."""
        tables = self.attrs.get("codes", {})
        return {table: {int(code): name for code, name in codes.items()} for table, codes in tables.items()}

    @property
    def layout(self) -> dict[str, Any]:
        """The static map, its sites, and who sees how far."""
        layout = self.attrs.get("layout")
        if not isinstance(layout, Mapping):
            raise RecordingError(f"{self.path} has no layout of its map: record it again with this commlab.")
        return dict(layout)

    @property
    def crystal_codes(self) -> tuple[int, ...]:
        """The cell codes of crystals."""
        return self.cell_codes("crystal")

    def cell_codes(self, start: str) -> tuple[int, ...]:
        """The codes of the cells whose name is `start`, or begins with it and a dot."""
        cells = self.codes.get("cells", {})
        return tuple(code for code, name in sorted(cells.items()) if name.split(".")[0] == start)

    @property
    def bodies(self) -> list[str]:
        """The body of each agent in episode 0."""
        names = self.codes.get("bodies", {})
        return [names.get(int(code), str(code)) for code in self.episodes.bodies[0]]

    def agents_with_body(self, body: str) -> tuple[int, ...]:
        """The agents that have that body in episode 0. Raises RecordingError where the recording knows no such body."""
        known = sorted(set(self.bodies))
        if body not in known and body not in self.codes.get("bodies", {}).values():
            raise RecordingError(f"{self.path} has no body {body!r}: the bodies in it are {', '.join(known)}.")
        return tuple(agent for agent, name in enumerate(self.bodies) if name == body)

    def open(self) -> Sequence[h5py.File]:
        """The open files; a forked process opens its own."""
        if self.process != os.getpid():
            self.files, self.process = open_files(self.sources), os.getpid()
        return self.files

    def close(self) -> None:
        """Close the files; reading again opens them again."""
        if self.process == os.getpid():
            for file in self.files:
                file.close()
        self.process = -1


def plain(value: Any) -> Any:
    """An attribute as Python's own type; text that holds a JSON table or list is parsed."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
