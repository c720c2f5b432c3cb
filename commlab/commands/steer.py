"""`commlab steer`: what leads from one value of a target to another is added to hidden states."""

from __future__ import annotations

from typing import NamedTuple

from commlab.commands.hidden import conclude, fitted_on, hand_over
from commlab.console import table
from commlab.foundation.errors import InterventionError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.hidden import steering
from commlab.probes.cause.hidden.cases import Wish

__all__ = ["Steering", "doses_in", "find_steered", "steer"]


class Steering(NamedTuple):
    """How far agents are to be steered, and what it is held against."""

    dose: float = 1.0
    doses: str | None = None  # others to try, with commas
    irrelevant: str | None = None  # the target to compare with; None: one is looked for


def find_steered(run: str | None, wish: Wish, how: Steering, command: str) -> tuple[RunFolder, Result]:
    """Return the run, and where its agents go when they are steered from inside."""
    every = steering.DOSES if how.doses is None else doses_in(how.doses)
    with fitted_on(run, wish.layer) as (folder, checkpoint, recording):
        return folder, steering.fit(checkpoint, recording, wish, how.dose, every, how.irrelevant, command)


def steer(run: str | None, wish: Wish, how: Steering, as_json: bool, command: str) -> Result:
    """Steer, save the result in the run, and print a table and a sentence."""
    folder, result = find_steered(run, wish, how, command)
    if not hand_over(folder, result, as_json):
        return result
    details = result.details
    for outcome, arms in details["outcomes"].items():
        rows = [(at, *(arm[i]["mean"] for arm in arms.values())) for i, at in enumerate(details["doses"])]
        table(f"{details['target']} in {details['layer']} of {details['of']}: {outcome}", ("dose", *arms), rows)
    conclude(result)
    return result


def doses_in(text: str) -> tuple[float, ...]:
    """Return the doses in a list. Raises InterventionError where it holds anything else."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InterventionError(f"--doses takes numbers with commas between, such as 0.5,1,2, not {text!r}.") from None
