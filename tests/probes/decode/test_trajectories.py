"""Trajectories: planted courses are found with their size and moment, chance is not, and runs are cut out right."""

import re

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.moments import moments_of
from commlab.foundation.result import Result
from commlab.probes.decode import trajectories
from commlab.probes.decode.trajectories.courses import Runs, Window, fit_model, lay_runs, permuted_runs, runs_of, score
from commlab.probes.decode.trajectories.telling import SINGLES

HEADER = {
    "codes": {"cells": {"0": "empty"}, "actions": {"0": "stay"}, "bodies": {"0": "forager"}},
    "layout": {"height": 9, "width": 9},
    "seed": 0,
    "command": "test",
}
UNITS = 12
DIRECTIONS = np.random.default_rng(5).normal(size=(6, UNITS))


def recorded(hidden, heard, condition=None):
    """A recording of hidden states (E, T, A, H) and symbols heard (E, T, A)."""
    n_episodes, n_steps, n_agents = heard.shape
    ended = np.zeros((n_episodes, n_steps), bool)
    every = {
        "channel/heard": heard[..., None, None].astype(np.uint8),
        "policy/hidden.core": hidden.astype(np.float32),
        "agents/position": np.ones((*heard.shape, 2), np.int16),
        "steps/terminated": ended,
        "steps/truncated": ended,
    }
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in every.items()}
    episodes = {"length": np.full(n_episodes, n_steps, np.int32), "bodies": np.zeros((n_episodes, n_agents), np.uint8)}
    if condition is not None:
        episodes["condition"] = np.array(condition)
    return memory_recording(HEADER, episodes, flat)


def held(rng, n_episodes, n_steps, n_agents, n_values=4):
    """Symbols from 1 on (E, T, A) that change every eight steps or so."""
    moves = rng.random((n_episodes, n_steps, n_agents)) < 1 / 8
    moves[:, 0] = True
    since = np.maximum.accumulate(np.where(moves, np.arange(n_steps)[None, :, None], 0), axis=1)
    return np.take_along_axis(rng.integers(1, n_values + 1, moves.shape), since, axis=1)


def listeners(size, seed=0, n_episodes=40, n_steps=30, n_agents=1, delay=0):
    """Hidden states that take a direction of the symbol's, `size` long, `delay` steps after it is heard, and noise."""
    rng = np.random.default_rng(seed)
    heard = held(rng, n_episodes, n_steps, n_agents)
    known = np.concatenate([np.zeros((n_episodes, delay, n_agents), int), heard[:, : n_steps - delay]], axis=1)
    vectors = size * DIRECTIONS * np.r_[0, np.ones(5)][:, None]  # 0: nothing is known yet
    return recorded(vectors[known] + rng.normal(size=(*heard.shape, UNITS)), heard)


def test_planted_courses_are_found_and_told_to_the_size_that_they_have():
    result = trajectories.fit(listeners(size=1.0), n_null=39)
    assert result.p_value == 0.025
    assert result.interval[0] < result.estimate < result.interval[1]
    axes = np.linalg.svd(DIRECTIONS[1:5] - DIRECTIONS[1:5].mean(axis=0), full_matrices=False)[2][:2]
    between = ((DIRECTIONS[1:5] - DIRECTIONS[1:5].mean(axis=0)) @ axes.T).var(axis=0).sum()
    assert result.estimate == pytest.approx(between / (between + 2), abs=0.08)  # noise has variance 1 in each of 2
    assert result.null.high < 0.05
    assert result.n_episodes == 20
    assert result.details["n_training"] == 20
    assert {course["value"] for course in result.details["courses"]} == {"1", "2", "3", "4"}
    assert "last_heard" in result.sentence


def test_no_courses_are_found_in_noise():
    results = [trajectories.fit(listeners(size=0.0, seed=seed), n_null=39) for seed in range(6)]
    assert sum(result.p_value <= 0.05 for result in results) <= 1
    assert max(result.estimate for result in results) < 0.05  # below 0: means of few rows do worse than that of all


def test_courses_part_when_states_do():
    result = trajectories.fit(listeners(size=1.5, delay=3, n_steps=40), n_null=39, before=2, steps=6)
    shares = {row["step"]: row for row in result.details["by_step"]}
    assert min(shares) == -2
    assert max(shares) == 5
    later = np.mean([shares[step]["share"] for step in (3, 4, 5)])
    sooner = np.mean([shares[step]["share"] for step in (-2, -1, 0, 1, 2)])
    assert later > 0.5
    assert sooner < 0.2  # what was heard before tells a little: it is never what is heard next
    assert all(shares[step]["p_value"] <= 0.05 for step in (3, 4, 5))


def test_a_course_that_all_share_tells_nothing():
    """States move with the step since a word began, whatever the word was."""
    rng = np.random.default_rng(1)
    heard = held(rng, 40, 30, 1)
    changes = np.concatenate([np.ones((40, 1, 1), bool), heard[:, 1:] != heard[:, :-1]], axis=1)
    since = np.arange(30)[None, :, None] - np.maximum.accumulate(
        np.where(changes, np.arange(30)[None, :, None], 0), axis=1
    )
    hidden = since[..., None] * DIRECTIONS[0] + rng.normal(size=(*heard.shape, UNITS))
    result = trajectories.fit(recorded(hidden, heard), n_null=39)
    assert result.estimate < 0.05
    assert result.p_value > 0.05


def test_who_an_agent_is_tells_nothing():
    """Each agent has its own words and its own place in the space of states."""
    rng = np.random.default_rng(2)
    heard = held(rng, 30, 30, 2, n_values=2) + 2 * np.arange(2)
    hidden = 5 * DIRECTIONS[:2] + rng.normal(size=(*heard.shape, UNITS))
    result = trajectories.fit(recorded(hidden, heard), n_null=39)
    assert result.estimate < 0.05
    assert result.p_value > 0.05


def test_mean_courses_are_those_of_held_out_episodes_in_the_plane():
    result = trajectories.fit(listeners(size=2.0), n_null=19, before=0)
    ends = {course["value"]: np.array(course["mean"]).mean(axis=0) for course in result.details["courses"]}
    gaps = [np.linalg.norm(ends[one] - ends[other]) for one in ends for other in ends if one < other]
    directions = 2 * DIRECTIONS[1:5]
    planted = [np.linalg.norm(directions[i] - directions[j]) for i in range(4) for j in range(i + 1, 4)]
    assert max(gaps) <= max(planted) + 0.5
    assert max(gaps) > 0.6 * max(planted)
    for course in result.details["courses"]:
        assert len(course["step"]) == len(course["mean"]) == len(course["covariance"])
        assert np.linalg.eigvalsh(np.array(course["covariance"])).min() > 0
        assert all(len(one["step"]) == len(one["at"]) for one in course["singles"])
        assert len(course["singles"]) <= SINGLES


def test_a_course_that_went_its_values_way_and_one_that_did_not_are_shown():
    recording = listeners(size=0.4)
    went, did_not = moments_of(trajectories.fit(recording, n_null=19))
    assert "that have gone the way of their value" in went.note
    assert "that have not gone" in did_not.note
    heard = recording["channel/heard"][:].reshape(40, 30)
    for moment in (went, did_not):
        value, steps = re.search(r"forager 0 heard (\d) last, for (\d+) steps?", moment.note).groups()
        here = heard[moment.episode, moment.step : moment.step + int(steps)]
        assert (here == int(value)).all()
        assert moment.step == 0 or heard[moment.episode, moment.step - 1] != int(value)


def test_the_plane_of_states_and_the_same_seed_give_the_same_numbers():
    recording = listeners(size=1.0, n_episodes=20)
    options = {"plane": "states", "n_null": 19, "seed": 3}
    first, again = trajectories.fit(recording, **options), trajectories.fit(recording, **options)
    assert first.details["plane"] == "states"
    assert first.to_json().split('"provenance"')[0] == again.to_json().split('"provenance"')[0]
    assert Result.from_json(first.to_json()).details["courses"] == again.details["courses"]


def test_runs_are_the_stretches_of_one_value_of_each_agent():
    values = np.array([[1, 5, 1, 5, 2, -1, 2, 7], [3, -1, -1, -1, 3, 3, 3, 3]])  # two agents, four steps
    runs = runs_of(values, 2)
    found = set(zip(*(column.tolist() for column in runs), strict=True))
    assert found == {(0, 0, 1, 2), (0, 4, 2, 2), (0, 1, 5, 2), (0, 7, 7, 1), (1, 0, 3, 1), (1, 4, 3, 2), (1, 5, 3, 2)}


def test_courses_begin_before_their_run_and_stay_within_their_episode():
    runs = Runs(np.array([0, 1]), np.array([1, 4]), np.array([0, 1]), np.array([5, 1]))
    laid, slot = lay_runs(runs, Window(before=2, steps=3, n_values=2), 1, np.array([5, 5]))
    assert laid.row.tolist() == [0, 1, 2, 3, 7, 8, 9]  # the first has but one step before it
    assert laid.step.tolist() == [1, 2, 3, 4, 0, 1, 2]
    assert slot.tolist() == [0, 1, 2, 3, 2, 3, 4]


def test_permuted_runs_take_the_steps_of_their_host():
    runs = Runs(np.array([0]), np.array([2]), np.array([0]), np.array([3]))
    slots = np.array([6, 4])
    laid, slot = lay_runs(runs, Window(0, 3, 1), 1, slots)
    moved = permuted_runs(laid, slot, slots, np.array([1, 0]))
    assert moved.episode.tolist() == [1, 1]  # the other episode ends before the third step
    assert moved.row.tolist() == [8, 9]


def test_the_share_told_is_one_of_squares_about_two_means():
    states = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 0.0], [6.0, 0.0]] * 6, dtype=np.float32)
    runs = Runs(np.arange(12), np.zeros(12, int), np.arange(12) % 2, np.full(12, 2))
    window = Window(0, 2, 2)
    laid, _ = lay_runs(runs, window, 1, np.full(12, 2))
    model = fit_model(states, laid, window, None)
    found = score(states, laid, model.means, model.base, model.known, 12)
    assert model.known.all()
    assert found.share(0) == pytest.approx(1.0)  # each value has a course of its own, without any noise
    assert found.about_all.sum() == pytest.approx(24 * (2.0**2 + 0.5**2))
    assert np.abs(model.axes @ model.axes.T - np.eye(2)).max() < 1e-9


def test_without_companions_there_is_no_null_and_the_reason_is_said():
    recording = listeners(size=1.0, n_episodes=20)
    alone = recorded(
        recording["policy/hidden.core"][:].reshape(20, 30, 1, UNITS),
        recording["channel/heard"][:].reshape(20, 30, 1),
        condition=[f"c{episode}" for episode in range(20)],
    )
    result = trajectories.fit(alone, n_null=19)
    assert result.null is None
    assert result.p_value is None
    assert "condition of its own" in result.details["reason"]
    assert "no test was possible" in result.sentence


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"by": "last_herd"}, TargetError, "last_heard"),
        ({"by": "own_body"}, DataError, "2 are needed to tell courses apart"),
        ({"source": "said"}, DataError, "Courses are of hidden states"),
        ({"source": "hidden.encoder"}, DataError, "hidden states are: hidden.core"),
        ({"of": "birds"}, DataError, "There are no agents 'birds'"),
        ({"plane": "umap"}, DataError, "choose courses or states"),
        ({"n_null": 5}, DataError, "19 or more"),
        ({"steps": 0}, DataError, "--steps must be 1 or more"),
        ({"before": -1}, DataError, "--before must be 0 or more"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        trajectories.fit(listeners(size=1.0, n_episodes=12), **{"n_null": 19, **options})


def test_recordings_without_sound_hidden_states_or_with_few_episodes_are_refused():
    with pytest.raises(DataError, match="but 10 are needed"):
        trajectories.fit(listeners(size=1.0, n_episodes=8))
    heard = held(np.random.default_rng(0), 24, 10, 1, n_values=2)
    with pytest.raises(DataError, match="NaN, infinite"):
        trajectories.fit(recorded(np.full((*heard.shape, UNITS), np.nan), heard))
    with pytest.raises(DataError, match="a plane needs two"):
        trajectories.fit(recorded(np.zeros((*heard.shape, 1)), heard))
    flat = {"steps/terminated": np.zeros(240, bool), "steps/truncated": np.zeros(240, bool)}
    flat["channel/heard"] = heard.reshape(240, 1, 1, 1).astype(np.uint8)
    episodes = {"length": np.full(24, 10, np.int32), "bodies": np.zeros((24, 1), np.uint8)}
    with pytest.raises(DataError, match="holds no hidden states"):
        trajectories.fit(memory_recording(HEADER, episodes, flat))
