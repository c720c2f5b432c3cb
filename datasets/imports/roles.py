"""Which column of a table plays which part: named by the person, else found by its name; the rest are features."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from commlab.datasets.imports.options import Options
from commlab.datasets.imports.tables import Block
from commlab.foundation.errors import ForeignDataError, nearest_names

__all__ = ["PARTS", "Roles", "feature_columns", "feature_name", "find_roles"]

PARTS: dict[str, tuple[str, ...]] = {
    "episode": ("episode", "episode_id", "ep", "game", "game_id", "trial", "trial_id", "dialogue", "dialog_id"),
    "step": ("step", "t", "time", "timestep", "time_step", "turn", "tick"),
    "agent": ("agent", "agent_id", "speaker", "sender", "player"),
    "listener": ("listener", "receiver", "hearer", "addressee"),
    "message": ("message", "msg", "said", "utterance", "signal", "symbols", "symbol", "text"),
    "heard": ("heard", "message_heard", "heard_message"),
    "action": ("action", "act"),
    "reward": ("reward",),
    "condition": ("condition", "treatment"),
    "kinship": ("kinship", "kin", "relatedness"),
}
HIDDEN = ("hidden", "hidden_state", "hidden_states")
UNIT = re.compile(r"hidden[ _.-]?(\d+)", re.IGNORECASE)  # of a hidden state, a unit a column
SPLIT = re.compile(r"(?:message|msg|said|symbol|token)[ _.-]?(\d+)", re.IGNORECASE)  # a message, a symbol a column
MOST_LIST = 256  # numbers of a list that become columns of their own


class Roles(NamedTuple):
    """The columns by part."""

    parts: dict[str, str]  # {"episode": "game"}
    symbols: tuple[str, ...]  # the columns of a message that has a column for each symbol
    features: tuple[str, ...] | None  # those asked for; None: all others
    hidden: tuple[str, ...] = ()  # one column of lists, or a column for each unit


def find_roles(path: Path, names: Sequence[str], options: Options) -> Roles:
    """The parts that the columns `names` play.

    Raises ForeignDataError for an unknown part, a column that is not there, and where nothing is said.
    """
    parts = {part: given(path, part, column, names) for part, column in options.columns.items()}
    lowered = {name.lower(): name for name in reversed(names)}
    for part, known in PARTS.items():
        taken = {*parts.values(), *(options.features or ())}
        found = [lowered[name] for name in known if name in lowered and lowered[name] not in taken]
        if part not in parts and found:
            parts[part] = found[0]
    symbols: tuple[str, ...] = ()
    if "message" not in parts:
        split = [(int(match[1]), name) for name in names if (match := SPLIT.fullmatch(name))]
        symbols = tuple(name for _, name in sorted(split))
    if "message" not in parts and not symbols:
        raise ForeignDataError(
            f"{path} has no column that looks like a message (its columns are {listed(names)}): say which it is, as "
            "in --columns message=utterance."
        )
    wanted = options.features
    for name in wanted or ():
        given(path, "feature", name, names)
    if wanted is not None:
        wanted = tuple(name for name in wanted if name not in symbols)
    return Roles(parts, symbols, wanted, hidden_columns(names, wanted or ()))


def hidden_columns(names: Sequence[str], features: Sequence[str]) -> tuple[str, ...]:
    """The columns of hidden states, unless they are to be features."""
    whole = [name for name in names if name.lower() in HIDDEN and name not in features]
    units = [(int(match[1]), name) for name in names if (match := UNIT.fullmatch(name)) and name not in features]
    return tuple(whole[:1]) or tuple(name for _, name in sorted(units))


def given(path: Path, part: str, column: str, names: Sequence[str]) -> str:
    """The column that a person named. Raises ForeignDataError where there is no such column or part."""
    if part != "feature" and part not in PARTS:
        raise ForeignDataError(
            f"There is no part {part!r} that a column could play: the parts are {', '.join(PARTS)}; all other columns "
            "are features."
        )
    if column not in names:
        near = ", ".join(nearest_names(column, names))
        raise ForeignDataError(f"{path} has no column {column!r} for {part}: the nearest it has are {near}.")
    return column


def listed(names: Sequence[str]) -> str:
    """The names in a sentence, at most a dozen of them."""
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def feature_columns(block: Block, roles: Roles) -> Mapping[str, list[Any]]:
    """The cells of the block's features by name; lists of numbers become columns "name.0", "name.1", …"""
    others = {*roles.parts.values(), *roles.symbols, *roles.hidden}
    chosen = roles.features if roles.features is not None else [name for name in block.cells if name not in others]
    found: dict[str, list[Any]] = {}
    for name in chosen:
        cells = block.column(name)
        lists = [cell for cell in cells if isinstance(cell, list)] if list in set(map(type, cells)) else []
        longest = max(map(len, lists), default=0)
        if not longest:
            found[name] = cells
        for place in range(min(longest, MOST_LIST)):
            found[f"{name}.{place}"] = [
                cell[place] if isinstance(cell, list) and place < len(cell) else None for cell in cells
            ]
    return found


def feature_name(column: str) -> str:
    """A column's name as a feature's: without slashes and what cannot be printed, and not of dots alone."""
    name = "".join(letter if letter.isprintable() and letter != "/" else "_" for letter in column).strip()
    return name if name.strip(". ") else f"column{name}"
