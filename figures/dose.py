"""Figure: how often the place that a word names is tried first, by what was varied, beside the other arms."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from commlab.figures.look.shading import shade
from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, colour_of
from commlab.figures.wording import estimate_text, number, percent, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

VARIED = ("symbol", "listener", "kinship", "moment", "duration", "slots")
ARMS = {"another": "other symbol", "other episode": "other episode", "silence": "silence"}  # the colour of each
WORDS = {"told": "told the word", "another": "another word", "other episode": "words of another episode"}
MOST_ROWS = 40
LEGEND = 0.42  # inches


class Line(NamedTuple):
    """One cell of the sweep."""

    name: str
    levels: dict[str, Any]  # of what is varied
    rates: dict[str, float]  # by arm
    told: tuple[float, float] | None  # interval
    effect: float
    stands_out: bool
    n: int


def lines(result: Result) -> list[Line]:
    """The cells in which a word could be told, in order."""
    cells = [cell for cell in result.details["cells"] if isinstance(cell.get("rates"), Mapping)]
    varied = varied_in(result)
    return [line_of(cell, varied) for cell in cells]


def varied_in(result: Result) -> list[str]:
    """What has more than one level, or all that there is where nothing has."""
    cells = result.details["cells"]
    several = [name for name in VARIED if len({str(cell.get(name)) for cell in cells}) > 1]
    return several or ["symbol"]


def line_of(cell: Mapping[str, Any], varied: list[str]) -> Line:
    """One cell as a row of the figure."""
    levels = {name: cell[name] for name in varied}
    rates = {arm: float(of["rate"]) for arm, of in cell["rates"].items()}
    ends = cell["rates"]["told"].get("interval")
    p = cell.get("p_adjusted")
    name = ", ".join(level_text(key, value, cell) for key, value in levels.items())
    effect = float(cell["effect"]["mean"])
    told = (float(ends[0]), float(ends[1])) if ends else None
    return Line(plain(name, 44), levels, rates, told, effect, p is not None and p <= 0.05, int(cell["n"]))


def level_text(name: str, value: Any, cell: Mapping[str, Any]) -> str:
    """A level in words."""
    if name == "symbol":
        place = cell.get("place")
        return f"symbol {value}" + (f" (row {place[0]}, column {place[1]})" if place else "")
    if name == "kinship":
        return f"kinship {number(float(value))}"
    if name == "duration":
        return f"{value} step{'' if value == 1 else 's'}"
    if name == "slots":
        return f"{value} slot{'' if value == 1 else 's'}"
    return f"listener {value}" if name == "listener" else str(value)


def is_map(result: Result) -> bool:
    """Whether two things are varied, so that the cells are a map."""
    return len(varied_in(result)) == 2


def grid(result: Result) -> tuple[list[Any], list[Any], np.ndarray[Any, Any]]:
    """The levels of both things that are varied, and the effect of each cell, NaN where there is none."""
    first, second = varied_in(result)
    told = lines(result)
    across = list(dict.fromkeys(line.levels[second] for line in told))
    down = list(dict.fromkeys(line.levels[first] for line in told))
    effects = np.full((len(down), len(across)), np.nan)
    for line in told:
        effects[down.index(line.levels[first]), across.index(line.levels[second])] = line.effect
    return down, across, effects


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each cell, or for each level of a map."""
    n_rows = len(grid(data)[0]) if is_map(data) else min(MOST_ROWS, len(lines(data)))
    return WIDTH, 1.05 + LEGEND + 0.34 * max(1, n_rows)


def draw(ax: Axes, data: Result) -> None:
    """A row for each cell: the share told with its interval, and the other arms as rings; two things varied: a map."""
    if is_map(data):
        draw_map(ax, data)
        return
    told = lines(data)[:MOST_ROWS]
    for row, line in enumerate(told):
        for arm, colour in ARMS.items():
            if arm in line.rates:
                ax.plot(line.rates[arm], row, "o", markersize=6.5, markerfacecolor="white", clip_on=False,
                        markeredgecolor=colour_of(colour), markeredgewidth=1.6, label=WORDS.get(arm, arm))  # fmt: skip
        if line.told is not None:
            ax.plot(line.told, [row, row], color=SPEECH, linewidth=2.4, alpha=0.45)
        ax.plot(line.rates["told"], row, "o", markersize=7.5, color=SPEECH, clip_on=False, label=WORDS["told"])
        ax.text(1.03, row, number(line.effect) + (" *" if line.stands_out else ""), va="center", color=INK,
                transform=ax.get_yaxis_transform())  # fmt: skip
    ax.text(1.03, -0.9, "effect", va="center", color=SOFT, transform=ax.get_yaxis_transform())
    ax.set_yticks(range(len(told)), [line.name for line in told])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(ylim=(len(told) - 0.5, -0.6), xlim=(0, 1))
    ax.set_xticks(np.linspace(0, 1, 6), [f"{tick:.0f}" for tick in np.linspace(0, 100, 6)])
    ax.set_xlabel("place named tried first (% of trials)")
    ax.grid(axis="x", color=PALE)
    ax.spines["left"].set_visible(False)
    handles, labels = ax.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    order = [name for name in ("told the word", *(WORDS.get(arm, arm) for arm in ARMS)) if name in unique]
    ax.legend([unique[name] for name in order], order, loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=4,
              columnspacing=1.1, handletextpad=0.2)  # fmt: skip


def draw_map(ax: Axes, data: Result) -> None:
    """The effect of each cell as a shade and a number."""
    down, across, effects = grid(data)
    first, second = varied_in(data)
    standing = {(line.levels[first], line.levels[second]): " *" if line.stands_out else "" for line in lines(data)}
    texts = [[""] * len(across) for _ in down]
    for row, column in np.argwhere(np.isfinite(effects)):
        texts[row][column] = number(float(effects[row, column])) + standing[down[row], across[column]]
    shade(ax, effects, texts, size=8.8)
    ax.set_yticks(range(len(down)), [plain(number(level), 24) for level in down])
    ax.set_xticks(range(len(across)), [plain(number(level), 24) for level in across])
    ax.set(ylabel=first, xlabel=second)
    ax.set_title("effect: share that tries the place named, less that told another word", pad=8)


def rows(data: Result) -> list[dict[str, object]]:
    """One row a cell: what was varied, the share of each arm, the effect and n."""
    return [
        {
            **{name: str(value) for name, value in line.levels.items()},
            **{arm: line.rates.get(arm) for arm in ("told", *ARMS)},
            "low": line.told[0] if line.told else None,
            "high": line.told[1] if line.told else None,
            "effect": line.effect,
            "stands out": line.stands_out,
            "n": line.n,
        }
        for line in lines(data)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a cell for the report."""
    return [
        {
            "cell": line.name,
            "told": percent(line.rates["told"]),
            "95 % interval": span(line.told),
            "another word": percent(line.rates.get("another")),
            "silence": percent(line.rates.get("silence")),
            "effect": line.effect,
            "trials": line.n,
        }
        for line in lines(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    shown = (
        "Shades and numbers: the effect of each cell"
        if is_map(data)
        else "Dots: share of trials, lines: 95 % intervals"
    )
    anew = data.details.get("places_drawn_anew")
    chance = f" A place drawn anew among the words is tried first in {percent(anew['mean'])}." if anew else ""
    return (
        f"How often listeners try the place that a word names before any other, real speakers being muted, in twins "
        f"that differ by the word alone; n = {data.n_episodes:,} episodes. {shown}; the effect is the share when told "
        f"the word less that when told another word, * where it stands out at 0.05, adjusted for the number of cells."
        f"{chance} Mean effect: {estimate_text(data)} (95 % interval over episodes)."
    )
