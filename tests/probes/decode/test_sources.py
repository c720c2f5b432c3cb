"""Where probes read from, and of whom."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError
from commlab.probes.decode import rows as rows_module
from commlab.probes.decode import sources as sources_module
from commlab.probes.decode.rows import lay_out, permuted, read_rows, table_of
from commlab.probes.decode.sources import features, find_agents, find_source


@pytest.fixture
def recording(planted_recording):
    return planted_recording(bodies=("scout", "gatherer", "gatherer"), n_episodes=10)


@pytest.fixture
def rows(recording):
    return lay_out(recording, (0, 2), [np.array([7, 1]), np.array([4])])


def test_scouts_speak_and_the_others_listen(recording):
    assert find_agents(recording, None, "speakers").indices == (0,)
    assert find_agents(recording, "listeners", "speakers").indices == (1, 2)
    assert find_agents(recording, "gatherers", "speakers").indices == (1, 2)
    assert find_agents(recording, 2, "speakers") == find_agents(recording, "agent 2", "speakers")
    assert find_agents(recording, "gatherer", "speakers").words == "gatherers"


@pytest.mark.parametrize("bodies", [("scout", "scout"), ("gatherer", "gatherer")])
def test_where_all_are_alike_everybody_speaks_and_listens(write, bodies):
    recording = write({"policy/action": np.zeros((2, 3, 2), dtype=np.uint8)}, bodies=bodies)
    assert find_agents(recording, "speakers", "").indices == (0, 1)
    assert find_agents(recording, "listeners", "").indices == (0, 1)


def test_the_layout_decides_who_speaks_where_it_says_so(write):
    columns = {"policy/action": np.zeros((2, 3, 2), dtype=np.uint8)}
    recording = write(columns, bodies=("scout", "gatherer"), layout={"speakers": [1], "listeners": [0, 1]})
    assert find_agents(recording, "speakers", "").indices == (1,)
    assert find_agents(recording, "listeners", "").indices == (0, 1)


def test_rows_stand_in_fold_order_whatever_the_order_in_the_file(recording, rows):
    position = recording["agents/position"][:]
    wanted = np.concatenate([position[e * 32 : (e + 1) * 32][:, [0, 2]].reshape(-1, 2) for e in (7, 1, 4)])
    assert np.array_equal(read_rows(recording, "agents/position", rows), wanted)
    assert rows.fold_sizes.tolist() == [128, 64]


def test_permuted_labels_are_those_of_the_same_slot_of_the_other_episode(recording, rows):
    labels = 1000 * rows.episodes[rows.episode] + rows.slot
    shuffled = permuted(table_of(labels, rows, -1), rows, np.array([2, 0, 1]))
    assert np.array_equal(shuffled % 1000, rows.slot)
    assert np.array_equal(shuffled // 1000, np.repeat([4, 7, 1], 64))


def test_episodes_that_ended_have_no_labels_to_lend(write):
    recording = write({"policy/action": np.zeros((2, 5, 1), dtype=np.uint8)}, lengths=[5, 3])
    rows = lay_out(recording, (0,), [np.array([0, 1])])
    table = table_of(np.arange(8), rows, -1)
    assert permuted(table, rows, np.array([1, 0])).tolist() == [5, 6, 7, -1, -1, 0, 1, 2]


def test_symbols_become_indicators_of_those_that_occur(recording, rows):
    agents = find_agents(recording, None, "speakers")
    here = lay_out(recording, agents.indices, [np.arange(10)])
    matrix = features(recording, find_source(recording, "said"), agents, here)
    said = read_rows(recording, "channel/said", here)[:, 0]
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, said[:, None] == np.unique(said))


def test_observations_join_cells_and_numbers(recording, rows):
    agents = find_agents(recording, None, "speakers")
    source = find_source(recording, "observation")
    matrix = features(recording, source, agents, rows)
    assert source.columns == ("observation/entities", "observation/vector", "observation/window")
    assert np.all(np.ptp(matrix, axis=0) > 0)
    assert set(np.unique(matrix[:, 3:])) == {0, 1}  # energy, row and column come first


def test_a_missing_source_names_what_there_is(write):
    recording = write({"policy/action": np.zeros((2, 3, 1), dtype=np.uint8)})
    with pytest.raises(DataError, match="holds no observation/ column"):
        find_source(recording, "observation")
    with pytest.raises(DataError, match="holds no hidden states"):
        find_source(recording, "hidden")
    with pytest.raises(DataError, match="no source 'said.x'"):
        find_source(recording, "said.x")


def test_rows_are_read_block_by_block_whatever_lies_between(planted_recording, monkeypatch):
    recording = planted_recording()
    episodes = [np.array([37, 2, 19]), np.array([4, 38])]
    scattered = lay_out(recording, (0, 1), episodes)
    whole = read_rows(recording, "policy/hidden.core", scattered)
    monkeypatch.setattr(rows_module, "BLOCK", 48)
    read = []
    plain = type(recording).read
    monkeypatch.setattr(
        type(recording), "read", lambda self, name, rows, agents: read.append(rows) or plain(self, name, rows, agents)
    )
    parts = read_rows(recording, "policy/hidden.core", scattered, np.float32)
    assert (parts == whole).all()
    assert parts.dtype == np.float32
    assert sum(part.stop - part.start for part in read) == 5 * 32  # nothing but what was asked for


def test_the_most_frequent_of_many_symbols_are_kept(write, monkeypatch):
    monkeypatch.setattr(sources_module, "MAX_CODES", 3)
    said = np.random.default_rng(0).choice([1, 2, 3, 300, 700], p=[0.4, 0.3, 0.2, 0.06, 0.04], size=(10, 20, 1, 1))
    recording = write({"channel/said": said.astype(np.uint16)})
    source, agents = find_source(recording, "said"), find_agents(recording, None, "speakers")
    rows = lay_out(recording, agents.indices, [np.arange(10)])
    found = features(recording, source, agents, rows)
    assert sorted(found.sum(0).tolist()) == sorted(np.count_nonzero(said == symbol) for symbol in (1, 2, 3))
