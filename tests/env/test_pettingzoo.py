"""The PettingZoo shell: its API, its seeds, and that it shows the same world as a batch."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from commlab.env import parallel_env, scenario_names
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.shells.pettingzoo import ParallelWorld
from commlab.env.types import VIEW, Action, Stat
from commlab.foundation.errors import ScenarioError

Play = dict[str, dict[str, Any]]
DUEL = {
    "name": "duel",
    "title": "Duel",
    "about": "A fighter beside a worker beside an altar.",
    "version": 3,
    "steps": 9,
    "map": "#######\n#.fwA.#\n#.....#\n#.....#\n#######",
    "bodies": {
        "fighter": {"actions": ["stay", "north", "east", "south", "west", "use", "attack", "shield"]},
        "worker": {"actions": ["east", "use"]},
    },
    "agents": [{"body": "worker", "start": "w"}, {"body": "fighter", "start": "f"}],
    "altar": {"reward": 2},
    "combat": {"freeze": 3},
    "channel": {"length": 2, "vocabulary": 5},
    "kinship": {"structure": "selfish"},
    "end": {"hearts": 1},
}


def duel(**fields: Any) -> Scenario:
    return parse_scenario({**DUEL, **fields})


def sampled(world: ParallelWorld, observations: dict[str, Any]) -> Play:
    """What every agent may do, at random."""
    return {a: world.action_space(a).sample(observations[a]["action_mask"]) for a in world.agents}


def all_choose(world: ParallelWorld, **actions: Action) -> Play:
    """Everybody stays, except where an action is given."""
    return {agent: {"action": actions.get(agent, Action.STAY)} for agent in world.agents}


def seeded(world: ParallelWorld) -> ParallelWorld:
    """The world with action spaces that sample the same in every run."""
    for i, agent in enumerate(world.possible_agents):
        world.action_space(agent).seed(i)
    return world


@pytest.mark.parametrize("name", scenario_names())
def test_the_api_and_the_seeds_of_every_scenario(name: str) -> None:
    scenario = load_scenario(name, {"steps": 12})
    parallel_api_test(ParallelWorld(scenario), num_cycles=20)
    parallel_seed_test(lambda: ParallelWorld(scenario), num_cycles=2)


def test_the_api_and_the_seeds_where_episodes_end_early() -> None:
    parallel_api_test(ParallelWorld(duel()), num_cycles=20)
    parallel_seed_test(lambda: ParallelWorld(duel()), num_cycles=9)


@pytest.mark.parametrize("name", scenario_names())
def test_random_play_shows_what_a_batch_shows(name: str) -> None:
    scenario = load_scenario(name, {"steps": 10})
    world, batch = seeded(ParallelWorld(scenario, seed=5)), WorldBatch(scenario, 1, 5)
    observations, _ = world.reset()
    batch.reset(np.array([0]))
    while world.agents:
        for i, agent in enumerate(world.agents):
            assert world.observation_space(agent).contains(observations[agent]), agent
            for field in ("window", "entities", "vector", "heard", "slots"):
                assert np.array_equal(observations[agent][field], getattr(batch.observation, field)[0, i]), field
        play = sampled(world, observations)
        actions = np.array([[choice["action"] for choice in play.values()]], np.uint8)
        messages = np.array([[choice["message"] for choice in play.values()]], np.uint8)
        observations, rewards, _, truncations, infos = world.step(play)
        batch.step(actions, messages)
        assert list(rewards.values()) == batch.world.shared_reward[0].tolist()
        assert [info["own_reward"] for info in infos.values()] == batch.world.own_reward[0].tolist()
    assert set(truncations.values()) == {bool(batch.world.truncated[0])}


def test_a_world_by_name_by_path_and_by_itself_is_the_same(tmp_path: Any) -> None:
    overrides = {"steps": 3, "altar.cost": 7}
    path = tmp_path / "mine.yaml"
    path.write_text(load_scenario("lookout").model_dump_json())
    worlds = [parallel_env(source, 0, None, overrides) for source in ("lookout", path, load_scenario("lookout"))]
    assert len({world.scenario.model_dump_json() for world in worlds}) == 1
    assert (worlds[0].scenario.steps, worlds[0].scenario.altar.cost.low) == (3, 7)
    with pytest.raises(ScenarioError, match="there is no field 'altars'"):
        parallel_env(load_scenario("lookout"), overrides={"altars": 1})


def test_agents_have_the_name_of_their_body_and_a_number() -> None:
    scenario = duel(agents=[{"body": "worker"}, {"body": "fighter", "count": 2}, {"body": "worker"}])
    assert ParallelWorld(scenario).possible_agents == ["worker_0", "fighter_0", "fighter_1", "worker_1"]


def test_the_metadata_name_the_version() -> None:
    world = ParallelWorld(duel())
    assert str(world) == world.metadata["name"] == "duel_v3"
    assert world.metadata["is_parallelizable"]
    assert ParallelWorld.metadata["name"] == "commlab"


def test_seed_and_episode_make_the_world() -> None:
    world = parallel_env("lookout", seed=4)

    def key(**given: Any) -> int:
        world.reset(**given)
        return int(world.batch.world.key[0])

    first = key()
    assert key(options={"episode": 0}) == key(seed=4) == first
    second = key()
    assert second == key(options={"episode": 1}) == key(seed=4, options={"episode": 1})
    assert len({first, second, key(), key(seed=5), key()}) == 5


def test_scattering_is_an_option() -> None:
    world = parallel_env("lookout")
    places = []
    for chance in (0.0, 1.0):
        world.reset(seed=1, options={"scatter": chance})
        places.append(world.batch.world.row[0].tolist() + world.batch.world.column[0].tolist())
    assert places[0] != places[1]
    with pytest.raises(ValueError, match="scatter is 2"):
        world.reset(options={"scatter": 2})


def test_the_mask_tells_what_the_body_can_do_and_the_frozen_only_stay() -> None:
    world = ParallelWorld(duel())
    observations, _ = world.reset()
    able = {Action.STAY, Action.EAST, Action.USE}
    assert set(np.flatnonzero(observations["worker_0"]["action_mask"])) == able
    assert observations["fighter_0"]["action_mask"].tolist() == [1] * world.scenario.n_actions
    world.step(all_choose(world, fighter_0=Action.EAST))
    masks = []
    for action in (Action.ATTACK, Action.STAY, Action.STAY, Action.STAY):
        observations, *_ = world.step(all_choose(world, fighter_0=action))
        masks.append(set(np.flatnonzero(observations["worker_0"]["action_mask"])))
    assert masks == [{Action.STAY}] * 3 + [able]
    world.step(all_choose(world, fighter_0=Action.ATTACK))
    observations, _ = world.reset()
    assert set(np.flatnonzero(observations["worker_0"]["action_mask"])) == able


def test_what_the_mask_leaves_out_becomes_staying() -> None:
    world = ParallelWorld(duel())
    world.reset()
    world.step(all_choose(world, worker_0=Action.SOUTH))
    assert world.batch.world.last_action[0, 0] == Action.STAY


def test_without_a_message_an_agent_is_silent() -> None:
    world = ParallelWorld(duel())
    world.reset()
    world.step({"worker_0": {"action": 0, "message": [3, 0]}, "fighter_0": {"action": np.int64(0)}})
    assert world.batch.world.message[0].tolist() == [[3, 0], [0, 0]]
    world.step({"worker_0": {"action": 0, "message": None}, "fighter_0": {"action": 0, "message": np.array([1, 4])}})
    assert world.batch.world.message[0].tolist() == [[0, 0], [1, 4]]


def test_an_episode_ends_early_and_tells_what_happened() -> None:
    world = ParallelWorld(duel())
    world.reset()
    _, _, terminations, truncations, infos = world.step(all_choose(world, worker_0=Action.EAST))
    assert not any(terminations.values())
    assert infos["worker_0"] == {"own_reward": 0.0}
    _, rewards, terminations, truncations, infos = world.step(all_choose(world, worker_0=Action.USE))
    assert terminations == {"worker_0": True, "fighter_0": True}
    assert truncations == {"worker_0": False, "fighter_0": False}
    assert rewards == {"worker_0": 2.0, "fighter_0": 0.0}
    assert world.agents == []
    assert infos["worker_0"]["own_reward"] == 2.0
    episode = infos["worker_0"]["episode"]
    assert (episode["r"], episode["own"], episode["l"], episode["hearts"], episode["moved"]) == (2.0, 2.0, 2, 1, 0)
    assert infos["fighter_0"]["episode"]["hearts"] == 0
    assert infos["fighter_0"]["world"]["hearts"] == 1
    assert set(episode) == {"r", "own", "l", *(stat.name.lower() for stat in Stat)}
    with pytest.raises(ValueError, match=r"episode is over; call reset\(\)"):
        world.step({})


def test_an_episode_is_truncated_when_its_steps_are_over() -> None:
    world = ParallelWorld(duel(steps=2))
    world.reset()
    world.step(all_choose(world))
    _, _, terminations, truncations, infos = world.step(all_choose(world))
    assert not any(terminations.values())
    assert all(truncations.values())
    assert infos["worker_0"]["episode"]["l"] == 2


def test_the_returns_of_an_episode_begin_at_0() -> None:
    world = ParallelWorld(duel())
    for _ in range(2):
        world.reset()
        world.step(all_choose(world, worker_0=Action.EAST))
        *_, infos = world.step(all_choose(world, worker_0=Action.USE))
        assert infos["worker_0"]["episode"]["r"] == 2.0


def test_what_was_observed_does_not_change_later() -> None:
    world = ParallelWorld(duel())
    observations, _ = world.reset()
    kept, before = observations["fighter_0"], copy.deepcopy(observations["fighter_0"])
    world.step(all_choose(world, fighter_0=Action.SOUTH))
    assert world.batch.world.row[0, 1] == 2 + VIEW
    assert all(np.array_equal(kept[name], before[name]) for name in before)


WRONG: dict[str, tuple[Any, str]] = {
    "too large": ({"action": 8}, "agent 'worker_0': action must be a whole number from 0 to 7, not 8; its action_mask"),
    "negative": ({"action": -1}, "from 0 to 7, not -1"),
    "no whole number": ({"action": 1.5}, "from 0 to 7, not 1.5"),
    "an array": ({"action": np.array([1, 2])}, "action must be a whole number"),
    "no action": ({"message": [0, 0]}, "agent 'worker_0' must choose {'action': number, 'message': symbols}"),
    "no dict": (3, "agent 'worker_0' must choose {'action': number, 'message': symbols}"),
    "a strange field": ({"action": 0, "say": 1}, "agent 'worker_0' must choose"),
    "a symbol too large": (
        {"action": 0, "message": [0, 5]},
        "agent 'worker_0': message must be 2 whole number(s) from 0 (silence) to 4, not [0, 5]; leave it out",
    ),
    "too few symbols": ({"action": 0, "message": [1]}, "message must be 2 whole number(s)"),
    "no symbols": ({"action": 0, "message": "ab"}, "message must be 2 whole number(s)"),
    "ragged": ({"action": 0, "message": [[1], [2, 3]]}, "message must be 2 whole number(s)"),
    "one symbol bare": ({"action": 0, "message": 1}, "message must be 2 whole number(s)"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_choice_names_agent_field_range_and_mend(kind: str) -> None:
    choice, sentence = WRONG[kind]
    world = ParallelWorld(duel())
    world.reset()
    with pytest.raises(ValueError, match=".") as caught:
        world.step({"worker_0": choice, "fighter_0": {"action": 0}})
    assert sentence in str(caught.value)
    assert world.batch.world.t[0] == 0


def test_everybody_and_nobody_else_chooses() -> None:
    world = ParallelWorld(duel())
    world.reset()
    with pytest.raises(ValueError, match=r"agent 'fighter_0' has no choice; give it one"):
        world.step({"worker_0": {"action": 0}})
    with pytest.raises(ValueError, match=r"no agent 'ghost_0'; the agents are worker_0, fighter_0"):
        world.step({**all_choose(world), "ghost_0": {"action": 0}})


@pytest.mark.parametrize("call", [lambda w: w.step({}), lambda w: w.state(), lambda w: w.render()])
def test_nothing_works_before_the_first_reset(call: Callable[[ParallelWorld], Any]) -> None:
    with pytest.raises(ValueError, match=r"has not begun; call reset\(\) first"):
        call(ParallelWorld(duel(), render_mode="ansi"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 0.5}, "seed must be a whole number from 0"),
        ({"seed": 2**63}, "seed must be a whole number from 0"),
        ({"options": {"episode": "last"}}, "episode must be a whole number from 0"),
        ({"options": {"episode": -3}}, "episode must be a whole number from 0"),
    ],
)
def test_wrong_seeds_and_episodes_are_told(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ParallelWorld(duel()).reset(**given)


def test_the_state_holds_the_whole_world() -> None:
    world = ParallelWorld(duel())
    world.reset()
    world.step(all_choose(world, fighter_0=Action.SOUTH))
    state, parts = world.state(), world.state_parts
    assert world.state_space.contains(state)
    assert state[parts["t"]].tolist() == [1]
    assert state[parts["grid"]].size == 5 * 7
    assert state[parts["row"]].tolist() == [1, 2]
    assert state[parts["column"]].tolist() == [3, 2]
    assert state[parts["energy"]].tolist() == world.batch.world.energy[0].tolist()
    assert sorted(place for part in parts.values() for place in range(part.start, part.stop)) == [*range(state.size)]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda world: pickle.loads(pickle.dumps(world))])
def test_a_copy_goes_on_as_the_world_does(again: Callable[[ParallelWorld], ParallelWorld]) -> None:
    world = seeded(parallel_env("rivals", seed=3))
    observations, _ = world.reset()
    for _ in range(5):
        observations, *_ = world.step(sampled(world, observations))
    other = again(world)
    for _ in range(20):
        play = sampled(world, observations)
        observations, *mine = world.step(play)
        seen, *others = other.step(play)
        assert mine == others
        assert np.array_equal(world.state(), other.state())
        assert all(np.array_equal(observations[a][f], seen[a][f]) for a in seen for f in seen[a])


def test_importing_the_world_needs_no_pettingzoo_and_nothing_heavy() -> None:
    script = (
        "import sys\nsys.modules['pettingzoo'] = sys.modules['gymnasium'] = None\nimport commlab.env\n"
        "assert 'parallel_env' in dir(commlab.env)\nassert not {'numpy', 'numba', 'pydantic'} & set(sys.modules)\n"
        "assert 'lookout' in commlab.env.scenario_names()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_pictures_need_a_render_mode() -> None:
    world = ParallelWorld(duel())
    world.reset()
    with pytest.raises(ValueError, match="render_mode is None; make the environment with"):
        world.render()
    with pytest.raises(ValueError, match="render_mode is 'human'; it must be one of"):
        ParallelWorld(duel(), render_mode="human")


def test_the_world_is_drawn_as_text_and_as_a_picture() -> None:
    text = ParallelWorld(duel(), render_mode="ansi")
    text.reset()
    assert isinstance(text.render(), str)
    picture = ParallelWorld(duel(), render_mode="rgb_array")
    picture.reset()
    drawn = picture.render()
    assert isinstance(drawn, np.ndarray)
    assert (drawn.dtype, drawn.ndim, drawn.shape[2]) == (np.uint8, 3, 3)
