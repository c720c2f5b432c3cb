"""The lexicon as an object: translations, words for a meaning, JSON and back, sentences."""

from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.probes.decode.lexicon import Entry, Evidence, Lexicon, Rate, Sense, Voices, entry_sentence, meaning_words

HALF = Rate(0.5, 0.4, 0.6, 50)
SURE = Rate(0.91, 0.85, 0.95, 212)


def evidence(target: str, value: str, share: Rate = SURE) -> Evidence:
    """Evidence of some size."""
    return Evidence(target, value, share, 0.125, share.share * 8, share.low * 8, share.high * 8, 0.005)


def entry(form: str, *pairs: tuple[str, str], **facts: Any) -> Entry:
    """An entry with a meaning."""
    symbols = tuple(int(symbol) for symbol in form.split() if symbol != "_")
    given: dict[str, Any] = {
        "position": None,
        "unit": "message",
        "n_uses": 900,
        "n_episodes": 212,
        "evidence": tuple(evidence(*pair) for pair in pairs),
        "truth": SURE if pairs else None,
        "voices": Voices("scouts", {0: 1.0}, "anybody", 0.5, 0.5, 0.5),
    }
    return Entry(form, symbols, **(given | facts))


def lexicon(*entries: Entry, unit: str = "message", length: int = 1) -> Lexicon:
    """A lexicon of some entries."""
    targets = tuple(dict.fromkeys(pair[0] for one in entries for pair in one.meaning))
    return Lexicon("speakers", unit, length, targets, {}, (), None, 212, entries)


NORTH = entry("7", ("resource_location", "NE"))
EITHER = entry("3", ("resource_location", "N"), ("resource_location", "SW"))
RARE = entry("4", n_episodes=7, why="it is said in 7 episodes, and 20 are needed")


def test_a_sentence_says_what_who_how_true_and_how_often() -> None:
    assert entry_sentence(NORTH) == (
        "7: crystal in the north-east, said by scouts, true 91 % of the time, n = 212 episodes"
    )
    assert entry_sentence(EITHER).startswith("3: crystal in the north or the south-west, said by scouts")
    assert entry_sentence(RARE) == (
        "4: nothing we can tell (it is said in 7 episodes, and 20 are needed), said by scouts, n = 7 episodes"
    )


def test_a_sentence_tells_lies_from_truths() -> None:
    low = Rate(0.1, 0.05, 0.2, 90)
    told = entry_sentence(entry("7", ("resource_location", "NE"), truth_to_kin=SURE, truth_to_strangers=low))
    assert "true 91 % of the time to kin and 10 % to strangers" in told
    same = entry_sentence(entry("7", ("resource_location", "NE"), truth_to_kin=SURE, truth_to_strangers=SURE))
    assert "strangers" not in same


def test_a_meaning_that_seldom_holds_is_called_a_tendency() -> None:
    low = Rate(0.3, 0.2, 0.4, 90)
    assert "7: more often than chance, crystal in the" in entry_sentence(
        entry("7", ("resource_location", "NE"), truth=low)
    )
    liar = entry("7", ("resource_location", "NE"), truth=low, truth_to_kin=SURE, truth_to_strangers=low)
    assert "chance" not in entry_sentence(liar)


@pytest.mark.parametrize(
    ("pairs", "together", "words"),
    [
        ([("resource_location", "NE"), ("resource_kind", "green")], True, "green crystal in the north-east"),
        ([("resource_location", "none")], True, "no crystal"),
        ([("resource_location", "N"), ("resource_location", "none")], True, "crystal in the north or no crystal"),
        ([("resource_location", "centre")], True, "crystal at the centre"),
        ([("resource_location.cell", "3,6")], True, "crystal at row 3, column 6"),
        ([("resource_location.offset", "S")], True, "crystal to the south"),
        ([("resource_location.red", "S")], True, "red crystal in the south"),
        ([("altar_location", "W"), ("resource_kind", "red")], True, "altar to the west and red crystal"),
        ([("altar_location", "W"), ("resource_kind", "red")], False, "altar to the west or red crystal"),
        ([("feature.colour", "red"), ("feature.colour", "blue")], True, "colour is red or blue"),
        ([("own_next_action", "use")], True, "speaker about to use"),
        ([("nearest_stranger_location", "E")], True, "stranger to the east"),
    ],
)
def test_meanings_in_words(pairs: list[tuple[str, str]], together: bool, words: str) -> None:
    assert meaning_words(pairs, together) == words


def test_a_message_is_translated_with_its_certainty() -> None:
    book = lexicon(NORTH, EITHER, RARE)
    found = book.translate(7)
    assert found.text == "crystal in the north-east"
    assert found.certainty == pytest.approx(0.91)
    assert found.meaning == {("resource_location", "NE")}
    assert found.entries == (NORTH,)
    assert book.translate("7") == book.translate([7]) == found
    for unknown in (4, 9):
        assert book.translate(unknown).text == "nothing we can tell"
        assert book.translate(unknown).certainty is None


def test_a_message_of_parts_is_translated_by_its_parts() -> None:
    place = entry("3 _", ("resource_location", "NE"), unit="position", position=0)
    kind = entry("_ 3", ("resource_kind", "green"), unit="position", position=1)
    book = lexicon(place, kind, unit="position", length=2)
    assert book.translate("3 3").text == "green crystal in the north-east"
    assert book.translate("3 3").certainty == pytest.approx(0.91**2)
    assert book.translate("3 5").text == "crystal in the north-east"
    assert book.meaning((5, 3)) == {("resource_kind", "green")}
    loose = lexicon(entry("3", ("resource_location", "NE"), unit="symbol"), unit="symbol", length=2)
    assert loose.meaning("9 3") == loose.meaning("3 9") == {("resource_location", "NE")}


def test_a_context_chooses_the_sense() -> None:
    senses = (
        Sense(("green", "red"), (evidence("resource_location", "N"),), SURE, 80),
        Sense(("blue",), (evidence("resource_location", "SW"),), HALF, 60),
    )
    one = entry("3", ("resource_location", "N"), ("resource_location", "SW"), context="resource_kind", senses=senses)
    book = lexicon(one)
    assert book.translate(3, "blue").text == "crystal in the south-west"
    assert book.translate(3, "blue").certainty == 0.5
    assert book.meaning(3, context="red") == {("resource_location", "N")}
    assert len(book.meaning(3)) == 2
    assert "crystal in the north (where the crystal is green or red), crystal in the south-west" in entry_sentence(one)


def test_words_for_a_meaning_are_found_the_most_telling_first() -> None:
    weak = entry("5", evidence=(evidence("resource_location", "NE", HALF),), truth=HALF)
    tied = entry("6", ("altar_location", "N"), also=(evidence("resource_location", "NE", Rate(0.7, 0.6, 0.8, 9)),))
    book = lexicon(weak, NORTH, EITHER, tied)
    assert [one.form for one in book.symbols_for("resource_location", "NE")] == ["7", "6", "5"]
    assert book.symbols_for("resource_location", "W") == ()
    assert book.meaning(6, target="resource_location") == {("resource_location", "NE")}


def test_json_and_back_is_the_same_lexicon(tables: Any) -> None:
    found = tables.read(tables.plant("lying", seed=1, n_episodes=80), n_null=59)
    book = lexicon(*found.entries)
    assert Lexicon.from_json(book.to_json()) == book
    assert any(one.senses for one in book.entries)
    assert any(one.exceptions for one in book.entries)


def test_what_is_no_lexicon_or_no_message_is_refused() -> None:
    with pytest.raises(DataError, match="not a saved lexicon"):
        Lexicon.from_json("{")
    with pytest.raises(DataError, match="not a saved lexicon"):
        Lexicon.from_json('{"of": "speakers"}')
    book = lexicon(NORTH)
    with pytest.raises(DataError, match="has 1 symbols"):
        book.translate("3 7")
    with pytest.raises(DataError, match="has 1 symbols"):
        book.translate("x")
    with pytest.raises(DataError, match="no entry '9'"):
        book.entry("9")
    assert book.entry("7") is NORTH
