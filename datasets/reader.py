"""Reading recordings: labelled, lazy access to their columns, their episodes and what their codes mean."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from commlab.datasets.columns import Column
from commlab.datasets.episodes import derived_columns
from commlab.datasets.naming import short_names, unknown
from commlab.datasets.stores import FileStore, PartStore, Store
from commlab.foundation.cards import card, table
from commlab.foundation.errors import RecordingError, nearest_names

__all__ = ["Episodes", "Recording", "open_recording"]

Array = np.ndarray[Any, Any]
BLOCK = 65536  # rows of an excerpt
BY_AGENT = frozenset({"agents", "channel", "policy", "reward", "observation", "feature"})  # axes start with S, A


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
    return Recording(Path(path), FileStore(Path(path)))


class Recording:
    """Lazy, labelled access to a recording: of a file or of many shards, of a part of one, or in memory.

    Columns have their whole names in brackets, recording["channel/said"], and short ones as attributes, recording.said.
    """

    def __init__(self, path: Path, store: Store, whole: "Recording | None" = None) -> None:
        """path: what messages call it. whole: the recording that this is an excerpt of."""
        self.path = path
        self.store = store
        self._whole = whole
        self.table = store.table
        self.attrs = store.attrs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return (Recording, (self.path, self.store, self._whole))

    def __repr__(self) -> str:
        return f"Recording({str(self.path)!r}, {self.n_episodes} episodes, {self.n_steps} steps)"

    def _repr_html_(self) -> str:
        short = {column: name for name, column in short_names(self.columns()).items()}
        rows = [
            (column, short.get(column, ""), self[column].shape, str(self[column].dtype)) for column in self.columns()
        ]
        facts = f"{self.n_episodes:,} episodes, {self.n_steps:,} steps; columns are read when they are sliced"
        return card(f"Recording {self.path}", [table(("column", "short name", "shape", "type"), rows)], facts)

    if not TYPE_CHECKING:  # a type checker knows no columns, and should go on finding misspelt methods

        def __getattr__(self, name: str) -> Column:
            """The lazy column of a short name. Raises AttributeError, naming the nearest, where there is none."""
            if name.startswith("_") or "store" not in self.__dict__:
                raise AttributeError(name)
            column = short_names(self.columns()).get(name)
            if column is None:
                raise AttributeError(unknown(name, str(self.path), self.columns()))
            return self[column]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *short_names(self.columns())})

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
        return self.store.column(name)

    def columns(self) -> tuple[str, ...]:
        """The names of all columns, sorted."""
        return self.store.column_names()

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
        return self.store.names(name)

    @property
    def n_episodes(self) -> int:
        """Episodes recorded."""
        return len(self.table.lengths)

    @property
    def n_steps(self) -> int:
        """Steps of all episodes, S."""
        return int(self.table.lengths.sum())

    @cached_property
    def n_agents(self) -> int:
        """Agents, A. Raises RecordingError where no column has a value for each agent."""
        known = [name for name in self.columns() if name.split("/")[0] in BY_AGENT]
        if not known:
            raise RecordingError(f"{self.path} has no column about its agents: record or import it again with some.")
        return self[known[0]].shape[1]

    @property
    def whole(self) -> "Recording":
        """The recording that this is an excerpt of, or itself: what holds for all episodes is asked of it."""
        return self if self._whole is None else self._whole

    def excerpt(self, start: int, stop: int) -> "Recording":
        """Episodes `start` to `stop` - 1 as a recording of their own, read when asked for."""
        return Recording(self.path, PartStore(self.store, start, stop), self.whole)

    def blocks(self, max_rows: int = BLOCK) -> Iterator["Recording"]:
        """Excerpts of whole episodes in order, of `max_rows` rows at most (but one episode at least) each."""
        ends = np.cumsum(self.table.lengths)
        start = 0
        while start < self.n_episodes:
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + max_rows, side="right")))
            yield self.excerpt(start, stop)
            start = stop

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
        n_matrices = 1 if self.table.matrices is None else len(self.table.matrices)
        if n and not 0 <= fields["kinship"].min() <= fields["kinship"].max() < n_matrices:
            raise RecordingError(f"{self.path} names kinship matrices that it does not hold: record it again.")
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
        """The code tables: `codes["cells"][4] == "crystal.green"`."""
        tables = self.attrs.get("codes", {})
        try:
            return {table: {int(code): str(name) for code, name in codes.items()} for table, codes in tables.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise RecordingError(f"{self.path} has no code tables that can be read: record it again.") from error

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

    @cached_property
    def hearing_delay(self) -> int:
        """The steps from speaking to hearing: as the scenario says; else 0 where anybody hears anybody at a first step.

        Other people's games often have one step, in which the message is heard at once. An excerpt has its whole's.
        """
        if self._whole is not None:
            return self._whole.hearing_delay
        scenario = self.attrs.get("scenario")
        channel = scenario.get("channel") if isinstance(scenario, Mapping) else None
        if isinstance(channel, Mapping):
            return int(channel.get("delay", 1))
        at_once = ((block["channel/speaker"][block.episodes.start] >= 0).any() for block in self.blocks())
        return 0 if any(at_once) else 1

    def close(self) -> None:
        """Close the files; reading again opens them again."""
        self.store.close()
