"""Runs on one page: differences and means with their intervals, and what must not be concluded from them."""

import html
import json
import re
from pathlib import Path


def text_of(path: Path) -> str:
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", path.read_text("utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(words).split())


def test_two_runs_are_held_claim_by_claim(pair: Path) -> None:
    text = text_of(pair)
    assert pair.name == "report-compare-seed1.html"
    assert "seed0 and seed1 differ in 1 of 3 numbers that have an interval." in text
    assert "0.90 in seed0, 0.50 in seed1; difference 0.40, 95 % interval 0.36 to 0.44." in text
    assert "Not told apart: return lost with other episodes' messages; return, hearing each other." in text
    assert "takes several seeds of each" in text
    assert pair.read_text("utf-8").count("<svg") == 1 + 2 * 2  # the numbers, and two claims of both


def test_that_runs_were_helped_in_other_ways_is_told(pair: Path) -> None:
    assert "helped to speak in different ways" in text_of(pair)


def test_many_runs_have_means_with_intervals_over_runs(many: Path) -> None:
    text = text_of(many)
    assert many.name == "report-compare-seed1-seed2-seed3.html"
    assert "mean over runs (95 % interval)" in text
    assert re.search(r"0\.7[23] \(0\.45 to 1\.00\)", text)
    assert "Student" in text


def test_the_numbers_are_saved_beside_the_page(pair: Path, many: Path) -> None:
    for path in (pair, many):
        saved = json.loads(path.with_suffix(".json").read_text("utf-8"))
        assert saved["analysis"] == "comparison"
        assert (path.parent / "figures" / f"{path.stem.replace('report-compare', 'comparison')}.csv").is_file()


def test_a_colleagues_run_is_left_as_it_was(pair: Path) -> None:
    other = pair.parents[1] / "seed1"
    assert [path.name for path in other.iterdir()] == ["results"]
    drawn = {path.name for path in (pair.parent / "figures" / "compared").glob("*.svg")}
    assert drawn == {"a-use.svg", "b-use.svg", "a-understanding.svg", "b-understanding.svg"}


def test_the_page_needs_nothing_else(pair: Path, many: Path) -> None:
    for path in (pair, many):
        page = path.read_text("utf-8")
        assert not re.search(r"<(script|link|iframe|img)\b|https?://(?!www\.w3\.org)", page)
        assert len(page) < 10_000_000
