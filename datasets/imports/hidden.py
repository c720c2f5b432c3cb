"""Hidden states in a table: a list in one column, or a number in each of several."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.imports.kinds import as_stored
from commlab.datasets.imports.roles import Roles
from commlab.datasets.imports.tables import Block
from commlab.foundation.errors import ForeignDataError

__all__ = ["HiddenStates"]

Array = np.ndarray[Any, Any]
MOST_UNITS = 65536


class HiddenStates:
    """The hidden states of a table; the first one says how many units there are."""

    def __init__(self, path: Path, roles: Roles) -> None:
        self.path, self.columns = path, roles.hidden
        self.width = len(roles.hidden) if len(roles.hidden) > 1 else 0

    def of(self, block: Block) -> Array:
        """The hidden states of a block's rows (n, H), NaN where there are none.

        Raises ForeignDataError, naming the line, where one is no list of as many numbers as the others.
        """
        if len(self.columns) > 1:
            cells: list[Any] = list(zip(*(block.column(name) for name in self.columns), strict=True))
            vectors = [None if all(cell is None for cell in row) else row for row in cells]
        else:
            vectors = [listed(cell) for cell in block.column(self.columns[0])]
        first = next((vector for vector in vectors if vector is not None), None)
        if not self.width and isinstance(first, list):
            self.width = len(first)
        out = np.full((len(vectors), self.width), np.nan, dtype=np.float32)
        for row, vector in enumerate(vectors):
            if vector is not None:
                out[row] = self.numbers(vector, block.lines[row])
        return out

    def numbers(self, vector: Any, line: int) -> Array:
        """One hidden state."""
        found: Array
        try:
            found = as_stored(np.array(vector, dtype=np.float64))
        except (ValueError, TypeError, OverflowError):
            found = np.empty(0)
        if found.shape != (self.width,) or not 0 < self.width <= MOST_UNITS or not np.all(np.isfinite(found)):
            raise ForeignDataError(
                f"{self.path}, line {line}: {self.columns[0]} is no list of {self.width or 'finite'} numbers, as "
                "hidden states are: mend it, or name the column as one of the --features."
            )
        return found


def listed(cell: Any) -> Any:
    """A cell that holds a list, also one that is written as text."""
    if isinstance(cell, str) and cell.lstrip()[:1] == "[":
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell
