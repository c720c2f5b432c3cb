"""`commlab trajectories`: the courses of hidden states, by what was heard last or any other target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commlab.commands.runs import named_after, recordings_of, saved_with_figure
from commlab.console import in_short, out, print_json, progress, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import trajectories as analysis
from commlab.probes.decode.trajectories import Wish

__all__ = ["Wish", "follow", "trajectories"]

COLUMNS = ("step", "% of variance told", "95 % interval", "null, 95 %", "p among all", "rows")


def follow(run: str | None, wish: Wish) -> Result:
    """Return the courses in a recording."""
    with recordings_of(run) as (recording, _), progress("following courses", 1.0) as advance:
        result = analysis.fit(recording, **wish._asdict(), watch=lambda done, total: advance(done / total, ""))
        return named_after(result, recording)


def trajectories(run: str | None, wish: Wish, as_json: bool) -> Result:
    """Follow courses, save result and figure, and print a table and a sentence."""
    result = follow(run, wish)
    paths = saved_with_figure(result, "trajectories", run)
    if as_json:
        print_json(_summary(result, paths))
        return result
    _print(result)
    say(f"Saved {', '.join(str(path) for path in paths)}.")
    return result


def _summary(result: Result, paths: list[Path]) -> dict[str, Any]:
    """Return the numbers that a program asks for first."""
    details = result.details
    asked = ("source", "of", "target", "plane", "before", "steps", "values", "left_out", "by_step", "reason")
    return {
        **in_short(result),
        **{key: details[key] for key in asked},
        "variance_in_plane": details["variance_in_plane"],
        "share_in_all_dimensions": details["share_in_all_dimensions"],
        "paths": [str(path) for path in paths],
    }


def _print(result: Result) -> None:
    """Print what the value tells at each step, and the finding."""
    details = result.details
    rows = [
        (
            row["step"], f"{100 * row['share']:z.0f}", _span(row["interval"]),
            _span(row["null"] and (row["null"]["low"], row["null"]["high"])), row["p_value"], row["n_rows"],
        )
        for row in details["by_step"]
    ]  # fmt: skip
    table(f"How far apart courses run, by {details['target']}, at each step since it began", COLUMNS, rows)
    courses = ", ".join(f"{course['value']} ({course['n_episodes']})" for course in details["courses"])
    rarer = f"; left out, as rarer: {', '.join(details['left_out'])}" if details["left_out"] else ""
    out.print(f"Values, with the held-out episodes in which they begin: {courses}{rarer}.", markup=False)
    out.print(result.sentence, markup=False)


def _span(interval: tuple[float, float] | None) -> str:
    """Return an interval of shares in per cent."""
    return "-" if interval is None else f"{100 * interval[0]:z.0f} to {100 * interval[1]:z.0f}"
