"""Every column comes back as it was written, whatever the codec, the lengths and the order; nothing is overwritten."""

import errno
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from commlab.datasets import schema, shards
from commlab.datasets.codecs import chunk_shape, merged_chunk_shape
from commlab.datasets.reader import open_recording
from commlab.datasets.writer import RecordingWriter
from commlab.foundation import disk
from commlab.foundation.errors import DiskError, RecordingError


def check_content(path: Path, contents: ModuleType, plan: Any) -> None:
    """The recording at `path` holds exactly what the plan says."""
    episodes, columns = contents.expected(plan)
    with open_recording(path) as recording:
        lengths = episodes["length"]
        assert recording.n_episodes == plan.n_episodes
        assert set(recording.columns()) == {*columns, *schema.DERIVED}
        for name, values in columns.items():
            stored = recording[name]
            assert stored.shape == values.shape
            assert stored.dtype == values.dtype, name
            assert stored[:].tobytes() == values.tobytes(), name
        for name in set(schema.EPISODE_FIELDS) - {"kinship"}:
            assert np.array_equal(getattr(recording.episodes, name), episodes[name]), name
        assert np.array_equal(recording.kinship[recording.episodes.kinship], episodes["kinship"])
        assert len(recording.kinship) == len(np.unique(episodes["kinship"], axis=0))
        assert recording.names("episodes/numbers") == tuple(f"number{number}" for number in range(5))
        starts = [0, *np.cumsum(lengths)[:-1]]
        assert np.array_equal(recording.episodes.start, starts)
        assert recording["steps/t"][:].tolist() == [t for length in lengths for t in range(length)]
        assert recording["steps/episode"][:].tolist() == [e for e, length in enumerate(lengths) for _ in range(length)]
    if path.is_file():
        with h5py.File(path) as file:
            assert np.array_equal(file["episodes/start"][:], starts)
            assert file["steps/episode"][:].tolist() == [e for e, n in enumerate(lengths) for _ in range(n)]


@pytest.mark.parametrize("codec", ["zstd", "gzip"])
@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize(("n_episodes", "shard_episodes"), [(21, 4), (1, 64), (130, 60), (8, 4)])
def test_every_column_comes_back(
    tmp_path: Path, contents: ModuleType, codec: str, fixed: bool, n_episodes: int, shard_episodes: int
) -> None:
    plan = contents.Plan(n_episodes, shard_episodes, fixed=fixed, codec=codec)
    path = contents.record(plan, tmp_path / "new" / "recording.h5")
    check_content(path, contents, plan)
    assert [file.name for file in path.parent.iterdir()] == ["recording.h5"]


def test_the_order_of_shards_does_not_matter(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan(fixed=False)
    check_content(contents.record(plan, tmp_path / "a.h5", order=[3, 0, 5, 1, 4, 2]), contents, plan)


def test_chunks_are_copied_and_rewritten_alike_at_every_alignment(tmp_path: Path, contents: ModuleType) -> None:
    for shard_episodes in (90, 128, 200):  # windows fill one chunk and a bit, several, and all but a bit
        plan = contents.Plan(450, shard_episodes, n_agents=2, fixed=shard_episodes != 128)
        check_content(contents.record(plan, tmp_path / f"{shard_episodes}.h5"), contents, plan)


def test_sealed_shards_read_like_the_finished_file(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan(fixed=False)
    path = tmp_path / "a.h5"
    with contents.writer_of(plan, path) as writer:
        for number in range(writer.n_shards):
            writer.write_shard(number, contents.episodes_of(plan, number), contents.columns_of(plan, number))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.h5.parts"]
    check_content(tmp_path / "a.h5.parts", contents, plan)
    check_content(path, contents, plan)  # the file's name finds its shards
    with contents.writer_of(plan, path) as writer:
        assert writer.sealed == frozenset(range(6))
        writer.finish()
    check_content(path, contents, plan)


def test_a_damaged_shard_is_recorded_again(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan()
    path = tmp_path / "a.h5"
    with contents.writer_of(plan, path) as writer:
        for number in (0, 2):
            writer.write_shard(number, contents.episodes_of(plan, number), contents.columns_of(plan, number))
    shard = shards.shard_path(writer.folder, 2)
    shard.write_bytes(shard.read_bytes()[:-100])
    with contents.writer_of(plan, path) as writer:
        assert writer.sealed == {0}
    check_content(contents.record(plan, path), contents, plan)


def test_a_finished_recording_is_replaced_by_force_alone(tmp_path: Path, contents: ModuleType) -> None:
    path = contents.record(contents.Plan(seed=1), tmp_path / "a.h5")
    before = path.read_bytes()
    for seed in (1, 2):
        with pytest.raises(RecordingError, match=r"a\.h5 exists already .* --force"):
            contents.record(contents.Plan(seed=seed), path)
    assert path.read_bytes() == before
    with contents.writer_of(contents.Plan(seed=2), path, force=True):
        assert path.read_bytes() == before  # until the new one is whole
    contents.record(contents.Plan(seed=2), path, force=True)
    check_content(path, contents, contents.Plan(seed=2))


def test_shards_of_another_recording_are_refused(tmp_path: Path, contents: ModuleType) -> None:
    path = tmp_path / "a.h5"
    with contents.writer_of(contents.Plan(seed=1), path) as writer:
        writer.write_shard(
            0, contents.episodes_of(contents.Plan(seed=1), 0), contents.columns_of(contents.Plan(seed=1), 0)
        )
    plan = contents.Plan(seed=2)
    with pytest.raises(RecordingError, match=r"shards of another recording .* use --force"):
        contents.writer_of(plan, path)
    check_content(contents.record(plan, path, force=True), contents, plan)


def test_what_the_command_is_called_does_not_change_the_fingerprint() -> None:
    facts = {"seed": 1, "layout": {"sites": np.array([[1, 2]])}}
    same = [facts, {**facts, "command": "x"}, {**facts, "git_revision": "y"}, {**facts, "layout": {"sites": [(1, 2)]}}]
    assert len({shards.fingerprint(header) for header in same}) == 1
    assert shards.fingerprint({**facts, "seed": 2}) != shards.fingerprint(facts)


def test_two_writers_do_not_share_a_folder(tmp_path: Path, contents: ModuleType) -> None:
    path = tmp_path / "a.h5"
    with contents.writer_of(contents.Plan(), path), pytest.raises(RecordingError, match="Another process is recording"):
        contents.writer_of(contents.Plan(), path)
    contents.writer_of(contents.Plan(), path).close()


def test_an_unfinished_recording_says_what_is_missing(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan()
    with contents.writer_of(plan, tmp_path / "a.h5") as writer:
        writer.write_shard(1, contents.episodes_of(plan, 1), contents.columns_of(plan, 1))
        with pytest.raises(RecordingError, match="5 of 6 shards are missing, the first is 0"):
            writer.finish()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("agents/energy", lambda x: x.astype(float), "agents/energy is float64 and not int32"),
        ("agents/facing", lambda x: x.astype(int) + 300, "agents/facing is int64 and not uint8"),
        ("agents/position", lambda x: x[:-1], r"agents/position has shape .* must have 40 rows"),
        ("channel/said", lambda x: x[..., 0], r"channel/said .* axes \(S, A, L\)"),
        ("channel/sung", lambda x: x, r"no column 'channel/sung': allowed are .*channel/said"),
        ("policy/hidden.", lambda x: x, "no column"),
    ],
)
def test_a_wrong_column_is_named(tmp_path: Path, contents: ModuleType, name: str, change: Any, message: str) -> None:
    plan = contents.Plan()
    columns = contents.columns_of(plan, 0)
    columns[name] = change(columns.get(name, columns["channel/said"]))
    with contents.writer_of(plan, tmp_path / "a.h5") as writer, pytest.raises(RecordingError, match=message):
        writer.write_shard(0, contents.episodes_of(plan, 0), columns)


@pytest.mark.parametrize(
    ("number", "episodes", "message"),
    [
        (6, {}, "Shard 6 is not one of this recording's 6"),
        (0, {"length": [1, 2]}, "Shard 0 has 2 episodes: it must have 4"),
        (0, {}, "must have a `length`"),
        (0, {"length": [1] * 4, "mood": [1] * 4}, "no field mood: allowed are length"),
    ],
)
def test_a_wrong_shard_is_named(
    tmp_path: Path, contents: ModuleType, number: int, episodes: dict[str, Any], message: str
) -> None:
    with (
        contents.writer_of(contents.Plan(), tmp_path / "a.h5") as writer,
        pytest.raises(RecordingError, match=message),
    ):
        writer.write_shard(number, episodes, {})


def test_shards_must_hold_the_same_columns(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan()
    writer = contents.writer_of(plan, tmp_path / "a.h5")
    for number in range(2):
        columns = contents.columns_of(plan, number)
        if number:
            del columns["channel/said"]
        writer.write_shard(number, contents.episodes_of(plan, number), columns)
    with pytest.raises(RecordingError, match="do not hold the same columns"):
        writer.close()


@pytest.mark.parametrize(("codec", "n_episodes", "message"), [("lzf", 1, "'lzf': choose one of"), ("zstd", 0, "got 0")])
def test_a_wrong_setting_is_named(tmp_path: Path, codec: str, n_episodes: int, message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        RecordingWriter(tmp_path / "a.h5", {}, n_episodes, codec=codec)


def test_a_disk_without_room_is_told_before_the_work(
    tmp_path: Path, contents: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = contents.Plan()
    with contents.writer_of(plan, tmp_path / "a.h5") as writer:
        writer.write_shard(0, contents.episodes_of(plan, 0), contents.columns_of(plan, 0))
    usage = disk.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=9_000))
    with pytest.raises(DiskError, match=r"a\.h5 needs about \d+ kB but the disk of .* has 9 kB free"):
        contents.writer_of(plan, tmp_path / "a.h5")
    with (
        contents.writer_of(plan, tmp_path / "b.h5") as other,
        pytest.raises(DiskError, match=r"A shard of .*b\.h5 needs"),
    ):
        other.write_shard(0, contents.episodes_of(plan, 0), contents.columns_of(plan, 0))


@pytest.mark.parametrize(("step", "allowed"), [("fsync", 5), ("replace", 3), ("fsync", 12), ("replace", 6)])
def test_a_disk_that_fills_leaves_sealed_shards_alone(
    tmp_path: Path, contents: ModuleType, monkeypatch: pytest.MonkeyPatch, step: str, allowed: int
) -> None:
    """It fills within the shards, 2 calls of fsync and 1 of replace each, or in the merge that follows the sixth."""
    plan = contents.Plan()
    path = tmp_path / "a.h5"
    calls, kept = [], getattr(os, step)

    def full(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) > allowed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kept(*arguments)

    monkeypatch.setattr(os, step, full)
    with pytest.raises(DiskError, match="disk is full"):
        contents.record(plan, path)
    monkeypatch.undo()
    left = sorted(file.name for file in tmp_path.rglob("*") if file.is_file())
    assert left
    assert all(name.startswith("shard-") and name.endswith(".h5") for name in left)
    check_content(contents.record(plan, path), contents, plan)


def test_chunks_hold_64_to_512_kb_and_hidden_states_one_agent() -> None:
    for rows in (64, 4096, 64 * 50, 64 * 61, 100_000):
        for inner in (1, 2, 30, 242, 3000, 60_000):
            shape = chunk_shape("observation/window", (rows, 2, inner), np.dtype("u1"), rows)
            assert shape[1:] == (2, inner)
            assert np.prod(shape) <= 512 * 1024
            assert np.prod(shape) >= 64 * 1024 or shape[0] == rows
            assert 64 * 1024 <= np.prod(merged_chunk_shape(shape, np.dtype("u1"))) <= 512 * 1024
    assert chunk_shape("policy/hidden.core", (4096, 8, 64), np.dtype("f2"), 4096) == (2048, 1, 64)
