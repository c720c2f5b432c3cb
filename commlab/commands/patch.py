"""`commlab patch`: agents are given the hidden state that they had in another episode."""

from __future__ import annotations

from commlab.commands.hidden import conclude, fitted_on, hand_over
from commlab.console import table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.hidden import patching
from commlab.probes.cause.hidden.cases import Wish

__all__ = ["find_exchanged", "patch"]

DOES = {"place": "goes first to the place", "said": "says the value", "action": "bits of the next action"}


def find_exchanged(run: str | None, wish: Wish, command: str) -> tuple[RunFolder, Result]:
    """Return the run, and what its agents do with the hidden state of another episode."""
    with fitted_on(run, wish.layer) as (folder, checkpoint, recording):
        return folder, patching.fit(checkpoint, recording, wish, command)


def patch(run: str | None, wish: Wish, as_json: bool, command: str) -> Result:
    """Patch, save the result in the run, and print a table and a sentence."""
    folder, result = find_exchanged(run, wish, command)
    if not hand_over(folder, result, as_json):
        return result
    details = result.details
    outcomes = details["outcomes"]
    rows = [
        (name, *(part for rows in outcomes.values() for part in (rows[name]["mean"], rows[name]["interval"])))
        for name in patching.ARMS
    ]
    columns = [part for outcome in outcomes for part in (DOES[outcome], "95 %")]
    table(f"{details['target']} in {details['layer']} of {details['of']}", ("given", *columns), rows)
    conclude(result)
    return result
