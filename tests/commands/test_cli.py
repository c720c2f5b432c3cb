"""What a person sees first: the command alone, its help, the scenarios."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from commlab.cli import app
from commlab.env.loading import load_scenario, scenario_names

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_the_command_alone_says_where_to_begin(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli()
    assert done.code == 0
    assert "commlab demo" in done.out
    assert "commlab probe --target=resource_location" in done.out


def test_the_commands_are_these() -> None:
    assert COMMANDS == ["demo", "inject", "probe", "record", "report", "scenarios", "train"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_its_options(cli: Callable[..., Any], command: str) -> None:
    done = cli(command, "--help")
    assert done.code == 0
    assert f"commlab {command}" in done.out
    for parameter in typer.main.get_command(app).commands[command].params:  # type: ignore[attr-defined]
        assert parameter.help, f"{command} does not say what {parameter.name} is"


def test_an_unknown_command_is_refused(cli: Callable[..., Any]) -> None:
    done = cli("decipher")
    assert done.code == 2
    assert "decipher" in done.err
    assert "Traceback" not in done.err


def test_scenarios_are_listed(cli: Callable[..., Any]) -> None:
    listed, as_json = cli("scenarios"), json.loads(cli("scenarios", "--json").out)
    assert [row["name"] for row in as_json["scenarios"]] == scenario_names()
    for name in scenario_names():
        assert name in listed.out
        assert load_scenario(name).title in listed.out


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_is_shown_with_its_map(cli: Callable[..., Any], name: str) -> None:
    done, scenario = cli("scenarios", name), load_scenario(name)
    assert done.code == 0
    assert scenario.title in done.out
    assert scenario.map.strip() in done.out
    assert json.loads(cli("scenarios", name, "--json").out) == scenario.model_dump(mode="json")


def test_a_title_in_brackets_is_shown_as_it_is(cli: Callable[..., Any], elsewhere: Path) -> None:
    data = load_scenario("lookout").model_dump(mode="json") | {"title": "A room [bold] and [red]more"}
    Path("room.yaml").write_text(json.dumps(data), encoding="utf-8")
    assert "A room [bold] and [red]more" in cli("scenarios", "room.yaml").out


def test_an_unknown_scenario_is_refused_with_the_nearest(cli: Callable[..., Any]) -> None:
    sentence = cli("scenarios", "lokout").sentence
    assert "no scenario 'lokout'" in sentence
    assert "'lookout'" in sentence


def test_a_file_that_is_no_scenario_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    Path("list.yaml").write_text("- a\n- b\n", encoding="utf-8")
    assert "holds no scenario" in cli("scenarios", "list.yaml").sentence
    Path("bad.yaml").write_text("a: [", encoding="utf-8")
    assert "not valid YAML" in cli("scenarios", "bad.yaml").sentence
