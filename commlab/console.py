"""Talking to the person at the terminal: sentences, tables, progress bars. Results go to stdout, the rest to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from commlab.foundation.result import Result, to_plain

__all__ = ["Advance", "in_short", "out", "print_json", "progress", "quietly", "say", "table"]


def _console(stderr: bool) -> Console:
    """Return a console; without colours, and so without any escape codes in text, where the person wants none."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return Console(stderr=stderr, highlight=False, soft_wrap=True, color_system=None)
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


out, err = _console(stderr=False), _console(stderr=True)
Advance = Callable[[float, str], None]  # how much is done, and what is to be shown beside the bar
_LINES = 10  # of a progress bar in a log


@contextmanager
def quietly(quiet: bool = True) -> Iterator[None]:
    """Print nothing but errors and JSON objects while the block runs."""
    before = out.quiet, err.quiet
    out.quiet, err.quiet = (True, True) if quiet else before
    try:
        yield
    finally:
        out.quiet, err.quiet = before


def say(sentence: str) -> None:
    """Tell the person something on the way."""
    err.print(sentence, markup=False)


def print_json(data: Mapping[str, Any]) -> None:
    """Print data as one JSON object."""
    sys.stdout.write(json.dumps(to_plain(data), indent=1) + "\n")


def in_short(result: Result) -> dict[str, Any]:
    """Return what a program asks of a result first."""
    return {
        "sentence": result.sentence,
        "estimate": result.estimate,
        "interval": result.interval,
        "p_value": result.p_value,
        "unit": result.unit,
        "n_episodes": result.n_episodes,
    }


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers stand to the right."""
    drawn = Table(title=escape(title), title_justify="left", title_style="bold", header_style="bold")
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(_text(value)) for value in row))
    out.print(drawn)


def _text(value: Any) -> str:
    """Return a cell's text."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, tuple | list):
        return " to ".join(_text(part) for part in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress(what: str, total: float) -> Iterator[Advance]:
    """Show a bar with the time left while the block runs; in a log or a pipe, a line every tenth of the way."""
    if err.quiet:
        yield lambda done, beside: None
        return
    if _can_redraw():
        with _bar() as bar:
            task = bar.add_task(what, total=total, beside="")
            yield lambda done, beside: bar.update(task, completed=done, beside=beside)
        return
    shown = [-1]

    def log(done: float, beside: str) -> None:
        tenth = int(_LINES * done / total)
        if tenth > shown[0]:
            shown[0] = tenth
            say(f"{what}: {min(100 * done / total, 100):.0f} %  {beside}".rstrip())

    yield log


def _can_redraw() -> bool:
    """Whether a bar can be drawn over itself: on a real terminal that knows how."""
    return sys.stderr.isatty() and err.is_terminal and not err.is_dumb_terminal and not err.is_jupyter


def _bar() -> Progress:
    """Return a progress bar in our style."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[beside]}"),
        console=err,
        refresh_per_second=4,
    )
