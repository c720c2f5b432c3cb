"""Figure: what the messages are worth: returns when they are heard, replaced, muted, and never learnt with."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SOFT, WIDTH, colour_of
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

ORDER = ("hearing", "other episode", "scrambled", "constant", "noisy", "muted", "trained muted")
WORDS = {
    "hearing": "messages heard",
    "other episode": "messages of other episodes",
    "scrambled": "messages of any steps and episodes",
    "constant": "always the same message",
    "noisy": "half of the symbols are random",
    "muted": "muted at test",
    "trained muted": "trained with the channel muted",
}


class Condition(NamedTuple):
    """One bar."""

    name: str
    mean: float
    interval: tuple[float, float] | None
    n: int | None


def conditions(result: Result) -> list[Condition]:
    """The conditions that have a mean, in a fixed order, unknown ones last."""
    found = [read_condition(name, entry) for name, entry in result.details["conditions"].items()]
    known = [condition for condition in found if condition is not None]
    return sorted(known, key=lambda c: ORDER.index(c.name) if c.name in ORDER else len(ORDER))


def read_condition(name: str, entry: Any) -> Condition | None:
    """One condition, or None where it holds no mean."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("mean"), int | float):
        return None
    ends = entry.get("interval")
    interval = (float(ends[0]), float(ends[1])) if ends else None
    n = entry.get("n")
    return Condition(plain(name, 30), float(entry["mean"]), interval, n if isinstance(n, int) else None)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each condition."""
    return WIDTH, 0.85 + 0.43 * max(1, len(conditions(data)))


def draw(ax: Axes, data: Result) -> None:
    """A bar for each condition with its interval, the number at its end."""
    bars = conditions(data)
    for row, bar in enumerate(bars):
        ax.barh(row, bar.mean, height=0.58, color=colour_of(bar.name))
        if bar.interval is not None:
            ax.plot(bar.interval, [row, row], color=INK, linewidth=1.3)
    far = max((max(bar.mean, *(bar.interval or (0.0,))) for bar in bars), default=0.0)
    near = min((min(bar.mean, *(bar.interval or (0.0,))) for bar in bars), default=0.0)
    reach = (far - min(0.0, near)) or 1.0
    for row, bar in enumerate(bars):
        place = max(bar.mean, *(bar.interval or (0.0,)), 0.0) + 0.02 * reach
        ax.text(place, row, number(bar.mean), va="center", color=INK, fontweight="bold")
    ax.set_yticks(range(len(bars)), [bar_label(bar) for bar in bars])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(ylim=(len(bars) - 0.5, -0.5), xlim=(min(0.0, near * 1.1), far + 0.12 * reach))
    ax.grid(axis="x", color=PALE)
    ax.axvline(0, color=SOFT, linewidth=0.8)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(plain(data.details.get("unit", data.unit)))


def bar_label(bar: Condition) -> str:
    """A condition's name in words, with its episodes."""
    n = f"  (n = {bar.n:,})" if bar.n is not None else ""
    return WORDS.get(bar.name, bar.name) + n


def rows(data: Result) -> list[dict[str, object]]:
    """One row a condition: mean, low, high, n."""
    return [
        {
            "condition": bar.name,
            "mean": bar.mean,
            "low": bar.interval[0] if bar.interval else None,
            "high": bar.interval[1] if bar.interval else None,
            "n": bar.n,
        }
        for bar in conditions(data)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a condition for the report."""
    return [
        {
            "condition": WORDS.get(bar.name, bar.name),
            "mean": bar.mean,
            "95 % interval": span(bar.interval),
            "episodes": bar.n,
        }
        for bar in conditions(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    unit = plain(data.details.get("unit", data.unit))
    return (
        f"Mean {unit} of the same trained agents under different messages, and of agents trained with the channel "
        f"muted; n = {data.n_episodes:,} episodes. Lines on the bars: 95 % intervals over episodes. The main null is "
        "the same agents hearing messages of other episodes at the same step: it keeps how often and what is said, "
        "and breaks what it is about. Muting at test and muting in training bracket what the channel is worth; the "
        "other arms are unlike anything that the agents have heard, so that they can cost more than silence."
    )
