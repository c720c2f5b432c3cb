"""Figure: whether hidden states hold who is kin, agent by agent, and whether what is shown moves it."""

from typing import Any

from matplotlib.axes import Axes

from commlab.figures.dots import Dot, draw_dots, height_of, rows_of, table_of
from commlab.figures.look.style import WIDTH
from commlab.figures.wording import percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

READ, MOVED = "read in untouched episodes (balanced accuracy)", "shown kin instead of strangers (change of the chance)"


def dots(result: Result) -> list[Dot]:
    """For each agent what can be read of it, where kinship varies, and by how much what is shown moves that."""
    agents = result.details["agents"]
    read = [
        Dot(
            name_of(one),
            one["natural"]["balanced_accuracy"],
            ends(one["natural"]["interval"]),
            (one["natural"]["chance"], one["natural"]["chance"]),
            READ,
        )
        for one in agents
        if one["natural"]
    ]
    moved = [
        Dot(
            name_of(one),
            one["moved"]["difference"],
            ends(one["moved"]["interval"]),
            (one["moved"]["null"]["low"], one["moved"]["null"]["high"]) if one["moved"]["null"] else None,
            MOVED,
            note=f"{percent(one['moved']['second'])} → {percent(one['moved']['first'])}",
        )
        for one in agents
    ]
    return [*read, *moved]


def name_of(agent: dict[str, Any]) -> str:
    """An agent with its body."""
    return f"{plain(agent['body'], 20)} {agent['agent']}"


def ends(interval: Any) -> tuple[float, float] | None:
    """An interval as saved."""
    return (float(interval[0]), float(interval[1])) if interval else None


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: two rows for each agent."""
    return WIDTH, height_of(dots(data))


def draw(ax: Axes, data: Result) -> None:
    """What is read, then what is moved."""
    draw_dots(ax, dots(data), "share")


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each agent and question."""
    return rows_of(dots(data))


def table(data: Result) -> list[dict[str, object]]:
    """The same for the report, with the question."""
    told = zip(dots(data), table_of(dots(data)), strict=True)
    return [{"question": dot.group, **row} for dot, row in told]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    method = plain(data.null.method) if data.null else "none"
    return (
        f"Whether a linear probe of the {plain(data.details['layer'])} of each agent reads who is kin, and by how much "
        "the chance of kin that it reads changes where kin are shown instead of strangers, all else being equal (at "
        f"the right: shown strangers, shown kin); n = {data.n_episodes:,} episodes. Lines: 95 % intervals over "
        f"episodes; bands: above chance, below 95 % of the null ({method})."
    )
