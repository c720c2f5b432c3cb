"""`commlab report`: the figures and the page, drawn from saved results; as a PDF; runs compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from commlab.commands.printing import find_browser, print_page
from commlab.commands.replay import saved_moments, write_run_replay
from commlab.commands.runs import run_of
from commlab.console import print_json, say
from commlab.figures.report import write_comparison, write_report
from commlab.figures.report.evidence import Evidence, read_evidence
from commlab.foundation.errors import CommlabError, RunError
from commlab.foundation.run import RunFolder
from commlab.foundation.stage import is_run

__all__ = ["Written", "report", "report_and_print", "write_with_replay"]


class Written(NamedTuple):
    """The files that were written; None for those that were not asked for, or not needed."""

    report: Path
    figures: Path
    replay: Path | None = None
    pdf: Path | None = None

    def told(self) -> dict[str, str]:
        """Return the paths by name."""
        return {name: str(path) for name, path in self._asdict().items() if path is not None}


def report(run: str | None) -> Path:
    """Write the report and the figures of a run, and the replay that it links to; returns the page's path."""
    return write_with_replay(run_of(run)).report


def report_and_print(runs: Sequence[str], compared: Sequence[str], pdf: bool, as_json: bool) -> Written:
    """Write the report of the first run (by default the last completed one), or compare runs, and say where."""
    if len(runs) > 1 and not compared:
        raise RunError(f"{' and '.join(runs)} are {len(runs)} runs: to hold them side by side, add --compare.")
    browser = find_browser() if pdf else None  # before any work is done
    names = [*runs[:1], *(name for given in compared for name in given.split(",") if name), *runs[1:]]
    if compared:
        written = write_compared([run_of(name) for name in names] if runs or len(names) > 1 else
                                 [run_of(None), run_of(names[0])])  # fmt: skip
    else:
        written = write_with_replay(run_of(runs[0] if runs else None))
    if browser is not None:
        written = written._replace(pdf=print_page(written.report, browser))
    if as_json:
        print_json(written.told())
    else:
        say(f"Wrote {' and '.join(str(path) for path in (written.report, written.pdf, written.replay) if path)}.")
        say(f"The figures are in {written.figures}.")
    return written


def write_with_replay(run: RunFolder) -> Written:
    """Write a run's report, and first the replay that it links to, where saved results name moments."""
    if not (is_run(run.path) or run.results.is_dir() or run.log_csv.exists()):
        raise RunError(f"{run.path} is a folder, but no run: nothing was trained, recorded or found in it.")
    replay: Path | None = None
    reels: tuple[str, ...] = ()
    if saved_moments(run.results):
        try:
            replay, reels, note = write_run_replay(run.path)
        except CommlabError as error:  # a report without links is better than none
            note = f"The report has no links to moments: {error}"
        if note:
            say(note)
    return Written(write_report(run, reels), run.figures, replay)


def write_compared(runs: Sequence[RunFolder]) -> Written:
    """Write the comparison of runs into the first one's folder.

    Raises RunError where a run stands there twice, under two names as well.
    """
    from commlab.probes.comparison import compare

    found = [read_evidence(run) for run in runs]
    names = distinct(found)
    result = compare({name: evidence.results for name, evidence in zip(names, found, strict=True)})
    return Written(write_comparison(found, names, result), runs[0].figures)


def distinct(found: Sequence[Evidence]) -> list[str]:
    """Return the runs' names, by their folders where two are called alike."""
    seen: dict[str, Evidence] = {}
    for evidence in found:
        path, agents = evidence.run.path.resolve(), evidence.checkpoint
        for other in seen.values():
            if path == other.run.path.resolve():
                raise RunError(f"{evidence.run.path} is named twice: name other runs to compare it with.")
            if agents and other.checkpoint and agents.sha256 == other.checkpoint.sha256:
                raise RunError(
                    f"{other.run.path} and {evidence.run.path} hold the same agents (one checkpoint): compare runs of "
                    "other seeds or recipes."
                )
        name = evidence.run.name
        seen[str(evidence.run.path) if name in seen else name] = evidence
    return list(seen)
