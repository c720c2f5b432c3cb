"""Rows of dots: values with their intervals, beside what chance gives; what several figures are made of."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SOFT, SPEECH
from commlab.figures.wording import number, span

__all__ = ["Dot", "dots_of_groups", "draw_dots", "height_of", "rows_of", "table_of"]

NULL_COLOUR = "#c3cad3"
ROW, FRAME = 0.27, 0.72  # inches: of a row, and around all of them


class Dot(NamedTuple):
    """One value."""

    label: str
    value: float
    interval: tuple[float, float] | None = None
    null: tuple[float, float] | None = None  # 95 % of what chance gives
    group: str = ""
    beside: float | None = None  # the same of something to compare with: a ring
    note: str = ""  # at the right


def dots_of_groups(dots: Sequence[Dot]) -> list[tuple[str, list[Dot]]]:
    """Dots under the names of their groups, in order of first appearance."""
    order = list(dict.fromkeys(dot.group for dot in dots))
    kept = sorted(dots, key=lambda dot: order.index(dot.group))
    return [(name, list(group)) for name, group in groupby(kept, key=lambda dot: dot.group)]


def height_of(dots: Sequence[Dot]) -> float:
    """The height in inches that `draw_dots` needs."""
    return FRAME + ROW * max(1, len(dots) + sum(bool(name) for name, _ in dots_of_groups(dots)))


def draw_dots(ax: Axes, dots: Sequence[Dot], words: str) -> None:
    """A row a dot, with its interval and its null, under the name of its group; `words` name the axis."""
    if not dots:
        raise ValueError("there is no value to draw")
    places, y = [], 0
    for name, group in dots_of_groups(dots):
        if name:
            heading = ax.text(0.0, y, name, transform=ax.get_yaxis_transform(), color=SOFT, fontsize=8.6, va="center")
            heading.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # over the lines of the grid
            y += 1
        for dot in group:
            draw_dot(ax, dot, y)
            places.append((y, dot.label))
            y += 1
    ax.set(ylim=(max(y, 1) - 0.5, -0.5))
    ax.set_yticks([place for place, _ in places], [label for _, label in places])
    ax.axvline(0, color=SOFT, linewidth=0.8, zorder=1)
    ax.use_sticky_edges = False  # a null at 0 is seen whole
    ax.margins(x=0.05)
    ax.grid(axis="x", color=PALE)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.tick_params(axis="x", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel(words)


def draw_dot(ax: Axes, dot: Dot, y: float) -> None:
    """One row: what chance gives as a band, what it is compared with as a ring, the value with its interval."""
    if dot.null is not None:
        low, high = dot.null
        ax.barh(y, high - low, left=low, height=0.56, color=NULL_COLOUR, edgecolor=NULL_COLOUR, linewidth=1.4, zorder=2)
    if dot.beside is not None:
        ax.plot(dot.beside, y, "o", color=SOFT, markerfacecolor="white", markersize=5.4, markeredgewidth=1.2, zorder=3)
    if dot.interval is not None:
        ax.plot(dot.interval, [y, y], color=SPEECH, linewidth=1.8, zorder=4)
    ax.plot(dot.value, y, "o", color=SPEECH, markersize=5.4, zorder=5)
    if dot.note:
        ax.text(1.015, y, dot.note, transform=ax.get_yaxis_transform(), color=SOFT, fontsize=8.2, va="center")


def rows_of(dots: Sequence[Dot]) -> list[dict[str, object]]:
    """One row a dot, for the CSV."""
    return [
        {
            "group": dot.group,
            "what": dot.label,
            "value": dot.value,
            "low": dot.interval[0] if dot.interval else None,
            "high": dot.interval[1] if dot.interval else None,
            "null_low": dot.null[0] if dot.null else None,
            "null_high": dot.null[1] if dot.null else None,
            "beside": dot.beside,
        }
        for dot in dots
    ]


def table_of(dots: Sequence[Dot]) -> list[dict[str, object]]:
    """One row a dot, for the report."""
    return [
        {
            "what": dot.label,
            "value": number(dot.value),
            "95 % interval": span(dot.interval),
            "null, 95 %": span(dot.null),
        }
        for dot in dots
    ]
