"""Figure: symbol by meaning: what is the case when a symbol is said, P(value | symbol), for any target.

Pairs that stand out over all pairs have a dark edge; the last row is how often each value is the case at all.
"""

import re
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from commlab.figures.look.shading import shade
from commlab.figures.look.style import INK, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import estimate_text, percent, plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

MOST_ROWS = 40  # a larger vocabulary shows its most frequent symbols; the CSV holds them all
MOST_VALUES = 30  # of a target with more values, those that the symbols single out most
MOST_WRITTEN = 12  # values: in narrower columns no numbers fit
LEAST_WRITTEN = 0.10  # probabilities below this stay unwritten
SIGNIFICANT = 0.05
ROW = 0.27  # inches


class Said(NamedTuple):
    """The symbols that were said at all, in the order in which they are drawn."""

    symbols: list[str]  # (S,) silence last
    silent: list[bool]  # (S,)
    values: list[str]  # (V,)
    counts: np.ndarray[Any, Any]  # (S, V) steps
    sure: np.ndarray[Any, Any]  # (S, V) bool: the pair is commoner than by chance, over all pairs
    n_unsaid: int

    def given_symbol(self) -> np.ndarray[Any, Any]:
        """P(value | symbol), (S, V)."""
        return np.asarray(self.counts / self.counts.sum(axis=1, keepdims=True))

    def share(self) -> np.ndarray[Any, Any]:
        """Each symbol's share of all steps, (S,)."""
        return np.asarray(self.counts.sum(axis=1) / self.counts.sum())

    def base(self) -> np.ndarray[Any, Any]:
        """Each value's share of all steps, (V,)."""
        return np.asarray(self.counts.sum(axis=0) / self.counts.sum())


class Shown(NamedTuple):
    """The rows and columns that fit."""

    said: Said
    chance: np.ndarray[Any, Any]  # P(value | symbol), (S, V)
    share: np.ndarray[Any, Any]  # (S,)
    base: np.ndarray[Any, Any]  # (V,)
    n_values: int  # before the cut


def said(result: Result) -> Said:
    """The result's counts, symbols ordered by the value that they go with, silence last, unsaid ones left out."""
    counts = np.asarray(result.details["counts"], dtype=float)
    sure = stands_out(result, counts.shape)
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
        sure=sure[order][:, columns],
        n_unsaid=len(symbols) - len(order),
    )


def is_silence(symbol: str) -> bool:
    """Whether a row is the silent one: symbol 0, or a message of nothing but zeros."""
    return symbol == "silence" or set(re.findall(r"\w+", symbol)) == {"0"}


def stands_out(result: Result, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The pairs that are commoner than their symbol and value would make them, family-wise (symbols, values) bool."""
    symbols = {str(name): row for row, name in enumerate(result.details["symbols"])}
    values = {str(name): column for column, name in enumerate(result.details["values"])}
    sure = np.zeros(shape, dtype=bool)
    for pair in result.details.get("pairs") or ():
        if pair["p_value"] <= SIGNIFICANT and (pair["npmi"] or 0.0) > 0:
            sure[symbols[str(pair["message"])], values[str(pair["value"])]] = True
    return sure


def shown(data: Result) -> Shown:
    """The most frequent symbols, and the values that they single out most."""
    language = said(data)
    share, chance, base = language.share(), language.given_symbol(), language.base()
    keep = sorted(np.argsort(-share, kind="stable")[:MOST_ROWS])
    columns = sorted(np.argsort(-chance[keep].max(axis=0), kind="stable")[:MOST_VALUES])
    kept = language._replace(
        symbols=[language.symbols[i] for i in keep],
        silent=[language.silent[i] for i in keep],
        values=[language.values[i] for i in columns],
        counts=language.counts[keep][:, columns],
        sure=language.sure[keep][:, columns],
    )
    return Shown(kept, chance[keep][:, columns], share[keep], base[columns], len(base))


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each symbol, and one for all steps."""
    return WIDTH, 1.5 + ROW * (1.3 + max(3, len(shown(data).said.symbols)))


def draw(ax: Axes, data: Result) -> None:
    """The map on the left, the frequency bars on the right, both with one row a symbol; all steps below."""
    found = shown(data)
    bare(ax)
    n_rows = len(found.said.symbols)
    under = 1.3 / (n_rows + 1.3)
    grid = ax.inset_axes((0.0, under, 0.78, 1.0 - under))
    base = ax.inset_axes((0.0, 0.0, 0.78, 1.0 / (n_rows + 1.3)))
    bars = ax.inset_axes((0.80, under, 0.20, 1.0 - under))
    draw_map(grid, found)
    draw_base(base, found, plain(data.details.get("target", "value")).replace("_", " "))
    draw_bars(bars, found.share, found.said.silent)


def draw_map(ax: Axes, found: Shown) -> None:
    """P(value | symbol) as shades, written where it is large enough to matter and there is room."""
    language = found.said
    shade_cells(ax, found.chance, language.symbols)
    for row, column in np.argwhere(language.sure):
        ax.add_patch(Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, facecolor="none", edgecolor=INK, linewidth=0.9))
    ax.set_title("P(value | symbol), %", pad=8)
    ax.set_ylabel("symbol said")


def draw_base(ax: Axes, found: Shown, target: str) -> None:
    """How often each value is the case at all, with the values' names under it."""
    n_values = len(found.base)
    shade_cells(ax, found.base[None], ["all steps"])
    ax.set_xticks(range(n_values), found.said.values)
    if n_values > 14:
        ax.tick_params(axis="x", labelrotation=90, labelsize=8.0)
    elif max(map(len, found.said.values)) * n_values > 52:
        ax.tick_params(axis="x", labelrotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    ax.set_xlabel(target)


def shade_cells(ax: Axes, chance: np.ndarray[Any, Any], names: list[str]) -> None:
    """Rows of probabilities as shades with their numbers, readable on each."""
    few = chance.shape[1] <= MOST_WRITTEN
    texts = [[cell_text(p) if few and p >= LEAST_WRITTEN else "" for p in line] for line in chance.tolist()]
    shade(ax, chance, texts, size=8.4)
    ax.set_yticks(range(len(names)), names)


def cell_text(share: float) -> str:
    """A share in a narrow cell, in per cent: 100 only where it is all."""
    return ">99" if 0.995 <= share < 1 else f"{100 * share:.0f}"


def draw_bars(ax: Axes, share: np.ndarray[Any, Any], silent: list[bool]) -> None:
    """How often each symbol is said, as a share of all steps."""
    middle = np.arange(len(share)) + 0.5
    ax.barh(middle, share, height=0.62, color=["#98a1ad" if quiet else SPEECH for quiet in silent])
    ax.set(ylim=(len(share), 0), xlim=(0, max(share) * 1.45), yticks=[], xticks=[])
    for y, value in zip(middle, share, strict=True):
        ax.text(
            value + max(share) * 0.05,
            y,
            percent(value),
            color=SOFT,
            fontsize=8.4,
            va="center",
        )
    ax.spines["bottom"].set_visible(False)
    ax.set_title("how often", pad=8)


def rows(data: Result) -> list[dict[str, object]]:
    """One row for each symbol and value: symbol, value, count, p_value_given_symbol, symbol_share, p_of_value, …"""
    language = said(data)
    chance, share, base = language.given_symbol(), language.share(), language.base()
    return [
        {
            "symbol": symbol,
            "value": value,
            "count": int(language.counts[i, j]),
            "p_value_given_symbol": float(chance[i, j]),
            "symbol_share": float(share[i]),
            "p_of_value": float(base[j]),
            "stands_out": bool(language.sure[i, j]),
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
            "in": f"{percent(float(chance[i].max()))} of its uses",
            "uses (steps)": int(language.counts[i].sum()),
            "share of all steps": f"{100 * share[i]:.1f} %" if share[i] >= 0.0005 else "under 0.1 %",
        }
        for i, symbol in enumerate(language.symbols)
    ]


def unsaid_text(n: int) -> str:
    """How many symbols of the vocabulary were never said, as a sentence; nothing where all were."""
    if not n:
        return ""
    return f" {n} symbol{'' if n == 1 else 's'} of the vocabulary {'was' if n == 1 else 'were'} never said."


def caption(data: Result) -> str:
    """What is shown, n, the unit, the null and the interval of the information."""
    language = said(data)
    target = plain(data.details.get("target", "the target")).replace("_", " ")
    unsaid = unsaid_text(language.n_unsaid)
    sure = (
        " Edged: pairs commoner than by chance, family-wise over all pairs (p at most 0.05)."
        if language.sure.any()
        else ""
    )
    return (
        f"Where a symbol is said, how often each value of {target} is the case, in per cent "
        f"(from {percent(LEAST_WRITTEN)} up), over {int(language.counts.sum()):,} steps of n = {data.n_episodes:,} "
        "episodes; last row: how often it is the case at all. Rows stand in the order of the value that they go with, "
        f"silence last.{sure}{unsaid}{cut_text(language)} Information between symbol and value: {estimate_text(data)}."
    )


def cut_text(language: Said) -> str:
    """A sentence on what there was no room for."""
    cut = f" The {MOST_ROWS} most frequent symbols are drawn." if len(language.symbols) > MOST_ROWS else ""
    n_values = len(language.values)
    narrow = f" Of {n_values} values, the {MOST_VALUES} are drawn that symbols single out most."
    return cut + (narrow if n_values > MOST_VALUES else "")
