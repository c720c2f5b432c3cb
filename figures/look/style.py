"""The one look of every figure: colours by role, type, axes, and the small marks that several figures share."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from commlab.figures.look.colour import legible

__all__ = [
    "CONDITION_COLOURS",
    "INK",
    "PALE",
    "PALETTE",
    "RC",
    "SEQUENTIAL",
    "SOFT",
    "SPEECH",
    "WIDTH",
    "bare",
    "colour_of",
    "end_labels",
    "lone_marker",
    "new_figure",
    "styled",
]

WIDTH = 6.0  # inches: 700 px on the report's page, where 9.6 points read as 15 px, and 9 px on a phone

INK = "#1d2430"
SOFT = "#667080"  # axis text, second-rank labels
PALE = "#e3e7ec"  # grids, null bands
SPEECH = "#0b62a8"  # whatever is under test: hearing, injected, said

# For series that have no role, in this order: told apart by people with any of the three colour blindnesses, in both
# themes (tests/figures/test_every_figure.py simulates them).
PALETTE = (SPEECH, "#d1700a", "#a07ccb", "#17876d", "#3a4250", "#5baa8e", "#5c3000", "#6e5d00")

CONDITION_COLOURS = {
    "hearing": SPEECH,
    "injected": SPEECH,
    "other episode": "#d1700a",
    "other symbol": "#a07ccb",
    "silence": "#17876d",
    "untouched": "#3a4250",
    "scrambled": "#b3446c",
    "constant": "#a37a17",
    "noisy": "#4aa3c7",
    "muted": "#58616e",
    "trained muted": "#8992a0",
}
RELAXATIONS = 100  # passes that push end labels apart; a handful of labels settles in fewer
SPARE_COLOURS = PALETTE[4:]

SEQUENTIAL = LinearSegmentedColormap.from_list("commlab", ["#f5f8fb", "#c3d9ec", "#7fb0d8", "#2f7fbd", "#0a3f70"])

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Inter", "Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 9.6,
    "text.color": INK,
    "text.parse_math": False,  # names come from users: a dollar sign is a dollar sign
    "axes.titlesize": 9.8,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9.6,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9aa3af",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "xtick.color": "#9aa3af",
    "ytick.color": "#9aa3af",
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 9.2,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text stays text: it can be searched, and takes the page's typeface
    "svg.hashsalt": "commlab",  # the same numbers give the same file
    "savefig.dpi": 220,
}


@contextmanager
def styled() -> Iterator[None]:
    """A context in which matplotlib uses this style and nothing that the user has set."""
    with rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a user's name in a rare script
        rcdefaults()
        rcParams.update(RC)
        yield


def new_figure(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """A figure of that size (width, height in inches) with one axes, laid out so that no label is cut."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def bare(ax: Axes) -> None:
    """Take everything off an axes that only holds others."""
    ax.set_axis_off()


def colour_of(name: str) -> str:
    """The colour that stands for a condition or an arm in every figure."""
    if name in CONDITION_COLOURS:
        return CONDITION_COLOURS[name]
    return SPARE_COLOURS[sum(name.encode()) % len(SPARE_COLOURS)]


def lone_marker(n_points: int) -> str:
    """A dot for a line of one point, which would not be seen; otherwise no marker."""
    return "o" if n_points == 1 else ""


def end_labels(
    ax: Axes, ends: Sequence[tuple[float, str, str]], x: float = 1.015, gap: float = 0.085, size: float = 9.6
) -> None:
    """Write a label at the right of each line's end, pushed apart so that none overlap.

    `ends` holds (y in data units, text, colour); `gap` is the least distance between labels in axes heights.
    """
    low, high = ax.get_ylim()
    heights = spread([(y - low) / (high - low) for y, _, _ in ends], gap)
    for (_, text, colour), height in zip(ends, heights, strict=True):
        ax.text(
            x,
            height,
            text,
            color=legible(colour),
            transform=ax.transAxes,
            va="center",
            ha="left",
            fontsize=size,
            linespacing=1.05,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved apart evenly until neighbours are `gap` apart (or fill the axes), and kept within 0..1."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [min(1.0, max(0.0, heights[i])) for i in order]
    room = min(gap, 1.0 / max(1, len(placed) - 1))
    for _ in range(RELAXATIONS):
        for i in range(1, len(placed)):
            push = max(0.0, room - (placed[i] - placed[i - 1])) / 2
            placed[i - 1], placed[i] = max(0.0, placed[i - 1] - push), min(1.0, placed[i] + push)
    return [placed[order.index(i)] for i in range(len(heights))]
