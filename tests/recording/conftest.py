"""A small untrained policy in lookout, and recordings of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.recording import SHARD, Request, record

N_EPISODES, STEPS, HIDDEN = SHARD + 6, 12, 8


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """Lookout for 12 steps, 8 hidden units, weights drawn from seed 3."""
    scenario = load_scenario("lookout", {"steps": STEPS, "start.scatter": 1})
    return Checkpoint(RecurrentPolicy(scenario, HIDDEN, seed=3), scenario, {"agent_steps": 0, "seed": 3}, "sha")


@pytest.fixture(scope="session")
def natural(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of SHARD + 6 episodes: a whole shard and a part of one."""
    return record(checkpoint, Request(tmp_path_factory.mktemp("natural") / "natural.h5", N_EPISODES, seed=5))


@pytest.fixture(scope="session")
def same_bytes() -> Callable[[Path, Path], bool]:
    """Tells whether two recordings hold the same columns and episodes."""

    def same(one: Path, other: Path) -> bool:
        with open_recording(one) as a, open_recording(other) as b:
            columns = all(a[name][:].tobytes() == b[name][:].tobytes() for name in a.columns())
            episodes = all(np.array_equal(x, y) for x, y in zip(a.episodes, b.episodes, strict=True))
            return a.columns() == b.columns() and columns and episodes

    return same
