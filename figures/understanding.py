"""Figure: understanding: a map of the places, and how often listeners that are told a place's word go there first."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from commlab.figures.look.ground import draw_ground, ground_of
from commlab.figures.look.style import INK, PALE, SEQUENTIAL, SOFT, SPEECH, WIDTH, bare, colour_of
from commlab.figures.look.themes import text_on
from commlab.figures.wording import percent, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

ROW = 0.23  # inches of a place's bar
MAP_SHARE = 0.36  # of the width
MOST_BARS = 32  # of larger scenarios, the map shows the rest
RANDOM = "#d1700a"


class Bar(NamedTuple):
    """One place, or the mean over all of them."""

    label: str
    score: float | None
    interval: tuple[float, float] | None
    untouched: float | None
    random: float | None
    note: str


def bars(result: Result) -> list[Bar]:
    """The mean over all places first, then each place in the scenario's order."""
    details = result.details
    mean = Bar(
        "all places", details["score"], result.interval, details["untouched"], details["random"],
        percent(details["score"]),
    )  # fmt: skip
    return [mean, *(of_place(name, found) for name, found in list(details["places"].items())[:MOST_BARS])]


def of_place(name: str, found: Mapping[str, Any]) -> Bar:
    """The bar of one place."""
    ends = found.get("interval")
    note = percent(found["score"]) if found.get("score") is not None else "not asked for"
    if found.get("symbol") is None:
        note = "no word"
    elif found.get("shared_with"):
        note += f", also of {plain(' and '.join(found['shared_with']), 24)}"
    word = "" if found.get("symbol") is None else f"  “{plain(found['symbol'], 6)}”"
    interval = (float(ends[0]), float(ends[1])) if ends and found.get("symbol") is not None else None
    return Bar(plain(name, 12) + word, found.get("score"), interval, found.get("untouched"), found.get("random"), note)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each place, and at least the map."""
    return WIDTH, max(0.85 + ROW * len(bars(data)), WIDTH * MAP_SHARE + 0.3)


def draw(ax: Axes, data: Result) -> None:
    """The map at the left, the bars at the right."""
    bare(ax)
    height = size(data)[1]
    draw_map(ax.inset_axes((0.0, 0.25 / height, MAP_SHARE - 0.04, 1 - 0.3 / height)), data)
    left = MAP_SHARE + 0.12
    draw_bars(ax.inset_axes((left, 0.62 / height, 1 - left, 1 - 0.66 / height)), data)


def draw_map(ax: Axes, result: Result) -> None:
    """The places as discs, darker the better they are understood, with their words."""
    ground = ground_of(result.details)
    draw_ground(ax, ground)
    for (row, column), found in zip(result.details["sites"], result.details["places"].values(), strict=True):
        face = SEQUENTIAL(found.get("score") or 0.0)
        ax.add_patch(Circle((column + 0.5, row + 0.5), 0.62 * ground.mark, facecolor=face, edgecolor=SOFT,
                            linewidth=0.7, zorder=3))  # fmt: skip
        if ground.mark == 1.0:
            symbol = "–" if found.get("symbol") is None else plain(found["symbol"], 4)
            ax.text(column + 0.5, row + 0.53, symbol, ha="center", va="center", fontsize=7.6, color=text_on(face),
                    zorder=4)  # fmt: skip


def draw_bars(ax: Axes, result: Result) -> None:
    """A bar for each place with its interval; marks for the untouched twin and for a random word."""
    found = bars(result)
    for row, bar in enumerate(found):
        score = bar.score or 0.0
        ax.barh(row, score, height=0.62, color=SPEECH, alpha=1.0 if row == 0 else 0.72)
        if bar.interval is not None:
            ax.plot(bar.interval, [row, row], color=INK, linewidth=1.2)
        for value, mark, colour in ((bar.untouched, "o", colour_of("untouched")), (bar.random, "D", RANDOM)):
            if value is not None:
                ax.plot(
                    value,
                    row,
                    mark,
                    markersize=4.2,
                    markerfacecolor="white",
                    markeredgecolor=colour,
                    zorder=5,
                    clip_on=False,
                )
        end = max(score, *(bar.interval or (0.0,)), bar.untouched or 0.0, bar.random or 0.0)
        ax.text(
            end + 0.025, row, bar.note, va="center", fontsize=8.4, color=INK, fontweight="bold" if not row else None
        )
    ax.set_yticks(range(len(found)), [bar.label for bar in found])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(ylim=(len(found) - 0.5, -0.5), xlim=(0, 1.3), xticks=(0, 0.25, 0.5, 0.75, 1))
    ax.set_xticklabels(["0", "25 %", "50 %", "75 %", "100 %"])
    ax.grid(axis="x", color=PALE)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel("went there first (circle: untouched, diamond: random word)")


def rows(data: Result) -> list[dict[str, object]]:
    """One row a place: the word, its certainty, the rates, the interval, n, and where listeners went first instead."""
    names = list(data.details["places"])
    return [
        {
            "place": name,
            "word": found["symbol"],
            "certainty": found["certainty"],
            "score": found["score"],
            "low": found["interval"][0] if found["interval"] else None,
            "high": found["interval"][1] if found["interval"] else None,
            "crossing": found["crossing"],
            "untouched": found["untouched"],
            "random": found["random"],
            "n": found["n"],
            **{f"first {other}": found["first"].get(other) for other in names},
            "nowhere": found["nowhere"],
        }
        for name, found in data.details["places"].items()
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a place for the report."""
    return [
        {
            "place": plain(name, 12),
            "word": "–" if found["symbol"] is None else plain(found["symbol"], 6),
            "went there first": percent(found["score"]),
            "95 % interval": span(found["interval"]),
            "untouched": percent(found["untouched"]),
            "random word": percent(found["random"]),
            "trials": found["n"],
        }
        for name, found in data.details["places"].items()
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    details = data.details
    trip = details["trip"]
    return (
        "How often listeners that carry nothing, told the speakers' own word for a place without a crystal, go to that "
        f"place before all others and within {details['limit']} steps: the natural median from a crystal's appearing "
        f"to its being reached; n = {data.n_episodes:,} episodes, a trial in each. Words are learnt from what speakers "
        "say in other episodes; a place without a word counts 0. Circles: the untouched twin; diamonds: a twin told "
        "one of the words at random: the nulls. Lines: 95 % intervals. Mean over places "
        f"{percent(details['score'])} (95 % interval {span(data.interval)}), untouched "
        f"{percent(details['untouched'])}, random word {percent(details['random'])}; not counting places that are "
        f"crossed on a shortest way, {percent(details['crossing']['score'])}. Within the median of a natural "
        f"trip ({trip['limit']} steps) it is {percent(trip['score'])}; untouched listeners reach the crystal itself in "
        f"that time in {percent(trip['natural'])}."
    )
