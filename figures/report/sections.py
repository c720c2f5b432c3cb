"""The report's sections: each claim with its sentences, its figures, its numbers and the moments behind it."""

import base64
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from commlab.figures.look.svg import inlined
from commlab.figures.look.themes import themed
from commlab.figures.plots import PLOTS, lacking, save
from commlab.figures.report.claims import Claim, Drawn, claims_of, command_for, drawn_for
from commlab.figures.report.evidence import Evidence
from commlab.figures.report.language import lexicon_rows
from commlab.figures.report.sparing import spared
from commlab.figures.report.tables import Table, table
from commlab.figures.wording import plain
from commlab.foundation.errors import DataError
from commlab.foundation.moments import moments_of
from commlab.foundation.result import Result

__all__ = [
    "Link",
    "Other",
    "Panel",
    "Section",
    "anchor_of",
    "is_open",
    "panel",
    "sections_of",
    "styles_of",
    "told_alone",
]

DENSE = 60  # pieces of text in a figure, from which on it is not made as small as a phone is
MOST_ROWS = 20  # a figure's table; its CSV holds them all
LARGEST_CSV = 1_000_000  # bytes; a larger one is named, not put into the page


class Link(NamedTuple):
    """A moment in the replay beside the report."""

    href: str
    note: str
    where: str  # the episode and step


class Panel(NamedTuple):
    """One figure of a section, or the reason why it could not be drawn."""

    sentences: list[str]
    links: list[Link]
    svg: Markup | None = None
    styles: str = ""  # the colours of the SVG, light and dark
    caption: str = ""
    table: Table | None = None
    csv_name: str = ""
    csv_link: str = ""  # a data: link, empty where the file is too large
    dense: bool = False  # too much text to be read in the width of a phone
    problem: str = ""  # why there is no figure
    left_out: str = ""  # the figure's file, where it is too large for the page


class Other(NamedTuple):
    """A result that no section draws."""

    sentence: str
    links: list[Link]


class Section(NamedTuple):
    """One claim as the page shows it."""

    anchor: str
    title: str
    question: str
    panels: list[Panel]
    command: str  # makes what is missing, where there are no panels
    sentences: list[str]  # that stand after the figures
    without_figure: list[str]  # findings that no figure is drawn from


def sections_of(evidence: Evidence, reels: Collection[str] = ()) -> list[Section]:
    """A section a claim, figures drawn and saved; `reels` are those of the replay beside the page."""
    return [section(claim, evidence, reels) for claim in claims_of(evidence)]


def section(claim: Claim, evidence: Evidence, reels: Collection[str]) -> Section:
    """A claim with its figures drawn and saved."""
    panels = [panel(claim, drawn, evidence.run.figures, reels) for drawn in drawn_for(claim, evidence)]
    after = spared(lambda: lexicon_rows(evidence)) if claim.analysis == "lexicon" else []
    bare = [] if panels else [plain(result.sentence, 600) for result in evidence.of(claim.analysis)]
    return Section(anchor_of(claim), claim.title, claim.question, panels, command_for(claim, evidence), after, bare)


def is_open(part: Section) -> bool:
    """Whether nothing is saved that a section could tell."""
    return not part.panels and not part.without_figure


def anchor_of(claim: Claim) -> str:
    """The id of a claim's section."""
    return claim.plot.replace("_", "-")


def panel(claim: Claim, drawn: Drawn, folder: Path, reels: Collection[str] = (), mark: str = "") -> Panel:
    """One figure, saved to `folder` and ready for the page; `mark` keeps its ids and files apart."""
    sentences = [plain(result.sentence, 600) for result in drawn.results]
    links = links_of(drawn.results, reels)
    plot = PLOTS[claim.plot]
    try:
        svg, _, csv_file = save(claim.plot, drawn.data, folder, mark + drawn.stem)
        with lacking(claim.plot):
            caption, rows = plot.caption(drawn.data), plot.table(drawn.data)
    except DataError as error:
        return Panel(sentences, links, problem=plain(error, 600))
    content = csv_file.read_bytes()
    picture, styles = themed(inlined(svg.read_text(encoding="utf-8"), mark + drawn.stem, f"Figure: {claim.title}"))
    link = "data:text/csv;base64," + base64.b64encode(content).decode() if len(content) <= LARGEST_CSV else ""
    return Panel(
        sentences=sentences,
        links=links,
        svg=Markup(picture),
        styles=styles,
        dense=picture.count("<text") > DENSE,
        caption=tied(caption),
        table=table(rows, MOST_ROWS),
        csv_name=csv_file.name,
        csv_link=link,
    )


def told_alone(result: Result, reels: Collection[str]) -> Other:
    """A result that is told without a figure."""
    return Other(plain(result.sentence, 600), links_of((result,), reels))


def links_of(results: Sequence[Result], reels: Collection[str]) -> list[Link]:
    """The moments behind results that the replay shows; none where moments cannot be read."""
    links: dict[str, Link] = {}
    for result in results:
        try:
            moments = moments_of(result)
        except DataError:
            continue
        for moment in moments:
            if moment.reel in reels:
                of = "" if moment.recording else ", beside its untouched twin" if moment.interventions else ""
                where = f"episode {moment.episode}, step {moment.step}{of}"
                links.setdefault(moment.link, Link(moment.link, plain(moment.note, 240), where))
    return list(links.values())


def styles_of(sections: Sequence[Section]) -> str:
    """The colours of all figures, each rule once."""
    rules = [line for part in sections for panel in part.panels for line in panel.styles.splitlines() if line]
    return "\n".join(dict.fromkeys(rules))


def tied(text: str) -> str:
    """Text in which no line breaks inside "n = 256" or before a per cent sign."""
    return text.replace("n = ", "n\u00a0=\u00a0").replace(" %", "\u00a0%")
