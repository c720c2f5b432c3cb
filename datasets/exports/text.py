"""Exports as text: tidy CSV, and JSONL with an object for each row."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from commlab.datasets.exports.files import Written, new_file
from commlab.datasets.exports.tidy import Cells, blocks
from commlab.datasets.imports.options import Watch
from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target

__all__ = ["export_csv", "export_jsonl"]

MESSAGES = ("message", "heard")  # columns that are lists of symbols in JSON


def export_csv(
    recording: Recording, path: Path, targets: Sequence[Target], force: bool = False, watch: Watch | None = None
) -> Written:
    """Write a row for each episode, step and agent; an empty cell is silence, or a value that is missing."""
    n_rows = 0
    with new_file(path, force) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for block in blocks(recording, targets):
            if n_rows == 0:
                writer.writerow(block)
            columns = [cells.texts() for cells in block.values()]
            writer.writerows(zip(*columns, strict=True))
            n_rows += len(columns[0])
            told(watch, n_rows, recording)
    return Written(path, n_rows, path.stat().st_size, ())


def export_jsonl(
    recording: Recording, path: Path, targets: Sequence[Target], force: bool = False, watch: Watch | None = None
) -> Written:
    """Write an object for each episode, step and agent; messages are lists of symbols, what is missing is null."""
    n_rows = 0
    with new_file(path, force) as part, open(part, "w", encoding="utf-8") as file:
        for block in blocks(recording, targets):
            columns = [listed(cells) if is_message(name) else cells.plain() for name, cells in block.items()]
            for row in zip(*columns, strict=True):
                file.write(json.dumps(dict(zip(block, row, strict=True)), ensure_ascii=False) + "\n")
            n_rows += len(columns[0])
            told(watch, n_rows, recording)
    return Written(path, n_rows, path.stat().st_size, ())


def is_message(name: str) -> bool:
    """Whether a column holds messages."""
    return name in MESSAGES or name.startswith("heard_")


def listed(cells: Cells) -> list[list[str | int]]:
    """Messages as lists of symbols, numbers where they are."""
    split = [[as_symbol(word) for word in name.split(" ")] if name else [] for name in cells.names or ()]
    return [split[code] for code in cells.values.tolist()]


def as_symbol(word: str) -> str | int:
    """A symbol as a number where it is one."""
    return int(word) if word.isascii() and word.isdecimal() else word


def told(watch: Watch | None, n_rows: int, recording: Recording) -> None:
    """Tell how far it is."""
    if watch is not None:
        watch(n_rows / max(1, recording.n_steps * recording.n_agents), f"{n_rows:,} rows")
