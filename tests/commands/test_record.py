"""Recording from the command line: names, refusals, and recordings killed and taken up again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.commands.record import _free_name
from commlab.datasets.reader import open_recording
from commlab.foundation.run import RunFolder

N_KILLS = 3


def test_a_recording_is_made_in_the_run(at_home: Path) -> None:
    with open_recording(at_home / "runs" / "tiny" / "recording.h5") as recording:
        assert recording.n_episodes == 40
        assert recording.attrs["command"] == "commlab record tiny --episodes 40"
        assert len(str(recording.attrs["checkpoint_sha256"])) == 64


def test_the_next_recording_gets_the_next_free_name(cli: Callable[..., Any], at_home: Path) -> None:
    run = at_home / "runs" / "tiny"
    first = (run / "recording.h5").read_bytes()
    done = cli("record", "tiny", "--episodes", 2, "--seed", 1)
    assert done.code == 0, done.err
    assert "recording-2.h5" in done.err
    assert (run / "recording.h5").read_bytes() == first
    with open_recording(run / "recording-2.h5") as recording:
        assert recording.n_episodes == 2
    (run / "recording-2.h5").unlink()


def test_free_names_skip_what_is_done_and_take_up_what_was_killed(tmp_path: Path) -> None:
    first = RunFolder(tmp_path).recording
    assert _free_name(first, force=False).name == "recording.h5"
    for name in ("recording.h5", "recording-2.h5", "recording-4.h5"):
        (tmp_path / name).touch()
    assert _free_name(first, force=False).name == "recording-3.h5"
    assert _free_name(first, force=True).name == "recording.h5"
    (tmp_path / "recording-2.h5.parts").mkdir()
    assert _free_name(first, force=False).name == "recording-2.h5"


def test_the_muted_twin_goes_to_the_controls(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("record", "tiny", "--episodes", 2, "--mute")
    assert done.code == 0, done.err
    path = at_home / "runs" / "tiny" / "controls" / "muted.h5"
    with open_recording(path) as recording:
        assert not recording["channel/heard"][:].any()
    path.unlink()


def test_a_muted_recording_of_an_early_checkpoint(cli: Callable[..., Any], at_home: Path, tmp_path: Path) -> None:
    early = sorted((at_home / "runs" / "tiny" / "checkpoints").glob("steps-*.pt"))[0]
    path = tmp_path / "new" / "muted.h5"
    done = cli("record", "tiny", "--episodes", 2, "--mute", "--checkpoint", early, "--output", path, "--codec", "gzip")
    assert done.code == 0, done.err
    with open_recording(path) as recording:
        assert not recording["channel/heard"][:].any()
        assert set(recording.episodes.condition) == {"message.in:mute"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no run called 'nowhere': the nearest under ./runs are tiny"),
        (["tiny", "--checkpoint", "nowhere.pt"], "There is no checkpoint nowhere.pt"),
        (["tiny", "--checkpoint", "runs/tiny/train.csv"], "runs/tiny/train.csv is no commlab checkpoint"),
        (["tiny", "--output", "runs/tiny/recording.h5"], "exists already and is not replaced: use --force"),
        (["tiny", "--codec", "mp3"], "mp3"),
        (["tiny", "--layers", ","], "--layers takes names with commas between"),
        (["tiny", "--output", "runs", "--force"], "runs is a folder"),
        (["tiny", "--output", "runs/tiny/train.csv/x.h5"], "could not be written"),
        (["runs/tiny/train.csv"], "is a file, not a run"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    before = sorted(at_home.rglob("*"))
    assert sentence in cli("record", *arguments).sentence
    assert sorted(at_home.rglob("*")) == before


def test_a_run_without_checkpoints_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    (elsewhere / "runs" / "bare").mkdir(parents=True)
    assert "holds no checkpoint" in cli("record", "bare").sentence


def test_a_killed_recording_is_taken_up_and_comes_out_the_same(
    cli: Callable[..., Any], at_home: Path, tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed.h5", tmp_path / "whole.h5"
    options = ["record", "tiny", "--episodes", "1300", "--output"]
    rng = random.Random(0)
    n_partial = 0
    for kill in range(N_KILLS):
        process = subprocess.Popen([sys.executable, "-m", "commlab", *options, str(killed)], stderr=subprocess.PIPE)
        wait_for_shard(killed, process)
        time.sleep(rng.uniform(0, 0.1) if kill else 0)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if killed.exists() and not parts(killed):
            break
        with open_recording(killed) as partial:
            assert partial.n_episodes > 0
            n_partial += partial.n_episodes < 1300
    assert n_partial > 0
    if parts(killed):
        done = cli(*options, killed)
        assert done.code == 0, done.err
    assert cli(*options, whole).code == 0
    assert sorted(os.listdir(tmp_path)) == ["killed.h5", "whole.h5"]
    with open_recording(killed) as one, open_recording(whole) as other:
        assert one.n_episodes == other.n_episodes == 1300
        assert one.attrs["fingerprint"] == other.attrs["fingerprint"]
        assert one.columns() == other.columns()
        for name in one.columns():
            assert one[name][:].tobytes() == other[name][:].tobytes(), name
        assert all(np.array_equal(a, b) for a, b in zip(one.episodes, other.episodes, strict=True))


def parts(path: Path) -> bool:
    """Whether shards of a recording that is not done lie beside it."""
    return path.with_name(f"{path.name}.parts").exists()


def wait_for_shard(path: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the process has sealed one more shard, or ended."""
    before = set(path.parent.rglob("shard-*.h5"))
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        if set(path.parent.rglob("shard-*.h5")) - before:
            return
        time.sleep(0.002)


def test_interventions_of_a_file_are_made_and_kept(cli: Callable[..., Any], at_home: Path, tmp_path: Path) -> None:
    changes, out = tmp_path / "changes.json", tmp_path / "told.h5"
    changes.write_text('[{"site": "message.out", "operation": "set", "agents": [0], "symbol": 5}]')
    done = cli("record", "tiny", "--episodes", 8, "--interventions", changes, "--output", out)
    assert done.code == 0, done.err
    with open_recording(out) as recording:
        assert (recording.read("channel/emitted")[:, 0] == 5).all()
        assert recording.attrs["condition"] == "message.out:set"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "are a list in JSON"),
        ('[{"site": "dreams", "operation": "set"}]', "site is one of"),
        ('[{"site": "hidden.mind", "operation": "mute"}]', "no hidden states 'hidden.mind'"),
        ('[{"site": "message.out", "operation": "set", "symbol": 200}]', "symbols 0 to 15, not 200"),
    ],
)
def test_a_file_without_interventions_that_fit_is_told(
    cli: Callable[..., Any], at_home: Path, tmp_path: Path, text: str, words: str
) -> None:
    changes, out = tmp_path / "changes.json", tmp_path / "told.h5"
    changes.write_text(text)
    done = cli("record", "tiny", "--episodes", 8, "--interventions", changes, "--output", out)
    assert done.code == 2
    assert words in done.sentence
    assert not out.exists()


def test_a_recording_with_interventions_has_a_name_of_its_own(
    cli: Callable[..., Any], at_home: Path, tmp_path: Path
) -> None:
    changes = tmp_path / "changes.json"
    changes.write_text('[{"site": "message.in", "operation": "mute"}]')
    done = cli("record", "tiny", "--episodes", 4, "--interventions", changes)
    assert done.code == 0, done.err
    made = at_home / "runs" / "tiny" / "recording-changed.h5"
    assert made.exists()
    made.unlink()
