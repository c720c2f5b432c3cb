"""The figure of behaviour: maps, arrows, what is told apart, and all of it in the CSV."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from commlab.datasets.memory import memory_recording
from commlab.figures import PLOTS, behaviour, draw
from commlab.figures.look.places import outline, view
from commlab.figures.look.style import styled
from commlab.figures.plots import laid_out, save
from commlab.foundation.result import Result
from commlab.probes.decode.behaviour import fit

HEADER = {"codes": {"cells": {"0": "empty", "1": "wall", "2": "altar"}, "actions": {"0": "stay"},
                    "bodies": {"0": "forager"}}, "seed": 0, "command": "test"}  # fmt: skip
SITES = np.array([(1, 1), (1, 7), (7, 1)])


def walked(heard: bool, size: int = 9, columns: int = 9) -> Result:
    """Foragers who go to the site that they hear named, in a room."""
    rng = np.random.default_rng(0)
    grid = np.ones((size, columns), int)
    grid[1:-1, 1:-1] = 0
    grid[4, 4] = 2
    named = rng.integers(1, 4, (20, 1, 2)).repeat(16, axis=1)
    position, now = np.zeros((20, 16, 2, 2), int), rng.integers(1, 8, (20, 2, 2))
    for t in range(16):
        position[:, t] = now
        now = np.where(rng.random((20, 2, 1)) < 0.8, now + np.sign(SITES[named[:, t] - 1] - now), now)
    columns_ = {
        "agents/position": position.reshape(-1, 2, 2).astype(np.int16),
        "steps/terminated": np.zeros(320, bool),
        "steps/truncated": np.zeros(320, bool),
    }
    if heard:
        columns_["channel/heard"] = named.reshape(-1, 2, 1, 1).astype(np.uint8)
    layout = {"height": size, "width": columns, "grid": grid.tolist(), "sites": SITES.tolist()}
    episodes = {"length": np.full(20, 16, np.int32), "bodies": np.zeros((20, 2), np.uint8)}
    result = fit(memory_recording({**HEADER, "layout": layout}, episodes, columns_), n_null=39)
    return Result.from_json(result.to_json())


@pytest.fixture(scope="module", name="result")
def made_up() -> Result:
    return walked(heard=True)


def figure_of(result: Result) -> Figure:
    with styled():
        return laid_out(PLOTS["behaviour"], result, Figure)


@pytest.fixture(scope="module", name="written")
def helper(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tests/figures/written.py."""
    return module_at("figures_written", Path(__file__).with_name("written.py"))


def test_there_is_a_map_for_all_steps_and_for_each_value(result: Result, written: ModuleType) -> None:
    figure = figure_of(result)
    shown = [text.get_text() for text in written.drawn_texts(figure)]
    for text in ("all steps", "1", "2", "3", "last heard", "of steps", "640 steps, 20 episodes"):
        assert text in shown
    assert len(figure.findobj(Quiver)) == 4  # arrows in every map


def test_no_words_stand_on_others(result: Result, written: ModuleType) -> None:
    assert written.overlapping(figure_of(result)) == []


def test_the_csv_holds_every_place_step_and_departure(result: Result, tmp_path: Path) -> None:
    svg, png, table = save("behaviour", result, tmp_path)
    assert png.stat().st_size > 1000
    assert "<image" in svg.read_text()  # shades are pixels
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    counted = Counter((row["value"], row["quantity"]) for row in rows)
    for part in result.details["parts"]:
        name = part["value"] or "(all steps)"
        assert counted[name, "occupancy"] == len(part["place"])
        assert counted[name, "flow"] == len(part["flow"]["square"])
    shares = [float(row["estimate"]) for row in rows if (row["value"], row["quantity"]) == ("1", "occupancy")]
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)
    elsewhere = {row["value"]: row for row in rows if row["quantity"] == "elsewhere"}
    assert set(elsewhere) == {"1", "2", "3"}
    assert all(float(row["low"]) < float(row["estimate"]) < float(row["high"]) for row in elsewhere.values())
    site = [row for row in rows if (row["value"], row["row"], row["column"]) == ("1", "1", "1")]
    assert site[0]["above_chance"] == "True"  # where they were told to go


def test_the_table_has_a_row_a_value(result: Result) -> None:
    assert [row["value"] for row in behaviour.table(result)] == result.details["values"]


def test_the_caption_says_n_unit_null_and_interval(result: Result) -> None:
    text = behaviour.caption(result)
    for part in ("n = 20 episodes", "640 steps", "95 %", "permuted", "bits", "null", "total variation"):
        assert part in text
    assert re.search(r"\d bits, 95 % interval", text)


def test_where_nothing_is_heard_one_map_is_drawn_and_the_caption_says_why() -> None:
    silent = walked(heard=False)
    assert "No split: the recording has no messages" in behaviour.caption(silent)
    assert len(figure_of(silent).findobj(Quiver)) == 1
    assert behaviour.table(silent) == []


@pytest.mark.parametrize(("size", "columns"), [(9, 30), (30, 9), (100, 100)])
def test_maps_of_any_shape_fit_a_page(size: int, columns: int) -> None:
    result = walked(heard=True, size=size, columns=columns)
    width, height = behaviour.size(result)
    assert width <= 6.5
    assert height <= 9
    assert draw(result).get_size_inches() == pytest.approx((width, height))


def test_what_lies_outside_of_the_walls_is_not_shown(result: Result) -> None:
    ground: dict[str, Any] = result.details["map"]
    seen = view(ground, result.details["parts"][0]["place"])
    assert seen.left == seen.top == pytest.approx(0.55)
    assert seen.right == seen.bottom == pytest.approx(8.45)


def test_the_line_around_places_has_no_edges_within() -> None:
    assert len(outline([0], 5)) == 4
    assert len(outline([0, 1], 5)) == 6
    assert len(outline([0, 1, 5, 6], 5)) == 8
    assert len(outline([4, 5], 5)) == 8  # the end of one row and the beginning of the next do not touch
