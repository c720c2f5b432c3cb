"""A small untrained policy in lookout, and recordings of it."""

from pathlib import Path

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
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
