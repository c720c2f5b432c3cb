"""Figure: whether listeners go to what a message was about elsewhere, beside both of its nulls."""

from matplotlib.axes import Axes

from commlab.figures.dots import Dot, draw_dots, height_of, rows_of, table_of
from commlab.figures.look.style import WIDTH
from commlab.figures.wording import number, p_text, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]


def dots(result: Result) -> list[Dot]:
    """The score against referents exchanged between trials, and against those exchanged between messages."""
    if result.estimate is None:
        raise ValueError("nothing was measured")
    null = (result.null.low, result.null.high) if result.null else None
    other = result.details["relabelled"]
    band = (other["mean"], other["high"]) if other.get("high") is not None else None
    return [
        Dot("referents of other trials", result.estimate, result.interval, null, note=f"p = {p_text(result.p_value)}"),
        Dot("referents of other messages", other["score"], None, band, note=f"p = {p_text(other['p_value'])}"),
    ]


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, height_of(dots(data)) + 0.2


def draw(ax: Axes, data: Result) -> None:
    """The two tests under each other."""
    draw_dots(ax, dots(data), f"{plain(data.unit)} to what the message was about, than the twin")


def rows(data: Result) -> list[dict[str, object]]:
    """One row a test; the second null is held against from above alone, and has a mean instead of a low end."""
    first, second = rows_of(dots(data))
    mean = data.null.mean if data.null else None
    return [first | {"null_mean": mean}, second | {"null_low": None, "null_mean": second["null_low"]}]


def table(data: Result) -> list[dict[str, object]]:
    """The same for the report."""
    first, second = table_of(dots(data))
    other = data.details["relabelled"]
    return [first, second | {"null, 95 %": f"{number(other['mean'])}, up to {number(other.get('high'))}"}]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    details = data.details
    return (
        f"Listeners told what was said in another episode, beside twins told something else: how many cells closer "
        f"they are to what it was said of, mean over {details['span']} steps; n = {data.n_episodes:,} episodes, one "
        f"trial each. Closer in {percent(details['toward'])} of trials, farther in {percent(details['away'])}. Line: "
        f"95 % interval over episodes. Bands are the nulls: above 95 % of the scores with referents exchanged between "
        f"trials; below, from the mean to the highest of 95 %, between the {details['relabelled']['n_messages']} "
        f"messages, which asks whether listeners take each as speakers mean it."
    )
