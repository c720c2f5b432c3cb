"""The map of probes: every cell's score and null in its place, shades for what stands out alone."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from commlab.figures import draw, save
from commlab.figures.look.style import styled
from commlab.figures.probe_map import FAINT, MOST_ROWS, caption, layout, rows, score_text, skill, table
from commlab.foundation.result import Result

LAGS = (-1, 0, 1)


def cell(target: str, source: str, lag: int, score: float, p_family: float = 0.005, **changes: Any) -> dict[str, Any]:
    """A cell of the map as it is saved."""
    return {
        "target": target, "source": source, "of": "listeners", "lag": lag, "score": score,
        "score_name": "balanced accuracy", "interval": [score - 0.02, score + 0.02], "null_mean": 0.2, "null_low": 0.18,
        "null_high": 0.22, "z": 9.0, "p_value": 0.005, "p_family": p_family, "q_value": 0.005, "n_rows": 900,
        "n_episodes": 64,
    } | changes  # fmt: skip


def probe_map(lags: tuple[int, ...] = LAGS, n_targets: int = 2) -> Result:
    """A map: a target that is read well, others that are not."""
    cells = [cell("own_facing", "heard", lag, 0.6 - 0.1 * abs(lag)) for lag in lags]
    cells += [cell("own_facing", "hidden.core", lag, 1.0) for lag in lags]
    for n in range(1, n_targets):
        cells += [cell(f"price_{n}", "hidden.core", lag, 0.21, p_family=0.6, score_name="R^2") for lag in lags]
    details = {
        "cells": cells, "missing": [{"target": "x", "source": None, "of": None, "lag": None, "reason": "No x."}],
        "lags": list(lags), "model": "linear", "n_folds": 5, "n_null": 199, "n_cells": len(cells), "n_family": 6,
        "n_discoveries": 6, "targets": [], "sources": [],
    }  # fmt: skip
    return Result("probe map", "probe-map", 6.0, "cells of 9", None, None, 0.005, 64, "Six stand out.", details)


def written(data: Result) -> list[str]:
    return [text.get_text() for text in draw(data).findobj(Text) if text.get_text()]


def test_targets_stand_by_the_best_that_is_read_and_sources_from_speech_inwards() -> None:
    found = layout(probe_map())
    assert found.targets == ["own_facing", "price_1"]
    assert [source for source, _ in found.columns] == ["heard", "hidden.core"]


def test_numbers_are_scores_at_lag_zero_and_other_scores_are_marked() -> None:
    texts = written(probe_map())
    assert {".60", "1.00", ".21", "own facing", "price 1 (R²)", "−1", "+1"} <= set(texts)


def test_the_shade_is_the_share_of_what_chance_leaves_and_none_where_nothing_stands_out() -> None:
    assert skill(cell("a", "b", 0, 0.6)) == pytest.approx(0.5)
    assert skill(cell("a", "b", 0, 0.1)) == 0.0
    assert skill(cell("a", "b", 0, 0.9, p_family=0.06)) == 0.0
    patches = [patch.get_facecolor() for patch in draw(probe_map()).findobj(Rectangle)]
    with styled():
        faint = Rectangle((0, 0), 1, 1, facecolor=FAINT).get_facecolor()
    assert patches.count(faint) == 1


def test_one_lag_has_no_course() -> None:
    texts = written(probe_map((0,)))
    assert "lag in steps" not in texts
    assert "one step alone" in caption(probe_map((0,)))


def test_the_csv_holds_every_cell_and_why_some_are_missing(tmp_path: Path) -> None:
    data = probe_map()
    assert save("probe_map", data, tmp_path)[2].read_text().count("\n") == 11
    found = rows(data)
    assert (found[0]["score"], found[0]["null_low"], found[0]["low"]) == (0.5, 0.18, 0.48)
    assert found[-1]["reason"] == "No x."
    assert [row["target"] for row in table(data)] == ["own facing", "own facing"]


def test_the_caption_says_n_the_units_the_null_and_the_interval_and_what_is_left_out() -> None:
    text = caption(probe_map())
    for words in ("n = 64 episodes", "balanced accuracy", "null (whole episodes permuted", "95 % interval", "1 cells"):
        assert words in text
    assert f"the {MOST_ROWS} best read of 50 targets" in caption(probe_map(n_targets=50))


@pytest.mark.parametrize(
    ("score", "text"), [(0.5, ".50"), (0.994, ".99"), (0.9964, ">.99"), (1.0, "1.00"), (-0.2, "−0.20"), (0.0, "0.00")]
)
def test_a_score_is_written_as_one_only_where_all_is_read(score: float, text: str) -> None:
    assert score_text(score) == text
