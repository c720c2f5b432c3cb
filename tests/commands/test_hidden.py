"""`commlab patch`, `steer` and `erase` on a small run: what they print, save and refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

FEW = ("--episodes", 24, "--nulls", 19, "--json")


@pytest.fixture(scope="module")
def done(home: Path, cli: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """What each command says of the speakers of the small run, as JSON."""
    run = str(home / "runs" / "tiny")
    asked = {
        "patch": ("patch", run, "--of=speakers", "--at=4", "--for=4"),
        "steer": ("steer", run, "--of=speakers", "--at=4", "--doses=1", "--irrelevant=nearest_kin_location"),
        "erase": ("erase", run, "--of=speakers", "--irrelevant=nearest_kin_location"),
    }
    found = {}
    for name, arguments in asked.items():
        ran = cli(*arguments, *FEW)
        assert ran.code == 0, ran.err
        found[name] = json.loads(ran.out)
    return found


@pytest.mark.parametrize(("name", "analysis"), [("patch", "patching"), ("steer", "steering"), ("erase", "erasure")])
def test_it_says_and_saves_what_it_found(name: str, analysis: str, done: dict[str, dict[str, Any]], home: Path) -> None:
    told = done[name]
    assert told["analysis"] == analysis
    assert told["no_op_is_identical"]
    low, high = told["interval"]
    assert low <= told["estimate"] <= high
    saved = Result.load(home / "runs" / "tiny" / "results" / f"{name}-resource_location-core-speakers.json")
    assert saved.sentence == told["sentence"]
    assert saved.provenance["command"].startswith(f"commlab {name}")
    assert saved.details["of"] == "speakers"


def test_a_table_and_a_sentence_are_printed(home: Path, cli: Callable[..., Any]) -> None:
    ran = cli("patch", home / "runs" / "tiny", "--of=speakers", "--at=4", "--for=4", *FEW[:-1])
    assert ran.code == 0, ran.err
    assert "resource_location in core of speakers" in ran.out
    assert "Given the resource_location part of the state (core)" in ran.out
    assert "Saved" in ran.err


def test_a_layer_that_was_not_recorded_is_fitted_on_other_episodes(home: Path, cli: Callable[..., Any]) -> None:
    ran = cli("patch", home / "runs" / "tiny", "--of=speakers", "--at=4", "--for=4", "--layer=encoder", *FEW)
    assert ran.code == 0, ran.err
    assert "does not hold encoder" in ran.err
    assert json.loads(ran.out)["layer"] == "encoder"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("patch", "--layer=attic"), "There is no layer 'attic': the agents have encoder, core"),
        (("patch", "--target=resource"), "There is no target 'resource'"),
        (("patch", "--of=ghosts"), "There are no agents 'ghosts'"),
        (("patch", "--at=15"), "--at 15 is not within the episode: steps are 0 to 14"),
        (("patch", "--for=16"), "--for 16 is not 1 to 15 steps"),
        (("patch", "--of=speakers", "--told"), "--told is for listeners"),
        (("steer", "--dose=0"), "A dose is above 0"),
        (("steer", "--doses=1,a"), "--doses takes numbers"),
        (("steer", "--doses="), "--doses takes numbers"),
        (("steer", "--target=own_energy"), "own_energy is a number"),
        (("erase", "--target=resource_kind"), "resource_kind has a single value"),
        (("erase", "--irrelevant=resource_location"), "is the target itself"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], told: str, home: Path, cli: Callable[..., Any]
) -> None:
    command, *options = arguments
    ran = cli(command, home / "runs" / "tiny", *options, *FEW)
    assert told in ran.sentence


def test_a_recording_of_other_agents_is_refused(home: Path, cli: Callable[..., Any], tiny: list[str]) -> None:
    """The run goes on learning after it was recorded: directions found before mean nothing for what it is now."""
    run = home / "runs" / "tiny"
    checkpoints = sorted((run / "checkpoints").glob("steps-*.pt"))
    assert len(checkpoints) > 1
    last = checkpoints[-1].rename(run / "last")
    try:
        ran = cli("erase", run, *FEW)
    finally:
        last.rename(checkpoints[-1])
    assert "was recorded from another checkpoint" in ran.sentence
