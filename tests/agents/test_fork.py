"""Forks: a rollout copied at any step goes on bit for bit as the one that it was copied from, unless told otherwise."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Intervention
from commlab.agents.plan import NO_PLAN, Plan, make_plan
from commlab.agents.policy import Policy
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment, Rollout
from commlab.agents.scripted.policy import plant
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, scenario_names
from commlab.env.scenario import Scenario
from commlab.env.types import World

LARGE = 40 * 40  # cells: of larger worlds a few steps must do


class Everything:
    """A watcher that keeps all of a rollout's worlds, decisions and observations as bytes."""

    def __init__(self, worlds: slice | list[int] = slice(None)) -> None:
        self.worlds, self.steps = worlds, []  # type: ignore[var-annotated]

    def before(self, moment: Moment) -> None:
        """Keep what is observed, decided and done."""
        seen, decided = moment.observation, moment.decision
        arrays = [*seen, moment.injected, moment.emitted, moment.action, decided.message, decided.logits, decided.value]
        self.steps.append([array[self.worlds].tobytes() for array in (*arrays, *decided.hidden.values())])

    def after(self, t: int, world: World) -> None:
        """Keep what came of it."""
        self.steps[-1] += [array[self.worlds].tobytes() for array in world]


def begun(scenario: Scenario, policy: Policy, plan: Plan = NO_PLAN, n_worlds: int = 3) -> Rollout:
    rollout = Rollout(WorldBatch(scenario, n_worlds), policy, plan)
    rollout.begin(np.arange(n_worlds))
    return rollout


def assert_forks_alike(scenario: Scenario, policy: Policy, at: int, until: int, plan: Plan = NO_PLAN) -> None:
    rollout = begun(scenario, policy, plan)
    rollout.run(at, Everything())
    fork = rollout.fork(np.arange(3))
    assert fork.t == at
    original, copy = Everything(), Everything()
    rollout.run(until - at, original)
    fork.run(until - at, copy)
    assert original.steps == copy.steps


@pytest.mark.parametrize("name", scenario_names())
def test_a_fork_that_changes_nothing_is_bit_identical_in_every_scenario(name: str) -> None:
    scenario = load_scenario(name)
    cells = len(scenario.map.split("\n")) ** 2 if isinstance(scenario.map, str) else LARGE
    until = min(scenario.steps, 24 if cells < LARGE else 10)
    assert_forks_alike(scenario, RecurrentPolicy(scenario, 8, seed=1), until // 2, until)


@pytest.mark.parametrize("sharing", ["all", "family", "agent"])
@pytest.mark.parametrize("at", [0, 1, 7, 18])
def test_a_fork_at_any_step_of_any_sharing_is_bit_identical(whole: Scenario, sharing: Any, at: int) -> None:
    assert_forks_alike(whole, RecurrentPolicy(whole, 8, sharing, seed=2), at, 20)


@pytest.mark.parametrize("language", ["holistic", "lying", "context", "drifting-noise"])
@pytest.mark.parametrize("listener", ["obeying", "clock", "noise-driven"])
def test_forks_of_scripted_agents_are_bit_identical(language: str, listener: str) -> None:
    planted = plant(language, 3, listener)
    assert_forks_alike(planted.scenario, planted.policy, 20, 50)


def test_a_fork_goes_on_with_the_plan_and_its_memory(whole: Scenario) -> None:
    changes = (
        Intervention("message.in", "delay", (0, 1), 2, delay=3),
        Intervention("message.out", "delay", (2,), delay=2),
        Intervention("message.in", "noise", chance=0.5),
        Intervention("action", "noise", (3,), chance=0.3),
        Intervention("hidden.core", "add", (4,), 8, vector=(0.5,) * 8),
        Intervention("kinship", "set", kinship=-1, others=(0,)),
    )
    plan = make_plan([changes, (), changes], 20, 6, 2)
    assert_forks_alike(whole, RecurrentPolicy(whole, 8, seed=2), 9, 20, plan)


def test_worlds_are_forked_in_the_order_that_is_asked_for(whole: Scenario) -> None:
    rollout = begun(whole, RecurrentPolicy(whole, 8, seed=2))
    rollout.run(5, Everything())
    fork = rollout.fork(np.array([2, 0, 2, 2]))
    original, copy = Everything([2, 0, 2, 2]), Everything()
    rollout.run(8, original)
    fork.run(8, copy)
    assert copy.steps == original.steps


def test_a_forks_plan_holds_from_its_own_step_on_and_leaves_the_original_alone(lookout: Scenario) -> None:
    policy = RecurrentPolicy(lookout, 8, seed=3)
    untouched = Everything()
    whole = begun(lookout, policy)
    whole.run(12, untouched)
    rollout = begun(lookout, policy)
    rollout.run(6, Everything())
    told = make_plan([[Intervention("message.in", "set", (1,), 6, 6, 5)]] * 3, 12, 2)
    fork = rollout.fork(np.arange(3), told)
    assert (fork.worlds.observation.heard[:, 1, 0, 0] == 5).all(), "what is heard at the step of the fork is changed"
    branch, trunk = Everything(), Everything()
    fork.run(6, branch)
    rollout.run(6, trunk)
    assert trunk.steps == untouched.steps[6:]
    assert branch.steps[0] != trunk.steps[0]


def test_a_rollout_can_be_given_another_plan_on_the_way(lookout: Scenario) -> None:
    rollout = begun(lookout, RecurrentPolicy(lookout, 8, seed=3))
    rollout.run(4, Everything())
    natural = rollout.worlds.observation.heard.copy()
    rollout.replan(make_plan([[Intervention("message.in", "set", (1,), symbol=7)]] * 3, 12, 2))
    assert (rollout.worlds.observation.heard[:, 1, 0, 0] == 7).all(), "it holds at once"
    rollout.replan(NO_PLAN)
    assert np.array_equal(rollout.worlds.observation.heard, natural), "and leaves nothing behind"


@pytest.mark.parametrize("at", [1, 5])
def test_a_plan_that_is_given_again_on_the_way_goes_on_bit_for_bit(whole: Scenario, at: int) -> None:
    changes = (
        Intervention("message.in", "delay", delay=2),
        Intervention("message.in", "inject", (1,), 3, symbol=(1, 2)),
    )
    plan = make_plan([changes] * 3, 20, 6, 2)
    original, again = (begun(whole, RecurrentPolicy(whole, 8, seed=2), plan) for _ in range(2))
    first, second = Everything(), Everything()
    original.run(12, first)
    again.run(at, second)
    again.replan(plan)
    again.run(12 - at, second)
    assert first.steps == second.steps
