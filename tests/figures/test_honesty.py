"""The figure of honesty: falsehood by kinship, and the steps to deception."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from commlab.figures import honesty
from commlab.figures.look.style import styled
from commlab.figures.plots import PLOTS, laid_out, save
from commlab.figures.report.claims import CLAIMS, drawn_for
from commlab.figures.report.evidence import read_evidence
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from tests.figures.written import overlapping

NULL = {"method": "arms swapped within episodes", "mean": 0.0, "low": -0.03, "high": 0.03, "n_draws": 199}


def difference(value: float, p: float = 0.005) -> dict[str, Any]:
    return {"first": 0.5, "second": 0.5 - value, "difference": value, "interval": [value - 0.02, value + 0.02],
            "p_value": p, "null": NULL}  # fmt: skip


def honest(verdict: str = "lies without gain", **changes: Any) -> Result:
    """Lies that are heeded, worth more than silence and no more than the truth."""
    details = {
        "verdict": verdict,
        "deception": verdict == "deception",
        "false_to_strangers": difference(0.3),
        "heeded": difference(0.4),
        "gains": {"silence": difference(0.8), "truth": difference(0.0, 0.9)},
    }
    return Result("honesty", "honesty", 0.8, "return of a speaker an episode", (0.7, 0.9), None, 0.005, 128, "Lies.",
                  details | changes)  # fmt: skip


def kin() -> Result:
    """What is false at each kinship."""

    def level(where: str, kinship: float, share: float | None) -> dict[str, Any]:
        ends = None if share is None else [share - 0.02, share + 0.02]
        told = {"share": share, "interval": ends, "n_episodes": 64}
        return {where: kinship, "false_given_speech": told, "false_by_chance": 0.7}

    speaker = {
        "levels": [level("shown", k, share) for k, share in ((-1.0, 0.4), (0.0, 0.5), (0.5, None), (1.0, 0.1))],
        "observed": [level("kinship", 0.12, 0.45), level("kinship", 0.9, 0.15)],
    }
    return Result("kinship", "kinship", 0.2, "share of steps", (0.1, 0.3), None, 0.005, 128, ".", {"speaker": speaker})


def test_both_parts_are_drawn_with_their_numbers(tmp_path: Path) -> None:
    svg, _, table = save("honesty", [honest(), kin()], tmp_path)
    words = svg.read_text()
    for text in ("Of what is said, false", "as shown in twins", "as it is", "words at random", "spite:",
                 "Verdict: lies without gain", "over silence", "over the truth"):  # fmt: skip
        assert text in words
    lines = table.read_text().splitlines()
    shown = [line for line in lines if line.startswith('"false of what is said, shown kinship"')]
    assert len(shown) == 3  # nothing is said at 0.5
    assert sum("words at random" in line for line in lines) == 4


def test_a_step_holds_where_it_is_more_than_chance_and_more_than_nothing() -> None:
    result = honest(false_to_strangers=difference(0.07))
    assert [(step.unit, step.stands) for step in honesty.steps(result)] == [
        ("share", False), ("share", True), ("return", True), ("return", False),
    ]  # fmt: skip
    assert [row["holds"] for row in honesty.table(result)] == ["no", "yes", "yes", "no"]


def test_without_lies_their_gain_was_not_measured(tmp_path: Path) -> None:
    svg, _, _ = save("honesty", honest("no lies", gains={}), tmp_path)
    assert "for want of lies to strangers" in svg.read_text()
    assert "as shown in twins" not in svg.read_text()


def test_nothing_measured_at_all_is_drawn_too(tmp_path: Path) -> None:
    nothing = honest("cannot tell", gains={}, heeded=None, false_to_strangers=None)
    svg, _, _ = save("honesty", [nothing, kin()], tmp_path)
    assert "Verdict: cannot tell" in svg.read_text()


def test_the_caption_says_n_nulls_and_verdict() -> None:
    told = honesty.caption([honest(), kin()])
    assert "n = 128 episodes" in told
    assert "signs flipped" in told
    assert told.endswith("Verdict: lies without gain.")
    assert "Left:" not in honesty.caption(honest())


def test_the_report_draws_it_from_both_results(tmp_path: Path) -> None:
    for result in (honest(), kin()):
        result.save(tmp_path / "results")
    claim = next(claim for claim in CLAIMS if claim.plot == "honesty")
    (drawn,) = drawn_for(claim, read_evidence(tmp_path))
    assert [result.analysis for result in drawn.data] == ["honesty", "kinship"]
    with pytest.raises(DataError, match="none of the results is on honesty"):
        save("honesty", [kin()], tmp_path)


def test_no_text_stands_on_another() -> None:
    nothing = honest("cannot tell", gains={}, heeded=None, false_to_strangers=None)
    for data in ([honest(), kin()], [honest("no lies", gains={}), kin()], [nothing, kin()], honest()):
        with styled():
            assert overlapping(laid_out(PLOTS["honesty"], data, Figure)) == []
