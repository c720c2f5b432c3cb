"""README.txt in run folders: written when a run is made, kept up to date by whatever adds to it."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import commlab
from commlab.commands.readme import NAME, explained, write_readme
from commlab.foundation.run import RunFolder, noticed


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.chdir(home)
    return RunFolder(Path("runs") / "tiny")


def text_of(run: RunFolder) -> str:
    return (run.path / NAME).read_text(encoding="utf-8")


def test_training_and_recording_leave_it(run: RunFolder) -> None:
    text = text_of(run)
    assert text.startswith("tiny: a run of commlab\n")
    for path in run.path.iterdir():
        assert path.name == NAME or f"  {path.name} " in text, path
    assert "made by: commlab train lookout --run tiny" in text
    assert "made by: commlab record tiny --episodes 40" in text


def test_what_a_command_adds_is_in_it(cli: Callable[..., Any], run: RunFolder) -> None:
    assert cli("information", "tiny", "--nulls", 19, "--lag", 3).code == 0
    text = text_of(run)
    assert "lag3.json" in text
    assert "commlab probe tiny" in text or "commlab lexicon tiny" in text


def test_its_commands_can_be_typed_and_its_python_runs(cli: Callable[..., Any], run: RunFolder) -> None:
    _, _, below = text_of(run).partition("What to do next\n")
    steps, _, python = below.partition("How to read it from Python\n")
    commands = [line.strip().split("   ")[0] for line in steps.splitlines() if line.strip()]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "commlab"
        assert cli(*arguments, "--help").code == 0
    lines = [line.strip().split("  ")[0] for line in python.splitlines()]
    exec("\n".join(line for line in lines if "lexicon" not in line), {})


def test_reading_a_run_leaves_it_as_it_is(cli: Callable[..., Any], run: RunFolder) -> None:
    (run.path / NAME).write_text("my own words")
    assert cli("probe", "tiny", "--targets").code == 0
    assert text_of(run) == "my own words"
    write_readme(run)
    assert "my own words" not in text_of(run)


def test_a_failed_command_s_files_are_told_too(run: RunFolder) -> None:
    def fail() -> None:
        with explained():
            noticed(run)
            (run.path / "talks").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert "  talks " in text_of(run)
    (run.path / "talks").rmdir()


def test_the_sample_gets_one_when_it_is_copied(cli: Callable[..., Any], elsewhere: Path) -> None:
    assert cli("probe", "sample", "--targets").code == 0
    assert "sample: a run of commlab" in (elsewhere / "runs" / "sample" / NAME).read_text()


def test_a_notebook_keeps_it_too(run: RunFolder) -> None:
    made = commlab.open("tiny").information(nulls=19, lag=5)
    assert f"{made.name}.json" in text_of(run)


def test_a_folder_that_is_no_run_gets_none(tmp_path: Path) -> None:
    assert write_readme(RunFolder(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_written_stops_nothing(run: RunFolder) -> None:
    (run.path / NAME).unlink()
    (run.path / NAME).mkdir()
    try:
        with explained():
            noticed(run)
            (run.path / "phases.json").write_text("{}")
    finally:
        (run.path / "phases.json").unlink()
        (run.path / NAME).rmdir()
        write_readme(run)
    assert not list(run.path.glob("*.part"))
