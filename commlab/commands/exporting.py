"""`commlab export`: a recording into the files of other tools."""

from __future__ import annotations

from pathlib import Path

from commlab.commands.runs import recordings_of
from commlab.console import out, print_json, progress, say
from commlab.datasets.exports.exporting import ENDINGS, ExportOptions, export_recording
from commlab.datasets.exports.files import Written
from commlab.foundation.disk import readable_size

__all__ = ["export"]


def export(run: str | None, output: Path | None, options: ExportOptions, as_json: bool) -> Written:
    """Export a recording to `output`, or beside the recording in exports/, and say what was written."""
    with recordings_of(run) as (recording, _):
        place = output if output is not None else default_path(recording.path, options.to)
        with progress(f"exporting {recording.path.name}", 1.0) as advance:
            written = export_recording(recording, place, options, advance)
    if as_json:
        print_json({**written._asdict(), "format": options.to})
        return written
    for notice in written.notices:
        out.print(notice, markup=False)
    what = "lines" if options.to in ("elcc", "xferbench") else "steps" if options.to == "netcdf" else "rows"
    out.print(f"{written.path}: {written.n_rows:,} {what}, {readable_size(written.n_bytes)}.", markup=False)
    say(f"Saved {written.path}.")
    return written


def default_path(recording: Path, to: str) -> Path:
    """Return where an export goes: exports/<recording><ending> beside the recording."""
    ending = ENDINGS.get(to, f".{to}")
    name = recording.name.removesuffix(".parts").partition(".")[0]
    if to == "xferbench":
        name += "-xferbench"
    return recording.parent / "exports" / f"{name}{ending}"
