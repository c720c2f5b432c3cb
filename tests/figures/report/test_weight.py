"""A page stays under its limit: files, tables and the largest figures are left out, in that order, and it says so."""

import pytest
from markupsafe import Markup

from commlab.figures.report.sections import Panel, Section
from commlab.figures.report.tables import Table
from commlab.figures.report.weight import NO_FIGURES, NO_FILES, NO_TABLES, fitted
from commlab.foundation.errors import DataError


def sections() -> list[Section]:
    table = Table(["a"], [["x" * 200]], [False], [False], 0)
    panels = [Panel([], [], Markup("s" * size), "", "", table, f"{size}.csv", "f" * 300) for size in (100, 900)]
    return [Section("a", "A", "", panels, "", [], [])]


def render(parts: list[Section], told: list[str]) -> str:
    panels = [panel for part in parts for panel in part.panels]
    shown = [str(panel.svg or panel.left_out) + panel.csv_link + (panel.table.rows[0][0] if panel.table else "")
             for panel in panels]  # fmt: skip
    return "".join([*shown, *told])


@pytest.mark.parametrize(
    ("largest", "told", "missing"),
    [
        (3000, [], ""),
        (1600, [NO_FILES], "f" * 300),
        (1200, [NO_FILES, NO_TABLES], "x" * 200),
        (700, [NO_FILES, NO_TABLES, NO_FIGURES], "s" * 900),
    ],
)
def test_what_is_left_out_is_told_in_order(largest: int, told: list[str], missing: str) -> None:
    page = fitted(render, sections(), largest)  # type: ignore[arg-type]
    assert len(page) < largest
    assert all(sentence in page for sentence in told)
    assert [sentence for sentence in (NO_FILES, NO_TABLES, NO_FIGURES) if sentence in page] == told
    assert not missing or missing not in page
    assert ("figures/900.svg" in page) == (NO_FIGURES in told)


def test_a_small_figure_stays_where_the_largest_is_enough() -> None:
    assert "s" * 100 in fitted(render, sections(), 700)  # type: ignore[arg-type]


def test_what_cannot_be_made_small_is_refused() -> None:
    with pytest.raises(DataError, match="even without figures"):
        fitted(render, sections(), 20)  # type: ignore[arg-type]
