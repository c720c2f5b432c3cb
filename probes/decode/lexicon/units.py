"""Which part of a message carries meaning: the whole message, a symbol in its position, or a symbol anywhere in it.

The unit is the one with which targets are predicted best by a code that learns as it goes (prequential description
length, Dawid 1984): whole messages by their own counts, positions and symbols by naive Bayes.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.speech import Speech, Variable, run_lengths

__all__ = ["UNITS", "Members", "Part", "Unit", "choose_unit", "membership", "parts_of"]

Unit = Literal["message", "position", "symbol"]
UNITS: tuple[Unit, ...] = ("message", "position", "symbol")
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
N_BLOCKS = 6  # of episodes, each as large as all before it
BETTER = 0.05  # of the bits told: fewer entries win unless more entries tell that much more


class Part(NamedTuple):
    """A message, or a part of messages."""

    unit: Unit
    symbols: tuple[int, ...]  # the whole message, or one symbol
    position: int | None  # of the symbol in the message; None for whole messages and for anywhere

    def form(self, length: int, words: Mapping[int, str]) -> str:
        """How it is written in messages of that length: "7", "3 7", "_ 7" (the second of two), "ba ku", "silence"."""
        if self.unit == "message" and not any(self.symbols):
            return "silence"
        if self.position is not None:
            named = words.get(self.symbols[0], str(self.symbols[0]))
            return " ".join("_" if n != self.position else named for n in range(length))
        last = max(n for n, symbol in enumerate(self.symbols) if symbol)  # zeros after it are no part of the message
        return " ".join(words.get(symbol, str(symbol)) for symbol in self.symbols[: last + 1])


def parts_of(speech: Speech, unit: Unit) -> list[Part]:
    """All entries that a lexicon of that unit has."""
    if unit == "message":
        return [Part(unit, tuple(message), None) for message in speech.symbols.tolist()]
    if unit == "symbol":
        return [Part(unit, (symbol,), None) for symbol in np.unique(speech.symbols[speech.symbols > 0]).tolist()]
    return [
        Part(unit, (symbol,), position)
        for position in range(speech.length)
        for symbol in np.unique(speech.symbols[:, position]).tolist()
        if symbol > 0
    ]


class Members(NamedTuple):
    """Which messages each of U parts is in."""

    messages: Int64  # of part 0, of part 1, …, one after the other; each part is in one message at least
    starts: Int64  # (U,) where each part's messages begin

    def of(self, part: int) -> Int64:
        """The messages that a part is in."""
        end = self.starts[part + 1] if part + 1 < len(self.starts) else len(self.messages)
        return self.messages[self.starts[part] : end]

    def only(self, parts: Sequence[int]) -> "Members":
        """The members of some of the parts."""
        found = [self.of(part) for part in parts]
        sizes = np.array([len(messages) for messages in found], dtype=np.int64)
        return Members(np.concatenate([np.empty(0, np.int64), *found]), np.cumsum(sizes) - sizes)

    def summed(self, table: Float64) -> Float64:
        """The rows (M, …) of each part's messages together, (U, …)."""
        if not len(self.starts):
            return np.zeros((0, *table.shape[1:]))
        return np.add.reduceat(table[self.messages], self.starts, axis=0)


def membership(speech: Speech, parts: Sequence[Part]) -> Members:
    """Which messages the parts are in."""
    number = {tuple(message): n for n, message in enumerate(speech.symbols.tolist())}
    found = [
        np.array([number[part.symbols]]) if part.unit == "message" else np.flatnonzero(holds(speech.symbols, part))
        for part in parts
    ]
    sizes = np.array([len(messages) for messages in found])
    return Members(np.concatenate(found), np.cumsum(sizes) - sizes)


def holds(symbols: NDArray[np.int64], part: Part) -> NDArray[np.bool_]:
    """Which of the messages (M, L) a symbol is in, at its position or anywhere, (M,)."""
    here: NDArray[np.bool_]
    if part.position is None:
        here = (symbols == part.symbols[0]).any(axis=1)
    else:
        here = symbols[:, part.position] == part.symbols[0]
    return here


def choose_unit(
    speech: Speech, targets: Sequence[Variable], spoken: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Unit, dict[Unit, float]]:
    """The unit that carries meaning, and the bits a message that each one leaves open about the targets.

    spoken: (E, slots) the messages to code (silence left out).
    """
    if speech.length == 1 or not targets:
        return "message", {}
    order = rng.permutation(speech.n_episodes)
    numbered = np.unique(speech.symbols, return_inverse=True)[1].reshape(speech.symbols.shape)
    told = np.zeros(len(UNITS))
    blank = 0.0
    for target in targets:
        blocks = block_tables(speech, target, spoken, order)
        told += [prequential(blocks, numbered, unit) for unit in UNITS]
        blank += prequential(blocks, numbered, None)
    bits: dict[Unit, float] = dict(zip(UNITS, told.tolist(), strict=True))
    limit = min(bits.values()) + BETTER * max(0.0, blank - min(bits.values()))
    fewest = sorted(UNITS, key=lambda unit: len(parts_of(speech, unit)))
    return next(unit for unit in fewest if bits[unit] <= limit), bits


def block_tables(speech: Speech, target: Variable, spoken: NDArray[np.bool_], order: Int64) -> Float64:
    """Weighted counts (blocks, M, V) of episodes in random order; each block is as large as all before it."""
    n = speech.n_episodes
    ends = np.unique(np.ceil(n * 0.5 ** np.arange(N_BLOCKS)[::-1]).astype(int))
    block_of = np.empty(n, dtype=np.int64)
    block_of[order] = np.searchsorted(ends, np.arange(n), side="right")
    n_messages, n_values = len(speech.symbols), len(target.names)
    kept = spoken & (target.codes >= 0)
    weights = 1.0 / run_lengths(target.codes, speech.n_agents)[kept]
    cells = (block_of[np.nonzero(kept)[0]] * n_messages + speech.said[kept]) * n_values + target.codes[kept]
    counts: Float64 = np.bincount(cells, weights, len(ends) * n_messages * n_values).astype(np.float64)
    return counts.reshape(len(ends), n_messages, n_values)


def prequential(blocks: Float64, symbols: Int64, unit: Unit | None) -> float:
    """Bits a use for the values, each block coded by what the blocks before it taught; unit None: without messages."""
    bits, uses = 0.0, 0.0
    learnt = np.zeros(blocks.shape[1:])
    for block in blocks:
        if learnt.sum() > 0:
            bits -= float(np.sum(block * np.log2(predicted(learnt, symbols, unit))))
            uses += float(block.sum())
        learnt = learnt + block
    return bits / uses if uses > 0 else 0.0


def predicted(learnt: Float64, symbols: Int64, unit: Unit | None) -> Float64:
    """P(value given message), (M, V), from counts (M, V)."""
    prior: Float64 = (learnt.sum(axis=0) + 0.5) / (learnt.sum() + 0.5 * learnt.shape[1])
    if unit is None:
        return np.broadcast_to(prior, learnt.shape)
    if unit == "message":
        whole: Float64 = (learnt + prior) / (learnt.sum(axis=1, keepdims=True) + 1)
        return whole
    score = np.log(np.broadcast_to(prior, learnt.shape)).copy()
    everywhere = symbol_counts(learnt, symbols, range(symbols.shape[1])) if unit == "symbol" else None
    for position in range(symbols.shape[1]):
        counts = symbol_counts(learnt, symbols, [position]) if everywhere is None else everywhere
        base = counts.sum(axis=1, keepdims=True) / max(counts.sum(), 1e-9)
        given = (counts + base + 1e-3) / (counts.sum(axis=0) + 1 + 1e-3 * len(counts))  # P(symbol given value)
        score += np.log(given[symbols[:, position]])
    score -= score.max(axis=1, keepdims=True)
    odds = np.exp(score)
    parts: Float64 = np.maximum(odds / odds.sum(axis=1, keepdims=True), 1e-6)
    return parts


def symbol_counts(learnt: Float64, symbols: Int64, positions: Sequence[int] | range) -> Float64:
    """How often each symbol (its number is the row) was used for each value, in some positions."""
    counts = np.zeros((int(symbols.max(initial=0)) + 1, learnt.shape[1]))
    for position in positions:
        np.add.at(counts, symbols[:, position], learnt)
    return counts
