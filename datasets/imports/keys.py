"""Which row of the recording each row of a table belongs to: its episode and its step, in any order, with gaps."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from commlab.datasets.imports.roles import Roles
from commlab.datasets.imports.tables import Block
from commlab.foundation.errors import ForeignDataError

__all__ = ["Keys", "Steps", "make_keys"]

WIDEST = 2**62  # of a key of episode and step
EXACT = 2**53  # whole numbers up to here are exact as floats

Array = np.ndarray[Any, Any]


class Keys(NamedTuple):
    """Which row of the recording an episode's step is."""

    keys: Array  # (S,) int64, sorted: the episode's rank * span + step - first
    ranks: Array  # (E,) int64: an episode's place in the recording, by its order of appearance
    first: int  # the earliest step
    span: int

    def rows(self, episodes: Array, steps: Array) -> Array:
        """The rows of episodes, by their order of appearance, at steps."""
        return np.searchsorted(self.keys, self.ranks[episodes] * self.span + steps - self.first)

    @property
    def lengths(self) -> Array:
        """The steps of each episode, (E,)."""
        return np.bincount(self.keys // self.span, minlength=len(self.ranks)).astype(np.int32)

    @property
    def gaps(self) -> int:
        """The steps that are missing between the first and the last of an episode, over all episodes."""
        ends = np.cumsum(self.lengths)
        last, first = self.keys[ends - 1], self.keys[ends - self.lengths]
        return int((last - first + 1).sum() - len(self.keys))


class Steps:
    """Gives each row its episode and its step; where the table has no steps they are counted for each agent."""

    def __init__(self, path: Path, roles: Roles) -> None:
        """Begin at the top of the table. Raises ForeignDataError for steps without episodes."""
        self.path = path
        self.episode, self.step = roles.parts.get("episode"), roles.parts.get("step")
        self.agent = roles.parts.get("agent")
        self.episodes: dict[str, int] = {}  # by order of appearance
        self.counted: Counter[tuple[int, Any]] = Counter()
        self.n_rows = 0
        if self.step is not None and self.episode is None:
            raise ForeignDataError(
                f"{path} has steps but no episodes: say which column tells episodes apart (--columns episode=game)."
            )

    def of(self, block: Block) -> tuple[Array, Array]:
        """The episodes of a block's rows, by order of appearance, and their steps."""
        episodes = self.episodes_of(block)
        if self.step is not None:
            return episodes, whole_steps(self.path, self.step, block)
        agents = block.column(self.agent) if self.agent is not None else [None] * len(block.lines)
        steps = np.empty(len(episodes), dtype=np.int64)
        for row, key in enumerate(zip(episodes.tolist(), agents, strict=True)):
            steps[row] = self.counted[key]
            self.counted[key] += 1
        return episodes, steps

    def episodes_of(self, block: Block) -> Array:
        """The episodes of the rows; without a column each row is one."""
        n_rows = len(block.lines)
        self.n_rows += n_rows
        if self.episode is None:
            return np.arange(self.n_rows - n_rows, self.n_rows)
        cells = block.column(self.episode)
        if None in cells:
            line = block.lines[cells.index(None)]
            raise ForeignDataError(f"{self.path}, line {line}: {self.episode} is missing: fill it in.")
        codes = {cell: self.episodes.setdefault(str(cell), len(self.episodes)) for cell in dict.fromkeys(cells)}
        return np.array([codes[cell] for cell in cells], dtype=np.int64)

    def order(self) -> list[str]:
        """The episodes as the recording has them: by number where all are numbers, else as they first came."""
        if self.episode is None:
            return [str(row) for row in range(self.n_rows)]
        names = list(self.episodes)
        return sorted(names, key=int) if all(name.isascii() and name.isdecimal() for name in names) else names

    def ranks(self) -> Array:
        """The place in the recording of each episode, by its order of appearance, (E,)."""
        order = self.order()
        ranks = np.arange(len(order))
        if self.episode is not None:
            ranks[[self.episodes[name] for name in order]] = np.arange(len(order))
        return ranks


def whole_steps(path: Path, name: str, block: Block) -> Array:
    """The steps of a block. Raises ForeignDataError, naming the line, where one is missing or no whole number."""
    cells = block.column(name)
    try:
        numbers = np.array(list(map(float, cells)))
    except (ValueError, TypeError, OverflowError):
        numbers = np.array([as_step(cell) for cell in cells])
    wrong = np.flatnonzero(~(np.abs(numbers) < EXACT) | (numbers != np.floor(numbers)))
    if wrong.size:
        cell = cells[wrong[0]]
        got = "missing" if cell is None else repr(cell)
        raise ForeignDataError(f"{path}, line {block.lines[wrong[0]]}: {name} is {got}, and must be a whole number.")
    return numbers.astype(np.int64)


def as_step(cell: Any) -> float:
    """A cell as a number, NaN where it is none."""
    try:
        return float(cell)
    except (ValueError, TypeError, OverflowError):
        return float("nan")


def make_keys(path: Path, spool: IO[bytes], n_rows: int, ranks: Array) -> Keys:
    """The sorted keys of all rows, from a file of pairs (episode, step) of int64; 16 bytes of memory a row.

    Raises ForeignDataError where steps are too far apart.
    """
    spool.flush()
    pairs = np.memmap(spool, dtype=np.int64, mode="r", shape=(n_rows, 2))
    first, last = int(pairs[:, 1].min()), int(pairs[:, 1].max())
    span = last - first + 1
    if span * len(ranks) > WIDEST:
        raise ForeignDataError(f"{path}: steps from {first} to {last} are too far apart: count them from 0.")
    every = np.asarray(ranks[pairs[:, 0]], dtype=np.int64)
    every *= span
    every += pairs[:, 1]
    every -= first
    every.sort()
    return Keys(every[first_of_each(every)], ranks, first, span)


def first_of_each(values: Sequence[int] | Array) -> Array:
    """Where each different value of a sorted array comes first, (n,) bool."""
    different = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=different[1:])
    return different
