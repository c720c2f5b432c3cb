"""The phrasebook: from what a person means to symbols that agents know, and from their symbols to words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import Any, NamedTuple

from commlab.foundation.errors import DataError
from commlab.probes.decode.lexicon import Entry, Lexicon, entry_sentence, meaning_words

__all__ = ["Phrase", "Phrasebook", "Words"]

Symbols = tuple[int, ...]
Pair = tuple[str, str]
SILENCE = "silence"
_COMPASS = {"north": "N", "east": "E", "south": "S", "west": "W"}
_SHORT = {"n": "N", "e": "E", "s": "S", "w": "W", "ne": "NE", "se": "SE", "sw": "SW", "nw": "NW"}
_EMPTY = frozenset(("a", "an", "and", "at", "go", "is", "in", "it", "of", "on", "speaker", "the", "there", "to"))
_SILENT = frozenset(("silence", "silent", "nothing", "quiet"))
_MOST = 3  # parts of a message that are put together
_NEAR = 4  # phrases in an error


class Words(NamedTuple):
    """A message in words."""

    text: str | None  # None: it is silence that means nothing, or of a language that the lexicon does not hold
    certainty: float | None  # share of its uses at which that held


class Phrase(NamedTuple):
    """What is said for a meaning."""

    symbols: Symbols
    text: str
    certainty: float
    meaning: frozenset[Pair]
    plain: bool = True  # in the terms of the targets that the language is about, not of others that come to the same


class Part(NamedTuple):
    """A symbol, or a message, with something that it means."""

    symbols: tuple[int | None, ...]  # None: a place that another part may fill
    meaning: frozenset[Pair]
    share: float
    plain: bool


class Phrasebook:
    """A lexicon made ready for a conversation; without one, there are only raw symbols."""

    def __init__(self, lexicon: Lexicon | None, length: int, note: str | None = None) -> None:
        """Take a lexicon of messages of `length` symbols; `note` says why there is none."""
        self.lexicon, self.length, self.note = lexicon, length, note
        self._parts = parts_of(lexicon) if lexicon is not None else []
        self._words: dict[tuple[Symbols, str | None], Words] = {}

    def words(self, symbols: Symbols, context: str | None = None) -> Words:
        """A message in words, with its certainty; `context` is "kin" or "strangers" where that is known."""
        key = (symbols, context)
        if key not in self._words:
            self._words[key] = self._translate(symbols, context)
        return self._words[key]

    def _translate(self, symbols: Symbols, context: str | None) -> Words:
        """Look a message up."""
        if self.lexicon is None:
            return Words(None, None)
        found = self.lexicon.translate(symbols, context if self.lexicon.context == "audience_kinship" else None)
        if found.certainty is None and not any(symbols):
            return Words(None, None)
        return Words(found.text, found.certainty)

    def symbols_for(self, wish: str, kinship: float = 1.0) -> Phrase:
        """What is said for a meaning such as "crystal north-east"; case, order and abbreviations do not matter.

        Raises DataError, with the nearest phrases, where the lexicon has nothing for it, or too much.
        """
        wanted = tokens(wish)
        if not wanted:
            raise DataError(f"Say a meaning in words, such as {self._example()!r}, not {wish!r:.60}.")
        if self.lexicon is None:
            raise DataError(f"{self.note or 'There is no lexicon.'} Until then, say symbols by their numbers.")
        context = "kin" if kinship > 0 else "strangers"
        found = best(self._phrases(wanted, context), wanted)
        if len({phrase.meaning for phrase in found}) == 1 or len({phrase.symbols for phrase in found}) == 1:
            return max(found, key=lambda phrase: (self._says_no_more(phrase), phrase.certainty))
        if not found and wanted <= _SILENT:
            return Phrase((0,) * self.length, SILENCE, 1.0, frozenset())
        if found:
            meant = listed(list(dict.fromkeys(phrase.text for phrase in found)))
            raise DataError(f"{wish!r:.60} may mean {meant}; say which.")
        near = nearest(wish, self.phrases())
        raise DataError(f"The agents have no word for {wish!r:.60}; the nearest that they have are {listed(near)}.")

    def _says_no_more(self, phrase: Phrase) -> bool:
        """Whether the message of a phrase means that and nothing else."""
        return self.lexicon is not None and self.lexicon.meaning(phrase.symbols) == phrase.meaning

    def phrases(self) -> list[str]:
        """Every single meaning that has a word, in words."""
        return list(dict.fromkeys(meaning_words(sorted(part.meaning)) for part in self._parts))

    def to_plain(self) -> list[dict[str, Any]]:
        """Every entry with its meaning, for a page; those with a meaning first."""
        if self.lexicon is None:
            return []
        rows = [self._row(entry) for entry in self.lexicon.entries]
        return sorted(rows, key=lambda row: row["phrase"] is None)

    def _row(self, entry: Entry) -> dict[str, Any]:
        """An entry as a row of the phrasebook."""
        pairs = [found.pair for found in entry.evidence]
        return {
            "form": entry.form,
            "symbols": list(entry.symbols),
            "phrase": meaning_words(pairs, entry.together) if pairs else None,
            "meaning": [list(pair) for pair in pairs],
            "certainty": entry.truth.share if entry.truth is not None and pairs else None,
            "said_by": entry.voices.said_by if entry.voices is not None else None,
            "sentence": entry_sentence(entry),
        }

    def _phrases(self, wanted: frozenset[str], context: str) -> list[Phrase]:
        """All that holds the wanted words: single parts first, then parts together."""
        touching = [part for part in self._parts if words_of(part.meaning) & wanted]
        for n_parts in range(1, min(_MOST, self.length) + 1):
            found = [together(parts, self.length) for parts in combinations(touching, n_parts)]
            phrases = [phrase for phrase in found if phrase is not None and wanted <= words_of(phrase.meaning)]
            if phrases:
                return self._in_context(phrases, context)
        return []

    def _in_context(self, phrases: list[Phrase], context: str) -> list[Phrase]:
        """Those that mean it to such an audience, where meanings depend on the audience and there are such."""
        if self.lexicon is None or self.lexicon.context != "audience_kinship":
            return phrases
        book = self.lexicon
        return [p for p in phrases if p.meaning <= book.meaning(p.symbols, context=context)] or phrases

    def _example(self) -> str:
        """A phrase to show."""
        return next(iter(self.phrases()), "crystal north-east")


def parts_of(lexicon: Lexicon) -> list[Part]:
    """Everything that entries mean, pair by pair, and all together where an entry means several things at once."""
    found: dict[tuple[tuple[int | None, ...], frozenset[Pair]], Part] = {}
    for entry in lexicon.entries:
        if not entry.meaning:
            continue
        symbols = placed(entry, lexicon.length)
        if entry.together and len({target for target, _ in entry.meaning}) > 1 and entry.truth is not None:
            found[symbols, entry.meaning] = Part(symbols, entry.meaning, entry.truth.share, True)
        own = [*entry.evidence, *(one for sense in entry.senses for one in sense.evidence)]
        for one, plain in [*((one, True) for one in own), *((one, False) for one in entry.also)]:
            key = (symbols, frozenset((one.pair,)))
            if key not in found or found[key].share < one.share.share:
                found[key] = Part(symbols, key[1], one.share.share, plain or (key in found and found[key].plain))
    return sorted(found.values(), key=lambda part: not part.plain)


def placed(entry: Entry, length: int) -> tuple[int | None, ...]:
    """The symbols of an entry in a message; None where another may stand, a single one of None: anywhere."""
    if entry.unit == "message":
        return (*entry.symbols, *(0,) * (length - len(entry.symbols)))
    if entry.position is None:
        return entry.symbols
    return tuple(entry.symbols[0] if place == entry.position else None for place in range(length))


def together(parts: Sequence[Part], length: int) -> Phrase | None:
    """The message that parts make together; None where they do not fit into one."""
    message: list[int | None] = [None] * length
    for part in parts:
        if len(part.symbols) == length and (length > 1 or len(parts) == 1):
            for place, symbol in enumerate(part.symbols):
                if symbol is not None and message[place] is not None:
                    return None
                message[place] = message[place] if symbol is None else symbol
        elif None in message:
            message[message.index(None)] = part.symbols[0]
        else:
            return None
    targets = [target for part in parts for target, _ in part.meaning]
    if len(parts) > 1 and len(set(targets)) < len(targets):
        return None
    meaning = frozenset(pair for part in parts for pair in part.meaning)
    share = 1.0
    for part in parts:
        share *= part.share
    plain = all(part.plain for part in parts)
    return Phrase(tuple(symbol or 0 for symbol in message), meaning_words(sorted(meaning)), share, meaning, plain)


def best(phrases: Iterable[Phrase], wanted: frozenset[str]) -> list[Phrase]:
    """The phrases that say the least beyond what is wanted, in plain terms where that can be."""
    extra = [((len(words_of(phrase.meaning) - wanted), not phrase.plain), phrase) for phrase in phrases]
    least = min((rank for rank, _ in extra), default=None)
    return [phrase for rank, phrase in extra if rank == least]


def words_of(meaning: frozenset[Pair]) -> frozenset[str]:
    """The words that a meaning may be said with."""
    return tokens(meaning_words(sorted(meaning)))


def tokens(text: str) -> frozenset[str]:
    """The words of a phrase that matter: directions in one way, places as "row,column"."""
    text = re.sub(r"row\s*(\d+)\W*column\s*(\d+)", r" \1,\2 ", text.lower())
    text = re.sub(r"\b(north|south)[\s-]*(east|west)\b", lambda m: _COMPASS[m[1]] + _COMPASS[m[2]], text)
    words = re.findall(r"\d+\s*,\s*\d+|[^\W_]+", text)
    return frozenset(one_form(re.sub(r"\s", "", word)) for word in words if word not in _EMPTY)


def one_form(word: str) -> str:
    """A word in its one form."""
    word = word.lower()
    return _COMPASS.get(word) or _SHORT.get(word) or word.removesuffix("s")


def nearest(wish: str, phrases: list[str]) -> list[str]:
    """The phrases that share the most words with a wish, or are spelled most like it."""
    wanted = tokens(wish)
    alike = sorted(phrases, key=lambda phrase: -len(tokens(phrase) & wanted))
    shared = [phrase for phrase in alike if tokens(phrase) & wanted]
    return (shared or get_close_matches(wish, phrases, _NEAR, 0.4) or phrases)[:_NEAR]


def listed(phrases: Sequence[str]) -> str:
    """Phrases in a sentence."""
    quoted = [repr(phrase) for phrase in phrases[:_NEAR]]
    rest = ["…"] if len(phrases) > _NEAR else []
    return ", ".join(quoted + rest) or "none at all"
