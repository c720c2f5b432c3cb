"""Figure: what speakers say, and whom listeners follow, at each kinship that they are shown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures.look.style import PALE, SOFT, WIDTH, bare, end_labels, lone_marker
from commlab.figures.wording import p_text, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

SAID = {"true": "the truth", "silent": "nothing", "false": "falsehood", "unclear": "unclear"}
COLOURS = {
    "the truth": "#0b62a8",
    "nothing": "#17876d",
    "falsehood": "#d1700a",
    "unclear": "#8992a0",
    "go there": "#0b62a8",
    "elsewhere": "#58616e",
}
DASHED = ("elsewhere",)  # a reference
NEVER = 0.005  # a share that is not drawn: it would lie on the axis


class Curve(NamedTuple):
    """A share by the kinship shown."""

    side: str  # speakers or listeners
    name: str
    shown: list[float]
    share: list[float]
    low: list[float]
    high: list[float]


def curves(result: Result) -> list[Curve]:
    """What speakers say, then where listeners go; shares that are nowhere defined are left out."""
    speaker, words = result.details["speaker"], result.details["listener"].get("words")
    found = [curve("speakers", name, speaker["levels"], key) for key, name in SAID.items()]
    if words:
        found.append(curve("listeners", "go there", words["levels"], ""))
        found.append(curve("listeners", "elsewhere", words["levels"], "other_place"))
    return [one for one in found if one.shown]


def curve(side: str, name: str, levels: list[Mapping[str, Any]], key: str) -> Curve:
    """One share, of the rows themselves where `key` is empty."""
    points = []
    for row in levels:
        share = row[key] if key else row
        if share["share"] is not None:
            low, high = share["interval"] or (share["share"], share["share"])
            points.append((float(row["shown"]), share["share"], low, high))
    columns = [list(column) for column in zip(*sorted(points), strict=True)] or [[], [], [], []]
    return Curve(side, name, *columns)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 2.9


def draw(ax: Axes, data: Result) -> None:
    """Speakers at the left, listeners at the right; kinship below 0 is shaded: it is a control."""
    bare(ax)
    drawn = curves(data)
    sides = ("speakers", "listeners") if any(one.side == "listeners" for one in drawn) else ("speakers",)
    titles = {"speakers": "Speakers, seeing a crystal: they say …", "listeners": "Listeners, told a place: they …"}
    for index, side in enumerate(sides):
        panel = ax.inset_axes((0.07 + 0.535 * index, 0.17, 0.33, 0.7))
        draw_side(panel, [one for one in drawn if one.side == side and max(one.share) > NEVER])
        panel.set_title(titles[side], fontsize=9.2)
        if index:
            panel.set_yticklabels([])


def draw_side(ax: Axes, mine: list[Curve]) -> None:
    """The curves of one side."""
    for one in reversed(mine):
        colour = COLOURS[one.name]
        ax.fill_between(one.shown, one.low, one.high, color=colour, alpha=0.15, linewidth=0)
        ax.plot(one.shown, one.share, color=colour, linestyle=(0, (3, 2)) if one.name in DASHED else "-", linewidth=1.8,
                marker=lone_marker(len(one.shown)) or ".", markersize=5, clip_on=False)  # fmt: skip
    shown = sorted({value for one in mine for value in one.shown})
    low, high = (shown[0], shown[-1]) if len(shown) > 1 else (shown[0] - 0.5, shown[0] + 0.5)
    if low < 0:
        ax.axvspan(low, min(0.0, high), color=PALE, alpha=0.6, zorder=0, linewidth=0)
        ax.text((low + min(0.0, high)) / 2, 0.97, "spite:\na control", color=SOFT, fontsize=8.4, ha="center", va="top")
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.grid(axis="y")
    ax.set_xlabel("kinship shown")
    ends = [(one.share[-1], one.name, COLOURS[one.name]) for one in mine]
    end_labels(ax, ends, x=1.03, gap=0.11, size=9.0)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each curve and level: side, share of what, kinship shown, share, low, high."""
    return [
        {"side": one.side, "what": one.name, "kinship shown": shown, "share": share, "low": low, "high": high}
        for one in curves(data)
        for shown, share, low, high in zip(one.shown, one.share, one.low, one.high, strict=True)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a test: strangers against kin, the difference, its interval and p."""
    details = data.details
    words = details["listener"].get("words") or {"tests": {}}
    named = {
        "steps at which the truth is told": details["speaker"]["tests"].get("true"),
        "steps of silence": details["speaker"]["tests"].get("silent"),
        "false, of what is said": details["speaker"]["tests"].get("false_given_speech"),
    }
    found = [row(name, test["second"], test["first"], test["difference"], test) for name, test in named.items() if test]
    apart = words["tests"].get("kin_less_strangers")
    if apart:
        test = {**apart, "interval": [-apart["interval"][1], -apart["interval"][0]]}
        found.append(
            row("trials in which listeners go there", apart["first"], apart["second"], -apart["difference"], test)
        )
    return found


def row(name: str, kin: float, strangers: float, difference: float, test: Mapping[str, Any]) -> dict[str, object]:
    """One test in the table."""
    low, high = test["interval"]
    return {
        "share of": name,
        "kin shown": kin,
        "strangers shown": strangers,
        "difference": difference,
        "95 % interval": span((low, high)),
        "p": p_text(test["p_value"]),
    }


def caption(data: Result) -> str:
    """What is shown, n, the nulls and the intervals."""
    speaker, listener = data.details["speaker"], data.details["listener"]
    words = listener.get("words") or {}
    trials = f" and {words['n_trials']:,} trials" if "n_trials" in words else ""
    claim = "that the nearest crystal stands there" if speaker["claim"] == "nearest" else "that a crystal stands there"
    return (
        f"Twins of the same episodes that differ in the kinship shown alone; n = {data.n_episodes:,} episodes{trials}. "
        f"Left: what speakers say when they see a crystal, read ({claim}) in the code in which kin are told in other "
        f"episodes. Right: how often listeners go where a word sends them, and to places not named. Bands: 95 % "
        f"intervals over episodes; the null swaps the arms within them. Kinship below 0 is a control. Speakers: "
        f"{plain(speaker['conclusion'])}. Listeners: {plain(listener['conclusion'])}."
    )
