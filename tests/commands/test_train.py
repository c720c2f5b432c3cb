"""Training from the command line: what it leaves, what it refuses, and how it goes on after an interrupt."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.run import RunFolder


def test_a_training_leaves_a_complete_run(at_home: Path) -> None:
    run = RunFolder(at_home / "runs" / "tiny")
    facts = json.loads(run.train.read_text())
    assert facts["complete"] is True
    assert facts["agent_steps"] >= 4096
    assert run.finished()
    assert len(list(run.checkpoints.glob("steps-*.pt"))) >= 2
    assert run.scenario.exists()
    with run.log_csv.open() as file:
        assert len(list(csv.DictReader(file))) == 4096 // (16 * 16 * 2)


def test_a_complete_training_is_left_as_it_is(cli: Callable[..., Any], tiny: list[str], at_home: Path) -> None:
    run = RunFolder(at_home / "runs" / "tiny")
    before = {path: path.stat().st_mtime_ns for path in run.checkpoints.iterdir()}
    done = cli("train", "lookout", "--run", "tiny", "--agent-steps", 4096, *tiny)
    assert done.code == 0
    assert "Next: commlab record" in done.out
    assert {path: path.stat().st_mtime_ns for path in run.checkpoints.iterdir()} == before


def test_another_training_is_not_put_in_the_same_folder(
    cli: Callable[..., Any], tiny: list[str], at_home: Path
) -> None:
    done = cli("train", "lookout", "--run", "tiny", "--agent-steps", 4096, "--seed", 1, *tiny)
    assert "holds another training" in done.sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no scenario 'nowhere'"),
        (["nowhere.yaml"], "There is no scenario file nowhere.yaml"),
        (["lookout", "--set", "altar"], "--set 'altar' is not of the form field=value"),
        (["lookout", "--set", "=3"], "is not of the form field=value"),
        (["lookout", "--set", "altar.cost=[1"], "'[1' is no value"),
        (["lookout", "--set", "altar.prize=3"], "there is no field 'altar.prize'"),
        (["lookout", "--set", "steps.more=3"], "--set steps.more: 'steps' is no place in the scenario"),
        (["lookout", "--set", "steps=many"], "steps: input should be a valid integer"),
        (["lookout", "--set", "steps=0"], "steps: "),
        (["lookout", "--set", "train.wurlds=3"], "there is no field 'wurlds'; did you mean 'worlds'?"),
        (["lookout", "--set", "train.worlds=lots"], "worlds: input should be a valid integer"),
        (["lookout", "--set", "train.grounding.kind=taught"], "grounding.kind: "),
        (["lookout", "--set", "train.clip=-1"], "clip: input should be greater than 0, not -1"),
        (["lookout", "--set", "train.worlds=3", "--set", "train.shards=2"], "must be a multiple of shards (2)"),
        (["lookout", "--set", "train.sequence=7"], "do not split into sequences of 7"),
        (["lookout", "--set", "train.shards=2", "--processes", "3"], "2 shards do not split over 3 processes"),
        (["lookout", "--config", "nowhere.yaml"], "nowhere.yaml cannot be read"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    cli: Callable[..., Any], elsewhere: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("train", *arguments).sentence
    assert not list(elsewhere.rglob("*.pt"))


def test_a_training_file_that_holds_no_mapping_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    Path("recipe.yaml").write_text("- worlds\n", encoding="utf-8")
    assert "recipe.yaml" in cli("train", "lookout", "--config", "recipe.yaml").sentence
    assert "recipe.yaml" in cli("train", "lookout", "--config", "recipe.yaml", "--set", "train.worlds=2").sentence


@pytest.mark.parametrize("extra", [["another"], ["--nothing"], ["--agent-steps", "0"], ["--seed", "-1"]])
def test_arguments_too_many_or_out_of_range_are_refused(
    cli: Callable[..., Any], elsewhere: Path, extra: list[str]
) -> None:
    done = cli("train", "lookout", *extra)
    assert done.code == 2
    assert extra[0] in done.err
    assert "Traceback" not in done.err
    assert list(elsewhere.iterdir()) == []


def test_an_interrupt_ends_with_130_and_the_same_command_goes_on(tiny: list[str], tmp_path: Path) -> None:
    arguments = ["train", "lookout", "--run", "stopped", "--agent-steps", str(512 * 120), *tiny]
    command = [sys.executable, "-m", "commlab", *arguments]
    run = RunFolder(tmp_path / "runs" / "stopped")
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while rows(run) < 3 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "The same command goes on from there" in err
    assert "Traceback" not in err
    assert run.finished() is None
    before = rows(run)
    assert 3 <= before < 120
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run.finished()
    with run.log_csv.open() as file:
        steps = [int(row["agent_steps"]) for row in csv.DictReader(file)]
    assert steps == [512 * (i + 1) for i in range(120)]


def rows(run: RunFolder) -> int:
    """Iterations logged so far."""
    return max(0, len(run.log_csv.read_text().splitlines()) - 1) if run.log_csv.exists() else 0
