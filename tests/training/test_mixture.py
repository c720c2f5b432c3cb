"""Mixtures: every shard lives in its variant, networks fit all of them, and runs without one are what they were."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from commlab.env.kinship import kinship_matrices
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.foundation.errors import RunError, ScenarioError
from commlab.training.config import TrainConfig
from commlab.training.mixture import check_mixture, scenario_of_shard
from commlab.training.shard import Learner, Shard
from commlab.training.trainer import Job, check_job, identity

Configs = Callable[..., TrainConfig]
KINSHIP = ({"kinship.clan_share": 0}, {"kinship.clan_share": 1})


@pytest.fixture(scope="module")
def rivals() -> Scenario:
    clans = {"kinship.structure": "clans", "kinship.clan": 2, "kinship.clan_share": [0, 1]}
    return load_scenario("rivals", {"steps": 16, **clans})


def test_every_shard_lives_in_its_variant(rivals: Scenario, small_config: Configs) -> None:
    config = small_config(shards=4, mixture=KINSHIP)
    learner = Learner(rivals, config)
    for number in range(4):
        shard = Shard(number, rivals, config, learner)
        shard.live(0, 0.0)
        between = kinship_matrices(shard.worlds.world, shard.worlds.rules)[:, 0, 2]
        assert np.array_equal(between, np.full(2, number % 2))


def test_without_a_mixture_all_shards_live_in_the_scenario(rivals: Scenario, small_config: Configs) -> None:
    assert scenario_of_shard(rivals, small_config(), 1) is rivals


def test_a_run_without_a_mixture_is_the_same_training_as_before_there_were_mixtures(small_job: Any) -> None:
    assert "mixture" not in identity(small_job())["train"]
    job = small_job(mixture=({"altar.reward": 1}, {"altar.reward": 2}))
    assert identity(job)["train"]["mixture"] == [{"altar.reward": 1}, {"altar.reward": 2}]


@pytest.mark.parametrize(
    ("mixture", "words"),
    [
        (({}, {}, {}), "2 shards do not split over the 3 variants"),
        (({"steps": 32}, {}), "with steps set"),
        (({}, {"channel.vocabulary": 8}), "with channel.vocabulary set"),
        (({}, {"observation.entities": 5}), "with observation.entities set"),
    ],
)
def test_variants_that_do_not_fit_are_refused(small_job: Any, mixture: tuple[Any, ...], words: str) -> None:
    job: Job = small_job(mixture=mixture)
    with pytest.raises(RunError, match=words):
        check_job(job, 1)


def test_variants_that_are_no_worlds_are_told(rivals: Scenario, small_config: Configs) -> None:
    with pytest.raises(ScenarioError, match=r"kinship\.clan_share"):
        check_mixture(rivals, small_config(mixture=({"kinship.clan_share": 2}, {})))
