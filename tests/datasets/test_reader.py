"""Columns slice like numpy, and a file that cannot be read is told in one sentence with its mend."""

import os
import pickle
import resource
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.errors import RecordingError


@pytest.fixture(scope="module")
def path(contents: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return contents.record(contents.Plan(fixed=False), tmp_path_factory.mktemp("reader") / "a.h5")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def parts(contents: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same recording with its third shard missing, as shards."""
    plan = contents.Plan(fixed=False)
    with contents.writer_of(plan, tmp_path_factory.mktemp("reader") / "b.h5") as writer:
        for number in (0, 1, 3, 4, 5):
            writer.write_shard(number, contents.episodes_of(plan, number), contents.columns_of(plan, number))
    return writer.folder  # type: ignore[no-any-return]


KEYS: list[Any] = [
    slice(None),
    slice(3, 90),
    slice(90, 3, -7),
    slice(5, 5),
    slice(-4, None),
    0,
    -1,
    np.int64(7),
    [5, 50, 5, -1],
    np.array([], dtype=int),
    (slice(2, 70), 1),
    (slice(2, 70), slice(0, 2), 0),
    (3, [0, 2]),
    (slice(40, 60), np.array([True, False, True])),
    ([1, 2, 60], [0, 1, 2]),
    (..., 0),
    (slice(1, 3), None),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("kind", ["file", "shards"])
def test_columns_slice_like_numpy(path: Path, parts: Path, key: Any, kind: str) -> None:
    with open_recording(path if kind == "file" else parts) as recording:
        for name in ("agents/position", "steps/episode", "channel/heard"):
            values = np.asarray(recording[name])
            if name == "steps/episode" and isinstance(key, tuple):
                continue
            assert np.array_equal(recording[name][key], values[key])
            assert recording[name][key].dtype == values.dtype
        mask = recording["steps/t"][:] % 3 == 0
        assert np.array_equal(recording["channel/said"][mask], recording["channel/said"][:][mask])


@pytest.mark.parametrize("row", [10**6, [0, 10**6], -(10**6)])
def test_rows_that_do_not_exist_are_refused(path: Path, row: Any) -> None:
    with open_recording(path) as recording, pytest.raises(IndexError, match="out of range: there are"):
        recording["channel/said"][row]


def test_a_missing_shard_leaves_the_others_consistent(parts: Path, contents: ModuleType) -> None:
    plan = contents.Plan(fixed=False)
    with open_recording(parts) as recording:
        assert recording.n_episodes == plan.n_episodes - plan.shard_episodes
        kinship = np.concatenate([contents.episodes_of(plan, number)["kinship"] for number in (0, 1, 3, 4, 5)])
        assert np.array_equal(recording.kinship[recording.episodes.kinship], kinship)
        episode, t = recording["steps/episode"][:], recording["steps/t"][:]
        assert np.array_equal(np.flatnonzero(t == 0), recording.episodes.start)
        assert np.array_equal(np.bincount(episode), recording.episodes.length)


def test_agents_are_chosen_by_number_and_by_body(path: Path) -> None:
    with open_recording(path) as recording:
        values = recording["agents/position"][:]
        assert np.array_equal(recording.read("agents/position", agents=1), values[:, 1])
        assert np.array_equal(recording.read("agents/position", slice(3, 9), agents=[2, 0]), values[3:9, [2, 0]])
        assert np.array_equal(recording.read("agents/position"), values)
        scouts = recording.agents_with_body("scout")
        assert scouts == tuple(agent for agent, body in enumerate(recording.bodies) if body == "scout")
        assert sorted(scouts + recording.agents_with_body("gatherer")) == list(range(recording.n_agents))
        with pytest.raises(RecordingError, match="no body 'queen': the bodies in it are"):
            recording.agents_with_body("queen")


def test_tables_come_from_the_file(path: Path) -> None:
    with open_recording(path) as recording:
        assert recording.crystal_codes == (4, 5)
        assert recording.codes["cells"][2] == "altar"
        assert recording.layout["height"] == 8
        assert recording.names("observation/vector")[:2] == ("part0", "part1")
        assert recording.names("agents/energy") == ()
        assert recording.attrs["sealed"]
        assert "checkpoint_sha256" not in recording.attrs


def test_a_recording_pickles_and_opens_again_after_closing(path: Path) -> None:
    with open_recording(path) as recording:
        copy: Recording = pickle.loads(pickle.dumps(recording))
    assert np.array_equal(copy["channel/said"][:], recording["channel/said"][:])
    recording.close()
    copy.close()


def test_an_unknown_column_names_the_nearest(path: Path) -> None:
    with open_recording(path) as recording, pytest.raises(RecordingError, match=r"'channel/sayd'.*channel/said"):
        recording["channel/sayd"]


def spoil_attribute(path: Path, key: str, value: Any) -> None:
    with h5py.File(path, "r+") as file:
        if value is None:
            del file.attrs[key]
        else:
            file.attrs[key] = value


def remove_column(path: Path, name: str) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]


def shorten_column(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["channel/said"].resize(10, axis=0)


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "text": (lambda path: path.write_text("a,b\n1,2\n" * 99), "is not an HDF5 file and so no recording"),
    "empty": (lambda path: path.write_bytes(b""), "is empty, not a recording"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-500]), "damaged HDF5 file, cut short"),
    "cut to a stump": (lambda path: path.write_bytes(path.read_bytes()[:40]), "damaged HDF5 file"),
    "foreign": (
        lambda path: spoil_attribute(path, "schema_version", None),
        r"no recording of commlab \(it holds agents",
    ),
    "newer": (lambda path: spoil_attribute(path, "schema_version", 2), r"newer commlab .*schema 2.*upgrade"),
    "impossible": (lambda path: spoil_attribute(path, "schema_version", 0), "unknown recording schema 0"),
    "unsealed": (lambda path: spoil_attribute(path, "sealed", False), "never sealed"),
    "without t": (lambda path: remove_column(path, "steps/t"), "is a recording without steps/t"),
    "short column": (shorten_column, "channel/said lack rows"),
    "gone": (lambda path: path.unlink(), "does not exist"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_cannot_be_read_is_told(path: Path, tmp_path: Path, spoilt: str) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(path.read_bytes())
    spoil, message = SPOILT[spoilt]
    spoil(copy)
    with pytest.raises(RecordingError, match=message) as error:
        open_recording(copy)
    text = str(error.value)
    assert str(copy) in text
    assert ": " in text  # the mend follows
    assert "\n" not in text


def test_a_damaged_column_is_told_when_it_is_read(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy) as file:
        chunk = file["observation/window"].id.get_chunk_info(0)
    with open(copy, "r+b") as raw:
        raw.seek(chunk.byte_offset)
        raw.write(b"\xff" * chunk.size)
    with open_recording(copy) as recording:
        recording["channel/said"][:]
        with pytest.raises(RecordingError, match="Column observation/window cannot be read"):
            recording["observation/window"][:]


def test_a_folder_without_shards_and_shards_that_differ_are_told(parts: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is a folder without a sealed shard"):
        open_recording(tmp_path)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for file in parts.iterdir():
        (mixed / file.name).write_bytes(file.read_bytes())
    spoil_attribute(mixed / "shard-000003.h5", "fingerprint", "other")
    with pytest.raises(RecordingError, match="is a shard of another recording"):
        open_recording(mixed)


def test_a_forked_process_reads_with_files_of_its_own(path: Path) -> None:
    with open_recording(path) as recording:
        here = recording["channel/said"][:]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, recording["channel/said"][:].tobytes())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            assert pipe.read() == here.tobytes()
        assert os.waitpid(child, 0)[1] == 0


def test_more_shards_than_files_may_be_open_are_told(parts: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 2, limits[1]))
    try:
        with pytest.raises(RecordingError, match="too many shards to open at once: finish the recording"):
            open_recording(parts)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
