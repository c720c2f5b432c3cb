"""Cross-play from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

QUICK = ["--episodes", "16", "--nulls", "19"]


def test_checkpoints_of_a_run_meet(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("crossplay", "tiny", "--checkpoints", 2, *QUICK)
    assert done.code == 0, done.err
    assert "Return of an agent an episode" in done.out
    assert "nobody (muted)" in done.out
    saved = list((at_home / "runs" / "tiny" / "results").glob("crossplay-*.json"))
    assert len(saved) == 1
    assert Result.load(saved[0]).details["scenario"] == "lookout"


def test_a_run_with_itself_as_json(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("crossplay", "tiny", "tiny@last", "tiny", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["estimate"] == 0
    assert found["names"][0] == "tiny (1)"
    assert found["names"][2] == "tiny (2)"
    assert {"returns", "muted", "understanding", "own_is_best", "sentence", "path"} <= set(found)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Cross-play needs two runs or more, and none is named"),
        (["tiny"], "Cross-play needs two sources or more"),
        (["tiny", "nowhere"], "There is no run called 'nowhere'"),
        (["tiny@17", "tiny"], "has no checkpoint '17': it has first, last"),
        (["tiny", "--families"], "its families have no policies of their own"),
    ],
)
def test_what_cannot_meet_is_refused(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("crossplay", *arguments, *QUICK).sentence
