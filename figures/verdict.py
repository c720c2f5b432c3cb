"""Figure: the verdict: each part of the evidence with its interval, against what it must be above."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.colour import legible
from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH
from commlab.figures.wording import number, plain, span, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

HOLDS = {True: "holds", False: "does not hold", None: "unclear"}
COLOURS = {True: SPEECH, False: "#d1700a", None: "#8992a0"}
MARKS = {True: "o", False: "X", None: "D"}
ASKS = {
    "signalling": "what is said tells of the world",
    "listening": "which message is heard decides acts",
    "use": "hearing what is so here and now pays",
    "content": "listeners go to what is spoken of",
    "honesty": "what lies to strangers bring the speaker",
}
LEFT, END = -0.32, 1.05  # a row's own scale goes from 0 to 1, or from -1
WORDS = 0.52  # of the scale's length: what stands behind it
NARROW = 1e-12


class Part(NamedTuple):
    """One row."""

    name: str
    estimate: float | None
    interval: tuple[float, float] | None
    unit: str
    bar: float
    holds: bool | None
    says: str


def parts(result: Result) -> list[Part]:
    """The parts of the evidence, in their order."""
    return [read_part(row) for row in result.details["evidence"]]


def read_part(row: Mapping[str, Any]) -> Part:
    """One part as saved."""
    ends = row["interval"]
    interval = (float(ends[0]), float(ends[1])) if ends else None
    return Part(
        plain(row["part"], 20),
        row["estimate"],
        interval,
        plain(row["unit"], 40),
        float(row["bar"]),
        row["holds"],
        plain(row["says"], 200),
    )


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each part."""
    return WIDTH, 0.75 + 0.62 * max(1, len(parts(data)))


def draw(ax: Axes, data: Result) -> None:
    """A forest: every part on a scale of its own up to its largest number, a tick at the bar that it must pass."""
    found = parts(data)
    left = leftmost(found)
    ax.axvline(0, color=PALE, linewidth=1.0, zorder=0)
    for row, part in enumerate(found):
        ax.plot([left, END], [row, row], color=PALE, linewidth=0.7, zorder=0)
        draw_part(ax, row, part, END + 0.05 * (END - left))
    ax.set_yticks(range(len(found)), [f"{part.name}\n{wrapped(ASKS.get(part.name, ''), 38)}" for part in found])
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=8.8)
    ax.set(xlim=(left, END + WORDS * (END - left)), ylim=(len(found) - 0.5, -0.5), xticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_title(plain(data.details["verdict"], 30))


def leftmost(found: list[Part]) -> float:
    """Where the scales begin: a little below zero, or below the lowest mark."""
    known = [part for part in found if part.estimate is not None]
    lowest = [min(part.estimate or 0.0, *(part.interval or (0.0,))) / scale_of(part) for part in known]
    return min([LEFT, *(low - 0.08 for low in lowest)])


def draw_part(ax: Axes, row: int, part: Part, words: float) -> None:
    """One part: the bar, the interval, the estimate, and from x = `words` on whether it holds."""
    colour = COLOURS[part.holds]
    if part.estimate is None:
        ax.text(words, row - 0.13, "nothing to measure", color=SOFT, va="center", fontsize=9.2)
    else:
        scale = scale_of(part)
        low, high = part.interval or (part.estimate, part.estimate)
        ax.plot([part.bar / scale] * 2, [row - 0.26, row + 0.26], color=INK, linewidth=1.1, zorder=2)
        ax.plot([low / scale, high / scale], [row, row], color=colour, linewidth=2.2, zorder=3)
        ax.plot(part.estimate / scale, row, marker=MARKS[part.holds], markersize=7, color=colour, zorder=4)
        ax.text(words, row - 0.13, f"{number(part.estimate)} {part.unit}", color=INK, va="center", fontsize=9.2)
    ax.text(words, row + 0.18, HOLDS[part.holds], color=legible(colour), va="center", fontsize=8.8, fontweight="bold")


def scale_of(part: Part) -> float:
    """What a row's 1 stands for."""
    ends = part.interval or (0.0, 0.0)
    largest = max(abs(part.estimate or 0.0), abs(ends[0]), abs(ends[1]), 4 * part.bar)
    return largest if largest > NARROW else 1.0


def rows(data: Result) -> list[dict[str, object]]:
    """One row a part."""
    return [
        {
            "part": part.name,
            "estimate": part.estimate,
            "low": part.interval[0] if part.interval else None,
            "high": part.interval[1] if part.interval else None,
            "unit": part.unit,
            "bar": part.bar,
            "holds": HOLDS[part.holds],
            "says": part.says,
        }
        for part in parts(data)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a part for the report."""
    return [
        {
            "part": part.name,
            "found": part.estimate,
            "95 % interval": span(part.interval),
            "unit": part.unit,
            "must be above": part.bar,
            "verdict": HOLDS[part.holds],
        }
        for part in parts(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the units, the nulls and the interval."""
    honest = any(part.name == "honesty" for part in parts(data))
    return (
        f"The parts of the evidence, each on a scale of its own; n = {data.n_episodes:,} fresh episodes. Lines: 95 % "
        "intervals over episodes; ticks: what an interval must be above; upright: 0. The nulls: for signalling whole "
        "episodes permuted, for listening the untrained network, for use the messages of other episodes at the same "
        "step, for content exchanged referents, between trials and between messages. Only all four together, "
        "about the same target, are communication."
        + (" Honesty is what false words to strangers bring the speaker, over silence." if honest else "")
    )
