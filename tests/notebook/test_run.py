"""A run in a notebook: the commands' defaults, the commands' numbers, columns by short names, tables for Jupyter."""

import contextlib
import inspect
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import commlab
from commlab.cli import causing, grow, main, probing, reading, showing, talking
from commlab.foundation.errors import CommlabError, RunError
from commlab.foundation.result import Result, Results
from commlab.notebook import Run
from commlab.probes.decode.lexicon import Lexicon

CALLS: dict[str, tuple[list[str], Callable[[Run], Any]]] = {
    "probe": (["--source", "heard", "--of", "listeners"], lambda run: run.probe(source="heard", of="listeners")),
    "lexicon": ([], lambda run: run.lexicon()),
    "information": (["--by-kinship"], lambda run: run.information(by_kinship=True)),
    "metrics": (["--only", "purity,tokens"], lambda run: run.metrics(only=["purity", "tokens"])),
    "inject": (["--message", "5", "--episodes", "32"], lambda run: run.inject(5, episodes=32)),
    "cluster": (["--source", "world", "--k", "3", "--nulls", "19"], lambda run: run.cluster("world", k=3, nulls=19)),
    "influence": (["--episodes", "16"], lambda run: run.influence(episodes=16)),
    "verdict": (["--episodes", "24"], lambda run: run.verdict(episodes=24)),
    "talk": (["--score", "--episodes", "32"], lambda run: run.understanding(episodes=32)),
    "minds": (
        ["--targets", "danger,own_next_action", "--with-heard", "--nulls", "19"],
        lambda run: run.minds(["danger", "own_next_action"], with_heard=True, nulls=19),
    ),
    "behaviour": (
        ["--by", "resource_location", "--nulls", "19"],
        lambda run: run.behaviour("resource_location", nulls=19),
    ),
    "trajectories": (["--steps", "6", "--nulls", "19"], lambda run: run.trajectories(steps=6, nulls=19)),
    "audience": (["--nulls", "19"], lambda run: run.audience(nulls=19)),
    "patch": (
        ["--told", "--episodes", "32", "--nulls", "19"],
        lambda run: run.patch(told=True, episodes=32, nulls=19),
    ),
    "steer": (
        ["--doses", "0.5,1", "--episodes", "32", "--nulls", "19", "--deaf"],
        lambda run: run.steer(doses=[0.5, 1], episodes=32, nulls=19, deaf=True),
    ),
    "erase": (
        ["--irrelevant", "own_facing", "--episodes", "16", "--nulls", "19"],
        lambda run: run.erase(irrelevant="own_facing", episodes=16, nulls=19),
    ),
    "crossplay": (
        ["sample", "--episodes", "16", "--nulls", "19"],
        lambda run: run.crossplay([run], episodes=16, nulls=19),
    ),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("notebook")
    with contextlib.chdir(folder):
        yield folder


def typed(*arguments: str) -> None:
    """Run a command quietly."""
    before, sys.argv = sys.argv, ["commlab", *arguments]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main()
    finally:
        sys.argv = before


def numbers(folder: Path) -> dict[str, Any]:
    """Every saved result without who made it."""
    found = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    return {name: {key: value for key, value in data.items() if key != "provenance"} for name, data in found.items()}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_saves_the_same_numbers_as_its_command(name: str, here: Path) -> None:
    options, call = CALLS[name]
    run = commlab.open("sample")
    for path in run.folder.results.glob("*.json"):
        path.unlink()
    typed(name, "sample", *options)
    by_command = numbers(run.folder.results)
    assert by_command
    for path in run.folder.results.glob("*.json"):
        path.unlink()
    call(run)
    assert numbers(run.folder.results) == by_command


COMMANDS: dict[str, Callable[..., None]] = {
    "probe": probing.probe,
    "inject": probing.inject,
    "lexicon": reading.lexicon,
    "information": reading.information,
    "metrics": reading.metrics,
    "cluster": reading.cluster,
    "influence": causing.influence,
    "verdict": talking.verdict,
    "understanding": talking.talk,
    "record": grow.record,
    "minds": reading.minds,
    "formation": reading.formation,
    "audience": reading.audience,
    "behaviour": showing.behaviour,
    "trajectories": showing.trajectories,
    "patch": causing.patch,
    "steer": causing.steer,
    "erase": causing.erase,
    "kinship": causing.kinship,
    "crossplay": causing.crossplay,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_method_has_its_command_s_defaults(name: str) -> None:
    of_command = inspect.signature(COMMANDS[name]).parameters
    of_method = inspect.signature(getattr(Run, name)).parameters
    for parameter in set(of_method) - {"self", "save"}:
        assert of_method[parameter].default == of_command[parameter].default, parameter


def test_what_is_not_to_be_saved_is_not(here: Path) -> None:
    run = commlab.open("sample")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    book = run.lexicon(nulls=19, save=False)
    assert isinstance(book, Lexicon)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_nothing_is_printed_and_the_readme_follows(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = commlab.open("sample")
    made = run.information(nulls=19, lag=2)
    assert capfd.readouterr() == ("", "")
    assert f"{made.name}.json" in (run.path / "README.txt").read_text()


def test_columns_have_short_names(here: Path) -> None:
    recording = commlab.open("sample").recording
    np.testing.assert_array_equal(recording.said[:50], recording["channel/said"][:50])
    assert recording.hidden.name == "policy/hidden.core"
    assert recording.action.shape == (recording.n_steps, recording.n_agents)
    assert {"said", "heard", "hidden", "action", "position"} <= set(dir(recording))
    assert not hasattr(recording, "sayd")
    with pytest.raises(AttributeError, match=r"has no 'sayd': the nearest it has are said"):
        _ = recording.sayd


def test_recordings_are_told_apart(here: Path) -> None:
    run = commlab.open("sample")
    assert run.recording.n_episodes == 160
    fresh = run.record(episodes=8)
    assert fresh.path.name == "recording-2.h5"
    assert fresh.n_episodes == 8
    assert run.recording.n_episodes == 160


def test_an_experiment_of_a_file_is_the_command_s(here: Path) -> None:
    run = commlab.open("sample")
    made = run.experiment("a-word", episodes=24, nulls=19)
    saved = numbers(run.folder.results)[f"{made.name}.json"]
    typed("inject", "sample", "--file", "a-word", "--episodes", "24", "--nulls", "19")
    assert numbers(run.folder.results)[f"{made.name}.json"] == saved
    assert (run.folder.results / f"{made.name}.yaml").exists()


def test_a_figure_is_drawn_from_a_result_or_its_name(here: Path) -> None:
    run = commlab.open("sample")
    made = run.probe(nulls=19)
    assert run.figure(made).caption
    assert run.figure(made.name, dark=True).caption
    with pytest.raises(RunError, match="no result called 'prob': the nearest are probe-resource_location"):
        run.figure("prob")
    with pytest.raises(RunError, match=rf"the nearest are .*{made.name}"):
        run.figure(made.name[:-1] + "1")


def test_what_commands_refuse_is_refused(here: Path) -> None:
    run = commlab.open("sample")
    for wrong in (
        lambda: run.probe("resource_locaton"),
        lambda: run.inject(3, speaker="everybody"),
        lambda: run.inject(3, by="symbol", versus=4),
        lambda: run.metrics(only=["beauty"]),
    ):
        with pytest.raises(CommlabError):
            wrong()


def test_a_run_and_its_results_are_tables_in_jupyter(here: Path) -> None:
    run = commlab.open("sample")
    page = run._repr_html_()
    assert "Run runs/sample" in page
    assert "<table" in page
    assert "So far: " in repr(run) or "runs/sample" in repr(run)
    results = run.results
    assert isinstance(results, Results)
    assert all(isinstance(result, Result) for result in results.values())
    assert all(result.name in results._repr_html_() for result in results.values())
    assert len(repr(results).splitlines()) == len(results)


TRAINED = ["steps=16", "train.sharing=family", "train.sequence=16", "train.worlds=16", "train.shards=1"]
TRAINED += ["train.minibatches=2", "train.hidden=8", "train.checkpoints=2"]


def test_checkpoints_and_strangers_are_the_commands_too(here: Path) -> None:
    """Formation and kinship want what the sample has not: several checkpoints, and two families."""
    settings = [word for setting in TRAINED for word in ("--set", setting)]
    typed("train", "rivals", "--name", "two", "--agent-steps", "2048", "--processes", "1", *settings)
    typed("record", "two", "--episodes", "24")
    run = commlab.open("two")
    typed("formation", "two", "--episodes", "16", "--most", "2", "--nulls", "19")
    typed("kinship", "two", "--episodes", "32", "--nulls", "39", "--shown", "0,1")
    by_command = numbers(run.folder.results)
    assert {"formation.json", "kinship.json", "honesty.json", "kinship-beliefs.json"} <= set(by_command)
    for path in run.folder.results.glob("*.json"):
        path.unlink()
    run.formation(episodes=16, most=2, nulls=19)
    found = run.kinship([0, 1], episodes=32, nulls=39)
    assert set(found) == {"kinship", "honesty", "kinship-beliefs"}
    assert numbers(run.folder.results) == by_command
    run.crossplay(checkpoints=2, episodes=16, nulls=19, save=False)
    assert numbers(run.folder.results) == by_command
