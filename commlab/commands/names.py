"""Lists of names as they are typed: with commas between."""

from __future__ import annotations

from commlab.foundation.errors import DataError

__all__ = ["names_in"]


def names_in(text: str, option: str, example: str) -> list[str]:
    """Return the names in a list, each once. Raises DataError, naming the option, where there is none."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise DataError(f"{option} takes names with commas between, such as {example}, not {text!r}.")
    return names
