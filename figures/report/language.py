"""The report's tables about the language: what each symbol means, and its numbers, from saved results."""

from collections.abc import Sequence

from commlab.figures.report.evidence import Evidence
from commlab.figures.report.findings import estimate_of
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["TOLD_HERE", "lexicon_rows", "metric_rows", "undefined_metrics"]

TOLD_HERE = ("lexicon", "metrics")  # analyses whose results these tables tell


def lexicon_rows(evidence: Evidence) -> list[str]:
    """Every entry of the lexicon as a sentence; none where no lexicon is saved."""
    books = [result.details.get("lexicon", {}) for result in evidence.of("lexicon")]
    return [plain(entry["sentence"], 400) for book in books for entry in book.get("entries", ()) if "sentence" in entry]


def metric_rows(evidence: Evidence, tested: bool) -> list[dict[str, object]]:
    """The metrics that have an estimate, a row each: those held against chance, or those that are only counted."""
    found = [result for result in metrics(evidence) if result.estimate is not None]
    return [metric_row(result, tested) for result in found if (result.null is not None) == tested]


def undefined_metrics(evidence: Evidence) -> list[str]:
    """A sentence for each metric that has none."""
    return [plain(result.sentence, 400) for result in metrics(evidence) if result.estimate is None]


def metrics(evidence: Evidence) -> Sequence[Result]:
    """The results of `commlab metrics`."""
    return evidence.of("metrics")


def metric_row(result: Result, tested: bool) -> dict[str, object]:
    """A metric, what chance gives if it was tested, and the word of warning that goes with it."""
    row: dict[str, object] = {
        "metric": plain(result.details.get("title", result.name)),
        "value": f"{estimate_of(result)} {plain(result.unit)}",
        "95 % interval": span(result.interval),
    }
    if tested:
        row |= {"null": number(result.null.mean) if result.null else "–", "q": number(result.details.get("q_value"), 3)}
    return row | {"mind": plain(result.details.get("warning") or "", 300)}
