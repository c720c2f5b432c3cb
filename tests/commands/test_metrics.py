"""`commlab metrics`: one table, one JSON object, saved results, and sentences for what cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result
from commlab.probes.decode.measures import MEASURES

QUICK = ["--nulls", "19"]


def test_it_prints_one_json_object_and_saves_each_metric(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("metrics", "tiny", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [row["metric"] for row in found["metrics"]] == list(MEASURES)
    assert "resource_location" in found["targets"]
    for row in found["metrics"]:
        assert (row["value"] is None) == bool(row["reason"])
        assert row["warning"]
        saved = Result.load(at_home / "runs" / "tiny" / "results" / f"metrics-{row['metric']}.json")
        assert saved.estimate == row["value"]


def test_it_prints_a_table_with_the_catches_below(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("metrics", *QUICK)
    assert done.code == 0, done.err
    assert "What speakers said and resource_location" in done.out
    assert "Undefined, because" in done.out
    assert "that is no grammar" in done.out
    assert "None of it says that anybody listens." in done.out
    assert "nan" not in done.out
    assert "Saved" in done.err
    assert "metrics: 100 %" in done.err


def test_targets_and_speakers_can_be_chosen(cli: Callable[..., Any], at_home: Path) -> None:
    asked = ["--targets=own_position,own_next_action", "--of=gatherer", "--lag=1", "--distances=hamming,hamming"]
    done = cli("metrics", "tiny", "--json", *asked, *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["of"], found["targets"]) == ("gatherer", ["own_position", "own_next_action"])
    assert (at_home / "runs" / "tiny" / "results" / "metrics-information-gatherer-lag1.json").exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--targets=resource_locatoin"], "the nearest is resource_location"),
        (["--targets=own_energy"], "own_energy is a number, and metrics compare classes"),
        (["--targets=,"], "--targets takes names with commas between"),
        (["--threshold=inf"], "must be finite"),
        (["--distances=edit"], "--distances takes two"),
        (["--distances=edits,hamming"], "There is no distance 'edits'"),
        (["--of=smith"], "There are no agents 'smith'"),
    ],
)
def test_what_cannot_be_is_one_sentence(cli: Callable[..., Any], at_home: Path, asked: list[str], told: str) -> None:
    assert told in cli("metrics", "tiny", *asked, *QUICK).sentence
