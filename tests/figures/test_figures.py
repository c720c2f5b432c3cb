"""Every figure draws from saved results, and its CSV and caption hold what it shows."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib import cycler, rc_context, rcParams
from matplotlib.image import imread

from commlab.figures import PLOTS, save
from commlab.figures.curves import Curve, read_curve
from commlab.figures.look.style import new_figure, spread, styled
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

FROM_RESULTS = ["use", "symbol_place", "probe_scores", "injection_effect", "symbol_destinations", "understanding"]


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def texts(name: str, data: Any) -> list[str]:
    """Every text that a figure writes."""
    with styled():
        figure, ax = new_figure(PLOTS[name].size(data))
        PLOTS[name].draw(ax, data)
        figure.draw_without_rendering()
        return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


@pytest.mark.parametrize("name", FROM_RESULTS)
def test_a_figure_is_saved_as_svg_png_and_csv(name: str, results: dict[str, Any], tmp_path: Path) -> None:
    paths = save(name, results[name], tmp_path / "figures")
    assert [path.name for path in paths] == [f"{name}.svg", f"{name}.png", f"{name}.csv"]
    assert paths[0].read_text().rstrip().endswith("</svg>")
    picture = imread(paths[1])
    assert picture.shape[1] == 1320
    assert picture.min() < 0.5  # something dark has been drawn
    assert len(csv_rows(paths[2])) == len(PLOTS[name].rows(results[name]))


@pytest.mark.parametrize("name", FROM_RESULTS)
def test_a_saved_result_draws_the_same_as_the_one_in_memory(name: str, results: dict[str, Any], tmp_path: Path) -> None:
    data = results[name]
    loaded = [Result.from_json(result.to_json()) for result in (data if isinstance(data, list) else [data])]
    first = save(name, data, tmp_path / "a")
    second = save(name, loaded if isinstance(data, list) else loaded[0], tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("name", FROM_RESULTS)
def test_a_caption_says_n_the_interval_and_the_null(name: str, results: dict[str, Any]) -> None:
    caption = PLOTS[name].caption(results[name])
    assert "n = 256 episodes" in caption
    assert "95 % interval" in caption
    assert "null" in caption


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("use", "deliveries an episode"),
        ("symbol_place", "bits"),
        ("probe_scores", "balanced accuracy"),
        ("injection_effect", "cells"),
        ("symbol_destinations", "share of trials"),
        ("understanding", "Mean over places"),
    ],
)
def test_a_caption_says_the_unit(name: str, unit: str, results: dict[str, Any]) -> None:
    assert unit in PLOTS[name].caption(results[name])


def test_the_csv_of_use_holds_each_condition_in_order(results: dict[str, Any], tmp_path: Path) -> None:
    rows = csv_rows(save("use", results["use"], tmp_path)[2])
    assert [row["condition"] for row in rows] == ["hearing", "other episode", "muted", "trained muted"]
    assert rows[0] == {"condition": "hearing", "mean": "5.84", "low": "5.73", "high": "5.95", "n": "256"}


def test_the_csv_of_symbols_holds_every_count_and_probabilities_that_sum_to_one(
    results: dict[str, Any], tmp_path: Path
) -> None:
    result = results["symbol_place"]
    rows = csv_rows(save("symbol_place", result, tmp_path)[2])
    assert sum(int(row["count"]) for row in rows) == result.details["counts"].sum()
    of_seven = [float(row["p_value_given_symbol"]) for row in rows if row["symbol"] == "7"]
    assert sum(of_seven) == pytest.approx(1.0)


def test_symbols_stand_in_the_order_of_what_they_go_with_and_silence_last(results: dict[str, Any]) -> None:
    table = PLOTS["symbol_place"].table(results["symbol_place"])
    values = results["symbol_place"].details["values"]
    places = [values.index(row["goes with"]) for row in table[:-1]]
    assert places == sorted(places)
    assert table[-1]["symbol"] == "silence"


def test_symbols_never_said_are_left_out_and_counted(results: dict[str, Any]) -> None:
    assert "3 symbols of the vocabulary were never said" in PLOTS["symbol_place"].caption(results["symbol_place"])
    assert len(PLOTS["symbol_place"].table(results["symbol_place"])) == 13


def test_a_message_of_nothing_but_zeros_is_silence(results: dict[str, Any]) -> None:
    details = {"symbols": ["0 0", "0 3"], "values": ["N", "S"], "counts": [[5, 1], [1, 5]]}
    table = PLOTS["symbol_place"].table(replace(results["symbol_place"], details=details))
    assert [row["symbol"] for row in table] == ["0 3", "silence"]


def test_the_csv_of_probes_holds_score_null_and_twins_best_first(results: dict[str, Any], tmp_path: Path) -> None:
    rows = csv_rows(save("probe_scores", results["probe_scores"], tmp_path)[2])
    assert [row["score"] for row in rows] == ["0.82", "0.71", "0.66", "0.21"]
    assert (rows[0]["null_low"], rows[0]["null_high"]) == ("0.09", "0.14")
    assert (rows[0]["muted_twin"], rows[0]["untrained_twin"]) == ("0.16", "0.12")


def test_the_legend_of_probes_names_only_what_is_drawn(results: dict[str, Any]) -> None:
    lone = replace(results["probe_scores"][0], null=None, details={})
    assert {"muted twin", "null, 95 % of draws", "commonest value"} <= set(
        texts("probe_scores", results["probe_scores"])
    )
    assert not {"muted twin", "null, 95 % of draws", "commonest value"} & set(texts("probe_scores", [lone]))


def test_a_probe_without_an_estimate_says_so(results: dict[str, Any]) -> None:
    assert "no score" in texts("probe_scores", [replace(results["probe_scores"][0], estimate=None, interval=None)])


def test_the_csv_of_an_injection_holds_every_arm_at_every_step(results: dict[str, Any], tmp_path: Path) -> None:
    rows = csv_rows(save("injection_effect", results["injection_effect"], tmp_path)[2])
    assert len(rows) == 5 * 33
    assert rows[0]["arm"] == "injected"
    assert float(rows[0]["mean"]) == pytest.approx(6.4)


def test_steps_at_which_an_arm_has_no_trials_are_left_out(results: dict[str, Any]) -> None:
    arm = {"mean": [3.0, None, 1.0], "low": [2.0, None, 0.5], "high": [4.0, None, 1.5]}
    result = replace(results["injection_effect"], details={"steps": [0, 1, 2], "arms": {"injected": arm}})
    assert [row["step"] for row in PLOTS["injection_effect"].rows(result)] == [0, 2]


@pytest.mark.parametrize("kl_bits", [0.71, {"mean": 0.71, "interval": [0.6, 0.8]}, {"injected": 0.71, "silence": None}])
def test_the_immediate_effect_is_told_in_bits(kl_bits: object, results: dict[str, Any]) -> None:
    result = results["injection_effect"]
    caption = PLOTS["injection_effect"].caption(replace(result, details=result.details | {"kl_bits": kl_bits}))
    assert "0.71" in caption
    assert "bits" in caption


def test_the_csv_of_destinations_holds_visits_first_places_and_rates(results: dict[str, Any], tmp_path: Path) -> None:
    result = results["symbol_destinations"]
    rows = csv_rows(save("symbol_destinations", result, tmp_path)[2])
    visits = [row for row in rows if row["symbol"] == "3" and row["quantity"] == "visits"]
    assert len(visits) == 13 * 13
    cell = next(row for row in visits if (row["row"], row["col"]) == ("2", "10"))
    assert float(cell["value"]) == pytest.approx(result.details["visits"]["3"][2, 10])
    first = {row["place"]: row["value"] for row in rows if row["symbol"] == "3" and row["quantity"] == "first place"}
    assert (first["NE"], first["N"], first["none"]) == ("96", "3", "3")
    assert {row["named"] for row in visits} == {"NE"}


def test_a_symbol_that_names_no_place_is_drawn_without_one(results: dict[str, Any]) -> None:
    written = texts("symbol_destinations", results["symbol_destinations"])
    assert "3 · NE" in written
    assert written.count("names no place") == 4


def test_the_learning_curve_shows_both_trainings(run: RunFolder, tmp_path: Path) -> None:
    curves = [
        read_curve(run.log_csv, "hearing"),
        read_curve(run.controls / "muted-training" / "train.csv", "trained muted"),
    ]
    rows = csv_rows(save("learning_curve", curves, tmp_path)[2])
    assert len(rows) == 2 * 191  # one row of 192 has no return
    assert {row["curve"] for row in rows} == {"hearing", "trained muted"}
    caption = PLOTS["learning_curve"].caption(curves)
    assert "n = 1 training run" in caption
    assert "The null is a run trained the same way with the channel muted" in caption


def test_a_running_mean_of_a_straight_line_is_the_line() -> None:
    curve = Curve("hearing", tuple(range(200)), tuple(float(i) for i in range(200)))
    means = [float(str(row["smoothed_return"])) for row in PLOTS["learning_curve"].rows([curve])]
    assert means[50:150] == pytest.approx(list(range(50, 150)))
    assert means[0] == pytest.approx(2.0)  # the mean of the first five of nine


def test_a_training_of_one_row_is_drawn(tmp_path: Path) -> None:
    assert len(csv_rows(save("learning_curve", [Curve("hearing", (10.0,), (0.5,))], tmp_path)[2])) == 1


def test_a_row_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "train.csv"
    log.write_text("agent_steps,return\n10,0.5\n20,\n30,nan\n40")
    assert read_curve(log, "hearing") == Curve("hearing", (10.0,), (0.5,))


def test_hostile_names_are_drawn_as_they_stand(results: dict[str, Any], tmp_path: Path) -> None:
    nasty = "$\\frac{<script>&\x00\n$"
    details = results["symbol_place"].details | {
        "values": [nasty, "b"],
        "symbols": [0, nasty],
        "counts": [[1, 2], [3, 4]],
    }
    svg = save("symbol_place", replace(results["symbol_place"], details=details), tmp_path)[0].read_text()
    assert "<script" not in svg
    assert "\x00" not in svg


def test_results_that_lack_their_tables_raise_one_sentence(results: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="figure use cannot be drawn"):
        save("use", replace(results["use"], details={}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_figure_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="learning_curve, use"):
        save("nothing", None, tmp_path)


def test_labels_are_pushed_apart_and_stay_within_the_axes() -> None:
    placed = spread([0.98, 0.97, 0.2, 0.99], gap=0.1)
    inside = sorted(placed)
    assert min(b - a for a, b in zip(inside, inside[1:], strict=False)) >= 0.099
    assert 0.0 <= inside[0] <= inside[-1] <= 1.0
    assert placed[2] == 0.2
    assert placed[1] < placed[0] < placed[3]


def test_the_users_own_matplotlib_settings_change_nothing(results: dict[str, Any], tmp_path: Path) -> None:
    plain = [path.read_bytes() for path in save("use", results["use"], tmp_path)]
    with rc_context({"axes.facecolor": "black", "font.size": 30.0, "axes.prop_cycle": cycler(color=["red"])}):
        assert [path.read_bytes() for path in save("use", results["use"], tmp_path)] == plain
        assert rcParams["font.size"] == 30.0


def test_understanding_names_each_word_and_what_lacks_one(results: dict[str, Any]) -> None:
    written = texts("understanding", results["understanding"])
    assert {"all places", "46 %", "NW  “3”", "95 %", "NE", "no word", "SW  “7”", "50 %, also of SE"} <= set(written)


def test_the_csv_of_understanding_holds_the_places(results: dict[str, Any], tmp_path: Path) -> None:
    rows = csv_rows(save("understanding", results["understanding"], tmp_path)[2])
    assert [(row["place"], row["word"]) for row in rows] == [("NW", "3"), ("NE", ""), ("SW", "7"), ("SE", "7")]
    assert [float(row["score"]) for row in rows] == [0.95, 0.0, 0.5, 0.4]
