"""`commlab behaviour`: where agents are and where they go, over all and by what they heard last."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from commlab.commands.runs import named_after, recordings_of, saved_with_figure
from commlab.console import in_short, out, print_json, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import behaviour as analysis

__all__ = ["Wish", "behaviour", "observe"]

COLUMNS = ("value", "% of steps", "episodes", "% elsewhere", "95 % interval", "null, 95 %", "p among all")


class Wish(NamedTuple):
    """What is to be observed, and how."""

    by: str | None = None
    of: str | None = None
    most: int = 7
    n_null: int = 199
    seed: int = 0


def observe(run: str | None, wish: Wish) -> Result:
    """Return the behaviour in a recording."""
    with recordings_of(run) as (recording, _):
        return named_after(analysis.fit(recording, **wish._asdict()), recording)


def behaviour(run: str | None, wish: Wish, as_json: bool) -> Result:
    """Observe behaviour, save result and figure, and print a table and a sentence."""
    result = observe(run, wish)
    paths = saved_with_figure(result, "behaviour", run)
    if as_json:
        print_json(_summary(result, paths))
        return result
    _print(result)
    say(f"Saved {', '.join(str(path) for path in paths)}.")
    return result


def _summary(result: Result, paths: list[Path]) -> dict[str, Any]:
    """Return the numbers that a program asks for first."""
    details = result.details
    asked = ("of", "target", "n_rows", "values", "reason")
    return {
        **in_short(result),
        **{key: details[key] for key in asked},
        "bits": result.estimate,
        "entropy_place": details.get("entropy_place"),
        "departures": details.get("departures", []),
        "paths": [str(path) for path in paths],
    }


def _print(result: Result) -> None:
    """Print how far each value's steps are from steps over all, and the finding."""
    details = result.details
    parts = {part["value"]: part for part in details["parts"]}
    rows = [
        (
            row["value"], _percent(parts[row["value"]]["share_of_rows"]), parts[row["value"]]["n_episodes"],
            _percent(row["excess"]), _span(row["interval"]), _span((row["null"]["low"], row["null"]["high"])),
            row["p_value"],
        )
        for row in details.get("departures", [])
        if row["value"] in parts
    ]  # fmt: skip
    if rows:
        table(f"Where the {details['words_of']} are, by {details['target']}", COLUMNS, rows)
        out.print(
            "Elsewhere: the share of steps that would have to be in other places for the value to be no different from "
            "all steps, less what whole episodes permuted give.",
            markup=False,
        )
    out.print(result.sentence, markup=False)


def _percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.0f}"


def _span(interval: tuple[float, float] | None) -> str:
    """Return an interval of shares in per cent."""
    return "-" if interval is None else f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f}"
