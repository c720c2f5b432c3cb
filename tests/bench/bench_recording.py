"""How fast a recurrent policy plays lookout while it is recorded, beside playing alone, and a recording's size."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Returns, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.recording import FRESH, SHARD, Request, record

N_EPISODES, N_RUNS = 1024, 5


def bench_recording() -> dict[str, dict[str, Any]]:
    """Return the speed of 1,024 episodes alone and recorded (the merged file included), best of some runs in turn."""
    torch.set_num_threads(1)
    scenario = load_scenario("lookout")
    checkpoint = Checkpoint(RecurrentPolicy(scenario), scenario, {}, "untrained")
    agent_steps = N_EPISODES * scenario.steps * scenario.n_agents
    folder = Path(tempfile.mkdtemp())
    alone, recorded = [], []
    try:
        play_alone(checkpoint, SHARD)
        for run in range(N_RUNS):
            path = folder / f"{run}.h5"
            alone.append(seconds(lambda: play_alone(checkpoint, N_EPISODES)))
            recorded.append(seconds(lambda path=path: record(checkpoint, Request(path, N_EPISODES))))
        size = (folder / "0.h5").stat().st_size
    finally:
        shutil.rmtree(folder)
    note = f"{N_EPISODES:,} episodes, 64 hidden units, torch on one thread, best of {N_RUNS}"
    return {
        "playing": {"value": agent_steps / min(alone), "unit": "agent steps/s", "note": note},
        "playing and recording": {"value": agent_steps / min(recorded), "unit": "agent steps/s", "note": note},
        "recorded speed": {"value": min(alone) / min(recorded), "unit": "of unrecorded", "note": "merging included"},
        "size of a recording": {"value": size / agent_steps, "unit": "bytes an agent step", "note": "untrained policy"},
    }


BENCHES = [bench_recording]


def play_alone(checkpoint: Checkpoint, n_episodes: int) -> None:
    """Play the episodes that a recording has, and keep returns alone."""
    scenario = checkpoint.scenario
    for first in range(0, n_episodes, SHARD):
        rollout = Rollout(WorldBatch(scenario, SHARD, FRESH), checkpoint.policy)
        rollout.begin(np.arange(first, first + SHARD))
        rollout.run(scenario.steps, Returns(SHARD, scenario.n_agents))


def seconds(function: Callable[[], object]) -> float:
    """Return the wall time of a call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
