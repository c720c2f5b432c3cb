"""Planted languages: drawn from a seed, with the entries that their messages bear out."""

from collections import Counter

import numpy as np
import pytest

from commlab.agents.scripted.ground import SECTORS
from commlab.agents.scripted.language import LANGUAGES, Language, LanguageName, Pair, draw_language
from commlab.foundation.errors import DataError

KINDS = ("green", "yellow", "red", "blue")
SPEAKING = [name for name in LANGUAGES if name not in ("noise", "drifting-noise", "silent")]


def drawn(name: LanguageName | str, seed: int = 0) -> Language:
    return draw_language(name, seed, SECTORS, KINDS)


def said_of(language: Language, symbols: tuple[int, ...], position: int | None) -> Counter[Pair]:
    """How often each pair holds when a form is said, all cases and messages being as frequent."""
    counts: Counter[Pair] = Counter()
    for (p, k, _), message in np.ndenumerate(np.zeros(language.messages.shape[:3])):
        del message
        for said in language.messages[p, k].tolist():
            whole = tuple(said) == symbols
            part = len(symbols) == 1 and (
                symbols[0] in said if position is None else said[position : position + 1] == list(symbols)
            )
            if whole or part:
                counts["resource_location", language.places[p]] += 1
                counts["resource_kind", language.kinds[k]] += 1
    return counts


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_follows_from_its_seed(name: LanguageName) -> None:
    one, again, other = drawn(name), drawn(name), drawn(name, 1)
    assert one.facts == again.facts
    assert one.sha256 == again.sha256
    assert np.array_equal(one.messages, again.messages)
    assert one.sha256 != other.sha256
    assert name == "silent" or one.facts["entries"] != other.facts["entries"]


@pytest.mark.parametrize("name", SPEAKING)
def test_entries_are_what_the_messages_bear_out(name: LanguageName) -> None:
    language = drawn(name, 3)
    assert language.entries
    assert len({entry.unit for entry in language.entries}) == len(language.entries)
    for entry in language.entries:
        counts = said_of(language, entry.symbols, entry.position)
        total = sum(n for (target, _), n in counts.items() if target == "resource_location")
        for target, values in (("resource_location", SECTORS), ("resource_kind", KINDS)):
            planted = {value for named, value in entry.meaning if named == target}
            share = {value: counts[target, value] / total for value in values}
            if planted:
                assert {value for value in values if share[value] > 0} == planted
            else:
                assert max(share.values()) == min(share.values()), "what is not planted is not shifted"


@pytest.mark.parametrize("name", SPEAKING)
def test_no_symbol_is_silence_and_every_symbol_is_in_an_entry(name: LanguageName) -> None:
    language = drawn(name, 2)
    assert language.messages.min() > 0
    assert language.messages.max() < language.vocabulary
    known = {symbol for entry in language.entries for symbol in entry.symbols}
    assert set(np.unique(language.messages).tolist()) == known


def test_the_senses_of_a_context_dependent_symbol_are_two_and_each_has_its_kinds() -> None:
    for entry in drawn("context", 5).entries:
        (first, here), (second, there) = entry.contexts
        assert here | there == entry.meaning
        assert len(entry.meaning) == 2
        assert {kind for _, kind in first | second} == set(KINDS)
        assert not first & second


@pytest.mark.parametrize("name", ["polysemous", "context"])
def test_places_are_said_equally_often(name: str) -> None:
    language = drawn(name, 7)
    counts = Counter(value for entry in language.entries for _, value in entry.meaning)
    assert len(set(counts.values())) == 1
    assert set(counts) == set(SECTORS)


def test_positional_symbols_are_reused_and_compositional_ones_are_not() -> None:
    reused = {entry.symbols for entry in drawn("positional").entries if entry.position == 1}
    assert reused <= {entry.symbols for entry in drawn("positional").entries if entry.position == 0}
    language = drawn("compositional")
    assert len(language.entries) == len(SECTORS) + len(KINDS)
    assert np.array_equal(language.messages[:, :, 0], language.messages[:, :, 1, ::-1]), "either order"


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(DataError, match="nearest is holistic"):
        drawn("holystic")
    with pytest.raises(DataError, match=r"channel.vocabulary to 33 or more"):
        draw_language("holistic", 0, SECTORS, KINDS, vocabulary=16)
    with pytest.raises(DataError, match="messages of 2"):
        draw_language("positional", 0, SECTORS, KINDS, length=1)
