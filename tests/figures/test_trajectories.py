"""The figure of courses: means with ellipses, single courses as pixels, and the share that is told at each step."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from commlab.datasets.memory import memory_recording
from commlab.figures import PLOTS, trajectories
from commlab.figures.look.colour import LEGIBLE, contrast
from commlab.figures.look.style import styled
from commlab.figures.plots import laid_out, save
from commlab.figures.trajectories import pushed_apart, region
from commlab.foundation.result import Result
from commlab.probes.decode.trajectories import fit

HEADER = {"codes": {"cells": {"0": "empty"}, "actions": {"0": "stay"}, "bodies": {"0": "forager"}},
          "layout": {"height": 9, "width": 9}, "seed": 0, "command": "test"}  # fmt: skip


def followed(n_values: int = 3, alone: bool = False, n_episodes: int = 24) -> Result:
    """Hidden states that go the way of the word that is heard."""
    rng = np.random.default_rng(0)
    heard = rng.integers(1, n_values + 1, (n_episodes, 4, 1)).repeat(6, axis=1)
    hidden = 2 * rng.normal(size=(n_values + 1, 8))[heard] + rng.normal(size=(*heard.shape, 8))
    columns = {
        "channel/heard": heard.reshape(-1, 1, 1, 1).astype(np.uint8),
        "policy/hidden.core": hidden.reshape(-1, 1, 8).astype(np.float32),
        "steps/terminated": np.zeros(24 * n_episodes, bool),
        "steps/truncated": np.zeros(24 * n_episodes, bool),
    }
    episodes = {"length": np.full(n_episodes, 24, np.int32), "bodies": np.zeros((n_episodes, 1), np.uint8)}
    if alone:
        episodes["condition"] = np.array([f"c{number}" for number in range(n_episodes)])
    result = fit(memory_recording(HEADER, episodes, columns), n_null=19, before=2)
    return Result.from_json(result.to_json())


@pytest.fixture(scope="module", name="result")
def made_up() -> Result:
    return followed()


@pytest.fixture(scope="module", name="written")
def helper(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tests/figures/written.py."""
    return module_at("figures_written", Path(__file__).with_name("written.py"))


def drawn(result: Result) -> Figure:
    with styled():
        return laid_out(PLOTS["trajectories"], result, Figure)


def test_each_value_has_a_course_with_its_name_and_an_ellipse_a_step(result: Result, written: ModuleType) -> None:
    figure = drawn(result)
    texts = written.drawn_texts(figure)
    shown = {text.get_text() for text in texts}
    assert {"1", "2", "3", "last heard", "% of variance told", "steps since it began"} <= shown
    steps = [step for course in result.details["courses"] for step in course["step"] if step >= 0]
    assert len(figure.findobj(Ellipse)) == len(steps)
    assert written.overlapping(figure) == []
    for text in texts:
        assert contrast(str(text.get_color()), "#ffffff") >= LEGIBLE


def test_the_csv_holds_every_mean_and_every_step(result: Result, tmp_path: Path) -> None:
    svg, png, table = save("trajectories", result, tmp_path)
    assert png.stat().st_size > 1000
    assert svg.read_text().count("<image") == 1  # single courses are pixels, all in one picture
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    means = [row for row in rows if row["quantity"] == "mean course"]
    assert len(means) == sum(len(course["step"]) for course in result.details["courses"])
    told = {int(row["step"]): row for row in rows if row["quantity"] == "share told"}
    assert min(told) == -2
    assert all(float(row["low"]) <= float(row["share"]) <= float(row["high"]) for row in told.values())
    assert len(trajectories.table(result)) == len(told)


def test_the_caption_says_n_unit_null_and_interval(result: Result) -> None:
    text = trajectories.caption(result)
    for part in ("n = 12 held-out episodes", "found on 12 other episodes", "variance in the plane", "null", "ellipses"):
        assert part in text
    assert re.search(r"plane, 95 % interval", text)


def test_a_result_without_a_null_is_drawn() -> None:
    alone = followed(alone=True)
    assert alone.null is None
    assert drawn(alone)
    assert trajectories.table(alone)[0]["null, 95 %"] == "–"


def test_two_values_and_more_values_than_are_shown_are_drawn() -> None:
    for n_values in (2, 12):
        result = followed(n_values, n_episodes=12 * n_values)
        assert len(result.details["courses"]) == min(n_values, 8)
        assert drawn(result)
        assert ("Left out, as rarer" in trajectories.caption(result)) == (n_values > 8)


def test_an_ellipse_is_as_long_as_its_axes() -> None:
    ellipse = region((1.0, 2.0), np.array([[4.0, 0.0], [0.0, 1.0]]))
    assert max(ellipse.width, ellipse.height) == pytest.approx(2 * 2 * np.sqrt(5.991))
    assert min(ellipse.width, ellipse.height) == pytest.approx(2 * 1 * np.sqrt(5.991))
    assert ellipse.width > ellipse.height
    assert ellipse.angle % 180 == pytest.approx(0.0)


def test_labels_in_one_place_are_pushed_apart() -> None:
    placed = pushed_apart(np.full((4, 2), 0.5))
    gaps = np.hypot((placed[:, None, 0] - placed[None, :, 0]) / 1.3, placed[:, None, 1] - placed[None, :, 1])
    assert gaps[~np.eye(4, dtype=bool)].min() > 0.05
