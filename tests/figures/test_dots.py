"""Figures that are rows of dots (metrics, influence, content, minds, beliefs about kin) draw what was saved."""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure

from commlab.figures import PLOTS, draw
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result


def null(low: float, high: float) -> dict[str, Any]:
    return {"method": "whole episodes permuted", "mean": (low + high) / 2, "low": low, "high": high, "n_draws": 199}


def metric(name: str, value: float | None, unit: str, most: float | None, chance: float | None = 0.0) -> Result:
    """A metric; `chance` is the middle of its null, None where it is only counted."""
    interval = None if value is None else (value - 0.05, value + 0.05)
    band = None if chance is None else Null("whole episodes permuted", chance, chance - 0.02, chance + 0.02, 199)
    told = {"title": name.replace("_", " "), "range": [0.0, most], "alternative": "greater"}
    return Result("metrics", f"metrics-{name}", value, unit, interval, band, 0.005, 160, f"{name}.", told)


def minded(**changes: Any) -> dict[str, Any]:
    row = {"target": "own_next_action", "about": "introspection", "unit": "balanced accuracy", "hidden": 0.7}
    row |= {"history": 0.6, "both": 0.75, "gain": 0.15, "interval": [0.1, 0.2], "null": null(-0.02, 0.01)}
    return row | {"q_value": 0.005, "reason": None} | changes


def measured(mean: float) -> dict[str, Any]:
    return {"mean": mean, "interval": [mean - 0.01, mean + 0.01], "n": 5320}


def believed(agent: int, varies: bool) -> dict[str, Any]:
    read = {"balanced_accuracy": 0.9, "interval": [0.87, 0.93], "chance": 0.5, "p_value": 0.005}
    moved = {"first": 0.8, "second": 0.1, "difference": 0.7, "interval": [0.65, 0.75], "null": null(-0.1, 0.1)}
    return {"agent": agent, "body": "scout", "natural": read if varies else None, "moved": moved}


METRICS = [
    metric("purity", 0.9, "share of messages", 1.0, 0.2),
    metric("v_measure", 0.8, "share", 1.0),
    metric("information", 2.5, "bits", None),
    metric("tokens", 1000.0, "symbols", None, chance=None),
    metric("code_agreement", None, "probability", 1.0, chance=None),
]
MINDS = Result(
    "minds", "minds-hidden.core-listeners", 2.0, "targets with a gain", None, None, 0.005, 160, "They tell of plans.",
    {
        "rows": [
            minded(),
            minded(target="own_energy", unit="R^2", gain=-0.01, interval=None, null=None, q_value=None),
            minded(target="other_position", about="theory of mind", gain=None, interval=None, null=None),
        ],
        "beside": {"untrained": {"gains": {"own_next_action": 0.02}, "reason": None}},
        "of": "listeners", "source": "hidden.core", "with_heard": False,
    },
)  # fmt: skip
INFLUENCE = Result(
    "influence", "influence", 1.16, "bits", (1.15, 1.17), Null("untrained network", 0.0, 0.0, 0.01, 1), None, 512,
    "They listen.",
    {
        "measures": {"marginal": measured(1.16), "uniform": measured(0.96), "social": None},
        "untrained": {"marginal": measured(0.01)},
        "messages": [{"message": [n], "share": 0.05, "bits": 1.0 + 0.01 * n} for n in range(1, 17)],
        "bar": 0.02, "carrying_nothing": True,
    },
)  # fmt: skip
CONTENT = Result(
    "content", "content", 4.5, "cells closer", (4.4, 4.7), Null("referents exchanged", 0.0, -0.2, 0.2, 199), 0.005, 512,
    "They are closer.",
    {"relabelled": {"score": 4.4, "p_value": 0.001, "mean": 0.1, "high": 1.5, "n_messages": 14},
     "toward": 0.99, "away": 0.01, "span": 12},
)  # fmt: skip
BELIEFS = Result(
    "kinship-beliefs", "kinship-beliefs", 0.7, "change", (0.6, 0.8), Null("arms swapped", 0.0, -0.1, 0.1, 199), 0.005,
    256, "Kin can be read.", {"layer": "core", "agents": [believed(0, True), believed(1, False)]},
)  # fmt: skip
RESULTS = {
    "metrics": METRICS, "minds": MINDS, "influence": INFLUENCE, "content": CONTENT, "kinship_beliefs": BELIEFS,
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_each_row_of_numbers_is_a_dot(name: str) -> None:
    data = RESULTS[name]
    figure = draw(data)
    rows = PLOTS[name].rows(data)
    drawn = sorted(value for axes in panels(figure) for value in dots(axes))
    assert drawn == pytest.approx(sorted(row["value"] for row in rows))


def panels(figure: Figure) -> list[Any]:
    return [axes for outer in figure.axes for axes in (outer, *outer.child_axes)]


def dots(axes: Any) -> list[float]:
    """Where filled dots are; rings and lines are none."""
    lines = [line for line in axes.lines if line.get_marker() == "o" and line.get_markerfacecolor() != "white"]
    return [float(line.get_xdata()[0]) for line in lines]


def test_metrics_that_are_only_counted_stay_in_the_table() -> None:
    rows = PLOTS["metrics"].rows(METRICS)
    assert [row["what"] for row in rows] == ["purity", "v measure", "information"]
    assert [row["group"] for row in rows] == ["share, probability or correlation"] * 2 + ["bits"]
    assert (rows[0]["null_low"], rows[0]["null_high"]) == pytest.approx((0.18, 0.22))
    lone = PLOTS["metrics"].rows(METRICS[3])
    assert [row["what"] for row in lone] == ["tokens"], "alone it is drawn"
    with pytest.raises(DataError, match="no metric has an estimate"):
        draw(METRICS[4])


def test_minds_show_the_untrained_network_and_leave_out_what_has_no_gain() -> None:
    first, second = PLOTS["minds"].rows(MINDS)
    assert (first["what"], first["beside"], first["history"], first["both"]) == ("own next action", 0.02, 0.6, 0.75)
    assert (second["what"], second["low"], second["null_low"], second["beside"]) == (
        "own energy (R²)",
        None,
        None,
        None,
    )
    assert "Rings: the untrained network" in PLOTS["minds"].caption(MINDS)
    bare = replace(MINDS, details=MINDS.details | {"beside": {}})
    assert "Rings" not in PLOTS["minds"].caption(bare)


def test_influence_shows_measures_with_the_untrained_and_the_most_frequent_messages() -> None:
    rows = PLOTS["influence"].rows(INFLUENCE)
    assert len(rows) == 2 + 12
    assert (rows[0]["null_low"], rows[0]["null_high"]) == pytest.approx((0.0, 0.02))
    assert rows[1]["null_low"] is None
    assert rows[2]["what"] == "message 1"


def test_the_second_null_of_content_has_no_low_end() -> None:
    first, second = PLOTS["content"].rows(CONTENT)
    assert (first["null_low"], first["null_high"]) == (-0.2, 0.2)
    assert (second["null_low"], second["null_mean"], second["null_high"]) == (None, 0.1, 1.5)
    assert PLOTS["content"].table(CONTENT)[1]["null, 95 %"] == "0.10, up to 1.50"
    undefined = replace(CONTENT, estimate=None, interval=None, null=None)
    with pytest.raises(DataError, match="nothing was measured"):
        draw(undefined)


def test_beliefs_are_read_where_kinship_varies_and_moved_everywhere() -> None:
    rows = PLOTS["kinship_beliefs"].rows(BELIEFS)
    assert [(row["what"], row["value"]) for row in rows] == [("scout 0", 0.9), ("scout 0", 0.7), ("scout 1", 0.7)]
    assert rows[0]["null_low"] == rows[0]["null_high"] == 0.5
