"""`commlab talk --score` from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result
from commlab.foundation.run import SAMPLE

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="no sample ships with this tree")
QUICK = ["--score", "--episodes", "128"]


def test_the_score_is_one_json_object_and_saved(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli("talk", "sample", *QUICK, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert {"score", "untouched", "random", "places", "missing", "shared", "interval", "n_episodes"} <= set(found)
    assert len(found["places"]) == 8
    assert 0 <= found["score"] <= 1
    assert found["score"] == pytest.approx(sum(place["score"] for place in found["places"].values()) / 8)
    saved = Result.load(elsewhere / "runs" / "sample" / "results" / "understanding.json")
    assert saved.estimate == found["score"]
    assert saved.provenance["command"].startswith("commlab talk sample --score")


def test_the_score_prints_a_row_for_each_place_and_a_sentence(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli("talk", "sample", *QUICK)
    assert done.code == 0, done.err
    assert "gone there first" in done.out
    assert "untouched twins in" in " ".join(done.out.split())
    assert "understanding.json" in done.err


def test_what_has_no_place_beside_another_way_to_talk_is_refused(cli: Callable[..., Any], at_home: Path) -> None:
    assert "--checkpoint has no place beside --score" in cli("talk", "tiny", "--score", "--checkpoint", "x").sentence
    assert "--seed and --episode have no place" in cli("talk", "tiny", "--replay", "x", "--seed", 1).sentence


def test_too_few_trials_and_unknown_runs_are_refused(cli: Callable[..., Any], at_home: Path) -> None:
    assert "have a moment to ask at; take more episodes." in cli("talk", "tiny", *QUICK).sentence
    assert "There is no run called 'nowhere'" in cli("talk", "nowhere", "--score").sentence
