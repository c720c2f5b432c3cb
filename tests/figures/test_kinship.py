"""The figure of kinship: a curve for everything that is said or done, by the kinship shown."""

from pathlib import Path
from typing import Any

import pytest

from commlab.figures import kinship
from commlab.figures.plots import save
from commlab.figures.report.claims import CLAIMS, IF_SAVED, claims_of
from commlab.figures.report.evidence import Evidence, read_evidence
from commlab.foundation.result import Result

SHOWN = (-1.0, 0.0, 0.5, 1.0)


def share(value: float | None) -> dict[str, Any]:
    return {"share": value, "interval": None if value is None else [value - 0.01, value + 0.01], "n_episodes": 64}


def difference(first: float, second: float) -> dict[str, Any]:
    ends = [first - second - 0.05, first - second + 0.05]
    return {"first": first, "second": second, "difference": first - second, "interval": ends, "p_value": 0.005}


@pytest.fixture(name="result")
def made_up() -> Result:
    return family()


def family() -> Result:
    """Agents that lie to strangers and ignore them."""
    levels = [
        {"shown": k, "true": share(float(k > 0)), "silent": share(0.0), "false": share(float(k <= 0)),
         "unclear": share(0.0)} for k in SHOWN
    ]  # fmt: skip
    obeyed = [{"shown": k, **share(0.8 if k > 0 else 0.3), "other_place": share(0.3)} for k in SHOWN]
    tests = {"true": difference(0, 1), "silent": difference(0, 0), "false_given_speech": difference(1, 0)}
    speaker = {"levels": levels, "claim": "nearest", "conclusion": "lies to strangers", "tests": tests}
    words = {"levels": obeyed, "n_trials": 60, "tests": {"kin_less_strangers": difference(0.8, 0.3)}}
    details = {"speaker": speaker, "listener": {"conclusion": "ignores strangers", "words": words, "own": None}}
    return Result("kinship", "kinship", 1.0, "share of steps", (0.9, 1.0), None, 0.005, 64, "They lie.", details)


def test_curves_and_their_numbers(result: Result, tmp_path: Path) -> None:
    svg, png, table = save("kinship", result, tmp_path)
    assert png.stat().st_size > 1000
    words = svg.read_text()
    for text in ("the truth", "falsehood", "go there", "elsewhere", "spite:", "kinship shown"):
        assert text in words
    assert "unclear" not in words  # never said: not drawn
    lines = table.read_text().splitlines()
    assert len(lines) == 1 + 6 * len(SHOWN)
    assert "listeners,go there,1.0,0.8,0.79,0.81" in lines


def test_the_table_is_of_strangers_against_kin(result: Result) -> None:
    rows = {row["share of"]: row for row in kinship.table(result)}
    assert rows["false, of what is said"]["difference"] == 1
    assert rows["trials in which listeners go there"]["difference"] == pytest.approx(-0.5)
    assert rows["trials in which listeners go there"]["95 % interval"] == "−0.55 to −0.45"


def test_the_caption_names_conclusions_and_n(result: Result) -> None:
    text = kinship.caption(result)
    assert "n = 64 episodes and 60 trials" in text
    assert "Speakers: lies to strangers. Listeners: ignores strangers." in text


def test_without_listeners_there_is_one_side(result: Result, tmp_path: Path) -> None:
    result.details["listener"] = {"conclusion": "cannot tell", "words": None, "own": None}
    svg, _, _ = save("kinship", result, tmp_path)
    assert "Listeners, told" not in svg.read_text()


def test_a_report_has_the_section_only_where_it_was_asked(result: Result, tmp_path: Path) -> None:
    (tmp_path / "train.csv").touch()
    evidence: Evidence = read_evidence(tmp_path)
    assert len(claims_of(evidence)) == len(CLAIMS) - len(IF_SAVED)
    result.save(tmp_path / "results")
    assert len(claims_of(read_evidence(tmp_path))) == len(CLAIMS) - len(IF_SAVED) + 1
