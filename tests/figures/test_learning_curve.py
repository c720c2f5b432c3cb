"""Learning curves over many seeds: what the thick line and its band are."""

from pathlib import Path

import numpy as np
import pytest

from commlab.figures.curves import Curve
from commlab.figures.learning_curve import colours_of
from commlab.figures.plots import PLOTS, save
from commlab.figures.seeds import INTERVAL, RANGE, courses

PLOT = PLOTS["learning_curve"]


def made(label: str, level: float, n_rows: int = 60, stride: float = 100.0) -> Curve:
    """A training that climbs to `level` in a straight line."""
    steps = stride * np.arange(1, n_rows + 1)
    return Curve(label, tuple(steps), tuple(level * steps / (stride * n_rows)))


def test_curves_of_one_label_become_one_course_with_their_mean() -> None:
    levels = [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    course, muted = courses([*(made("hearing", level) for level in levels), made("trained muted", 1.0)])
    assert (course.n, course.band, muted.n) == (6, INTERVAL, 1)
    assert course.mean == pytest.approx(course.smooth.mean(axis=0))
    assert course.low[-1] < np.mean(levels) * 0.99 < course.high[-1]
    error = course.smooth.std(axis=0, ddof=1) / np.sqrt(6)
    half = (course.high - course.mean) / error
    assert half[5:-5] == pytest.approx(half[30], rel=0.05)  # straight lines: the same everywhere
    assert 2.0 < half[30] < 4.0  # a normal law's would be 1.96, Student's 2.57


def test_a_band_of_few_seeds_is_their_range_and_called_so() -> None:
    data = [made("hearing", 4.0), made("hearing", 6.0)]
    (course,) = courses(data)
    assert course.band == RANGE
    assert course.low[10] == pytest.approx(course.smooth[:, 10].min())
    assert course.high[10] == pytest.approx(course.smooth[:, 10].max())
    assert "from the lowest to the highest seed; an interval asks for 6 seeds or more" in PLOT.caption(data)
    assert RANGE in PLOT.table(data)[0]


def test_seeds_with_other_log_steps_are_compared_where_both_have_been() -> None:
    (course,) = courses([made("a", 6.0, 60), made("a", 6.0, 25, 120.0)])
    assert (course.agent_steps[0], course.agent_steps[-1]) == (120.0, 3000.0)
    assert course.smooth[:, 100] == pytest.approx([1.56, 3.12], rel=0.05)


def test_the_caption_says_n_unit_and_interval() -> None:
    caption = PLOT.caption([made("hearing", 4.0 + i) for i in range(7)])
    assert "The unit is the training seed: hearing, n = 7." in caption
    assert "95 % bootstrap-t intervals of the mean over seeds" in caption
    assert "has not been made" in caption
    assert "No interval" not in caption


def test_runs_with_names_of_their_own_have_colours_of_their_own_and_no_null() -> None:
    data = [made(name, 3.0) for name in ("main", "other", "third run")]
    assert "muted" not in PLOT.caption(data)
    assert len(set(colours_of([curve.label for curve in data]).values())) == 3


def test_rows_hold_every_seed_and_the_mean(tmp_path: Path) -> None:
    data = [made("hearing", 4.0 + i) for i in range(6)] + [made("trained muted", 1.0)]
    rows = PLOT.rows(data)
    assert sum(row["curve"] == "hearing" and row["seed"] != "mean" for row in rows) == 6 * 60
    means = [row for row in rows if row.get("seed") == "mean"]
    assert len(means) == 60
    assert {row["n_seeds"] for row in means} == {6}
    picture, *_ = save("learning_curve", data, tmp_path)
    assert "(6 seeds)" in picture.read_text()
