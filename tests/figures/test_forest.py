"""The forest of experiments: a row an effect, null results as visible as others, p-values among all."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from commlab.figures import forest
from commlab.figures.effects import effects_of
from commlab.figures.look.style import styled
from commlab.figures.plots import PLOTS, laid_out, save
from commlab.figures.report.claims import claims_of
from commlab.figures.report.evidence import read_evidence
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result, undefined
from tests.figures.written import drawn_texts, overlapping

FLIPPED = Null("signs of episodes flipped", 0.1, 0.0, 0.3, 199)


def made(analysis: str, name: str, estimate: float, unit: str, p: float | None = 0.005, **details: Any) -> Result:
    """A result with an interval of 0.1 to both sides."""
    ends = (estimate - 0.1, estimate + 0.1)
    return Result(analysis, name, estimate, unit, ends, FLIPPED, p, 256, f"{name} is {estimate}.", details)


def injections(p_values: list[float]) -> list[Result]:
    return [
        made("injection", f"injection-{i}", 1.0 + i, "cells closer", p, symbol=i, versus="silence",
             measure="distance to the named place (cells)")
        for i, p in enumerate(p_values)
    ]  # fmt: skip


def experiment(**changes: Any) -> Result:
    """An experiment of two contrasts, and a divergence that is never negative."""
    null = {"method": "signs of episodes flipped", "mean": 0.05, "high": 0.2, "n_draws": 199}
    row = {"measure": "goes there", "arm": "told", "against": "silence", "unit": "share of trials", "n": 200,
           "estimate": 0.5, "interval": [0.4, 0.6], "p_value": 0.005, "p_adjusted": 0.01, "null": null,
           "never_negative": False}  # fmt: skip
    rows = [
        row,
        {**row, "arm": "other", "estimate": 0.01, "interval": [-0.05, 0.07], "p_value": 0.8},
        {**row, "measure": "bits", "unit": "bits", "never_negative": True},
    ]
    details = {"experiment": {"title": "A word"}, "contrasts": rows, **changes}
    return made("experiment", "experiment-a_word", 0.5, "share of trials", **details)


def test_a_result_has_a_row_and_an_experiment_one_for_each_contrast() -> None:
    rows = effects_of([experiment(), *injections([0.005]), made("metrics", "metrics-x", 1.0, "bits")])
    assert [row.label for row in rows] == [
        "symbol 0 injected, not silence",
        "A word: goes there, told against silence",
        "A word: goes there, other against silence",
        "A word: bits, told against silence",
    ]
    assert [row.stands for row in rows] == ["stands out", "stands out", "null", "untested"]
    assert rows[1].n == 200


def test_nulls_saved_without_their_signs_lie_to_both_sides() -> None:
    (row,) = effects_of(injections([0.005]))
    assert row.null is not None
    assert (row.null.low, row.null.mean, row.null.high) == (-0.3, 0.0, 0.3)


def test_what_stands_out_alone_may_not_do_so_among_many() -> None:
    rows = effects_of(injections([0.03, *[0.9] * 9]))
    assert [row.stands for row in rows] == ["alone", *["null"] * 9]
    assert rows[0].adjusted == pytest.approx(0.3)
    assert effects_of(injections([0.03]))[0].stands == "stands out"


def test_influence_is_judged_by_its_own_bar_and_keeps_out_of_the_family() -> None:
    untrained = Null("untrained network", 0.0, 0.0, 0.0, 1)
    for listens, stands in ((True, "stands out"), (False, "null")):
        result = Result(
            "influence", "influence", 1.1, "bits", (1.0, 1.2), untrained, None, 64, ".", {"listens": listens}
        )
        assert effects_of([result])[0].stands == stands


def test_honesty_without_lies_is_a_row_without_an_estimate() -> None:
    result = Result("honesty", "honesty", None, "return of a speaker an episode", None, None, None, 64, "No lies.",
                    {"gains": {}})  # fmt: skip
    (row,) = effects_of([result])
    assert (row.stands, row.why) == ("undefined", "No lies.")
    gain = {"difference": 0.5, "interval": [0.4, 0.6], "p_value": 0.005, "null": vars(FLIPPED) | {"low": -0.3}}
    told = Result("honesty", "honesty", 0.5, "return", (0.4, 0.6), None, 0.005, 64, "Lies.",
                  {"gains": {"silence": gain, "truth": gain}})  # fmt: skip
    assert [row.label for row in effects_of([told])] == [
        "false words to strangers, not silence: the speaker's return",
        "false words to strangers, not the truth: the speaker's return",
    ]


def test_a_result_that_lacks_its_tables_is_there_under_its_name() -> None:
    (row,) = effects_of([made("injection", "injection-old", 2.0, "cells closer")])
    assert (row.label, row.estimate) == ("injection-old", 2.0)


def test_units_share_an_axis_and_others_do_not() -> None:
    understood = made("understanding", "understanding", 0.9, "share of trials, mean over places")
    effects = effects_of([understood, experiment(), *injections([0.005, 0.4])])
    panels = forest.panels_of(effects)
    assert [(panel.unit, len(panel.effects)) for panel in panels] == [
        ("cells closer", 2), ("share of trials", 3), ("bits", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("n", [2, 5, 40])
def test_it_is_drawn_with_few_rows_and_with_many(n: int, tmp_path: Path) -> None:
    results = injections([0.005 if i % 2 else 0.6 for i in range(n)])
    svg, _, table = save("forest", results, tmp_path)
    words = svg.read_text()
    assert all(f"symbol {i} injected, not silence" in words for i in range(n))
    assert "not told apart from its null" in words
    assert len(table.read_text().splitlines()) == n + 1
    assert forest.size(results)[1] == pytest.approx(
        forest.LEGEND + 0.1 + forest.TITLE + forest.AXIS + 0.24 * n, abs=0.01
    )


def test_no_text_stands_on_another() -> None:
    wide = Result("use", "use", -1234.567, "return", (-2345.678, -123.456), FLIPPED, 0.005, 123456, ".", {})
    fine = Result("content", "content", -0.0043, "cells closer", (-0.0126, 0.0041), FLIPPED, 0.6, 1024, ".", {})
    long = experiment(experiment={"title": "A title that goes on for longer than anybody has room for in a figure"})
    results = [wide, fine, long, *injections([0.2, 0.01, 0.03]), undefined("honesty", "honesty", "return", "no lies")]
    with styled():
        figure = laid_out(PLOTS["forest"], results, Figure)
        assert overlapping(figure) == []
        assert all(0 <= text.get_window_extent().x0 <= text.get_window_extent().x1 <= figure.bbox.width + 1
                   for text in drawn_texts(figure))  # fmt: skip


def test_caption_and_table_count_what_was_found_and_what_was_not() -> None:
    results = [*injections([0.005, 0.6]), undefined("honesty", "honesty", "return", "nobody lies")]
    assert "3 in all: 1 told apart from the null; 1 not told apart from it; 1 without an estimate" in forest.caption(
        results
    )
    findings = [row["finding"] for row in forest.table(results)]
    assert findings == ["stands out from its null", "not told apart from its null", "no estimate"]


def test_without_an_experiment_there_is_no_forest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the results is of an experiment"):
        save("forest", [made("metrics", "metrics-x", 1.0, "bits")], tmp_path)
    run = tmp_path / "run"
    injections([0.005])[0].save(run / "results")
    assert "forest" not in [claim.plot for claim in claims_of(read_evidence(run))]
    experiment().save(run / "results")
    assert "forest" in [claim.plot for claim in claims_of(read_evidence(run))]
