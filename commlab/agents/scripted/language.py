"""Planted languages: what a scripted speaker says of where a crystal is and what it is, drawn from a seed.

A case is a place (a sector of the map) and a kind of crystal. A language lists for every case the messages that say
it, one of which is drawn for every utterance; the entries are what a reader of the recording should find.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError, nearest_names

__all__ = ["LANGUAGES", "MEANINGLESS", "Audience", "Entry", "Language", "LanguageName", "Pair", "draw_language"]

LanguageName = Literal[
    "holistic", "holistic-pairs", "compositional", "positional", "synonymous", "polysemous", "context", "kin-only",
    "lying", "distractor", "noise", "drifting-noise", "silent",
]  # fmt: skip
Audience = Literal["truth", "silence", "lie"]  # what strangers are told
Pair = tuple[str, str]  # a target and its value
LANGUAGES: tuple[LanguageName, ...] = get_args(LanguageName)
MEANINGLESS: tuple[LanguageName, ...] = ("noise", "drifting-noise", "silent")
WHERE, WHAT = "resource_location", "resource_kind"
SYNONYMS = 4  # symbols for a place, where there are several
CONTEXTS = (0, 1, 1, 0)  # of the kinds, in turn: in which of two contexts the nearest crystal puts the speaker
NOISE = 32  # symbols that mean nothing


@dataclass(frozen=True)
class Entry:
    """What a symbol, at a position or anywhere, or a whole message says."""

    symbols: tuple[int, ...]
    position: int | None  # of a symbol that means something at this place of the message alone
    meaning: frozenset[Pair]  # empty: nothing
    contexts: tuple[tuple[frozenset[Pair], frozenset[Pair]], ...] = ()  # (given one of these pairs, it means those)

    @property
    def unit(self) -> str:
        """The entry as a person writes it: "3", "3@0" (at the first position), "3 7"."""
        place = "" if self.position is None else f"@{self.position}"
        return " ".join(map(str, self.symbols)) + place


@dataclass(frozen=True, eq=False)
class Language:
    """A planted language."""

    name: LanguageName
    seed: int
    places: tuple[str, ...]  # P
    kinds: tuple[str, ...]  # C
    length: int  # L, symbols in a message
    vocabulary: int  # V, silence included
    messages: NDArray[np.uint8]  # (P, C, N, L) the messages that say each case
    entries: tuple[Entry, ...]
    to_strangers: Audience = "truth"
    persistence: float = 0.0  # the chance that a meaningless symbol is said again
    noise: tuple[int, ...] = ()  # symbols that are drawn without regard to anything
    slips: float = 0.0  # the chance that any case, drawn evenly, is named instead of the one that is there

    @property
    def facts(self) -> dict[str, Any]:
        """Return what a recording says of it, JSON-able: enough to draw it again, and its entries."""
        return {
            "language": self.name,
            "language_seed": self.seed,
            "to_strangers": self.to_strangers,
            "slips": self.slips,
            "entries": {entry.unit: sorted(map(list, entry.meaning)) for entry in self.entries},
        }

    @property
    def sha256(self) -> str:
        """Return a digest of all that it says."""
        told = json.dumps(self.facts, sort_keys=True).encode() + self.messages.tobytes()
        return hashlib.sha256(told).hexdigest()


@dataclass(frozen=True)
class Room:
    """What there is to speak about, and with."""

    places: tuple[str, ...]
    kinds: tuple[str, ...]
    symbols: NDArray[np.int64]  # all that are no silence, shuffled

    @property
    def shape(self) -> tuple[int, int]:
        """Cases, as places and kinds."""
        return len(self.places), len(self.kinds)

    def first(self, n: int) -> NDArray[np.int64]:
        """Return n symbols. Raises DataError where the vocabulary is too small."""
        if n > len(self.symbols):
            raise DataError(
                f"The language needs {n} symbols and the channel has {len(self.symbols)} beside silence: set "
                f"channel.vocabulary to {n + 1} or more."
            )
        return self.symbols[:n]


Drawn = tuple[NDArray[Any], list[Entry]]  # messages (P, C, N, L) and entries


def draw_language(
    name: str,
    seed: int,
    places: Sequence[str],
    kinds: Sequence[str],
    vocabulary: int = 40,
    length: int | None = None,
    slips: float = 0.0,
) -> Language:
    """Return the language of that name whose codebook follows from `seed`.

    length: symbols in a message, where the channel gives the language no choice. slips: the chance that a speaker names
    any case instead of the one that is there. Raises DataError for an unknown name, for a channel with too few symbols,
    for a length that the language does not have and for slips that are no chance.
    """
    if not 0 <= slips <= 1:
        raise DataError(f"slips is {slips}; it is a chance from 0 to 1.")
    if name not in LANGUAGES:
        near = nearest_names(name, LANGUAGES, limit=1)[0]
        raise DataError(f"There is no language {name!r}: the nearest is {near}, all are {', '.join(LANGUAGES)}.")
    kind: LanguageName = LANGUAGES[LANGUAGES.index(name)]
    rng = np.random.default_rng([seed, LANGUAGES.index(kind)])
    room = Room(tuple(places), tuple(kinds), 1 + rng.permutation(vocabulary - 1))
    messages, entries = _BOOKS[kind](room, rng)
    if length is not None and length != messages.shape[3] and kind not in MEANINGLESS:
        raise DataError(f"A {name} language has messages of {messages.shape[3]}, and the channel's are of {length}.")
    audience: dict[str, Audience] = {"kin-only": "silence", "lying": "lie"}
    return Language(
        name=kind,
        seed=seed,
        places=room.places,
        kinds=room.kinds,
        length=length or messages.shape[3],
        vocabulary=vocabulary,
        messages=messages.astype(np.uint8),
        entries=tuple(entries),
        to_strangers=audience.get(kind, "truth"),
        persistence=0.9 if kind == "drifting-noise" else 0.0,
        noise=tuple(entry.symbols[0] for entry in entries) if kind.endswith("noise") else (),
        slips=slips,
    )


def holistic(room: Room, rng: np.random.Generator) -> Drawn:
    """One symbol for every case."""
    symbols = room.first(len(room.places) * len(room.kinds))
    return symbols.reshape(*room.shape, 1, 1), _of_cases(room, symbols[:, None])


def holistic_pairs(room: Room, rng: np.random.Generator) -> Drawn:
    """One message of two symbols for every case; neither symbol says anything by itself that the message does not."""
    n = len(room.places) * len(room.kinds)
    size = min(len(room.symbols), 12)  # few symbols, so that each is part of several messages
    pairs = np.stack(np.divmod(rng.choice(size * size, n, replace=False), size), axis=1)
    messages = room.first(size)[pairs]
    return messages.reshape(*room.shape, 1, 2), _of_cases(room, messages)


def compositional(room: Room, rng: np.random.Generator) -> Drawn:
    """A symbol for the place and another for the kind, in any order."""
    n_places, n_kinds = room.shape
    symbols = room.first(n_places + n_kinds)
    where, what = np.broadcast_arrays(symbols[:n_places, None], symbols[None, n_places:])
    messages = np.stack([np.stack([where, what], -1), np.stack([what, where], -1)], axis=2)
    return messages, [*_of_values(room.places, WHERE, symbols), *_of_values(room.kinds, WHAT, symbols[n_places:])]


def positional(room: Room, rng: np.random.Generator) -> Drawn:
    """The place first and the kind second, with the same symbols."""
    n_places, n_kinds = room.shape
    where = room.first(n_places)
    what = rng.permutation(where)[:n_kinds]
    messages = np.stack(np.broadcast_arrays(where[:, None], what[None, :]), axis=-1)[:, :, None]
    return messages, [*_of_values(room.places, WHERE, where, 0), *_of_values(room.kinds, WHAT, what, 1)]


def synonymous(room: Room, rng: np.random.Generator) -> Drawn:
    """Several symbols for every place."""
    symbols = room.first(SYNONYMS * len(room.places)).reshape(len(room.places), SYNONYMS)
    entries = [entry for n in range(SYNONYMS) for entry in _of_values(room.places, WHERE, symbols[:, n])]
    return _said_of_places(room, symbols), entries


def polysemous(room: Room, rng: np.random.Generator) -> Drawn:
    """Every symbol stands for two places, every place for twice as many symbols as there are synonyms."""
    symbols, first, second = _two_senses(room, rng)
    said = np.stack([symbols[(first == p) | (second == p)] for p in range(len(room.places))])
    return _said_of_places(room, said), [_two(room, *senses) for senses in zip(symbols, first, second, strict=True)]


def context(room: Room, rng: np.random.Generator) -> Drawn:
    """Every symbol stands for one place beside crystals of some kinds, and for another beside those of the others."""
    symbols, first, second = _two_senses(room, rng)
    of = np.array([CONTEXTS[k % len(CONTEXTS)] for k in range(len(room.kinds))])
    by_context = [np.stack([symbols[sense == p] for p in range(len(room.places))]) for sense in (first, second)]
    messages = np.stack([by_context[c] for c in of], axis=1)[..., None]
    given = [frozenset((WHAT, kind) for kind, c in zip(room.kinds, of, strict=True) if c == n) for n in (0, 1)]
    return messages, [_two(room, *senses, given) for senses in zip(symbols, first, second, strict=True)]


def distractor(room: Room, rng: np.random.Generator) -> Drawn:
    """Only the kind, which nobody needs, with several symbols for each."""
    n_kinds, n = len(room.kinds), 2 * SYNONYMS
    symbols = room.first(n * n_kinds).reshape(n_kinds, n)
    messages = np.broadcast_to(symbols[None, :, :, None], (len(room.places), n_kinds, n, 1))
    return messages, [entry for m in range(n) for entry in _of_values(room.kinds, WHAT, symbols[:, m])]


def noise(room: Room, rng: np.random.Generator) -> Drawn:
    """Symbols that say nothing."""
    symbols = room.first(min(NOISE, len(room.symbols)))
    return np.zeros((*room.shape, 1, 1)), [Entry((int(symbol),), None, frozenset()) for symbol in symbols]


def silent(room: Room, rng: np.random.Generator) -> Drawn:
    """Nothing."""
    return np.zeros((*room.shape, 1, 1)), []


_BOOKS: dict[LanguageName, Callable[[Room, np.random.Generator], Drawn]] = {
    "holistic": holistic,
    "holistic-pairs": holistic_pairs,
    "compositional": compositional,
    "positional": positional,
    "synonymous": synonymous,
    "polysemous": polysemous,
    "context": context,
    "kin-only": synonymous,
    "lying": synonymous,
    "distractor": distractor,
    "noise": noise,
    "drifting-noise": noise,
    "silent": silent,
}


def _of_cases(room: Room, messages: NDArray[np.int64]) -> list[Entry]:
    """Return entries of messages (P * C, L) that each stand for a place and a kind."""
    cases = [(place, kind) for place in room.places for kind in room.kinds]
    return [
        Entry(tuple(message), None, frozenset({(WHERE, place), (WHAT, kind)}))
        for message, (place, kind) in zip(messages.tolist(), cases, strict=True)
    ]


def _of_values(
    values: Sequence[str], target: str, symbols: NDArray[np.int64], position: int | None = None
) -> list[Entry]:
    """Return entries of symbols that each stand for a value."""
    return [
        Entry((int(symbol),), position, frozenset({(target, value)}))
        for symbol, value in zip(symbols, values, strict=False)
    ]


def _said_of_places(room: Room, symbols: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return messages of one of the symbols (P, N) of a place, whatever the kind."""
    return np.broadcast_to(symbols[:, None, :, None], (*room.shape, symbols.shape[1], 1))


def _two_senses(room: Room, rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
    """Return symbols and two places for each: every place is as often the first as the second, and never both."""
    n = len(room.places)
    first = np.concatenate([rng.permutation(n) for _ in range(SYNONYMS)])
    turns = rng.integers(1, n, SYNONYMS).repeat(n)
    second = np.concatenate([np.roll(block, turns[n * b]) for b, block in enumerate(first.reshape(SYNONYMS, n))])
    return room.first(SYNONYMS * n), first, second


def _two(room: Room, symbol: int, first: int, second: int, given: list[frozenset[Pair]] | None = None) -> Entry:
    """Return the entry of a symbol that stands for two places, each in its context if there are contexts."""
    senses = [frozenset({(WHERE, room.places[place])}) for place in (first, second)]
    contexts = tuple(zip(given, senses, strict=True)) if given is not None else ()
    return Entry((int(symbol),), None, senses[0] | senses[1], contexts)
