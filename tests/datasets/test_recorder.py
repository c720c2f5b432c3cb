"""Any training loop can record itself: commlab's world, foreign environments, turns; what is wrong is said."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import commlab
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.recorder import Recorder
from commlab.datasets.schema import MISSING
from commlab.foundation.errors import RecordingError

AGENTS = ["speaker_0", "listener_0"]


class Game:
    """A foreign parallel environment: the speaker sees a colour and names it, the listener leaves a step early."""

    possible_agents = AGENTS

    def __init__(self, n_steps: int = 4) -> None:
        self.n_steps, self.rng = n_steps, np.random.default_rng(0)
        self.agents: list[str] = []

    def reset(self) -> tuple[dict[str, Any], dict[str, Any]]:
        self.agents, self.t, self.colour = list(AGENTS), 0, int(self.rng.integers(3))
        return self.observe(), {}

    def observe(self) -> dict[str, Any]:
        both = {
            "speaker_0": {"colour": self.colour, "place": np.array([self.t, 0.5], np.float32)},
            "listener_0": {"colour": -1, "place": np.array([self.t, 0.25], np.float32)},
        }
        return {agent: both[agent] for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        self.t += 1
        last = {agent: self.t >= self.n_steps - (agent == "listener_0") for agent in self.agents}
        rewards = {agent: float(self.t) for agent in self.agents}
        seen = self.observe()
        self.agents = [agent for agent in self.agents if not last[agent]]
        return seen, rewards, last, dict.fromkeys(last, False), {}


def play(recorder: Any, env: Game, n_episodes: int, **given: Any) -> list[list[int]]:
    colours = []
    for _ in range(n_episodes):
        observations, _ = env.reset()
        while env.agents:
            colours.append(env.colour)
            observations = {agent: observations[agent] for agent in env.agents}
            actions = dict.fromkeys(env.agents, env.t % 3)
            messages = {"speaker_0": [env.colour + 1, 5]}
            after, rewards, terminations, truncations, infos = env.step(actions)
            recorder.step(
                observations, actions, rewards, terminations, truncations, infos, messages=messages,
                **{name: make(env) for name, make in given.items()},
            )  # fmt: skip
            observations = after
    return colours


def test_a_foreign_environment_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "mine" / "recording.h5"
    with commlab.Recorder(path, Game()) as recorder:
        colours = play(recorder, Game(), 30, hidden=lambda env: {"speaker_0": np.full(3, env.t)})
    recording = open_recording(path)
    assert (recording.n_episodes, recording.n_steps) == (30, 120)
    assert recording.bodies == ["speaker", "listener"]
    assert recording.attrs["n_episodes"] == 30
    assert recording.layout == {"speakers": [0], "listeners": [1]}
    np.testing.assert_array_equal(recording["channel/said"][:, 0], [[colour + 1, 5] for colour in colours])
    np.testing.assert_array_equal(recording["feature/colour"][:, 0], colours)
    assert recording.names("observation/vector") == ("colour", "place.0", "place.1")
    np.testing.assert_array_equal(recording["observation/vector"][:4, 0, 1], [0, 1, 2, 3])
    np.testing.assert_array_equal(recording["policy/hidden.core"][:4, 0, 0], [1, 2, 3, 4])
    assert recording["steps/terminated"][:8].tolist() == [False, False, False, True] * 2
    assert not recording["steps/truncated"][:].any()


def test_an_agent_that_has_left_is_silent_and_does_nothing(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r.h5", Game()) as recorder:
        play(recorder, Game(), 4)
    recording = open_recording(tmp_path / "r.h5")
    assert recording["policy/action"][:4, 1].tolist() == [0, 1, 2, 255]
    assert recording.codes["actions"][255] == "none"
    assert recording["feature/colour"][:4, 1].tolist() == [-1, -1, -1, MISSING]
    assert np.isnan(recording["reward/own"][3, 1])
    np.testing.assert_array_equal(recording["observation/vector"][3, 1], recording["observation/vector"][2, 1])


def test_commlabs_own_world_is_recorded_as_it_is(tmp_path: Path) -> None:
    from commlab.env.shells.pettingzoo import parallel_env

    env = parallel_env("lookout", seed=1)
    rng = np.random.default_rng(0)
    said = []
    with Recorder(tmp_path / "r.h5", env) as recorder:
        for _ in range(2):
            observations, _ = env.reset()
            while env.agents:
                actions = {agent: {"action": 0, "message": [int(rng.integers(5))]} for agent in env.agents}
                said.append([actions[agent]["message"] for agent in env.agents])
                after, rewards, terminations, truncations, infos = env.step(actions)
                recorder.step(observations, actions, rewards, terminations, truncations, infos)
                observations = after
    recording = open_recording(tmp_path / "r.h5")
    assert recording.bodies == list(dict.fromkeys(env.scenario.agent_bodies))
    np.testing.assert_array_equal(recording["channel/said"][:], said)
    heard = recording["channel/heard"][:, :, 0]  # what one says the other hears at the next step
    at = np.flatnonzero(np.asarray(recording["steps/t"]) == 3)
    assert any((heard[row, 1] == recording["channel/said"][row - 1, 0]).all() for row in at)
    assert "observation/vector" in recording
    assert recording["steps/truncated"][:].sum() + recording["steps/terminated"][:].sum() == 2


def test_turns_of_an_aec_environment_are_steps(tmp_path: Path) -> None:
    agents = ["ann", "bob"]
    with Recorder(tmp_path / "r.h5", agents=agents) as recorder:
        for _ in range(3):
            for turn in range(4):
                actor = agents[turn % 2]
                over = dict.fromkeys(agents, turn == 3)
                recorder.step(
                    {actor: turn}, {actor: "move"}, {actor: 1.0}, over, None, messages={actor: f"turn {turn}"}
                )
    recording = open_recording(tmp_path / "r.h5")
    assert recording.episodes.length.tolist() == [4, 4, 4]
    assert recording.codes["symbols"] == {1: "turn", 2: "0", 3: "1", 4: "2", 5: "3"}
    assert recording["channel/said"][:4, 0].tolist() == [[1, 2], [0, 0], [1, 4], [0, 0]]
    assert recording["observation/vector"][:4, 0, 0].tolist() == [0, 0, 2, 2]


def test_an_aec_loop_as_pettingzoo_writes_it_is_recorded(tmp_path: Path) -> None:
    from pettingzoo.utils.conversions import parallel_to_aec

    from commlab.env.shells.pettingzoo import parallel_env

    env = parallel_to_aec(parallel_env("lookout", overrides={"steps": 5}))
    with Recorder(tmp_path / "r.h5", env) as recorder:
        for seed in range(3):
            env.reset(seed=seed)
            for agent in env.agent_iter():
                observation, _, termination, truncation, _ = env.last()
                action = None if termination or truncation else {"action": 0, "message": [env.agents.index(agent) + 1]}
                env.step(action)
                recorder.step({agent: observation}, {agent: action}, env.rewards, env.terminations, env.truncations)
    recording = open_recording(tmp_path / "r.h5")
    assert recording.episodes.length.tolist() == [10, 10, 10]  # turns of two agents
    assert recording["channel/said"][:4, :, 0].tolist() == [[1, 0], [0, 2], [1, 0], [0, 2]]
    assert recording.layout["speakers"] == [0, 1]


def recorded(path: Path, steps: list[dict[str, Any]], **options: Any) -> Recording:
    """One episode a step, of agent "a"."""
    with Recorder(path, agents=options.pop("agents", ["a"]), **options) as recorder:
        for step in steps:
            recorder.step(**{"observations": {}, "actions": {}, **step})
            recorder.end_episode()
    return open_recording(path)


@pytest.mark.parametrize(
    ("action", "names"),
    [
        (np.int64(2), {}),
        ({"action": 1}, {}),
        (np.array([1, 2]), {0: "1,2"}),
        ((1, np.array([0, 3])), {0: "1,0,3"}),
        ({"move": 1, "grab": 0}, {0: "1,0"}),
        ("jump", {0: "jump"}),
    ],
)
def test_actions_of_all_spaces_are_coded(tmp_path: Path, action: Any, names: dict[int, str]) -> None:
    recording = recorded(tmp_path / "r.h5", [{"actions": {"a": action}}] * 3)
    assert recording.codes.get("actions", {}) == names
    assert recording["policy/action"].shape == (3, 1)


def test_continuous_actions_are_features(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "r.h5", [{"actions": {"a": np.array([0.5, -1.0])}}] * 2)
    assert recording["feature/action.1"][:, 0].tolist() == [-1, -1]
    assert "policy/action" not in recording


def test_observations_of_all_spaces_are_numbers_with_names(tmp_path: Path) -> None:
    nested = {"grid": np.ones((2, 2), np.uint8), "pair": (3, np.array([0.5])), "action_mask": np.ones(4, np.int8)}
    recording = recorded(tmp_path / "r.h5", [{"observations": {"a": nested}}] * 2)
    assert recording.names("observation/vector") == (
        "grid.0.0",
        "grid.0.1",
        "grid.1.0",
        "grid.1.1",
        "pair.0",
        "pair.1.0",
    )
    assert recording["feature/pair.0"][:, 0].tolist() == [3, 3]


def test_features_of_all_kinds_are_kept(tmp_path: Path) -> None:
    facts = [{"colour": "rot", "n": 1, "size": 0.5}, {"colour": "blau", "n": np.int64(2)}, {"size": np.float32(2)}]
    recording = recorded(tmp_path / "r.h5", [{"features": {"a": fact}} for fact in facts])
    assert recording.codes["feature/colour"] == {0: "rot", 1: "blau"}
    assert recording["feature/colour"][:, 0].tolist() == [0, 1, MISSING]
    assert recording["feature/n"][:, 0].tolist() == [1, 2, MISSING]
    np.testing.assert_array_equal(recording["feature/size"][:, 0], [0.5, np.nan, 2])


def test_episodes_have_conditions_and_kinship(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r.h5", agents=["a", "b"]) as recorder:
        recorder.begin("kin", np.ones((2, 2)))
        recorder.step({"a": 1, "b": 1}, {"a": 0, "b": 0}, terminations=True)
        recorder.begin("strangers")
        recorder.step({"a": 1, "b": 1}, {"a": 0, "b": 0}, truncations={"__all__": True})
    recording = open_recording(tmp_path / "r.h5")
    assert recording.episodes.condition.tolist() == ["kin", "strangers"]
    assert [recording.kinship[row][0, 1] for row in recording.episodes.kinship] == [1, 0]
    assert recording["steps/terminated"][:].tolist() == [True, False]


def test_an_unfinished_episode_is_left_out_and_said_so(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.h5", agents=["a"])
    recorder.step({"a": 1}, {"a": 0}, terminations=True)
    recorder.step({"a": 1}, {"a": 0})
    with pytest.warns(UserWarning, match=r"of 1 steps, has not ended and is not recorded"):
        assert recorder.close() == tmp_path / "r.h5"
    assert open_recording(tmp_path / "r.h5").n_steps == 1


def test_an_error_in_the_loop_keeps_what_was_recorded(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path / "r.h5", agents=["a"]) as recorder:  # noqa: PT012
        recorder.step({"a": 1}, {"a": 0}, terminations=True)
        raise ZeroDivisionError
    assert open_recording(tmp_path / "r.h5").n_episodes == 1


KILLED = """
import os, sys
from commlab.datasets.recorder import Recorder
recorder = Recorder(sys.argv[1], agents=["a"])
for episode in range(5000):
    recorder.step({"a": 1}, {"a": 0}, terminations=True, messages={"a": episode % 7})
    if episode == 3500:
        while recorder.writer.jobs:
            recorder.writer.take_result()
        os.kill(os.getpid(), 9)
"""


def test_a_kill_loses_the_open_shard_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert not path.exists()
    with open_recording(path) as left:  # reads the sealed shards
        assert left.n_episodes == 3072
        assert left["channel/said"][:, 0, 0].tolist() == [episode % 7 for episode in range(3072)]
    with pytest.raises(RecordingError, match="--force"):
        recorded(path, [{"actions": {"a": 1}}])
    assert recorded(path, [{"actions": {"a": 1}}], force=True).n_episodes == 1


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([{"observations": [1, 2]}], "observations is a list: give a mapping"),
        ([{"actions": {"b": 1}}], "actions names 'b': the agents are a"),
        ([{"observations": {"a": "red"}}], "is of type <U3"),
        ([{"actions": {"a": 300}}], "is 300: 255 of them"),
        ([{"actions": {"a": object()}}], "give a number, numbers or a text"),
        ([{"messages": {"a": -1}}], "symbols are numbers from 0"),
        ([{"messages": {"a": 0.5}}], "give whole numbers from 0, or words"),
        ([{"messages": {"a": 3}}, {"messages": {"a": "three"}}], "numbers and words by turns"),
        ([{"hidden": {"a": [np.nan]}}], "is not made of finite numbers"),
        ([{"features": {"a": 3}}], "give a mapping from names to values"),
        ([{"features": {"a": {"n": 1}}}] * 1024 + [{"features": {"a": {"n": "x"}}}], "was a whole number at first"),
        ([{"messages": {"a": 1}}] * 1024 + [{"messages": {"a": [1, 2]}}], "give Recorder length=2"),
        (
            [{"actions": {"a": 1}}] * 1024 + [{"actions": {"a": 1}, "rewards": {"a": 1.0}}],
            "reward/own comes up only now",
        ),
        ([{"actions": {"a": 1}}, {"actions": {"a": "jump"}}], "keep to one kind"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_a_sentence(
    tmp_path: Path, steps: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(RecordingError) as error:
        recorded(tmp_path / "r.h5", steps)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_nothing_recorded_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no episode was recorded to its end"), Recorder(tmp_path / "r.h5", Game()):
        pass
    with pytest.raises(RecordingError, match="agents are not known"):
        Recorder(tmp_path / "r.h5", SimpleNamespace())
    with pytest.raises(RecordingError, match=r"give a matrix of|for each of"):
        Recorder(tmp_path / "r.h5", Game()).begin(kinship=[1])


def test_recording_needs_no_torch_and_no_world(tmp_path: Path) -> None:
    script = "import sys, commlab\ncommlab.Recorder\nprint({'torch', 'commlab.env', 'gymnasium'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
