"""The figures by name, and how one is saved: SVG and PNG, light and dark, and the CSV of its numbers."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from commlab.figures import (
    audience,
    behaviour,
    clusters,
    comparison,
    content,
    crossplay,
    dose,
    erasure,
    experiment,
    forest,
    formation,
    honesty,
    influence,
    injection_effect,
    kinship,
    kinship_beliefs,
    learning_curve,
    lexicon_cards,
    metrics,
    minds,
    patching,
    probe_map,
    probe_scores,
    steering,
    symbol_destinations,
    symbol_place,
    trajectories,
    understanding,
    use,
    verdict,
)
from commlab.figures.look.recolouring import darken
from commlab.figures.look.style import styled
from commlab.figures.look.themes import dark
from commlab.figures.wording import plain
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DataError

__all__ = ["PLOTS", "Picture", "Plot", "lacking", "laid_out", "save", "saved_as"]

AnyFigure = TypeVar("AnyFigure", bound=Figure)


class Plot(NamedTuple):
    """A figure as functions of its data: curves, one result, or several, as the figure's module says."""

    draw: Callable[[Axes, Any], None]
    rows: Callable[[Any], list[dict[str, object]]]  # the CSV
    table: Callable[[Any], list[dict[str, object]]]  # the short table in the report
    caption: Callable[[Any], str]
    size: Callable[[Any], tuple[float, float]]  # inches


class Picture(NamedTuple):
    """A saved figure in both themes, as bytes."""

    light: bytes
    dark: bytes


PLOTS = {
    name: Plot(module.draw, module.rows, module.table, module.caption, module.size)
    for name, module in {
        "learning_curve": learning_curve,
        "use": use,
        "influence": influence,
        "content": content,
        "verdict": verdict,
        "forest": forest,
        "lexicon_cards": lexicon_cards,
        "symbol_place": symbol_place,
        "metrics": metrics,
        "probe_scores": probe_scores,
        "probe_map": probe_map,
        "minds": minds,
        "injection_effect": injection_effect,
        "symbol_destinations": symbol_destinations,
        "dose": dose,
        "experiment": experiment,
        "understanding": understanding,
        "crossplay": crossplay,
        "patching": patching,
        "steering": steering,
        "erasure": erasure,
        "audience": audience,
        "kinship": kinship,
        "honesty": honesty,
        "kinship_beliefs": kinship_beliefs,
        "clusters": clusters,
        "comparison": comparison,
        "formation": formation,
        "behaviour": behaviour,
        "trajectories": trajectories,
    }.items()
}


def save(name: str, data: Any, folder: Path | str, stem: str | None = None) -> list[Path]:
    """Draw the figure `name` of `data` into `folder` as <stem>.svg, .png and .csv; returns the three paths.

    The dark SVG and PNG go to dark/ in that folder. `stem` is the figure's name unless given. Raises DataError where
    there is no such figure or the data lack a table that it needs.
    """
    if name not in PLOTS:
        raise DataError(f"There is no figure called {name!r}: choose one of {', '.join(PLOTS)}.")
    plot, target, stem = PLOTS[name], Path(folder), stem or name
    with lacking(name):
        pictures = rendered(plot, data)
        table = csv_text(plot.rows(data))
    for ending, picture in pictures.items():
        write_atomic(target / "dark" / f"{stem}.{ending}", picture.dark)
    contents = {ending: picture.light for ending, picture in pictures.items()} | {"csv": table.encode()}
    return [write_atomic(target / f"{stem}.{ending}", content) for ending, content in contents.items()]


@contextmanager
def lacking(name: str) -> Iterator[None]:
    """A context in which the want of a table that a figure needs is told in one sentence, as a DataError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        reason = plain(f"{type(error).__name__}: {error}", 200)
        raise DataError(
            f"The figure {name} cannot be drawn, because its results lack a table that it needs ({reason})."
        ) from error


def rendered(plot: Plot, data: Any) -> dict[str, Picture]:
    """The figure as SVG and PNG bytes, light and dark; the same data give the same bytes."""
    with styled():
        figure = laid_out(plot, data, Figure)
        vectors, pixels = saved_as(figure, "svg"), saved_as(figure, "png")
        darken(figure)
        night = saved_as(figure, "png")
    return {"svg": Picture(vectors, dark(vectors.decode()).encode()), "png": Picture(pixels, night)}


def laid_out(plot: Plot, data: Any, kind: type[AnyFigure]) -> AnyFigure:
    """The figure drawn, and laid out once, so that all its parts are there."""
    figure = kind(figsize=plot.size(data), layout="constrained")
    plot.draw(figure.add_subplot(), data)
    figure.draw_without_rendering()
    return figure


def saved_as(figure: Figure, ending: str) -> bytes:
    """A figure's bytes in that format, without the time of day."""
    picture = io.BytesIO()
    metadata = {"Date": None} if ending == "svg" else {"Software": None}
    figure.savefig(picture, format=ending, metadata=metadata, facecolor=figure.get_facecolor())
    return picture.getvalue()


def csv_text(rows: list[dict[str, object]]) -> str:
    """Rows as CSV text, columns in order of first appearance; a missing value is an empty field."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
