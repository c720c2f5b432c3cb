"""The page of `commlab --help`: commands by purpose, each with its whole first sentence."""

import os
from collections.abc import MutableMapping
from typing import Any

from typer.core import TyperGroup

__all__ = ["Grouped", "join_options"]

WHOLE = 400  # letters of a first sentence


def join_options(asked: MutableMapping[str, str]) -> None:
    """Take the = out of what bash asks: it gives --target=res as three words, of which typer expects two."""
    if not {"COMP_WORDS", "COMP_CWORD"} <= set(asked):
        return
    between = "\n" if "\n" in asked["COMP_WORDS"] else " "
    words, place = asked["COMP_WORDS"].split(between), int(asked["COMP_CWORD"])
    signs = [i for i, word in enumerate(words[:place]) if word == "="]
    asked["COMP_WORDS"] = between.join(word for i, word in enumerate(words) if i not in signs)
    asked["COMP_CWORD"] = str(place - len(signs))


class Grouped(TyperGroup):
    """Commands under the headings that they were registered with (their `rich_help_panel`)."""

    def _main_shell_completion(self, *given: Any, **named: Any) -> None:
        """Answer a shell that completes. Lines stay whole, which typer would wrap to the width of the terminal."""
        if any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ):
            os.environ["COLUMNS"] = "10000"
            join_options(os.environ)
        super()._main_shell_completion(*given, **named)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = str(getattr(command, "rich_help_panel", None) or "Commands")
                groups.setdefault(heading, []).append((name, command.get_short_help_str(WHOLE)))
        width = max(len(name) for rows in groups.values() for name, _ in rows)
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{width}}", help_) for name, help_ in rows])
