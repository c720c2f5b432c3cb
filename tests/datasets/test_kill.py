"""A recording killed at any moment is finished by the same command, with the same content."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from commlab.datasets.reader import open_recording

N_KILLS = 5


def test_a_killed_recording_is_finished_with_the_same_content(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan(n_episodes=120)
    path = tmp_path / "recording.h5"
    rng = random.Random(0)
    longest = 0
    for _ in range(N_KILLS):
        process = subprocess.Popen([sys.executable, contents.__file__, str(path)])
        started = wait_for_shard(path, process)
        time.sleep(rng.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert started or path.exists()
        sealed = len(list(tmp_path.rglob("shard-*.h5")))
        assert path.exists() or sealed >= longest  # what was sealed stays
        longest = sealed
        if path.exists() and not path.with_name("recording.h5.parts").exists():
            break
        if sealed or path.exists():  # whatever is on the disk is whole
            with open_recording(path) as partial:
                partial["policy/hidden.core"][:]
    finish(path)
    check_same(path, contents.expected(plan)[1])
    assert os.listdir(tmp_path) == ["recording.h5"]


def wait_for_shard(path: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the process has sealed or opened one more file, or ended."""
    before = set(path.parent.rglob("*"))
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if set(path.parent.rglob("*")) - before:
            return True
        time.sleep(0.002)
    return False


def finish(path: Path) -> None:
    """Run the same command to its end, unless it had ended."""
    if path.exists() and not path.with_name(path.name + ".parts").exists():
        return
    from recording_contents import Plan, record  # the module of the `contents` fixture

    record(Plan(n_episodes=120), path)


def check_same(path: Path, columns: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg]
    """Every column is byte for byte what an undisturbed recording holds."""
    with open_recording(path) as recording:
        for name, values in columns.items():
            assert recording[name][:].tobytes() == values.tobytes(), name


def test_a_kill_while_shards_are_removed_is_finished(tmp_path: Path, contents: ModuleType) -> None:
    plan = contents.Plan()
    path = contents.record(plan, tmp_path / "a.h5")
    (tmp_path / "a.h5.parts").mkdir()
    with contents.writer_of(plan, path) as writer:
        assert writer.sealed == frozenset(range(writer.n_shards))
        assert writer.finish() == path
    assert os.listdir(tmp_path) == ["a.h5"]
    check_same(path, contents.expected(plan)[1])
