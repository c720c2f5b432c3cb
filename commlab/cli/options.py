"""Options that commands share."""

import sys
from typing import Annotated

import typer

__all__ = ["Json", "Nulls", "Run", "Seed", "Settings", "command_line"]

Run = Annotated[str | None, typer.Argument(help="A run's name or folder; left out: the last completed one.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Seed = Annotated[int, typer.Option(min=0, max=2**20 - 1, help="Root of all draws.")]
Nulls = Annotated[int, typer.Option("--nulls", min=19, help="Draws of each null distribution.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="field=value; training fields begin with train.")]


def command_line() -> str:
    """Return the command as it was typed."""
    return " ".join(["commlab", *sys.argv[1:]])
