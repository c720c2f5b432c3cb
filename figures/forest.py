"""Figure: a forest of all experiments of a run, effects and null results alike, an axis for each unit."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures import wording
from commlab.figures.effects import Effect, Stands, effects_of
from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import span, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

NULL_COLOUR = "#c3cad3"
NOT_FOUND = "#d1700a"
COLOURS: dict[Stands, str] = {
    "stands out": SPEECH,
    "alone": SPEECH,
    "null": NOT_FOUND,
    "untested": "#58616e",
    "undefined": SOFT,
}
SAYS: dict[Stands, str] = {
    "stands out": "stands out from its null",
    "alone": "only if it were the one test",
    "null": "not told apart from its null",
    "untested": "has no null to be compared with",
    "undefined": "no estimate",
}
# Inches down the page, and across it as shares of the width.
LEGEND, TITLE, AXIS, GAP, LINE, AIR = 0.34, 0.25, 0.30, 0.08, 0.14, 0.10
PLOT_LEFT, PLOT_WIDTH, NUMBERS, N_RIGHT, P_RIGHT = 0.42, 0.235, 0.672, 0.935, 1.0
LABEL_WIDTH = 45  # characters
LEGEND_LINE = 0.17  # inches
BEYOND = 0.06  # of an axis's span, left free at its ends
SMALL = 8.2
FINE, LARGE = 0.02, 100  # numbers below are written with three decimals, above with none
TINY = 0.001


Entry = tuple[Stands | None, str]  # of the legend; None is the null's band


class Panel(NamedTuple):
    """The rows of one unit."""

    unit: str
    effects: list[Effect]
    labels: list[str]  # in lines

    @property
    def heights(self) -> list[float]:
        """The height of each row in inches."""
        return [LINE * (label.count("\n") + 1) + AIR for label in self.labels]

    @property
    def height(self) -> float:
        """The panel's height in inches, its title and axis included."""
        return TITLE + sum(self.heights) + (AXIS if self.measured else GAP)

    @property
    def measured(self) -> bool:
        """Whether any row has an estimate."""
        return any(effect.estimate is not None for effect in self.effects)


def panels_of(effects: Sequence[Effect]) -> list[Panel]:
    """A panel for each unit, in the order in which units come first."""
    units = dict.fromkeys(effect.unit for effect in effects)
    by_unit = {unit: [effect for effect in effects if effect.unit == unit] for unit in units}
    return [
        Panel(unit, mine, [wrapped(effect.label, LABEL_WIDTH) for effect in mine]) for unit, mine in by_unit.items()
    ]


def size(data: Sequence[Result]) -> tuple[float, float]:
    """Width and height in inches: a row for each effect."""
    effects = effects_of(data)
    return WIDTH, legend_height(effects) + sum(panel.height for panel in panels_of(effects)) + 0.1


def draw(ax: Axes, data: Sequence[Result]) -> None:
    """Each row: the null's band, the estimate with its interval, and its numbers. Raises ValueError without any row."""
    effects = effects_of(data)
    if not effects:
        raise ValueError("none of the results is of an experiment")
    bare(ax)
    panels = panels_of(effects)
    total = legend_height(effects) + sum(panel.height for panel in panels)
    legend(ax, legend_of(effects), total)
    top = total - legend_height(effects)
    for index, panel in enumerate(panels):
        low = top - TITLE - sum(panel.heights)
        box = (PLOT_LEFT, low / total, PLOT_WIDTH, sum(panel.heights) / total)
        draw_panel(ax.inset_axes(box), panel, heads=index == 0)
        top -= panel.height


def legend(ax: Axes, entries: Sequence[list[Entry]], total: float) -> None:
    """The marks in words, a line for each list of them."""
    for line, row in enumerate(entries):
        x, y = 0.0, 1 - (0.12 + LEGEND_LINE * line) / total
        for name, words in row:
            if name is None:
                ax.plot([x, x + 0.025], [y] * 2, transform=ax.transAxes, color=NULL_COLOUR, linewidth=6,
                        solid_capstyle="butt", clip_on=False)  # fmt: skip
            else:
                mark(ax, x + 0.012, y, name, ax.transAxes)
            ax.text(x + 0.034, y, words, transform=ax.transAxes, va="center", fontsize=SMALL, color=SOFT)
            x += entry_width(words)


def legend_of(effects: Sequence[Effect]) -> list[list[Entry]]:
    """The marks that occur, and the null's band, in lines that fit."""
    stands = {effect.stands for effect in effects}
    entries: list[Entry] = [(name, words) for name, words in SAYS.items() if name in stands and name != "undefined"]
    if any(effect.null for effect in effects):
        entries.append((None, "its null, 95 %"))
    lines: list[list[Entry]] = [[]]
    for entry in entries:
        if lines[-1] and sum(entry_width(words) for _, words in (*lines[-1], entry)) > 1:
            lines.append([])
        lines[-1].append(entry)
    return lines


def entry_width(words: str) -> float:
    """The share of the width that a mark and its words take."""
    return 0.06 + 0.0098 * len(words)


def legend_height(effects: Sequence[Effect]) -> float:
    """The height of the legend in inches."""
    return LEGEND + LEGEND_LINE * (len(legend_of(effects)) - 1)


def mark(ax: Axes, x: float, y: float, stands: Stands, transform: object = None) -> None:
    """The mark of an estimate: full, half, hollow, or a hollow diamond."""
    colour = COLOURS[stands]
    ax.plot(
        [x],
        [y],
        linestyle="none",
        marker="D" if stands == "untested" else "o",
        markersize=4.8 if stands == "untested" else 5.6,
        fillstyle="left" if stands == "alone" else "full",
        markerfacecolor=colour if stands in ("stands out", "alone") else "white",
        markerfacecoloralt="white",
        markeredgecolor=colour,
        markeredgewidth=1.3,
        transform=transform or ax.transData,
        clip_on=False,
        zorder=5,
    )


def draw_panel(ax: Axes, panel: Panel, heads: bool) -> None:
    """The rows of one unit under its name; the first panel has the heads of the columns of numbers."""
    total = sum(panel.heights)
    y, centres = total, []
    for height in panel.heights:
        centres.append(y - height / 2)
        y -= height
    ax.set(xlim=reach(panel.effects), ylim=(0, total))
    if panel.measured:
        ax.axvline(0, color="#9aa3af", linewidth=0.8, zorder=1)
    else:
        bare(ax)
    for effect, label, centre in zip(panel.effects, panel.labels, centres, strict=True):
        draw_row(ax, effect, centre)
        ax.text(x_of(0), centre, label, transform=mixed(ax), fontsize=SMALL, va="center", linespacing=1.1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    ax.tick_params(axis="x", labelsize=SMALL - 0.2)
    title = ax.text(
        x_of(0), total + 0.07, panel.unit, transform=mixed(ax), fontsize=9.2, fontweight="bold", va="bottom"
    )
    title.set_clip_on(False)
    if heads:
        for x, words, side in (
            (NUMBERS, "estimate, 95 % interval", "left"),
            (N_RIGHT, "n", "right"),
            (P_RIGHT, "p", "right"),
        ):
            ax.text(x_of(x), total + 0.07, words, transform=mixed(ax), fontsize=SMALL, color=SOFT, ha=side, va="bottom")


def draw_row(ax: Axes, effect: Effect, y: float) -> None:
    """One effect: its null behind, its interval, its mark, and its numbers at the right."""
    ax.axhline(y, color=PALE, linewidth=0.6, zorder=0)
    if effect.null is not None:
        draw_null(ax, effect, y)
    if effect.estimate is None:
        ax.text(x_of(NUMBERS), y, "no estimate", transform=mixed(ax), fontsize=SMALL, color=SOFT, va="center")
    else:
        colour = COLOURS[effect.stands]
        if effect.interval is not None:
            ax.plot(effect.interval, [y, y], color=colour, linewidth=1.9, zorder=4, solid_capstyle="butt")
        mark(ax, effect.estimate, y, effect.stands)
        ax.text(
            x_of(NUMBERS),
            y,
            estimate_words(effect.estimate, effect.interval),
            transform=mixed(ax),
            fontsize=SMALL,
            color=INK,
            va="center",
        )
    for x, text in ((N_RIGHT, f"{effect.n:,}"), (P_RIGHT, p_text(effect.p_value))):
        ax.text(x_of(x), y, text, transform=mixed(ax), fontsize=SMALL, color=INK, ha="right", va="center")


def estimate_words(estimate: float, interval: tuple[float, float] | None) -> str:
    """An estimate and its interval with as many decimals each."""
    values = (estimate, *(interval or ()))
    largest = max(abs(value) for value in values)
    digits = 0 if largest >= LARGE else 2 if largest >= FINE else 3
    first, *others = (f"{value:,.{digits}f}".replace("-", "−") for value in values)
    return first + (f" [{', '.join(others)}]" if others else "")


def draw_null(ax: Axes, effect: Effect, y: float) -> None:
    """Where 95 % of the null lies, and its mean: a line where it is one number, as of the untrained network."""
    null = effect.null
    assert null is not None
    if null.high > null.low:
        ax.plot([null.low, null.high], [y, y], color=NULL_COLOUR, linewidth=7, solid_capstyle="butt", zorder=2)
    ax.plot([null.mean] * 2, [y - 0.075, y + 0.075], color="#7b8594", linewidth=1.2, zorder=3)


def mixed(ax: Axes) -> object:
    """Across in shares of the axes, down in its rows' inches."""
    return ax.get_yaxis_transform()


def x_of(share: float) -> float:
    """A share of the figure's width in shares of a panel's axes."""
    return (share - PLOT_LEFT) / PLOT_WIDTH


def reach(effects: Sequence[Effect]) -> tuple[float, float]:
    """The ends of an axis that holds 0 and everything drawn on it."""
    values = [0.0]
    for effect in effects:
        values += [] if effect.estimate is None else [effect.estimate]
        values += effect.interval if effect.interval and effect.estimate is not None else ()
        values += [effect.null.low, effect.null.high, effect.null.mean] if effect.null else []
    low, high = min(values), max(values)
    free = BEYOND * (high - low) or 1.0
    return low - free, high + free


def p_text(p: float | None) -> str:
    """A p-value in a column."""
    if p is None:
        return "–"
    return f"<{TINY:g}" if p < TINY else wording.p_text(p)


def rows(data: Sequence[Result]) -> list[dict[str, object]]:
    """One row an effect, with what it was compared with and whether it stands out."""
    return [
        {
            "experiment": effect.analysis,
            "result": effect.name,
            "what": effect.label,
            "estimate": effect.estimate,
            "low": effect.interval[0] if effect.interval else None,
            "high": effect.interval[1] if effect.interval else None,
            "unit": effect.unit,
            "null": effect.null.method if effect.null else None,
            "null_mean": effect.null.mean if effect.null else None,
            "null_low": effect.null.low if effect.null else None,
            "null_high": effect.null.high if effect.null else None,
            "n": effect.n,
            "p": effect.p_value,
            "p_among_all": effect.adjusted,
            "finding": SAYS[effect.stands],
            "why": effect.why or None,
        }
        for effect in effects_of(data)
    ]


def table(data: Sequence[Result]) -> list[dict[str, object]]:
    """One row an effect for the report."""
    return [
        {
            "what": effect.label,
            "estimate": effect.estimate,
            "95 % interval": span(effect.interval),
            "unit": effect.unit,
            "p": p_text(effect.p_value),
            "p among all": p_text(effect.adjusted),
            "finding": SAYS[effect.stands],
        }
        for effect in effects_of(data)
    ]


def caption(data: Sequence[Result]) -> str:
    """What is shown, how many stand out and how many do not, n, the nulls and the intervals."""
    effects = effects_of(data)
    counts = {stands: sum(effect.stands == stands for effect in effects) for stands in SAYS}
    told = [
        (counts["stands out"], "told apart from the null"),
        (counts["alone"], "only if it were the one test"),
        (counts["null"], "not told apart from it"),
        (counts["untested"], "without a null"),
        (counts["undefined"], "without an estimate"),
    ]
    shares = "; ".join(f"{n} {words}" for n, words in told if n)
    nulls = sorted({effect.null.method for effect in effects if effect.null})
    beyond = " or, without a p, where the interval lies beyond the null" if any(e.beyond for e in effects) else ""
    return (
        f"Every experiment whose result is saved, {len(effects)} in all: {shares}. Rows with one unit share an axis. "
        f"Dots: estimates; lines: their 95 % intervals over n episodes (or trials, one an episode); grey: where 95 % "
        f"of the null lies, and its mean. Nulls: {'; '.join(nulls) or 'none'}. p: of each test by itself; a dot is "
        f"full where p is at most 0.05 among all of them (Benjamini and Hochberg){beyond}."
    )
