"""Words learnt from a recording of other agents than a run's last ones: refused, not taken for theirs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def changed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run `tiny`, of which the recorded checkpoint is gone: its last one is an earlier one."""
    run = tmp_path_factory.mktemp("changed") / "tiny"
    shutil.copytree(home / "runs" / "tiny", run, ignore=shutil.ignore_patterns("results"))
    checkpoints = sorted((run / "checkpoints").glob("steps-*.pt"))
    assert len(checkpoints) > 1
    checkpoints[-1].unlink()
    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["inject", "--message", "1", "--for", "4"],
        ["inject", "--by", "symbol", "--for", "4"],
        ["talk", "--score", "--episodes", "64"],
        ["patch", "--for", "4"],
    ],
)
def test_a_recording_of_another_checkpoint_is_refused(
    cli: Callable[..., Any], changed: Path, arguments: list[str]
) -> None:
    command, *options = arguments
    sentence = cli(command, changed, *options).sentence
    assert "recorded from another checkpoint" in sentence
    assert "record these agents anew" in sentence
    assert not (changed / "results").exists()


def test_a_recording_with_interventions_tells_nobodys_words(
    cli: Callable[..., Any], changed: Path, tmp_path: Path
) -> None:
    run, changes = tmp_path / "tiny", tmp_path / "changes.json"
    shutil.copytree(changed, run)
    changes.write_text('[{"site": "message.out", "operation": "set", "symbol": 3}]')
    assert (
        cli(
            "record", run, "--episodes", 8, "--interventions", changes, "--output", run / "recording.h5", "--force"
        ).code
        == 0
    )
    assert "was recorded with interventions" in cli("inject", run, "--by", "symbol", "--for", "4").sentence


def test_meanings_are_not_looked_up_in_the_language_of_other_agents(
    cli: Callable[..., Any], changed: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    arms = "{told: [{site: message.in, operation: set, meaning: crystal north}], untouched: []}"
    file.write_text(f"moment: 4\nwatch: 4\nepisodes: 16\narms: {arms}\n")
    done = cli("inject", changed, "--file", file)
    assert done.code == 2
    assert "recorded from another checkpoint" in done.err
