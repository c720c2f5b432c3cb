"""What saved results found, and what they did not: told apart from their null or not, and which questions are open."""

from collections.abc import Sequence
from typing import NamedTuple

from commlab.figures import wording
from commlab.figures.report.claims import CLAIMS, IF_SAVED, Claim, claims_of
from commlab.figures.report.evidence import Evidence
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result
from commlab.foundation.rounding import SIGNIFICANT

__all__ = [
    "NO",
    "NO_ESTIMATE",
    "SIGNIFICANT",
    "UNTESTED",
    "YES",
    "Row",
    "at_a_glance",
    "can_be_asked",
    "estimate_of",
    "not_asked",
    "not_found",
    "outcome",
    "p_text",
    "result_row",
    "tested",
]

YES, NO, UNTESTED, NO_ESTIMATE, OPEN = "yes", "no", "no test", "no estimate", "not asked"
OF_RECORDINGS = ("lexicon", "probe", "information", "metrics", "cluster", "behaviour", "trajectories", "audience")
MOST = 4  # results of one claim in the table at a glance


class Row(NamedTuple):
    """One line of the table at a glance."""

    anchor: str  # of the claim's section; "" on later lines of the same claim
    claim: str
    what: str  # which result
    outcome: str  # YES, NO, UNTESTED, NO_ESTIMATE, OPEN, or the verdict
    kind: str  # "good", "null" or "open": how it is set
    estimate: str
    interval: str
    null: str
    p: str
    n: str


def tested(results: Sequence[Result]) -> list[Result]:
    """The results that were held against a null."""
    return [result for result in results if result.estimate is not None and result.p_value is not None]


def outcome(result: Result) -> str:
    """Whether a result is told apart from its null."""
    if result.estimate is None:
        return NO_ESTIMATE
    if result.p_value is None:
        return UNTESTED
    return YES if result.p_value <= SIGNIFICANT else NO


def not_found(results: Sequence[Result]) -> list[Result]:
    """The results that are not told apart from their null, or have no estimate (metrics say so in their table)."""
    missing = [r for r in results if outcome(r) == NO_ESTIMATE and r.analysis != "metrics"]
    return missing + [r for r in results if outcome(r) == NO]


def not_asked(evidence: Evidence) -> list[Claim]:
    """The claims that nothing is saved for, but for those that not every run can be asked."""
    there = {result.analysis for result in evidence.results} | ({""} if evidence.curves else set())
    lacking = [claim for claim in CLAIMS if claim.analysis not in there and claim.plot not in IF_SAVED]
    return [claim for claim in lacking if can_be_asked(claim.command, evidence)]


def can_be_asked(command: str, evidence: Evidence) -> bool:
    """Whether a command can be run on this run: without agents, those alone that read a recording."""
    return not evidence.is_log or command.split()[1] in OF_RECORDINGS


def at_a_glance(evidence: Evidence) -> list[Row]:
    """The claims in order, their results in lines, null results among them; one line for all that is open."""
    rows: list[Row] = []
    told: set[str] = set()
    for claim in claims_of(evidence):
        results = evidence.of(claim.analysis)
        if claim.analysis and claim.analysis not in told and results:
            told.add(claim.analysis)
            rows += lines_of(claim, results)
    n_open = len(not_asked(evidence))
    if n_open:
        title = "1 more claim" if n_open == 1 else f"{n_open} more claims"
        rows.append(Row("not-asked", title, "", OPEN, "open", "–", "–", "–", "–", "–"))
    return rows


def lines_of(claim: Claim, results: Sequence[Result]) -> list[Row]:
    """A claim's lines: the first few of its results, and how many more there are."""
    anchor, title = claim.plot.replace("_", "-"), claim.title
    if len(results) > MOST:  # what was tested first
        results = sorted(results, key=lambda result: outcome(result) in (NO_ESTIMATE, UNTESTED))
    rows = [line_of(anchor, title, result) for result in results[:MOST]]
    more = len(results) - MOST
    if more > 0:
        n_no = sum(outcome(result) in (NO, NO_ESTIMATE) for result in results[MOST:])
        rows.append(Row(anchor, title, f"and {more} more", f"{n_no} of them no", "open", "", "", "", "", ""))
    return [row if index == 0 else row._replace(anchor="", claim="") for index, row in enumerate(rows)]


def line_of(anchor: str, title: str, result: Result) -> Row:
    """One result's line."""
    found, null = outcome(result), result.null
    if result.analysis == "verdict":
        found = plain(result.details.get("verdict", UNTESTED), 40)
        kind = "good" if found in ("communication", "deception") else "null"
    else:
        kind = {YES: "good", NO: "null", NO_ESTIMATE: "null"}.get(found, "open")
    return Row(
        anchor=anchor,
        claim=title,
        what=plain(result.name, 70),
        outcome=found,
        kind=kind,
        estimate=f"{estimate_of(result)} {plain(result.unit)}" if result.estimate is not None else "–",
        interval=span(result.interval),
        null=number(null.mean) if null else "–",
        p=wording.p_text(result.p_value),
        n=number(result.n_episodes),
    )


def estimate_of(result: Result) -> str:
    """An estimate as text; a count, which has no interval, without decimals."""
    value = result.estimate
    if value is not None and result.interval is None and float(value).is_integer():
        return number(int(value))
    return number(value)


def result_row(result: Result) -> dict[str, object]:
    """A result as a row of the table of all results."""
    null = result.null
    return {
        "result": plain(result.name, 90),
        "estimate": estimate_of(result),
        "unit": plain(result.unit),
        "95 % interval": span(result.interval),
        "null (95 % of draws)": f"{number(null.mean)} ({span((null.low, null.high))})" if null else "–",
        "p": wording.p_text(result.p_value),
        "episodes": result.n_episodes,
    }


def p_text(result: Result) -> str:
    """A result's p-value in words."""
    return "not tested" if result.p_value is None else f"p = {wording.p_text(result.p_value)}"
