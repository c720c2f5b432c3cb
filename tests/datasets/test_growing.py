"""Recordings of as many episodes as come, and columns that only other people's recordings have."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import open_recording
from commlab.datasets.schema import MISSING, column_spec
from commlab.datasets.writer import RecordingWriter
from commlab.foundation.errors import RecordingError


def shard(n_episodes: int, first: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Episodes of two steps of one agent that says their number."""
    said = np.repeat(np.arange(first, first + n_episodes), 2).astype(np.uint16)
    columns = {"channel/said": said[:, None, None], "feature/a b.ü": said[:, None].astype(np.int32)}
    return {"length": np.full(n_episodes, 2), "episode": np.arange(first, first + n_episodes)}, columns


def test_a_recording_grows_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    with RecordingWriter(path, {"seed": 1}, None, shard_episodes=300) as writer:
        for number, n_episodes in enumerate((300, 300, 7)):
            assert writer.n_shards == number
            writer.write_shard(number, *shard(n_episodes, 300 * number))
        writer.finish()
    recording = open_recording(path)
    assert recording.n_episodes == recording.attrs["n_episodes"] == 607
    np.testing.assert_array_equal(recording["channel/said"][::2, 0, 0], np.arange(607))
    np.testing.assert_array_equal(recording["feature/a b.ü"][::2, 0], np.arange(607))
    assert recording.n_agents == 1
    assert list(tmp_path.iterdir()) == [path]


def test_shards_of_a_growing_recording_come_in_order(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r.h5", {}, None, shard_episodes=4) as writer:
        for number, n_episodes in ((1, 4), (0, 5)):
            with pytest.raises(RecordingError, match="come in order, 4 episodes each"):
                writer.write_shard(number, *shard(n_episodes))
        writer.write_shard(0, *shard(3))
        with pytest.raises(RecordingError, match="cannot come after 3 episodes"):
            writer.write_shard(1, *shard(4))


def test_a_growing_recording_of_nothing_is_not_written(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r.h5", {}, None) as writer, pytest.raises(RecordingError, match="no episode"):
        writer.finish()
    assert not (tmp_path / "r.h5").exists()


def test_a_growing_recording_is_not_taken_for_another(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    with RecordingWriter(path, {"seed": 1}, None, shard_episodes=4) as writer:
        writer.write_shard(0, *shard(4))
    with pytest.raises(RecordingError, match="shards of another recording"):
        RecordingWriter(path, {"seed": 1}, None, shard_episodes=4)
    assert open_recording(path).n_episodes == 4  # what was sealed can be read


@pytest.mark.parametrize("name", ["feature/", "feature/a/b", "feature/.", "feature/ .", "feature/a\0", "features/a"])
def test_a_feature_has_a_name_without_a_slash(name: str) -> None:
    with pytest.raises(RecordingError, match="has no column"):
        column_spec(name)


def test_features_and_messages_keep_their_types() -> None:
    codes = np.array([[0], [MISSING]], np.int32)
    said = np.array([[[0]], [[65535]]], np.uint16)
    numbers = np.array([[0.5], [np.nan]])
    columns = {"feature/code": codes, "feature/number": numbers, "channel/said": said}
    recording = memory_recording({"codes": {"feature/code": {"0": "red"}}}, {"length": [2]}, columns)
    assert recording["feature/code"].dtype == np.int32
    assert recording["feature/number"].dtype == np.float32
    assert recording["channel/said"][1, 0, 0] == 65535
    assert recording.codes["feature/code"] == {0: "red"}
    with pytest.raises(RecordingError, match="channel/said"):
        memory_recording({}, {"length": [1]}, {"channel/said": np.array([[[70000]]])})
