"""Figure: runs side by side, each question on a scale of its own: every run's estimate, the difference or the mean."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, PALETTE, SOFT, WIDTH, bare
from commlab.figures.wording import number, plain, span, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table", "titles"]

MOST = 16  # questions drawn
ROW, TOP, BOTTOM = 0.6, 0.46, 0.12  # inches
LEFT, RIGHT = 0.40, 0.77  # where the scale begins and ends, in widths


def drawn(result: Result) -> list[Mapping[str, Any]]:
    """The questions to draw, the first of those that could be."""
    return comparable(result)[:MOST]


def comparable(result: Result) -> list[Mapping[str, Any]]:
    """The questions that can be compared, but for the corpus measures."""
    known = [row for row in result.details["rows"] if row["difference"] or row["over_runs"]]
    return [row for row in known if row["analysis"] != "metrics"]


def titles(row: Mapping[str, Any]) -> str:
    """What a question is called."""
    return plain(row["title"], 70)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a line a question."""
    return WIDTH, TOP + BOTTOM + ROW * max(1, len(drawn(data)))


def draw(ax: Axes, data: Result) -> None:
    """A line a question: dots are runs, bars their intervals; beside it the difference, or the mean over runs."""
    bare(ax)
    found, names = drawn(data), [plain(name, 24) for name in data.details["runs"]]
    height = size(data)[1]
    ax.set_xlim(0, 1)
    ax.set_ylim(height, 0)
    legend(ax, names)
    header = "difference" if len(names) == 2 else "mean over runs"
    ax.text(RIGHT + 0.025, TOP - 0.12, header, color=SOFT, fontsize=8.6, va="center")
    if not found:
        ax.text(0.5, TOP + ROW / 2, "nothing to compare", color=SOFT, ha="center", va="center")
    for index, row in enumerate(found):
        draw_row(ax, row, TOP + ROW * (index + 0.5))


def legend(ax: Axes, names: list[str]) -> None:
    """The runs' names in their colours; above a handful, that each dot is a run."""
    if len(names) > 4:
        ax.text(0, 0.12, f"a dot a run, {len(names)} runs", color=SOFT, fontsize=9.2, va="center")
        return
    place = 0.0
    for index, name in enumerate(names):
        ax.plot([place + 0.008], [0.12], marker="o", color=PALETTE[index], clip_on=False)
        ax.text(place + 0.026, 0.12, name, color=INK, fontsize=9.2, va="center")
        place += 0.06 + 0.0135 * len(name)


def draw_row(ax: Axes, row: Mapping[str, Any], y: float) -> None:
    """One question."""
    lines = wrapped(titles(row), 34).splitlines()[:2]
    ax.text(LEFT - 0.025, y, "\n".join([*lines, plain(row["unit"], 40)][:3]), ha="right", va="center", fontsize=8.4,
            linespacing=1.25, color=INK)  # fmt: skip
    low, high = scale(row)
    ax.plot([LEFT, RIGHT], [y, y], color=PALE, linewidth=0.8, zorder=1)

    def at(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - low) / (high - low)

    if low <= 0 <= high:
        ax.plot([at(0), at(0)], [y - 0.17, y + 0.17], color=SOFT, linewidth=0.8, zorder=1)
    known = [
        (index, answer) for index, answer in enumerate(row["answers"]) if answer and answer["estimate"] is not None
    ]
    few = len(row["answers"]) <= 4
    for place, (index, answer) in enumerate(known):
        level = y + 0.075 * (place - (len(known) - 1) / 2) * (2 if len(known) == 2 else 1)
        colour = PALETTE[index] if few else PALETTE[0]
        if answer["interval"]:
            ax.plot([at(end) for end in answer["interval"]], [level] * 2, color=colour, linewidth=1.2, zorder=2)
        ax.plot([at(answer["estimate"])], [level], marker="o", markersize=4.2, color=colour, zorder=3)
    told = row["difference"] or row["over_runs"]
    sure = told.get("differs", True) or row["over_runs"]
    ax.text(RIGHT + 0.025, y, number(told["estimate"]) + (f"\n{span(told['interval'])}" if told["interval"] else ""),
            va="center", fontsize=8.8, linespacing=1.15, color=INK if sure else SOFT,
            fontweight="bold" if row["difference"] and told["differs"] else "normal")  # fmt: skip
    if row["over_runs"]:
        draw_mean(ax, told, at, y)


def draw_mean(ax: Axes, told: Mapping[str, Any], at: Any, y: float) -> None:
    """The mean over runs and its interval, under the dots."""
    level = y + 0.21
    low, high = (min(max(at(end), LEFT), RIGHT) for end in told["interval"])
    ax.plot([low, high], [level] * 2, color=INK, linewidth=1.6, zorder=2)
    ax.plot([at(told["estimate"])], [level], marker="D", markersize=4.2, color=INK, zorder=3)


def scale(row: Mapping[str, Any]) -> tuple[float, float]:
    """The ends of a question's scale: from 0, or below, to the greatest end of an interval."""
    known = [answer for answer in row["answers"] if answer and answer["estimate"] is not None]
    values = [float(answer["estimate"]) for answer in known]
    values += [float(end) for answer in known for end in answer["interval"] or ()]
    values += [float(end) for end in (row["over_runs"] or {}).get("interval") or ()]
    low, high = min(0.0, *values), max(0.0, *values)
    return (low, high) if high > low else (0.0, 1.0)


def rows(data: Result) -> list[dict[str, object]]:
    """A line a question and run, and a line for the difference or the mean."""
    lines: list[dict[str, object]] = []
    for row in data.details["rows"]:
        asked = {
            "analysis": row["analysis"],
            "question": row["name"],
            "unit": row["unit"],
            "same_question": row["alike"],
        }
        for name, answer in zip(data.details["runs"], row["answers"], strict=True):
            if answer is not None:
                lines.append({**asked, "run": name, **of(answer), "null": answer["null"], "p": answer["p_value"]})
        for label, key in (("difference", "difference"), ("mean over runs", "over_runs")):
            if row[key]:
                lines.append({**asked, "run": label, **of(row[key])})
    return lines


def of(told: Mapping[str, Any]) -> dict[str, object]:
    """An estimate and the ends of its interval."""
    low, high = told["interval"] or (None, None)
    return {"estimate": told["estimate"], "low": low, "high": high}


def table(data: Result) -> list[dict[str, object]]:
    """A line a question: every run, and the difference or the mean."""
    lines = []
    for row in data.details["rows"]:
        line: dict[str, object] = {"question": titles(row), "unit": plain(row["unit"], 40)}
        for name, answer in zip(data.details["runs"], row["answers"], strict=True):
            line[plain(name, 24)] = with_interval(answer)
        if len(data.details["runs"]) == 2:
            told = row["difference"]
            line["difference (95 % interval)"] = with_interval(told) if row["alike"] else "another question"
            line["differs"] = "–" if not told or told["differs"] is None else "yes" if told["differs"] else "no"
        else:
            told = row["over_runs"]
            line["mean over runs (95 % interval)"] = with_interval(told)
            line["runs"] = told["n_runs"] if told else None
            found = told["n_found"] if told else None
            line["told apart in"] = "–" if found is None else f"{found} of {told['n_tested']}"
        lines.append(line)
    return lines


def with_interval(told: Mapping[str, Any] | None) -> str:
    """An estimate with its interval, a dash where there is none."""
    if told is None or told["estimate"] is None:
        return "–"
    return number(told["estimate"]) + (f" ({span(tuple(told['interval']))})" if told["interval"] else "")


def caption(data: Result) -> str:
    """What is drawn, and what its intervals are of."""
    names = data.details["runs"]
    text = (
        f"Each question on a scale of its own, which holds zero; dots are {len(names)} runs, lines 95 % intervals over "
        f"episodes (n = {data.n_episodes:,} at most). "
    )
    if len(comparable(data)) > MOST:
        text += f"The first {MOST} of {len(comparable(data))} questions; all of them are in the table. "
    if len(names) == 2:
        return text + (
            f"Difference: {plain(names[0], 40)} less {plain(names[1], 40)}, with the interval that follows from both "
            "(MOVER), bold where it leaves out zero; not corrected for the number of questions. It is about these two "
            "runs: what other seeds would give it does not tell."
        )
    return text + (
        "Diamond: the mean over runs with Student's 95 % interval, whose unit is the run; it takes runs to be alike "
        "but for chance, and is wide where they are few."
    )
