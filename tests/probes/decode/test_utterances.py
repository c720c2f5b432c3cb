"""Messages as tables: every step of every speaker in its slot, beside the target's value for that speaker."""

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.foundation.errors import DataError
from commlab.probes.decode.utterances import utterances, valued

LENGTHS = np.array([3, 5, 2], dtype=np.int32)
SAID = np.random.default_rng(0).integers(0, 3, (10, 2, 2)).astype(np.uint8)
ENERGY = np.arange(20, dtype=np.int32).reshape(10, 2)


@pytest.fixture
def recording():
    codes = {"bodies": {"0": "scout"}}
    episodes = {"length": LENGTHS, "bodies": np.zeros((3, 2), np.uint8)}
    return memory_recording({"codes": codes}, episodes, {"channel/said": SAID, "agents/energy": ENERGY})


def test_every_message_stands_in_its_slot(recording):
    spoken = utterances(recording)
    assert spoken.said.shape == (3, 10)
    assert spoken.length == 2
    for row in range(10):
        episode = int(np.searchsorted(np.cumsum(LENGTHS), row, side="right"))
        t = row - (np.cumsum(LENGTHS) - LENGTHS)[episode]
        for agent in range(2):
            code = spoken.said[episode, t * 2 + agent]
            assert spoken.symbols[code].tolist() == SAID[row, agent].tolist()
            words = " ".join(map(str, SAID[row, agent])).removesuffix(" 0")
            assert spoken.names[code] == ("silence" if words == "0" else words)
    assert (spoken.said[0, 6:] == -1).all()
    assert spoken.silence == spoken.names.index("silence")


def test_symbols_have_the_names_that_the_recording_gives_them():
    codes = {"bodies": {"0": "scout"}, "symbols": {"1": "ba", "2": "ku"}}
    episodes = {"length": LENGTHS, "bodies": np.zeros((3, 2), np.uint8)}
    spoken = utterances(memory_recording({"codes": codes}, episodes, {"channel/said": SAID}))
    names = {tuple(message): name for message, name in zip(spoken.symbols.tolist(), spoken.names, strict=True)}
    assert names == {
        (0, 0): "silence", (0, 1): "0 ba", (0, 2): "0 ku", (1, 0): "ba", (1, 1): "ba ba", (1, 2): "ba ku",
        (2, 0): "ku", (2, 1): "ku ba", (2, 2): "ku ku",
    }  # fmt: skip


def test_one_agent_alone(recording):
    spoken = utterances(recording, of=1)
    assert spoken.said.shape == (3, 5)
    assert spoken.symbols[spoken.said[1]].tolist() == SAID[3:8, 1].tolist()


@pytest.mark.parametrize("lag", [0, 1, -2])
def test_values_stand_beside_the_messages(recording, lag):
    spoken = utterances(recording)
    found = valued(recording, spoken, "own_energy", lag)
    assert found.names == ()
    expected = np.full((3, 10), np.nan)
    for episode, start in enumerate(np.cumsum(LENGTHS) - LENGTHS):
        for t in range(LENGTHS[episode]):
            if 0 <= t + lag < LENGTHS[episode]:
                expected[episode, 2 * t : 2 * t + 2] = ENERGY[start + t + lag]
    np.testing.assert_array_equal(found.codes, expected)


def test_a_recording_without_messages_says_so(recording):
    with pytest.raises(DataError, match="holds no channel/emitted"):
        utterances(recording, column="channel/emitted")
