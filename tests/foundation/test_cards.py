"""How things look in a notebook: escaped, readable on any background."""

from commlab.foundation.cards import card, digits, span, table
from commlab.foundation.result import Null, Result, Results, undefined

NASTY = "<script>alert('x')</script>"


def made(**changes: object) -> Result:
    null = Null("whole episodes permuted", 0.1, 0.05, 0.15, 199)
    facts = {"analysis": "probe", "name": "probe-x", "estimate": 0.61234, "unit": "balanced accuracy"}
    return Result(**{**facts, "interval": (0.58, 0.64), "null": null, "p_value": 0.005, "n_episodes": 160,
                     "sentence": "Found. In detail.", **changes})  # type: ignore[arg-type]  # fmt: skip


def test_every_text_is_escaped() -> None:
    result = made(name=NASTY, unit=NASTY, sentence=NASTY)
    pages = [
        card(NASTY, [table([NASTY], [[NASTY]])], NASTY),
        result._repr_html_(),
        Results({NASTY: result})._repr_html_(),
    ]
    for page in pages:
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_a_card_sets_no_colour() -> None:
    page = made()._repr_html_()
    assert "color" not in page
    assert "background" not in page


def test_a_result_tells_its_numbers() -> None:
    assert repr(made()) == "Result('probe-x': 0.612 balanced accuracy, 95 % 0.58 to 0.64, p = 0.005, 160 episodes)"
    page = made()._repr_html_()
    for told in ("0.612", "0.58 to 0.64", "0.1 (0.05 to 0.15)", "whole episodes permuted", "160", "Found. In detail."):
        assert told in page


def test_a_result_without_an_estimate_says_so() -> None:
    result = undefined("probe", "probe-y", "bits", "nothing is said", 3)
    assert repr(result) == "Result('probe-y': undefined, 3 episodes)"
    assert "nothing is said" in result._repr_html_()


def test_a_verdict_shows_its_evidence() -> None:
    row = {"part": "listening", "about": None, "estimate": 0.2, "unit": "bits", "interval": None, "holds": None}
    page = made(analysis="verdict", details={"evidence": [row]})._repr_html_()
    assert "listening" in page
    assert "unclear" in page


def test_results_are_a_table_of_first_sentences() -> None:
    assert repr(Results()) == "No results."
    page = Results({"probe-x": made()})._repr_html_()
    assert "Found." in page
    assert "In detail" not in page


def test_numbers_are_short_and_to_the_right() -> None:
    assert [digits(value) for value in (None, 0.12345, 12345.6, 12345, -0.0, True, "a")] == [
        "–", "0.123", "12,346", "12,345", "0", "True", "a",
    ]  # fmt: skip
    assert digits(-2.8e-19) == "0"
    assert span(None) == "–"
    assert "text-align:right" in table(["n"], [[1], [None]])
    assert "text-align:right" not in table(["n"], [["1"]])


def test_of_many_rows_the_first_are_shown() -> None:
    page = table(["n"], [[n] for n in range(100)])
    assert "… and 40 more" in page
    assert page.count("<tr>") == 61
