"""What a run has saved that figures can be drawn from: its results, its training curves and the demo's table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commlab.figures.curves import Curve, read_curve
from commlab.foundation.errors import CommlabError, RunError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

__all__ = ["Evidence", "read_evidence"]

DEMO = "demo.json"
MUTED_CONTROL = "muted-training"


@dataclass(frozen=True)
class Evidence:
    """Everything that the report shows, read once."""

    run: RunFolder
    results: tuple[Result, ...]  # by analysis, then name
    curves: tuple[Curve, ...]  # the run first, then its muted control
    demo: Mapping[str, Any] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()  # one sentence a file

    def of(self, analysis: str) -> tuple[Result, ...]:
        """The results of that analysis."""
        return tuple(result for result in self.results if result.analysis == analysis)


def read_evidence(run: RunFolder | Path) -> Evidence:
    """The saved results, curves and demo table of a run folder.

    A damaged file is named in `unreadable` and the rest is read. Raises RunError where the folder does not exist.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(Path(run))
    if not folder.path.is_dir():
        raise RunError(
            f"There is no run folder at {folder.path}: name one that exists, or make it with `commlab train`."
        )
    results, unreadable = read_results(folder.results)
    logs = {"hearing": folder.log_csv, "trained muted": folder.controls / MUTED_CONTROL / "train.csv"}
    curves = [read_curve(path, label) for label, path in logs.items()]
    return Evidence(
        run=folder,
        results=tuple(sorted(results, key=lambda r: (r.analysis, r.name))),
        curves=tuple(curve for curve in curves if curve is not None),
        demo=read_demo(folder.results / DEMO),
        unreadable=tuple(unreadable),
    )


def read_results(folder: Path) -> tuple[list[Result], list[str]]:
    """Every result in `folder`, and a sentence for each file that is not one."""
    results: list[Result] = []
    unreadable: list[str] = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        if path.name == DEMO:
            continue
        try:
            results.append(Result.load(path))
        except CommlabError as error:
            unreadable.append(str(error))
    return results, unreadable


def read_demo(path: Path) -> dict[str, Any]:
    """The demo's table, empty where there is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}
