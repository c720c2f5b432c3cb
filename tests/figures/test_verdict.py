"""The figure of the verdict: every part, on its own scale, with its interval and in words whether it holds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.figures import draw, verdict
from commlab.figures.plots import save
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result


def evidence(part: str, estimate: float | None, holds: bool | None, unit: str = "bits") -> dict[str, Any]:
    interval = None if estimate is None else [estimate - 0.1, estimate + 0.1]
    return {"part": part, "about": None, "estimate": estimate, "interval": interval, "unit": unit, "bar": 0.02,
            "holds": holds, "says": f"{part} was found"}  # fmt: skip


@pytest.fixture(name="result")
def made_up() -> Result:
    return judged()


def judged() -> Result:
    """A verdict with a part of every kind."""
    rows = [
        evidence("signalling", 2.5, True),
        evidence("listening", 0.0, False),
        evidence("use", -0.3, False, "return"),
        evidence("content", None, None, "cells closer"),
        evidence("honesty", 0.4, False, "return of a speaker an episode"),
    ]
    details = {"verdict": "talking to nobody", "evidence": rows, "told": ["resource_location"]}
    return Result("verdict", "verdict", 1.0, "parts", None, None, None, 512, "They talk to nobody.", details)


def test_a_row_for_each_part(result: Result, tmp_path: Path) -> None:
    svg, png, table = save("verdict", result, tmp_path)
    assert png.stat().st_size > 1000
    words = svg.read_text()
    for text in ("talking to nobody", "signalling", "holds", "does not hold", "unclear", "nothing to measure"):
        assert text in words
    lines = table.read_text().splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("signalling,2.5,2.4,2.6,bits,0.02,holds")


def test_no_mark_lies_outside_and_none_on_words(result: Result) -> None:
    ax = draw(result).axes[0]
    left, _ = ax.get_xlim()
    marks = np.concatenate([np.asarray(line.get_xdata(), float) for line in ax.get_lines()])
    assert min(marks) == pytest.approx(left)  # the rows' own lines
    assert max(marks) < min(text.get_position()[0] for text in ax.texts)
    use = verdict.parts(result)[2]
    assert use.estimate is not None
    assert left < use.estimate / verdict.scale_of(use) < 0  # what is lost by hearing is seen


def test_the_caption_says_what_honesty_is_where_it_is_shown(result: Result) -> None:
    assert "n = 512" in verdict.caption(result)
    assert "Honesty is" in verdict.caption(result)
    result.details["evidence"].pop()
    assert "Honesty is" not in verdict.caption(result)


def test_a_result_without_evidence_is_refused(result: Result, tmp_path: Path) -> None:
    result.details.pop("evidence")
    with pytest.raises(DataError, match="figure verdict cannot be drawn"):
        save("verdict", result, tmp_path)
