"""Cards: how runs, recordings and results look in a notebook, in its own colours, with every text escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["card", "digits", "span", "table"]

MOST = 60  # rows of a table
SHORT, LONG = 24, 80  # letters that stay in one line, and that need a wide column
TINY = 1e-12  # what rounding leaves of nothing
RIGHT, LEFT = "text-align:right;font-variant-numeric:tabular-nums", "text-align:left"
TOP = "vertical-align:top;padding:0.2em 0.8em"
FAINT = "opacity:0.75;font-size:0.9em"


def card(title: str, parts: Iterable[str] = (), note: str = "") -> str:
    """HTML of a title, parts that are HTML already, and a note. No colour is set, so that light and dark both read."""
    below = f'<div style="{FAINT}">{escape(note)}</div>' if note else ""
    return f'<div style="max-width:70em"><div><strong>{escape(title)}</strong></div>{"".join(parts)}{below}</div>'


def paragraph(text: str) -> str:
    """HTML of a sentence."""
    return f'<p style="margin:0.3em 0">{escape(text)}</p>'


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """HTML of a table; numbers stand to the right, and of many rows the first are shown."""
    sides = [RIGHT if rows and all(is_number(row[i]) for row in rows) else LEFT for i in range(len(columns))]
    head = "".join(cell("th", name, side) for name, side in zip(columns, sides, strict=True))
    body = "".join(f"<tr>{''.join(cell('td', digits(v), s) for v, s in zip(row, sides, strict=True))}</tr>"
                   for row in rows[:MOST])  # fmt: skip
    more = f'<div style="{FAINT}">… and {len(rows) - MOST} more</div>' if len(rows) > MOST else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def cell(tag: str, text: str, side: str) -> str:
    """HTML of one cell."""
    side += ";white-space:nowrap" if len(text) <= SHORT else ";min-width:24em" if len(text) >= LONG else ""
    return f'<{tag} style="{side};{TOP}">{escape(text)}</{tag}>'


def digits(value: Any) -> str:
    """A value as text: numbers with three digits, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        value = 0.0 if abs(value) < TINY else value
        return f"{value:z.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def span(interval: Sequence[float] | None) -> str:
    """An interval as text."""
    return "–" if interval is None else " to ".join(digits(float(end)) for end in interval)


def is_number(value: Any) -> bool:
    """Whether a value belongs to a column of numbers."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
