"""What messages mean, by a lexicon, and whether it was so when they were said."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.datasets.targets.labels import Labels
from commlab.foundation.errors import CommlabError

__all__ = ["Book", "Meanings", "Message", "Pair", "Phrase", "Words", "meanings_of"]

Array = np.ndarray[Any, Any]
Message = tuple[int, ...]
Pair = tuple[str, str]  # (target, value)
Words = Callable[[str, str], str]  # a target's value in words
UNKNOWN, TRUE, FALSE = 0, 1, 2


class Phrase(NamedTuple):
    """A message in words."""

    text: str | None  # None: nothing is known of it
    certainty: float | None  # the share of its uses at which that held
    meaning: tuple[Pair, ...] = ()
    together: bool = True  # pairs of several targets hold at once; else one or the other
    in_context: Mapping[str, tuple[str | None, float | None]] = {}  # "kin", "strangers": text and certainty


def plain_words(target: str, value: str) -> str:
    """A target's value in words, where nobody says it better."""
    return f"{target.removeprefix('feature.').replace('_', ' ')} is {value}"


class Book(NamedTuple):
    """A lexicon, as a page needs it."""

    phrases: Mapping[Message, Phrase]  # by tuples of symbols
    speakers: Collection[int] | None = None  # whose language it is; None: everybody's
    words: Words = plain_words


class Meanings(NamedTuple):
    """What is known of the messages of an episode."""

    phrases: list[dict[str, Any]]  # symbols, text, certainty, contexts
    targets: list[dict[str, Any]]  # name, and its values in words
    columns: dict[str, Array]  # "true" (T, A): 0 unknown, 1 true, 2 false; "target.<n>" (T, A): value, -1 unknown


def meanings_of(recording: Recording, said: Array, book: Book | None) -> Meanings:
    """The meanings of what was said (T, A, L) in the only episode of `recording`, an excerpt.

    A message is true where its meaning held for its speaker when it was said: at every target, or at any of them where
    they are alternatives.
    """
    if book is None:
        return Meanings([], [], {})
    messages = sorted({tuple(map(int, row)) for row in np.unique(said.reshape(-1, said.shape[-1]), axis=0)})
    phrases = {message: book.phrases[message] for message in messages if message in book.phrases}
    known = labels_of(recording, phrases)
    true = np.zeros(said.shape[:2], np.uint8)
    for message, phrase in phrases.items():
        where = (said == np.array(message)).all(axis=-1)
        if phrase.meaning and where.any():
            true[where] = truth(phrase, known, said.shape[:2])[where]
    if book.speakers is not None:
        true[:, [agent for agent in range(true.shape[1]) if agent not in book.speakers]] = UNKNOWN
    columns = {"true": true} | {
        f"target.{n}": np.where(labels.valid, labels.values, -1) for n, labels in enumerate(known.values())
    }
    targets = [
        {"name": name, "values": [book.words(name, value) for value in labels.names]} for name, labels in known.items()
    ]
    rows = [
        {
            "symbols": list(message),
            "text": phrase.text,
            "certainty": phrase.certainty,
            "targets": sorted({list(known).index(target) for target, _ in phrase.meaning if target in known}),
            "contexts": {name: list(told) for name, told in phrase.in_context.items()},
        }
        for message, phrase in phrases.items()
    ]
    return Meanings(rows, targets, columns)


def labels_of(recording: Recording, phrases: Mapping[Message, Phrase]) -> dict[str, Labels]:
    """The labels of every target that phrases are about, as far as they can be computed."""
    found: dict[str, Labels] = {}
    for name in sorted({target for phrase in phrases.values() for target, _ in phrase.meaning}):
        try:
            labels = find_target(name, recording).compute(recording)
        except CommlabError:  # what cannot be computed here is left open
            continue
        if labels.names:
            found[name] = labels
    return found


def truth(phrase: Phrase, known: Mapping[str, Labels], shape: tuple[int, ...]) -> Array:
    """Whether a phrase would have been true of each agent at each step, (T, A) uint8."""
    wanted: dict[str, set[str]] = {}
    for target, value in phrase.meaning:
        wanted.setdefault(target, set()).add(value)
    if any(target not in known for target in wanted):
        return np.full(shape, UNKNOWN, np.uint8)
    held = []
    valid = []
    for target, values in wanted.items():
        labels = known[target]
        codes = [n for n, name in enumerate(labels.names) if name in values]
        held.append(np.isin(labels.values, codes))
        valid.append(labels.valid)
    holds = np.all(held, axis=0) if phrase.together else np.any(held, axis=0)
    told: Array = np.where(np.all(valid, axis=0), np.where(holds, TRUE, FALSE), UNKNOWN).astype(np.uint8)
    return told
