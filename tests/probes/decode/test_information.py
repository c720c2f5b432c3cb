"""Information about a target on recordings whose language is known."""

import numpy as np
import pytest

from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.statistics import mutual_information
from commlab.probes.decode import information

NOW = -1  # the lag at which own_next_action is the action of the same step


def test_a_holistic_language_carries_nearly_all_of_the_target(planted_recording):
    found = information.fit(planted_recording(n_episodes=60))
    details = found.details
    assert found.estimate > 0.85 * details["entropy_target"]
    assert details["plug_in"] <= min(details["entropy_said"], details["entropy_target"]) + 1e-9
    assert found.interval[0] < found.estimate < found.interval[1]
    assert found.p_value == pytest.approx(1 / 200)
    assert found.null.mean == pytest.approx(0)
    assert found.estimate == pytest.approx(details["plug_in"] - details["plug_in_null"]["mean"])
    assert found.sentence.startswith("What speakers said carries 2.")


@pytest.mark.parametrize("meaning", ["noise", "distractor"])
def test_speech_about_other_things_carries_none(planted_recording, meaning):
    found = information.fit(planted_recording(meaning))
    assert abs(found.estimate) < 0.2
    assert found.interval[0] < 0
    assert found.p_value > 0.05
    assert found.details["plug_in"] > found.estimate


def test_a_distractor_is_found_under_its_own_name(planted_recording, planted):
    recording = planted_recording("distractor")
    found = information.fit(recording, "altar_location")
    assert found.p_value == pytest.approx(1 / 200)


def test_the_count_table_is_the_plain_count(planted_recording):
    recording = planted_recording()
    details = information.fit(recording, lag=2, n_null=9).details
    table = np.array(details["counts"])
    assert table.shape == (len(details["symbols"]), len(details["values"]))
    assert table.sum() == details["n_rows"] == 40 * 30
    assert mutual_information(table) == pytest.approx(details["plug_in"])
    said = recording["channel/said"][:].reshape(40, 32, 2)[:, :30, 0]
    assert details["symbols"][0] == "silence"
    assert details["silence"] == pytest.approx(np.mean(said == 0))
    assert table.sum(1).tolist() == np.bincount(said.reshape(-1)).tolist()


def test_speakers_with_codes_of_their_own_say_more_each_than_together(write):
    action = np.random.default_rng(0).integers(0, 4, (40, 16, 2)).astype(np.uint8)
    said = np.stack([action[..., 0] + 1, 4 - action[..., 1]], axis=-1)[..., None].astype(np.uint8)
    recording = write({"policy/action": action, "channel/said": said}, bodies=("scout", "scout"))
    found = information.fit(recording, "own_next_action", lag=NOW, n_null=19)
    alone = found.details["per_speaker"]
    assert [speaker["agent"] for speaker in alone] == [0, 1]
    assert all(speaker["bits"] > 1.9 for speaker in alone)
    assert found.estimate < 1.5
    assert "per_speaker" not in information.fit(recording, "own_next_action", n_null=9, per_speaker=False).details


def test_messages_of_two_symbols_are_counted_whole_and_by_position(write):
    action = np.random.default_rng(0).integers(0, 4, (40, 16, 1)).astype(np.uint8)
    said = np.stack([action // 2 + 1, action % 2 + 1], axis=-1).astype(np.uint8)
    found = information.fit(
        write({"policy/action": action, "channel/said": said}), "own_next_action", lag=NOW, n_null=19
    )
    assert found.details["symbols"] == ["1 1", "1 2", "2 1", "2 2"]
    assert found.estimate > 1.9
    assert [position["bits"] for position in found.details["per_position"]] == pytest.approx([1, 1], abs=0.05)


def test_results_are_saved_whole(planted_recording, tmp_path):
    found = information.fit(planted_recording(), n_null=9)
    saved = type(found).load(found.save(tmp_path))
    assert saved.details["counts"] == np.array(found.details["counts"]).tolist()


def test_what_cannot_be_counted_is_refused(planted_recording, write):
    with pytest.raises(DataError, match="say the same at every step"):
        information.fit(planted_recording("silent"))
    with pytest.raises(DataError, match="is a number"):
        information.fit(planted_recording(), "own_energy")
    with pytest.raises(TargetError, match="weather"):
        information.fit(planted_recording(), "weather")
    action = np.random.default_rng(0).integers(0, 2, (12, 8, 1)).astype(np.uint8)
    with pytest.raises(DataError, match="single value"):
        information.fit(
            write({"policy/action": np.zeros_like(action), "channel/said": action[..., None]}), "own_next_action"
        )
    with pytest.raises(DataError, match="in 3 episodes, but 4"):
        information.fit(write({"policy/action": action[:3], "channel/said": action[:3, ..., None]}), "own_next_action")
    with pytest.raises(DataError, match="same condition"):
        information.fit(
            write({"policy/action": action, "channel/said": action[..., None]}, condition=list("abcdefghijkl")),
            "own_next_action",
        )
