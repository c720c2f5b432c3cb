"""The codebook: which place each symbol stands for, learnt from what speakers said in a recording."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import bca_interval

__all__ = ["Codebook", "Entry", "fit_codebook"]

TARGET = "resource_location.cell"
ENOUGH = 20  # episodes in which a symbol must be said before it can mean anything
MOSTLY = 0.5  # a symbol stands for a place if more than this share of its uses is about it


class Entry(NamedTuple):
    """What a symbol was said of."""

    symbol: int
    place: tuple[int, int]  # the cell it was most often said of, row and column; -1, -1 where there was no crystal
    share: float  # of its uses
    interval: tuple[float, float]  # of the share, over episodes
    n_episodes: int  # in which it was said
    n_uses: int

    @property
    def stands_for_place(self) -> bool:
        """Whether the symbol is said of its place more often than of all others together, beyond chance."""
        return self.has_place and self.n_episodes >= ENOUGH and self.interval[0] > MOSTLY

    @property
    def has_place(self) -> bool:
        """Whether it is most often said of a crystal's place, and not of there being no crystal."""
        return self.place[0] >= 0


class Codebook(NamedTuple):
    """Every symbol that was said, in order."""

    entries: dict[int, Entry]
    vocabulary: int

    @property
    def meaningful(self) -> list[Entry]:
        """The entries that stand for a place."""
        return [entry for entry in self.entries.values() if entry.stands_for_place]


def fit_codebook(recording: Recording, speakers: tuple[int, ...], seed: int = 0) -> Codebook:
    """Return what each symbol (silence left out) was said of by `speakers`, with intervals over episodes.

    Raises DataError where nothing was ever said of a crystal.
    """
    labels = find_target(TARGET).compute(recording)
    said = recording.read("channel/said", agents=speakers)[:, :, 0]
    value, valid = labels.values[:, list(speakers)], labels.valid[:, list(speakers)]
    spoken = valid & (said > 0) & (value >= 0)
    if not spoken.any():
        raise DataError(f"{recording.path}: its speakers never said anything of a crystal; train them longer.")
    episode = np.repeat(recording.row_episode[:, None], len(speakers), axis=1)[spoken]
    rng = np.random.default_rng(seed)
    symbols = np.unique(said[spoken])
    entries = {
        int(symbol): _entry(int(symbol), said[spoken] == symbol, value[spoken], episode, labels.names, rng)
        for symbol in symbols
    }
    return Codebook(entries, int(recording.layout.get("vocabulary", int(symbols.max()) + 1)))


def _entry(
    symbol: int, mine: np.ndarray, value: np.ndarray, episode: np.ndarray, names: tuple[str, ...], rng: Any
) -> Entry:
    """Return the entry of one symbol, said at the steps `mine`."""
    uses = value[mine]
    top = int(np.bincount(uses).argmax())
    row, column = (int(part) for part in names[top].split(",")) if "," in names[top] else (-1, -1)
    told, which = np.unique(episode[mine], return_inverse=True)
    hits = np.bincount(which, uses == top)
    totals = np.bincount(which)
    interval = bca_interval(np.stack([hits, totals], axis=1), lambda sums: sums[:, 0] / sums[:, 1], rng)
    share = float((uses == top).mean())
    return Entry(symbol, (row, column), share, interval or (0.0, 1.0), len(told), int(mine.sum()))
