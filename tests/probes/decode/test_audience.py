"""Who talks to whom, in made-up recordings in which it is known whom speakers choose, and why who hears whom."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.decode import audience

SIZE, AGENTS, RADIUS, STEPS = 20, 6, 6, 24
FAMILY = np.array([0, 0, 0, 1, 1, 1])
Array = np.ndarray[Any, Any]


class Planted(NamedTuple):
    """How a recording is made."""

    rule: str = (
        "everyone"  # "kin": speaks by the kinship of who is near; "talkative": one family; "early": by the clock
    )
    n_episodes: int = 40
    kinship: str = "families"  # "drawn": between families, anew in each episode
    together: str = ""  # "always": families live apart; "first": and mix after half of the episode
    radius: float = RADIUS
    slots: int = AGENTS - 1
    seed: int = 0


def recorded(how: Planted) -> Recording:
    """The recording: agents jump about, speak by the rule, and are heard in the next step by the nearest."""
    rng = np.random.default_rng([how.seed, 9])
    kinship = kinships(how, rng)
    position = places(how, rng)
    near, audiences = within(position, kinship, how.radius)
    speaks = rng.random((how.n_episodes, STEPS, AGENTS)) < chances(how, audiences)
    speaker = np.full((how.n_episodes, STEPS, AGENTS, how.slots), -1)
    gap = ((position[:, :, :, None] - position[:, :, None]) ** 2).sum(axis=-1)
    for e, t, i in np.ndindex(how.n_episodes, STEPS - 1, AGENTS):
        heard = [j for j in np.argsort(gap[e, t + 1, i], kind="stable") if speaks[e, t, j] and near[e, t, j, i]]
        speaker[e, t + 1, i, : min(len(heard), how.slots)] = heard[: how.slots]
    said = np.where(speaks, rng.integers(1, 8, speaks.shape), 0)
    return made(how, kinship, {"speaker": speaker, "said": said[..., None], "position": position})


def kinships(how: Planted, rng: np.random.Generator) -> Array:
    """(E, A, A)"""
    between = rng.random(how.n_episodes) if how.kinship == "drawn" else np.zeros(how.n_episodes)
    same = FAMILY[:, None] == FAMILY
    return np.where(same, 1.0, between[:, None, None]).astype(np.float32)


def places(how: Planted, rng: np.random.Generator) -> Array:
    """(E, T, A, 2)"""
    position = rng.integers(0, SIZE, (how.n_episodes, STEPS, AGENTS, 2))
    apart = {"": 0, "first": STEPS // 2, "always": STEPS}[how.together]
    position[:, :apart, :, 1] = position[:, :apart, :, 1] // 2 + FAMILY * SIZE // 2
    return position


def within(position: Array, kinship: Array, radius: float) -> tuple[Array, Array]:
    """Who will be near whom when what is said is heard (E, T, A, A), and the mean kinship of these (E, T, A)."""
    after = np.concatenate([position[:, 1:], position[:, -1:]], axis=1)
    near = ((after[:, :, :, None] - after[:, :, None]) ** 2).sum(axis=-1) <= radius**2
    near &= ~np.eye(AGENTS, dtype=bool)
    return near, (near * kinship[:, None]).sum(axis=-1) / np.maximum(near.sum(axis=-1), 1)


def chances(how: Planted, audiences: Array) -> Array:
    """The chance of speech (E, T, A)."""
    if how.rule == "kin":
        return 0.2 + 0.6 * audiences
    if how.rule == "talkative":
        return np.where(FAMILY == 0, 0.9, 0.1) * np.ones_like(audiences)
    if how.rule == "early":
        return np.where(np.arange(STEPS)[:, None] < STEPS // 2, 0.9, 0.1) * np.ones_like(audiences)
    return np.full_like(audiences, 0.5)


def made(how: Planted, kinship: Array, columns: dict[str, Array]) -> Recording:
    """The recording in memory."""
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in columns.items()}
    header = {
        "command": "planted",
        "codes": {"bodies": {"0": "agent"}},
        "layout": {"hearing": {"agent": how.radius}, "families": FAMILY.tolist()},
        "scenario": {"channel": {"delay": 1}},
    }
    episodes = {
        "length": np.full(how.n_episodes, STEPS),
        "kinship": kinship,
        "bodies": np.zeros((how.n_episodes, AGENTS), np.uint8),
    }
    stored = {
        "channel/speaker": flat["speaker"].astype(np.int16),
        "channel/said": flat["said"].astype(np.uint8),
        "agents/position": flat["position"].astype(np.int16),
    }
    return memory_recording(header, episodes, stored)


def fitted(**how: Any) -> Result:
    return audience.fit(recorded(Planted(**how)), n_null=99)


@pytest.fixture(scope="module")
def choosy() -> Result:
    """Agents that speak in 80 % of the steps to kin and in 20 % to strangers."""
    return fitted(rule="kin")


def test_speakers_that_choose_kin_are_found_with_the_size_of_their_choice(choosy: Result) -> None:
    assert choosy.estimate == pytest.approx(0.6, abs=0.06)
    assert choosy.interval is not None
    assert choosy.interval[0] < 0.6 < choosy.interval[1]
    assert choosy.null is not None
    assert choosy.null.high < 0.1
    assert choosy.p_value == pytest.approx(0.02)
    levels = {row["level"]: row for row in choosy.details["audiences"]}
    assert levels["strangers"]["share"] == pytest.approx(0.2, abs=0.06)
    assert levels["kin"]["share"] == pytest.approx(0.8, abs=0.06)
    assert levels["kin"]["null"]["high"] < levels["kin"]["interval"][0]


def test_shares_of_pairs_are_those_counted_by_hand() -> None:
    recording = recorded(Planted(rule="kin", n_episodes=6))
    result = audience.fit(recording, n_null=19)
    speaker = recording["channel/speaker"][:]
    counted = (speaker[:, 2] == 4).any(axis=1).sum() / (6 * (STEPS - 1))  # nothing is heard in first steps
    assert result.details["heard"][2][4]["share"] == pytest.approx(counted)
    assert result.details["heard"][3][3] is None
    kin = next(row for row in result.details["pairs"] if row["level"] == "kin")
    pairs = [(i, j) for i in range(AGENTS) for j in range(AGENTS) if i != j and FAMILY[i] == FAMILY[j]]
    hits = sum((speaker[:, i] == j).any(axis=1).sum() for i, j in pairs)
    assert kin["share"] == pytest.approx(hits / (len(pairs) * 6 * (STEPS - 1)))
    assert kin["n_steps"] == len(pairs) * 6 * (STEPS - 1)


@pytest.mark.parametrize("rule", ["everyone", "talkative"])
def test_kin_that_only_live_together_or_talk_more_are_heard_more_but_not_chosen(rule: str) -> None:
    result = fitted(rule=rule, together="always")
    assert result.p_value is not None
    assert result.p_value > 0.05
    total = result.details["heard_by_kinship"]
    assert total["interval"][0] > 0.1
    assert total["p_value"] is None
    assert "the same in all episodes" in total["reason"]
    kin, strangers = (next(row for row in result.details["pairs"] if row["level"] == n) for n in ("kin", "strangers"))
    assert kin["share"] > 2 * strangers["share"]
    assert kin["null"]["low"] <= kin["share"] <= kin["null"]["high"]


def test_a_clock_that_speech_and_nearness_share_is_no_choice() -> None:
    result = fitted(rule="early", together="first")
    assert result.estimate is not None
    assert result.estimate > 0.1
    assert result.null is not None
    assert result.null.low < result.estimate < result.null.high
    assert result.p_value is not None
    assert result.p_value > 0.05


def test_kinship_that_differs_between_episodes_is_chosen_although_all_hear_all() -> None:
    result = fitted(rule="kin", kinship="drawn", radius=99)
    assert result.estimate == pytest.approx(0.6, abs=0.1)
    assert result.p_value == pytest.approx(0.02)
    assert result.details["heard_by_kinship"]["p_value"] == pytest.approx(0.02)
    assert [row["level"] for row in result.details["pairs"]][-1] == "kin"
    assert fitted(kinship="drawn", radius=99).p_value > 0.05  # type: ignore[operator]


def test_chance_is_taken_for_choice_as_seldom_as_it_says() -> None:
    found = [audience.fit(recorded(Planted(n_episodes=12, seed=seed)), n_null=39).p_value for seed in range(40)]
    assert sum(p is not None and p <= 0.05 for p in found) <= 6  # 2 in the mean; more in 0.3 % of cases


def test_where_all_audiences_are_alike_there_is_no_choice_to_tell() -> None:
    result = fitted(rule="kin", radius=99)
    assert result.estimate is None
    assert result.null is None
    assert result.p_value is None
    assert "always within earshot of the same kin" in result.sentence
    assert result.details["pairs"][0]["null"] is None
    result.to_json()


def test_speech_that_walls_stop_is_not_taken_for_a_choice() -> None:
    how = Planted()
    recording = recorded(how)
    speaker = recording["channel/speaker"][:].copy()
    speaker[:, :3][speaker[:, :3] >= 3] = -1  # a wall between the families
    columns = {"speaker": speaker, "said": recording["channel/said"][:], "position": recording["agents/position"][:]}
    shaped = {name: values.reshape(how.n_episodes, STEPS, *values.shape[1:]) for name, values in columns.items()}
    result = audience.fit(made(how, kinships(how, np.random.default_rng(0)), shaped), n_null=19)
    assert result.estimate is None
    assert "walls or beacons" in result.sentence


def test_listeners_with_one_slot_miss_speakers_and_change_nothing_about_the_choice() -> None:
    result = fitted(rule="kin", slots=1)
    assert result.estimate == pytest.approx(0.6, abs=0.06)
    assert result.details["full_slots"] > 0.3


def test_what_cannot_be_paid_for_counts_as_silence() -> None:
    how = Planted(rule="kin")
    recording = recorded(how)
    said, speaker = recording["channel/said"][:].copy(), recording["channel/speaker"][:].copy()
    said[:, 5] = 3  # always speaks, and is heard of it by nobody
    speaker[speaker == 5] = -1
    columns = {"speaker": speaker, "said": said, "position": recording["agents/position"][:]}
    shaped = {name: values.reshape(how.n_episodes, STEPS, *values.shape[1:]) for name, values in columns.items()}
    result = audience.fit(made(how, kinships(how, np.random.default_rng(0)), shaped), n_null=19)
    assert result.details["speakers"] == [0, 1, 2, 3, 4]
    assert result.estimate == pytest.approx(0.6, abs=0.07)


def test_recordings_that_cannot_be_asked_say_why() -> None:
    with pytest.raises(DataError, match="4 episodes or more"):
        audience.fit(recorded(Planted(n_episodes=3)))
    how = Planted(n_episodes=4)
    recording = recorded(how)
    muted = np.full_like(recording["channel/speaker"][:], -1)
    columns = {"speaker": muted, "said": recording["channel/said"][:], "position": recording["agents/position"][:]}
    shaped = {name: values.reshape(4, STEPS, *values.shape[1:]) for name, values in columns.items()}
    with pytest.raises(DataError, match="Nobody hears anybody"):
        audience.fit(made(how, kinships(how, np.random.default_rng(0)), shaped))


def test_the_moments_are_of_speech_and_silence_to_close_and_less_kin() -> None:
    recording = recorded(Planted(rule="kin"))
    result = audience.fit(recording, n_null=19)
    moments = result.details["moments"]
    assert len(moments) == 4
    assert "closer kin than usual within earshot that have been spoken in" in moments[0]["note"]
    said = recording["channel/said"][:]
    for moment in moments:
        row = int(recording.episodes.start[moment["episode"]]) + moment["step"]
        speaks = bool(said[row, moment["agents"][0]].any())
        assert speaks == ("speaks" in moment["note"].split(",")[0])
    assert fitted(radius=99).details["moments"] == []
