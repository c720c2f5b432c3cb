"""Beliefs about kinship are found in hidden states that hold them, and not in noise."""

import numpy as np
import pytest

from commlab.agents.scripted.policy import Planted, plant
from commlab.env.types import Entity
from commlab.probes.cause.kin import beliefs
from commlab.probes.cause.kin.setting import prepare

SIZE = 6


class Minded:
    """Scripted agents with hidden states of noise, in one unit of which stands the kinship that they are shown."""

    def __init__(self, inner: Planted, believes: bool) -> None:
        self.inner, self.believes = inner.policy, believes
        self.initial_state, self.fork_state = self.inner.initial_state, self.inner.fork_state

    def step(self, observation, state, draws, hooks=None):  # type: ignore[no-untyped-def]
        decision = self.inner.step(observation, state, draws, hooks)
        rng = np.random.default_rng(int(draws.key[0] % 2**32) + int(draws.t[0]))
        hidden = rng.normal(size=(*decision.action.shape, SIZE)).astype(np.float32)
        if self.believes:
            hidden[..., 2] += observation.entities[..., Entity.KINSHIP].max(axis=2) / 4
        return decision._replace(hidden={"core": hidden})


@pytest.mark.parametrize("believes", [True, False])
def test_what_is_held_is_read_and_moves(believes: bool) -> None:
    planted = plant("holistic", 0)
    setting = prepare(planted._replace(policy=Minded(planted, believes)), 96, 0)  # type: ignore[arg-type]
    found = beliefs.fit(setting, n_null=99)
    scout = found.details["agents"][0]
    assert scout["learnt_from"] == "untouched episodes"
    accuracy = scout["natural"]["balanced_accuracy"]
    if believes:
        assert accuracy > 0.85
        assert scout["natural"]["p_value"] <= 0.05
        assert scout["moved"]["difference"] > 0.7
        assert scout["placebo"]["p_value"] <= 0.05
        assert "Who is kin can be read" in found.sentence
    else:
        assert abs(accuracy - 0.5) < 0.06
        assert scout["moved"]["difference"] == pytest.approx(0, abs=1e-6)  # the twins are the same


def test_scripted_agents_have_no_beliefs() -> None:
    found = beliefs.fit(prepare(plant("holistic", 0), 64, 0))
    assert found.estimate is None
    assert "no hidden states" in found.sentence
