"""Figure: who is heard by whom, and whether kinship tells to whom agents speak."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.look.style import PALE, SEQUENTIAL, SPEECH, WIDTH, bare
from commlab.figures.look.themes import text_on
from commlab.figures.wording import number, p_text, percent, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

Matrix = np.ndarray[Any, Any]

NULL_COLOUR = "#c3cad3"
FRAME = "#d1700a"
MOST_WRITTEN = 8  # agents, up to which every cell has its number
MOST_NAMED = 16  # agents that have their number at the axes
MOST_TOLD, MOST_TOLD_SPEAKERS = 6, 3  # agents, up to which every cell has its kinship
LEAST_SPAN = 0.2  # of an axis of shares
SPREAD = 1e-6  # of kinships that are not all alike
GROUPS = (
    ("pairs", "Spoken to,\nby their kinship"),
    ("audiences", "Speech, by the mean\nkinship in earshot"),
)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 3.0


def draw(ax: Axes, data: Result) -> None:
    """Left: the share of steps at which each agent hears each. Right: speech by kinship, among what chance gives."""
    bare(ax)
    groups = compared(data)
    draw_matrix(ax.inset_axes((0.075 if groups else 0.3, 0.165, 0.33 if groups else 0.42, 0.695)), data)
    for index, (key, title) in enumerate(groups):
        draw_shares(ax.inset_axes((0.495 + 0.3 * index, 0.165, 0.205, 0.695)), data.details[key], title)


def compared(data: Result) -> tuple[tuple[str, str], ...]:
    """The panels of speech by kinship; none where all are kin alike, so that there is nothing to compare."""
    return GROUPS if any(len(data.details[key]) > 1 for key, _ in GROUPS) else ()


def draw_matrix(ax: Axes, data: Result) -> None:
    """Listeners down, speakers across, those that are ever heard; families are framed."""
    details = data.details
    speakers, n = details["speakers"], details["n_agents"]
    shares = np.array([[cell_share(row[speaker]) for speaker in speakers] for row in details["heard"]])
    ax.imshow(np.ma.masked_invalid(shares), cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.set_facecolor("white")
    kinship = np.asarray(details["kinship"])
    written, told = n <= MOST_WRITTEN, n <= MOST_TOLD and len(speakers) <= MOST_TOLD_SPEAKERS
    for listener, column in np.ndindex(n, len(speakers)) if n <= MOST_NAMED else ():
        share, speaker = shares[listener, column], speakers[column]
        if listener == speaker:
            ax.plot([column - 0.5, column + 0.5], [listener + 0.5, listener - 0.5], color=PALE, linewidth=1)
        elif written:
            words = percent(share) + (f"\nkinship {kinship[speaker, listener]:.2g}" if told else "")
            ax.text(column, listener, words, ha="center", va="center", fontsize=8.2, linespacing=1.1,
                    color=text_on(SEQUENTIAL(share)))  # fmt: skip
    edges = outline(closer_kin(kinship)[:, speakers])
    ax.add_collection(LineCollection(edges, colors=FRAME, linewidths=1.4, clip_on=False))
    if n <= MOST_NAMED:
        every = 1 if n <= MOST_WRITTEN else 2
        ax.set_xticks(range(0, len(speakers), every), [str(speaker) for speaker in speakers[::every]])
        ax.set_yticks(range(0, n, every), [str(listener) for listener in range(0, n, every)])
    else:
        ax.set(xticks=[], yticks=[])
    ax.tick_params(length=0, pad=2, labelsize=8.6)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("speaker")
    ax.set_ylabel("listener")
    ax.set_title("Who hears whom,\nshare of steps", fontsize=9.2)


def closer_kin(kinship: Matrix) -> Matrix:
    """Which speakers (columns) are closer kin to which listeners than the mean pair, (A, A); none where all are alike.

    An agent goes with its kin, so that a family is one block.
    """
    own = np.eye(len(kinship), dtype=bool)
    pairs = kinship[~own]
    closer = np.greater(kinship.T, pairs.mean()) & ~own & (np.ptp(pairs) > SPREAD)
    framed: Matrix = closer | (own & (closer.any(axis=0) | closer.any(axis=1)))
    return framed


def outline(framed: Matrix) -> list[list[tuple[float, float]]]:
    """The edges between framed cells and others, as segments of two points (column, row)."""
    around = np.pad(framed, 1).astype(int)
    across, down = np.diff(around, axis=0)[:, 1:-1], np.diff(around, axis=1)[1:-1]
    level = [[(c - 0.5, r - 0.5), (c + 0.5, r - 0.5)] for r, c in np.argwhere(across != 0)]
    return level + [[(c - 0.5, r - 0.5), (c - 0.5, r + 0.5)] for r, c in np.argwhere(down != 0)]


def cell_share(cell: Mapping[str, Any] | None) -> float:
    """A cell's share; NaN for an agent and itself."""
    return float("nan") if cell is None else float(cell["share"])


def draw_shares(ax: Axes, shares: Sequence[Mapping[str, Any]], title: str) -> None:
    """Shares with their intervals at their kinship, and behind them what other episodes' speech gives."""
    for one in shares:
        x, null = one["kinship"], one["null"]
        if null is not None:
            ax.plot(
                [x, x], [null["low"], null["high"]], color=NULL_COLOUR, linewidth=7, solid_capstyle="butt", zorder=2
            )
            ax.plot([x - 0.05, x + 0.05], [null["mean"]] * 2, color="#7b8594", linewidth=1.1, zorder=3)
        low, high = one["interval"]
        ax.plot([x, x], [low, high], color=SPEECH, linewidth=1.9, solid_capstyle="butt", zorder=4)
        ax.plot([x], [one["share"]], "o", color=SPEECH, markersize=4.4, zorder=5)
    where = [one["kinship"] for one in shares] or [0.0]
    ax.set(xlim=(min(0.0, *where) - 0.14, max(1.0, *where) + 0.14), ylim=reach(shares))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    ticks = [-1, 0, 1] if min(where) < 0 else [0, 0.5, 1]
    ax.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
    ax.grid(axis="y")
    ax.set_xlabel("kinship")
    ax.set_title(title, fontsize=9.2)


def reach(shares: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """The ends of an axis that holds all shares, not too close at them, within 0 and 1."""
    nulls = [one["null"] for one in shares if one["null"] is not None]
    values = [end for one in shares for end in one["interval"]] + [
        null[end] for null in nulls for end in ("low", "high")
    ]
    low, high = min(values, default=0.0), max(values, default=1.0)
    free = max(0.08 * (high - low), (LEAST_SPAN - (high - low)) / 2)
    low, high = max(0.0, low - free), min(1.0, high + free)
    return max(0.0, min(low, high - LEAST_SPAN)) - 0.01, min(1.0, max(high, low + LEAST_SPAN)) + 0.01


def rows(data: Result) -> list[dict[str, object]]:
    """One row a pair, then one a level of kinship."""
    kinship = np.asarray(data.details["kinship"])
    pairs: list[dict[str, object]] = [
        {
            "what": "hears",
            "listener": listener,
            "speaker": speaker,
            "kinship": float(kinship[speaker, listener]),
            **numbers(cell),
        }
        for listener, row in enumerate(data.details["heard"])
        for speaker, cell in enumerate(row)
        if cell is not None
    ]
    levels = [
        {
            "what": {"pairs": "is spoken to", "audiences": "speaks"}[key],
            "level": one["level"],
            "kinship": one["kinship"],
            **numbers(one),
            "null_mean": one["null"]["mean"] if one["null"] else None,
            "null_low": one["null"]["low"] if one["null"] else None,
            "null_high": one["null"]["high"] if one["null"] else None,
            "n_steps": one["n_steps"],
            "n_episodes": one["n_episodes"],
        }
        for key, _ in GROUPS
        for one in data.details[key]
    ]
    return pairs + levels


def numbers(one: Mapping[str, Any]) -> dict[str, object]:
    """A share with its interval."""
    low, high = one["interval"] or (None, None)
    return {"share": one["share"], "low": low, "high": high}


def table(data: Result) -> list[dict[str, object]]:
    """One row a level of kinship."""
    return [
        {
            "share of steps at which": {"pairs": "listeners are spoken to", "audiences": "agents speak"}[key],
            "kinship": plain(one["level"], 30),
            "share": one["share"],
            "95 % interval": span(tuple(one["interval"])),
            "other episodes' speech": span((one["null"]["low"], one["null"]["high"])) if one["null"] else "–",
            "episodes": one["n_episodes"],
        }
        for key, _ in GROUPS
        for one in data.details[key]
    ]


def caption(data: Result) -> str:
    """What is shown, n, the null and the intervals, and what cannot be told."""
    details = data.details
    null = (
        "Grey, the null: what they would be if everybody, where it stands, said what it said in another episode at the "
        "same step (95 % of the draws): nearness and habits alone."
        if data.null is not None
        else f"There is no null, because {plain(details['reason'], 300)}."
    )
    slope = (
        f" From strangers to kin speech changes by {number(100 * (data.estimate or 0.0), 1)} points "
        f"({number(100 * data.interval[0], 1)} to {number(100 * data.interval[1], 1)}), p = {p_text(data.p_value)}."
        if data.estimate is not None and data.interval is not None
        else ""
    )
    beside = (
        " Middle: the share of steps at which a listener is within earshot of a speaker that speaks, by the kinship of "
        "the pair. Right: the share of steps at which agents speak by the mean kinship of all within earshot."
    )
    by_kinship = bool(compared(data))
    return (
        f"{'Left: the' if by_kinship else 'The'} share of steps at which a listener hears a speaker; framed: pairs "
        "that are closer kin than the mean pair, and agents themselves; who is never heard has no column."
        f"{beside if by_kinship else ''} n = {data.n_episodes:,} episodes"
        f"{'; lines: 95 % intervals over episodes' if by_kinship else ''}. {null}{slope} "
        "Observed, not changed: commlab kinship changes the kinship that is shown."
    )
