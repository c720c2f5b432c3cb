"""Rows of numbers and names as a table that a page prints."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from commlab.figures.wording import number

__all__ = ["Table", "table"]

TIGHT = 15  # characters
WRITTEN_NUMBER = re.compile(r"−?[\d,]+(\.\d+| %|\.\d+ %)")  # with a fraction or a per cent sign: a bare 7 may be a name


class Table(NamedTuple):
    """Rows ready to print."""

    columns: list[str]
    rows: list[list[str]]
    numeric: list[bool]  # one a column: set flush right
    tight: list[bool]  # one a column: short enough never to be broken
    n_more: int  # rows left out


def table(rows: Sequence[dict[str, object]], most: int | None = None, numeric: Collection[str] = ()) -> Table | None:
    """Rows (at most `most`) as a table of text, numbers written alike; None without rows.

    Columns of numbers are known as such, or named in `numeric`.
    """
    if not rows:
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[number(row.get(column)) for column in columns] for row in rows[:most]]
    return Table(
        columns=columns,
        rows=cells,
        numeric=[column in numeric or all(is_number(row.get(column)) for row in rows) for column in columns],
        tight=[max(map(len, column)) <= TIGHT for column in zip(*cells, strict=True)],
        n_more=len(rows) - len(cells),
    )


def is_number(value: object) -> bool:
    """Whether a table's entry is a number, a share in per cent, or a gap among them."""
    if isinstance(value, str):
        return value == "–" or bool(WRITTEN_NUMBER.fullmatch(value))
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
