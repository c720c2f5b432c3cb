"""How long an analysis takes, each beside the plain scikit-learn way: probes with their nulls, the map, and memory."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.writer import RecordingWriter
from commlab.foundation.statistics import corrected_information, draw_permutations, episode_strata
from commlab.probes.decode import description_length, probe, usable_information
from commlab.probes.decode import map as probe_map
from commlab.probes.decode.linear import classify, make_design
from commlab.probes.decode.logistic import log_probabilities

N_EPISODES, N_STEPS, N_HIDDEN = 400, 64, 64
N_RUNS = 3
MILLION = 1_000_000
LARGE_GIB, SHARD_EPISODES = 4, 2048


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
    """Return the time of one probe of a million rows, and its held-out accuracy, beside scikit-learn's.

    scikit-learn fits one of the five folds, and its time is given for five, as they take alike.
    """
    entries: dict[str, dict[str, Any]] = {}
    for kind, make in (("noisy Gaussian classes", gaussian_rows), ("saturated hidden states", saturated_rows)):
        features, labels = make(MILLION)
        plain, plain_accuracy = sklearn_fold(features, labels)
        note = f"{kind}: 1,000,000 rows x 128 features, 5 folds, 10 classes, no null"
        entries[f"scikit-learn, {kind}"] = seconds_and_accuracy(5 * plain, plain_accuracy, f"{note}; 5 x one fold")
        for model, fit in (("linear", fit_linear), ("logistic", fit_logistic)):
            copy = features.copy()  # a design overwrites its features
            start = time.perf_counter()
            found = fit(copy, labels)
            seconds = time.perf_counter() - start
            accuracy = float(np.mean(found == labels))
            entry_of_model = seconds_and_accuracy(seconds, accuracy, note)
            entry_of_model["note"] += f"; {5 * plain / seconds:.0f} times as fast as scikit-learn"
            entries[f"{model}, {kind}"] = entry_of_model
    return entries


def seconds_and_accuracy(seconds: float, accuracy: float, note: str) -> dict[str, Any]:
    """Return an entry whose note gives the accuracy."""
    return {"value": seconds, "unit": "s", "note": f"{note}; held-out accuracy {accuracy:.4f}"}


def fit_linear(features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the held-out classes by discriminants."""
    folds = np.full(5, len(labels) // 5)
    return classify(make_design(features, folds, np.ones(len(labels), dtype=bool)), labels, 10)


def fit_logistic(features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the held-out classes by logistic regression."""
    folds = np.full(5, len(labels) // 5)
    design = make_design(features, folds, np.ones(len(labels), dtype=bool))
    return np.asarray(log_probabilities(design, labels, 10).argmax(1))


def sklearn_fold(features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return the seconds and the held-out accuracy of one fold by scikit-learn's logistic regression, in a pipeline."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    n_test = len(labels) // 5
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="lbfgs"))
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 100 steps, the default, may not be enough
        model.fit(features[n_test:], labels[n_test:])
    accuracy = float(model.score(features[:n_test], labels[:n_test]))
    return time.perf_counter() - start, accuracy


def gaussian_rows(n_rows: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return rows of ten Gaussian classes of one covariance, which overlap."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, n_rows)
    means = (rng.normal(size=(10, 128)) * 0.2).astype(np.float32)
    mixing = (np.eye(128) + rng.normal(size=(128, 128)) / 40).astype(np.float32)
    return means[labels] + rng.standard_normal((n_rows, 128), dtype=np.float32) @ mixing, labels


def saturated_rows(n_rows: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return hidden states of a saturated layer; a class is where one of ten directions of its input is strongest."""
    rng = np.random.default_rng(0)
    inner = rng.standard_normal((n_rows, 6), dtype=np.float32)
    labels = (inner @ rng.normal(size=(6, 10)).astype(np.float32)).argmax(1)
    other = rng.standard_normal((n_rows, 10), dtype=np.float32) * (1 + np.abs(inner[:, :1]))
    hidden = np.hstack([inner, other]) @ rng.normal(size=(16, 128)).astype(np.float32) * np.float32(0.7)
    hidden += 0.1 * rng.standard_normal(hidden.shape, dtype=np.float32)
    return np.tanh(hidden, out=hidden), labels


def bench_models() -> dict[str, dict[str, Any]]:
    """Return the wall time of each analysis of hidden states with its null."""
    note = f"{N_EPISODES} episodes x {N_STEPS} steps x {N_HIDDEN} hidden, 199 permutations, 6 classes"
    with tempfile.TemporaryDirectory() as folder, open_recording(record(Path(folder) / "bench.h5")) as recording:
        asked = (recording, "own_next_action", "hidden")
        works: dict[str, Callable[[], object]] = {
            "probe hidden, logistic": lambda: probe.fit(*asked, model="logistic"),
            "probe hidden, nonlinear": lambda: probe.fit(*asked, model="nonlinear"),
            "description length of hidden": lambda: description_length.fit(*asked),
            "V-information of hidden": lambda: usable_information.fit(*asked),
            "map of 9 cells": lambda: probe_map.fit(recording, ["own_next_action"], ["hidden"], range(-4, 5)),
        }
        entries = {name: {"value": timed(work), "unit": "s", "note": note} for name, work in works.items()}
        seconds = sklearn_labelling(recording)
    plain = f"{note}: one labelling, times 200"
    return entries | {
        "scikit-learn, logistic regression with a null": {"value": 200 * seconds, "unit": "s", "note": plain}
    }


def sklearn_labelling(recording: Recording) -> float:
    """Return the seconds of cross-validating one labelling the plain way, in grouped folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    hidden, labels = recording["policy/hidden.core"][:, 0].astype(np.float32), recording["policy/action"][:, 0]
    groups = np.repeat(np.arange(N_EPISODES), N_STEPS)
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="lbfgs"))
    start = time.perf_counter()
    cross_val_score(model, hidden, labels, groups=groups, cv=GroupKFold(5), scoring="balanced_accuracy")
    return time.perf_counter() - start


def bench_memory() -> dict[str, dict[str, Any]]:
    """Return the peak memory of probing a recording larger than the memory that it may use."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("COMMLAB_BENCH_FOLDER")) as folder:
        n_gib = 1 if shutil.disk_usage(folder).free < 8 << 30 else LARGE_GIB
        path = record_large(Path(folder) / "large.h5", n_gib)
        command = [sys.executable, __file__, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        size = path.stat().st_size / 2**20
    note = f"hidden states of {n_gib} GiB ({found['steps']:,} steps x 128), {size:.0f} MiB on the disk, 39 permutations"
    note += f"; as float32, as scikit-learn takes them, they fill {2 * n_gib} GiB"
    return {
        "peak memory of a large probe": {"value": found["peak_mib"], "unit": "MiB", "note": note},
        "time of a large probe": {"value": found["seconds"], "unit": "s", "note": note},
        "peak memory of a million rows": {
            "value": found["peak_mib_million"],
            "unit": "MiB",
            "note": "the same recording with max_rows=1,000,000, no null",
        },
    }


def record_large(path: Path, n_gib: int) -> Path:
    """Write a recording of one agent whose hidden states (float16) take that many GiB; they repeat, and so compress."""
    rng = np.random.default_rng(0)
    n_shard = SHARD_EPISODES * N_STEPS
    n_shards = (n_gib << 30) // (n_shard * 128 * 2)
    action = rng.integers(0, 6, (n_shard, 1))
    hidden = np.round(rng.normal(size=(n_shard, 1, 128)) * 2 + 2 * np.eye(6, 128)[action]) / 2
    ended = np.zeros(n_shard, dtype=bool)
    columns = {
        "steps/terminated": ended,
        "steps/truncated": ended,
        "agents/position": np.ones((n_shard, 1, 2), dtype=np.int16),
        "policy/action": action.astype(np.uint8),
        "policy/hidden.core": hidden.astype(np.float16),
    }
    codes = {"bodies": {"0": "scout"}, "actions": {str(code): str(code) for code in range(6)}}
    header = {"codes": codes, "seed": 0, "command": "bench"}
    writer = RecordingWriter(path, header, n_shards * SHARD_EPISODES, SHARD_EPISODES)
    length, bodies = np.full(SHARD_EPISODES, N_STEPS, dtype=np.int32), np.zeros((SHARD_EPISODES, 1), np.uint8)
    for number in range(writer.n_shards):
        writer.write_shard(number, {"length": length, "bodies": bodies}, columns)
    return writer.finish()


def measure_large(path: str) -> dict[str, Any]:
    """Return this process's peak memory and the time of probing the recording at `path`, thinned and not."""
    import resource

    start = time.perf_counter()
    with open_recording(path) as recording:
        probe.fit(recording, "own_next_action", "hidden", n_null=39)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        probe.fit(recording, "own_next_action", "hidden", n_null=0, max_rows=MILLION)
        steps = recording.n_steps
    million = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"steps": steps, "seconds": seconds, "peak_mib": peak, "peak_mib_million": million}


def bench_information() -> dict[str, dict[str, Any]]:
    """Return the wall time of a corrected information with its null and its interval."""
    rng = np.random.default_rng(0)
    said, values = rng.integers(0, 16, (1000, 64)), rng.integers(0, 10, (1000, 64))
    permutations = draw_permutations(episode_strata(np.full(1000, 64)), 199, rng)
    note = "1,000 episodes x 64 steps, 16 symbols, 10 values, 199 permutations, jackknife"
    return {"information": entry(lambda: corrected_information(said, values, permutations), note)}


BENCHES = [bench_start, bench_probe, bench_fit, bench_models, bench_information, bench_memory]


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


if __name__ == "__main__":
    print(json.dumps(measure_large(sys.argv[1])))
