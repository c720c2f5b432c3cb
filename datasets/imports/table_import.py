"""A CSV or JSONL table into a recording: read twice, block by block, whatever the order of its rows."""

from pathlib import Path

import numpy as np

from commlab.datasets.imports.assemble import Assembly
from commlab.datasets.imports.options import Options, Summary, Watch
from commlab.datasets.imports.scan import Scan, scan_table
from commlab.datasets.imports.tables import open_table
from commlab.datasets.imports.writing import Content, agent_codes, header_of, refuse_existing, write_recording
from commlab.foundation.disk import as_disk_error

__all__ = ["import_table"]


def import_table(path: Path, form: str, output: Path, options: Options, watch: Watch | None = None) -> Summary:
    """Write the recording of a table to `output`; form: "csv" or "jsonl".

    Raises ForeignDataError, naming file, line and column, for what cannot be read, and RecordingError and DiskError as
    the writer does.
    """
    refuse_existing(output, options.force)
    table = open_table(path, form, options.delimiter)
    scan = scan_table(table, options, watch)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_disk_error(error, output) from error
    assembly = Assembly(table, scan, output.parent, options.symbols)
    n_done = 0
    for block in table.blocks():
        assembly.take(block)
        n_done += len(block.lines)
        if watch is not None:
            watch(0.5 + 0.4 * n_done / scan.n_rows, f"placed {n_done:,} rows")
    speakers = tuple(int(agent) for agent in np.flatnonzero(assembly.spoke))
    names = tuple(scan.agents)
    codes = assembly.codes() | ({"bodies": agent_codes(names)} if agent_codes(names) else {})
    header = header_of(path, form, options, codes, speakers or tuple(range(len(names))), len(names))
    content = Content(assembly.lengths, assembly.fields(), assembly.rows, len(names))
    write_recording(output, header, content, options.force, last(watch))
    return summary(output, form, scan, assembly, speakers)


def last(watch: Watch | None) -> Watch | None:
    """The same for the last tenth of the way."""
    return None if watch is None else lambda share, text: watch(0.9 + 0.1 * share, text)


def summary(output: Path, form: str, scan: Scan, assembly: Assembly, speakers: tuple[int, ...]) -> Summary:
    """What was imported, and what was assumed."""
    names = tuple(scan.agents)
    notices = list(scan.notices)
    if not speakers:
        notices.append("Nobody ever says anything: analyses of messages will have nothing to look at.")
    if "heard" not in assembly.columns:
        notices.append("Who hears what is not known: what was heard, and what listeners do then, cannot be analysed.")
    return Summary(
        path=output,
        format=form,
        n_episodes=len(assembly.lengths),
        n_steps=len(scan.keys.keys),
        agents=names,
        speakers=tuple(names[agent] for agent in speakers),
        n_symbols=scan.symbols.n_symbols,
        length=scan.symbols.longest,
        features=tuple(
            assembly.columns[name].partition("/")[2] for name in assembly.columns if name.startswith("feature ")
        ),
        columns=tuple(sorted(assembly.columns.values())),
        notices=tuple(notices),
    )
