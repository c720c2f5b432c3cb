"""Figure: what an injected message does to its listeners, step by step, beside the other arms of the experiment."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from commlab.figures.look.style import SOFT, WIDTH, colour_of, end_labels, lone_marker
from commlab.figures.wording import estimate_text, number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

DASHED = ("untouched",)  # nature's own course is a reference, not an arm that was set


class Arm(NamedTuple):
    """One arm's course: a value and its interval for each step."""

    name: str
    steps: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]


def arms(result: Result) -> list[Arm]:
    """The arms of the experiment, the injected one first; steps at which an arm has no trials are left out."""
    found = []
    for name, course in result.details["arms"].items():
        columns = zip(result.details["steps"], course["mean"], course["low"], course["high"], strict=False)
        points = [point for point in columns if all(value is not None for value in point)]
        if points:
            steps, mean, low, high = (list(column) for column in zip(*points, strict=True))
            found.append(Arm(plain(name, 22), steps, mean, low, high))
    return sorted(found, key=lambda arm: arm.name != "injected")


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 3.3


def draw(ax: Axes, data: Result) -> None:
    """Each arm's mean with its interval as a band, and the steps during which the message was held."""
    courses = arms(data)
    shade_duration(ax, data.details.get("duration"))
    for arm in reversed(courses):
        colour = colour_of(arm.name)
        ax.fill_between(arm.steps, arm.low, arm.high, color=colour, alpha=0.15, linewidth=0)
        style = (0, (3, 2)) if arm.name in DASHED else "-"
        ax.plot(arm.steps, arm.mean, color=colour, linestyle=style, linewidth=2.2 if arm.name == "injected" else 1.5,
                marker=lone_marker(len(arm.steps)), clip_on=len(arm.steps) > 1)  # fmt: skip
    steps = data.details["steps"]
    ax.set_xlim(steps[0], steps[-1] if len(steps) > 1 else steps[0] + 1)
    top = max((max(arm.high) for arm in courses), default=1.0)
    ax.set_ylim(min(0.0, min((min(arm.low) for arm in courses), default=0.0)), top * 1.12 if top > 0 else 1.0)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.set_xlabel("steps after the injection began")
    ax.set_ylabel(plain(data.details.get("measure", data.unit), 48))
    end_labels(ax, [(arm.mean[-1], arm.name, colour_of(arm.name)) for arm in courses], gap=0.075)


def shade_duration(ax: Axes, duration: Any) -> None:
    """A grey band over the steps during which the message was held."""
    if not isinstance(duration, int | float) or duration <= 0:
        return
    ax.axvspan(0, duration, color="#eef1f4", zorder=0, linewidth=0)
    place = ax.get_xaxis_transform()
    ax.text(0.15, 0.985, "message held", transform=place, color=SOFT, fontsize=8.8, va="top", ha="left")


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each arm and step: arm, step, mean, low, high."""
    return [
        {"arm": arm.name, "step": step, "mean": mean, "low": low, "high": high}
        for arm in arms(data)
        for step, mean, low, high in zip(arm.steps, arm.mean, arm.low, arm.high, strict=True)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row an arm for the report: where it began, its lowest point and where it ended."""
    return [
        {
            "arm": arm.name,
            "at the start": arm.mean[0],
            "lowest": min(arm.mean),
            "at step": int(arm.steps[arm.mean.index(min(arm.mean))]),
            "at the end": arm.mean[-1],
            "95 % interval at the end": span((arm.low[-1], arm.high[-1])),
        }
        for arm in arms(data)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    measure = plain(data.details.get("measure", data.unit))
    others = [arm.name for arm in arms(data) if arm.name != "injected"]
    null = f" The nulls are the other arms ({', '.join(others)})." if others else ""
    return (
        f"{measure[:1].upper()}{measure[1:]} of the listeners, by step, in twins that share everything but the "
        f"message; n = {data.n_episodes:,} episodes. Lines: means; bands: 95 % intervals over episodes.{null}"
        f"{immediate_text(data.details.get('kl_bits'))} Effect: {estimate_text(data)}."
    )


def immediate_text(kl_bits: Any) -> str:
    """A sentence on the immediate effect: the divergence of action distributions, in bits."""
    if isinstance(kl_bits, int | float):
        return f" Listeners' action distributions diverge at once by {number(kl_bits)} bits."
    if not isinstance(kl_bits, Mapping):
        return ""
    if isinstance(kl_bits.get("mean"), int | float):
        ends = kl_bits.get("interval")
        pair = isinstance(ends, Sequence) and not isinstance(ends, str) and len(ends) == 2
        between = f" (95 % interval {number(ends[0])} to {number(ends[1])})" if pair and ends is not None else ""
        return f" Listeners' action distributions diverge at once by {number(kl_bits['mean'])} bits{between}."
    parts = [f"{plain(arm, 22)} {number(value)}" for arm, value in kl_bits.items() if isinstance(value, int | float)]
    return f" Immediate divergence of listeners' action distributions, in bits: {', '.join(parts)}." if parts else ""
