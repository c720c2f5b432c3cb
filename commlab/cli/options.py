"""Options that commands share."""

import shlex
import sys
from typing import Annotated

import typer

from commlab.cli import completing

__all__ = ["AnyRecording", "Json", "Nulls", "Of", "Run", "Seed", "Settings", "command_line"]

Run = Annotated[
    str | None,
    typer.Argument(help="A run's name or folder; left out: the last completed one.", autocompletion=completing.runs),
]
AnyRecording = Annotated[
    str | None,
    typer.Argument(
        help="A run, or a recording; left out: the last completed run.", autocompletion=completing.recordings
    ),
]
Of = Annotated[
    str | None,
    typer.Option("--of", help="speakers, listeners, a body, or an agent's number.", autocompletion=completing.agents),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Seed = Annotated[int, typer.Option(min=0, max=2**20 - 1, help="Root of all draws.")]
Nulls = Annotated[int, typer.Option("--nulls", min=19, help="Draws of each null distribution.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="field=value; training fields begin with train.")]


def command_line() -> str:
    """Return the command as it was typed."""
    return shlex.join(["commlab", *sys.argv[1:]])
