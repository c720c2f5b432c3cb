"""Figure: what agents do with the hidden state of another episode, or a part of it, beside changes of no meaning."""

from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

WORDS = {
    "whole state": "all of it, for one step",
    "whole state, same value": "all of it, the target's value alike",
    "random direction": "moved as far in a random direction",
    "its subspace": "the target's subspace, held",
    "its subspace, same value": "its subspace, the target's value alike",
    "random subspace": "a random subspace, moved as far",
    "itself": "its own state put back",
    "untouched": "untouched",
}
CHANGED = ("whole state", "its subspace")  # what the target should travel with
AXES = {
    "place": "share that goes first to the other episode's place",
    "said": "share that says the other episode's value",
    "action": "bits by which the choice of action moves",
}


class Bar(NamedTuple):
    """One arm."""

    name: str
    mean: float
    interval: tuple[float, float] | None
    n: int


def bars(result: Result) -> list[Bar]:
    """The arms, in their order."""
    found = []
    for name, row in result.details["outcomes"][main(result)].items():
        ends = row.get("interval")
        interval = (float(ends[0]), float(ends[1])) if ends else None
        found.append(Bar(plain(name, 30), float(row["mean"]), interval, int(row["n"])))
    return found


def main(result: Result) -> str:
    """The outcome that counts."""
    return str(next(iter(result.details["outcomes"])))


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each arm."""
    return WIDTH, 0.95 + 0.36 * max(1, len(bars(data)))


def draw(ax: Axes, data: Result) -> None:
    """A bar for each arm with its interval, the number at its end."""
    arms = bars(data)
    far = max((max(bar.mean, *(bar.interval or (0.0,))) for bar in arms), default=0.0) or 1.0
    for row, bar in enumerate(arms):
        ax.barh(row, bar.mean, height=0.6, color=SPEECH if bar.name in CHANGED else "#9aa3af")
        if bar.interval is not None:
            ax.plot(bar.interval, [row, row], color=INK, linewidth=1.3)
        place = max(bar.mean, *(bar.interval or (0.0,))) + 0.02 * far
        ax.text(
            place, row, number(bar.mean), va="center", color=INK, fontweight="bold" if bar.name in CHANGED else None
        )
    ax.set_yticks(range(len(arms)), [WORDS.get(bar.name, bar.name) for bar in arms])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(ylim=(len(arms) - 0.5, -0.5), xlim=(0, far * 1.14))
    ax.grid(axis="x", color=PALE)
    ax.axvline(0, color=SOFT, linewidth=0.8)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(AXES.get(main(data), plain(data.unit)))


def rows(data: Result) -> list[dict[str, object]]:
    """One row an outcome and arm: mean, low, high, n, draws."""
    return [
        {
            "outcome": outcome,
            "given": name,
            "mean": row["mean"],
            "low": row["interval"][0] if row["interval"] else None,
            "high": row["interval"][1] if row["interval"] else None,
            "n": row["n"],
            "draws": row.get("n_draws"),
        }
        for outcome, arms in data.details["outcomes"].items()
        for name, row in arms.items()
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row an arm for the report."""
    return [
        {
            "given of the other episode": WORDS.get(bar.name, bar.name),
            AXES.get(main(data), "mean"): bar.mean,
            "95 %": span(bar.interval),
            "trials": bar.n,
        }
        for bar in bars(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    details: dict[str, Any] = data.details
    what = f"{plain(details['target'])} in the {plain(details['layer'])} of {plain(details['of'])}"
    return (
        f"What becomes of {what} when it is that of the same agent in another episode at the same step, in "
        f"{plain(data.unit)}; n = {data.n_episodes:,} episodes, one trial each. Lines: 95 % intervals over episodes; "
        "of the random changes the range of 95 % of their draws. The null is the random change: as many dimensions, "
        "moved as far. The subspace is that which LEACE would erase, fitted on other episodes."
    )
