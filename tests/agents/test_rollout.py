"""The rollout loop: when messages are heard, and what a watcher sees."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.plan import make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment, Returns, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import World


def test_what_is_said_is_heard_one_step_later(lookout: Scenario, play: Any) -> None:
    trace = play(lookout, 20)
    assert not trace.heard[0].any()
    for listener, speaker in ((0, 1), (1, 0)):
        assert np.array_equal(trace.heard[1:, :, listener, 0], trace.emitted[:-1, :, speaker])
        spoken = trace.emitted[:-1, :, speaker, 0] > 0
        assert np.array_equal(trace.speaker[1:, :, listener, 0] == speaker, spoken)
    assert len(np.unique(trace.emitted)) == 16
    assert not trace.injected.any()


def test_a_watcher_sees_every_step_in_turn(lookout: Scenario) -> None:
    seen: list[tuple[str, int]] = []

    class Clock:
        def before(self, moment: Moment) -> None:
            assert moment.world is worlds.world
            assert moment.observation is worlds.observation
            seen.append(("before", moment.t))

        def after(self, t: int, world: World) -> None:
            assert world.t.tolist() == [t + 1] * 2
            assert world.truncated.tolist() == [t == lookout.steps - 1] * 2
            seen.append(("after", t))

    worlds = WorldBatch(lookout, 2)
    rollout = Rollout(worlds, RecurrentPolicy(lookout, 8))
    rollout.begin(np.arange(2))
    rollout.run(5, Clock())
    assert rollout.t == 5
    rollout.run(lookout.steps - 5, Clock())
    assert seen == [(name, t) for t in range(lookout.steps) for name in ("before", "after")]


def test_deciding_without_doing_changes_nothing(lookout: Scenario) -> None:
    worlds = WorldBatch(lookout, 4)
    rollout = Rollout(worlds, RecurrentPolicy(lookout, 8))
    rollout.begin(np.arange(4))
    before = [array.copy() for array in worlds.world]
    first, second = rollout.decide(), rollout.decide()
    assert np.array_equal(first.message, second.message)
    assert np.array_equal(first.logprob, second.logprob)
    assert all(np.array_equal(a, b) for a, b in zip(before, worlds.world, strict=True))


def test_episodes_play_the_same_again(lookout: Scenario) -> None:
    worlds = WorldBatch(lookout, 3)
    rollout = Rollout(worlds, RecurrentPolicy(lookout, 8))
    finals = []
    for episodes in ([4, 5, 6], [0, 1, 2], [4, 5, 6]):
        rollout.begin(np.array(episodes))
        rollout.run(lookout.steps, Returns(3, 2))
        finals.append((worlds.world.row.copy(), rollout.state[0].clone()))
    assert np.array_equal(finals[0][0], finals[2][0])
    assert bool((finals[0][1] == finals[2][1]).all())
    assert bool((finals[0][1] != finals[1][1]).any())


@pytest.mark.interpreted
@pytest.mark.kernels
def test_returns_add_up_rewards(lookout: Scenario) -> None:
    worlds, returns, tallied = WorldBatch(lookout, 4), Returns(4, 2), np.zeros((4, 2))
    rollout = Rollout(worlds, RecurrentPolicy(lookout, 8))
    rollout.begin(np.arange(4), scatter=1.0)
    for _ in range(4):
        rollout.step(returns)
        tallied += worlds.world.shared_reward
    assert np.array_equal(returns.shared, tallied)
    assert (returns.own.sum(axis=1) <= returns.shared.sum(axis=1)).all()


def test_a_plan_that_does_nothing_is_no_plan(mixed: Scenario, play: Any) -> None:
    plain, planned = play(mixed, 3), play(mixed, 3, make_plan([()] * 3, mixed.steps, 6))
    for name, mine, theirs in zip(plain._fields, plain, planned, strict=True):
        assert np.array_equal(mine, theirs), name


def test_an_episode_that_ends_early_is_told_to_be_over() -> None:
    scenario = load_scenario("lookout", {"steps": 20, "end.hearts": 1, "start.carrying": 1})
    worlds, returns = WorldBatch(scenario, 64), Returns(64, 2)
    ended, live, earned = np.zeros((20, 64), bool), np.zeros((20, 64), bool), np.zeros((20, 64, 2))

    class Witness:
        def before(self, moment: Moment) -> None:
            live[moment.t] = moment.live
            returns.before(moment)

        def after(self, t: int, world: World) -> None:
            ended[t], earned[t] = world.terminated, world.shared_reward
            returns.after(t, world)

    rollout = Rollout(worlds, RecurrentPolicy(scenario, 8))
    rollout.begin(np.arange(64), scatter=1.0)
    rollout.run(20, Witness())
    assert 2 < ended.any(axis=0).sum() < 64
    before = np.vstack([np.zeros((1, 64), bool), np.maximum.accumulate(ended)[:-1]])
    assert np.array_equal(live, ~before)
    assert np.array_equal(returns.shared, (earned * live[..., None]).sum(axis=0))
    assert np.array_equal(returns.shared[:, 0] > 0, ended.any(axis=0))
    assert returns.shared.max() == 1
    rollout.begin(np.arange(64))
    assert rollout.live.all()
