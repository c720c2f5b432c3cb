"""The report: one self-contained page of a run's findings, drawn from its saved results alone."""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from commlab.figures.report.claims import CLAIMS
from commlab.figures.report.evidence import Evidence, read_evidence
from commlab.figures.report.facts import headline_numbers, made_by, made_of, phases, shared_facts
from commlab.figures.report.findings import at_a_glance, can_be_asked, not_found, p_text, result_row, tested
from commlab.figures.report.language import TOLD_HERE, lexicon_rows, metric_rows, undefined_metrics
from commlab.figures.report.sections import Section, is_open, sections_of, styles_of, told_alone
from commlab.figures.report.summary import answers
from commlab.figures.report.tables import table
from commlab.figures.report.weight import fitted
from commlab.figures.wording import plain
from commlab.foundation.atomic import write_atomic
from commlab.foundation.run import RunFolder

__all__ = ["TEMPLATES", "template", "write_report"]

TEMPLATES = Path(__file__).parent / "templates"
MOST_RESULTS = 500  # rows of the table of all results, and null results in sentences


def write_report(run: RunFolder | Path, reels: Collection[str] = ()) -> Path:
    """Write report.html into the run folder, and its figures (SVG, PNG, CSV) into figures/; returns the page's path.

    reels: those that replay.html, beside the page, shows; results' moments in them are linked. What has not been
    computed yet is named with the command that computes it. The page is under 10 MB; what is left out for that is
    told. Raises RunError where the folder does not exist, and DataError where there are too many results for one page.
    """
    evidence = read_evidence(run)
    facts, parts = content(evidence, reels), sections_of(evidence, reels)
    sections = [part for part in parts if not (is_open(part) and evidence.results)]
    open_ = [part for part in parts if is_open(part) and evidence.results]
    facts["open"] = [part for part in open_ if can_be_asked(part.command, evidence)]
    entries = contents(facts, sections)

    def render(sections: Sequence[Section], left_out: list[str]) -> str:
        styles = Markup(styles_of(sections))
        shown = {"sections": sections, "styles": styles, "left_out": left_out, "entries": entries}
        return str(template("report.html").render(**facts, **shown, anchors={anchor for anchor, _ in entries}))

    return write_atomic(evidence.run.report, fitted(render, sections))


def contents(facts: dict[str, Any], sections: Sequence[Section]) -> list[tuple[str, str]]:
    """The table of contents: the sections' anchors and titles, in the template's order."""
    before = [("summary", "In short", True), ("claims", "Claim by claim", facts["glance"]),
              ("lexicon", "What each symbol means", facts["lexicon"])]  # fmt: skip
    after = [("metrics", "The language in numbers", facts["metrics"] or facts["counted"]),
             ("other", "Other results", facts["others"]), ("not-found", "What was not found", True),
             ("provenance", "How this was made", True)]  # fmt: skip
    claims = [(part.anchor, part.title, True) for part in sections]
    return [(anchor, title) for anchor, title, there in [*before, *claims, *after] if there]


def content(evidence: Evidence, reels: Collection[str]) -> dict[str, Any]:
    """What the page's template shows besides the sections."""
    told = {*TOLD_HERE, *(claim.analysis for claim in CLAIMS)}
    drawn = any(claim.analysis == "lexicon" for claim in CLAIMS)
    none = not_found(evidence.results)
    return {
        "css": Markup(style_sheet()),
        "run_name": plain(evidence.run.name, 80),
        "about": plain(world_of(evidence).get("title", ""), 120),
        "numbers": headline_numbers(evidence),
        "answers": answers(evidence) if evidence.results else [],
        "glance": at_a_glance(evidence) if evidence.results else [],
        "lexicon": [] if drawn else lexicon_rows(evidence),
        "metrics": table(metric_rows(evidence, tested=True)),
        "counted": table(metric_rows(evidence, tested=False)),
        "undefined": undefined_metrics(evidence),
        "others": [told_alone(result, reels) for result in evidence.results if result.analysis not in told],
        "not_found": [plain(f"{r.sentence} ({p_text(r)})", 700) for r in none[:MOST_RESULTS]],
        "n_not_found": len(none),
        "n_tests": len(tested(evidence.results)),
        "all_results": table([result_row(result) for result in evidence.results], MOST_RESULTS, ("estimate",)),
        "others_agents": [plain(result.name, 90) for result in evidence.of_others()],
        "phases": table(phases(evidence)),
        "made_of": made_of(evidence),
        "facts": shared_facts(evidence),
        "made_by": table(made_by(evidence)),
        "unreadable": [plain(sentence, 600) for sentence in evidence.unreadable],
    }


def world_of(evidence: Evidence) -> dict[str, Any]:
    """The scenario as training kept it."""
    identity = evidence.training.get("identity")
    world = identity.get("scenario") if isinstance(identity, dict) else None
    return world if isinstance(world, dict) else {}


@cache
def style_sheet() -> str:
    """The pages' styles."""
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


@cache
def template(name: str) -> Any:
    """A page's template; everything put into it is escaped unless it is marked as markup."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True).get_template(name)  # fmt: skip
