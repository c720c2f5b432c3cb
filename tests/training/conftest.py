"""Trainings so small that they take a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.training.config import TrainConfig
from commlab.training.trainer import Job

SMALL = {"worlds": 8, "shards": 2, "sequence": 16, "minibatches": 2, "hidden": 8, "checkpoints": 3}


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Lookout with episodes of 16 steps."""
    return load_scenario("lookout", {"steps": 16})


@pytest.fixture(scope="session")
def small_config() -> Callable[..., TrainConfig]:
    """Makes a configuration for 8 worlds in 2 shards: small_config(**changes)."""
    return lambda **changes: TrainConfig(**{**SMALL, **changes})


@pytest.fixture
def small_job(tmp_path: Path, small_config: Callable[..., TrainConfig]) -> Callable[..., Job]:
    """Makes a training of so many iterations: small_job("name", n_iterations=6, steps=16, **config)."""

    def make(name: str = "run", n_iterations: int = 6, steps: int = 16, **changes: Any) -> Job:
        config = small_config(agent_steps=n_iterations * 2 * 8 * 16, **changes)
        return Job(tmp_path / name, load_scenario("lookout", {"steps": steps}), config, "commlab train lookout")

    return make
