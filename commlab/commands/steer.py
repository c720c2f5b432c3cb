"""`commlab steer`: what leads from one value of a target to another is added to hidden states."""

from __future__ import annotations

from commlab.commands.hidden import conclude, fitted_on, hand_over
from commlab.console import table
from commlab.foundation.errors import InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.hidden import steering
from commlab.probes.cause.hidden.cases import Wish

__all__ = ["doses_in", "steer"]


def steer(
    run: str | None,
    wish: Wish,
    dose: float,
    doses: str | None,
    irrelevant: str | None,
    as_json: bool,
    command: str,
) -> Result:
    """Steer, save the result in the run, and print a table and a sentence."""
    every = steering.DOSES if doses is None else doses_in(doses)
    with fitted_on(run, wish.layer) as (folder, checkpoint, recording):
        result = steering.fit(checkpoint, recording, wish, dose, every, irrelevant, command)
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
