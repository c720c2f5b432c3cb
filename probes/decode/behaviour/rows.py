"""Where agents are and where they go next, step by step: the map as places, and the rows read from a recording."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, read_rows
from commlab.probes.decode.sources import Agents
from commlab.probes.decode.wording import episodes

__all__ = ["MIN_EPISODES", "NOWHERE", "Ground", "Walks", "ground_of", "read_walks"]

POSITION = "agents/position"
MIN_EPISODES = 4
MOST_PLACES = 48  # along a side: on larger maps a place is a square of cells
MOST_ARROWS = 16  # along a side: a flow is averaged over squares so large that arrows can be told apart
NOWHERE = -1  # the place of an agent that is off the map
BARE = ("empty", "wall", "floor")  # cells that are no thing to draw

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Ground(NamedTuple):
    """A map cut into square places."""

    height: int  # cells
    width: int
    corner: tuple[int, int]  # row and column of its top left cell
    side: int  # cells of a place's side
    arrow_side: int  # cells of the side of the squares that flows are averaged over, a multiple of `side`
    number: int  # of the recording's maps
    n_maps: int
    grid: Array  # (height, width) cell codes, or (0, 0) where the recording has no picture of this map
    names: Mapping[int, str]  # of the codes
    sites: tuple[tuple[int, int], ...]

    def shape(self, side: int) -> tuple[int, int]:
        """Rows and columns of squares of `side` cells."""
        return -(-self.height // side), -(-self.width // side)

    def squares(self, position: Array, side: int) -> Int64:
        """The square that each position (…, 2) lies in, row by row; NOWHERE off the map."""
        row, column = position[..., 0] - self.corner[0], position[..., 1] - self.corner[1]
        inside = (row >= 0) & (row < self.height) & (column >= 0) & (column < self.width)
        return np.where(inside, row // side * self.shape(side)[1] + column // side, NOWHERE).astype(np.int64)

    def walls(self) -> list[list[int]]:
        """Row and column of the places that a wall goes through."""
        if not self.grid.size:
            return []
        rows, columns = self.shape(self.side)
        wall = np.isin(self.grid, [code for code, name in self.names.items() if name == "wall"])
        where = self.squares(np.argwhere(wall) + self.corner, self.side)
        every = self.squares(np.argwhere(np.ones_like(wall)) + self.corner, self.side)
        share = np.bincount(where, minlength=rows * columns) / np.bincount(every, minlength=rows * columns)
        return [[place // columns, place % columns] for place in np.flatnonzero(share >= 1 / self.side).tolist()]

    def things(self) -> list[dict[str, Any]]:
        """What always stands on the map: name, and row and column in cells from the corner."""
        return [
            {"name": self.names[int(self.grid[row, column])], "row": row, "column": column}
            for row, column in np.argwhere(self.grid).tolist()
            if self.names.get(int(self.grid[row, column]), "empty") not in BARE
        ]


class Walks(NamedTuple):
    """Where some agents are at each of N rows."""

    ground: Ground
    agents: Agents
    rows: Rows
    place: Int64  # (N,) the place, NOWHERE off the map
    square: Int64  # (N,) the square of the flow
    step: Float64  # (N, 2) rows and columns walked until the next step; NaN at an episode's last one
    n_episodes_recorded: int


def read_walks(recording: Recording, agents: Agents, max_rows: int, seed: int) -> Walks:
    """The walks of `agents` in the episodes of one map, or in as many of them as have `max_rows` rows.

    Raises DataError where there are no positions or too few episodes.
    """
    if POSITION not in recording:
        raise DataError(
            f"{recording.path} holds no {POSITION}, and without it nobody is anywhere on a map: other people's logs "
            "need this column to be read for behaviour; commlab information and commlab lexicon do without."
        )
    number, eligible = map_of(recording)
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    rng = np.random.default_rng([seed, 31])
    chosen = choose_episodes(lengths, eligible & (lengths > 0), max_rows // len(agents.indices), rng)
    if len(chosen) < MIN_EPISODES:
        few = f"of map {number} " if not eligible.all() else ""
        raise DataError(
            f"There are {episodes(len(chosen))} {few}to read behaviour from, but {MIN_EPISODES} are needed: record "
            "more."
        )
    rows = lay_out(recording, agents.indices, [chosen])
    position = read_rows(recording, POSITION, rows, np.int32)
    ground = ground_of(recording, number, position)
    place = ground.squares(position, ground.side)
    square = ground.squares(position, ground.arrow_side)
    if not (place >= 0).any():
        raise DataError(f"All {POSITION} lie off the map of {recording.path}: its layout is of another map.")
    return Walks(ground, agents, rows, place, square, steps_of(position, rows), recording.n_episodes)


def map_of(recording: Recording) -> tuple[int, Bool]:
    """The map that most episodes were played on (of equals the first), and which episodes those are."""
    played = np.asarray(recording.episodes.map, dtype=np.int64)
    numbers, counts = np.unique(played, return_counts=True)
    number = int(numbers[counts.argmax()])
    return number, played == number


def ground_of(recording: Recording, number: int, position: Array) -> Ground:
    """The map of that number; the recording pictures the first, others are as large as what is walked on."""
    layout = recording.attrs.get("layout")
    layout = dict(layout) if isinstance(layout, Mapping) else {}
    grid = np.asarray(layout.get("grid") or np.zeros((0, 0)), dtype=np.int64)
    if grid.ndim != 2 or number != 0:
        grid = np.zeros((0, 0), dtype=np.int64)
    corner, (height, width) = (0, 0), grid.shape
    if not grid.size:
        low, high = position.min(axis=0), position.max(axis=0)
        height, width = (int(layout.get(side) or 0) for side in ("height", "width"))
        if not (height > high[0] and width > high[1] and low.min() >= 0):
            corner, (height, width) = (int(low[0]), int(low[1])), (high - low + 1).tolist()
    side = -(-max(height, width) // MOST_PLACES)
    sites = tuple((int(row), int(column)) for row, column in (layout.get("sites") or []) if number == 0)
    return Ground(
        height, width, corner, side, side * -(-max(height, width) // (side * MOST_ARROWS)),
        number, max(int(layout.get("maps") or 1), number + 1), grid, recording.codes.get("cells", {}), sites,
    )  # fmt: skip


def steps_of(position: Array, rows: Rows) -> Float64:
    """Rows and columns (N, 2) from each row's place to the same agent's next one; NaN where the episode ends."""
    n_agents = len(rows.agents)
    step = np.full(position.shape, np.nan)
    step[:-n_agents] = position[n_agents:] - position[:-n_agents]
    last = np.ones(len(position), dtype=bool)
    last[:-n_agents] = rows.episode[n_agents:] != rows.episode[:-n_agents]
    step[last] = np.nan
    return step
