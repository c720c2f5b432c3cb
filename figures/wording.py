"""How numbers, intervals and names of unknown origin are written in figures, captions and the report."""

import textwrap
from typing import Any

from commlab.foundation import rounding
from commlab.foundation.result import Result
from commlab.foundation.rounding import p_text

__all__ = ["estimate_text", "number", "p_text", "percent", "plain", "span", "wrapped"]

ROUNDING = 1e-12  # less than this is what sums leave behind


def plain(text: object, limit: int = 60) -> str:
    """Text of unknown origin as one printable line of at most `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def wrapped(text: str, width: int) -> str:
    """`text` broken into lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=True)) or text


def number(value: object, digits: int = 2) -> str:
    """A number as a reader wants it: `digits` decimals, thousands grouped, a dash where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if abs(value) < ROUNDING:
        value = 0.0
    if value != 0 and abs(value) < 0.5 * 10**-digits:
        return f"{value:.1g}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def percent(rate: Any) -> str:
    """A rate in per cent, 0 % or 100 % only where it is so; a dash where there is none."""
    return rounding.percent(rate).replace("-", "−") if isinstance(rate, int | float) else "–"


def span(interval: tuple[float, float] | None) -> str:
    """An interval as text."""
    return "–" if interval is None else f"{number(interval[0])} to {number(interval[1])}"


def estimate_text(result: Result) -> str:
    """An estimate with its unit, interval and null in one phrase."""
    text = f"{number(result.estimate)} {plain(result.unit)}"
    if result.interval is not None:
        text += f", 95 % interval {span(result.interval)}"
    if result.null is not None:
        null = result.null
        text += (
            f"; null ({plain(null.method)}, {null.n_draws} draws) {number(null.mean)}, {span((null.low, null.high))}"
        )
    return text
