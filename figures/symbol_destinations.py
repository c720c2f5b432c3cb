"""Figure: where listeners go after hearing each symbol: one small map a symbol, the place that it names ringed."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from commlab.figures.look.ground import ALTAR, RING, dots, draw_ground, ground_of, ring
from commlab.figures.look.style import INK, SOFT, WIDTH, bare
from commlab.figures.wording import number, percent, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

COLUMNS = 4


class Panel(NamedTuple):
    """One small map."""

    title: str
    note: str
    visits: np.ndarray[Any, Any]  # (H, W) share of the listeners' steps
    named: tuple[int, int] | None  # row, col of the place that the symbol names


def place_name(result: Result, index: int | None) -> str:
    """The name of a site, "no place" where the symbol names none."""
    if index is None:
        return "no place"
    names = result.details.get("site_names") or []
    return plain(names[index], 12) if index < len(names) else f"site {index}"


def named_place(result: Result, symbol: object) -> int | None:
    """The site that the symbol names, or None."""
    index = result.details.get("named", {}).get(str(symbol))
    return index if isinstance(index, int) else None


def panels(result: Result) -> list[Panel]:
    """The untouched course first, then each symbol that has visits."""
    details = result.details
    found = []
    if details.get("untouched") is not None:
        rate = percent(details.get("untouched_rate"))
        found.append(Panel("untouched", f"{rate} to the same places", np.asarray(details["untouched"], float), None))
    for symbol in details["symbols"]:
        if str(symbol) in details["visits"]:
            index = named_place(result, symbol)
            site = None if index is None else (int(details["sites"][index][0]), int(details["sites"][index][1]))
            title = f"{plain(symbol, 10)} · {place_name(result, index)}" if site else plain(symbol, 10)
            note = rate_note(of_symbol(result, symbol)) if site else "names no place"
            visits = np.asarray(details["visits"][str(symbol)], float)
            found.append(Panel(title, note, visits, site))
    return found


def of_symbol(result: Result, symbol: object) -> Mapping[str, Any]:
    """The symbol's own rates, empty where there are none."""
    found = result.details.get("per_symbol", {}).get(str(symbol), {})
    return found if isinstance(found, Mapping) else {}


def rate_note(rates: Mapping[str, Any]) -> str:
    """How often listeners went there first, and how often untouched ones did."""
    if rates.get("rate") is None:
        return f"n = {number(rates.get('n'))}" if "n" in rates else ""
    return f"{percent(rates['rate'])}, untouched {percent(rates.get('untouched_rate'))}"


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for every four maps."""
    height, width = np.asarray(data.details["grid"]).shape
    per_map = WIDTH / COLUMNS
    return WIDTH, math.ceil(max(1, len(panels(data))) / COLUMNS) * (per_map * 0.94 * height / width + 0.42)


def draw(ax: Axes, data: Result) -> None:
    """Small maps in rows of four: visits as shades, walls and altar drawn, the named place ringed."""
    bare(ax)
    maps = panels(data)
    n_rows = math.ceil(max(1, len(maps)) / COLUMNS)
    inches = size(data)[1] / n_rows
    solid = ground_of(data.details).solid
    deepest = max((float(panel.visits[~solid].max()) for panel in maps), default=0.0) or 1.0
    for index in range(len(maps) + (len(maps) % COLUMNS > 0)):
        row, column = divmod(index, COLUMNS)
        head = 0.40 / inches / n_rows
        box = (column / COLUMNS + 0.008, 1 - (row + 1) / n_rows, 1 / COLUMNS - 0.016, 1 / n_rows - head)
        if index < len(maps):
            draw_panel(ax.inset_axes(box), data, maps[index], deepest)
        else:  # there is room for a key
            draw_key(ax.inset_axes(box), data)


def draw_panel(ax: Axes, result: Result, panel: Panel, deepest: float) -> None:
    """One map."""
    ground = ground_of(result.details)
    draw_ground(ax, ground, panel.visits, deepest)
    dots(ax, ground, result.details["sites"])
    if panel.named is not None:
        ring(ax, ground, panel.named)
    above(ax, panel.title, 13.0, fontsize=9.4, fontweight="bold", color=INK)
    above(ax, panel.note, 3.0, fontsize=8.0, color=SOFT)


def draw_key(ax: Axes, result: Result) -> None:
    """What the marks are, where a row of maps leaves room."""
    bare(ax)
    ax.set(xlim=(0, 1), ylim=(1, 0))
    marks: list[tuple[str, dict[str, Any]]] = [
        ("the place it names", {"marker": "o", "markersize": 11, "markeredgecolor": RING, "markeredgewidth": 1.8}),
        ("a site", {"marker": "o", "markersize": 4, "markeredgecolor": SOFT, "markeredgewidth": 0.7}),
    ]
    if ground_of(result.details).of("altar").any():
        marks.append(("the altar", {"marker": "D", "markersize": 6, "markeredgecolor": ALTAR, "color": ALTAR}))
    for index, (words, look) in enumerate(marks):
        y = 0.12 + 0.15 * index
        ax.plot([0.1], [y], **({"color": "none"} | look), linestyle="none")
        ax.text(0.22, y, words, fontsize=8.4, color=SOFT, va="center")


def above(ax: Axes, text: str, points: float, **look: Any) -> None:
    """Text at the left, that many points above the map."""
    ax.annotate(text, (0, 1), xycoords="axes fraction", xytext=(0, points), textcoords="offset points", **look)


def rows(data: Result) -> list[dict[str, object]]:
    """Tidy rows: symbol, named place, quantity ("visits", "first place", "rate", …), row, col, place, value."""
    found: list[dict[str, object]] = []
    details = data.details
    courses = {
        "untouched": details.get("untouched"),
        **{str(s): details["visits"].get(str(s)) for s in details["symbols"]},
    }
    for symbol, visits in courses.items():
        index = named_place(data, symbol)
        start: dict[str, object] = {"symbol": symbol, "named": "" if index is None else place_name(data, index)}
        blank: dict[str, object] = {"row": "", "col": "", "place": ""}
        for quantity, value in summary(of_symbol(data, symbol)).items():
            found.append({**start, "quantity": quantity, **blank, "value": value})
        for place, count in enumerate(details.get("first_place", {}).get(symbol, [])):
            name = place_name(data, place) if place < len(details["sites"]) else "none"
            found.append({**start, "quantity": "first place", **blank, "place": name, "value": count})
        for (row, col), share in np.ndenumerate(np.asarray(visits if visits is not None else [[]], float)):
            found.append({**start, "quantity": "visits", "row": row, "col": col, "place": "", "value": float(share)})
    return found


def summary(rates: Mapping[str, Any]) -> dict[str, object]:
    """A symbol's rates under flat names."""
    ends = rates.get("interval") or (None, None)
    flat = {
        "rate": rates.get("rate"),
        "low": ends[0],
        "high": ends[1],
        "n": rates.get("n"),
        "untouched": rates.get("untouched_rate"),
    }
    return {name: value for name, value in flat.items() if value is not None}


def table(data: Result) -> list[dict[str, object]]:
    """One row a symbol for the report."""
    shown: list[dict[str, object]] = []
    for symbol in data.details["symbols"]:
        rates = summary(of_symbol(data, symbol))
        between = f"{percent(rates['low'])} to {percent(rates['high'])}" if "low" in rates else "–"
        shown.append(
            {
                "symbol": plain(symbol, 12),
                "names": place_name(data, named_place(data, symbol)),
                "went there first": percent(rates.get("rate")),
                "95 % interval": between,
                "untouched": percent(rates.get("untouched")),
                "trials": rates.get("n"),
            }
        )
    return shown


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval."""
    details = data.details
    return (
        "Where listeners are after hearing each symbol from a phantom, as a share of steps in each cell (darker: more; "
        f"square-root scale); n = {data.n_episodes:,} episodes. Grey: walls; diamond: altar; small rings: sites; large "
        "ring: the place that the symbol names, by what its speakers say it for in other episodes. Under each title: "
        "how often that place is the first one reached, and how often in the untouched twin, which is the null. Over "
        f"all symbols {percent(details.get('injected_rate'))} against {percent(details.get('untouched_rate'))}"
        f"{interval_text(data)}."
    )


def interval_text(result: Result) -> str:
    """The interval of the result's estimate in brackets, with its unit."""
    if result.interval is None:
        return ""
    return f" ({plain(result.unit)}: 95 % interval {span(result.interval)})"
