"""Recurrent policies: who shares a network, what bodies can do, and what hooks see and replace."""

from typing import Any

import numpy as np
import pytest
import torch

from commlab.agents.policy import Draws
from commlab.agents.recurrent import RecurrentPolicy, Sharing
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import Action

SHARINGS: tuple[Sharing, ...] = ("all", "family", "agent")


@pytest.fixture(scope="module")
def rivals() -> Scenario:
    return load_scenario("rivals", {"steps": 6})


def loud_policy(scenario: Scenario, sharing: Sharing = "all") -> RecurrentPolicy:
    """A policy whose networks are all alike and speak their mind."""
    policy, model = RecurrentPolicy(scenario, 8, sharing), RecurrentPolicy(scenario, 8)
    with torch.no_grad():
        model.network(0).heads.weight.mul_(200)
    for group in range(len(policy.groups)):
        policy.network(group).load_state_dict(model.network(0).state_dict())
    return policy


@pytest.mark.parametrize(
    ("sharing", "groups"),
    [("all", [[0, 1, 2, 3]]), ("family", [[0, 1], [2, 3]]), ("agent", [[0], [1], [2], [3]])],
)
def test_who_shares_a_network(rivals: Scenario, sharing: Sharing, groups: list[list[int]]) -> None:
    policy = RecurrentPolicy(rivals, 8, sharing)
    assert [group.tolist() for group in policy.groups] == groups
    weights = [policy.network(g).heads.weight for g in range(len(groups))]
    assert len({float(w.detach().sum()) for w in weights}) == len(groups), "networks begin differently"


def test_first_weights_come_of_the_seed_alone(rivals: Scenario) -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = RecurrentPolicy(rivals, 8, seed=1).state_dict()
    assert torch.equal(torch.get_rng_state(), state), "torch's own stream is left alone"
    torch.manual_seed(6)
    again, other = RecurrentPolicy(rivals, 8, seed=1).state_dict(), RecurrentPolicy(rivals, 8, seed=2).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["networks.0.heads.weight"], other["networks.0.heads.weight"])


@pytest.mark.parametrize("sharing", SHARINGS[1:])
def test_every_agent_gets_its_own_row(rivals: Scenario, play: Any, sharing: Sharing) -> None:
    shared = play(rivals, 4, policy=loud_policy(rivals))
    split = play(rivals, 4, policy=loud_policy(rivals, sharing))
    np.testing.assert_allclose(split.logits, shared.logits, atol=1e-4)
    np.testing.assert_allclose(split.core, shared.core, atol=1e-4)
    assert np.array_equal(split.action, shared.action)
    assert np.array_equal(split.said, shared.said)


def test_each_network_serves_its_agents_only(rivals: Scenario, play: Any) -> None:
    policy = loud_policy(rivals, "family")
    before = play(rivals, 2, policy=policy)
    with torch.no_grad():
        policy.network(1).heads.bias.add_(1.5)
    after = play(rivals, 2, policy=policy)
    assert np.array_equal(after.logits[0, :, :2], before.logits[0, :, :2])
    assert (after.logits[0, :, 2:] != before.logits[0, :, 2:]).any(axis=-1).all()


def test_bodies_do_only_what_they_can(lookout: Scenario, play: Any) -> None:
    policy = loud_policy(lookout)
    trace = play(lookout, 8, policy=policy)
    assert (trace.action[:, :, 0] == Action.STAY).all(), "a scout only stays"
    assert set(np.unique(trace.action[:, :, 1])) <= {Action.STAY, Action.NORTH, Action.EAST, Action.SOUTH, Action.WEST}
    assert len(np.unique(trace.action[:, :, 1])) == 5
    assert (trace.logits[:, :, 0, 1:6] < -1e8).all()
    assert (trace.logits[:, :, 1, Action.USE] < -1e8).all()
    assert (np.abs(trace.logits[:, :, :, 6:]) < 1e8).all()


@pytest.mark.interpreted
@pytest.mark.kernels
def test_a_step_decides_for_everyone(lookout: Scenario) -> None:
    worlds, policy = WorldBatch(lookout, 2), RecurrentPolicy(lookout, 8)
    observation = worlds.reset(np.arange(2))
    copies = [array.copy() for array in observation]
    decision = policy.step(observation, policy.initial_state(2), Draws(worlds.world.key, worlds.world.t))
    assert decision.action.shape == decision.logprob.shape == decision.value.shape == (2, 2)
    assert decision.message.shape == (2, 2, 1)
    assert decision.logits.shape == (2, 2, 6 + 16)
    assert {name: values.shape for name, values in decision.hidden.items()} == {"encoder": (2, 2, 8), "core": (2, 2, 8)}
    assert (decision.logprob < 0).all()
    assert all(np.array_equal(a, b) for a, b in zip(observation, copies, strict=True)), "observations are only read"


def test_messages_of_several_symbols_and_actions_of_the_whole_world(whole: Scenario, play: Any) -> None:
    trace = play(whole, 4)
    assert trace.logits.shape == (20, 4, 6, 14 + 2 * 5)
    assert trace.said.shape == (20, 4, 6, 2)
    assert len(np.unique(trace.said[..., 0])) == len(np.unique(trace.said[..., 1])) == 5
    able = np.zeros(14, bool)
    able[[Action[name.upper()] for name in ("stay", *whole.bodies["tall"].actions)]] = True
    assert np.array_equal(np.unique(trace.action), np.flatnonzero(able))
    assert (trace.logits[..., :14][..., ~able] < -1e8).all()
    spoken = trace.emitted[:-1].any(axis=-1)
    heard = np.take_along_axis(trace.emitted[:-1], np.maximum(trace.speaker[1:, :, :, 0], 0)[..., None], axis=2)
    present = trace.speaker[1:, :, :, 0] >= 0
    assert spoken.any()
    assert np.array_equal(trace.heard[1:, :, :, 0][present], heard[present])


def test_decisions_do_not_depend_on_the_rest_of_the_batch(lookout: Scenario, play: Any) -> None:
    policy = loud_policy(lookout)
    many, few = play(lookout, 80, policy=policy), play(lookout, 64, policy=policy)
    np.testing.assert_allclose(many.logits[:, :64], few.logits, atol=1e-4)
    assert np.array_equal(many.said[:, :64], few.said)


def nothing(value: torch.Tensor, agents: object) -> torch.Tensor:
    """A hook that leaves nothing."""
    return torch.zeros_like(value)


@pytest.mark.parametrize("name", ["encoder", "core"])
def test_hooks_see_what_is_reported(lookout: Scenario, play: Any, name: str) -> None:
    seen: list[torch.Tensor] = []

    def look(value: torch.Tensor, agents: object) -> torch.Tensor:
        seen.append(value.clone())
        return value

    policy = loud_policy(lookout)
    hooked, plain = play(lookout, 3, hooks={name: look}, policy=policy), play(lookout, 3, policy=policy)
    assert len(seen) == lookout.steps
    assert seen[0].shape == (3 * 2, 8)
    assert np.array_equal(hooked.logits, plain.logits), "a hook that changes nothing changes nothing"
    if name == "core":
        assert np.array_equal(np.stack(seen).reshape(hooked.core.shape), hooked.core)


def test_a_hook_on_the_core_replaces_what_the_heads_read_and_what_is_carried_on(lookout: Scenario, play: Any) -> None:
    policy = loud_policy(lookout)
    trace = play(lookout, 3, hooks={"core": nothing}, policy=policy)
    bias = policy.network(0).heads.bias.detach().numpy()[:-1]
    assert not trace.core.any()
    np.testing.assert_array_equal(trace.logits[:, :, 1, 6:], np.broadcast_to(bias[6:], trace.logits[:, :, 1, 6:].shape))


def test_a_hook_on_the_encoder_blinds(lookout: Scenario, play: Any) -> None:
    trace = play(lookout, 5, hooks={"encoder": nothing}, policy=loud_policy(lookout))
    assert np.ptp(trace.core, axis=(1, 2)).max() == 0, "who sees nothing becomes the same everywhere"
    assert np.ptp(trace.core, axis=0).max() > 0
