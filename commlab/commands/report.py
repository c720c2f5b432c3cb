"""`commlab report`: the figures and the page, drawn from saved results."""

from __future__ import annotations

from pathlib import Path

from commlab.commands.runs import run_of
from commlab.console import say
from commlab.figures.report import write_report

__all__ = ["report"]


def report(run: str | None) -> Path:
    """Write report.html and the figures of a run and say where."""
    path = write_report(run_of(run))
    say(f"Wrote {path} and the figures in {path.parent / 'figures'}.")
    return path
