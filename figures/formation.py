"""Figure: how the language formed: bits, shares and return over a run's checkpoints, with their intervals."""

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.learning_curve import count_unit
from commlab.figures.look.style import PALETTE, SOFT, WIDTH, bare, end_labels, lone_marker
from commlab.figures.wording import estimate_text, number, plain, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

NULL = "#c3cad4"
LABEL_WIDTH = 20  # characters


class Panel(NamedTuple):
    """Some series that share an axis."""

    title: str
    keys: tuple[str, ...]  # in the order of their colours
    height: float  # inches


class Line(NamedTuple):
    """One series where it is defined."""

    key: str
    title: str
    steps: list[float]
    values: list[float]
    low: list[float]
    high: list[float]


SHARES = ("agreement", "probe", "topographic_similarity", "silence")
LABELS = {
    "message_entropy": "entropy of messages",
    "probe": "read by a probe",
    "topographic_similarity": "topographic similarity",
    "agreement": "agreement with the last code",
    "return": "return",
}


def panels(data: Result) -> list[Panel]:
    """The panels that have something to show."""
    bits = tuple(f"bits:{name}" for name in data.details["targets"])
    every = (
        Panel("what is said, bits", (*bits, "message_entropy"), 2.1),
        Panel("shares and scores", SHARES, 2.1),
        Panel("return of an agent an episode", ("return",), 1.3),
    )
    return [panel for panel in every if lines(data, panel.keys)]


def lines(data: Result, keys: tuple[str, ...]) -> list[Line]:
    """The series of those keys that are defined at some checkpoint."""
    known = {series["key"]: series for series in data.details["series"]}
    made = [line_of(known[key]) for key in keys if key in known]
    return [line for line in made if line.steps]


def line_of(series: dict[str, Any]) -> Line:
    """A series without the checkpoints at which it is undefined; where there is no interval it is the value."""
    points = [point for point in series["points"] if point["value"] is not None]
    values = [float(point["value"]) for point in points]
    return Line(
        series["key"],
        series["title"],
        [float(point["agent_steps"]) for point in points],
        values,
        [value if point["low"] is None else float(point["low"]) for point, value in zip(points, values, strict=True)],
        [value if point["high"] is None else float(point["high"]) for point, value in zip(points, values, strict=True)],
    )


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    shown = panels(data)
    return WIDTH, 0.7 + sum(panel.height + 0.45 for panel in shown)


def draw(ax: Axes, data: Result) -> None:
    """The panels under each other, their steps in line."""
    bare(ax)
    shown = panels(data)
    total = sum(panel.height + 0.45 for panel in shown)
    top = 1.0
    furthest = max(stage["agent_steps"] for stage in data.details["checkpoints"])
    for index, panel in enumerate(shown):
        height = panel.height / total
        inset = ax.inset_axes((0.0, top - height, 0.72, height))
        top -= height + 0.45 / total
        draw_panel(inset, data, panel, furthest)
        if index == len(shown) - 1:
            inset.set_xlabel(f"{count_unit(furthest)[1]}agent steps of experience")
        else:
            inset.set_xticklabels([])


def draw_panel(ax: Axes, data: Result, panel: Panel, furthest: float) -> None:
    """Each series with its interval and its name at its end."""
    ends = []
    for index, line in enumerate(lines(data, panel.keys)):
        colour = SOFT if line.key == "message_entropy" else PALETTE[index % len(PALETTE)]
        ax.fill_between(line.steps, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(
            line.steps,
            line.values,
            color=colour,
            marker=lone_marker(len(line.steps)) or ".",
            markersize=5,
            clip_on=False,
        )
        if len(line.steps) == 1:
            ax.plot(line.steps * 2, [line.low[0], line.high[0]], color=colour)
        draw_null(ax, data, line.key)
        ends.append((line.values[-1], f"{name_of(line)}\n{number(line.values[-1])}", colour))
    ax.set_title(panel.title + mark_rise(ax, data, panel), pad=6)
    ax.set_xlim(0, furthest or 1)
    low, high = ax.get_ylim()
    ax.set_ylim(min(0.0, low), max(high, 0.1))
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    unit = count_unit(furthest)[0]
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:g}"))
    end_labels(ax, ends, gap=0.36 / panel.height * (1.0 if len(ends) > 1 else 0.0), x=1.02, size=9.0)


def draw_null(ax: Axes, data: Result, key: str) -> None:
    """A series' null at each checkpoint, where it has one: a grey band, edged so that a narrow one is seen."""
    points = next(series["points"] for series in data.details["series"] if series["key"] == key)
    tested = [point for point in points if point.get("null_low") is not None]
    if tested:
        steps = [point["agent_steps"] for point in tested]
        low, high = ([float(point[end]) for point in tested] for end in ("null_low", "null_high"))
        ax.fill_between(steps, low, high, facecolor=NULL, edgecolor=NULL, linewidth=1.6, zorder=1)


def mark_rise(ax: Axes, data: Result, panel: Panel) -> str:
    """A thin line where speech about the first target rose above chance, and the words that the title adds for it."""
    rose = data.details.get("rose_at")
    if not rose or not any(key.startswith("bits:") for key in panel.keys):
        return ""
    ax.axvline(rose, color=SOFT, linewidth=1.0, linestyle=(0, (2, 2)), zorder=0)
    return " (dashed upright: first above chance)"


def name_of(line: Line) -> str:
    """A series' name at its end."""
    text = LABELS.get(line.key, line.title).replace("_", " ")
    return wrapped(plain(text, 40), LABEL_WIDTH)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each series and checkpoint: value, interval, p, p among all checkpoints, why it is undefined."""
    return [
        {
            "series": plain(series["key"], 80),
            "unit": series["unit"],
            "agent_steps": point["agent_steps"],
            "value": point["value"],
            "low": point["low"],
            "high": point["high"],
            "p": point["p_value"],
            "q": point.get("q_value"),
            "null_low": point.get("null_low"),
            "null_high": point.get("null_high"),
            "reason": plain(point["reason"], 300) if point["reason"] else None,
        }
        for series in data.details["series"]
        for point in series["points"]
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a checkpoint for the report."""
    known = {series["key"]: series["points"] for series in data.details["series"]}
    first = f"bits:{data.details['target']}"
    asked = {first: "bits", "agreement": "as at the end", "silence": "silence", "return": "return"}
    return [
        {
            "agent steps": stage["agent_steps"],
            **{title: known[key][index]["value"] for key, title in asked.items() if key in known},
        }
        for index, stage in enumerate(data.details["checkpoints"])
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the intervals."""
    target = plain(data.details["target"]).replace("_", " ")
    return (
        f"Each checkpoint of the run plays the same n = {data.n_episodes:,} episodes, which were never trained in. "
        "Bits about a target: information between messages and the target, less what whole episodes permuted give; the "
        "entropy of messages is the most that it can be. Read by a probe: balanced accuracy of a linear probe of "
        f"{target}, on held-out episodes. Agreement: how far each message already means what it means at the last "
        "checkpoint in other episodes (1 the same, 0 as with messages exchanged at random). Bands: 95 % intervals over "
        "episodes; grey bands: the null, 95 % of its draws, of what is tested (bits and topographic similarity). One "
        f"run says nothing about other seeds. Last checkpoint, {target}: {estimate_text(data)}."
    )
