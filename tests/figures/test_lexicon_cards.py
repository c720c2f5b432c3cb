"""The cards of a lexicon: one for each symbol that means something, with its numbers and its maps, none overlapping."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import AxesImage
from matplotlib.text import Text

from commlab.figures import draw, save
from commlab.figures.lexicon_cards import MOST_CARDS, caption, meaning_of, rows, table
from commlab.foundation.result import Result


def entry(form: str, meaning: str, truth: list[float] | None, n_uses: int = 500, **changes: Any) -> dict[str, Any]:
    """A lexicon's entry as it is saved."""
    said = f"{form}: {meaning}, said by scouts, true {100 * (truth or [0])[0]:.0f} % of the time, n = 120 episodes"
    return {
        "form": form, "symbols": [1], "n_uses": n_uses, "n_episodes": 120, "truth": truth, "sentence": said,
        "evidence": [["resource_location", "N", [0.9, 0.85, 0.95, 120], 0.12, 7.5, 7.0, 7.9, 0.005]] if truth else [],
    } | changes  # fmt: skip


def lexicon(entries: list[dict[str, Any]], maps: dict[str, Any] | None) -> Result:
    """A saved lexicon."""
    return Result(
        "lexicon", "lexicon", 1.0, "share of entries with a meaning", None, None, 0.005, 160, "They speak of crystals.",
        {"lexicon": {"of": "speakers", "entries": entries}, "maps": maps}, {"checkpoint": "ab"},
    )  # fmt: skip


MAPS = {
    "height": 5, "width": 7, "grid": [[1] * 7, *[[1, 0, 0, 2, 0, 0, 1]] * 3, [1] * 7],
    "codes": {"0": "empty", "1": "wall", "2": "altar"}, "place": "resource_location.cell",
    "named": {"7": [[1, 2, 0.9], [3, 5, 0.1]], "3": [[2, 2, 1.0]]},
    "speakers": {"7": [[2, 3, 1.0]], "3": [[2, 3, 1.0]]},
}  # fmt: skip
TRUE = [0.9, 0.85, 0.95, 120]


@pytest.fixture
def book() -> Result:
    """Two words and a silence."""
    return lexicon(
        [entry("silence", "nothing we can tell", None), entry("7", "crystal in the north", TRUE),
         entry("3", "crystal in the west and another agent in the south or the south-west or the west", TRUE)],
        MAPS,
    )  # fmt: skip


@pytest.fixture
def told(results: dict[str, Any]) -> Result:
    """Where listeners go, of the same agents."""
    return replace(results["symbol_destinations"], provenance={"checkpoint": "ab"})


def written(data: Any) -> list[str]:
    return [text.get_text() for text in draw(data).findobj(Text) if text.get_text()]


def test_each_symbol_has_its_meaning_truth_and_n(book: Result) -> None:
    texts = written(book)
    assert {"7", "3", "crystal in the north", "true 90 % (85–95), n = 120 episodes"} <= set(texts)
    assert any("no meaning that we can tell: silence" in text for text in texts)
    assert "crystal when said" in texts


def test_what_listeners_do_stands_beside_it(book: Result, told: Result) -> None:
    texts = written([book, told])
    assert any("told it, 86 % go there (untouched 13 %)" in text for text in texts)
    assert texts.count("listeners told it") == 2
    assert len(draw([book, told]).findobj(AxesImage)) == 4  # two maps a card


def test_destinations_of_other_agents_are_left_out(book: Result, told: Result) -> None:
    stranger = replace(told, provenance={"checkpoint": "cd"})
    assert "listeners told it" not in written([book, stranger])
    assert "was not tried" in caption([book, stranger])


def test_without_maps_the_values_stand_alone(book: Result) -> None:
    bare = replace(book, details={"lexicon": book.details["lexicon"], "maps": None})
    assert "how often; tick: by chance" in written(bare)
    older = replace(book, details={"lexicon": book.details["lexicon"]})
    assert written(older) == written(bare)


def test_a_large_lexicon_shows_its_commonest_symbols_and_says_so() -> None:
    entries = [entry(str(n), "crystal in the north", TRUE, n_uses=n) for n in range(1, 31)]
    texts = written(lexicon(entries, None))
    assert str(30) in texts
    assert str(30 - MOST_CARDS) not in texts
    assert any(f"{30 - MOST_CARDS} rarer entries" in text for text in texts)
    assert len(table(lexicon(entries, None))) == 30


def test_cards_stand_in_the_order_of_their_symbols() -> None:
    entries = [entry(form, "crystal in the north", TRUE) for form in ("10", "2", "1 2", "1")]
    texts = [text for text in written(lexicon(entries, None)) if text in {"10", "2", "1 2", "1"}]
    assert texts == ["1", "1 2", "2", "10"]


def test_a_lexicon_without_meanings_says_so() -> None:
    assert any("No entry means anything" in text for text in written(lexicon([entry("4", "nothing", None)], None)))


def test_no_text_of_a_card_overlaps_another(book: Result, told: Result) -> None:
    figure = draw([book, told])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.findobj(Text) if text.get_text()]
    for index, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_the_csv_holds_every_cell_and_interval(book: Result, told: Result, tmp_path: Path) -> None:
    assert save("lexicon_cards", [book, told], tmp_path)[2].stat().st_size > 1000
    found = rows([book, told])
    truth = next(row for row in found if row["form"] == "7" and row["quantity"] == "truth")
    assert (truth["value"], truth["low"], truth["high"], truth["n"]) == (0.9, 0.85, 0.95, 120)
    named = [row for row in found if row["form"] == "7" and row["quantity"] == "named"]
    assert [(row["row"], row["column"], row["value"]) for row in named] == [(1, 2, 0.9), (3, 5, 0.1)]


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("7: crystal in the north, said by scouts, true 9 % of the time, n = 3 episodes", "crystal in the north"),
        (
            "7: a (to kin), b (to strangers), said by agent 2 to kin only, true 9 %, n = 3",
            "a (to kin), b (to strangers)",
        ),
        ("7: crystal, true 5 % of the time", "crystal"),
    ],
)
def test_the_meaning_is_read_from_the_sentence(sentence: str, meaning: str) -> None:
    assert meaning_of({"form": "7", "sentence": sentence}) == meaning
