"""How long an analysis takes: starting to probe, probing hidden states with its null, information with its null."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.reader import open_recording
from commlab.datasets.writer import RecordingWriter
from commlab.foundation.statistics import corrected_information, draw_permutations, episode_strata
from commlab.probes.decode import probe
from commlab.probes.decode.linear import classify, make_design

N_EPISODES, N_STEPS, N_HIDDEN = 400, 64, 64
N_RUNS = 3


def bench_start() -> dict[str, dict[str, Any]]:
    """Return the median wall time of importing the probe in a new process."""
    command = [sys.executable, "-c", "import commlab.probes.decode.probe"]
    return {"import the probe": entry(lambda: subprocess.run(command, check=True), "a new process")}


def bench_probe() -> dict[str, dict[str, Any]]:
    """Return the wall time of a whole probe of hidden states, 199 permutations and all."""
    with tempfile.TemporaryDirectory() as folder, open_recording(record(Path(folder) / "bench.h5")) as recording:
        note = f"{N_EPISODES} episodes x {N_STEPS} steps x {N_HIDDEN} hidden, 5 folds, 199 permutations, 6 classes"
        return {"probe hidden": entry(lambda: probe.fit(recording, "own_next_action", "hidden"), note)}


def bench_fit() -> dict[str, dict[str, Any]]:
    """Return the wall time of fitting and scoring one probe on a million rows."""
    rng = np.random.default_rng(0)
    n_rows, n_features = 1_000_000, 128
    features = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    labels = rng.integers(0, 10, n_rows)
    folds, used = np.full(5, n_rows // 5), np.ones(n_rows, dtype=bool)
    start = time.perf_counter()
    classify(make_design(features, folds, used), labels, 10)
    seconds = time.perf_counter() - start
    return {"fit a million rows": {"value": seconds, "unit": "s", "note": "128 features, 5 folds, 10 classes, no null"}}


def bench_information() -> dict[str, dict[str, Any]]:
    """Return the wall time of a corrected information with its null and its interval."""
    rng = np.random.default_rng(0)
    said, values = rng.integers(0, 16, (1000, 64)), rng.integers(0, 10, (1000, 64))
    permutations = draw_permutations(episode_strata(np.full(1000, 64)), 199, rng)
    note = "1,000 episodes x 64 steps, 16 symbols, 10 values, 199 permutations, jackknife"
    return {"information": entry(lambda: corrected_information(said, values, permutations), note)}


BENCHES = [bench_start, bench_probe, bench_fit, bench_information]


def entry(work: Callable[[], object], note: str) -> dict[str, Any]:
    """Return the median wall time of some runs of `work`."""
    seconds = [timed(work) for _ in range(N_RUNS)]
    return {"value": statistics.median(seconds), "unit": "s", "note": note}


def timed(work: Callable[[], object]) -> float:
    """Return the wall time of `work`."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def record(path: Path) -> Path:
    """Write a recording of one agent whose hidden state holds its action."""
    rng = np.random.default_rng(0)
    n_rows = N_EPISODES * N_STEPS
    action = rng.integers(0, 6, (n_rows, 1))
    hidden = rng.normal(size=(n_rows, 1, N_HIDDEN)) + np.eye(6, N_HIDDEN)[action]
    ended = np.zeros(n_rows, dtype=bool)
    columns = {
        "steps/terminated": ended,
        "steps/truncated": ended,
        "agents/position": np.ones((n_rows, 1, 2), dtype=np.int16),
        "policy/action": action.astype(np.uint8),
        "policy/hidden.core": hidden.astype(np.float16),
    }
    codes = {"bodies": {"0": "scout"}, "actions": {str(code): str(code) for code in range(6)}}
    writer = RecordingWriter(path, {"codes": codes, "seed": 0, "command": "bench"}, N_EPISODES, N_EPISODES)
    episodes = {"length": np.full(N_EPISODES, N_STEPS, dtype=np.int32), "bodies": np.zeros((N_EPISODES, 1), np.uint8)}
    writer.write_shard(0, episodes, columns)
    return writer.finish()
