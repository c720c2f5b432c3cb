"""The training curves of a run's train.csv."""

import csv
import math
from pathlib import Path
from typing import NamedTuple

__all__ = ["Curve", "read_curve"]


class Curve(NamedTuple):
    """The training curve of one run."""

    label: str  # "hearing" or "trained muted"
    agent_steps: tuple[float, ...]  # increasing
    returns: tuple[float, ...]  # mean return of the episodes that ended since the row before


def read_curve(path: Path, label: str) -> Curve | None:
    """The columns `agent_steps` and `return` of a train.csv; None where the file or its rows are missing, or no CSV.

    Rows in which no episode ended (an empty return) are left out, and so is a last row cut off by a kill.
    """
    if not path.is_file():
        return None
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            pairs = [(real(row.get("agent_steps")), real(row.get("return"))) for row in csv.DictReader(file)]
    except csv.Error:
        return None
    rows = [(steps, value) for steps, value in pairs if steps is not None and value is not None]
    if not rows:
        return None
    return Curve(label, tuple(steps for steps, _ in rows), tuple(value for _, value in rows))


def real(text: str | None) -> float | None:
    """The finite number that `text` spells, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
