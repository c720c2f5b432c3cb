"""Figure: what is the case when a symbol is said, P(value | symbol), with how often each symbol is said."""

import re
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from commlab.figures.style import INK, SEQUENTIAL, SOFT, SPEECH, WIDTH, bare
from commlab.figures.themes import text_on
from commlab.figures.wording import estimate_text, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

MOST_ROWS = 40  # a larger vocabulary shows its most frequent symbols; the CSV holds them all
LEAST_WRITTEN = 0.10  # probabilities below this stay unwritten


class Said(NamedTuple):
    """The symbols that were said at all, in the order in which they are drawn."""

    symbols: list[str]  # (S,) silence last
    silent: list[bool]  # (S,)
    values: list[str]  # (V,)
    counts: np.ndarray[Any, Any]  # (S, V) steps
    n_unsaid: int

    def given_symbol(self) -> np.ndarray[Any, Any]:
        """P(value | symbol), (S, V)."""
        return np.asarray(self.counts / self.counts.sum(axis=1, keepdims=True))

    def share(self) -> np.ndarray[Any, Any]:
        """Each symbol's share of all steps, (S,)."""
        return np.asarray(self.counts.sum(axis=1) / self.counts.sum())


def said(result: Result) -> Said:
    """The result's counts, symbols ordered by the value that they go with, silence last, unsaid ones left out."""
    counts = np.asarray(result.details["counts"], dtype=float)
    symbols = [plain(symbol, 12) for symbol in result.details["symbols"]]
    values = [plain(value, 14) for value in result.details["values"]]
    used = np.flatnonzero(counts.sum(axis=1) > 0)
    columns = np.flatnonzero(counts.sum(axis=0) > 0)
    chance = counts[used][:, columns] / counts[used].sum(axis=1, keepdims=True)
    silent = {int(row): is_silence(symbols[row]) for row in used}
    best = {int(row): (silent[int(row)], int(p.argmax()), -float(p.max())) for row, p in zip(used, chance, strict=True)}
    order = sorted((int(row) for row in used), key=lambda row: best[row])
    return Said(
        symbols=["silence" if silent[row] else symbols[row] for row in order],
        silent=[silent[row] for row in order],
        values=[values[column] for column in columns],
        counts=counts[order][:, columns],
        n_unsaid=len(symbols) - len(order),
    )


def is_silence(symbol: str) -> bool:
    """Whether a row is the silent one: symbol 0, or a message of nothing but zeros."""
    return symbol == "silence" or set(re.findall(r"\w+", symbol)) == {"0"}


def shown(data: Result) -> tuple[Said, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The rows that fit, with their P(value | symbol) (S, V) and shares (S,)."""
    language = said(data)
    share = language.share()
    keep = sorted(np.argsort(-share, kind="stable")[:MOST_ROWS])
    kept = language._replace(
        symbols=[language.symbols[i] for i in keep],
        silent=[language.silent[i] for i in keep],
        counts=language.counts[keep],
    )
    return kept, language.given_symbol()[keep], share[keep]


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each symbol."""
    return WIDTH, 1.25 + 0.27 * max(3, len(shown(data)[0].symbols))


def draw(ax: Axes, data: Result) -> None:
    """The map on the left, the frequency bars on the right, both with one row a symbol."""
    language, chance, share = shown(data)
    bare(ax)
    grid = ax.inset_axes((0.0, 0.0, 0.78, 1.0))
    bars = ax.inset_axes((0.80, 0.0, 0.20, 1.0))
    draw_map(grid, language, chance)
    draw_bars(bars, share, language.silent)


def draw_map(ax: Axes, language: Said, chance: np.ndarray[Any, Any]) -> None:
    """P(value | symbol) as shades, written where it is large enough to matter and there is room."""
    n_symbols, n_values = chance.shape
    ax.pcolormesh(chance, cmap=SEQUENTIAL, vmin=0, vmax=1, edgecolors="white", linewidth=1.2)
    ax.set(xlim=(0, n_values), ylim=(n_symbols, 0))
    ax.set_yticks(np.arange(n_symbols) + 0.5, language.symbols)
    ax.set_xticks(np.arange(n_values) + 0.5, language.values)
    ax.tick_params(length=0, labelcolor=INK)
    if n_values > 14:
        ax.tick_params(axis="x", labelrotation=90, labelsize=8.0 if n_values <= 40 else 4.5)
    elif max(map(len, language.values)) * n_values > 52:
        ax.tick_params(axis="x", labelrotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title("P(value | symbol), %", pad=8)
    ax.set_ylabel("symbol said")
    if n_values <= 12:
        write_chances(ax, chance)


def write_chances(ax: Axes, chance: np.ndarray[Any, Any]) -> None:
    """The probabilities in per cent, dark on the pale cells and white on the dark ones."""
    for row, column in zip(*np.nonzero(chance >= LEAST_WRITTEN), strict=True):
        value = chance[row, column]
        colour = text_on(SEQUENTIAL(value))
        ax.text(column + 0.5, row + 0.5, f"{100 * value:.0f}", color=colour, fontsize=8.4, ha="center", va="center")


def draw_bars(ax: Axes, share: np.ndarray[Any, Any], silent: list[bool]) -> None:
    """How often each symbol is said, as a share of all steps."""
    middle = np.arange(len(share)) + 0.5
    ax.barh(middle, share, height=0.62, color=["#98a1ad" if quiet else SPEECH for quiet in silent])
    ax.set(ylim=(len(share), 0), xlim=(0, max(share) * 1.45), yticks=[], xticks=[])
    for y, value in zip(middle, share, strict=True):
        ax.text(
            value + max(share) * 0.05,
            y,
            f"{100 * value:.0f} %" if value >= 0.005 else "<1 %",
            color=SOFT,
            fontsize=8.4,
            va="center",
        )
    ax.spines["bottom"].set_visible(False)
    ax.set_title("how often", pad=8)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each symbol and value: symbol, value, count, p_value_given_symbol, symbol_share."""
    language = said(data)
    chance, share = language.given_symbol(), language.share()
    return [
        {
            "symbol": symbol,
            "value": value,
            "count": int(language.counts[i, j]),
            "p_value_given_symbol": float(chance[i, j]),
            "symbol_share": float(share[i]),
        }
        for i, symbol in enumerate(language.symbols)
        for j, value in enumerate(language.values)
    ]


def table(data: Result) -> list[dict[str, object]]:
    """One row a symbol for the report: the value that it goes with most."""
    language = said(data)
    chance, share = language.given_symbol(), language.share()
    return [
        {
            "symbol": symbol,
            "goes with": language.values[int(chance[i].argmax())],
            "in": f"{100 * float(chance[i].max()):.0f} % of its uses",
            "uses (steps)": int(language.counts[i].sum()),
            "share of all steps": f"{100 * float(share[i]):.1f} %",
        }
        for i, symbol in enumerate(language.symbols)
    ]


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval of the information."""
    language = said(data)
    target = plain(data.details.get("target", "the target")).replace("_", " ")
    unsaid = f" {language.n_unsaid} symbols of the vocabulary were never said." if language.n_unsaid else ""
    cut = f" The {MOST_ROWS} most frequent symbols are drawn." if len(language.symbols) > MOST_ROWS else ""
    return (
        f"Where a symbol is said, how often each value of {target} is the case, in per cent "
        f"(from {percent(LEAST_WRITTEN)} up), over {int(language.counts.sum()):,} steps of n = {data.n_episodes:,} "
        f"episodes. Rows stand in the order of the value that they go with, silence last.{unsaid}{cut} "
        f"Information between symbol and value: {estimate_text(data)}."
    )
