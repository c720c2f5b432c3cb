"""Figure: how many bits of listeners' next action it decides which message they hear."""

from typing import Any

from matplotlib.axes import Axes

from commlab.figures.dots import Dot, draw_dots, height_of, rows_of, table_of
from commlab.figures.look.style import WIDTH
from commlab.figures.wording import number, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

MEASURES = {
    "marginal": "messages as often as said",
    "uniform": "all messages alike",
    "spoken": "silence left out",
    "every_step": "at every step",
    "given_state": "as said in that state",
    "social": "the one really said",
}
MOST = 12  # messages that are shown, the most frequent


def dots(result: Result) -> list[Dot]:
    """A dot a measure, then one a message."""
    untrained = result.details.get("untrained") or {}
    measures = [
        Dot(
            MEASURES[name],
            found["mean"],
            ends(found),
            ends(untrained.get(name)),
            "which message is heard",
            note=f"n = {found['n']:,}",
        )
        for name, found in result.details["measures"].items()
        if name in MEASURES and found and found["mean"] is not None
    ]
    messages = [
        Dot(
            "message " + " ".join(str(symbol) for symbol in row["message"]),
            row["bits"],
            group="hearing one message rather than the others",
            note=f"{percent(row['share'])} of speech",
        )
        for row in result.details["messages"][:MOST]
        if row["bits"] is not None
    ]
    return [*measures, *messages]


def ends(found: Any) -> tuple[float, float] | None:
    """The interval of a saved mean."""
    return (float(found["interval"][0]), float(found["interval"][1])) if found and found["interval"] else None


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each measure and message."""
    return WIDTH, height_of(dots(data))


def draw(ax: Axes, data: Result) -> None:
    """The measures, then the messages."""
    draw_dots(ax, dots(data), "bits of the listener's next action")


def rows(data: Result) -> list[dict[str, object]]:
    """One row a measure and message."""
    return rows_of(dots(data))


def table(data: Result) -> list[dict[str, object]]:
    """The same for the report."""
    return table_of(dots(data))


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval."""
    method = plain(data.null.method) if data.null else "none"
    where = " at moments at which they carry nothing" if data.details.get("carrying_nothing") else ""
    shown = min(MOST, len(data.details["messages"]))
    return (
        f"Bits of listeners' next action that are decided by which message they hear{where}, asked of their policy "
        f"message by message; n = {data.n_episodes:,} episodes. Lines: 95 % intervals over episodes; the null is the "
        f"{method}, drawn as a band with its own interval. Below, without intervals, the {shown} most frequent "
        f"messages. Somebody listens from {number(data.details.get('bar'))} bits on. It says that agents react, not "
        "that they understand."
    )
