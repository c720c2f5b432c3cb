"""The examples of the documents: fenced blocks with the comment above them, and the commands within them.

A comment right above a block says what is done with it:

    <!-- file: game.csv -->               the block is written to that file, and the blocks below find it
    <!-- checked, not run: why -->        too long, or it needs what is not there: syntax and options count
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import typer

from commlab.cli import app

CLONE = Path(__file__).parents[2]
PAGES = [CLONE / "README.md", *sorted((CLONE / "docs").rglob("*.md"))]
SHELL = ("sh", "bash")
NOT_RUN = re.compile(r"checked, not run: (\S.*)")
FILE = re.compile(r"file: (\S+)")
_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>(?:checked|file)[^\n]*?) -->\n)?```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```", re.M | re.S
)
_SPAN = re.compile(r"`(commlab [^`\n]+)`")
_PROGRAMS = ("commlab", "torchrun", "make", "python")


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    mark: str

    @property
    def where(self) -> str:
        """Its page and line."""
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text[: found.start()].count("\n") + 1, found["language"], found["text"], found["mark"] or "")
        for found in _FENCE.finditer(text)
    ]


def lines_of(shell: str) -> list[str]:
    """The lines of a shell block, continued ones joined, without remarks."""
    joined = shell.replace("\\\n", " ")
    return [line for line in (shlex.join(shlex.split(row, comments=True)) for row in joined.splitlines()) if line]


def commands_in(shell: str) -> list[list[str]]:
    """The words of each program that a shell block calls, loops and assignments left aside."""
    words = [shlex.split(row.strip(), comments=True) for row in shell.replace("\\\n", " ").splitlines()]
    return [row for row in words if row and row[0] in _PROGRAMS]


def spans_of(page: Path) -> list[str]:
    """The commands of commlab that stand within the sentences and tables of a page."""
    text = page.read_text(encoding="utf-8")
    return _SPAN.findall(_FENCE.sub("", text))


def group() -> Any:
    """The command line, as typer has it."""
    return typer.main.get_command(app)


def options_of(command: Any) -> set[str]:
    """All spellings of a command's options."""
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}


def wrong(words: list[str]) -> str | None:
    """What is wrong with a call of commlab, or None: an unknown command, an unknown option, a value of a wrong kind."""
    if words[0] == "torchrun":
        words = ["commlab", *words[words.index("commlab") + 1 :]]
    if len(words) == 1 or words[1].startswith("-"):
        return None
    commands = group().commands
    if words[1] not in commands:
        return f"there is no command {words[1]!r}"
    try:
        commands[words[1]].make_context(words[1], [re.sub(r"\$\w+", "0", word) for word in words[2:]])
    except typer.Exit:  # --help
        return None
    except Exception as error:
        return str(error)
    return None


def strange(span: str) -> str | None:
    """What is wrong with a command within a sentence, which may be a part of one: its name, or an option's."""
    words = span.split()
    commands = group().commands
    if words[1].startswith("-") or words[1].isupper():
        return None
    if words[1] not in commands:
        return f"there is no command {words[1]!r}"
    given = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
    unknown = given - options_of(commands[words[1]])
    return f"{words[1]} has no {', '.join(sorted(unknown))}" if unknown else None
