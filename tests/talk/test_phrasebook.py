"""From meanings to symbols and back: tolerant of order and abbreviations, and honest about what has no word."""

from dataclasses import replace

import pytest

from commlab.agents.scripted.policy import plant
from commlab.foundation.errors import DataError
from commlab.probes.decode.lexicon import Lexicon, read
from commlab.probes.planted.play import recording_of
from commlab.talk.phrasebook import Phrasebook, tokens


@pytest.fixture(scope="module")
def two_symbols() -> tuple[Phrasebook, dict[str, list[list[str]]]]:
    """A language that says colour and place with a symbol each, and its true entries."""
    agents = plant("compositional", 3)
    return Phrasebook(read(recording_of(agents, 96, 3), n_null=39), 2), agents.facts["scripted"]["entries"]


def test_every_planted_word_is_found_by_its_meaning(planted_agents, planted_lexicon: Lexicon) -> None:  # type: ignore[no-untyped-def]
    book = Phrasebook(planted_lexicon, 1)
    entries = planted_agents.facts["scripted"]["entries"]
    assert len(entries) == 8
    for form, pairs in entries.items():
        place = dict(pairs)["resource_location"]
        phrase = book.symbols_for(f"crystal {place}")
        assert phrase.symbols == (int(form),)
        assert ("resource_location", place) in phrase.meaning
        words = book.words((int(form),))
        assert words.text == phrase.text
        assert words.certainty is not None
        assert words.certainty > 0.9


@pytest.mark.parametrize(
    "wish",
    [
        "crystal north-east",
        "North East crystal",
        "NE",
        "the crystal is in the northeast",
        "crystals, ne",
        "go to the NE!",
    ],
)
def test_order_case_and_abbreviations_do_not_matter(planted_lexicon: Lexicon, wish: str) -> None:
    book = Phrasebook(planted_lexicon, 1)
    assert book.symbols_for(wish) == book.symbols_for("crystal in the north-east")


def test_north_is_not_north_east(planted_lexicon: Lexicon) -> None:
    book = Phrasebook(planted_lexicon, 1)
    assert book.symbols_for("north").symbols != book.symbols_for("north-east").symbols


def test_a_cell_may_be_named_where_it_comes_to_the_same(planted_lexicon: Lexicon) -> None:
    book = Phrasebook(planted_lexicon, 1)
    assert book.symbols_for("crystal at row 1, column 5").symbols == book.symbols_for("north").symbols


def test_parts_are_put_together(two_symbols) -> None:  # type: ignore[no-untyped-def]
    book, entries = two_symbols
    truth = {tuple(pairs[0]): int(form) for form, pairs in entries.items()}
    for colour in ("green", "blue"):
        for place, name in (("N", "north"), ("SW", "south-west")):
            phrase = book.symbols_for(f"{name} {colour} crystal")
            wanted = {truth["resource_kind", colour], truth["resource_location", place]}
            assert set(phrase.symbols) == wanted
            assert book.words(phrase.symbols).text == f"{colour} crystal in the {name}"
    assert 0 in book.symbols_for("yellow").symbols


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        ("crystal", "may mean 'crystal in the"),
        ("altar north", "have no word for 'altar north'; the nearest that they have are 'crystal in the north'"),
        ("blue banana", "have no word for 'blue banana'; the nearest"),
        ("", "Say a meaning in words"),
        ("?!", "Say a meaning in words"),
        ("x" * 500, "have no word"),
    ],
)
def test_what_has_no_word_is_told_in_a_sentence(planted_lexicon: Lexicon, wish: str, part: str) -> None:
    with pytest.raises(DataError) as error:
        Phrasebook(planted_lexicon, 1).symbols_for(wish)
    assert part in str(error.value)
    assert len(str(error.value)) < 500


def test_silence_can_be_said_and_unknown_words_have_no_meaning(planted_lexicon: Lexicon) -> None:
    book = Phrasebook(planted_lexicon, 1)
    assert book.symbols_for("silence").symbols == (0,)
    unused = next(symbol for symbol in range(1, 16) if not planted_lexicon.meaning(symbol))
    assert book.words((unused,)) == ("nothing we can tell", None)
    assert book.words((0,)).text is None


def test_without_a_lexicon_there_are_raw_symbols() -> None:
    book = Phrasebook(None, 1, "No lexicon yet.")
    assert book.words((3,)) == (None, None)
    assert book.to_plain() == []
    with pytest.raises(DataError, match="No lexicon yet"):
        book.symbols_for("north")


def test_words_that_matter() -> None:
    assert tokens("Crystal in the NORTH-East at row 3, column 12") == {"crystal", "NE", "3,12"}
    assert tokens("no crystals") == {"no", "crystal"}


def test_of_several_words_one_that_says_no_more_is_chosen(planted_lexicon: Lexicon) -> None:
    entry = next(entry for entry in planted_lexicon.entries if entry.meaning)
    (place,) = entry.evidence
    more = place._replace(target="resource_kind", value="green")
    surer = place._replace(share=place.share._replace(share=1.0))
    longer = replace(entry, symbols=(entry.symbols[0] + 1,), evidence=(surer, more))
    others = tuple(one for one in planted_lexicon.entries if one.symbols != longer.symbols and one is not entry)
    book = Phrasebook(replace(planted_lexicon, entries=(longer, entry, *others)), 1)
    assert book.symbols_for(f"crystal {place.value}").symbols == entry.symbols
