"""Figure: the map of what can be read where: targets down, sources across, and in each cell the course over lags.

A cell holds the score at lag 0 on a shade that says how much of what chance leaves is read, and beside it the scores at
every lag over the band of their nulls. What does not stand out over the whole map has no shade.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from commlab.figures.look.style import INK, PALE, SEQUENTIAL, SOFT, SPEECH, WIDTH, bare
from commlab.figures.look.themes import text_on
from commlab.figures.wording import number, p_text, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

MOST_ROWS = 36  # targets; the CSV holds them all
MOST_COLUMNS = 9
ROW = 0.235  # inches
HEAD, FOOT = 0.46, 0.50  # inches: names of sources; the lags and the key
LABEL = 1.62  # inches: names of targets
NUMBER = 0.36  # inches: a cell's number
LEAST_COURSE = 0.22  # inches: where less is left, only numbers are drawn
SIGNIFICANT = 0.05
NULL_BAND = "#d0d6de"
ORDER = ("said", "emitted", "heard", "observation", "hidden", "value", "logits")
FAINT = "#f5f7f9"

Column = tuple[str, str]  # source, of
Cell = Mapping[str, Any]


class Layout(NamedTuple):
    """What is drawn where."""

    targets: list[str]  # the best read first
    columns: list[Column]
    cells: dict[tuple[str, Column], dict[int, Cell]]  # by lag
    lags: list[int]
    lag: int  # whose number is written: 0, or the nearest to it

    @property
    def column_width(self) -> float:
        """Inches of a source's column."""
        return (WIDTH - LABEL) / max(1, len(self.columns))


def layout(data: Result) -> Layout:
    """The cells in their places; targets by the best that is read of them, sources from speech inwards."""
    cells: dict[tuple[str, Column], dict[int, Cell]] = {}
    for cell in data.details["cells"]:
        cells.setdefault((cell["target"], (cell["source"], cell["of"])), {})[int(cell["lag"])] = cell
    best: dict[str, float] = {}
    for (target, _), found in cells.items():
        best[target] = max(best.get(target, -1.0), *(skill(cell) for cell in found.values()))
    lags = sorted(int(lag) for lag in data.details["lags"])
    columns = sorted({column for _, column in cells}, key=lambda column: (rank(column[0]), column))
    return Layout(
        sorted(best, key=lambda target: (-best[target], target)),
        columns[:MOST_COLUMNS],
        cells,
        lags,
        min(lags, key=abs),
    )


def rank(source: str) -> int:
    """A source's place from speech inwards."""
    return next((place for place, name in enumerate(ORDER) if source.startswith(name)), len(ORDER))


def skill(cell: Cell) -> float:
    """How much of what the null leaves is read: 0 as in the null, 1 all; 0 where it does not stand out over the map."""
    if cell["p_family"] > SIGNIFICANT or cell["score"] is None:
        return 0.0
    left = 1.0 - float(cell["null_mean"])
    return max(0.0, min(1.0, (float(cell["score"]) - float(cell["null_mean"])) / left)) if left > 0 else 0.0


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each target."""
    return WIDTH, HEAD + FOOT + ROW * max(1, min(MOST_ROWS, len(layout(data).targets)))


def draw(ax: Axes, data: Result) -> None:
    """The map, in inches from the top left."""
    found = layout(data)
    bare(ax)
    ax.set(xlim=(0, WIDTH), ylim=(size(data)[1], 0))
    for index, column in enumerate(found.columns):
        draw_name(ax, column, LABEL + index * found.column_width, found.column_width)
    shown = found.targets[:MOST_ROWS]
    for index, target in enumerate(shown):
        top = HEAD + index * ROW
        ax.text(LABEL - 0.08, top + ROW / 2, row_label(found, target), ha="right", va="center", fontsize=8.4, color=INK)
        for place, column in enumerate(found.columns):
            cells = found.cells.get((target, column))
            if cells:
                draw_cell(ax, found, cells, LABEL + place * found.column_width, top)
    draw_key(ax, found, HEAD + len(shown) * ROW)


def row_label(found: Layout, target: str) -> str:
    """A target's name, marked where its score is not the usual one."""
    kinds = {
        cell["score_name"] for (name, _), cells in found.cells.items() if name == target for cell in cells.values()
    }
    note = " (R²)" if kinds == {"R^2"} else ""
    return plain(target.replace("_", " "), 27 - len(note)) + note


def draw_name(ax: Axes, column: Column, x: float, width: float) -> None:
    """A source, and whose it is."""
    room = max(6, int(width / 0.062))
    ax.text(x + 0.03, HEAD - 0.27, plain(column[0], room), fontsize=8.8, fontweight="bold", color=INK, va="center")
    ax.text(x + 0.03, HEAD - 0.11, f"of {plain(column[1], room)}", fontsize=8.0, color=SOFT, va="center")


def draw_cell(ax: Axes, found: Layout, cells: Mapping[int, Cell], x: float, y: float) -> None:
    """The number at lag 0 on its shade, and the course over lags beside it."""
    cell = cells.get(found.lag)
    if cell is not None:
        strength = skill(cell)
        shade = SEQUENTIAL(strength) if strength > 0 else FAINT
        ax.add_patch(Rectangle((x + 0.02, y + 0.015), NUMBER, ROW - 0.03, facecolor=shade, edgecolor="none"))
        colour = text_on(shade) if strength > 0 else SOFT
        written = score_text(float(cell["score"]))
        ax.text(
            x + 0.02 + NUMBER / 2, y + ROW / 2 + 0.005, written, fontsize=7.8, color=colour, ha="center", va="center"
        )
    room = found.column_width - NUMBER - 0.14
    if room >= LEAST_COURSE and len(found.lags) > 1:
        draw_course(ax, found, cells, (x + NUMBER + 0.07, y, room))


def score_text(score: float) -> str:
    """A score in a narrow cell: ".87"; 1.00 only where all is read."""
    if 0.995 <= score < 1:
        return ">.99"
    return number(score).lstrip("0") if 0 < score < 1 else number(score)


def draw_course(ax: Axes, found: Layout, cells: Mapping[int, Cell], box: tuple[float, float, float]) -> None:
    """The scores over lags on a scale from 0 to 1, over the band that holds 95 % of each one's null draws."""
    left, top, width = box
    first, last = found.lags[0], found.lags[-1]

    def at(lag: int) -> float:
        return left + width * (lag - first) / (last - first)

    def height(score: float) -> float:
        return top + ROW - 0.025 - (ROW - 0.05) * min(1.0, max(0.0, score))

    lags = [lag for lag in found.lags if lag in cells]
    ax.plot([left, left + width], [height(0), height(0)], color=PALE, linewidth=0.6, zorder=1)
    low = [height(float(cells[lag]["null_low"])) for lag in lags]
    high = [height(float(cells[lag]["null_high"])) for lag in lags]
    x = [at(lag) for lag in lags]
    ax.fill_between(x, low, high, color=NULL_BAND, linewidth=0, zorder=2)
    y = [height(float(cells[lag]["score"])) for lag in lags]
    ax.plot(x, y, color=SPEECH, linewidth=1.1, zorder=3)
    for sure, fill in ((True, SPEECH), (False, "white")):
        kept = [place for place, lag in enumerate(lags) if (cells[lag]["p_family"] <= SIGNIFICANT) == sure]
        ax.plot([x[place] for place in kept], [y[place] for place in kept], "o", markersize=2.6, color=SPEECH,
                markerfacecolor=fill, markeredgewidth=0.7, zorder=4)  # fmt: skip


def draw_key(ax: Axes, found: Layout, top: float) -> None:
    """The lags under each column, and what the marks are."""
    room = found.column_width - NUMBER - 0.14
    if room >= LEAST_COURSE and len(found.lags) > 1:
        for place in range(len(found.columns)):
            left = LABEL + place * found.column_width + NUMBER + 0.07
            for lag, x in ((found.lags[0], left), (found.lags[-1], left + room)):
                ax.text(
                    x, top + 0.08, f"{lag:+d}".replace("-", "−"), fontsize=7.4, color=SOFT, ha="center", va="center"
                )
        ax.text(LABEL - 0.08, top + 0.08, "lag in steps", fontsize=7.8, color=SOFT, ha="right", va="center")
    y = top + 0.3
    ax.text(LABEL - 0.08, y, "of what chance leaves", fontsize=7.8, color=SOFT, ha="right", va="center")
    for index in range(40):
        ax.add_patch(Rectangle((LABEL + 0.02 + index * 0.03, y - 0.05), 0.031, 0.1, facecolor=SEQUENTIAL(index / 39)))
    ax.text(LABEL + 0.02, y + 0.12, "none", fontsize=7.4, color=SOFT, va="center")
    ax.text(LABEL + 1.22, y + 0.12, "all is read", fontsize=7.4, color=SOFT, ha="right", va="center")
    ax.add_patch(Rectangle((LABEL + 1.5, y - 0.05), 0.3, 0.1, facecolor=NULL_BAND))
    ax.text(LABEL + 1.86, y, "null", fontsize=7.8, color=SOFT, va="center")
    for x, fill, words in ((2.3, SPEECH, "stands out"), (3.15, "white", "does not")):
        ax.plot(LABEL + x, y, "o", markersize=3.4, color=SPEECH, markerfacecolor=fill, markeredgewidth=0.8)
        ax.text(LABEL + x + 0.08, y, words, fontsize=7.8, color=SOFT, va="center")


def rows(data: Result) -> list[dict[str, object]]:
    """One row a cell: target, source, of, lag, score, interval, null, p over the map, q, episodes; why it lacks one."""
    found: list[dict[str, object]] = []
    for cell in data.details["cells"]:
        low, high = cell["interval"] or (None, None)
        found.append(
            {
                **{key: cell[key] for key in ("target", "source", "of", "lag", "score", "score_name")},
                "low": low,
                "high": high,
                **{key: cell[key] for key in ("null_mean", "null_low", "null_high", "p_value", "p_family", "q_value")},
                "skill": skill(cell),
                "episodes": cell["n_episodes"],
            }
        )
    for cell in data.details["missing"]:
        found.append(
            {key: cell.get(key) for key in ("target", "source", "of", "lag")} | {"reason": plain(cell["reason"], 300)}
        )
    return found


def table(data: Result) -> list[dict[str, object]]:
    """One row for each target and source at lag 0 that stands out, the strongest first."""
    found = layout(data)
    sure = [cell for cell in data.details["cells"] if cell["lag"] == found.lag and cell["p_family"] <= SIGNIFICANT]
    return [
        {
            "target": plain(cell["target"].replace("_", " "), 40),
            "source": f"{plain(cell['source'], 20)} of {plain(cell['of'], 16)}",
            "score": cell["score"],
            "95 % interval": span(tuple(cell["interval"])) if cell["interval"] else "–",
            "null": f"{number(cell['null_mean'])} ({span((cell['null_low'], cell['null_high']))})",
            "p over the map": p_text(cell["p_family"]),
            "episodes": cell["n_episodes"],
        }
        for cell in sorted(sure, key=lambda cell: -skill(cell))
    ]


def caption(data: Result) -> str:
    """What is shown, n, the units, the nulls, and the intervals."""
    found, details = layout(data), data.details
    cut = cut_text(found)
    absent = (
        f" {len(details['missing']):,} cells could not be computed; the CSV says why." if details["missing"] else ""
    )
    lags = f"{found.lags[0]} to {found.lags[-1]} steps".replace("-", "−") if len(found.lags) > 1 else "one step alone"
    return (
        f"What a {plain(details['model'], 16)} probe reads on held-out episodes, n = {data.n_episodes:,} episodes in "
        f"{details['n_folds']} folds. Numbers: the score at lag {found.lag} (balanced accuracy, or R² where marked); "
        "shade: how far it is from the null's mean to 1, for cells that stand out with at most a 5 % chance of one "
        f"false one in all {details['n_cells']:,} cells ({details['n_family']:,} do). Lines: scores over lags ({lags}; "
        "a target's step less the source's) on a scale from 0 to 1, over the band of the null (whole episodes "
        f"permuted, 95 % of {details['n_null']} draws). The 95 % interval of each score, over episodes, is in the CSV."
        f"{cut}{absent} A score says that something can be read there, not that anyone reads it."
    )


def cut_text(found: Layout) -> str:
    """A sentence on what there was no room for."""
    n_columns = len({column for _, column in found.cells})
    parts = [f"the {MOST_ROWS} best read of {len(found.targets)} targets"] if len(found.targets) > MOST_ROWS else []
    parts += [f"{MOST_COLUMNS} of {n_columns} sources"] if n_columns > MOST_COLUMNS else []
    return f" Drawn: {' and '.join(parts)}; the CSV holds them all." if parts else ""
