"""`commlab information`: how many bits messages carry about a target, to whom, and beyond what else."""

from __future__ import annotations

from typing import Any, NamedTuple

from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import information as analysis

__all__ = ["Wish", "count", "information", "summary"]

SHOWN = 12  # pairs in the table


class Wish(NamedTuple):
    """What is to be counted, and how."""

    target: str = "resource_location"
    of: str | None = None
    lag: int = 0
    n_null: int = 199
    seed: int = 0
    given: str | None = None
    by_kinship: bool = False


def count(run: str | None, wish: Wish) -> Result:
    """The information in a recording."""
    with recordings_of(run) as (recording, _):
        return named_after(analysis.fit(recording, **wish._asdict()), recording)


def information(run: str | None, wish: Wish, as_json: bool) -> Result:
    """Count the information in a recording, save the result beside it, and print tables and a sentence."""
    result = count(run, wish)
    path = result.save(results_of(run))
    if as_json:
        print_json(summary(result))
        return result
    print_estimates(result)
    print_audience(result.details.get("by_audience"))
    print_pairs(result.details["pairs"])
    out.print(result.sentence, markup=False)
    say(f"Saved {path}.")
    return result


def summary(result: Result) -> dict[str, Any]:
    """The numbers that a program asks for first."""
    details = result.details
    asked = ("target", "of", "lag", "n_rows", "entropy_said", "entropy_target", "silence")
    return {
        **{key: details[key] for key in asked},
        "bits": result.estimate,
        "interval": result.interval,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        "plug_in": details["plug_in"],
        "miller_madow": details["miller_madow"],
        "given": details["given"]["target"] if "given" in details else None,
        "unconditional": details.get("unconditional"),
        "circular_shift": details["circular_shift"],
        "per_speaker": details.get("per_speaker", []),
        "by_audience": details.get("by_audience"),
        "pairs": details["pairs"],
        "sentence": result.sentence,
    }


def print_estimates(result: Result) -> None:
    """Print the headline with every estimate beside it."""
    details = result.details
    plain = details.get("unconditional") or {"bits": result.estimate, "interval": result.interval}
    p_value = plain.get("p_value", result.p_value)
    rows: list[tuple[str, Any, Any, Any]] = [("corrected", plain["bits"], plain["interval"], p_value)]
    if "given" in details:
        rows.append((f"given {details['given']['target']}", result.estimate, result.interval, result.p_value))
    turned = details["circular_shift"]
    rows += [
        ("plug-in", details["plug_in"], None, None),
        ("plug-in, Miller-Madow", details["miller_madow"], None, None),
        ("less circular shifts", turned.get("corrected"), None, turned["p_value"]),
        ("entropy of what is said", details["entropy_said"], None, None),
        ("entropy of the target", details["entropy_target"], None, None),
    ]
    rows += [
        (f"agent {one['agent']} alone", one["bits"], one["interval"], one["p_value"])
        for one in details.get("per_speaker", [])
        if len(details["per_speaker"]) > 1
    ]
    table(f"Information about {details['target']} (bits)", ("what", "bits", "95 % interval", "p"), rows)
    if turned["reason"]:
        out.print(turned["reason"], markup=False)


def print_audience(audience: list[dict[str, Any]] | None) -> None:
    """Print the information of what kin, strangers, both or nobody heard."""
    if audience is None:
        return
    rows = [
        (one["audience"] or "-", one["bits"], one.get("interval"), one.get("p_value"), one["reason"] or "")
        for one in audience
    ]
    table("By who heard it (bits)", ("heard by", "bits", "95 % interval", "p", "undefined, because"), rows)


def print_pairs(pairs: list[dict[str, Any]]) -> None:
    """Print which message goes with which value."""
    rows = [
        (pair["message"], pair["value"], pair["npmi"], pair["n"], pair["share_of_message"], pair["p_value"])
        for pair in pairs[:SHOWN]
    ]
    title = "Which message goes with which value (p over all pairs together)"
    table(title, ("message", "value", "NPMI", "steps", "share of the message", "p"), rows)
