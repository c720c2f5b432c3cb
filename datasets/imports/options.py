"""What a person may say about a file that is imported, and what is said back."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["FORMATS", "SYMBOLS", "ZEROS", "Options", "Summary", "Watch"]

FORMATS = ("auto", "egg", "csv", "jsonl")
SYMBOLS = ("auto", "words", "characters")
ZEROS = ("auto", "silence", "symbol")
Watch = Callable[[float, str], None]  # the share that is done, and of what


class Options(NamedTuple):
    """How a file is to be read."""

    format: str = "auto"  # one of FORMATS
    columns: Mapping[str, str] = {}  # which column plays a part: {"episode": "game"}; the rest is found by name
    features: tuple[str, ...] | None = None  # the columns that are features; None: all that play no other part
    symbols: str = "auto"  # of SYMBOLS: whether a text is taken apart at white space or into characters
    zero: str = "auto"  # of ZEROS: whether the number 0 in a message is silence, or a symbol like the others
    delimiter: str | None = None  # between the cells of a CSV file; None: found in its first line
    force: bool = False  # replace an existing recording
    command: str = "import"  # as typed


class Summary(NamedTuple):
    """What an import came to."""

    path: Path
    format: str
    n_episodes: int
    n_steps: int
    agents: tuple[str, ...]
    speakers: tuple[str, ...]
    n_symbols: int  # different ones, silence apart
    length: int  # of the longest message
    features: tuple[str, ...]
    columns: tuple[str, ...]  # of the recording
    notices: tuple[str, ...]  # sentences about what was assumed, left out or missing
