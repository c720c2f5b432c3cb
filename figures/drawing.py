"""A saved result drawn by one call, for notebooks and scripts: a matplotlib figure that knows its caption."""

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any, overload

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from commlab.figures.curves import Curve
from commlab.figures.look.recolouring import darken
from commlab.figures.look.style import styled
from commlab.figures.plots import PLOTS, Plot, lacking, laid_out, saved_as
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result

__all__ = ["Drawing", "draw", "figure_of"]

# The figures whose name is not their analysis's own.
DRAWN_AS = {
    "cluster": "clusters",
    "curve": "learning_curve",
    "destinations": "symbol_destinations",
    "information": "symbol_place",
    "injection": "injection_effect",
    "lexicon": "lexicon_cards",
    "probe": "probe_scores",
}
BESIDE = {"lexicon": "destinations", "honesty": "kinship"}  # what a figure takes along where it is given
OF_SEVERAL = ("forest", "honesty", "learning_curve", "lexicon_cards", "metrics", "probe_scores")  # drawn from a list

Drawable = Result | Curve | Sequence[Result | Curve] | Mapping[str, Result]


class Drawing(Figure):
    """A matplotlib figure with the caption and the numbers that belong to it; a notebook shows both."""

    caption: str = ""  # n, unit, null and interval
    numbers: list[dict[str, object]]  # what is drawn, a dict a row: pandas.DataFrame(figure.numbers)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **kwargs: Any) -> None:
        """As every figure's, in our fonts: in others, words stick out of what was made for them."""
        with styled():
            super().savefig(fname, transparent=transparent, **kwargs)

    def _repr_html_(self) -> str:
        """The figure as vectors and its caption."""
        picture = base64.b64encode(self._saved("svg")).decode()
        width = f"width: {self.get_figwidth() * 115:.0f}px; max-width: 100%"
        return (
            f'<figure style="margin: 0.5em 0"><img alt="{html.escape(self.caption, quote=True)}" style="{width}" '
            f'src="data:image/svg+xml;base64,{picture}"><figcaption style="{width}; font-size: 90%; opacity: 0.75">'
            f"{html.escape(self.caption)}</figcaption></figure>"
        )

    def _repr_png_(self) -> bytes:
        """The figure as pixels, for notebooks that are turned into other documents."""
        return self._saved("png")

    def _saved(self, ending: str) -> bytes:
        with styled():
            return saved_as(self, ending)


@overload
def draw(data: Drawable, ax: None = None, dark: bool = False, *, name: str | None = None) -> Drawing: ...
@overload
def draw(data: Drawable, ax: Axes, dark: bool = False, *, name: str | None = None) -> Figure: ...
def draw(data: Drawable, ax: Axes | None = None, dark: bool = False, *, name: str | None = None) -> Figure:
    """The figure of a saved result, or of several that belong together (such as a run's probes).

    Returns a new `Drawing` of the right size, with `caption` and `numbers`; with `ax`, draws into it and returns its
    figure (some figures want much room: `commlab.figures.PLOTS[name].size(data)` says how many inches). `dark` is the
    dark theme. `name` asks for one figure by name where several could be drawn. Raises DataError, in one sentence,
    where a result has no figure, or lacks a table that its figure needs.
    """
    chosen = name or figure_of(data)
    if chosen not in PLOTS:
        raise DataError(f"There is no figure called {chosen!r}: choose one of {', '.join(PLOTS)}.")
    plot, ready = PLOTS[chosen], as_asked(chosen, data)
    with lacking(chosen), styled():
        return drawn_into(ax, plot, ready, dark) if ax is not None else drawn_alone(plot, ready, dark)


def figure_of(data: Drawable) -> str:
    """The name of the figure that shows a result or some results. Raises DataError where there is none."""
    items = items_of(data)
    if not items:
        raise DataError("There is nothing to draw: give one saved result, or several of one analysis.")
    kinds = {kind_of(item) for item in items}
    main = next((one for one, beside in BESIDE.items() if one in kinds and kinds <= {one, beside}), None)
    if main is None and len(kinds) > 1:
        return "forest"
    kind = main or kinds.pop()
    name = DRAWN_AS.get(kind, kind.replace(" ", "_").replace("-", "_"))
    if name not in PLOTS:
        drawable = ", ".join(sorted({*DRAWN_AS, *PLOTS} - set(DRAWN_AS.values())))
        raise DataError(
            f"A result of the analysis {kind!r} has no figure: its finding is its sentence, and its numbers are in "
            f"its details. These have one: {drawable}."
        )
    return name


def kind_of(item: object) -> str:
    """The analysis that made an item, "curve" for a training curve."""
    if isinstance(item, Result):
        return item.analysis
    if isinstance(item, Curve):
        return "curve"
    raise DataError(
        f"A {type(item).__name__} cannot be drawn: give a Result (commlab.open(run).results, or Result.load(file))."
    )


def items_of(data: Drawable) -> list[Any]:
    """One thing, several, or those of a mapping (a run's results), as a list."""
    if isinstance(data, Result | Curve):
        return [data]
    return list(data.values()) if isinstance(data, Mapping) else list(data)


def as_asked(name: str, data: Drawable) -> Any:
    """The data as the figure takes them: a list, or the one result."""
    items = items_of(data)
    if name in OF_SEVERAL:
        return items
    if len(items) > 1:
        raise DataError(f"The figure {name} shows one result, and {len(items)} were given: draw them one at a time.")
    return items[0]


def drawn_alone(plot: Plot, data: Any, dark: bool) -> Drawing:
    """A new figure of the right size."""
    figure = laid_out(plot, data, Drawing)
    if dark:
        darken(figure)
    figure.caption, figure.numbers = plot.caption(data), plot.rows(data)
    return figure


def drawn_into(ax: Axes, plot: Plot, data: Any, dark: bool) -> Figure:
    """The axes' own figure, the rest of which stays as it was."""
    plot.draw(ax, data)
    figure = ax.get_figure(root=True)
    assert figure is not None
    if dark:
        figure.draw_without_rendering()  # marks along the axes are made when they are first laid out
        darken(ax)
    return figure
