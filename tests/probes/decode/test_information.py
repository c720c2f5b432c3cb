"""Information about a target on recordings whose language is known."""

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.targets.labels import Labels, Target
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


@pytest.fixture
def told():
    """told(said_to_strangers=False, …) -> a scout names its own next action to kin, to strangers, or says noise."""

    def write_told(said_to_kin=True, said_to_strangers=True, n_episodes=60, n_steps=16):
        rng = np.random.default_rng(5)
        action = rng.integers(0, 4, (n_episodes, n_steps, 2)).astype(np.uint8)
        truth, noise = action[..., :1] + 1, rng.integers(1, 5, (n_episodes, n_steps, 1))
        kin = np.arange(n_episodes)[:, None, None] % 2 == 0
        said = np.where(np.where(kin, said_to_kin, said_to_strangers), truth, noise).astype(np.uint8)
        said = np.concatenate([said, np.zeros_like(said)], axis=2)
        speaker = np.full((n_episodes, n_steps, 2, 1), -1, dtype=np.int16)
        speaker[:, 1:, 1] = 0
        columns = {"policy/action": action, "channel/said": said[..., None], "channel/speaker": speaker}
        episodes = {
            "length": np.full(n_episodes, n_steps),
            "kinship": np.where(kin, np.ones((2, 2)), np.eye(2)).astype(np.float32),
            "bodies": np.tile(np.array([0, 1], dtype=np.uint8), (n_episodes, 1)),
        }
        flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in columns.items()}
        codes = {"actions": {"0": "stay"}, "bodies": {"0": "scout", "1": "gatherer"}}
        return memory_recording({"codes": codes}, episodes, flat)

    return write_told


def test_by_kinship_tells_apart_what_kin_and_strangers_hear(told):
    found = information.fit(
        told(said_to_strangers=False), "own_next_action", lag=NOW, n_null=39, by_kinship=True, per_speaker=False
    )
    kin, strangers, both, nobody = found.details["by_audience"]
    assert [part["audience"] for part in (kin, strangers, both, nobody)] == ["kin", "strangers", "both", "nobody"]
    assert kin["bits"] == pytest.approx(2, abs=0.1)
    assert kin["n_episodes"] == strangers["n_episodes"] == 30
    assert abs(strangers["bits"]) < 0.05
    assert kin["p_value"] == pytest.approx(1 / 40)
    assert both["bits"] is None
    assert both["reason"] == "there are such messages in 0 episodes only"


def test_without_hearers_recorded_by_kinship_says_why_not(write):
    action = np.random.default_rng(0).integers(0, 4, (20, 8, 1)).astype(np.uint8)
    recording = write({"policy/action": action, "channel/said": action[..., None] + np.uint8(1)})
    (part,) = information.fit(recording, "own_next_action", lag=NOW, n_null=19, by_kinship=True).details["by_audience"]
    assert part["bits"] is None
    assert "channel/speaker" in part["reason"]


def test_given_what_messages_only_repeat_they_carry_nothing(planted_recording):
    recording = planted_recording(n_episodes=60)
    plain = information.fit(recording, "resource_location.cell", n_null=39)
    beyond = information.fit(recording, "resource_location.cell", n_null=39, given="resource_location")
    assert plain.estimate > 2
    assert abs(beyond.estimate) < 0.05
    assert beyond.p_value > 0.05
    assert beyond.details["unconditional"]["bits"] == plain.estimate
    assert beyond.name.endswith("given-resource_location")
    assert beyond.sentence.startswith("Beyond resource_location (the sector")
    assert beyond.null.method == "speech drawn anew given the condition"


def test_given_something_else_the_meaning_stays(planted_recording):
    found = information.fit(planted_recording(n_episodes=60), n_null=39, given="own_next_action")
    assert found.estimate > 2
    assert found.p_value == pytest.approx(1 / 40)


def test_conditions_that_cannot_be_one_are_refused(planted_recording):
    with pytest.raises(DataError, match="own_energy is a number"):
        information.fit(planted_recording(), n_null=19, given="own_energy")
    with pytest.raises(DataError, match="room has a single value"):
        information.fit(planted_recording(), n_null=19, given=room_target(1))


def room_target(n_rooms):
    """A target that keeps its value within each episode."""

    def room(recording):
        rooms = np.random.default_rng(0).integers(0, n_rooms, recording.n_episodes)[recording.row_episode]
        valid = np.ones((recording.n_steps, 2), dtype=bool)
        return Labels(np.repeat(rooms[:, None], 2, axis=1), ("a", "b", "c"), valid)

    return Target("room", "The room.", "class", room)


def test_pairs_name_what_goes_with_what(planted_recording, planted):
    recording = planted_recording(n_episodes=60)
    found = information.fit(recording)
    pairs = [pair for pair in found.details["pairs"] if pair["p_value"] <= 0.05]
    assert len(pairs) >= 8
    assert all(pair["npmi"] > 0.5 for pair in pairs[:8])
    table = np.array(found.details["counts"])
    first = pairs[0]
    cell = found.details["symbols"].index(first["message"]), found.details["values"].index(first["value"])
    assert first["n"] == table[cell]
    assert first["npmi"] == pytest.approx(found.details["npmi"][cell[0]][cell[1]])


def test_noise_has_no_pairs(planted_recording):
    found = information.fit(planted_recording("noise"))
    assert min(pair["p_value"] for pair in found.details["pairs"]) > 0.05


def test_the_circular_shift_stands_beside_and_says_where_it_cannot_test(planted_recording):
    found = information.fit(planted_recording(n_episodes=60))
    shifted = found.details["circular_shift"]
    assert shifted["p_value"] == pytest.approx(1 / 200)
    assert shifted["corrected"] == pytest.approx(found.details["plug_in"] - shifted["null_mean"])
    assert 2 < shifted["corrected"] < found.details["plug_in"]


def test_the_circular_shift_does_not_test_what_stays_the_same_within_episodes(planted_recording):
    fixed = information.fit(planted_recording("noise"), room_target(3), n_null=19)
    assert fixed.details["circular_shift"]["p_value"] is None
    assert "circular shift" in fixed.details["circular_shift"]["reason"]
