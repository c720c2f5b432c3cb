"""Figure: return against agent steps while training, with the run whose channel was muted beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.curves import Curve
from commlab.figures.style import WIDTH, colour_of, end_labels, lone_marker
from commlab.figures.wording import number

__all__ = ["caption", "draw", "rows", "size", "table"]

SMOOTHING = 25  # a running mean spans one 25th of a curve's rows
LABELS = {"hearing": "hearing", "trained muted": "muted"}


def size(data: Sequence[Curve]) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 3.1


def draw(ax: Axes, data: Sequence[Curve]) -> None:
    """Each curve's running mean, the rows behind it faint, its name at its end."""
    ends = []
    for curve in reversed(data):
        colour, smooth = colour_of(curve.label), smoothed(curve)
        ax.plot(curve.agent_steps, curve.returns, color=colour, alpha=0.28, linewidth=0.7)
        ax.plot(curve.agent_steps, smooth, color=colour, marker=lone_marker(len(smooth)), clip_on=len(smooth) > 1)
        ends.append((float(smooth[-1]), f"{LABELS.get(curve.label, curve.label)}\n{number(float(smooth[-1]))}", colour))
    highest = max(max(curve.returns) for curve in data)
    lowest = min(min(curve.returns) for curve in data)
    ax.set_ylim(min(0.0, lowest * 1.05), max(highest * 1.05, 0.0 if lowest < 0 else 0.1))
    ax.set_xlim(0, max(curve.agent_steps[-1] for curve in data) or 1)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    unit, suffix = count_unit(ax.get_xlim()[1])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:g}"))
    ax.set_xlabel(f"{suffix}agent steps of experience")
    ax.set_ylabel("return of an episode")
    end_labels(ax, ends, gap=0.16)


def smoothed(curve: Curve) -> np.ndarray[Any, Any]:
    """The curve's running mean, (rows,): centred, and narrower at both ends."""
    values = np.asarray(curve.returns)
    half = window(curve) // 2
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    return np.asarray((total[high] - total[low]) / (high - low))


def window(curve: Curve) -> int:
    """How many rows the running mean spans: an odd number."""
    return 2 * (len(curve.returns) // SMOOTHING // 2) + 1


def count_unit(largest: float) -> tuple[float, str]:
    """The unit in which an axis of counts is written, and its name."""
    for unit, suffix in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if largest >= unit:
            return unit, suffix
    return 1.0, ""


def rows(data: Sequence[Curve]) -> list[dict[str, object]]:
    """One row for each point: curve, agent_steps, return, smoothed_return."""
    return [
        {"curve": curve.label, "agent_steps": steps, "return": value, "smoothed_return": float(mean)}
        for curve in data
        for steps, value, mean in zip(curve.agent_steps, curve.returns, smoothed(curve), strict=True)
    ]


def table(data: Sequence[Curve]) -> list[dict[str, object]]:
    """One row a curve for the report: where it began, stood half-way, and ended."""
    shown = []
    for curve in data:
        mean = smoothed(curve)
        shown.append(
            {
                "training": LABELS.get(curve.label, curve.label),
                "agent steps": int(curve.agent_steps[-1]),
                "first return": float(mean[0]),
                "return half-way": float(mean[len(mean) // 2]),
                "last return": float(mean[-1]),
            }
        )
    return shown


def caption(data: Sequence[Curve]) -> str:
    """What is shown, n, the unit, the null, and why there is no interval."""
    spans = " and ".join(sorted({str(window(curve)) for curve in data}))
    control = (
        "The null is a run trained the same way with the channel muted."
        if len(data) > 1
        else "The null, a run trained with the channel muted, has not been made."
    )
    return (
        "Return of an episode (the scenario's reward, summed over its steps) in the training episodes, against agent "
        f"steps. n = 1 training run a line. {control} Thick: running mean over {spans} log rows; thin: the rows "
        "themselves. Hearing: messages are heard while training; muted: nobody hears any. No interval is drawn, "
        "because one run says nothing about other seeds."
    )
