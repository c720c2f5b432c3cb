"""Figure: what hidden states tell beyond an agent's history, target by target."""

from typing import Any

from matplotlib.axes import Axes

from commlab.figures.dots import Dot, draw_dots, height_of, rows_of
from commlab.figures.look.style import WIDTH
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

GROUPS = {"introspection": "of itself", "theory of mind": "of the nearest other"}


def told(result: Result) -> list[dict[str, Any]]:
    """The targets that have a gain."""
    return [row for row in result.details["rows"] if row["gain"] is not None]


def dots(result: Result) -> list[Dot]:
    """A dot a target."""
    untrained = ((result.details.get("beside") or {}).get("untrained") or {}).get("gains") or {}
    return [
        Dot(
            plain(row["target"], 30).replace("_", " ") + (" (R²)" if row["unit"] == "R^2" else ""),
            row["gain"],
            ends(row["interval"]),
            (row["null"]["low"], row["null"]["high"]) if row["null"] else None,
            GROUPS.get(row["about"], plain(row["about"], 30)),
            untrained.get(row["target"]),
            f"{number(row['history'])} → {number(row['both'])}",
        )
        for row in told(result)
    ]


def ends(interval: Any) -> tuple[float, float] | None:
    """An interval as saved."""
    return (float(interval[0]), float(interval[1])) if interval else None


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each target."""
    return WIDTH, height_of(dots(data))


def draw(ax: Axes, data: Result) -> None:
    """The gain for each target, beside its null and the untrained network's."""
    draw_dots(ax, dots(data), "gain in held-out score over the history alone")


def rows(data: Result) -> list[dict[str, object]]:
    """One row a target, with the scores that the gain is between."""
    scores = [{name: row[name] for name in ("unit", "hidden", "history", "both", "q_value")} for row in told(data)]
    return [{**dot, **score} for dot, score in zip(rows_of(dots(data)), scores, strict=True)]


def table(data: Result) -> list[dict[str, object]]:
    """One row a target for the report."""
    return [
        {
            "target": plain(row["target"], 40),
            "history": number(row["history"]),
            "and hidden state": number(row["both"]),
            "gain": number(row["gain"]),
            "95 % interval": span(ends(row["interval"])),
            "q": number(row["q_value"], 3),
        }
        for row in told(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval."""
    details = data.details
    history = "observed, heard and did" if details["with_heard"] else "observed and did"
    methods = sorted({plain(row["null"]["method"]) for row in told(data) if row["null"]})
    ring = " Rings: the untrained network." if any(dot.beside is not None for dot in dots(data)) else ""
    return (
        f"What {plain(details['source'])} of {plain(details['of'])} tells beyond what a recurrent probe makes of all "
        f"that they {history}: the gain in balanced accuracy, or R² where it says so; at the right the score from the "
        f"history, and with the hidden state. n = {data.n_episodes:,} episodes, held out. Lines: 95 % intervals over "
        f"episodes; bands: 95 % of the null ({'; '.join(methods) or 'none drawn'}).{ring} Targets without enough "
        "variety are left out."
    )
