"""Parts of recordings, and recordings in memory, hold what the file holds; targets come out alike however it is cut."""

import pickle

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.schema import DERIVED
from commlab.datasets.targets import TARGETS, find_target
from commlab.datasets.targets import blocks as targets
from commlab.foundation.errors import RecordingError


@pytest.fixture(scope="module")
def recording(contents, tmp_path_factory):
    path = contents.record(contents.Plan(fixed=False), tmp_path_factory.mktemp("parts") / "a.h5")
    with open_recording(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def spoken(make_recording, tmp_path_factory):
    with open_recording(make_recording(tmp_path_factory.mktemp("spoken") / "a.h5", n_episodes=12)) as opened:
        yield opened


def rows_of(recording: Recording, start: int, stop: int) -> slice:
    first = int(recording.episodes.start[start])
    return slice(first, first + int(recording.episodes.length[start:stop].sum()))


@pytest.mark.parametrize(("start", "stop"), [(0, 21), (3, 9), (20, 21), (5, 5)])
def test_an_excerpt_holds_the_rows_of_its_episodes(recording, start, stop):
    part = recording.excerpt(start, stop)
    rows = rows_of(recording, start, stop)
    assert part.n_episodes == stop - start
    assert part.n_steps == rows.stop - rows.start
    for name in recording.columns():
        expected = recording[name][rows] - (start if name == "steps/episode" else 0)
        np.testing.assert_array_equal(part[name][:], expected, err_msg=name)
    np.testing.assert_array_equal(part.episodes.seed, recording.episodes.seed[start:stop])
    np.testing.assert_array_equal(part.episodes.start, np.cumsum(part.episodes.length) - part.episodes.length)


def test_an_excerpt_slices_like_its_whole_and_can_be_cut_again(recording):
    part = recording.excerpt(4, 15).excerpt(2, 6)
    rows = rows_of(recording, 6, 10)
    whole = recording["agents/position"][rows]
    np.testing.assert_array_equal(part["agents/position"][3:8, 1], whole[3:8, 1])
    np.testing.assert_array_equal(part.read("agents/position", [0, 4, 2], [2, 0]), whole[[0, 4, 2]][:, [2, 0]])


@pytest.mark.parametrize("max_rows", [1, 40, 10**6])
def test_blocks_are_all_episodes_in_order(recording, max_rows):
    blocks = list(recording.blocks(max_rows))
    assert sum(block.n_episodes for block in blocks) == recording.n_episodes
    assert all(block.n_steps <= max_rows or block.n_episodes == 1 for block in blocks)
    joined = np.concatenate([block["agents/energy"][:] for block in blocks])
    np.testing.assert_array_equal(joined, recording["agents/energy"][:])


def test_memory_holds_what_the_file_holds(recording, contents):
    plan = contents.Plan(fixed=False, shard_episodes=21)
    columns, episodes = contents.columns_of(plan, 0), contents.episodes_of(plan, 0)
    held = memory_recording(plan.header, episodes, columns)
    with pytest.raises(RecordingError, match=r"rows"):
        memory_recording(plan.header, episodes, {name: values[1:] for name, values in columns.items()})
    for name, values in columns.items():
        if name not in DERIVED:
            np.testing.assert_array_equal(held[name][:], values)
    assert held.names("observation/vector") == recording.names("observation/vector")
    assert held.codes == recording.codes
    assert held.layout == recording.layout
    assert held.n_agents == recording.n_agents


def test_parts_can_be_sent_to_other_processes(recording, contents):
    plan = contents.Plan(n_episodes=4)
    for part in (recording.excerpt(2, 5), memory_recording(plan.header, contents.episodes_of(plan, 0), {})):
        copy = pickle.loads(pickle.dumps(part))
        assert copy.columns() == part.columns()
        np.testing.assert_array_equal(copy.episodes.length, part.episodes.length)


def test_without_columns_about_agents_their_number_is_unknown(contents):
    plan = contents.Plan(n_episodes=4)
    with pytest.raises(RecordingError, match="no column about its agents"):
        _ = memory_recording(plan.header, contents.episodes_of(plan, 0), {}).n_agents


@pytest.mark.parametrize("name", ["resource_location.cell", "own_position", "own_energy", "nearest_kin_location"])
@pytest.mark.parametrize("lag", [0, -3])
def test_labels_do_not_depend_on_how_the_recording_is_cut(spoken, monkeypatch, name, lag):
    whole = targets.label(spoken, TARGETS[name], [1, 0], lag)
    hidden = targets.unseen_steps(spoken, [1])
    cut = Recording.blocks
    monkeypatch.setattr(Recording, "blocks", lambda self, max_rows=0: cut(self, 70))
    parts = targets.label(spoken, TARGETS[name], [1, 0], lag)
    assert parts.names == whole.names
    np.testing.assert_array_equal(parts.valid, whole.valid)
    np.testing.assert_array_equal(parts.values[parts.valid], whole.values[whole.valid])
    np.testing.assert_array_equal(targets.unseen_steps(spoken, [1]), hidden)


@pytest.fixture
def heard_at_once():
    """Six episodes of four steps, heard in the step of speaking, but nobody speaks at the first step of the last five.

    feature/number has few values in each episode, and many in all.
    """
    n_episodes, n_steps = 6, 4
    hears = np.ones((n_episodes, n_steps), dtype=bool)
    hears[1:, 0] = False
    speaker = np.full((n_episodes * n_steps, 2, 1), -1, dtype=np.int16)
    speaker[:, 1, 0] = np.where(hears.reshape(-1), 0, -1)
    ended = np.zeros(len(speaker), dtype=bool)
    columns = {
        "steps/terminated": ended,
        "steps/truncated": ended,
        "channel/speaker": speaker,
        "policy/action": np.arange(len(speaker) * 2, dtype=np.uint8).reshape(-1, 2),
        "feature/number": np.arange(len(speaker) * 2, dtype=np.int32).reshape(-1, 2),
    }
    return memory_recording({}, {"length": np.full(n_episodes, n_steps)}, columns), hears.reshape(-1)


def test_all_blocks_have_the_delay_of_the_whole(heard_at_once, monkeypatch):
    recording, hears = heard_at_once
    cut = Recording.blocks
    monkeypatch.setattr(Recording, "blocks", lambda self, max_rows=0: cut(self, 4))
    action = targets.label(recording, TARGETS["listener_next_action"], [0])
    np.testing.assert_array_equal(action.valid[:, 0], hears)
    chosen = np.array(action.names)[action.values[hears, 0]].astype(int)
    np.testing.assert_array_equal(chosen, recording["policy/action"][:][hears, 1])
    audience = targets.label(recording, TARGETS["audience_kinship"], [0])
    assert audience.valid.all()
    assert pickle.loads(pickle.dumps(recording.excerpt(2, 4))).hearing_delay == 0


def test_an_excerpts_feature_is_of_the_kind_of_the_whole(heard_at_once):
    recording, _ = heard_at_once
    assert find_target("feature.number", recording).kind == "number"
    assert find_target("feature.number").compute(recording.excerpt(2, 3)).names == ()
