"""Schedules, and configurations that make no sense."""

from typing import Any

import pytest
from pydantic import ValidationError

from commlab.training.config import Schedule, TrainConfig


def test_schedules_run_straight_and_then_stay() -> None:
    schedule = Schedule(start=0.8, end=0.2, by=0.6)
    assert [schedule.at(p) for p in (0, 0.3, 0.6, 0.9, 1)] == pytest.approx([0.8, 0.5, 0.2, 0.2, 0.2])


@pytest.mark.parametrize(
    "fields",
    [
        {"agent_step": 3},
        {"seed": -1},
        {"worlds": 0},
        {"sequence": 1},
        {"gamma": 1.2},
        {"sharing": "none"},
        {"learning_rate": {"start": 1, "end": 0, "by": 0}},
        {"grounding": {"kind": "privileged"}},
        {"prediction": {"reward": -1}},
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainConfig(**fields)


def test_a_configuration_survives_json() -> None:
    config = TrainConfig(seed=4, learning_rate=Schedule(start=0.1, end=0.01))
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config
