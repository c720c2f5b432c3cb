"""Conversations from scripts: what they print, what they expect, and what is wrong with a bad one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commlab.cli import main
from commlab.foundation.errors import CommlabError, DataError
from commlab.talk.conversation import Conversation
from commlab.talk.headless import Outcome, hold
from commlab.talk.script import Script, read_script

DOCS = Path(__file__).parents[2] / "docs" / "talk.md"

WEST = """
title: Sending the gatherer west
episode: 2
steps:
  - run: 4
  - say: crystal west
    to: 1
    for: 30
  - run: 24
  - expect: {agent: 1, reached: [5, 1]}
  - expect: {agent: 1, differs: true}
  - say: crystal north
    as: 0
    for: 2
  - run: 1
  - expect: {agent: 0, said: crystal north}
  - expect: {agent: 0, action: stay}
  - save: west
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "script.yaml"
        path.write_text(text)
        return path

    return write


def held(talk: Conversation, script: Script) -> tuple[Outcome, list[str]]:
    """The outcome of a script, and what was printed."""
    shown: list[str] = []
    talk.restart(script.episode)
    return hold(talk, script, None, shown.append), shown


def test_a_script_is_held_printed_and_met(planted_talk: Conversation, written: Callable[[str], Path]) -> None:
    script = read_script(written(WEST))
    outcome, shown = held(planted_talk, script)
    assert outcome.met, shown
    assert shown[0] == "Episode 2 begins."
    assert any(line.startswith("Step 4: a phantom says ") for line in shown)
    assert "As expected: gatherer 1 comes to row 5, column 1." in shown
    assert sum(line.startswith("As expected") for line in shown) == 4
    assert outcome.steps == 29
    assert [line["n"] for line in outcome.lines] == list(range(len(outcome.lines)))
    assert len(outcome.expectations) == 4
    json.dumps(outcome._asdict())


def test_the_same_script_gives_the_same_conversation(
    planted_talk: Conversation, written: Callable[[str], Path]
) -> None:
    script = read_script(written(WEST.replace("  - save: west\n", "")))
    assert held(planted_talk, script) == held(planted_talk, script)


def test_a_saved_talk_is_replayed(planted_talk: Conversation, written: Callable[[str], Path]) -> None:
    held(planted_talk, read_script(written(WEST)))
    outcome, shown = held(planted_talk, read_script(written("steps: [{replay: west}, {run: 2}]")))
    assert outcome.met
    assert outcome.replays[0]["identical"]
    assert "The replay of 'west' was identical in all of its 29 steps." in shown


def test_what_is_expected_and_does_not_happen_is_told(
    planted_talk: Conversation, written: Callable[[str], Path]
) -> None:
    wrong = (
        "{agent: 1, reached: [0, 0]}", "{agent: 1, differs: true}", "{agent: 0, said: crystal east}",
        "{agent: 0, said: [15]}", "{agent: 1, action: use}",
    )  # fmt: skip
    for expected in wrong:
        outcome, shown = held(planted_talk, read_script(written(f"steps: [{{run: 1}}, {{expect: {expected}}}]")))
        assert not outcome.met
        assert shown[-1].startswith("NOT as expected: ")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is no script"),
        ("- run: 3", "is no script"),
        ("steps: [", "is not YAML near line 1"),
        ("steps: []", "steps: tuple should have at least 1 item"),
        ("seed: 1", "steps: field required"),
        ("steps: [{run: 1}, {walk: 2}]", "step 2, walk: extra inputs"),
        ("steps: [{run: 0}]", "step 1, run: input should be greater than"),
        ("steps: [{run: 1.5}]", "step 1, run: input should be a valid integer"),
        ("steps: [{}]", "step 1: a step is one of run, say"),
        ("steps: [{run: 1, say: x}]", "step 1: a step is one of run, say"),
        ("steps: [{say: x, symbols: [1]}]", "says either a meaning"),
        ("steps: [{run: 1, to: 1}]", "step 1: to belongs to something that is said"),
        ("steps: [{expect: {agent: 1}}]", "step 1, expect: an expectation is one of reached"),
        ("steps: [{expect: {agent: -1, differs: true}}]", "step 1, expect, agent"),
        ("steps: [{experiment: {episodes: 3}}]", "step 1, experiment, episodes"),
        ("steps: 3", "steps: "),
        ("hello", "is no script"),
        ("steps: [{say: north, for: many}]", "step 1, for: input should be a valid integer"),
        ("steps: [{say: north, kinship: .nan}]", "step 1, kinship: input should be a finite number"),
        ("steps: [{symbols: [1, 1, 1, 1, 1, 1, 1, 1, 1]}]", "step 1, symbols: tuple should have at most 8 items"),
        ("a: &a [*a]", "field required"),
    ],
)
def test_a_bad_script_is_refused_in_a_sentence(written: Callable[[str], Path], text: str, part: str) -> None:
    path = written(text)
    with pytest.raises(DataError, match=r"\.$") as error:
        read_script(path)
    assert part in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_script(tmp_path / "none.yaml")
    with pytest.raises(DataError, match="cannot be read"):
        read_script(tmp_path)
    binary = tmp_path / "binary"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="is not YAML"):
        read_script(binary)
    binary.write_bytes(b"#" * 1_000_001)
    with pytest.raises(DataError, match="at most"):
        read_script(binary)


@pytest.mark.parametrize(
    ("steps", "part"),
    [
        ("[{run: 1}, {say: bananas}]", "Step 2 of the script: The agents have no word for 'bananas'"),
        ("[{symbols: [99]}]", "Step 1 of the script: Symbols are 0 (silence) to 15"),
        ("[{symbols: [1], as: 7}]", "as an agent from 0 to 1"),
        ("[{expect: {agent: 9, differs: true}}]", "There is no agent 9"),
        ("[{expect: {agent: 1, action: fly}}]", "There is no action 'fly'"),
        ("[{experiment: {}}]", "Nothing has been said"),
        ("[{replay: none}]", "There is no saved talk 'none'"),
        ("[{run: 64}, {run: 1}]", "Step 2 of the script: Episode 0 is over"),
        ("[{run: 64}, {symbols: [1]}]", "Episode 0 is over"),
    ],
)
def test_what_cannot_be_done_names_the_step(
    planted_talk: Conversation, written: Callable[[str], Path], steps: str, part: str
) -> None:
    with pytest.raises(CommlabError) as error:
        held(planted_talk, read_script(written(f"steps: {steps}")))
    assert part in str(error.value)


def example() -> str:
    """The script that the page on talking shows."""
    return DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr("sys.argv", ["commlab", "talk", *arguments])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_example_of_the_docs_runs_on_the_sample(
    sample, written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    run, script = str(sample.run.path), str(written(example()))
    assert run_command(monkeypatch, run, "--headless", script, "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["met"]
    assert told["checkpoint"] == sample.agents.sha256
    assert told["experiments"][0]["p_value"] < 0.05
    name = Path(told["saved"][0]).stem
    assert run_command(monkeypatch, run, "--replay", name) == 0
    assert "was identical in all of its" in capfd.readouterr().out


def test_the_command_tells_what_was_not_met_and_what_is_wrong(
    sample, written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    run = str(sample.run.path)
    script = written("steps: [{run: 1}, {expect: {agent: 1, reached: [0, 0]}}]")
    assert run_command(monkeypatch, run, "--headless", str(script)) == 1
    assert "NOT as expected" in capfd.readouterr().out
    for arguments, part in (
        ((run, "--headless", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        ((run, "--replay", "nothing"), "There is no saved talk 'nothing'"),
        ((run, "--replay", "x", "--score"), "choose one"),
        ((run, "--host", "0.0.0.0"), "lets other machines in: give --token auto"),
        ((run, "--token", "short"), "--token has 16 plain letters"),
        ((run, "--port", "99999"), "is no port"),
        (("nowhere",), "There is no run called 'nowhere'"),
    ):
        assert run_command(monkeypatch, *arguments) == 2
        told = capfd.readouterr()
        assert part in told.err
        assert told.err.count("\n") == 1
        assert told.out == ""
