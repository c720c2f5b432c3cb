"""Experiments on kinship from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

QUICK = ["--episodes", "48", "--nulls", "39", "--shown", "0,1"]


def test_scripted_agents_as_a_table(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli("kinship", "--planted", "kin-only:deaf", *QUICK)
    assert done.code == 0, done.err
    assert "Speakers fall silent to strangers: " in done.out
    assert "shown kinship" in done.out
    assert "Next to nothing is said to strangers" in done.out
    assert "Saved" not in done.err
    assert not list(elsewhere.iterdir())


def test_a_run_is_given_its_results(cli: Callable[..., Any], tiny: list[str], elsewhere: Path) -> None:
    settings = [*tiny, "--set", "train.sharing=family", "--agent-steps", "2048", "--seed", "1"]
    trained = cli("train", "rivals", "--name", "two", *settings)
    assert trained.code == 0, trained.err
    done = cli("kinship", "two", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["speaker"] == "cannot tell"  # untrained as they are
    assert found["deception"] is False
    assert {"kinship", "honesty", "beliefs", "listener", "verdict", "sentence"} <= set(found)
    names = {path.stem for path in (elsewhere / "runs" / "two" / "results").glob("*.json")}
    assert {"kinship", "honesty", "kinship-beliefs"} <= names
    assert Result.load(elsewhere / "runs" / "two" / "results" / "kinship-beliefs.json").estimate is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--planted", "lying", "--shown", "0,2"], "--shown is '0,2'; give levels of kinship from -1 to 1"),
        (["--planted", "lying", "--shown", ""], "--shown is ''"),
        (["--planted", "lies"], "There is no language 'lies'"),
        (["--planted", "lying:obey"], "There is no listener 'obey'"),
        (["tiny", "--planted", "lying"], "tiny is a run, and --planted are scripted agents; name one of the two."),
        (["--planted", "lying", "--checkpoint", "x.pt"], "--checkpoint has no place beside --planted"),
        (["tiny"], "Everybody is kin in 'lookout', so these agents have never met a stranger"),
        (["nowhere"], "There is no run called 'nowhere'"),
        (["--planted", "lying", "--episodes", "5"], "5 episodes are too few"),
    ],
)
def test_what_has_no_sense_is_refused(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("kinship", *arguments).sentence
