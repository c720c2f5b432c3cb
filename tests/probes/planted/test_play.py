"""Planted recordings: the same in memory and in a file, with the columns of any recording, and answers beside them."""

import json
from pathlib import Path

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.datasets.reader import open_recording
from commlab.datasets.targets import find_target
from commlab.probes.planted.play import planted_recording, recording_of, write_planted


def test_a_file_holds_what_memory_holds(tmp_path: Path) -> None:
    planted = plant("positional", 5)
    in_memory = recording_of(planted, 150, 5)
    path, told = write_planted(planted, tmp_path, 150, 5)
    with open_recording(path) as on_disk:
        assert on_disk.columns() == in_memory.columns()
        for name in on_disk.columns():
            assert np.array_equal(on_disk[name][:], in_memory[name][:]), name
        assert {key: on_disk.attrs[key] for key in ("scenario", "layout", "codes", "training")} == {
            key: in_memory.attrs[key] for key in ("scenario", "layout", "codes", "training")
        }
        assert np.array_equal(on_disk.kinship[on_disk.episodes.kinship], in_memory.kinship[in_memory.episodes.kinship])
    answers = json.loads(told.read_text())
    assert answers["language"] == "positional"
    assert len(answers["entries"]) == 12
    assert answers["entries"] == in_memory.attrs["training"]["scripted"]["entries"]


def test_scripted_agents_lack_hidden_states_and_nothing_else() -> None:
    columns = planted_recording("holistic", n_episodes=4).columns()
    assert not [name for name in columns if "hidden" in name]
    assert {"channel/said", "channel/heard", "policy/action_logits", "world/objects", "observation/window"} <= {
        *columns
    }


@pytest.mark.parametrize(
    ("language", "target"),
    [("holistic", "resource_location"), ("distractor", "resource_kind"), ("lying", "resource_location")],
)
def test_planted_meanings_hold_in_the_recorded_world(language: str, target: str) -> None:
    recording = planted_recording(language, 7, n_episodes=64)
    labels = find_target(target, recording).compute(recording)
    said, value = recording["channel/said"][:][:, 0, 0], labels.values[:, 0]
    kin = recording.kinship[recording.episodes.kinship][:, 0, 1][recording.row_episode] > 0
    for form, pairs in recording.attrs["training"]["scripted"]["entries"].items():
        meant = {labels.names.index(v) for t, v in pairs if t == target}
        mine = (said == int(form)) & (kin if language == "lying" else True)
        assert mine.any()
        assert set(np.unique(value[mine]).tolist()) == meant
        if language == "lying":
            assert not set(np.unique(value[(said == int(form)) & ~kin]).tolist()) & meant
