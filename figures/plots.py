"""The figures by name, and how one is saved: SVG and PNG, light and dark, and the CSV of its numbers."""

import csv
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from commlab.figures import (
    clusters,
    crossplay,
    dose,
    erasure,
    experiment,
    formation,
    injection_effect,
    kinship,
    learning_curve,
    patching,
    probe_scores,
    steering,
    symbol_destinations,
    symbol_place,
    understanding,
    use,
    verdict,
)
from commlab.figures.style import new_figure, styled
from commlab.figures.themes import dark, dark_pixels
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DataError

__all__ = ["PLOTS", "Plot", "save"]


class Plot(NamedTuple):
    """A figure as functions of its data: curves, one result, or several, as the figure's module says."""

    draw: Callable[[Axes, Any], None]
    rows: Callable[[Any], list[dict[str, object]]]  # the CSV
    table: Callable[[Any], list[dict[str, object]]]  # the short table in the report
    caption: Callable[[Any], str]
    size: Callable[[Any], tuple[float, float]]  # inches


PLOTS = {
    name: Plot(module.draw, module.rows, module.table, module.caption, module.size)
    for name, module in {
        "learning_curve": learning_curve,
        "use": use,
        "verdict": verdict,
        "symbol_place": symbol_place,
        "probe_scores": probe_scores,
        "injection_effect": injection_effect,
        "symbol_destinations": symbol_destinations,
        "dose": dose,
        "experiment": experiment,
        "understanding": understanding,
        "crossplay": crossplay,
        "patching": patching,
        "steering": steering,
        "erasure": erasure,
        "kinship": kinship,
        "clusters": clusters,
        "formation": formation,
    }.items()
}


def save(name: str, data: Any, folder: Path | str, stem: str | None = None) -> list[Path]:
    """Draw the figure `name` of `data` into `folder` as <stem>.svg, .png and .csv; returns the three paths.

    The dark SVG and PNG go to dark/ in that folder. `stem` is the figure's name unless given. Raises DataError where
    there is no such figure or the data lack a table that it needs.
    """
    if name not in PLOTS:
        raise DataError(f"There is no figure called {name!r}: choose one of {', '.join(PLOTS)}.")
    plot = PLOTS[name]
    try:
        pictures = rendered(plot, data)
        table = csv_text(plot.rows(data))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DataError(
            f"The figure {name} cannot be drawn, because its results lack a table that it needs ({reason})."
        ) from error
    target = Path(folder)
    contents: dict[str, bytes | str] = {**pictures, "csv": table}
    write_atomic(target / "dark" / f"{stem or name}.svg", dark(pictures["svg"].decode()))
    write_atomic(target / "dark" / f"{stem or name}.png", dark_pixels(pictures["png"]))
    return [write_atomic(target / f"{stem or name}.{ending}", content) for ending, content in contents.items()]


def rendered(plot: Plot, data: Any) -> dict[str, bytes]:
    """The figure as SVG and PNG bytes; the same data give the same bytes."""
    pictures = {}
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a user's name in a rare script
        figure, ax = new_figure(plot.size(data))
        plot.draw(ax, data)
        for ending in ("svg", "png"):
            picture = io.BytesIO()
            metadata = {"Date": None} if ending == "svg" else {"Software": None}
            figure.savefig(picture, format=ending, metadata=metadata)
            pictures[ending] = picture.getvalue()
    return pictures


def csv_text(rows: list[dict[str, object]]) -> str:
    """Rows as CSV text, columns in order of first appearance; a missing value is an empty field."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
