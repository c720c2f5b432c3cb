"""Figure: an experiment's arms, measure by measure, and the contrasts that were asked for."""

from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import estimate_text, number, p_text, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

ROW, HEAD = 0.27, 0.62  # inches, of an arm and around each measure
NAMES = 0.27  # of the width, for the names of the arms


class Arm(NamedTuple):
    """One arm's mean by one measure."""

    name: str
    mean: float
    interval: tuple[float, float] | None
    n: int


def arms(result: Result, measure: str) -> list[Arm]:
    """The arms that have a mean by a measure, in the file's order."""
    found = []
    for name, of in result.details["arms"].items():
        one = of[measure]
        if one["mean"] is not None:
            ends = one.get("interval")
            interval = (float(ends[0]), float(ends[1])) if ends else None
            found.append(Arm(plain(name, 24), float(one["mean"]), interval, int(one["n"])))
    return found


def measures(result: Result) -> list[str]:
    """The measures that any arm has a mean of."""
    return [measure for measure in result.details["units"] if arms(result, measure)]


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a block for every two measures, a row for each arm."""
    n_blocks = -(-max(1, len(measures(data))) // 2)
    return WIDTH, n_blocks * (HEAD + ROW * len(data.details["arms"]))


def draw(ax: Axes, data: Result) -> None:
    """Small panels in twos, one a measure: each arm's mean with its interval."""
    bare(ax)
    told = measures(data)
    n_blocks = -(-max(1, len(told)) // 2)
    width = (1 - NAMES) / 2
    for index, measure in enumerate(told):
        block, column = divmod(index, 2)
        low = 1 - (block + 1) / n_blocks + 0.36 / size(data)[1]
        height = 1 / n_blocks - HEAD / size(data)[1]
        panel = ax.inset_axes((NAMES + column * width + 0.01, low, width - 0.05, height))
        draw_panel(panel, data, measure, names=column == 0)


def draw_panel(ax: Axes, result: Result, measure: str, names: bool) -> None:
    """One measure: a dot an arm."""
    told = arms(result, measure)
    for row, arm in enumerate(told):
        colour = SPEECH if row == 0 else INK
        if arm.interval is not None:
            ax.plot(arm.interval, [row, row], color=colour, linewidth=2.2, alpha=0.4)
        ax.plot(arm.mean, row, "o", color=colour, markersize=6, clip_on=False)
    ax.set(ylim=(len(told) - 0.5, -0.5))
    ax.margins(x=0.12)
    ax.set_yticks(range(len(told)), [arm.name for arm in told] if names else [""] * len(told))
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.tick_params(axis="x", labelsize=8.2)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="x", color=PALE)
    ax.spines["left"].set_visible(False)
    ax.set_title(plain(measure, 30), fontsize=9.4)
    ax.set_xlabel(plain(result.details["units"][measure], 30), fontsize=8.4, color=SOFT, labelpad=1)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each measure and arm."""
    return [
        {
            "measure": measure,
            "unit": data.details["units"][measure],
            "arm": arm.name,
            "mean": arm.mean,
            "low": arm.interval[0] if arm.interval else None,
            "high": arm.interval[1] if arm.interval else None,
            "n": arm.n,
        }
        for measure in measures(data)
        for arm in arms(data, measure)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a contrast for the report."""
    return [
        {
            "measure": plain(row["measure"], 30),
            "arm": plain(row["arm"], 24),
            "against": plain(row["against"], 24),
            "difference": row["estimate"],
            "95 % interval": span(tuple(row["interval"]) if row["interval"] else None),
            "p": p_text(row["p_value"]),
            "p, adjusted": number(row["p_adjusted"], 3),
            "trials": row["n"],
        }
        for row in data.details["contrasts"]
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    plan: dict[str, Any] = data.details["experiment"]
    question = f"{plain(plan['question'], 300)} " if plan.get("question") else ""
    first = data.details["contrasts"][0]
    return (
        f"{question}Dots: means of each arm over the same trials; lines: 95 % intervals over episodes; n = "
        f"{data.n_episodes:,} episodes. {plain(first['measure']).capitalize()}, {plain(first['arm'], 24)} less "
        f"{plain(first['against'], 24)}: {estimate_text(data)}. In the table p is also adjusted for the number of "
        f"contrasts, by the max-statistic."
    )
