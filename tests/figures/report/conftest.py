"""Runs for reports: with moments and a replay, compared ones; and a browser to open pages in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commlab.figures.report import write_comparison, write_report
from commlab.figures.report.evidence import read_evidence
from commlab.foundation.moments import Moment, written
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.comparison import compare

MOMENTS = (
    Moment(12, 8, (1,), "the scout says 7; the crystal is in the south", "recording.h5"),
    Moment(3, 5, (1, 0), "told 3 instead of silence, it turns north", seed=1, interventions=({"site": "x"},)),
)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are not drawn: an empty one stands for each, where only the words around it are looked at."""

    def save(name: str, data: Any, folder: Path, stem: str) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"svg": "<svg></svg>", "png": "", "csv": "a\n1\n"}
        for ending, content in contents.items():
            (folder / f"{stem}.{ending}").write_text(content)
        return [folder / f"{stem}.{ending}" for ending in contents]

    monkeypatch.setattr("commlab.figures.report.sections.save", save)


@pytest.fixture(scope="session")
def linked_run(results: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with moments behind two claims, and a replay that shows one of the two."""
    run = RunFolder(tmp_path_factory.mktemp("linked") / "lookout")
    blank = Result("zipf", "zipf", 1.0, "exponent", None, None, None, 9, "Short words are the common ones.")
    for result in (results["understanding"], blank):
        replace(result, details=result.details | {"moments": written(MOMENTS)}).save(run.results)
    for result in (results["use"], results["symbol_place"], *results["probe_scores"]):
        result.save(run.results)
    (run.path / "replay.html").write_text("<!DOCTYPE html><title>replay</title>")
    write_report(run, reels={"12"})
    return run


Compared = Callable[..., Path]


@pytest.fixture(scope="session")
def compared(results: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Writes the comparison of runs whose understanding is as given: compared(0.9, 0.5, …)."""

    def make(*scores: float) -> Path:
        folder = tmp_path_factory.mktemp("compared")
        runs = [RunFolder(folder / f"seed{index}") for index in range(len(scores))]
        for index, (run, score) in enumerate(zip(runs, scores, strict=True)):
            found = replace(results["understanding"], estimate=score, interval=(score - 0.03, score + 0.02))
            found.save(run.results)
            replace(results["use"], provenance={"grounding": "predictive" if index else "none"}).save(run.results)
        evidence = [read_evidence(run) for run in runs]
        names = [run.name for run in runs]
        found = compare({one.run.name: one.results for one in evidence})
        return write_comparison(evidence, names, found)

    return make


@pytest.fixture(scope="session")
def pair(compared: Compared) -> Path:
    """Two runs, compared."""
    return compared(0.9, 0.5)


@pytest.fixture(scope="session")
def many(compared: Compared) -> Path:
    """Four runs, compared."""
    return compared(0.9, 0.5, 0.7, 0.8)
