"""Figure: cross-play: what listeners earn, and understand, with the speakers of each source, as two matrices."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from commlab.figures.look.shading import shade
from commlab.figures.look.style import SOFT, WIDTH, bare
from commlab.figures.wording import estimate_text, number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

OWN = "#d1440a"
FLOOR = "nobody"


class Matrix(NamedTuple):
    """One matrix: rows are speakers, the last of them nobody; columns are listeners."""

    title: str
    means: np.ndarray[Any, Any]  # (n + 1, n)
    intervals: list[list[tuple[float, float] | None]]
    per_cent: bool


def matrices(result: Result) -> list[Matrix]:
    """Returns, and understanding where it was measured."""
    found = [matrix_of("return of an agent", result.details["returns"], result.details["muted"], False)]
    understanding = result.details.get("understanding") or {}
    if "matrix" in understanding:
        found.append(matrix_of("understanding, %", understanding["matrix"], understanding["muted"], True))
    return found


def matrix_of(title: str, cells: Sequence[Sequence[Any]], floor: Sequence[Any], per_cent: bool) -> Matrix:
    """A matrix with its floor as the last row."""
    table_ = [*cells, floor]
    means = np.array([[float(cell["mean"]) for cell in row] for row in table_])
    ends = [[tuple(cell["interval"]) if cell.get("interval") else None for cell in row] for row in table_]
    return Matrix(title, means, ends, per_cent)


def names(result: Result) -> list[str]:
    """The sources, numbered."""
    return [f"{n + 1}  {plain(name, 18)}" for n, name in enumerate(result.details["names"])]


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each source."""
    return WIDTH, 1.0 + 0.42 * (len(data.details["names"]) + 1)


def draw(ax: Axes, data: Result) -> None:
    """The matrices beside each other, the diagonal framed."""
    bare(ax)
    found, labels = matrices(data), names(data)
    height = size(data)[1]
    room = 0.07 + 0.0115 * max(map(len, labels))  # for the names of the sources
    width = (1 - room) / max(2, len(found))
    for index, matrix in enumerate(found):
        box = (room + index * width, 0.42 / height, width * 0.94, 1 - 0.68 / height)
        draw_matrix(ax.inset_axes(box), matrix, labels if index == 0 else [""] * len(labels))


def draw_matrix(ax: Axes, matrix: Matrix, labels: list[str]) -> None:
    """One matrix."""
    n = matrix.means.shape[1]
    top = 1.0 if matrix.per_cent else max(float(matrix.means.max()), 1e-9)
    texts = [
        [f"{100 * value:.0f}" if matrix.per_cent else number(value) for value in line]
        for line in matrix.means.tolist()
    ]  # fmt: skip
    shade(ax, matrix.means / top, texts, np.eye(n + 1, n, dtype=bool), size=9.0)
    ax.axhline(n - 0.5, color="white", linewidth=4, zorder=2)
    for own in range(n):  # within the gaps between cells and above nobody's row
        frame = Rectangle((own - 0.46, own - 0.41), 0.92, 0.82, fill=False, edgecolor=OWN, linewidth=1.6, zorder=3)
        ax.add_patch(frame)
    ax.set_yticks(range(n + 1), [*labels, FLOOR if labels[0] else ""])
    ax.set_xticks(range(n), [str(k + 1) for k in range(n)])
    ax.set_title(matrix.title)
    ax.set_xlabel("listeners")
    if labels[0]:
        ax.set_ylabel("speakers", color=SOFT)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each pair and measure."""
    sources = list(data.details["names"])
    return [
        {
            "measure": matrix.title.rstrip(", %"),
            "speakers": speaker,
            "listeners": listener,
            "mean": float(matrix.means[i, j]),
            "low": ends[0] if ends else None,
            "high": ends[1] if ends else None,
        }
        for matrix in matrices(data)
        for i, speaker in enumerate([*sources, FLOOR])
        for j, listener in enumerate(sources)
        for ends in [matrix.intervals[i][j]]
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a source for the report: what its own speakers are worth to its listeners."""
    found = []
    for j, name in enumerate(data.details["names"]):
        returns = np.array([[cell["mean"] for cell in row] for row in data.details["returns"]])
        others = [returns[i, j] for i in range(len(returns)) if i != j]
        own = data.details["own_less_others"][name]
        found.append(
            {
                "listeners": plain(name, 30),
                "with their own speakers": float(returns[j, j]),
                "with others'": float(np.mean(others)),
                "difference": own["mean"],
                "95 % interval": span(tuple(own["interval"]) if own["interval"] else None),
                "muted": data.details["muted"][j]["mean"],
            }
        )
    return found


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    own = data.details["own_is_best"]
    understood = len(matrices(data)) > 1
    more = (
        " Understanding: how often listeners that hear no real speaker, told the sources' words for places, go there "
        "first, the mean over places."
        if understood
        else ""
    )
    return (
        f"What listeners (columns) earn with the speakers of each source (rows), and with nobody; n = "
        f"{data.n_episodes:,} episodes, the same for all pairs. Framed: their own speakers, which are worth more to "
        f"the listeners of {own['k']} of {own['n']}.{more} Own less others: {estimate_text(data)} (95 % interval over "
        f"episodes)."
    )
