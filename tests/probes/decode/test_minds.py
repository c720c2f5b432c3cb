"""Minds: no gain where hidden states are the history or noise, a gain where they hold something else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.probes.decode import minds
from commlab.probes.decode.linear import classify, make_design, regress
from commlab.probes.decode.minds import Minds
from commlab.probes.decode.minds.gain import Gain, JointClasses, JointNumbers, gain_over_history
from commlab.probes.decode.minds.history import history_features
from commlab.probes.decode.minds.reservoir import compressed, echo_states
from commlab.probes.decode.rows import Rows, lay_out

E, T, H = 40, 20, 12


def rows_of(n_episodes: int = E, n_steps: int = T, n_folds: int = 5) -> Rows:
    """Rows of one agent."""
    episodes = np.arange(n_episodes)
    sizes = np.array([len(part) * n_steps for part in np.array_split(episodes, n_folds)])
    t = np.tile(np.arange(n_steps), n_episodes)
    return Rows((0,), episodes, np.arange(n_episodes * n_steps), np.repeat(episodes, n_steps), t, sizes)


def drift(rng: np.random.Generator, n_columns: int, slow: float = 0.9) -> np.ndarray[Any, Any]:
    """Autocorrelated noise (E, T, n_columns) of unit variance."""
    out = np.zeros((E, T, n_columns))
    now = rng.normal(size=(E, n_columns))
    for t in range(T):
        now = slow * now + np.sqrt(1 - slow**2) * rng.normal(size=(E, n_columns))
        out[:, t] = now
    return out


def recurrent(rng: np.random.Generator, inputs: np.ndarray[Any, Any], n_units: int) -> np.ndarray[Any, Any]:
    """A random recurrent network's states (E, T, n_units): a function of the inputs until then."""
    within = rng.normal(size=(n_units, n_units)) * 0.8 / np.sqrt(n_units)
    into = rng.normal(size=(inputs.shape[2], n_units)) / np.sqrt(inputs.shape[2])
    now, out = np.zeros((E, n_units)), np.zeros((E, T, n_units))
    for t in range(T):
        now = 0.7 * now + 0.3 * np.tanh(now @ within + inputs[:, t] @ into)
        out[:, t] = now
    return out


def played(seed: int, kind: str, number: bool = False) -> Gain:
    """The gain in an episode's worth of made-up agents. Labels follow from the history, something private, and chance.

    kind: what hidden states are: "noise", a "function" of the history, or one of the "private" thing too.
    """
    rng = np.random.default_rng(seed)
    seen, private = drift(rng, 5), drift(rng, 1)
    drive = recurrent(rng, seen, 3) @ rng.normal(size=(3, 3)) * 2 + private * np.array([1.5, -1.5, 0])
    chosen = np.argmax(drive + 0.7 * rng.gumbel(size=drive.shape), axis=-1).reshape(-1)
    labels = drive[..., 0].reshape(-1) + rng.normal(size=E * T) if number else chosen
    own = {
        "noise": lambda: drift(rng, H),
        "function": lambda: recurrent(rng, seen, H),
        "private": lambda: recurrent(rng, np.concatenate([seen, private], axis=-1), H),
    }[kind]()
    now = compressed(seen.reshape(E * T, -1).astype(np.float32))
    history = np.hstack([now, echo_states(now, np.arange(E * T).reshape(E, T).T, 48, seed)])
    permutations = np.stack([rng.permutation(E) for _ in range(39)])
    hidden = own.reshape(E * T, -1).astype(np.float32)
    return gain_over_history(history, hidden, labels, 0 if number else 3, rows_of(), permutations, seed)


@pytest.mark.parametrize("kind", ["noise", "function"])
@pytest.mark.parametrize("number", [False, True])
def test_what_is_noise_or_history_gains_no_more_than_chance(kind: str, number: bool) -> None:
    found = [played(seed, kind, number) for seed in range(16)]
    by_chance = np.array([one.p_value for one in found]) <= 0.05
    above = np.array([one.p_above_zero for one in found]) <= 0.05
    assert (by_chance & above).sum() <= 2
    if kind == "noise":
        assert by_chance.sum() <= 4  # 0.8 expected, 5 once in 1,000
    if kind == "function":
        assert np.mean([one.explained for one in found]) > 0.8
    else:
        assert np.mean([one.explained for one in found]) < 0.1


@pytest.mark.parametrize("number", [False, True])
def test_what_is_private_is_gained(number: bool) -> None:
    found = [played(seed, "private", number) for seed in range(4)]
    assert all(one.p_value is not None and one.p_value <= 1 / 40 + 1e-9 for one in found)
    assert all(one.interval is not None and one.interval[0] > 0 for one in found)
    assert all(one.p_above_zero is not None and one.p_above_zero < 1e-3 for one in found)


def test_a_history_alone_is_the_linear_probe() -> None:
    rng = np.random.default_rng(1)
    rows = rows_of()
    labels = rng.integers(-1, 4, E * T)
    values = np.where(labels < 0, np.nan, rng.normal(size=E * T))
    features = (rng.normal(size=(E * T, 9)) + labels[:, None] * rng.normal(size=9)).astype(np.float32)
    design = make_design(features, rows.fold_sizes, labels >= 0)
    assert np.array_equal(JointClasses(design, labels, 4, np.eye(2)).predict(None), classify(design, labels, 4))
    assert np.allclose(JointNumbers(design, values, np.eye(2)).predict(None), regress(design, values), atol=1e-5)


def test_two_blocks_that_do_not_covary_are_one_linear_probe() -> None:
    rng = np.random.default_rng(2)
    n = 20_000
    rows = rows_of(400, 50)
    labels = rng.integers(0, 3, n)
    noise = rng.normal(size=(n, 6))
    first = noise[:, :3] + 0.6 * rng.normal(size=(3, 3))[labels]
    second = noise[:, 3:] + 0.6 * np.eye(3)[labels]
    second -= first @ np.linalg.lstsq(first, second, rcond=None)[0]
    whole = make_design(np.hstack([first, second]).astype(np.float32), rows.fold_sizes, labels >= 0)
    block = make_design(first.astype(np.float32), rows.fold_sizes, labels >= 0)
    precision = np.linalg.inv(np.cov(second.T))
    joint = JointClasses(block, labels, 3, precision).predict(second.astype(np.float32))
    assert np.mean(joint == classify(whole, labels, 3)) > 0.95


def test_a_reservoir_knows_the_past_of_its_own_sequence_alone() -> None:
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(30, 4)).astype(np.float32)
    places = np.array([np.arange(10), np.arange(10, 20), np.arange(20, 30)]).T.copy()
    places[7:, 2] = -1  # a shorter one
    states = echo_states(inputs, places, 16, seed=0)
    assert np.array_equal(states, echo_states(inputs, places, 16, seed=0))
    assert not np.array_equal(states, echo_states(inputs, places, 16, seed=1))
    assert not states[27:].any()
    changed = inputs.copy()
    changed[4] += 1
    differs = (echo_states(changed, places, 16, seed=0) != states).any(axis=1)
    assert np.array_equal(np.flatnonzero(differs), np.arange(4, 10))
    assert np.abs(states).max() <= 1


def test_wide_observations_are_compressed_and_narrow_ones_kept() -> None:
    rng = np.random.default_rng(4)
    narrow = rng.normal(size=(300, 5)).astype(np.float32) * 7 + 3
    kept = compressed(narrow)
    assert np.allclose(kept.std(axis=0), 1, atol=1e-3)
    assert np.allclose(kept.mean(axis=0), 0, atol=1e-3)
    few = rng.normal(size=(300, 3))
    wide = (few @ rng.normal(size=(3, 200))).astype(np.float32)
    small = compressed(wide)
    assert small.shape[1] < 200
    told = small @ np.linalg.lstsq(small, few, rcond=None)[0]
    assert np.abs(told - few).max() < 0.1


@pytest.fixture(scope="module")
def planted_recording(
    make_recording: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """Gatherers remember the last symbol heard and walk to the site that it names."""
    with open_recording(make_recording(tmp_path_factory.mktemp("minds") / "a.h5", 40, 32)) as recording:
        yield recording


def row(result: Result, target: str) -> dict[str, Any]:
    """The row of a target."""
    found: dict[str, Any] = next(one for one in result.details["rows"] if one["target"] == target)
    return found


def test_what_was_heard_is_a_gain_unless_it_counts_as_history(planted_recording: Recording) -> None:
    asked = Minds(("own_destination", "resource_location"), of="listeners", n_null=39, n_units=96)
    deaf = minds.fit(planted_recording, asked)
    heard = minds.fit(planted_recording, asked._replace(with_heard=True))
    for target in asked.targets:
        without, including = row(deaf, target), row(heard, target)
        assert minds.has_gain(without), without
        assert without["gain"] > 0.1
        assert not minds.has_gain(including), including
        assert including["history"] > without["history"] + 0.1
    assert deaf.estimate == 2
    assert "own_destination (" in deaf.sentence
    assert "observed and did" in deaf.sentence
    assert heard.estimate == 0
    assert "tells nothing that was asked" in heard.sentence
    assert deaf.name != heard.name


def test_the_table_is_adjusted_together_and_is_json(planted_recording: Recording) -> None:
    result = minds.fit(planted_recording, Minds(of="listeners", n_null=19, n_units=32), {"again": planted_recording})
    tested = [one for one in result.details["rows"] if one["p_value"] is not None]
    assert tested
    assert all(one["q_value"] >= one["p_value"] for one in tested)
    assert result.p_value == min(one["q_value"] for one in tested)
    for one in result.details["rows"]:
        assert (one["gain"] is None) == (one["reason"] is not None)
        assert one["about"] == ("introspection" if one["target"].startswith("own") else "theory of mind")
        if one["gain"] is not None:
            assert one["gain"] == pytest.approx(one["both"] - one["history"])
            assert result.details["beside"]["again"]["gains"][one["target"]] == pytest.approx(one["gain"])
    assert row(result, "other_kinship")["reason"].startswith("it has a single value")
    assert Result.from_json(result.to_json()).details["rows"][0]["gain"] == result.details["rows"][0]["gain"]


def test_the_same_seed_gives_the_same_numbers(planted_recording: Recording) -> None:
    asked = Minds(("own_next_action",), n_null=9, n_units=32)
    one, other = (minds.fit(planted_recording, asked) for _ in range(2))
    assert one.details == other.details
    assert minds.fit(planted_recording, asked._replace(seed=1)).details != one.details


def in_sight(n_episodes: int = 20, in_mind: bool = False) -> Recording:
    """Two agents on a line of six cells who see two cells far: position, windows, and hidden states of noise.

    in_mind: hidden states hold where the other is, seen or not.
    """
    rng = np.random.default_rng(5)
    n = n_episodes * 8
    place = rng.integers(0, 6, (n, 2))
    position = np.stack([np.zeros_like(place), place], axis=-1)
    gap = np.stack([place[:, 1] - place[:, 0], place[:, 0] - place[:, 1]], axis=1)
    window = np.zeros((n, 2, 5, 5), dtype=np.uint8)
    s, a = np.nonzero(np.abs(gap) <= 2)
    window[s, a, 2, gap[s, a] + 2] = 8
    hidden = rng.normal(size=(n, 2, 4))
    if in_mind:
        hidden += 3 * rng.normal(size=(6, 4))[place[:, ::-1]]
    columns = {
        "agents/position": position.astype(np.int16),
        "agents/energy": rng.integers(0, 9, (n, 2)).astype(np.int32),
        "policy/action": rng.integers(0, 3, (n, 2)).astype(np.uint8),
        "policy/hidden.core": hidden.astype(np.float32),
        "observation/window": window,
    }
    header = {"codes": {"cells": {"0": "empty", "8": "agent"}}, "layout": {"height": 1, "width": 6, "sites": []}}
    return memory_recording(header, {"length": np.full(n_episodes, 8)}, columns)


def test_others_count_where_they_are_out_of_view() -> None:
    recording = in_sight()
    far = np.abs(np.diff(recording["agents/position"][:, :, 1].astype(int), axis=1))[:, 0] > 2
    asked = Minds(("other_position.cell", "other_energy", "other_next_action"), n_null=19, n_units=16)
    hiding = minds.fit(recording, asked)
    assert row(hiding, "other_position.cell")["n_rows"] == 2 * far.sum()
    assert row(hiding, "other_energy")["n_rows"] == 2 * far.sum()
    assert row(hiding, "other_next_action")["n_rows"] == 2 * 7 * 20
    everything = minds.fit(recording, asked._replace(in_view=True))
    assert row(everything, "other_position.cell")["n_rows"] == 2 * len(far)


def test_whom_one_does_not_see_one_may_have_in_mind() -> None:
    asked = Minds(("other_position.cell", "other_energy"), n_null=39, n_units=16)
    result = minds.fit(in_sight(60, in_mind=True), asked)
    place, energy = row(result, "other_position.cell"), row(result, "other_energy")
    assert minds.has_gain(place), place
    assert place["gain"] > 0.3
    assert not minds.has_gain(energy), energy
    assert place["about"] == "theory of mind"
    assert not any(minds.has_gain(one) for one in minds.fit(in_sight(60), asked).details["rows"])


def test_histories_hold_what_came_before_and_nothing_of_what_comes() -> None:
    recording = in_sight()
    rows = lay_out(recording, (0, 1), [np.arange(20)])
    before = history_features(recording, rows, False, 24, seed=0)
    changed = recording["policy/action"][:].copy()
    changed[11, 0] = (changed[11, 0] + 1) % 3  # episode 1, t = 3, agent 0
    columns = {name: recording[name][:] for name in recording.columns() if not name.startswith("steps/")}
    header = {"codes": {"cells": {"0": "empty", "8": "agent"}}, "layout": recording.layout}
    other = memory_recording(header, {"length": np.full(20, 8)}, columns | {"policy/action": changed})
    after = history_features(other, rows, False, 24, seed=0)
    differs = (np.abs(before - after) > 0.3).any(axis=1).reshape(20, 8, 2)
    assert differs[1, 4, 0]
    assert not differs[1, :4].any()
    assert not differs[:, :, 1].any()
    assert not differs[[0, *range(2, 20)]].any()


def test_what_cannot_be_asked_is_said(planted_recording: Recording) -> None:
    with pytest.raises(TargetError, match="no target 'moods'"):
        minds.fit(planted_recording, Minds(("moods",)))
    with pytest.raises(DataError, match="read from hidden states, not from said"):
        minds.fit(planted_recording, Minds(source="said"))
    with pytest.raises(DataError, match="8 episodes to use, but 5 folds need at least 10"):
        minds.fit(planted_recording.excerpt(0, 8))
    blind = in_sight()
    columns = {name: blind[name][:] for name in blind.columns() if name.split("/")[0] in ("policy", "agents")}
    with pytest.raises(DataError, match="holds no observations, so that there is no history"):
        minds.fit(memory_recording({}, {"length": np.full(20, 8)}, columns), Minds(("own_energy",)))
    nothing = minds.fit(planted_recording, Minds(("other_kinship", "danger"), n_null=19, n_units=16))
    assert nothing.estimate is None
    assert nothing.sentence.startswith("Minds is undefined, because other_kinship: it has a single value")
    assert "danger: " in nothing.details["reason"]
