"""A target's values for some agents over a whole recording, computed block by block within bounded memory."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import NONE, Labels, Target, lagged
from commlab.datasets.targets.things import unseen
from commlab.foundation.errors import DataError

__all__ = ["check_lag", "label", "unseen_steps"]

Array = np.ndarray[Any, Any]


class Part(NamedTuple):
    """The labels of one block."""

    values: Array  # (s, n) classes or numbers
    valid: Array  # (s, n) bool
    names: tuple[str, ...]


def label(recording: Recording, target: Target, agents: Sequence[int], lag: int = 0) -> Labels:
    """The target's values, and where they are valid, for `agents` (S, len(agents)), `lag` steps ahead.

    Raises TargetError where the recording lacks what the target needs.
    """
    chosen = list(agents)
    parts = [part_of(block, target, chosen, lag) for block in recording.blocks()]
    names = merged_names([part.names for part in parts])
    values = np.concatenate([renamed(part, names) for part in parts])
    return Labels(values, names, np.concatenate([part.valid for part in parts]))


def check_lag(recording: Recording, lag: int) -> None:
    """Raises DataError where no episode is so long that it has two steps so far apart."""
    longest = int(recording.episodes.length.max(initial=1))
    if abs(lag) >= longest:
        raise DataError(
            f"No episode of {recording.path} has two steps {abs(lag):,} apart (--lag), the longest has {longest:,}: "
            "choose a smaller lag."
        )


def unseen_steps(recording: Recording, agents: Sequence[int]) -> Array:
    """Where the nearest stocked crystal has not been in the agent's view since it appeared, (S, len(agents)) bool."""
    return np.concatenate([unseen(block)[:, list(agents)] for block in recording.blocks()])


def part_of(block: Recording, target: Target, agents: list[int], lag: int) -> Part:
    """The labels of the agents in one block of whole episodes."""
    labels = lagged(target.compute(block), block, lag)
    return Part(labels.values[:, agents], np.asarray(labels.valid)[:, agents], tuple(labels.names))


def merged_names(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The classes of all blocks: in the target's own order where all blocks have the same, else sorted, "none" last."""
    if len(set(names)) == 1:
        return names[0]
    return tuple(sorted({name for part in names for name in part}, key=name_order))


def name_order(name: str) -> tuple[bool, list[int], str]:
    """What classes are sorted by: the numbers that a name is made of ("3,10"), or its letters."""
    numbers = name.split(",")
    digits = [int(number) for number in numbers] if all(number.isdecimal() for number in numbers) else []
    return name == NONE, digits, name


def renamed(part: Part, names: tuple[str, ...]) -> Array:
    """The block's values as indices into the classes of all blocks; numbers stay what they are."""
    if part.names == names:
        return part.values
    place = {name: index for index, name in enumerate(names)}
    new = np.array([place[name] for name in part.names], dtype=np.int32)
    return np.where(part.valid, new[np.where(part.valid, part.values, 0)], 0)
