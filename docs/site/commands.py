"""Writes the reference of the command line from the command line itself: a page a command, and one over all of them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

import typer

from commlab.cli import app

__all__ = ["FOLDER", "command_names", "command_pages"]

FOLDER = "reference/commands"
DOCS = Path(__file__).parents[1]
KINDS = {str: "text", int: "whole number", float: "number"}
MORE = {  # where more is said of a command
    "audience": ["audience.md"],
    "behaviour": ["behaviour.md"],
    "cluster": ["clusters.md"],
    "crossplay": ["experiments.md", "understanding.md"],
    "demo": ["index.md"],
    "erase": ["hidden-states.md"],
    "export": ["other-peoples-data.md"],
    "formation": ["clusters.md"],
    "import": ["other-peoples-data.md", "how-to/own-logs.md"],
    "influence": ["verdict.md"],
    "information": ["metrics.md", "decoding.md"],
    "inject": ["experiments.md", "interventions.md", "tutorial.md"],
    "kinship": ["kinship.md"],
    "lexicon": ["decoding.md"],
    "metrics": ["metrics.md"],
    "minds": ["minds.md"],
    "patch": ["hidden-states.md"],
    "probe": ["targets.md", "how-to/own-target.md", "statistics.md"],
    "record": ["file-format.md", "interventions.md"],
    "replay": ["replay.md", "how-to/report-and-replay.md"],
    "report": ["report.md", "how-to/report-and-replay.md", "figures.md"],
    "scenarios": ["scenarios.md", "how-to/own-scenario.md", "world.md"],
    "steer": ["hidden-states.md"],
    "talk": ["talk.md"],
    "train": ["how-to/own-scenario.md", "how-to/many-machines.md"],
    "trajectories": ["behaviour.md"],
    "validate": ["validate.md", "calibration.md"],
    "verdict": ["verdict.md"],
}
OVER_ALL = """\
# Commands

Every command of `commlab`, made from the program itself. `commlab COMMAND --help` says the same in the shell, in less
than half a second.

- **Which run?** `RUN` is a run's name or folder. Left out, it is the run whose training completed last; where there is
  none, the trained agents that ship with commlab, which are copied to `runs/sample`. Commands that only read take a
  recording's file, too.
- **Where does it go?** Results go to `runs/NAME/results/`, a file a result; every command says what it wrote.
- **For programs**: `--json` prints one object on standard output; sentences for people go to standard error.
- **Exit status**: 0 done, 1 not as promised (a check that failed), 2 a mistake in what was asked, in one sentence, 130
  interrupted.
"""


def command_names() -> list[str]:
    """The commands' names, in the order in which help lists them."""
    return list(group().commands)


def command_pages() -> dict[str, str]:
    """Every page of the commands' reference: its path among the documents, and its Markdown."""
    pages = {f"{FOLDER}/index.md": over_all()}
    for name, command in group().commands.items():
        pages[f"{FOLDER}/{name}.md"] = page(name, command)
    return pages


def group() -> Any:
    """The whole command line as typer has it."""
    return typer.main.get_command(app)


def over_all() -> str:
    """The page over all commands, under the headings of help."""
    lines, above = [OVER_ALL], None
    for name, command in group().commands.items():
        if command.rich_help_panel != above:
            above = command.rich_help_panel
            lines += [f"\n## {above}\n", "| command | does |", "|---|---|"]
        lines.append(f"| [`{name}`]({name}.md) | {cell(summary(command))} |")
    return "\n".join([*lines, "", "## Before the command", "", *options(group())]) + "\n"


def page(name: str, command: Any) -> str:
    """The page of one command."""
    arguments = [param for param in command.params if not param.opts[0].startswith("-")]
    usage = " ".join([f"commlab {name}", "[OPTIONS]", *map(placeholder, arguments)])
    text, examples = parts(command)
    lines = [f"---\ntitle: {name}\n---\n", f"# commlab {name}", "", text, "", "```text", usage, "```", ""]
    if examples:
        lines += ["## Examples", "", "```sh", commented(examples), "```", ""]
    if arguments:
        lines += ["## Arguments", "", *table("argument", arguments), ""]
    lines += ["## Options", "", *options(command), ""]
    more = [path for path in MORE.get(name, ()) if (DOCS / path).exists()]
    if more:
        lines += ["## More", "", *(f"- [{title_of(path)}](../../{path})" for path in more), ""]
    return "\n".join(lines)


def parts(command: Any) -> tuple[str, str]:
    """What a command's docstring says, and the examples in it."""
    text, _, examples = (command.help or "").partition("\b")
    examples, _, after = inspect.cleandoc(examples).partition("\n\n")
    return "\n\n".join(filter(None, (text.strip(), after.strip()))), examples.strip()


def commented(examples: str) -> str:
    """Examples with what each does above it, so that lines are short."""
    lines = []
    for line in inspect.cleandoc(examples).splitlines():
        command, _, remark = line.strip().partition("   ")
        lines += [f"# {remark.strip()}", command] if remark else [command]
    return "\n".join(lines)


def title_of(path: str) -> str:
    """The heading of a document."""
    return (DOCS / path).read_text(encoding="utf-8").split("# ", 1)[1].splitlines()[0]


def summary(command: Any) -> str:
    """The first paragraph of a command's docstring."""
    return " ".join(parts(command)[0].split("\n\n")[0].split())


def placeholder(argument: Any) -> str:
    """An argument as usage shows it."""
    shown = argument.name.upper() + ("..." if argument.nargs != 1 else "")
    return shown if argument.required else f"[{shown}]"


def options(command: Any) -> list[str]:
    """The table of a command's options."""
    shown = [param for param in command.params if param.opts[0].startswith("-") and not param.hidden]
    return table("option", shown) if shown else ["It has no options of its own."]


def table(what: str, params: list[Any]) -> list[str]:
    """A table of arguments or options: how each is spelt, what it is for, what it takes and is by default."""
    rows = [f"| {what} | |", "|---|---|"]
    for param in params:
        facts = ", ".join(filter(None, (kind(param), default(param))))
        rows.append(f"| {names(param)} | {cell(param.help or '')}{f'<br><small>{facts}</small>' if facts else ''} |")
    return rows


def names(param: Any) -> str:
    """How a parameter is spelt."""
    if not param.opts[0].startswith("-"):
        return f"`{placeholder(param)}`"
    return "<br>".join(f"`{name}`" for name in [*param.opts, *param.secondary_opts])


def kind(param: Any) -> str:
    """What a parameter takes."""
    if getattr(param, "is_flag", False):
        return ""
    annotation = param.type_descriptor.annotation
    inner = next((arg for arg in get_args(annotation) if arg is not type(None)), annotation)
    name = KINDS.get(inner) or ("file" if getattr(inner, "__name__", "") == "Path" else "text")
    if param.min is not None or param.max is not None:
        name += f", {bounds(param)}"
    return name + (", may be repeated" if param.multiple else "")


def bounds(param: Any) -> str:
    """Between which numbers a parameter lies."""
    if param.max is None:
        return f"{param.min:,} or more"
    return f"{param.min:,} to {param.max:,}"


def default(param: Any) -> str:
    """What a parameter is when it is not given; nothing where its sentence tells."""
    if param.required:
        return "required"
    if param.default is None or param.default is False or callable(param.default):
        return ""
    return f"by default `{param.default}`"


def cell(text: str) -> str:
    """Text within a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
