"""`commlab erase`: what a linear probe could read of a target is taken out of hidden states at every step."""

from __future__ import annotations

from typing import Any

from commlab.commands.hidden import conclude, fitted_on, hand_over
from commlab.console import table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.hidden import erasure
from commlab.probes.cause.hidden.cases import Wish

__all__ = ["erase", "find_lost"]


def find_lost(run: str | None, wish: Wish, irrelevant: str | None, command: str) -> tuple[RunFolder, Result]:
    """Return the run, and what its agents lose with a target."""
    with fitted_on(run, wish.layer) as (folder, checkpoint, recording):
        return folder, erasure.fit(checkpoint, recording, wish, irrelevant, command)


def erase(run: str | None, wish: Wish, irrelevant: str | None, as_json: bool, command: str) -> Result:
    """Erase, save the result in the run, and print tables and a sentence."""
    folder, result = find_lost(run, wish, irrelevant, command)
    if not hand_over(folder, result, as_json):
        return result
    details = result.details
    arms = [name for name in erasure.ARMS if name in details["returns"]]
    measured = [details[measure] for measure in ("returns", "obeyed") if details[measure]]
    rows = [
        (name, *(part for rows in measured for part in _mean_of(rows[name])))
        for name in arms
        if all(name in rows for rows in measured)
    ]
    columns = ("arm", "return", "95 %", "goes where a crystal is", "95 %")
    table("What agents earn and do", columns[: 1 + 2 * len(measured)], rows)
    readings = [
        (row["arm"], row["target"], row["source"], row["model"], row["score"], row["interval"], row["null"])
        for row in details["readings"]
    ]
    table("What can be decoded then", ("arm", "target", "from", "probe", "score", "95 %", "null"), readings)
    conclude(result)
    return result


def _mean_of(row: dict[str, Any]) -> tuple[Any, Any]:
    """Return an arm's mean and interval; of what was drawn several times the mean of the draws and their range."""
    shown = row.get("draws", row)
    return shown["mean"], shown["interval"]
