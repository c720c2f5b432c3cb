"""The report's weight: what is left out of a page that would be too large to be sent, and the sentence that says so."""

from collections.abc import Callable, Sequence

from commlab.figures.report.sections import Panel, Section
from commlab.foundation.errors import DataError

__all__ = ["LARGEST", "fitted"]

LARGEST = 10_000_000  # bytes of the page
NO_FILES = "To stay under 10 MB, this page leaves out the figures' numbers as files: they are in figures/ beside it."
NO_TABLES = "It leaves out the figures' tables too."
NO_FIGURES = "It names the largest figures instead of showing them."

Change = Callable[[Panel], Panel]
Render = Callable[[Sequence[Section], list[str]], str]  # of the sections, and of what was left out in sentences


def fitted(render: Render, sections: Sequence[Section], largest: int = LARGEST) -> str:
    """The page, without files of numbers, tables or the largest figures where it would be larger than `largest` bytes.

    Raises DataError where it is too large even so.
    """
    told: list[str] = []
    page = render(sections, told)
    for sentence, change in ((NO_FILES, without_file), (NO_TABLES, without_table)):
        if size(page) < largest:
            return page
        sections, told = changed(sections, change), [*told, sentence]
        page = render(sections, told)
    while (excess := size(page) - largest) >= 0:
        heavy = heaviest(sections, excess)
        if not heavy:
            raise DataError(
                f"The report would be {size(page) / 1e6:.0f} MB large even without figures, and 10 MB is the most: "
                "move results that it need not tell out of the run's results folder."
            )
        sections = changed(sections, without_figures(heavy))
        told = told if NO_FIGURES in told else [*told, NO_FIGURES]
        page = render(sections, told)
    return page


def heaviest(sections: Sequence[Section], excess: int) -> set[str]:
    """The CSV names of as few figures as weigh more than `excess` bytes together; of all of them if that is too few."""
    panels = sorted((panel for part in sections for panel in part.panels), key=weight, reverse=True)
    found, total = set(), 0
    for panel in panels:
        if total > excess or weight(panel) == 0:
            break
        found.add(panel.csv_name)
        total += weight(panel)
    return found


def size(page: str) -> int:
    """Bytes of a page."""
    return len(page.encode())


def weight(panel: Panel) -> int:
    """Bytes of a panel's figure."""
    return len(panel.svg) if panel.svg is not None else 0


def changed(sections: Sequence[Section], change: Change) -> list[Section]:
    """Sections with every panel changed."""
    return [part._replace(panels=[change(panel) for panel in part.panels]) for part in sections]


def without_file(panel: Panel) -> Panel:
    """A panel that names its file of numbers only."""
    return panel._replace(csv_link="")


def without_table(panel: Panel) -> Panel:
    """A panel without its table."""
    return panel._replace(table=None)


def without_figures(names: set[str]) -> Change:
    """A change after which the panels whose CSV has one of these names name their figure's file only."""

    def change(panel: Panel) -> Panel:
        if panel.csv_name not in names:
            return panel
        stem = panel.csv_name.removesuffix(".csv")
        return panel._replace(svg=None, styles="", left_out=f"figures/{stem}.svg")

    return change
