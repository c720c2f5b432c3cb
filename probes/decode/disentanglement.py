"""Disentanglement: whether each part of a message speaks of one attribute alone (Chaabouni et al. 2020, section 4.2).

The gap between what a part tells about the attribute that it tells most of, and about the next, over the part's own
entropy; the mean over the parts that vary. Parts are positions (posdis) or the counts of each symbol (bosdis).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import entropy, mutual_information
from commlab.probes.decode.distances import lengths_of, symbol_counts, whole_numbers
from commlab.probes.decode.joint import Joint, crossed, pair_tables

__all__ = [
    "bag_columns",
    "bag_disentanglement",
    "disentanglement_of",
    "position_columns",
    "positional_disentanglement",
]

Array = NDArray[Any]
Int64 = NDArray[np.int64]

NOTHING_VARIES = "{name} is undefined, because no {part} of the messages ever changes."


def positional_disentanglement(messages: ArrayLike, meanings: ArrayLike) -> float:
    """Positional disentanglement of utterances (n, L) with attributes (n, A), from 0 to 1.

    With one attribute there is no next one, and the gap is all that the position tells. Positions that never change are
    left out. Raises DataError where none changes.
    """
    distinct, different, joint = pair_tables(whole_numbers(messages), meanings)
    found = disentanglement_of(position_columns(distinct), different, joint)
    return defined(found, "Positional disentanglement", "position")


def bag_disentanglement(messages: ArrayLike, meanings: ArrayLike, padding: int | None = None) -> float:
    """Bag-of-symbols disentanglement of utterances (n, L) with attributes (n, A), from 0 to 1.

    Every symbol is counted, 0 too, but for `padding`. Raises DataError where no symbol's count changes.
    """
    distinct, different, joint = pair_tables(whole_numbers(messages), meanings)
    found = disentanglement_of(bag_columns(distinct, padding), different, joint)
    return defined(found, "Bag-of-symbols disentanglement", "symbol's count")


def defined(value: float, name: str, part: str) -> float:
    """The value. Raises DataError where it is NaN."""
    if np.isnan(value):
        raise DataError(NOTHING_VARIES.format(name=name, part=part))
    return value


def position_columns(messages: Array) -> Int64:
    """The symbol at each position of messages (M, L), numbered from 0, (L, M)."""
    return np.stack([numbered(column) for column in messages.T])


def bag_columns(messages: Array, padding: int | None) -> Int64:
    """How often each symbol is in each message (M, L), (V, M)."""
    counts = symbol_counts(messages, lengths_of(messages, padding)).astype(np.int64)
    if padding is not None:  # silence within a message is no symbol either
        counts = counts[:, np.unique(messages) != padding]
    return counts.T


def numbered(values: Array) -> Int64:
    """Values as numbers 0, 1, … in their order."""
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)


def disentanglement_of(parts: Int64, meanings: Array, joint: Joint) -> float:
    """The mean gap of parts (P, M) of messages over the attributes of meanings (K, A); NaN where no part varies."""
    attributes = [numbered(column) for column in meanings.T]
    gaps = [gap_of(part, attributes, joint) for part in parts]
    varying = [gap for gap in gaps if gap is not None]
    return float(np.mean(varying)) if varying else float("nan")


def gap_of(part: Int64, attributes: list[Int64], joint: Joint) -> float | None:
    """(I1 - I2) / H of one part (M,); None where it never changes."""
    spread = entropy(np.bincount(part[joint.message], weights=joint.times))
    if spread <= 1e-12:
        return None
    told = sorted((mutual_information(crossed(joint, part, values)) for values in attributes), reverse=True)
    return min(1.0, (told[0] - (told[1] if len(told) > 1 else 0.0)) / spread)  # rounding can pass 1
