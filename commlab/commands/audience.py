"""`commlab audience`: who is heard by whom, how often, and whether agents speak more where kin can hear them."""

from __future__ import annotations

from typing import Any

from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import audience as analysis

__all__ = ["audience", "count"]

MOST_AGENTS = 12  # in the table of pairs


def count(run: str | None, n_null: int, seed: int) -> Result:
    """Return who hears whom in a recording."""
    with recordings_of(run) as (recording, _):
        return named_after(analysis.fit(recording, n_null, seed), recording)


def audience(run: str | None, n_null: int, seed: int, as_json: bool) -> Result:
    """Count who hears whom in a recording, save the result beside it, and print tables and a sentence."""
    result = count(run, n_null, seed)
    path = result.save(results_of(run))
    if as_json:
        print_json(summary(result))
        return result
    print_matrix(result.details)
    print_shares("Listeners spoken to within earshot, by kinship (share of steps)", result.details["pairs"])
    print_shares("Speech, by the mean kinship of those within earshot (share of steps)", result.details["audiences"])
    out.print(result.sentence, markup=False)
    say(f"Saved {path}.")
    return result


def summary(result: Result) -> dict[str, Any]:
    """The result for programs."""
    details = result.details
    return {
        "estimate": result.estimate,
        "unit": result.unit,
        "interval": result.interval,
        "p_value": result.p_value,
        "null": vars(result.null) if result.null else None,
        "n_episodes": result.n_episodes,
        "sentence": result.sentence,
        **{key: details[key] for key in ("reason", "speakers", "pairs", "audiences", "heard_by_kinship", "heard")},
    }


def print_matrix(details: dict[str, Any]) -> None:
    """Print how often each listener hears each speaker, where agents are few."""
    if details["n_agents"] > MOST_AGENTS:
        return
    speakers = details["speakers"]
    rows = [
        (f"agent {listener}", *(percent(row[speaker]) for speaker in speakers))
        for listener, row in enumerate(details["heard"])
    ]
    table("Who is heard by whom (share of steps)", ("listener", *(f"hears {one}" for one in speakers)), rows)


def percent(cell: dict[str, Any] | None) -> str:
    """A share as a person reads it."""
    return "" if cell is None else f"{100 * cell['share']:.0f} %"


def print_shares(title: str, shares: list[dict[str, Any]]) -> None:
    """Print shares by kinship, with their nulls."""
    rows = [
        (one["level"], one["share"], one["interval"], one["null"] and (one["null"]["low"], one["null"]["high"]),
         one["n_episodes"])
        for one in shares
    ]  # fmt: skip
    table(title, ("kinship", "share", "95 % interval", "with other episodes' speech", "episodes"), rows)
