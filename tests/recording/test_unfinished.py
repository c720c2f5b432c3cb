"""Recordings that are refused, interrupted or cut short by a full disk leave nothing half-written and go on later."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention
from commlab.agents.rollout import Rollout
from commlab.datasets import shards, writer
from commlab.datasets.reader import open_recording
from commlab.foundation.errors import DiskError, InterventionError, RecordingError
from commlab.recording import SHARD, Request, record


def test_an_intervention_that_does_not_fit_leaves_no_file(checkpoint: Checkpoint, tmp_path: Path) -> None:
    changes = (Intervention("message.in", "set", symbol=99),)
    with pytest.raises(InterventionError, match="symbols 0 to 15, not 99"):
        record(checkpoint, Request(tmp_path / "r.h5", 4, interventions=changes))
    assert not (tmp_path / "r.h5").exists()


def test_an_existing_file_is_refused_unless_forced(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = record(checkpoint, Request(tmp_path / "r.h5", 2))
    before = path.read_bytes()
    with pytest.raises(RecordingError, match="exists already and is not replaced: use --force"):
        record(checkpoint, Request(path, 3))
    assert path.read_bytes() == before
    with open_recording(record(checkpoint, Request(path, 3, force=True))) as recording:
        assert recording.n_episodes == 3


def test_the_watcher_is_told_of_every_shard(checkpoint: Checkpoint, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    record(checkpoint, Request(tmp_path / "r.h5", SHARD + 6), lambda done, total: told.append((done, total)))
    assert told == [(SHARD, SHARD + 6), (SHARD + 6, SHARD + 6)]


def test_sealed_shards_are_not_played_again(
    checkpoint: Checkpoint,
    natural: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    same_bytes: Callable[[Path, Path], bool],
) -> None:
    played: list[int] = []
    begin = Rollout.begin

    def stop_after_one(self: Rollout, episodes: Any, scatter: float | None = None) -> None:
        if played and played[-1] >= 0:
            played.append(-1)
            raise KeyboardInterrupt
        played.append(int(episodes[0]))
        begin(self, episodes, scatter)

    monkeypatch.setattr(Rollout, "begin", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        record(checkpoint, Request(tmp_path / "r.h5", SHARD + 6, seed=5))
    with open_recording(tmp_path / "r.h5") as partial:
        assert partial.n_episodes == SHARD
    assert same_bytes(record(checkpoint, Request(tmp_path / "r.h5", SHARD + 6, seed=5)), natural)
    assert played == [0, -1, SHARD]


def test_shards_of_another_request_are_refused(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(writer.RecordingWriter, "finish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            record(checkpoint, Request(tmp_path / "r.h5", 2, seed=1))
    with pytest.raises(RecordingError, match="another recording"):
        record(checkpoint, Request(tmp_path / "r.h5", 2, seed=2))


def test_a_full_disk_is_told_in_a_sentence(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("commlab.foundation.disk.shutil.disk_usage", lambda path: usage)
    with pytest.raises(DiskError, match="free: free some space, record fewer episodes"):
        record(checkpoint, Request(tmp_path / "r.h5", 4))
    assert not (tmp_path / "r.h5").exists()


def test_a_disk_that_fills_up_is_told_in_a_sentence(
    checkpoint: Checkpoint,
    natural: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    same_bytes: Callable[[Path, Path], bool],
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shards, "seal", full)
        with pytest.raises(DiskError, match="The disk is full .* free some space and run the same command again"):
            record(checkpoint, Request(tmp_path / "r.h5", SHARD + 6, seed=5))
    assert not (tmp_path / "r.h5").exists()
    assert same_bytes(record(checkpoint, Request(tmp_path / "r.h5", SHARD + 6, seed=5)), natural)
