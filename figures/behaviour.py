"""Figure: where agents are and where they go from there, over all and at each value (of what they heard last, say)."""

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.look.places import View, draw_flow, draw_outline, draw_places, view
from commlab.figures.look.style import INK, PALE, SEQUENTIAL, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import estimate_text, p_text, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

COLUMNS = 4
LARGE = 2.75  # inches of the large map's longer side,
ALONE = 3.4  # and where it stands alone
HEAD = 0.42  # inches for a map's title and note
KEY = 0.52  # inches for the key under the large map
LEFT = 0.46  # of the width, for the large map
ROW = 0.36  # inches for a value beside it, at most
LEAST_TOP = 2.0  # inches, for the values beside it


class Box(NamedTuple):
    """A place on the figure in inches from its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, ax: Axes, height: float) -> Axes:
        """The axes there, of a figure of that height."""
        return ax.inset_axes(
            (self.x / WIDTH, 1 - (self.y + self.height) / height, self.width / WIDTH, self.height / height)
        )


def ratio(data: Result) -> float:
    """The map's height over its width."""
    part = seen(data)
    return (part.bottom - part.top) / (part.right - part.left)


def large(data: Result) -> tuple[float, float]:
    """Width and height of the large map in inches."""
    tall = ratio(data)
    width = LEFT * WIDTH if "departures" in data.details else ALONE
    longest = LARGE if "departures" in data.details else ALONE
    return (width, width * tall) if width * tall <= longest else (longest / tall, longest)


def small(data: Result) -> tuple[float, float]:
    """Width and height of a small map in inches."""
    width = WIDTH / COLUMNS - 0.1
    tall = ratio(data)
    return (width, width * tall) if tall <= 1.6 else (width * 1.6 / tall, width * 1.6)


def top(data: Result) -> float:
    """Inches that the large map and what stands beside it take."""
    least = LEAST_TOP if "departures" in data.details else 0.0
    return max(large(data)[1] + HEAD + KEY, least)


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: the large map, and a row for every four values."""
    n_rows = math.ceil((len(data.details["parts"]) - 1) / COLUMNS)
    return WIDTH, top(data) + n_rows * (small(data)[1] + HEAD + 0.12)


def draw(ax: Axes, data: Result) -> None:
    """The large map over all steps, beside it how far each value's map is from it, below a small map for each value."""
    bare(ax)
    parts, height = data.details["parts"], size(data)[1]
    deepest = max((max(part["share"]) for part in parts if part["share"]), default=1.0)
    width, tall = large(data)
    first = Box(0.0, HEAD, width, tall)
    draw_part(first.inside(ax, height), data, parts[0], deepest)
    draw_key(Box(0.12, HEAD + tall + 0.14, min(width, 2.2), 0.09).inside(ax, height), deepest)
    if "departures" in data.details:
        tall = min(top(data) - HEAD - KEY, 0.2 + ROW * len(values(data)))
        beside = Box(LEFT * WIDTH + 0.85, HEAD, (1 - LEFT) * WIDTH - 0.95, tall)
        draw_departures(beside.inside(ax, height), data)
    wide, short = small(data)
    for index, part in enumerate(parts[1:]):
        row, column = divmod(index, COLUMNS)
        at = Box(column * WIDTH / COLUMNS, top(data) + HEAD + row * (short + HEAD + 0.12), wide, short)
        draw_part(at.inside(ax, height), data, part, deepest)


def draw_part(ax: Axes, data: Result, part: dict[str, Any], deepest: float) -> None:
    """One map with its title and a note."""
    ground = data.details["map"]
    shades = np.zeros((ground["rows"], ground["columns"]))
    shades.reshape(-1)[part["place"]] = np.asarray(part["share"]) / deepest
    draw_places(ax, ground, np.sqrt(np.clip(shades, 0, 1)), seen(data))
    draw_outline(ax, ground, raised(data, part))
    draw_flow(ax, ground, part["flow"])
    above(ax, title(part), 13.0, fontsize=9.6, fontweight="bold", color=INK)
    above(ax, note(part), 3.0, fontsize=8.2, color=SOFT)


def seen(data: Result) -> View:
    """The part of the map that is drawn in all panels."""
    return view(data.details["map"], data.details["parts"][0]["place"])


def raised(data: Result, part: dict[str, Any]) -> list[int]:
    """The places outlined in a value's map."""
    for row in data.details.get("departures", []):
        if row["value"] == part["value"]:
            return [int(place) for place in row["raised"]]
    return []


def title(part: dict[str, Any]) -> str:
    """What a map is of."""
    return "all steps" if part["value"] is None else plain(part["value"], 18)


def note(part: dict[str, Any]) -> str:
    """How much a map is made of."""
    if part["value"] is None:
        return f"{part['n_rows']:,} steps, {part['n_episodes']:,} episodes"
    return f"{percent(part['share_of_rows'])} of steps, {part['n_episodes']:,} ep."


def above(ax: Axes, text: str, points: float, **look: Any) -> None:
    """Text at the left, that many points above the map."""
    ax.annotate(text, (0, 1), xycoords="axes fraction", xytext=(0, points), textcoords="offset points", **look)


def draw_key(ax: Axes, deepest: float) -> None:
    """What the shades mean."""
    ax.imshow(np.sqrt(np.linspace(0, 1, 128))[None], cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto",
              extent=(0, deepest, 0, 1))  # fmt: skip
    ax.set(yticks=[])
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    ax.set_xlim(0, deepest)
    ax.tick_params(length=2, pad=1.5, labelsize=8.2)
    ax.annotate("of steps", (1, 0.5), xycoords="axes fraction", xytext=(5, 0), textcoords="offset points",
                fontsize=8.2, color=SOFT, va="center")  # fmt: skip
    for spine in ax.spines.values():
        spine.set_visible(False)


def draw_departures(ax: Axes, data: Result) -> None:
    """A dot with its interval for each value that has a map, and the band in which permuted episodes lie."""
    shown = [row for row in data.details["departures"] if row["value"] in values(data)]
    for place, row in enumerate(shown):
        band = row["null"]
        ax.add_patch(Rectangle((band["low"], place - 0.34), band["high"] - band["low"], 0.68, color=PALE, linewidth=0))
        if row["interval"]:
            ax.plot(row["interval"], [place, place], color=SPEECH, linewidth=1.6)
        ax.plot(row["excess"], place, "o", color=SPEECH, markersize=4.6)
    ax.axvline(0, color=SOFT, linewidth=0.7, zorder=0.5)
    ax.set_yticks(range(len(shown)), [plain(row["value"], 14) for row in shown])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.06)
    ax.autoscale_view(scaley=False)
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}".replace("-", "−")))
    ax.grid(axis="x")
    ax.set_xlabel("% of steps elsewhere than over all")
    ax.set_title(plain(data.details["target"], 30).replace("_", " "), pad=8)


def values(data: Result) -> list[str]:
    """The values that have a map."""
    return [part["value"] for part in data.details["parts"][1:]]


def rows(data: Result) -> list[dict[str, object]]:
    """Tidy rows: value, quantity ("occupancy", "flow" or "elsewhere"), row, column, side, estimate, interval, count.

    Rows and columns are cells; those of a square are its top left cell's. Flow is in rows and columns a step.
    """
    ground = data.details["map"]
    found: list[dict[str, object]] = []
    for part in data.details["parts"]:
        name = "(all steps)" if part["value"] is None else plain(part["value"])
        outlined = set(raised(data, part))
        for place, count, share, low, high in zip(
            part["place"], part["count"], part["share"], part["low"], part["high"], strict=True
        ):
            found.append({
                "value": name, "quantity": "occupancy", **cell(ground, place, ground["columns"], ground["side"]),
                "estimate": share, "low": low, "high": high, "count": count, "above_chance": place in outlined,
            })  # fmt: skip
        flow = part["flow"]
        for square, count, mean, error, clear in zip(
            flow["square"], flow["count"], flow["mean"], flow["error"], flow["clear"], strict=True
        ):
            found.append({
                "value": name, "quantity": "flow",
                **cell(ground, square, ground["arrow_columns"], ground["arrow_side"]),
                "rows_a_step": mean[0], "columns_a_step": mean[1], "rows_error": error[0], "columns_error": error[1],
                "count": count, "above_chance": bool(clear),
            })  # fmt: skip
    for row in data.details.get("departures", []):
        low, high = row["interval"] or (None, None)
        found.append({
            "value": plain(row["value"]), "quantity": "elsewhere", "estimate": row["excess"], "low": low, "high": high,
            "null_low": row["null"]["low"], "null_high": row["null"]["high"], "p_value": row["p_value"],
        })  # fmt: skip
    return found


def cell(ground: dict[str, Any], place: int, columns: int, side: int) -> dict[str, object]:
    """The top left cell of a place and its side."""
    row, column = divmod(int(place), columns)
    return {"row": row * side + ground["corner"][0], "column": column * side + ground["corner"][1], "side": side}


def table(data: Result) -> list[dict[str, object]]:
    """One row a value for the report: how often, and how far its steps are from steps over all."""
    shown = set(values(data))
    of_steps = {part["value"]: part["share_of_rows"] for part in data.details["parts"]}
    return [
        {
            "value": plain(row["value"]),
            "of steps": percent(of_steps[row["value"]]),
            "elsewhere than over all": percent(row["excess"]),
            "95 % interval": f"{percent(row['interval'][0])} to {percent(row['interval'][1])}"
            if row["interval"]
            else "–",
            "null, 95 %": f"{percent(row['null']['low'])} to {percent(row['null']['high'])}",
            "p": p_text(row["p_value"]),
        }
        for row in data.details.get("departures", [])
        if row["value"] in shown
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval."""
    details, ground = data.details, data.details["map"]
    who = plain(details["words_of"])
    place = "cell" if ground["side"] == 1 else f"square of {ground['side']} x {ground['side']} cells"
    over = "" if ground["arrow_side"] == 1 else f" (over {ground['arrow_side']} x {ground['arrow_side']} cells)"
    text = (
        f"Where the {who} are: the share of steps in each {place} (square-root scale), {details['n_rows']:,} steps of "
        f"n = {data.n_episodes:,} episodes. Arrows: the mean step from there{over}, where its 95 % region over "
        "episodes, each by itself, leaves out standing still. Grey: walls; rings: sites; diamond: altar. "
    )
    if ground["of"] > 1:
        text += f"Episodes of map {ground['number']} of {ground['of']} alone. "
    if "departures" not in details:
        return f"{text}No split: {plain(details['reason'], 200)}."
    target = plain(details["target"]).replace("_", " ")
    return (
        f"{text}Small maps: the same by {target}, the most frequent values of {len(details['values'])}; outlined: more "
        "often there than whole episodes permuted allow (p at most 0.05 over all values and places). Dots: the share "
        "of steps that would have to be elsewhere for the map to be that of all steps (total variation), less its mean "
        "over permuted episodes, with 95 % jackknife intervals over episodes; bands: 95 % of permuted episodes. "
        f"Information between {target} and place: {estimate_text(data)}."
    )
