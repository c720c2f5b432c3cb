"""The Gymnasium shell: rows that are a batch's agents, autoreset in the next step, views, infos and errors."""

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from commlab.env import scenario_names, vector_env
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.shells.gymnasium import VectorWorld
from commlab.env.types import Action, Stat

FIELDS = ("window", "entities", "vector", "heard", "slots")
ALTAR = {
    "name": "altar",
    "title": "Altar",
    "about": "A walker and a praying one beside an altar.",
    "steps": 6,
    "map": "#######\n#w..pA#\n#.....#\n#.....#\n#######",
    "bodies": {"walker": {}, "priest": {"actions": ["east", "use"]}},
    "agents": [{"body": "walker", "start": "w"}, {"body": "priest", "start": "p"}],
    "altar": {"reward": 2},
    "channel": {"length": 2, "vocabulary": 5},
    "kinship": {"structure": "selfish"},
    "end": {"hearts": 1},
}


def altar(**fields: Any) -> Scenario:
    return parse_scenario({**ALTAR, **fields})


def rows_of(worlds: VectorWorld, *actions: Any) -> dict[str, Any]:
    """The actions of each world's two agents."""
    return {"action": np.array(actions).reshape(worlds.num_envs)}


@pytest.mark.parametrize("name", scenario_names())
def test_random_play_shows_what_a_batch_shows(name: str) -> None:
    scenario = load_scenario(name, {"steps": 6})
    worlds, batch = vector_env(scenario, 3, seed=8), WorldBatch(scenario, 3, 8, autoreset=True)
    worlds.action_space.seed(1)
    observations, _ = worlds.reset()
    batch.reset(np.arange(3))
    for _ in range(14):
        assert worlds.observation_space.contains(observations)
        for field in FIELDS:
            mine = getattr(batch.observation, field)
            assert np.array_equal(observations[field], mine.reshape(-1, *mine.shape[2:])), field
        choices = worlds.action_space.sample()
        observations, rewards, terminations, truncations, infos = worlds.step(choices)
        shape = (3, worlds.n_agents)
        batch.step(
            choices["action"].reshape(shape).astype(np.uint8), choices["message"].reshape(*shape, -1).astype(np.uint8)
        )
        assert np.array_equal(rewards.reshape(shape), batch.world.shared_reward)
        assert np.array_equal(infos["own_reward"].reshape(shape), batch.world.own_reward)
        for flags, of_worlds in ((terminations, batch.world.terminated), (truncations, batch.world.truncated)):
            assert np.array_equal(flags.reshape(shape), np.repeat(of_worlds[:, None], worlds.n_agents, axis=1))
    assert set(batch.world.episode) != {0, 1, 2}


def test_spaces_are_those_of_one_agent_in_rows() -> None:
    worlds = vector_env(altar(), 3)
    assert (worlds.num_envs, worlds.n_worlds, worlds.n_agents) == (6, 3, 2)
    assert worlds.single_action_space["action"].n == worlds.scenario.n_actions  # type: ignore[index]
    assert worlds.action_space["message"].shape == (6, 2)  # type: ignore[index]
    assert worlds.observation_space["window"].shape == (6, 11, 11)  # type: ignore[index]
    assert worlds.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert worlds.name_of(3) == "agent 'priest_0' of world 1"


def test_observations_are_views_unless_copies_are_wanted() -> None:
    views, copies = vector_env(altar(), 2, copy=False), vector_env(altar(), 2)
    for worlds, shared in ((views, True), (copies, False)):
        observations, _ = worlds.reset()
        for field in FIELDS:
            assert np.shares_memory(observations[field], getattr(worlds.batch.observation, field)) == shared, field
        kept = observations["vector"].copy()
        worlds.step(rows_of(worlds, Action.EAST, Action.STAY, Action.STAY, Action.STAY))
        assert np.array_equal(observations["vector"], kept) != shared


def test_worlds_reset_themselves_in_the_next_step() -> None:
    worlds = vector_env(altar(), 2)
    first, _ = worlds.reset(seed=3)
    worlds.step(rows_of(worlds, Action.STAY, Action.EAST, Action.STAY, Action.STAY))
    last, rewards, terminations, truncations, infos = worlds.step(
        rows_of(worlds, Action.EAST, Action.USE, Action.STAY, Action.STAY)
    )
    assert rewards.tolist() == [0, 2, 0, 0]
    assert terminations.tolist() == [True, True, False, False]
    assert not truncations.any()
    assert infos["_episode"].tolist() == [True, True, False, False]
    assert not np.array_equal(last["vector"][0], first["vector"][0])
    begun, rewards, terminations, _, infos = worlds.step(rows_of(worlds, *[Action.EAST] * 4))
    assert "episode" not in infos
    assert not rewards.any()
    assert not terminations.any()
    assert worlds.batch.world.t.tolist() == [0, 3]
    assert worlds.batch.world.episode.tolist() == [2, 1]
    assert np.array_equal(begun["vector"][:2], first["vector"][:2])


def test_infos_tell_what_happened_in_the_episodes_that_end() -> None:
    worlds = vector_env(altar(), 2)
    worlds.reset()
    for _ in range(2):
        worlds.step(rows_of(worlds, Action.EAST, Action.EAST, Action.EAST, Action.STAY))
        *_, infos = worlds.step(rows_of(worlds, Action.EAST, Action.USE, Action.EAST, Action.STAY))
        episode = infos["episode"]
        assert set(episode) == {"r", "own", "l", *(stat.name.lower() for stat in Stat)}
        assert episode["r"].tolist() == episode["own"].tolist() == [0, 2, 0, 0]
        assert episode["l"].tolist() == [2, 2, 0, 0]
        assert episode["moved"].tolist() == [2, 0, 0, 0]
        assert infos["world"]["hearts"].tolist() == [1, 1, 0, 0]
        worlds.step(rows_of(worlds, *[Action.STAY] * 4))  # the first world begins anew
        worlds.reset()


def test_truncation_ends_episodes_too() -> None:
    worlds = vector_env(altar(steps=2), 2)
    worlds.reset()
    stay = rows_of(worlds, *[Action.STAY] * 4)
    ends = [worlds.step(stay)[3].tolist() for _ in range(6)]
    assert ends == [[False] * 4, [True] * 4, [False] * 4] * 2


def test_the_field_s_wrappers_agree() -> None:
    worlds = RecordEpisodeStatistics(vector_env(altar(), 3), stats_key="theirs")
    worlds.action_space.seed(0)
    worlds.reset(seed=1)
    n_ends = 0
    for _ in range(60):
        *_, infos = worlds.step(worlds.action_space.sample())
        if "episode" in infos:
            n_ends += 1
            for name in ("r", "l"):
                assert np.array_equal(infos["episode"][name], infos["theirs"][name])
    assert n_ends > 3
    listed = DictInfoToList(vector_env(altar(steps=1), 1))
    listed.reset()
    *_, infos = listed.step({"action": np.array([Action.EAST, Action.STAY])})
    assert [info["episode"]["moved"] for info in infos] == [1, 0]  # type: ignore[index]


def test_seeds_and_episodes_make_the_worlds() -> None:
    worlds = vector_env("lookout", 2, seed=4)

    def keys(**given: Any) -> list[int]:
        worlds.reset(**given)
        return worlds.batch.world.key.tolist()

    first = keys()
    assert keys(seed=4) == keys(options={"episode": 0}) == first
    second = keys()
    assert keys(options={"episode": 2}) == second
    assert keys(options={"episode": 1}) == [first[1], second[0]]
    assert not set(keys(seed=5)) & {*first, *second}


def test_the_next_episode_has_the_seed_of_the_reset() -> None:
    worlds, others = vector_env(altar(steps=1), 1, seed=0), vector_env(altar(steps=1), 1, seed=9)
    worlds.reset(seed=9)
    others.reset()
    stay = {"action": np.zeros(2, np.int64)}
    for _ in range(4):
        worlds.step(stay)
        others.step(stay)
        assert worlds.batch.world.key == others.batch.world.key


def test_frozen_rows_only_stay() -> None:
    bodies = {"walker": {"actions": ["east", "attack"]}, "priest": {}}
    worlds = vector_env(altar(bodies=bodies, map="#####\n#wpA#\n#...#\n#...#\n#####", combat={"freeze": 2}), 2)
    observations, _ = worlds.reset()
    able = observations["action_mask"].copy()
    assert able.tolist() == [[1, 0, 1, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1, 0]] * 2
    worlds.step(rows_of(worlds, Action.STAY, Action.STAY, Action.EAST, Action.STAY))
    observations, *_ = worlds.step(rows_of(worlds, Action.STAY, Action.STAY, Action.ATTACK, Action.STAY))
    assert np.array_equal(observations["action_mask"][:3], able[:3])
    assert observations["action_mask"][3].tolist() == [1, 0, 0, 0, 0, 0, 0]
    for _ in range(2):
        observations, *_ = worlds.step(rows_of(worlds, *[Action.STAY] * 4))
    assert np.array_equal(observations["action_mask"], able)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"action": [0, 0, 0, 9]}, r"row 3 \(agent 'priest_0' of world 1\): action must lie in 0 to 5, not 9; sample"),
        ({"action": [0, -1, 0, 0]}, r"row 1 \(agent 'priest_0' of world 0\): action must lie in 0 to 5, not -1"),
        ({"action": [0, 0]}, r"action must be an array of whole numbers of shape \(4,\), not .* shape \(2,\)"),
        ({"action": [0.0] * 4}, r"action must be an array of whole numbers of shape \(4,\), not of float64"),
        ({"action": [0] * 4, "message": [[0, 7]] * 4}, r"row 0 .*: message must lie in 0 to 4, not \[0 7\]"),
        ({"action": [0] * 4, "message": [0] * 4}, r"message must be an array of whole numbers of shape \(4, 2\)"),
        ([0, 0, 0, 0], r"actions must be \{'action': number, 'message': symbols\}, each an array"),
    ],
)
def test_wrong_actions_are_told(choices: Any, sentence: str) -> None:
    worlds = vector_env(altar(), 2)
    worlds.reset()
    with pytest.raises(ValueError, match=sentence):
        worlds.step(choices)


def test_wrong_beginnings_are_told() -> None:
    worlds = vector_env(altar(), 2)
    with pytest.raises(ValueError, match=r"have not begun; call reset\(\) first"):
        worlds.step(rows_of(worlds, *[0] * 4))
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        worlds.reset(seed=-1)
    with pytest.raises(ValueError, match="episode must be a whole number from 0"):
        worlds.reset(options={"episode": 0.5})
    with pytest.raises(ValueError, match="reset_mask cannot be given"):
        worlds.reset(options={"reset_mask": np.ones(4, np.bool_)})


def test_threads_change_nothing() -> None:
    scenario = load_scenario("rivals", {"steps": 4})
    worlds, others = vector_env(scenario, 600, 1, n_threads=2), vector_env(scenario, 600, 1)
    worlds.reset()
    others.reset()
    worlds.action_space.seed(0)
    for _ in range(7):
        choices = worlds.action_space.sample()
        mine, theirs = worlds.step(choices), others.step(choices)
        assert np.array_equal(mine[1], theirs[1])
        assert all(np.array_equal(mine[0][name], theirs[0][name]) for name in mine[0])
