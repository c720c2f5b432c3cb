"""`commlab minds`: what hidden states tell of an agent's own future and of others, beyond what it went through."""

from __future__ import annotations

from typing import Any

from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, progress, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import minds as analysis
from commlab.probes.decode.minds import Minds

__all__ = ["Minds", "look_into", "minds"]


def look_into(run: str | None, question: Minds) -> Result:
    """Return what hidden states of a recording tell beyond histories."""
    with recordings_of(run) as (recording, beside), progress("minds", 1.0) as advance:
        untrained = {name: there for name, there in beside.items() if name == "untrained"}
        result = analysis.fit(recording, question, untrained, lambda done, total: advance(done / total, ""))
        return named_after(result, recording)


def minds(run: str | None, question: Minds, as_json: bool) -> Result:
    """Compare hidden states with histories, save the result beside the recording, and print a table and a sentence."""
    result = look_into(run, question)
    path = result.save(results_of(run))
    if as_json:
        print_json(_summary(result))
    else:
        _print(result)
        out.print(result.sentence, markup=False)
        say(f"Saved {path}.")
    return result


def _summary(result: Result) -> dict[str, Any]:
    """Return what a program asks for first."""
    kept = ("target", "about", "unit", "hidden", "history", "both", "gain", "interval", "p_value", "q_value", "n_rows")
    return {
        "estimate": result.estimate,
        "unit": result.unit,
        "n_episodes": result.n_episodes,
        **{name: result.details[name] for name in ("of", "source", "with_heard", "in_view", "n_null")},
        "rows": [
            {name: row[name] for name in (*kept, "n_episodes", "reason")} | {"found": analysis.has_gain(row)}
            for row in result.details["rows"]
        ],
        "beside": result.details["beside"],
        "sentence": result.sentence,
    }


def _print(result: Result) -> None:
    """Print the table, and why some rows are missing from it."""
    details = result.details
    untrained = details["beside"].get("untrained", {}).get("gains", {})
    told = [row for row in details["rows"] if row["gain"] is not None]
    history = "observed, heard and did" if details["with_heard"] else "observed and did"
    if told:
        table(
            f"What {details['source']} of {details['of']} tells beyond what they {history}",
            ("target", "hidden", "history", "both", "gain", "95 %", "q"),
            [_line(row) for row in told],
        )
        out.print("Scores are balanced accuracy, or R^2 where it says so; * marks a gain that is more than chance.")
    alike = [
        f"{row['target']} {untrained[row['target']]:z.2f}" for row in told if untrained.get(row["target"]) is not None
    ]
    if alike:
        out.print(f"Gains of the untrained network, for comparison: {', '.join(alike)}.", markup=False)
    for row in details["rows"]:
        if row["gain"] is None:
            out.print(f"{row['target']} is undefined, because {row['reason'].rstrip('.')}.", markup=False)
    sighted = any(row.get("steps_counted") == "not in view" for row in told)
    if sighted:
        out.print("Of others only steps count at which they are out of view (--in-view counts all).", markup=False)


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return a row of the table."""
    name = row["target"] if row["unit"] != "R^2" else f"{row['target']} (R^2)"
    scores = tuple(f"{row[part]:z.2f}" for part in ("hidden", "history", "both", "gain"))
    span = f"{row['interval'][0]:z.2f} to {row['interval'][1]:z.2f}" if row["interval"] else "-"
    q = "-" if row["q_value"] is None else f"{row['q_value']:.2g}"
    return (name, *scores, span, f"{q} *" if analysis.has_gain(row) else q)
