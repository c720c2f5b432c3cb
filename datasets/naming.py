"""Columns by short names: `said` for channel/said, `hidden` for policy/hidden.core; nothing is guessed between two."""

from collections.abc import Iterable

from commlab.foundation.errors import nearest_names

__all__ = ["short_names", "unknown"]

HIDDEN, CORE = "hidden", "policy/hidden.core"


def short_names(columns: Iterable[str]) -> dict[str, str]:
    """The column behind each short name: the part after the folder, dots as `_`; two of a name have none.

    `hidden` is the memory, policy/hidden.core, where that was recorded, and else the only hidden state that was.
    """
    found: dict[str, list[str]] = {}
    for column in columns:
        found.setdefault(as_attribute(column.split("/", 1)[-1]), []).append(column)
    named = {name: those[0] for name, those in found.items() if len(those) == 1 and name.isidentifier()}
    states = [column for column in named.values() if column.startswith(f"policy/{HIDDEN}.")]
    if CORE in states or len(states) == 1:
        named[HIDDEN] = CORE if CORE in states else states[0]
    return named


def unknown(name: str, path: str, columns: Iterable[str]) -> str:
    """The sentence about a short name that stands for no column."""
    every = tuple(columns)
    alike = sorted(column for column in every if as_attribute(column.split("/", 1)[-1]) == name)
    if alike:
        return f"{path} has several columns called {name!r}: ask for one by its whole name, recording[{alike[0]!r}]."
    known = short_names(every)
    near = ", ".join(nearest_names(name, known))
    return f"{path} has no {name!r}: the nearest it has are {near}; all are in recording.columns()."


def as_attribute(name: str) -> str:
    """A column's name as one that can follow a dot in Python."""
    return name.replace(".", "_").replace("-", "_").replace(" ", "_")
