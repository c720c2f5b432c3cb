"""Reels: what is rolled again is what the experiment saw, to the last bit, beside its untouched twin."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.agents.plan import Plan, adding
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.moments import Moment
from commlab.foundation.run import SAMPLE
from commlab.probes.cause import reels
from commlab.probes.cause.reels import record_pairs, reels_in
from commlab.probes.cause.shown import moment_in
from commlab.probes.cause.trials import Trials, phantom_plan
from commlab.probes.cause.twins import Trace, play

N = 70  # episodes: more than the least batch
TOLD = (3, 41, 69)


@pytest.fixture(scope="module")
def trained() -> Checkpoint:
    """The network that ships with commlab."""
    return load_checkpoint(latest_checkpoint(SAMPLE / "checkpoints"))


def phantom(agents: Checkpoint, symbol: int) -> Plan:
    """Some listeners hear a phantom from step 9 on."""
    trials = Trials(np.array(TOLD), np.ones(len(TOLD), np.int64), np.full(len(TOLD), 9))
    shape = (agents.scenario.steps, N, agents.scenario.n_agents)
    return phantom_plan(trials, shape, np.full((len(TOLD), 12), symbol), 1.0)


def moments(trace: Trace) -> list[Moment]:
    """A moment of each episode that was interfered with."""
    found = [moment_in(trace, episode, 9, (1,), "told") for episode in TOLD]
    return [moment for moment in found if moment is not None]


def assert_is(recording: Recording, place: int, trace: Trace, episode: int) -> None:
    """An episode of a recording is one of a trace, bit by bit."""
    one = recording.excerpt(place, place + 1)
    n_steps = int(trace.live[:, episode].sum())
    columns: dict[str, Any] = {
        "agents/position": trace.position,
        "agents/energy": trace.energy,
        "channel/said": trace.said,
        "reward/own": trace.own_reward,
        "reward/shared": trace.reward,
        "policy/action_logits": np.maximum(trace.logits, np.finfo(np.float16).min).astype(np.float16),
    }
    for name, seen in columns.items():
        assert one.read(name).tobytes() == seen[:n_steps, episode].tobytes(), name
    assert one.read("channel/heard")[:, :, 0].tobytes() == trace.heard[:n_steps, episode].tobytes()


@pytest.mark.parametrize("which", ["trained", "obeying"])
def test_pairs_are_what_the_experiment_saw(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    agents = request.getfixturevalue(which)
    natural, told = play(agents, N, seed=6), play(agents, N, 6, phantom(agents, 3))
    found = record_pairs(agents, moments(told), tmp_path)
    assert found.lost == ()
    with open_recording(found.live) as live, open_recording(found.twins) as twins:
        assert reels_in(live) == list(found.reels) == [moment.reel for moment in moments(told)]
        for place, episode in enumerate(TOLD):
            assert_is(live, place, told, episode)
            assert_is(twins, place, natural, episode)
            assert live.read("channel/injected", slice(None)).any()
            assert list(live.episodes.condition) == ["live"] * 3
            assert live.attrs["checkpoint_sha256"] == agents.sha256


def test_hidden_states_are_changed_again_to_the_last_bit(trained: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shape = (trained.scenario.steps, N, trained.scenario.n_agents)
    vectors = rng.normal(size=(1, N, 1, trained.policy.hidden_sizes["core"])).astype(np.float32)
    where = (np.arange(shape[0])[:, None, None] >= 12) & (np.arange(shape[2]) == 1)
    changed = play(trained, N, 6, adding("hidden.core", vectors, where))
    found = record_pairs(trained, moments(changed), tmp_path)
    with open_recording(found.live) as live:
        for place, episode in enumerate(TOLD):
            assert_is(live, place, changed, episode)


def test_one_that_differs_is_rolled_in_its_own_batch(trained: Any, tmp_path: Path, monkeypatch: Any) -> None:
    told = play(trained, N, 6, phantom(trained, 3))
    shapes, real = [], reels._roll

    def roll(agents: Any, seed: int, rows: Any, wanted: Any, n_worlds: int) -> Any:
        """Get the first batch wrong."""
        rolled = real(agents, seed, rows, wanted, n_worlds)
        shapes.append(n_worlds)
        if len(shapes) == 1:
            rolled[1].columns["agents/energy"] = rolled[1].columns["agents/energy"] + 1
        return rolled

    monkeypatch.setattr(reels, "_roll", roll)
    found = record_pairs(trained, moments(told), tmp_path)
    assert found.lost == ()
    assert shapes[1:] == [N, N]
    with open_recording(found.live) as live:
        for place, episode in enumerate(TOLD):
            assert_is(live, place, told, episode)


def test_one_that_cannot_be_had_again_is_left_out(trained: Any, tmp_path: Path) -> None:
    seen = moments(play(trained, N, 6, phantom(trained, 3)))
    wrong = dataclasses.replace(seen[1], mark=1)
    found = record_pairs(trained, [seen[0], wrong, seen[2]], tmp_path)
    assert found.lost == (wrong,)
    with open_recording(found.live) as live, open_recording(found.twins) as twins:
        assert reels_in(live) == [seen[0].reel, seen[2].reel]
        assert twins.n_episodes == 2


def test_moments_of_one_episode_share_a_reel(trained: Any, tmp_path: Path) -> None:
    seen = moments(play(trained, N, 6, phantom(trained, 3)))[0]
    found = record_pairs(trained, [seen, dataclasses.replace(seen, step=20)], tmp_path)
    assert found.reels == (seen.reel,)
