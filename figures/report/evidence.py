"""What a run has saved that a report can tell: results, curves, and the facts of its training, agents and recording."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from commlab.datasets.reader import open_recording
from commlab.figures.curves import Curve, read_curve
from commlab.foundation.errors import CommlabError, RunError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

__all__ = ["Evidence", "Saved", "read_evidence", "read_results"]

DEMO = "demo.json"
MUTED_CONTROL = "muted-training"


class Saved(NamedTuple):
    """A file that results are made from."""

    name: str
    sha256: str  # of a checkpoint: of its file; of a recording: its fingerprint
    facts: Mapping[str, Any]  # of a recording: its attributes


@dataclass(frozen=True)
class Evidence:
    """Everything that the report shows, read once."""

    run: RunFolder
    results: tuple[Result, ...]  # by analysis, then name
    curves: tuple[Curve, ...]  # the run first, then its muted control
    demo: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)  # train.json
    checkpoint: Saved | None = None  # the last one
    recording: Saved | None = None
    unreadable: tuple[str, ...] = ()  # one sentence a file

    def of(self, analysis: str) -> tuple[Result, ...]:
        """The results of that analysis."""
        return tuple(result for result in self.results if result.analysis == analysis)

    @property
    def is_log(self) -> bool:
        """Whether there are no agents to run: the recording was imported, and no checkpoint lies beside it."""
        return self.checkpoint is None and self.recording is not None and "imported" in self.recording.facts

    def of_others(self) -> tuple[Result, ...]:
        """The results that were made from another checkpoint than the run's last one."""
        known = self.checkpoint.sha256 if self.checkpoint else None
        made = [(result.provenance.get("checkpoint"), result) for result in self.results]
        return tuple(result for sha256, result in made if known and sha256 and sha256 != known)


def read_evidence(run: RunFolder | Path) -> Evidence:
    """The saved results, curves and facts of a run folder.

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
        demo=read_table(folder.results / DEMO),
        training=read_table(folder.train),
        checkpoint=last_checkpoint(folder.checkpoints),
        recording=recording_of(folder.recording, unreadable),
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


def read_table(path: Path) -> dict[str, Any]:
    """A JSON file's table, empty where there is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def last_checkpoint(folder: Path) -> Saved | None:
    """The checkpoint after the most steps, if there is one that can be read."""
    paths = sorted(folder.glob("steps-*.pt")) if folder.is_dir() else []
    if not paths:
        return None
    try:
        with paths[-1].open("rb") as file:
            return Saved(paths[-1].name, hashlib.file_digest(file, "sha256").hexdigest(), {})
    except OSError:
        return None


def recording_of(path: Path, unreadable: list[str]) -> Saved | None:
    """The run's recording, if there is one; a sentence is added to `unreadable` where it is damaged."""
    if not path.is_file():
        return None
    try:
        with open_recording(path) as recording:
            facts = dict(recording.attrs)
    except CommlabError as error:
        unreadable.append(str(error))
        return None
    return Saved(path.name, str(facts.get("fingerprint") or ""), facts)
