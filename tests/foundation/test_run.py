"""Which run is meant."""

import json
from pathlib import Path

import pytest

from commlab.foundation import run as runs
from commlab.foundation.errors import RecordingError, RunError
from commlab.foundation.run import RunFolder, find_recording, find_run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_run(name: str, **state: object) -> RunFolder:
    run = RunFolder(Path("runs") / name)
    run.path.mkdir(parents=True)
    if state:
        run.train.write_text(json.dumps(state))
    return run


def test_without_a_name_it_is_the_run_completed_last(here: Path) -> None:
    make_run("early", complete=True, finished="2026-01-01T00:00:00+00:00")
    make_run("late", complete=True, finished="2026-02-01T00:00:00+00:00")
    make_run("unfinished", complete=False, finished="2026-03-01T00:00:00+00:00")
    make_run("bare")
    (Path("runs") / "bad").mkdir()
    (Path("runs") / "bad" / "train.json").write_text("{")
    assert find_run().name == "late"


def test_a_run_is_found_by_name_and_by_path(here: Path) -> None:
    make_run("one")
    assert find_run("one").path == Path("runs/one")
    assert find_run(here / "runs" / "one").path == here / "runs" / "one"


def test_an_unknown_run_names_the_nearest(here: Path) -> None:
    make_run("lookout-7")
    make_run("arena")
    with pytest.raises(RunError, match=r"'lokout-7': the nearest under ./runs are lookout-7"):
        find_run("lokout-7")
    Path("file").write_text("")
    with pytest.raises(RunError, match="file is a file, not a run"):
        find_run("file")


def test_the_sample_is_copied_once_where_no_run_is_complete(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = here / "shipped"
    sample.mkdir()
    (sample / "recording.h5").write_bytes(b"x")
    monkeypatch.setattr(runs, "SAMPLE", sample)
    said: list[str] = []
    assert find_run(say=said.append).path == Path("runs/sample")
    assert find_recording(say=said.append).read_bytes() == b"x"
    assert len(said) == 1
    assert "copied to runs/sample" in said[0]
    make_run("mine", complete=True, finished="2026-01-01T00:00:00+00:00")
    assert find_run().name == "mine"


def test_without_a_sample_the_mend_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SAMPLE", here / "nowhere")
    with pytest.raises(RunError, match="commlab train lookout"):
        find_run()


def test_recordings_are_found_by_run_file_and_shards(here: Path) -> None:
    run = make_run("one")
    with pytest.raises(RecordingError, match=r"runs/one has no recording yet: make one with `commlab record"):
        find_recording("one")
    shards = run.path / "recording.h5.parts"
    shards.mkdir()
    assert find_recording("one") == shards
    assert find_recording(shards) == shards
    run.recording.write_bytes(b"")
    assert find_recording("one") == run.recording
    assert find_recording(run.recording) == run.recording
    with pytest.raises(RecordingError, match=r"x\.h5 does not exist"):
        find_recording("x.h5")
