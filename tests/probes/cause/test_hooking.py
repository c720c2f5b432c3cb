"""Hooks and caches: functions by site, agent and step, beside the same thing said as data."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.hooked import Point
from commlab.agents.intervention import Intervention
from commlab.agents.plan import make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.scripted.policy import plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError, InterventionError
from commlab.notebook import Agents
from commlab.probes.cause.hooking import run_with_cache, run_with_hooks
from commlab.probes.cause.twins import Trace, play


@pytest.fixture(scope="module")
def agents() -> Checkpoint:
    """Agents that never learnt."""
    scenario = load_scenario("lookout", {"steps": 10})
    return Checkpoint(RecurrentPolicy(scenario, 8, seed=5), scenario, {}, "untrained")


def alike(one: Trace, other: Trace) -> bool:
    names = ("position", "said", "logits", "action", "reward")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_hooks_that_only_look_change_nothing_and_are_told_where_they_are(agents: Checkpoint) -> None:
    seen: list[Point] = []

    def look(value: Any, point: Point) -> None:
        assert value.shape == (64, 8)
        seen.append(point)

    looked = run_with_hooks(agents, {("hidden.core", 1, None): look, ("hidden.encoder", None, 3): look}, 20)
    assert alike(looked, play(agents, 20))
    assert seen.count(Point("hidden.core", 1, 7)) == 1
    assert seen.count(Point("hidden.encoder", 0, 3)) == 1
    assert len(seen) == 10 + 2


def test_a_hook_does_what_the_same_intervention_does(agents: Checkpoint) -> None:
    vector = np.linspace(0, 2, 8)
    told = Intervention("hidden.core", "add", (1,), 4, 4, vector=tuple(vector))
    as_data = play(agents, 20, plan=make_plan([[told]] * 20, 10, 2))
    by_hand = run_with_hooks(agents, {("hidden.core", 1, 4): lambda value, _: value + vector.astype(np.float32)}, 20)
    assert alike(as_data, by_hand)
    assert not alike(as_data, play(agents, 20))


def test_what_is_said_and_done_can_be_changed(agents: Checkpoint) -> None:
    changed = run_with_hooks(
        agents,
        {
            ("message.out", 0, 2): lambda message, _: np.full_like(message, 9),
            ("action", 1, None): lambda action, _: np.zeros_like(action),
        },
        20,
    )
    assert (changed.said[2, :, 0] == 9).all()
    assert (changed.heard[3, :, 1] == 9).all()
    assert not changed.action[:, :, 1].any()
    assert (changed.position[0] == changed.position[-1]).all()


def test_the_cache_holds_what_went_on(agents: Checkpoint) -> None:
    trace, cache = run_with_cache(agents, n_episodes=20)
    assert alike(trace, play(agents, 20))
    assert np.array_equal(cache["hidden.core"], play(agents, 20, layers=("core",)).hidden["core"])
    assert np.array_equal(cache["message.out"], trace.said)
    assert np.array_equal(cache["message.in", 1][..., 0, :], trace.heard[:, :, 1])
    assert cache["hidden.core", 1, 4].shape == (20, 8)
    assert np.array_equal(cache["action"], trace.action)
    assert set(run_with_cache(agents, ["value"], 10)[1]) == {"value"}


def test_scripted_agents_are_hooked_where_they_can_be() -> None:
    planted = plant("holistic")
    silenced = run_with_hooks(planted, {"message.out": lambda message, _: np.zeros_like(message)}, 64)
    assert not silenced.said.any()
    assert silenced.returns.mean() < play(planted, 64).returns.mean()
    with pytest.raises(InterventionError, match=r"no site 'hidden.core' here: the nearest is"):
        run_with_hooks(planted, {"hidden.core": lambda value, _: value})


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        ({("hidden.cor", 1, 2): lambda value, _: value}, "the nearest is hidden.core"),
        ({("hidden.core", 1, 2, 3): lambda value, _: value}, "addressed by \\(site, agent, step\\)"),
        ({("hidden.core", "scout"): lambda value, _: value}, "addressed by"),
        ({"hidden.core": lambda value, _: value[:3]}, "returns an array of shape \\(64, 8\\), not \\(3, 8\\)"),
        ({"hidden.core": lambda value, _: value * np.nan}, "NaN or infinite"),
        ({("hidden.core", 2, 3): lambda value, _: value}, "agents 0 to 1 and steps 0 to 9, not 2 at 3"),
        ({("hidden.core", -1, 3): lambda value, _: value}, "agents 0 to 1 and steps 0 to 9, not -1 at 3"),
        ({("action", 1, 10): lambda value, _: value}, "agents 0 to 1 and steps 0 to 9, not 1 at 10"),
        ({"action": lambda value, _: np.full_like(value, 99)}, "whole numbers from 0 to 5"),
        ({"action": lambda value, _: value - 1.0}, "whole numbers from 0 to 5"),
        ({"message.out": lambda value, _: np.full_like(value, 16)}, "whole numbers from 0 to 15"),
        ({"message.out": 3}, "Hooks are functions by their address"),
        ([print], "Hooks are functions by their address"),
        ({3: print}, "addressed by"),
    ],
)
def test_hooks_that_do_not_fit_are_told(agents: Checkpoint, hooks: Any, words: str) -> None:
    with pytest.raises(InterventionError, match=words):
        run_with_hooks(agents, hooks, 10)


def test_what_was_not_kept_is_told(agents: Checkpoint) -> None:
    _, cache = run_with_cache(agents, ["action"], 10)
    with pytest.raises(InterventionError, match="Nothing was kept of 'value': there are action"):
        _ = cache["value"]
    with pytest.raises(InterventionError, match="agents 0 to 1 and steps 0 to 9, not 2 at 3"):
        _ = cache["action", 2, 3]
    with pytest.raises(InterventionError, match="no site 'dreams'"):
        run_with_cache(agents, ["dreams"], 10)


@pytest.mark.parametrize(("n_episodes", "seed"), [(0, 0), (-1, 0), (1.5, 0), ("x", 0), (8, -1), (8, 0.5)])
def test_no_episodes_and_no_seeds_are_told(agents: Checkpoint, n_episodes: Any, seed: Any) -> None:
    with pytest.raises(DataError, match="is a whole number, "):
        run_with_cache(agents, ["action"], n_episodes, seed)


def test_what_is_no_intervention_is_told(agents: Checkpoint) -> None:
    with pytest.raises(InterventionError, match="told by `commlab.Intervention`s"):
        Agents(agents).run_with_interventions([{"site": "message.in", "operation": "mute"}], 8)


def test_agents_of_a_notebook_do_the_same(agents: Checkpoint) -> None:
    mine = Agents(agents)
    told = Intervention("message.in", "set", (1,), symbol=3)
    assert alike(mine.run(20), play(agents, 20))
    assert (mine.run_with_interventions([told], 20).heard[:, :, 1] == 3).all()
    assert alike(mine.run_with_hooks({}, 20), mine.run_with_cache(["value"], 20)[0])
