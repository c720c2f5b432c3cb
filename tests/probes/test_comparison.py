"""Runs held side by side: the same questions, honest differences, means over runs, and nothing that does not match."""

from typing import Any

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.comparison import compare


def result(analysis: str, name: str, estimate: float | None, interval: Any = None, **changes: Any) -> Result:
    fields: dict[str, Any] = {"unit": "bits", "null": None, "p_value": 0.01, "n_episodes": 64, "sentence": name}
    return Result(analysis=analysis, name=name, estimate=estimate, interval=interval, **(fields | changes))


def rows_of(runs: dict[str, list[Result]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in compare(runs).details["rows"]}


def test_two_runs_differ_where_the_interval_of_the_difference_leaves_out_zero() -> None:
    rows = rows_of({
        "a": [result("x", "far", 2.0, (1.9, 2.1)), result("x", "near", 2.0, (1.9, 2.1))],
        "b": [result("x", "far", 1.0, (0.8, 1.2)), result("x", "near", 1.9, (1.7, 2.1))],
    })  # fmt: skip
    far, near = rows["far"]["difference"], rows["near"]["difference"]
    assert far["estimate"] == pytest.approx(1.0)
    assert far["interval"] == pytest.approx((1.0 - np.hypot(0.1, 0.2), 1.0 + np.hypot(0.1, 0.2)))
    assert far["differs"] is True
    assert near["differs"] is False


def test_equal_runs_differ_in_one_of_twenty_numbers() -> None:
    rng = np.random.default_rng(0)

    def one() -> list[Result]:
        means = rng.normal(3.0, 0.1, 400)
        return [result("x", f"n{i}", float(m), (float(m) - 0.196, float(m) + 0.196)) for i, m in enumerate(means)]

    rows = rows_of({"a": one(), "b": one()}).values()
    assert 0.02 < np.mean([row["difference"]["differs"] for row in rows]) < 0.09


def test_three_runs_have_a_mean_whose_unit_is_the_run() -> None:
    runs = {f"seed{i}": [result("x", "q", value, (value, value))] for i, value in enumerate((1.0, 2.0, 3.0))}
    over = rows_of(runs)["q"]["over_runs"]
    assert over["estimate"] == pytest.approx(2.0)
    assert over["interval"] == pytest.approx((2.0 - 4.302653 / np.sqrt(3), 2.0 + 4.302653 / np.sqrt(3)), abs=1e-5)
    assert (over["n_runs"], over["n_found"], over["least"], over["greatest"]) == (3, 3, 1.0, 3.0)


def test_a_mean_of_shares_stays_between_0_and_1() -> None:
    runs = {
        f"seed{i}": [result("understanding", "q", value, unit="share of trials")]
        for i, value in enumerate((0.2, 0.9, 1.0))
    }
    assert rows_of(runs)["q"]["over_runs"]["interval"][1] == 1.0


def test_a_mean_of_differences_of_shares_keeps_its_negative_side() -> None:
    """The kinship of an audience may lower the share of steps at which agents speak."""
    values = (-0.03, -0.02, -0.04)
    runs = {f"seed{i}": [result("audience", "q", value, unit="share of steps")] for i, value in enumerate(values)}
    low, high = rows_of(runs)["q"]["over_runs"]["interval"]
    assert low < -0.03 < high < 0


@pytest.mark.parametrize(
    ("p_values", "n_found", "n_tested"),
    [((0.05, 0.0501, 0.2), 1, 3), ((0.01, None, None), 1, 1), ((None, None, None), None, 0)],
)
def test_runs_are_counted_among_those_that_were_tested(
    p_values: tuple[float | None, ...], n_found: int | None, n_tested: int
) -> None:
    runs = {f"seed{i}": [result("x", "q", 1.0, p_value=p)] for i, p in enumerate(p_values)}
    over = rows_of(runs)["q"]["over_runs"]
    assert (over["n_runs"], over["n_found"], over["n_tested"]) == (3, n_found, n_tested)


def test_numbers_without_intervals_are_not_said_to_be_alike() -> None:
    found = compare({"a": [result("x", "q", 1.0)], "b": [result("x", "q", 9.0)]})
    assert found.sentence == "a and b share 1 number, none of them with an interval to tell whether they differ."


def test_null_results_are_counted_over_runs() -> None:
    runs = {f"seed{i}": [result("x", "q", 1.0, p_value=p)] for i, p in enumerate((0.01, 0.3, 0.6))}
    assert rows_of(runs)["q"]["over_runs"]["n_found"] == 1


def test_other_questions_get_no_difference() -> None:
    rows = rows_of({"a": [result("injection", "injection-3", 2.0, (1, 3))],
                    "b": [result("injection", "injection-7", 1.0, (0, 2))]})  # fmt: skip
    (row,) = rows.values()
    assert row["alike"] is False
    assert row["difference"] is None
    assert [answer["name"] for answer in row["answers"]] == ["injection-3", "injection-7"]


@pytest.mark.parametrize("other", [[], [result("x", "q", 1.0, unit="nats")], [result("x", "q", None)]])
def test_nothing_is_made_up_where_a_run_lacks_it(other: list[Result]) -> None:
    found = compare({"a": [result("x", "q", 2.0, (1, 3))], "b": other})
    assert all(row["difference"] is None for row in found.details["rows"])
    assert "no saved result in common" in found.sentence


def test_verdicts_are_told() -> None:
    def judged(verdict: str) -> Result:
        return result("verdict", "verdict", 4.0, details={"verdict": verdict})

    shared = result("x", "q", 1.0, (0.9, 1.1))
    two = compare({"a": [judged("communication"), shared], "b": [judged("babbling"), shared]})
    assert "The verdicts are communication and babbling." in two.sentence
    three = compare({n: [judged(v), shared] for n, v in (("a", "communication"), ("b", "silent"), ("c", "babbling"))})
    assert "communication in 1 of 3 runs" in three.sentence


def test_cross_play_is_about_pairs_and_left_out() -> None:
    shared = result("crossplay", "crossplay", 1.0, (0.9, 1.1))
    assert compare({"a": [shared], "b": [shared]}).details["rows"] == []


def test_a_comparison_is_json_and_needs_two_runs() -> None:
    shared = [result("x", "q", 1.0, (0.9, 1.1))]
    found = compare({"a": shared, "b": shared})
    assert Result.from_json(found.to_json()).details["rows"][0]["difference"]["estimate"] == 0.0
    with pytest.raises(DataError, match="two runs or more"):
        compare({"a": shared})
