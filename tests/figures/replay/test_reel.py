"""Reels: what happened in an episode, what its ground is, what words meant, and that all of it can be packed."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.figures.replay import Book, Phrase, reel_of
from commlab.figures.replay.changes import changes_in
from commlab.figures.replay.packing import pack, unpack
from commlab.foundation.errors import RecordingError


@pytest.mark.parametrize(
    "array",
    [
        np.array([[0, 255], [255, 0], [3, 9]], np.uint8),
        np.array([[-32768], [32767], [0]], np.int16),
        np.array([[[1, 2], [3, 4]]] * 3, np.int64) * 70_000,
        np.array([[0.1, np.nan], [-2.5, 1e30]], np.float32),
        np.array([[True], [False]]),
        np.zeros((0, 3), np.uint8),
    ],
)
def test_what_is_packed_comes_out_again(array: np.ndarray) -> None:  # type: ignore[type-arg]
    facts, columns = unpack(pack({"name": "ä <é>"}, {"one": array, "two": np.arange(5)}))
    assert facts == {"name": "ä <é>"}
    np.testing.assert_array_equal(columns["one"].astype(float), array.astype(float))
    np.testing.assert_array_equal(columns["two"], np.arange(5))
    assert pack({}, {"one": array}) == pack({}, {"one": array})


def test_events_are_told_with_whom_they_met(story: ModuleType) -> None:
    events = reel_of(story.told(), 0).facts["events"]
    assert events == [
        [2, "attack", story.RIVAL, -1, "nobody there"],
        [3, "build", story.SCOUT, -1, "build wall"],
        [8, "steal", story.RIVAL, story.GATHERER, ""],
        [9, "freeze", story.GATHERER, -1, "for 2 steps"],
        [10, "give", story.RIVAL, story.GATHERER, ""],
    ]


def test_an_attack_that_takes_nothing_is_no_theft_and_a_gift_that_arrives_nowhere_is_not_taken(
    story: ModuleType,
) -> None:
    columns = story.columns()
    columns["agents/inventory"][:] = 0
    recording = story.told()
    again = memory_recording(recording.attrs, {**fields(recording)}, columns)
    kinds = {event[0]: (event[1], event[4]) for event in reel_of(again, 0).facts["events"]}
    assert kinds[8] == ("attack", "")
    assert kinds[10] == ("give", "not taken")


def test_what_became_of_a_gift_at_the_last_step_is_not_known(story: ModuleType) -> None:
    columns = story.columns()
    columns["policy/action"][:] = 0
    columns["policy/action"][[10, 11], story.RIVAL] = story.GIVE
    columns["agents/inventory"][:] = 0
    recording = story.told()
    again = memory_recording(recording.attrs, {**fields(recording)}, columns)
    gifts = [tuple(event) for event in reel_of(again, 0).facts["events"] if event[1] == "give"]
    assert gifts == [
        (10, "give", story.RIVAL, story.GATHERER, "not taken"),
        (11, "give", story.RIVAL, story.GATHERER, ""),
    ]


def fields(recording) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def, type-arg]
    """The episode fields of a recording in memory."""
    kept = {name: value for name, value in recording.table.fields.items() if name not in ("start", "kinship")}
    return {**kept, "kinship": recording.kinship}


def test_a_wall_is_there_from_the_step_at_which_it_was_seen(story: ModuleType) -> None:
    reel = reel_of(story.told(), 0)
    assert reel.facts["walls"] == [(4, 2, 2, 1)]
    assert reel.facts["map"]["grid"] == story.grid().tolist()
    assert reel.facts["map_note"] == ""


def test_of_another_map_only_what_was_seen_is_shown_unless_it_is_given(story: ModuleType) -> None:
    other = story.told(map_number=2)
    unknown = reel_of(other, 0).facts
    cells = np.array(unknown["map"]["grid"])
    assert "only what its agents saw" in unknown["map_note"]
    assert cells[0, 0] == 1
    assert cells[6, 3] == 255
    plan = {"height": 7, "width": 7, "grid": story.grid().tolist(), "sites": []}
    given = reel_of(other, 0, plan=plan).facts
    assert given["map_note"] == ""
    assert given["map"]["grid"] == story.grid().tolist()


def test_windows_hold_no_rim_that_nobody_sees(story: ModuleType) -> None:
    assert reel_of(story.told(), 0).columns["window"].shape == (story.STEPS, story.AGENTS, 5, 5)


def test_words_are_true_or_false_as_it_was_when_they_were_said(story: ModuleType) -> None:
    reel = reel_of(story.told(), 0, book=story.BOOK)
    true = reel.columns["true"]
    assert true[2:5, story.SCOUT].tolist() == [1, 1, 1]
    assert true[7, story.SCOUT] == 2
    assert true[:, story.RIVAL].max() == 0
    assert [row["symbols"] for row in reel.facts["phrases"]] == [[3], [5]]
    value = int(reel.columns["target.0"][7, story.SCOUT])
    assert reel.facts["targets"][0]["values"][value] == "resource location is SW"


def test_alternatives_are_true_where_one_of_them_is(story: ModuleType) -> None:
    pairs = (("resource_location", "SW"), ("carries", "nothing of the kind"))
    for together, expected in ((True, 2), (False, 1)):
        book = Book({(3,): Phrase("words", 0.5, pairs, together)})
        assert reel_of(story.told(), 0, book=book).columns["true"][2, story.SCOUT] == expected


def test_what_cannot_be_computed_is_neither_true_nor_false(story: ModuleType) -> None:
    book = Book({(3,): Phrase("words", 0.5, (("no_such_target", "x"),))})
    assert reel_of(story.told(), 0, book=book).columns["true"].max() == 0


def test_a_twin_of_another_world_is_refused(story: ModuleType) -> None:
    assert reel_of(story.told(), 0, twin=story.told(twin=True)).facts["twin"] is True
    with pytest.raises(RecordingError, match="holds no twin of episode 0"):
        reel_of(story.told(), 0, twin=story.imported())


@pytest.mark.parametrize("episode", [-1, 1])
def test_an_episode_that_is_not_there_is_refused_in_a_sentence(story: ModuleType, episode: int) -> None:
    with pytest.raises(RecordingError, match="it has 1, from 0 to 0"):
        reel_of(story.told(), episode)


def test_an_imported_log_has_a_reel_without_a_map(story: ModuleType) -> None:
    reel = reel_of(story.imported(), 0)
    assert reel.facts["map"] is None
    assert "no map" in reel.facts["map_note"]
    assert reel.facts["agents"][0]["name"] == "ann"
    assert np.isnan(reel.columns["feature.0"][0, 2])
    assert reel.facts["events"] == []


@pytest.mark.parametrize("grid", [[[1, 1], [1]], "no grid", [1, 2], [[]]])
def test_a_layout_that_cannot_be_drawn_leaves_a_bare_floor(story: ModuleType, grid: object) -> None:
    recording = story.told()
    recording.attrs["layout"] = {**recording.attrs["layout"], "grid": grid}
    facts = reel_of(recording, 0).facts
    assert "walls are not known" in facts["map_note"]
    assert facts["map"]["height"] == 5


def test_places_that_no_map_could_hold_are_left_out(story: ModuleType) -> None:
    columns = story.columns()
    columns["agents/position"][0, 0] = 30_000, 30_000
    recording = story.told()
    del recording.attrs["layout"]
    reel = reel_of(memory_recording(recording.attrs, fields(recording), columns), 0)
    assert reel.facts["map"] is None
    assert "position" not in reel.columns


def test_a_log_that_does_not_say_who_was_heard_has_a_reel(story: ModuleType) -> None:
    columns = {"channel/said": np.ones((4, 2, 1), np.uint8), "reward/own": np.full((4, 2), np.nan, np.float32)}
    log = memory_recording({}, {"length": np.array([4]), "bodies": np.zeros((1, 2), np.uint8)}, columns)
    reel = reel_of(log, 0)
    assert reel.facts["delay"] == 1
    assert reel.columns["reward"].tolist() == [[0, 0]] * 4
    assert unpack(reel.packed())[0]["steps"] == 4


def test_interventions_are_told_in_words() -> None:
    told = changes_in(
        '[{"site": "message.in", "operation": "inject", "agents": [1], "first": 6, "last": 7, "symbol": [5, 2]},'
        ' {"site": "message.out", "operation": "mute", "agents": [0, 2], "first": 3},'
        ' {"site": "hidden.core", "operation": "erase", "first": 90}]',
        20,
    )
    assert [(one.first, one.last, one.sentence) for one in told] == [
        (6, 7, "A phantom says 5 2 to agent 1"),
        (3, 19, "What is said by agents 0 and 2 is muted"),
    ]
    assert changes_in("not json", 5)[0].sentence.startswith("Not json")
