"""How far a run has come, and what to do next."""

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.presence import NOTE, leave_note, noted_while
from commlab.foundation.run import RunFolder
from commlab.foundation.stage import called, is_run, stage_of

COMMAND = "commlab train lookout --run one"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.chdir(tmp_path)
    made = RunFolder(Path("runs") / "one")
    made.checkpoints.mkdir(parents=True)
    return made


def train(run: RunFolder, complete: bool = True, **facts: Any) -> None:
    told = {"complete": complete, "identity": {"train": {"agent_steps": 400}}, "provenance": {"command": COMMAND}}
    run.train.write_text(json.dumps({**told, **facts}))
    run.log_csv.write_text("iteration,agent_steps\n0,50\n1,100\n")
    (run.checkpoints / "steps-0100.pt").write_bytes(b"")


def save(run: RunFolder, *names: str) -> None:
    run.results.mkdir(exist_ok=True)
    for name in names:
        (run.results / f"{name}.json").write_text("{}")


def test_the_way_of_a_run(run: RunFolder) -> None:
    train(run)
    way = [stage_of(run)]
    run.recording.write_bytes(b"")
    way.append(stage_of(run))
    for name in ("probe-x", "lexicon", "dose-symbol", "verdict"):
        save(run, name)
        way.append(stage_of(run))
    run.report.write_text("")
    way.append(stage_of(run))
    assert [stage.command for stage in way] == [
        "commlab record one",
        "commlab probe one --target=resource_location",
        "commlab lexicon one",
        "commlab inject one --by symbol",
        "commlab verdict one",
        "commlab report one",
        "commlab talk one",
    ]
    assert [stage.sentence.split(",")[0] for stage in way][:3] == ["trained", "recorded", "probed"]
    assert len({stage.sentence for stage in way}) == len(way)


def test_a_report_older_than_results_is_made_again(run: RunFolder) -> None:
    train(run)
    run.recording.write_bytes(b"")
    save(run, "probe-x", "lexicon", "dose-symbol", "verdict")
    run.report.write_text("")
    later = time.time() + 60
    os.utime(run.results / "verdict.json", (later, later))
    assert stage_of(run).command == "commlab report one"


def test_a_run_in_training_says_how_far_it_is(run: RunFolder) -> None:
    train(run, complete=False)
    with noted_while(run):
        leave_note(run)
        stage = stage_of(run)
    assert stage.at_work
    assert stage.sentence == "being trained: 100 of 400 agent steps (25 %)"
    assert stage.command == "commlab record one"
    assert not stage_of(run).at_work


def test_the_note_of_a_process_that_is_gone_counts_for_nothing(run: RunFolder) -> None:
    train(run, complete=False)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (run.path / NOTE).write_text(json.dumps({"pid": gone.pid, "host": socket.gethostname()}))
    assert not stage_of(run).at_work
    for damaged in ("", "{}", "[1]", '{"pid": "x", "host": 1}'):
        (run.path / NOTE).write_text(damaged)
        assert not stage_of(run).at_work


def test_on_another_machine_it_is_what_was_written_lately_that_counts(run: RunFolder) -> None:
    train(run, complete=False)
    (run.path / NOTE).write_text(json.dumps({"pid": 1, "host": "elsewhere.example"}))
    assert stage_of(run).at_work
    for path in (run.train, run.log_csv):
        os.utime(path, (1e9, 1e9))
    assert not stage_of(run).at_work


def test_a_stopped_training_goes_on_by_its_own_command(run: RunFolder) -> None:
    train(run, complete=False)
    stage = stage_of(run)
    assert not stage.at_work
    assert stage.sentence == "its training was stopped at 100 of 400 agent steps (25 %)"
    assert stage.command == COMMAND


def test_an_interrupted_recording_is_taken_up(run: RunFolder) -> None:
    train(run)
    (run.path / "recording.h5.parts").mkdir()
    stage = stage_of(run)
    assert stage.sentence == "its recording was interrupted"
    assert [step.command for step in stage.steps].count("commlab record one") == 1


def test_imported_recordings_have_no_agents_to_speak_to(run: RunFolder) -> None:
    run.recording.write_bytes(b"")
    commands = " ".join(step.command for step in stage_of(run).steps)
    assert commands.startswith("commlab probe one --targets")
    assert "inject" not in commands
    assert "talk" not in commands


@pytest.mark.parametrize("text", ["", "{", "[]", '{"complete": false, "identity": null}'])
def test_a_damaged_train_json_is_survived(run: RunFolder, text: str) -> None:
    train(run)
    run.train.write_text(text)
    assert stage_of(run).steps


def test_names_are_what_a_shell_takes(tmp_path: Path) -> None:
    assert called(RunFolder(Path("runs") / "one")) == "one"
    assert called(RunFolder(Path("runs") / "my run")) == "'my run'"
    assert called(RunFolder(tmp_path / "one")) == str(tmp_path / "one")
    assert not is_run(tmp_path)
