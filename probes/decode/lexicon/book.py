"""The lexicon as an object: looked up, asked for a word, used to translate, written as JSON and read back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from commlab.foundation.cards import card, span, table
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result, to_plain
from commlab.probes.decode.lexicon.entries import Entry, Pair, Sense, entry_from
from commlab.probes.decode.lexicon.words import entry_sentence, meaning_words

__all__ = ["Lexicon", "Message", "Translation"]

Message = int | str | Sequence[int]
UNKNOWN = "nothing we can tell"


class Translation(NamedTuple):
    """A message in words."""

    text: str
    certainty: float | None  # the share of its uses at which that held; of several parts, the product; None: no meaning
    meaning: frozenset[Pair]
    entries: tuple[Entry, ...]  # that it rests on


@dataclass(frozen=True)
class Lexicon:
    """What each message, or part of one, means."""

    of: str  # whose language: "speakers", "scout"
    unit: str  # what the entries are: "message", "position" (a symbol in its place), "symbol" (anywhere)
    length: int  # symbols in a message
    targets: tuple[str, ...]  # that it is about, the most telling first
    ties: dict[str, tuple[str, ...]]  # of each of them, the targets that it cannot be told from
    followers: tuple[str, ...]  # targets that messages tell of only because they follow from these
    context: str | None  # the variable that meanings depend on
    n_episodes: int
    entries: tuple[Entry, ...]
    words: dict[int, str] = field(default_factory=dict)  # what symbols are called, where they have names
    sequences: tuple[Entry, ...] = ()  # of messages over time that come more often than their parts predict

    def __repr__(self) -> str:
        lines = [f"  {entry_sentence(entry)}" for entry in self.entries if entry.meaning]
        return "\n".join([f"Lexicon of {self.of}: {len(lines)} of {len(self.entries)} entries mean something.", *lines])

    def _repr_html_(self) -> str:
        known = [entry for entry in self.entries if entry.meaning]
        rest = [entry.form for entry in self.entries if not entry.meaning]
        note = f"Nothing we can tell of {', '.join(rest)}." if rest else ""
        columns = ("form", "meaning", "true of its uses", "95 %", "lift", "said by", "to whom", "episodes")
        return card(
            f"Lexicon of {self.of}, from {self.n_episodes:,} episodes", [table(columns, [*map(_row, known)])], note
        )

    def entry(self, form: str) -> Entry:
        """The entry written so: "7", "3 7", "_ 7", "silence". Raises DataError where there is none."""
        for entry in (*self.entries, *self.sequences):
            if entry.form == form:
                return entry
        known = ", ".join(entry.form for entry in self.entries[:12])
        raise DataError(f"The lexicon has no entry {form!r}: it has {known}{', …' if len(self.entries) > 12 else ''}.")

    def entries_of(self, message: Message) -> tuple[Entry, ...]:
        """The entries that a message is made of. Raises DataError where it has not the right number of symbols."""
        symbols = self.symbols(message)
        if self.unit == "message":
            return tuple(entry for entry in self.entries if entry.unit == "message" and entry.symbols == symbols)
        return tuple(
            entry
            for entry in self.entries
            if entry.unit == self.unit
            and (entry.symbols[0] in symbols if entry.position is None else entry.symbols[0] == symbols[entry.position])
        )

    def meaning(self, message: Message, target: str | None = None, context: str | None = None) -> frozenset[Pair]:
        """The (target, value) pairs of a message; empty where there is nothing we can tell.

        target: in the terms of one target, which may be one that a chosen target cannot be told from; context: the
        value of the lexicon's context ("kin", "green") in which it is said.
        """
        found: set[Pair] = set()
        for entry in self.entries_of(message):
            if target is not None:
                found |= entry.meaning_in(target)
            else:
                sense = sense_in(entry, context)
                found |= entry.meaning if sense is None else sense.meaning
        return frozenset(found)

    def translate(self, message: Message, context: str | None = None) -> Translation:
        """A message in words, with its certainty."""
        told: list[tuple[frozenset[Pair], bool]] = []
        rested: list[Entry] = []
        certainty: float | None = None
        for entry in self.entries_of(message):
            sense = sense_in(entry, context)
            meaning = entry.meaning if sense is None else sense.meaning
            truth = entry.truth if sense is None else sense.truth
            if not meaning or truth is None:
                continue
            told.append((meaning, entry.together))
            rested.append(entry)
            certainty = truth.share * (1.0 if certainty is None else certainty)
        pairs = frozenset(pair for meaning, _ in told for pair in meaning)
        if all(together for _, together in told):
            text = meaning_words(sorted(pairs))
        else:
            text = " and ".join(meaning_words(sorted(meaning), together) for meaning, together in told)
        return Translation(text or UNKNOWN, certainty, pairs, tuple(rested))

    def symbols_for(self, target: str, value: str, context: str | None = None) -> tuple[Entry, ...]:
        """The entries that are said of a value, those that are most often true of it first."""
        found = []
        for entry in self.entries:
            sense = sense_in(entry, context)
            evidence = (*(entry.evidence if sense is None else sense.evidence), *entry.also)
            shares = [one.share.share for one in evidence if one.pair == (target, value)]
            if shares:
                found.append((max(shares), entry))
        return tuple(entry for _, entry in sorted(found, key=lambda pair: -pair[0]))

    def symbols(self, message: Message) -> tuple[int, ...]:
        """A message as its symbols; a shorter one ends in silence. Raises DataError where it is none."""
        given = message.split() if isinstance(message, str) else [message] if isinstance(message, int) else message
        number = {name: symbol for symbol, name in self.words.items()} | {"silence": 0}
        try:
            found = [int(number.get(str(symbol), symbol)) for symbol in given]
        except (TypeError, ValueError):
            found = []
        if not 1 <= len(found) <= self.length:
            example = " ".join(map(str, range(3, 3 + self.length)))
            raise DataError(
                f"A message of this language has {self.length} symbols, such as {example}, not {message!r}."
            )
        return (*found, *(0,) * (self.length - len(found)))

    def sentences(self) -> tuple[str, ...]:
        """Every entry as a sentence."""
        return tuple(entry_sentence(entry) for entry in self.entries)

    def to_plain(self) -> dict[str, Any]:
        """The lexicon in JSON's own types, with a sentence an entry."""
        plain: dict[str, Any] = to_plain(asdict(self), "lexicon")
        rows = [*plain["entries"], *plain["sequences"]]
        for entry, row in zip((*self.entries, *self.sequences), rows, strict=True):
            row["sentence"] = entry_sentence(entry)
        return plain

    def to_json(self) -> str:
        """The lexicon as JSON text."""
        return json.dumps(self.to_plain(), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Self:
        """The lexicon whose plain form is `data`. Raises DataError where it is none."""
        try:
            given = dict(data)
            for name in ("entries", "sequences"):
                given[name] = tuple(entry_from(row) for row in given[name])
            given["ties"] = {target: tuple(others) for target, others in given["ties"].items()}
            given["words"] = {int(symbol): name for symbol, name in given["words"].items()}
            for name in ("targets", "followers"):
                given[name] = tuple(given[name])
            return cls(**given)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"This is not a saved lexicon ({error!r}): run commlab lexicon again to make it."
            ) from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The lexicon that `to_json` wrote. Raises DataError where the text is none."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"This text is not a saved lexicon ({error}): run commlab lexicon again.") from error
        return cls.from_plain(data)

    @classmethod
    def from_result(cls, result: Result) -> Self:
        """The lexicon in a result of `fit`. Raises DataError where it holds none."""
        if "lexicon" not in result.details:
            raise DataError(f"The result {result.name} holds no lexicon: {result.sentence}")
        return cls.from_plain(to_plain(result.details["lexicon"], "lexicon"))


def _row(entry: Entry) -> tuple[Any, ...]:
    """The cells of an entry that has a meaning."""
    meaning = meaning_words([found.pair for found in entry.evidence], entry.together)
    true = (entry.truth.share, span((entry.truth.low, entry.truth.high))) if entry.truth else (None, "–")
    voices = (entry.voices.said_by, entry.voices.to_whom) if entry.voices else ("–", "–")
    return (entry.form, meaning, *true, max(one.lift for one in entry.evidence), *voices, entry.n_episodes)


def sense_in(entry: Entry, context: str | None) -> Sense | None:
    """The sense of an entry in a context; None where it has no sense of its own there."""
    return next((sense for sense in entry.senses if context in sense.values), None)
