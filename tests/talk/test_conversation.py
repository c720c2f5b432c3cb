"""Transcripts: what is written, saved without ever replacing anything, and played again; and minds that are read."""

import json
from pathlib import Path

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CommlabError
from commlab.talk.conversation import Conversation
from commlab.talk.mind import Mind, fit_mind
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.protocol import SayWish
from commlab.talk.transcript import load_talk, plain_name, talk_names


def say(talk: Conversation, **given: object) -> None:
    """Say something."""
    talk.say(SayWish.model_validate(given))


def walk(talk: Conversation, n_steps: int) -> None:
    """Let some steps go by."""
    for _ in range(n_steps):
        talk.step()


@pytest.fixture
def held(planted_talk: Conversation) -> Conversation:
    """A conversation of 30 steps in which something was said three times."""
    walk(planted_talk, 5)
    say(planted_talk, to=1, meaning="crystal west")
    walk(planted_talk, 10)
    say(planted_talk, **{"as": 0, "symbols": [0], "for": 3})
    walk(planted_talk, 15)
    say(planted_talk, symbols=[2], kinship=0.5)
    return planted_talk


def test_lines_say_who_said_what_to_whom_and_what_it_means(held: Conversation) -> None:
    lines = held.transcript.lines
    assert [line["n"] for line in lines] == list(range(len(lines)))
    first = next(line for line in lines if line["kind"] == "person")
    assert (first["t"], first["who"], first["to"], first["listeners"], first["for"]) == (5, "phantom", 1, [1], 12)
    assert first["words"] == "crystal in the west"
    assert first["certainty"] > 0.9
    assert first["sentence"].startswith("Step 5: a phantom says ")
    assert first["sentence"].endswith("to agent 1 for 12 steps. The twin does not hear it.")
    spoken = [line for line in lines if line["kind"] == "agent"]
    assert spoken
    assert all(line["speaker"] == 0 and line["words"] for line in spoken)
    assert not any(15 <= line["t"] < 18 for line in spoken)  # the person spoke through it
    for line in spoken:
        assert line["answer"] == ("twin" in line)
    json.dumps(lines, allow_nan=False)


def test_a_saved_talk_is_played_again_to_the_last_bit(held: Conversation) -> None:
    path = held.save("first words")
    assert path == held.run / "talks" / "first words.json"
    spoken, lines, marks = held.session.spoken, held.transcript.lines, held.transcript.marks
    held.restart(9)
    walk(held, 3)
    held.replay("first words")
    assert held.replaying == "first words"
    walk(held, 30)
    assert held.replayed is not None
    assert held.replayed.identical, held.replayed.sentence
    assert held.replaying is None
    assert held.transcript.marks == marks
    assert held.session.spoken == spoken
    told = [line["sentence"] for line in lines if line["kind"] != "note"]
    assert [line["sentence"] for line in held.transcript.lines if line["kind"] != "note"] == told
    held.step()  # and goes on from there
    saved = load_talk(held.run, "first words")
    assert saved.interventions[0]["site"] == "message.in"


def test_a_replay_that_differs_says_where(held: Conversation) -> None:
    path = held.save("other")
    data = json.loads(path.read_text())
    data["marks"][7] += 1
    path.write_text(json.dumps(data))
    held.replay("other")
    walk(held, 30)
    assert held.replayed is not None
    assert not held.replayed.identical
    assert "differs from step 7 on" in held.replayed.sentence


def test_speaking_in_a_replay_begins_something_new(held: Conversation) -> None:
    held.save("a")
    held.replay("a")
    walk(held, 8)
    say(held, symbols=[1])
    walk(held, 12)
    assert held.replaying is None
    assert held.replayed is None
    assert [one.t for one in held.session.spoken] == [5, 8]


def test_saving_never_replaces_anything(held: Conversation) -> None:
    first = held.save("a")
    text = first.read_text()
    assert [held.save("a").name for _ in range(2)] == ["a 2.json", "a 3.json"]
    assert first.read_text() == text
    assert held.save().name == "episode 0.json"
    assert talk_names(held.run) == ["a", "a 2", "a 3", "episode 0"]


@pytest.mark.parametrize(
    "name", ["../../escape", "/etc/passwd", "..", "a/b\\c", "con\0trol", ".hidden", "x" * 300, "ü" * 200, "\n"]
)
def test_names_stay_in_the_run(held: Conversation, name: str) -> None:
    path = held.save(name)
    assert path.parent == held.run / "talks"
    assert not path.name.startswith(".")
    assert path.exists()
    assert plain_name(name)
    with pytest.raises(CommlabError, match="no saved talk"):
        held.replay("../talks/" + path.stem)


def test_a_folder_that_leads_out_of_the_run_is_refused(held: Conversation, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    outside = tmp_path_factory.mktemp("outside")
    (held.run / "talks").symlink_to(outside)
    with pytest.raises(CommlabError, match="leads out of the run"):
        held.save("a")
    assert list(outside.iterdir()) == []


def test_talks_that_are_missing_damaged_or_of_others_are_refused(held: Conversation) -> None:
    path = held.save("a")
    with pytest.raises(CommlabError, match="There is no saved talk 'b'.*there are a"):
        held.replay("b")
    data = json.loads(path.read_text())
    for change, part in (
        ({"checkpoint": "f" * 64}, "held with another checkpoint"),
        ({"scenario": "arena"}, "held in arena"),
        ({"marks": "no"}, "is no saved talk, or it is damaged"),
        ({"seed": 10**30}, "is no saved talk, or it is damaged"),
        ({"said": [{"t": 0, "symbols": [999]}]}, "Symbols are 0"),
    ):
        path.write_text(json.dumps(data | change))
        with pytest.raises(CommlabError, match=part):
            held.replay("a")
    path.write_bytes(b"\xff\x00")
    with pytest.raises(CommlabError, match="damaged"):
        held.replay("a")
    walk(held, 1)


def test_minds_are_read_from_hidden_states(sample) -> None:  # type: ignore[no-untyped-def]
    with open_recording(sample.run.recording) as recording:
        mind = fit_mind(recording, sample.agents.scenario.agent_bodies, sample.agents.sha256)
        other = fit_mind(recording, sample.agents.scenario.agent_bodies, "another")
    assert other.readings == {}
    assert "another checkpoint" in str(other.note)
    assert mind.note is None
    right = steps = 0
    talk = sample.talk(episode=3)
    while not talk.session.over:
        read = {one["target"]: one for one in mind.ask(0, talk.session.ahead().hidden["core"][0, 0])}
        shown = talk.observer.frame()["live"]["objects"]
        crystal = next(one for one in shown if one["kind"] == "crystal.green")
        ways = {
            (1, 5): "N",
            (3, 3): "NW",
            (3, 7): "NE",
            (5, 1): "W",
            (5, 9): "E",
            (7, 3): "SW",
            (7, 7): "SE",
            (9, 5): "S",
        }
        if crystal["stock"]:
            steps += 1
            right += read["resource_location"]["value"] == ways[crystal["row"], crystal["column"]]
        talk.step()
    assert right / steps > 0.9
    best = mind.ask(0, talk.session.ahead().hidden["core"][0, 0])[0]
    assert set(best) == {"target", "value", "phrase", "certainty", "chance", "score"}
    assert Mind({}).ask(0, talk.session.ahead().hidden["core"][0, 0]) == []


def test_what_a_page_is_shown(held: Conversation) -> None:
    frame = held.observer.frame()
    assert frame["t"] == 30
    assert set(frame["live"]) == set(frame["twin"]) == {"agents", "objects", "cells"}
    heard = frame["live"]["agents"][1]["hears"]
    assert heard[0]["injected"]
    assert heard[0]["kinship"] == 0.5
    assert not any(one["injected"] for one in frame["twin"]["agents"][1]["hears"])
    assert frame["drift"]["since"] is not None
    focus = held.observer.focus(1)
    assert abs(sum(one["probability"] for one in focus["intends"]) - 1) < 0.05
    json.dumps([frame, focus, held.opening], allow_nan=False)
    assert Path(held.run).exists()


def test_of_very_many_agents_few_are_written_down(tmp_path: Path) -> None:
    scenario = load_scenario("arena")
    agents = Checkpoint(RecurrentPolicy(scenario, 8), scenario, {}, "untrained")
    talk = Conversation(tmp_path, agents, Phrasebook(None, 1), frozenset(range(16)))
    walk(talk, 3)
    said = [line["t"] for line in talk.transcript.lines if line["kind"] == "agent"]
    assert max(said.count(t) for t in range(3)) == 12
