"""The codebook: which place each symbol stands for, and which word each place has, learnt from a recording.

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

__all__ = ["Codebook", "Entry", "Word", "fit_codebook", "fit_words"]

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


class Word(NamedTuple):
    """What a place is called."""

    symbol: int | None  # None: nothing is said of it often enough
    share: float | None  # of the symbol's uses that are of this place, counted by crystal
    interval: tuple[float, float] | None  # of the share, over episodes
    use: float | None  # how much of the time with a crystal there the symbol is said
    silent: float  # how much of it nothing is said
    n_episodes: int  # in which the symbol was said
    shared_with: tuple[int, ...]  # other places with the same word


def fit_codebook(recording: Recording, speakers: tuple[int, ...], seed: int = 0) -> Codebook:
    """Return what each symbol (silence left out) was said of by `speakers`, with intervals over episodes.

    Raises DataError where nothing was ever said of a crystal, and where messages have several symbols.
    """
    uses, names = read_uses(recording, speakers)
    rows = Uses(*(column[uses.symbol > 0] for column in uses))
    if not len(rows.symbol):
        raise DataError(f"{recording.path}: its speakers never said anything of a crystal; train them longer.")
    rng = np.random.default_rng(seed)
    symbols = np.unique(rows.symbol).tolist()
    entries = {symbol: _entry(symbol, rows, names, rng) for symbol in symbols}
    return Codebook(entries, int(recording.layout.get("vocabulary", max(symbols) + 1)))


def fit_words(
    recording: Recording, speakers: tuple[int, ...], places: list[tuple[int, int]], seed: int = 0
) -> list[Word]:
    """Return the word that `speakers` have for each of `places`, in their order.

    A place's word is the symbol most used for it among those that are said of it more than of any other place; where
    there is none, the symbol most used for it, which is then another place's word too. Silence is no word: it cannot
    be said. A symbol counts where it was said of the place in enough episodes. Raises DataError as `fit_codebook`.
    """
    uses, names = read_uses(recording, speakers)
    cells = {f"{row},{column}": number for number, (row, column) in enumerate(places)}
    place = np.array([cells.get(name, -1) for name in names] or [-1])[uses.value]
    known = place >= 0
    uses, place = Uses(*(column[known] for column in uses)), place[known]
    n_symbols = int(uses.symbol.max(initial=0)) + 1
    counts = np.zeros((len(places), n_symbols))
    np.add.at(counts, (place, uses.symbol), uses.weight)
    chosen = [
        _choose_word(number, counts, _episodes_of(number, uses, place, n_symbols)) for number in range(len(places))
    ]
    rng = np.random.default_rng(seed)
    return [_word(number, symbol, chosen, uses, place, rng) for number, symbol in enumerate(chosen)]


class Uses(NamedTuple):
    """Every step at which a speaker could speak of a crystal, (N,) each."""

    symbol: np.ndarray  # 0: it was silent
    value: np.ndarray  # where the crystal was, as the target's class
    episode: np.ndarray
    weight: np.ndarray  # one over the steps for which the crystal stood there


def read_uses(recording: Recording, speakers: tuple[int, ...]) -> tuple[Uses, tuple[str, ...]]:
    """Return what speakers said, silence too, at every step with a crystal, and the names of the crystal's cells."""
    labels = find_target(TARGET).compute(recording)
    length = recording["channel/said"].shape[2]
    if length > 1:
        raise DataError(
            f"{recording.path}: its messages have {length} symbols, and a codebook is for messages of one; record "
            f"agents that were trained with channel.length 1."
        )
    said = recording.read("channel/said", agents=speakers)[:, :, 0]
    value, valid = labels.values[:, list(speakers)], labels.valid[:, list(speakers)]
    there = valid & (value >= 0)
    episode = np.repeat(recording.row_episode[:, None], len(speakers), axis=1)
    weight = 1.0 / _spell_lengths(value, episode)
    return Uses(said[there], value[there], episode[there], weight[there]), tuple(labels.names)


def _episodes_of(number: int, uses: Uses, place: np.ndarray, n_symbols: int) -> np.ndarray:
    """Return in how many episodes each symbol was said of a place, (n_symbols,)."""
    mine = place == number
    pairs = np.unique(np.stack([uses.symbol[mine].astype(np.int64), uses.episode[mine]], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_symbols)


def _choose_word(number: int, counts: np.ndarray, n_episodes: np.ndarray) -> int | None:
    """Return the symbol for a place, given how often each is said of each (n_places, n_symbols), None without one."""
    usable = n_episodes >= ENOUGH
    usable[0] = False
    own = usable & (counts.argmax(axis=0) == number)
    among = own if own.any() else usable
    return int(np.where(among, counts[number], -1.0).argmax()) if among.any() else None


def _word(
    number: int, symbol: int | None, chosen: list[int | None], uses: Uses, place: np.ndarray, rng: np.random.Generator
) -> Word:
    """Return a place's word with what is known of it."""
    here = place == number
    if symbol is None:
        silent = uses.weight[here & (uses.symbol == 0)].sum() / max(uses.weight[here].sum(), 1e-12)
        return Word(None, None, None, None, float(silent), 0, ())
    mine = uses.symbol == symbol
    told, which = np.unique(uses.episode[mine], return_inverse=True)
    hits, totals = np.bincount(which, (uses.weight * here)[mine]), np.bincount(which, uses.weight[mine])
    interval = bca_interval(np.stack([hits, totals], axis=1), lambda sums: sums[:, 0] / sums[:, 1], rng)
    others = tuple(other for other, word in enumerate(chosen) if other != number and word == symbol)
    silent = uses.weight[here & (uses.symbol == 0)].sum() / uses.weight[here].sum()
    use = uses.weight[here & mine].sum() / uses.weight[here].sum()
    share = float(hits.sum() / totals.sum())
    return Word(symbol, share, interval or (0.0, 1.0), float(use), float(silent), len(told), others)


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
