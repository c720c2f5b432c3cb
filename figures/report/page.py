"""The report: one self-contained page of a run's findings, drawn from its saved results alone."""

import base64
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from commlab.figures.plots import PLOTS, save
from commlab.figures.report.claims import (
    CLAIMS,
    Claim,
    Drawn,
    claims_of,
    command_for,
    drawn_for,
    emergence,
    main_results,
    not_found,
)
from commlab.figures.report.evidence import Evidence, read_evidence
from commlab.figures.report.facts import headline_numbers, made_by, phases, shared_facts
from commlab.figures.report.language import TOLD_HERE, lexicon_rows, metric_rows, undefined_metrics
from commlab.figures.svg import inlined
from commlab.figures.wording import number, plain, span
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

__all__ = ["write_report"]

TEMPLATES = Path(__file__).parent / "templates"
MOST_ROWS = 20  # a figure's table; its CSV holds them all
TIGHT = 15  # characters
WRITTEN_NUMBER = re.compile(r"−?[\d,]+(\.\d+| %|\.\d+ %)")  # with a fraction or a per cent sign: a bare 7 may be a name
LARGEST_CSV = 1_000_000  # bytes; a larger one is named, not put into the page


class Table(NamedTuple):
    """Rows ready to print."""

    columns: list[str]
    rows: list[list[str]]
    numeric: list[bool]  # one a column: set flush right
    tight: list[bool]  # one a column: short enough never to be broken
    n_more: int  # rows left out


class Panel(NamedTuple):
    """One figure of a section, or the reason why it could not be drawn."""

    sentences: list[str]
    svg: Markup | None
    caption: str
    table: Table | None
    csv_name: str
    csv_link: str  # a data: link, empty where the file is too large
    problem: str


class Section(NamedTuple):
    """One claim as the page shows it."""

    anchor: str
    title: str
    question: str
    panels: list[Panel]
    command: str  # makes what is missing, where there are no panels


def write_report(run: RunFolder | Path) -> Path:
    """Write report.html into the run folder, and its figures (SVG, PNG, CSV) into figures/; returns the page's path.

    What has not been computed yet is named with the command that computes it. Raises RunError where the folder does
    not exist.
    """
    evidence = read_evidence(run)
    told = {*TOLD_HERE, *(claim.analysis for claim in CLAIMS)}
    page = template().render(
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        run_name=plain(evidence.run.name, 80),
        numbers=headline_numbers(evidence),
        sentences=[plain(result.sentence, 600) for result in main_results(evidence)],
        emergence=emergence(evidence) if evidence.results else "",
        sections=[section(claim, evidence) for claim in claims_of(evidence)],
        lexicon=lexicon_rows(evidence),
        metrics=table(metric_rows(evidence)),
        undefined=undefined_metrics(evidence),
        others=[plain(r.sentence, 600) for r in evidence.results if r.analysis not in told],
        not_found=[plain(f"{r.sentence} ({p_text(r)})", 700) for r in not_found(evidence.results)],
        n_tests=sum(r.p_value is not None for r in evidence.results),
        all_results=table([result_row(result) for result in evidence.results]),
        phases=table(phases(evidence)),
        facts=shared_facts(evidence),
        made_by=table(made_by(evidence)),
        unreadable=[plain(sentence, 600) for sentence in evidence.unreadable],
    )
    return write_atomic(evidence.run.report, page)


@cache
def template() -> Any:
    """The page's template; everything put into it is escaped unless it is marked as markup."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True).get_template("report.html")  # fmt: skip


def section(claim: Claim, evidence: Evidence) -> Section:
    """A claim with its figures drawn and saved."""
    panels = [panel(claim, drawn, evidence) for drawn in drawn_for(claim, evidence)]
    return Section(claim.plot.replace("_", "-"), claim.title, claim.question, panels, command_for(claim, evidence))


def panel(claim: Claim, drawn: Drawn, evidence: Evidence) -> Panel:
    """One figure, saved to the run's figures folder and ready for the page."""
    sentences = [plain(result.sentence, 600) for result in drawn.results]
    try:
        svg, _, csv_file = save(claim.plot, drawn.data, evidence.run.figures, drawn.stem)
    except DataError as error:
        return Panel(sentences, None, "", None, "", "", plain(error, 600))
    plot, content = PLOTS[claim.plot], csv_file.read_bytes()
    link = "data:text/csv;base64," + base64.b64encode(content).decode() if len(content) <= LARGEST_CSV else ""
    return Panel(
        sentences=sentences,
        svg=Markup(inlined(svg.read_text(encoding="utf-8"), drawn.stem, f"Figure: {claim.title}")),
        caption=tied(plot.caption(drawn.data)),
        table=table(plot.table(drawn.data), MOST_ROWS),
        csv_name=csv_file.name,
        csv_link=link,
        problem="",
    )


def result_row(result: Result) -> dict[str, object]:
    """A result as a row of the table of all results."""
    null = result.null
    return {
        "result": plain(result.name, 90),
        "estimate": result.estimate,
        "unit": plain(result.unit),
        "95 % interval": span(result.interval),
        "null (95 % of draws)": f"{number(null.mean)} ({span((null.low, null.high))})" if null else "–",
        "p": number(result.p_value, 3),
        "episodes": result.n_episodes,
    }


def p_text(result: Result) -> str:
    """A result's p-value in words."""
    return "no estimate" if result.p_value is None else f"p = {number(result.p_value, 3)}"


def table(rows: Sequence[dict[str, object]], most: int | None = None) -> Table | None:
    """Rows (at most `most`) as a table of text, numbers written alike; None without rows."""
    if not rows:
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[number(row.get(column)) for column in columns] for row in rows[:most]]
    return Table(
        columns=columns,
        rows=cells,
        numeric=[all(is_number(row.get(column)) for row in rows) for column in columns],
        tight=[max(map(len, column)) <= TIGHT for column in zip(*cells, strict=True)],
        n_more=len(rows) - len(cells),
    )


def is_number(value: object) -> bool:
    """Whether a table's entry is a number, a share in per cent, or a gap among them."""
    if isinstance(value, str):
        return value == "–" or bool(WRITTEN_NUMBER.fullmatch(value))
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def tied(text: str) -> str:
    """Text in which no line breaks inside "n = 256" or before a per cent sign."""
    return text.replace("n = ", "n\u00a0=\u00a0").replace(" %", "\u00a0%")
