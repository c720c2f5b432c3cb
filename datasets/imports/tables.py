"""CSV and JSONL files read as blocks of cells by column, each row with its line for messages about errors."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from commlab.foundation.errors import ForeignDataError

__all__ = ["BLOCK", "Block", "Table", "open_table"]

BLOCK = 32768  # rows held at once
DELIMITERS = ",;\t|"
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL"})

Cell = Any  # None where it is missing; else text, a number or a list


class Block(NamedTuple):
    """Consecutive rows."""

    cells: dict[str, list[Cell]]  # by column; a column that the block lacks is missing in it
    lines: Sequence[int]  # of the file, from 1
    share: float = 0.0  # of the file that has been read by now

    def column(self, name: str) -> list[Cell]:
        """The cells of a column."""
        return self.cells.get(name) or [None] * len(self.lines)


class Table(NamedTuple):
    """A file that can be read from its beginning as often as wanted."""

    path: Path
    format: str  # csv or jsonl
    delimiter: str

    def blocks(self) -> Iterator[Block]:
        """The rows, a block at a time. Raises ForeignDataError, naming file and line, where one cannot be read."""
        try:
            with opened(self.path) as file:
                size = max(1, self.path.stat().st_size)
                for block in csv_blocks(self, file) if self.format == "csv" else json_blocks(self.path, file):
                    yield block._replace(share=min(1.0, place(file) / size))
        except UnicodeDecodeError as error:
            raise ForeignDataError(f"{self.path} is not text in UTF-8 ({error.reason}): save it as UTF-8.") from error
        except (EOFError, zlib.error) as error:
            raise ForeignDataError(f"{self.path} is damaged ({error}): pack it again.") from error
        except OSError as error:
            raise ForeignDataError(
                f"{self.path} cannot be read ({error.strerror or error}): check the path and its permissions."
            ) from error


def open_table(path: Path, form: str, delimiter: str | None = None) -> Table:
    """The table in a CSV or JSONL file, perhaps packed by gzip. Raises ForeignDataError where it cannot be read."""
    if form == "csv" and delimiter is None:
        delimiter = "\t" if ".tsv" in path.suffixes else sniffed(path)
    if delimiter is not None and len(delimiter) != 1:
        raise ForeignDataError(f"The delimiter of a CSV file is one character, not {delimiter!r}.")
    return Table(path, form, delimiter or ",")


def opened(path: Path) -> IO[str]:
    """The file open as text, line ends kept for quoted cells."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def place(file: IO[str]) -> int:
    """How many bytes of the file on the disk have been read."""
    buffer: Any = file.buffer  # type: ignore[attr-defined]
    return int(getattr(buffer, "fileobj", buffer).tell())


def sniffed(path: Path) -> str:
    """The delimiter that stands most often in the first line."""
    try:
        with opened(path) as file:
            first = file.readline()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return ","  # the reading itself says what is wrong
    return max(DELIMITERS, key=first.count)


def csv_blocks(table: Table, file: IO[str]) -> Iterator[Block]:
    """The rows of a CSV file whose first row names its columns."""
    reader = csv.reader(file, delimiter=table.delimiter, strict=True)
    try:
        names = header_of(table.path, next(reader, None))
        before = reader.line_num
        while rows := list(islice(reader, BLOCK)):
            lines = lines_of(rows, before, reader.line_num)
            before = reader.line_num
            if not all(rows):
                lines = [line for line, row in zip(lines, rows, strict=True) if row]
                rows = [row for row in rows if row]
            check_widths(table.path, names, rows, lines)
            if rows:
                yield csv_block(names, rows, lines)
    except csv.Error as error:
        raise ForeignDataError(f"{table.path}, line {reader.line_num}: no CSV ({error}): mend the line.") from error


def lines_of(rows: Sequence[list[str]], before: int, last: int) -> Sequence[int]:
    """The line on which each row ends: one after another, but for cells that hold line ends themselves."""
    if last - before == len(rows):
        return range(before + 1, last + 1)
    ends = [1 + sum(cell.count("\n") for cell in row) for row in rows]
    return [before + end for end in accumulate(ends)]


def check_widths(path: Path, names: Sequence[str], rows: Sequence[list[str]], lines: Sequence[int]) -> None:
    """Raise ForeignDataError, naming the line, unless every row has a cell for each column."""
    if set(map(len, rows)) <= {len(names)}:
        return
    row = next(row for row, cells in enumerate(rows) if len(cells) != len(names))
    raise ForeignDataError(
        f"{path}, line {lines[row]}: {len(rows[row])} cells where the header names {len(names)} columns: quote cells "
        "that hold the delimiter, or mend the line."
    )


def header_of(path: Path, names: list[str] | None) -> list[str]:
    """The columns' names. Raises ForeignDataError where there are none, or one is there twice."""
    if not names:
        raise ForeignDataError(f"{path} is empty: a CSV file begins with a line that names its columns.")
    names = [name.strip() for name in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ForeignDataError(f"{path}, line 1: two columns are called {twice[0]!r}: give each a name of its own.")
    return names


def csv_block(names: list[str], rows: list[list[str]], lines: Sequence[int]) -> Block:
    """The rows column by column."""
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return Block({name: present(column) for name, column in columns}, lines)


def present(cells: Sequence[str]) -> list[Cell]:
    """The cells, None where one is missing."""
    if MISSING.isdisjoint(cells):
        return list(cells)
    return [None if cell in MISSING else cell for cell in cells]


def json_blocks(path: Path, file: IO[str]) -> Iterator[Block]:
    """The rows of a file that holds a JSON object a line."""
    rows: list[dict[str, Cell]] = []
    lines: list[int] = []
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        rows.append(json_row(path, number, line))
        lines.append(number)
        if len(rows) == BLOCK:
            yield json_block(rows, lines)
            rows, lines = [], []
    if rows:
        yield json_block(rows, lines)


def json_row(path: Path, number: int, line: str) -> dict[str, Cell]:
    """One line's object, nested ones made flat."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ForeignDataError(f"{path}, line {number}: no JSON ({error}): each line must be one object.") from error
    except RecursionError:
        raise ForeignDataError(f"{path}, line {number}: JSON nested too deeply to be a row.") from None
    if not isinstance(row, dict):
        raise ForeignDataError(
            f"{path}, line {number}: a JSON {type(row).__name__} where an object with named columns is needed."
        )
    return dict(flat("", row))


def flat(prefix: str, row: dict[str, Any]) -> Iterator[tuple[str, Cell]]:
    """Cells by name: an object within becomes columns "outer.inner"."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from flat(f"{prefix}{name}.", value)
        elif isinstance(value, bool):
            yield prefix + name, str(value).lower()
        else:
            yield prefix + name, None if isinstance(value, str) and value in MISSING else value


def json_block(rows: list[dict[str, Cell]], lines: list[int]) -> Block:
    """The rows column by column."""
    names = dict.fromkeys(name for row in rows for name in row)
    return Block({name: [row.get(name) for row in rows] for name in names}, lines)
