"""Messages in cells of a table: taken apart into symbols, and the symbols given codes."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from commlab.foundation.errors import ForeignDataError

__all__ = ["LONGEST", "MOST_SYMBOLS", "Symbols", "Tokens"]

MOST_SYMBOLS = 65535
LONGEST = 1024  # symbols of a message
CACHED = 200_000  # different cells remembered
BRACKETS = {"[": "]", "(": ")", "{": "}"}

Array = np.ndarray[Any, Any]


class Tokens:
    """Takes cells apart into symbols, as texts."""

    def __init__(self, how: str) -> None:
        """how: "words" or "characters"; "auto" is words."""
        self.characters = how == "characters"
        self.cache: dict[Any, tuple[str, ...]] = {}

    def __call__(self, cell: Any) -> tuple[str, ...]:
        """The symbols of a cell; none for a missing one, which is silence."""
        if cell is None:
            return ()
        key = cell if isinstance(cell, str) else repr(cell)
        found = self.cache.get(key)
        if found is None:
            if len(self.cache) >= CACHED:
                self.cache.clear()
            found = self.cache[key] = self.apart(cell)
        return found

    def all(self, cells: Sequence[Any]) -> list[tuple[str, ...]]:
        """The symbols of many cells, of which many are the same."""
        if list in set(map(type, cells)):
            return [self(cell) for cell in cells]
        known = {cell: self(cell) for cell in dict.fromkeys(cells)}
        return [known[cell] for cell in cells]

    def apart(self, cell: Any) -> tuple[str, ...]:
        """The symbols of a cell that has not been met."""
        if isinstance(cell, list):
            return tuple(plain(part) for part in cell if part is not None)
        if not isinstance(cell, str):
            return (plain(cell),)
        text = cell.strip()
        if text and BRACKETS.get(text[0]) == text[-1]:  # a list as Python, JSON or numpy print it
            try:
                parts = json.loads(text)
            except ValueError:
                parts = None
            if isinstance(parts, list):
                return self.apart(parts)
            text = text[1:-1].replace(",", " ")
        if self.characters:
            return tuple(letter for letter in text if not letter.isspace())
        parts = text.split()
        if len(parts) == 1 and "," in text:
            parts = [part for part in text.split(",") if part]
        return tuple(plain(part) for part in parts)


def plain(part: Any) -> str:
    """A symbol as text; 3.0 is 3."""
    if isinstance(part, float) and part.is_integer():
        return str(int(part))
    text = str(part).strip()
    if text.endswith(".0") and text[:-2].lstrip("-").isdecimal():
        return text[:-2]
    return text


class Symbols:
    """The symbols met so far, and at the end their codes."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.longest = 0
        self.lone_zero = self.empty = False  # some message is just "0"; some message is an empty cell
        self.table: dict[str, int] = {}
        self.names: dict[str, str] = {}  # codes["symbols"]; empty where codes are the symbols themselves
        self.notices: list[str] = []

    def scan(self, messages: Iterable[tuple[str, ...]]) -> None:
        """Take messages into account."""
        for message, count in Counter(messages).items():
            self.longest = max(self.longest, len(message))
            self.empty = self.empty or not message
            self.lone_zero = self.lone_zero or message == ("0",)
            for symbol in message:
                self.counts[symbol] += count

    def settle(self, zero: str) -> None:
        """Give each symbol its code; `zero` says whether the number 0 is silence.

        Whole numbers up to 65,535 keep themselves as codes, unless 0 or -1 is among them and means a symbol; all others
        get codes from 1, the most frequent first. Raises ForeignDataError where there are too many.
        """
        if self.longest > LONGEST:
            raise ForeignDataError(
                f"A message has {self.longest:,} symbols and a recording takes up to {LONGEST:,}: cut messages apart "
                "at white space with --symbols words, or shorten them."
            )
        numbers = {symbol: int(symbol) for symbol in self.counts if is_whole(symbol)}
        if len(numbers) == len(self.counts) and all(-1 <= number <= MOST_SYMBOLS for number in numbers.values()):
            self.settle_numbers(numbers, zero)
        else:
            self.settle_texts()

    def settle_numbers(self, numbers: dict[str, int], zero: str) -> None:
        """Codes of symbols that are whole numbers."""
        padded, has_zero = "-1" in numbers, "0" in numbers
        speaks = zero == "symbol" or (zero == "auto" and self.lone_zero and self.empty)
        self.table = dict(numbers)
        if padded or (speaks and has_zero):
            self.table = {symbol: number + 1 for symbol, number in numbers.items()}
            self.names = {str(code): symbol for symbol, code in self.table.items() if code}
            if max(self.table.values()) > MOST_SYMBOLS:
                raise ForeignDataError(f"Symbols go up to {MOST_SYMBOLS - 1:,} where 0 is one of them: renumber them.")
        if padded:
            self.notices.append("The number -1 in messages is read as silence, and 0 as a symbol.")
        elif has_zero and speaks and zero == "auto":
            self.notices.append("The number 0 in messages is read as a symbol, for silence is an empty cell.")
        elif has_zero and not speaks:
            self.notices.append(
                "The number 0 in messages is read as silence or the end of a message: where it is a symbol like the "
                "others, import with --zero symbol."
            )

    def settle_texts(self) -> None:
        """Codes of symbols by how often they are said."""
        if len(self.counts) > MOST_SYMBOLS:
            raise ForeignDataError(
                f"The messages are made of {len(self.counts):,} different symbols and a recording takes up to "
                f"{MOST_SYMBOLS:,}: take them apart with --symbols characters, or choose another message column."
            )
        ranked = sorted(self.counts, key=lambda symbol: (-self.counts[symbol], symbol))
        self.table = {symbol: code for code, symbol in enumerate(ranked, 1)}
        self.names = {str(code): symbol for symbol, code in self.table.items()}

    @property
    def dtype(self) -> str:
        """How messages are stored."""
        return "u2" if max(self.table.values(), default=0) > 255 else "u1"

    @property
    def n_symbols(self) -> int:
        """Different symbols, silence apart."""
        return sum(code > 0 for code in self.table.values())

    def coded(self, messages: Sequence[tuple[str, ...]]) -> Array:
        """The messages (n, L), padded with silence."""
        rows = {message: row for row, message in enumerate(dict.fromkeys(messages))}
        distinct = np.zeros((len(rows), max(1, self.longest)), dtype=self.dtype)
        for message, row in rows.items():
            distinct[row, : len(message)] = [self.table[symbol] for symbol in message]
        return distinct[[rows[message] for message in messages]]


def is_whole(symbol: str) -> bool:
    """Whether a symbol is a whole number, in its plain form."""
    digits = symbol.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and (digits == "0" or not digits.startswith("0"))
