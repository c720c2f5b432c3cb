"""Mixed policies: everyone acts as it would alone, and who does not fit into one world is refused."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.mixed import Mixed, meet, of_group
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.scripted.policy import plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CheckpointError
from commlab.probes.cause.twins import play
from commlab.recording import Request, record


@pytest.fixture(scope="module")
def lookout() -> Any:
    return load_scenario("lookout", {"steps": 24})


def party(scenario: Any, seed: int, sharing: Any = "all") -> Any:
    """An untrained network as a party."""
    from commlab.agents.mixed import Party

    return Party(RecurrentPolicy(scenario, 16, sharing, seed), scenario, {}, f"untrained {seed}")


def test_a_policy_mixed_with_itself_is_itself(lookout: Any) -> None:
    alone = party(lookout, 1)
    twice = meet([alone, alone], [0, 1])
    one, other = play(alone, 64, layers=("core",)), play(twice, 64, layers=("core",))
    for name in ("action", "said", "reward", "position"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.allclose(one.logits, other.logits, atol=1e-5)  # rows may depend on the shape of their batch
    assert np.allclose(one.hidden["core"], other.hidden["core"], atol=1e-5)


def test_each_agent_acts_by_its_own_policy(lookout: Any) -> None:
    first, second = party(lookout, 1), party(lookout, 2)
    mixed = play(meet([first, second], [0, 1]), 64)
    assert np.allclose(mixed.logits[0, :, 0], play(first, 64).logits[0, :, 0], atol=1e-5)
    assert np.allclose(mixed.logits[0, :, 1], play(second, 64).logits[0, :, 1], atol=1e-5)
    assert not np.allclose(mixed.logits[0, :, 1], play(first, 64).logits[0, :, 1], atol=1e-5)


def test_scripted_agents_meet_too_and_are_recorded(tmp_path: Any) -> None:
    scenario = load_scenario("lookout")
    one, other = plant("holistic", 0, scenario=scenario), plant("holistic", 1, scenario=scenario)
    same, crossed = meet([one, one], [0, 1]), meet([one, other], [0, 1])
    assert play(same, 64).returns.mean() > play(crossed, 64).returns.mean() + 0.5
    assert record(crossed, Request(tmp_path / "x.h5", 8)).exists()
    assert crossed.sha256 != same.sha256
    assert crossed.facts["met"] == [one.sha256, other.sha256]


def test_a_state_is_forked_part_by_part(lookout: Any) -> None:
    mixed = meet([party(lookout, 1), party(lookout, 2)], [0, 1]).policy
    forked = mixed.fork_state(mixed.initial_state(3), np.array([2, 2, 0, 1]))
    assert len(forked) == 2
    assert forked[0][0].shape == (4, 16)


def test_one_familys_network_serves_everyone() -> None:
    rivals = load_scenario("rivals", {"steps": 16})
    families = party(rivals, 3, "family")
    alone = party(rivals, 0)._replace(policy=of_group(families.policy, rivals, 1))
    one, other = play(families, 64), play(alone, 64)
    strangers = [agent for agent, family in enumerate(rivals.families) if family == 1]
    assert np.allclose(one.logits[0][:, strangers], other.logits[0][:, strangers], atol=1e-5)
    assert not np.allclose(one.logits[0][:, 0], other.logits[0][:, 0], atol=1e-5)


def test_networks_run_for_those_alone_that_act_by_them() -> None:
    rivals = load_scenario("rivals", {"steps": 16})
    mixed = meet([party(rivals, 1, "family"), party(rivals, 2, "family")], [0, 1, 1, 1]).policy
    assert [[group.tolist() for group in policy.groups] for policy in mixed.policies] == [[[0]], [[1], [2, 3]]]
    assert play(meet([party(rivals, 1, "family")], [0, 0, 0, 0]), 64).live.all()


def test_hidden_states_that_differ_in_size_are_left_out(lookout: Any) -> None:
    small = RecurrentPolicy(lookout, 8)
    assert Mixed([small, RecurrentPolicy(lookout, 16)], [0, 1]).hidden_sizes == {}
    assert set(Mixed([small, small], [0, 1]).hidden_sizes) == {"encoder", "core"}


def test_agents_of_different_worlds_cannot_meet(lookout: Any) -> None:
    other = load_scenario("lookout", {"channel.vocabulary": 8})
    with pytest.raises(CheckpointError, match="cannot meet: their messages differ; take runs of one scenario"):
        meet([party(lookout, 1), party(other, 1)], [0, 1])
    with pytest.raises(CheckpointError, match="their agents and families"):
        meet([party(lookout, 1), party(load_scenario("rivals"), 1)], [0, 1])
    with pytest.raises(ValueError, match="must number 1 policies from 0"):
        Mixed([party(lookout, 1).policy], [0, 1])
