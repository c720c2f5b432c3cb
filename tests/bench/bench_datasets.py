"""How much recording slows a rollout down, and how fast recordings are read."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.reader import open_recording
from commlab.datasets.writer import RecordingWriter

N_EPISODES, N_STEPS, N_AGENTS, SHARD = 1024, 64, 2, 64
ROLLOUT = 5e-6  # seconds an agent step, on one core
N_RUNS = 9


def bench_recording() -> dict[str, dict[str, Any]]:
    """The speed of a rollout (a stand-in: one busy core) while it is recorded, as a share of its speed alone."""
    shards = [shard_columns(number) for number in range(4)]
    folder = Path(tempfile.mkdtemp())
    try:
        alone, recorded = [], []
        for run in range(N_RUNS):
            alone.append(seconds(lambda: roll_out(shards, None)))
            recorded.append(seconds(lambda run=run: roll_out(shards, folder / f"{run}.h5")))
        path = folder / "0.h5"
        ratio = min(alone) / min(recorded)
        agent_steps = N_EPISODES * N_STEPS * N_AGENTS
        size = path.stat().st_size
        raw = sum(values.nbytes for values in shards[0].values()) * N_EPISODES / SHARD
        note = f"best of {N_RUNS}, {min(alone):.3f} s alone and {min(recorded):.3f} s recorded"
        return {
            "rollout speed while recording": {"value": ratio, "unit": "of unrecorded", "note": note},
            "recording size": {
                "value": size / agent_steps,
                "unit": "bytes an agent step",
                "note": f"{raw / size:.1f}x",
            },
            "read one column": {"value": seconds(lambda: read(path, "channel/said")), "unit": "s"},
            "read hidden states": {"value": seconds(lambda: read(path, "policy/hidden.core")), "unit": "s"},
        }
    finally:
        shutil.rmtree(folder)


BENCHES = [bench_recording]


def roll_out(shards: list[dict[str, np.ndarray[Any, Any]]], path: Path | None) -> None:
    """Keep one core busy for as long as rolling out takes, handing a shard to the writer now and then."""
    writer = None if path is None else RecordingWriter(path, {"seed": 0}, N_EPISODES, SHARD)
    for number in range(N_EPISODES // SHARD):
        work(SHARD * N_STEPS * N_AGENTS * ROLLOUT)
        if writer is not None:
            writer.write_shard(number, episode_fields(number), shards[number % len(shards)])
    if writer is not None:
        writer.finish()


def work(duration: float) -> None:
    """Compute for so many seconds of this thread's processor time, half in numpy and half in Python."""
    values = np.ones(4096)
    end = time.thread_time() + duration
    while time.thread_time() < end:
        for _ in range(20):
            np.sqrt(values, out=values)
        sum(range(200))


def episode_fields(number: int) -> dict[str, np.ndarray[Any, Any]]:
    """The episodes of a shard."""
    return {
        "length": np.full(SHARD, N_STEPS),
        "seed": np.zeros(SHARD, dtype=np.uint64),
        "episode": np.arange(SHARD) + number * SHARD,
        "world": np.arange(SHARD),
        "condition": np.full(SHARD, "natural"),
        "intervention": np.full(SHARD, "[]"),
        "kinship": np.ones((SHARD, N_AGENTS, N_AGENTS), dtype=np.float32),
        "bodies": np.tile(np.arange(N_AGENTS, dtype=np.uint8), (SHARD, 1)),
    }


def shard_columns(number: int) -> dict[str, np.ndarray[Any, Any]]:
    """Random columns with about the redundancy of real ones."""
    rng = np.random.default_rng(number)
    rows = (SHARD * N_STEPS, N_AGENTS)
    smooth = rng.normal(size=(rows[0] // 8, N_AGENTS, 64)).repeat(8, axis=0) + 0.1 * rng.normal(size=(*rows, 64))
    cells = (rng.random((*rows, 11, 11)) < 0.05) * rng.integers(1, 6, (*rows, 11, 11))
    return {
        "steps/terminated": np.zeros(rows[0], dtype=bool),
        "steps/truncated": np.zeros(rows[0], dtype=bool),
        "agents/position": rng.integers(0, 11, (*rows, 2)).astype(np.int16),
        "agents/facing": rng.integers(0, 4, rows).astype(np.uint8),
        "agents/energy": rng.integers(0, 250, rows).astype(np.int32),
        "agents/inventory": rng.integers(0, 3, (*rows, 1)).astype(np.uint8),
        "channel/said": rng.integers(0, 16, (*rows, 1)).astype(np.uint8),
        "channel/emitted": rng.integers(0, 16, (*rows, 1)).astype(np.uint8),
        "channel/heard": rng.integers(0, 16, (*rows, 1, 1)).astype(np.uint8),
        "channel/speaker": rng.integers(-1, 2, (*rows, 1)).astype(np.int16),
        "channel/injected": np.zeros((*rows, 1), dtype=bool),
        "policy/action": rng.integers(0, 6, rows).astype(np.uint8),
        "policy/action_logits": rng.normal(size=(*rows, 6)).astype(np.float16),
        "policy/message_logits": rng.normal(size=(*rows, 1, 16)).astype(np.float16),
        "policy/value": rng.normal(size=rows).astype(np.float32),
        "policy/hidden.core": smooth.astype(np.float16),
        "reward/own": np.zeros(rows, dtype=np.float32),
        "reward/shared": np.zeros(rows, dtype=np.float32),
        "observation/window": cells.astype(np.uint8),
        "observation/entities": rng.integers(-5, 6, (*rows, 4, 8)).astype(np.int8),
        "observation/vector": rng.integers(0, 10, (*rows, 12)).astype(np.float32),
        "world/objects": rng.integers(0, 11, (rows[0], 9, 4)).astype(np.int16),
    }


def read(path: Path, name: str) -> None:
    """Read one column whole."""
    with open_recording(path) as recording:
        recording[name][:]


def seconds(function: Callable[[], None]) -> float:
    """The wall time of a call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
