"""What a person sees first: the command alone and its help."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from commlab.cli import app

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_the_command_alone_says_where_to_begin(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli()
    assert done.code == 0
    assert "commlab demo" in done.out
    assert "commlab probe --target=resource_location" in done.out


def test_the_commands_are_these() -> None:
    growing = ["demo", "record", "scenarios", "train"]
    showing = ["replay", "report"]
    interfering = ["crossplay", "erase", "influence", "inject", "kinship", "patch", "steer", "talk", "verdict"]
    reading = ["audience", "behaviour", "cluster", "formation", "information", "lexicon", "metrics", "minds", "probe"]
    reading += ["trajectories"]
    exchanging = ["export", "import", "validate"]
    assert sorted([*growing, *interfering, *reading, *showing, *exchanging]) == COMMANDS


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
