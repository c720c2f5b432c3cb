"""Figure: clusters laid out in the plane, each with its number and, beside it, what goes with it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALETTE, WIDTH, bare
from commlab.figures.look.themes import text_on
from commlab.figures.wording import estimate_text, number, percent, plain, wrapped
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

MARKS = ("o", "^", "s")  # after eight clusters colours come again, with another mark
NOISE = "#c9d0d8"
LINE_WIDTH = 44  # characters of a line of the key
LINE = 0.165  # inches of a line of the key
GAP = 0.09  # inches between entries of the key
PLANE = 3.1  # inches
PLANE_SHARE = 0.47  # of the figure's width
APART = 0.055  # least distance of two numbers, in widths of the plane
RELAXATIONS = 200
NEAR = 0.06  # rows within it make a place thick
ABOVE = 0.04  # of the thickest place, so that the number does not hide it


def entries(data: Result) -> list[tuple[int, list[str]]]:
    """The key: the number of each cluster that has rows, and its words in lines."""
    return [
        (cluster["cluster"], wrapped(tied(f"{share(cluster)}: {plain(cluster['words'], 160)}"), LINE_WIDTH).split("\n"))
        for cluster in data.details["clusters"]
        if cluster["n_rows"]
    ]


def tied(text: str) -> str:
    """Text in which no line breaks before a per cent sign."""
    return text.replace(" %", "\u00a0%")


def share(cluster: dict[str, Any]) -> str:
    """How many of the rows a cluster holds."""
    return percent(cluster["share"])


def key_height(data: Result) -> float:
    """Inches that the key takes."""
    return sum(LINE * len(lines) + GAP for _, lines in entries(data))


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: the plane, or the key where that is longer."""
    return WIDTH, 0.5 + max(PLANE, key_height(data))


def draw(ax: Axes, data: Result) -> None:
    """The plane on the left, the key on the right."""
    if "picture" not in data.details:
        raise DataError("This clustering was saved without its picture: `commlab cluster RUN --picture` makes it.")
    bare(ax)
    height = max(PLANE, key_height(data))
    plane = ax.inset_axes((0.0, 1 - PLANE / height, PLANE_SHARE, PLANE / height))
    draw_plane(plane, data)
    draw_key(ax, data, height)


def draw_plane(ax: Axes, data: Result) -> None:
    """A mark for each row, and each cluster's number at its middle."""
    shown = data.details["picture"]
    x, y, cluster = (np.asarray(shown[name], dtype=float) for name in ("x", "y", "cluster"))
    ax.scatter(x[cluster == 0], y[cluster == 0], s=4, color=NOISE, linewidth=0, rasterized=True)
    numbers = [n for n, _ in entries(data) if (cluster == n).any()]
    for n in numbers:
        here = cluster == n
        colour, mark = look(n)
        ax.scatter(x[here], y[here], s=9, color=colour, marker=mark, alpha=0.6, linewidth=0, rasterized=True)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.margins(0.06)
    places = middles(ax, x, y, cluster, numbers)
    for n, (u, v) in zip(numbers, places, strict=True):
        ax.text(u, v, str(n), transform=ax.transAxes, **disc(n))


def middles(ax: Axes, x: Any, y: Any, cluster: Any, numbers: list[int]) -> list[tuple[float, float]]:
    """Where each number stands, in parts of the plane: above the thick of its cluster, pushed apart."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    places = []
    for n in numbers:
        here = cluster == n
        u, v = (x[here] - left) / (right - left), (y[here] - low) / (high - low)
        near = np.hypot(u[:, None] - u, v[:, None] - v) < NEAR
        thick = int(near.sum(1).argmax())
        places.append((float(u[thick]), float(v[thick]) + ABOVE))
    return pushed_apart(places)


def pushed_apart(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The places moved until no two are closer than a number is wide."""
    points = np.array(places, dtype=float).reshape(-1, 2)
    for _ in range(RELAXATIONS):
        gaps = points[:, None] - points
        distance = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(distance, np.inf)
        i, j = np.unravel_index(int(distance.argmin()), distance.shape) if len(points) > 1 else (0, 0)
        if len(points) < 2 or distance[i, j] >= APART:
            break
        way = gaps[i, j] / distance[i, j] if distance[i, j] > 1e-9 else np.array([1.0, 0.0])
        push = way * (APART - distance[i, j] + 1e-6) / 2
        points[i], points[j] = points[i] + push, points[j] - push
    return [(float(u), float(v)) for u, v in points]


def look(n: int) -> tuple[str, str]:
    """A cluster's colour and mark."""
    return PALETTE[(n - 1) % len(PALETTE)], MARKS[(n - 1) // len(PALETTE) % len(MARKS)]


def disc(n: int) -> dict[str, Any]:
    """How a cluster's number is written: on a disc of its colour."""
    box = {"boxstyle": "circle,pad=0.22", "facecolor": look(n)[0], "edgecolor": "white", "linewidth": 0.8}
    return {
        "color": text_on(look(n)[0]),
        "fontsize": 7.6,
        "fontweight": "bold",
        "ha": "center",
        "va": "center",
        "bbox": box,
    }


def draw_key(ax: Axes, data: Result, height: float) -> None:
    """The clusters' words under each other, with their numbers."""
    y = 1.0
    for n, lines in entries(data):
        middle = y - LINE / 2 / height
        ax.text(PLANE_SHARE + 0.045, middle, str(n), transform=ax.transAxes, **disc(n))
        for i, line in enumerate(lines):
            ax.text(
                PLANE_SHARE + 0.08,
                middle - i * LINE / height,
                line,
                transform=ax.transAxes,
                fontsize=8.6,
                color=INK,
                va="center",
                ha="left",
            )
        y -= (LINE * len(lines) + GAP) / height


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each point: cluster (0 is noise), x, y, the cluster's words."""
    shown = data.details["picture"]
    words = {cluster["cluster"]: plain(cluster["words"], 300) for cluster in data.details["clusters"]}
    return [
        {"cluster": int(n), "x": float(x), "y": float(y), "words": words.get(int(n), "noise")}
        for x, y, n in zip(shown["x"], shown["y"], shown["cluster"], strict=True)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a cluster for the report."""
    return [
        {
            "cluster": cluster["cluster"],
            "share": f"{100 * cluster['share']:.1f} %",
            "episodes": cluster["n_episodes"],
            "what goes with it": plain(cluster["words"], 200),
        }
        for cluster in data.details["clusters"]
    ]


def caption(data: Result) -> str:
    """What is shown, n, what was tested, and what the plane is not."""
    details = data.details
    shown = details["picture"]
    drawn = f"{len(shown['x']):,} of {shown['n_rows']:,} rows"
    tested = any(not variable["formed_them"] for variable in details["variables"].values())
    formed = any(variable["formed_them"] for variable in details["variables"].values())
    stable = details["stability"]["mean"]
    headline = plain(details["headline"] or "nothing").replace("_", " ")
    return (
        f"Clusters of {plain(details['source'])} of the {plain(details['words_of'])}, formed on other episodes: "
        f"{drawn} of n = {data.n_episodes:,} episodes that did not form them, each with its nearest cluster. "
        f"{plain(shown['method'])}: neighbours lie together, but distances between clusters, their sizes and shapes "
        "mean nothing, and nothing is tested in the plane. Stability (adjusted Rand over resampled episodes): "
        f"{number(stable)}. "
        + ("Values are named that permuted episodes do not make as frequent. " if tested else "")
        + ("What formed the clusters describes them, untested. " if formed else "")
        + f"Information between cluster and {headline}: {estimate_text(data)}."
    )
