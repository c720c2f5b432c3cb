"""Figure: the dose curve of steering, beside directions as long that lead nowhere."""

from typing import NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SPEECH, WIDTH, end_labels
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

COLOURS = {"steered": SPEECH, "irrelevant": "#d1700a", "random": "#8992a0"}
AXES = {
    "place": "share that goes first to the place steered to",
    "said": "share that says the value steered to",
    "action": "bits by which the choice of action moves",
}


class Curve(NamedTuple):
    """One arm's means by dose."""

    name: str
    label: str
    mean: list[float]
    low: list[float]
    high: list[float]


def curves(result: Result) -> list[Curve]:
    """The arms' curves of the main outcome."""
    found = []
    for name, points in result.details["outcomes"][main(result)].items():
        low, high = zip(*((point["interval"] or (point["mean"],) * 2) for point in points), strict=True)
        mean = [float(point["mean"]) for point in points]
        found.append(Curve(plain(name, 20), label(result, name), mean, list(low), list(high)))
    return found


def label(result: Result, name: str) -> str:
    """An arm's name in words."""
    if name == "steered":
        return f"along {plain(result.details['target'], 24).replace('_', ' ')}"
    if name == "irrelevant":
        return f"along {plain(result.details['irrelevant'].get('target') or name, 24).replace('_', ' ')}"
    return "random, as long" if name == "random" else plain(name, 24)


def main(result: Result) -> str:
    """The outcome that counts."""
    return str(next(iter(result.details["outcomes"])))


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 3.2


def draw(ax: Axes, data: Result) -> None:
    """Each arm's mean by dose with its interval as a band; the main dose is marked."""
    doses = data.details["doses"]
    places = list(range(len(doses)))  # doses are not evenly spaced; the axis names them
    found = curves(data)
    ax.axvline(doses.index(data.details["dose"]), color=PALE, linewidth=8, zorder=0)
    for curve in reversed(found):
        colour = COLOURS.get(curve.name, INK)
        ax.fill_between(places, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
        width = 2.2 if curve.name == "steered" else 1.5
        ax.plot(places, curve.mean, color=colour, marker="o", markersize=3.5, linewidth=width, clip_on=False)
    top = max((max(curve.high) for curve in found), default=1.0)
    ax.set(xlim=(0, max(1, places[-1])), ylim=(0, top * 1.08 if top > 0 else 1.0))
    ax.set_xticks(places, [f"{dose:g}" for dose in doses])
    ax.grid(axis="y", color=PALE)
    ax.set_xlabel("dose (1: from the mean of one value to that of another)")
    ax.set_title(AXES.get(main(data), plain(data.unit)))
    end_labels(ax, [(curve.mean[-1], curve.label, COLOURS.get(curve.name, INK)) for curve in found])


def rows(data: Result) -> list[dict[str, object]]:
    """One row an outcome, arm and dose: mean, low, high."""
    return [
        {
            "outcome": outcome,
            "arm": name,
            "dose": dose,
            "mean": point["mean"],
            "low": point["interval"][0] if point["interval"] else None,
            "high": point["interval"][1] if point["interval"] else None,
        }
        for outcome, arms in data.details["outcomes"].items()
        for name, points in arms.items()
        for dose, point in zip(data.details["doses"], points, strict=True)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a dose for the report."""
    found = []
    for i, dose in enumerate(data.details["doses"]):
        row: dict[str, object] = {"dose": number(dose)}
        for curve in curves(data):
            row[f"{curve.label} (95 %)"] = f"{number(curve.mean[i])} ({span((curve.low[i], curve.high[i]))})"
        found.append(row)
    return found


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    details = data.details
    return (
        f"What becomes of {plain(details['of'])} when the difference of the means of their {plain(details['layer'])} "
        f"between two values of {plain(details['target'])} is added to it for {details['duration']} steps, in "
        f"{plain(data.unit)}; n = {data.n_episodes:,} episodes, one trial each. Bands: 95 % intervals over episodes; "
        "of the random directions the range of 95 % of their draws, which are the null. Dose 0 is the no-op."
    )
