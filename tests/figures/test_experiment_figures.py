"""Figures of doses, experiments and cross-play: what they show is what was saved."""

import csv
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from commlab.figures import PLOTS, save
from commlab.figures.look.style import new_figure, styled
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result


def result(analysis: str, details: dict[str, Any]) -> Result:
    """A result whose tables are made up."""
    null = Null("signs of episodes flipped", 0.05, 0.0, 0.1, 199)
    return Result(analysis, analysis, 0.8, "share", (0.7, 0.9), null, 0.005, 128, "It is so.", details)


def cell(symbol: int, kinship: float, told: float, n: int = 100) -> dict[str, Any]:
    """A cell of a sweep, without a place where `told` is negative."""
    rates = {
        arm: {"rate": rate, "interval": [max(0.0, rate - 0.1), min(1.0, rate + 0.1)]}
        for arm, rate in (("told", told), ("another", 0.1), ("other episode", 0.2), ("silence", 0.05))
    }
    return {
        "symbol": symbol, "place": [3, 6], "listener": None, "kinship": kinship, "moment": "empty-handed",
        "duration": 12, "slots": 1, "n": n, "rates": rates if told >= 0 else None,
        "effect": {"mean": told - 0.1, "interval": [told - 0.2, told]} if told >= 0 else None,
        "p_adjusted": 0.005 if told > 0.5 else 0.6,
    }  # fmt: skip


def dose(*kinships: float) -> Result:
    """A sweep by symbol, and by kinship where there are several."""
    cells = [cell(s, k, told) for s, told in ((1, 0.9), (2, -1.0), (5, 0.2)) for k in kinships]
    anew = {"mean": 0.125, "low": 0.1, "high": 0.15, "rate": 0.9, "p_value": 0.005}
    return result("dose", {"by": ["symbol"], "cells": cells, "places_drawn_anew": anew})


def crossplay(understood: bool = True) -> Result:
    """Two sources."""
    matrix = [[{"mean": v, "interval": [v - 0.1, v + 0.1], "n": 128} for v in row] for row in ((0.9, 0.1), (0.2, 0.8))]
    muted = [{"mean": 0.15, "interval": None, "n": 128}] * 2
    understanding = {"matrix": matrix, "muted": muted} if understood else {"reason": "no sites"}
    own = {"mean": 0.7, "interval": [0.6, 0.8], "n": 128, "p_value": 0.005}
    return result("crossplay", {
        "names": ["seed-0", "seed-1"], "returns": matrix, "muted": muted, "understanding": understanding,
        "own_less_others": {"seed-0": own, "seed-1": own}, "own_is_best": {"k": 2, "n": 2},
    })  # fmt: skip


def experiment() -> Result:
    """Two arms by two measures, one of which has no value in an arm."""
    mean = {"mean": 0.9, "interval": [0.8, 1.0], "n": 128}
    nothing = {"mean": None, "interval": None, "n": 0}
    row = {"measure": "there", "arm": "told", "against": "silence", "unit": "share of trials", "n": 128}
    row |= {"estimate": 0.8, "interval": [0.7, 0.9], "p_value": 0.005, "p_adjusted": 0.005}
    return result("experiment", {
        "experiment": {"title": "A word", "question": "Does it?"}, "contrasts": [row],
        "arms": {"told": {"there": mean, "far": mean}, "silence": {"there": mean, "far": nothing}},
        "units": {"there": "share of trials", "far": "cells"},
    })  # fmt: skip


DATA = {
    "dose": [dose(1.0), dose(0.0, 1.0)],
    "crossplay": [crossplay(), crossplay(understood=False)],
    "experiment": [experiment()],
}
CASES = [(name, data) for name, several in DATA.items() for data in several]


def texts(name: str, data: Any) -> list[str]:
    """Every text that a figure writes."""
    with styled():
        figure, ax = new_figure(PLOTS[name].size(data))
        PLOTS[name].draw(ax, data)
        figure.draw_without_rendering()
        return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


@pytest.mark.parametrize(("name", "data"), CASES)
def test_a_figure_is_saved_with_its_numbers(name: str, data: Result, tmp_path: Path) -> None:
    loaded = Result.from_json(data.to_json())
    svg, png, table = save(name, loaded, tmp_path)
    assert svg.read_text().rstrip().endswith("</svg>")
    assert imread(png).min() < 0.5
    with table.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(PLOTS[name].rows(loaded)) > 0
    assert PLOTS[name].table(loaded)
    caption = PLOTS[name].caption(loaded)
    assert "n = 128 episodes" in caption
    assert "95 % interval" in caption


def test_a_sweep_shows_its_levels_and_what_stands_out() -> None:
    shown = texts("dose", dose(1.0))
    assert "symbol 1 (row 3, column 6)" in shown
    assert "0.80 *" in shown
    assert "0.10" in shown
    assert not any("symbol 2" in text for text in shown)  # it names no place


def test_two_things_varied_are_a_map() -> None:
    shown = texts("dose", dose(0.0, 1.0))
    assert shown.count("0.80 *") == 2
    assert {"symbol", "kinship"} <= set(shown)


def test_cross_play_shows_both_matrices_and_the_floor() -> None:
    shown = texts("crossplay", crossplay())
    assert {"return of an agent", "understanding, %", "nobody", "0.90", "90", "1  seed-0"} <= set(shown)
    assert "understanding, %" not in texts("crossplay", crossplay(understood=False))


def test_an_experiment_shows_every_arm_that_has_a_mean() -> None:
    rows = PLOTS["experiment"].rows(experiment())
    assert [(row["measure"], row["arm"]) for row in rows] == [("there", "told"), ("there", "silence"), ("far", "told")]


@pytest.mark.parametrize("name", DATA)
def test_a_result_without_its_tables_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lack a table that it needs"):
        save(name, result(name, {}), tmp_path)
