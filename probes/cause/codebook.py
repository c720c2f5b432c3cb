"""The codebook: which place each symbol stands for, learnt from what speakers said in a recording.

Uses are counted by crystal: of each crystal that stood somewhere for a while, a symbol gets the share of that time at
which it was said. Counted by step, a symbol that is said of two places would seem to stand for the one that listeners
try last, because it is said of that one for longer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import bca_interval

__all__ = ["Codebook", "Entry", "fit_codebook"]

TARGET = "resource_location.cell"
ENOUGH = 20  # episodes in which a symbol must be said before it can mean anything
MOSTLY = 2 / 3  # a symbol stands for a place if it is said of it twice as often as of all others together


class Entry(NamedTuple):
    """What a symbol was said of."""

    symbol: int
    place: tuple[int, int]  # the cell it was most often said of, row and column; -1, -1 where there was no crystal
    share: float  # of its uses, counted by crystal
    interval: tuple[float, float]  # of the share, over episodes
    n_episodes: int  # in which it was said
    n_uses: int

    @property
    def stands_for_place(self) -> bool:
        """Whether the symbol is said of its place twice as often as of all others together, beyond chance."""
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
        """The word for each place that has one: of the symbols that stand for it, the one most used."""
        words: dict[tuple[int, int], Entry] = {}
        for entry in sorted(self.entries.values(), key=lambda entry: entry.n_uses):
            if entry.stands_for_place:
                words[entry.place] = entry
        return sorted(words.values())


def fit_codebook(recording: Recording, speakers: tuple[int, ...], seed: int = 0) -> Codebook:
    """Return what each symbol (silence left out) was said of by `speakers`, with intervals over episodes.

    Raises DataError where nothing was ever said of a crystal, and where messages have several symbols.
    """
    labels = find_target(TARGET).compute(recording)
    length = recording["channel/said"].shape[2]
    if length > 1:
        raise DataError(
            f"{recording.path}: its messages have {length} symbols, and a codebook is for messages of one; record "
            f"agents that were trained with channel.length 1."
        )
    said = recording.read("channel/said", agents=speakers)[:, :, 0]
    value, valid = labels.values[:, list(speakers)], labels.valid[:, list(speakers)]
    spoken = valid & (said > 0) & (value >= 0)
    if not spoken.any():
        raise DataError(f"{recording.path}: its speakers never said anything of a crystal; train them longer.")
    episode = np.repeat(recording.row_episode[:, None], len(speakers), axis=1)
    weight = 1.0 / _spell_lengths(value, episode)
    rows = Uses(said[spoken], value[spoken], episode[spoken], weight[spoken])
    rng = np.random.default_rng(seed)
    symbols = np.unique(rows.symbol).tolist()
    entries = {symbol: _entry(symbol, rows, labels.names, rng) for symbol in symbols}
    return Codebook(entries, int(recording.layout.get("vocabulary", max(symbols) + 1)))


class Uses(NamedTuple):
    """Every step at which something was said of a crystal, (N,) each."""

    symbol: np.ndarray
    value: np.ndarray  # where the crystal was, as the target's class
    episode: np.ndarray
    weight: np.ndarray  # one over the steps for which the crystal stood there


def _spell_lengths(value: np.ndarray, episode: np.ndarray) -> np.ndarray:
    """Return, for each step (S, n), for how many steps its value lasts without a break in its episode."""
    out = np.empty(value.shape)
    for column in range(value.shape[1]):
        breaks = (np.diff(value[:, column]) != 0) | (np.diff(episode[:, column]) != 0)
        spell = np.concatenate([[0], np.cumsum(breaks)])
        out[:, column] = np.bincount(spell)[spell]
    return out


def _entry(symbol: int, uses: Uses, names: tuple[str, ...], rng: np.random.Generator) -> Entry:
    """Return the entry of one symbol."""
    mine = uses.symbol == symbol
    value, weight = uses.value[mine], uses.weight[mine]
    top = int(np.bincount(value, weight).argmax())
    row, column = (int(part) for part in names[top].split(",")) if "," in names[top] else (-1, -1)
    told, which = np.unique(uses.episode[mine], return_inverse=True)
    hits = np.bincount(which, weight * (value == top))
    totals = np.bincount(which, weight)
    interval = bca_interval(np.stack([hits, totals], axis=1), lambda sums: sums[:, 0] / sums[:, 1], rng)
    share = float(hits.sum() / totals.sum())
    return Entry(symbol, (row, column), share, interval or (0.0, 1.0), len(told), int(mine.sum()))
