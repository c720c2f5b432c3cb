"""What the cells of a feature are: whole numbers, real numbers or texts, found over all blocks of a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from commlab.datasets.schema import MISSING

__all__ = ["MOST_TEXTS", "Feature", "as_numbers", "as_stored"]

MOST_TEXTS = 4096  # different texts of a feature
LIMIT = 2**31 - 1  # of a whole number

Array = np.ndarray[Any, Any]


class Feature:
    """A feature's kind, as far as it has been read, and the codes of its texts."""

    def __init__(self) -> None:
        self.whole = self.number = True  # so far
        self.values: dict[str, int] = {}  # texts met, in order, until there are too many
        self.known = False  # any cell is there
        self.example = ""  # the first cell that is no number

    def scan(self, cells: Sequence[Any]) -> None:
        """Take a block's cells into account."""
        present = [cell for cell in cells if cell is not None]
        if not present:
            return
        self.known = True
        if self.number:
            numbers = as_numbers(present)
            self.number = numbers is not None
            if numbers is None:
                self.example = next(str(cell) for cell in present if as_numbers([cell]) is None)
            else:
                finite = numbers[np.isfinite(numbers)]
                self.whole = self.whole and bool(np.all(finite == np.round(finite)) and np.all(np.abs(finite) <= LIMIT))
        if len(self.values) <= MOST_TEXTS:
            for text in dict.fromkeys(map(str, present)):
                self.values.setdefault(text, len(self.values))

    @property
    def kind(self) -> str:
        """whole, number or text; "none" where every cell is missing."""
        if not self.known:
            return "none"
        if not self.number:
            return "text"
        return "whole" if self.whole else "number"

    @property
    def too_many(self) -> bool:
        """Whether it is a text of more different values than a feature has."""
        return self.kind == "text" and len(self.values) > MOST_TEXTS

    @property
    def names(self) -> list[str]:
        """The texts in the order of their codes."""
        return sorted(self.values)

    @property
    def dtype(self) -> str:
        """How it is stored."""
        return "f4" if self.kind == "number" else "i4"

    @property
    def missing(self) -> float:
        """What is stored where there is no value."""
        return float("nan") if self.kind == "number" else MISSING

    def coded(self, cells: Sequence[Any]) -> Array:
        """The cells as they are stored, (n,)."""
        if self.kind == "text":
            codes = {text: code for code, text in enumerate(self.names)}
            return np.array([MISSING if cell is None else codes[str(cell)] for cell in cells], dtype=np.int32)
        filled = as_numbers([np.nan if cell is None else cell for cell in cells])
        assert filled is not None
        if self.kind == "number":
            return as_stored(filled)
        finite = np.isfinite(filled)
        return np.where(finite, np.where(finite, filled, 0), MISSING).astype(np.int32)


def as_stored(numbers: Array) -> Array:
    """Real numbers as they are stored; those too large for that are infinite."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def as_numbers(cells: Sequence[Any]) -> Array | None:
    """The cells as float64, or None where one is no number."""
    try:
        return np.array(cells).astype(np.float64) if not any(isinstance(c, list) for c in cells[:1]) else None
    except (ValueError, TypeError, OverflowError):
        return None
