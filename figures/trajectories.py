"""Figure: mean courses of hidden states in a plane, by value, and how much the value tells at each step of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Ellipse
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.look.style import INK, PALE, PALETTE, SOFT, SPEECH, WIDTH, bare, lone_marker
from commlab.figures.wording import estimate_text, p_text, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

HEIGHT = 3.7  # inches
PLANE_SHARE = 0.59  # of the width
REGION = 5.991  # of a chi-square with 2 degrees of freedom: a 95 % ellipse
APART = 0.055  # least distance of two labels, in parts of the plane
RELAXATIONS = 200


class End(NamedTuple):
    """A course that is to be labelled."""

    course: np.ndarray[Any, Any]  # (T, 2)
    text: str
    colour: str


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, HEIGHT


def draw(ax: Axes, data: Result) -> None:
    """The plane on the left; on the right the share of the variance that the value tells, step by step."""
    bare(ax)
    draw_plane(ax.inset_axes((0.0, 0.0, PLANE_SHARE, 1.0)), data)
    draw_shares(ax.inset_axes((PLANE_SHARE + 0.13, 0.0, 1 - PLANE_SHARE - 0.13, 1.0)), data)


def draw_plane(ax: Axes, data: Result) -> None:
    """Each value's mean course with its 95 % ellipses, single courses faint behind it, the value at its end."""
    draw_singles(ax, data)
    ends = []
    for index, course in enumerate(data.details["courses"]):
        if course["step"]:
            draw_course(ax, course, colour_at(index))
            ends.append(End(np.asarray(course["mean"], dtype=float), plain(course["value"], 14), colour_at(index)))
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel(axis_words(data, 1), color=SOFT)
    ax.set_ylabel(axis_words(data, 2), color=SOFT)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    frame(ax, data)
    label_ends(ax, ends)
    ax.set_title(plain(data.details["target"], 40).replace("_", " "), pad=8)


def draw_singles(ax: Axes, data: Result) -> None:
    """Single courses from where the value begins, as one picture."""
    lines, colours = [], []
    for index, course in enumerate(data.details["courses"]):
        for single in course["singles"]:
            lines.append([at for at, step in zip(single["at"], single["step"], strict=True) if step >= 0])
            colours.append(colour_at(index))
    kept = [place for place, line in enumerate(lines) if len(line) > 1]
    ax.add_collection(
        LineCollection([lines[place] for place in kept], colors=[colours[place] for place in kept], alpha=0.2,
                       linewidths=0.6, zorder=1, rasterized=True)
    )  # fmt: skip


def axis_words(data: Result, number_of_axis: int) -> str:
    """What an axis of the plane is."""
    return f"component {number_of_axis}" if data.details["plane"] == "states" else f"direction {number_of_axis}"


def colour_at(index: int) -> str:
    """A value's colour."""
    return PALETTE[index % len(PALETTE)]


def draw_course(ax: Axes, course: dict[str, Any], colour: str) -> None:
    """A mean course: broken before the value begins, a ring where it does, then a line to an arrowhead."""
    steps, mean = np.asarray(course["step"]), np.asarray(course["mean"], dtype=float)
    for step, at, covariance in zip(steps, mean, course["covariance"], strict=True):
        if step >= 0:
            ellipse = region(at, np.asarray(covariance, dtype=float))
            ellipse.set(facecolor=colour, alpha=0.2, linewidth=0, zorder=2)
            ax.add_patch(ellipse)
    early, late = mean[steps <= 0], mean[steps >= 0]
    ax.plot(early[:, 0], early[:, 1], color=colour, alpha=0.7, linewidth=0.9, linestyle=(0, (1, 1.6)), zorder=3)
    ax.plot(late[:, 0], late[:, 1], color=colour, linewidth=1.7, marker=".", markersize=2.8, zorder=4)
    begin = mean[steps == 0]
    ax.plot(begin[:, 0], begin[:, 1], "o", markerfacecolor="white", markeredgecolor=colour, markersize=4.6, zorder=5)
    if len(late) > 1:
        ax.annotate("", late[-1], late[-2], zorder=5,
                    arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0,
                                "mutation_scale": 9})  # fmt: skip


def region(at: Sequence[float], covariance: np.ndarray[Any, Any]) -> Ellipse:
    """The 95 % ellipse of a mean."""
    values, vectors = np.linalg.eigh(covariance)
    height, width = 2 * np.sqrt(np.maximum(values, 0) * REGION)
    return Ellipse((at[0], at[1]), width, height, angle=float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))))


def frame(ax: Axes, data: Result) -> None:
    """The limits of the plane: the mean courses, and most of what the single ones visit."""
    means = [np.asarray(course["mean"], dtype=float).reshape(-1, 2) for course in data.details["courses"]]
    single = [
        np.asarray(one["at"], dtype=float).reshape(-1, 2)[np.asarray(one["step"]) >= 0]
        for course in data.details["courses"]
        for one in course["singles"]
    ]
    every, mean = np.concatenate([*single, *means]), np.concatenate(means)
    if not len(every):
        return
    low, high = np.quantile(every, [0.1, 0.9], axis=0)
    if len(mean):
        low, high = np.minimum(low, mean.min(axis=0)), np.maximum(high, mean.max(axis=0))
    room = 0.07 * np.maximum(high - low, 1e-6)
    ax.set(xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1]))


def label_ends(ax: Axes, ends: list[End]) -> None:
    """Write each value beside the end of its course, on the side away from it, pushed apart."""
    if not ends:
        return
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    points = []
    for end in ends:
        course = (end.course - (left, low)) / (right - left, high - low)
        away = course[-1] - course[-3:].mean(axis=0) if len(course) > 1 else np.array([0.0, 1.0])
        points.append(course[-1] + 0.055 * away / max(float(np.hypot(*away)), 1e-9))
    places = pushed_apart(np.clip(np.array(points), 0.03, 0.97))
    for (u, v), end in zip(places, ends, strict=True):
        box = {"boxstyle": "round,pad=0.16", "facecolor": "white", "edgecolor": end.colour, "linewidth": 0.8}
        ax.text(u, v, end.text, transform=ax.transAxes, color=INK, fontsize=8.8, fontweight="bold",
                ha="center", va="center", bbox=box, zorder=6)  # fmt: skip


def pushed_apart(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The places moved until no two labels overlap."""
    placed = points.copy()
    for _ in range(RELAXATIONS):
        gaps = placed[:, None] - placed
        distance = np.hypot(gaps[..., 0] / 1.3, gaps[..., 1])  # labels are wider than high
        np.fill_diagonal(distance, np.inf)
        if len(placed) < 2 or distance.min() >= APART:
            break
        i, j = np.unravel_index(int(distance.argmin()), distance.shape)
        way = gaps[i, j] / distance[i, j] if distance[i, j] > 1e-9 else np.array([0.0, 1.0])
        push = way * (APART - distance[i, j] + 1e-6) / 2
        placed[i], placed[j] = placed[i] + push, placed[j] - push
    inside: np.ndarray[Any, Any] = np.clip(placed, 0.03, 0.97)
    return inside


def draw_shares(ax: Axes, data: Result) -> None:
    """The share told at each step: a line with its interval, and the band in which permuted episodes lie."""
    told = data.details["by_step"]
    steps, shares = [row["step"] for row in told], [row["share"] for row in told]
    bands = [(row["step"], row["null"]["low"], row["null"]["high"]) for row in told if row["null"]]
    band(ax, bands, color=PALE, zorder=1)
    band(ax, [(row["step"], *row["interval"]) for row in told if row["interval"]], color=SPEECH, alpha=0.2, zorder=2)
    ax.plot(steps, shares, color=SPEECH, marker=lone_marker(len(steps)), zorder=3)
    if data.details["before"]:
        ax.axvline(0, color=SOFT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0.5)
    ax.axhline(0, color=SOFT, linewidth=0.7, zorder=0.5)
    lowest = min([-0.05, *shares, *(low for _, low, _ in bands)])
    ax.set_ylim(max(lowest, -0.5), max(1.0, *shares) if max(shares) > 0.5 else max(0.1, 1.25 * max(shares)))
    ax.margins(x=0.02)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}".replace("-", "−")))
    ax.grid(axis="y")
    ax.set_xlabel("steps since it began")
    ax.set_title("% of variance told", pad=8)
    ax.tick_params(labelcolor=INK)


def band(ax: Axes, ends: list[tuple[float, float, float]], **look: Any) -> None:
    """A band between the ends (step, low, high)."""
    steps, low, high = np.array(ends, dtype=float).reshape(-1, 3).T
    ax.fill_between(steps, low, high, linewidth=0, **look)


def rows(data: Result) -> list[dict[str, object]]:
    """Tidy rows: quantity ("mean course" or "share told"), value, step, and the numbers of each."""
    found: list[dict[str, object]] = []
    for course in data.details["courses"]:
        for step, (x, y), covariance, n in zip(
            course["step"], course["mean"], course["covariance"], course["episodes"], strict=True
        ):
            found.append({
                "quantity": "mean course", "value": plain(course["value"]), "step": step, "x": x, "y": y,
                "variance_x": covariance[0][0], "variance_y": covariance[1][1], "covariance": covariance[0][1],
                "episodes": n,
            })  # fmt: skip
    for row in data.details["by_step"]:
        low, high = row["interval"] or (None, None)
        null = row["null"] or {"low": None, "high": None}
        found.append({
            "quantity": "share told", "value": "", "step": row["step"], "share": row["share"], "low": low, "high": high,
            "null_low": null["low"], "null_high": null["high"], "p_value": row["p_value"], "rows": row["n_rows"],
        })  # fmt: skip
    return found


def table(data: Result) -> list[dict[str, object]]:
    """One row a step for the report."""
    return [
        {
            "step": row["step"],
            "variance told": percent(row["share"]),
            "95 % interval": f"{percent(row['interval'][0])} to {percent(row['interval'][1])}"
            if row["interval"]
            else "–",
            "null, 95 %": f"{percent(row['null']['low'])} to {percent(row['null']['high'])}" if row["null"] else "–",
            "p among all steps": p_text(row["p_value"]),
        }
        for row in data.details["by_step"]
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval."""
    details = data.details
    target = plain(details["target"]).replace("_", " ")
    plane = (
        "in which mean courses differ most"
        if details["plane"] == "courses"
        else "of the first two principal components of all states"
    )
    left_out = details["left_out"]
    without = f" Left out, as rarer: {plain(', '.join(map(str, left_out)), 120)}." if left_out else ""
    early = f" (dotted: the {details['before']} steps before)" if details["before"] else ""
    return (
        f"Hidden state ({plain(details['source']).removeprefix('hidden.')}) of the {plain(details['words_of'])} after "
        f"{target} takes a value, in the plane {plane}, found on {details['n_training']} other episodes "
        f"({percent(details['variance_in_plane'])} of the variance of states). Lines: mean courses over n = "
        f"{data.n_episodes:,} held-out episodes, from the ring at which the value begins to the arrow{early}, with "
        f"95 % ellipses over episodes; faint: single courses.{without} Right: how much of the variance in the plane "
        "the value tells at each step, with the 95 % interval over held-out episodes and the band of 95 % of permuted "
        f"episodes, for which means and plane were found anew. From the beginning on: {estimate_text(data)}."
    )
