"""Recordings into the files of other tools: which format is asked for, and who writes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from commlab.datasets.exports.anndata_file import export_h5ad
from commlab.datasets.exports.corpora import export_elcc, export_xferbench
from commlab.datasets.exports.files import Written
from commlab.datasets.exports.netcdf import export_netcdf
from commlab.datasets.exports.text import export_csv, export_jsonl
from commlab.datasets.imports.options import Watch
from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target, targets_of
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError, nearest_names

__all__ = ["ENDINGS", "ExportOptions", "export_recording"]

ENDINGS = {"h5ad": ".h5ad", "netcdf": ".nc", "elcc": "-elcc", "xferbench": ".jsonl", "jsonl": ".jsonl", "csv": ".csv"}


class ExportOptions(NamedTuple):
    """How a recording is exported."""

    to: str = "csv"  # one of ENDINGS
    targets: tuple[str, ...] | None = None  # None: as usual; () none; ("all",): all that the recording has
    source: str = "hidden"  # of a .h5ad
    lines: str = "utterance"  # of a corpus
    force: bool = False


def export_recording(
    recording: Recording, path: Path, options: ExportOptions | None = None, watch: Watch | None = None
) -> Written:
    """Write a recording to `path` in another tool's format; returns what was written.

    Raises DataError for what the format needs and the recording lacks, TargetError for an unknown target, and
    RecordingError and DiskError where it cannot be written.
    """
    chosen = options or ExportOptions()
    form, force = chosen.to, chosen.force
    if form not in ENDINGS:
        near = nearest_names(form, ENDINGS, limit=1)[0]
        raise DataError(f"There is no format {form!r}: the nearest is {near}, all are {', '.join(ENDINGS)}.")
    if path.is_file() and recording.path.is_file() and path.samefile(recording.path):
        raise DataError(f"{path} is the recording itself, and would be lost: give another --output.")
    if form == "netcdf":
        return export_netcdf(recording, path, force, watch)
    if form == "elcc":
        return export_elcc(recording, path, chosen.lines, force, watch)
    if form == "xferbench":
        return export_xferbench(recording, path, chosen.lines, force, watch)
    wanted = chosen.targets if chosen.targets is not None else ("all",) if form == "h5ad" else ()
    targets = targets_for(recording, wanted)
    if form == "h5ad":
        return export_h5ad(recording, path, targets, chosen.source, force, watch)
    return (export_csv if form == "csv" else export_jsonl)(recording, path, targets, force, watch)


def targets_for(recording: Recording, names: Sequence[str]) -> list[Target]:
    """The targets of those names; features are in the table anyway."""
    if tuple(names) == ("all",):
        usable, _ = targets_of(recording)
        return [target for name, target in usable.items() if not name.startswith("feature.")]
    found = [find_target(name, recording) for name in names]
    return [target for target in found if not target.name.startswith("feature.")]
