"""How often each message met each meaning: the count that measures of messages and meanings are made from."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError

__all__ = ["Joint", "crossed", "joint_of", "pair_tables", "tally"]

MAX_CELLS = 1 << 22  # a table of this many cells is counted; a larger one is sorted

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Joint(NamedTuple):
    """The pairs of message and meaning that occur, and how often."""

    message: Int64  # (U,) row of the messages
    meaning: Int64  # (U,) row of the meanings
    times: Float64  # (U,)

    @property
    def total(self) -> float:
        """All pairs that were counted."""
        return float(self.times.sum())


def joint_of(message: Int64, meaning: Int64, n_messages: int, n_meanings: int) -> Joint:
    """The joint of two series of codes of one shape; pairs with a -1 are left out."""
    known = (message >= 0) & (meaning >= 0)
    cells = message[known] * n_meanings + meaning[known]
    if n_messages * n_meanings <= MAX_CELLS:
        counts = np.bincount(cells, minlength=n_messages * n_meanings)
        occurring = np.flatnonzero(counts)
        counts = counts[occurring]
    else:
        occurring, counts = np.unique(cells, return_counts=True)
    return Joint(occurring // n_meanings, occurring % n_meanings, counts.astype(np.float64))


def pair_tables(messages: ArrayLike, meanings: ArrayLike) -> tuple[Array, Array, Joint]:
    """The distinct messages (M, L) and meanings (K, A) of pairs given one a row, (n, L) and (n, A), and their joint.

    Raises DataError where the two are not tables of one length.
    """
    said, meant = np.asarray(messages), np.asarray(meanings)
    if said.ndim != 2 or meant.ndim != 2 or len(said) != len(meant):
        raise DataError(
            f"Messages and meanings must be tables with a row for each utterance, not of shapes {said.shape} and "
            f"{meant.shape}."
        )
    distinct, message = np.unique(said, axis=0, return_inverse=True)
    different, meaning = np.unique(meant, axis=0, return_inverse=True)
    codes = message.reshape(-1).astype(np.int64), meaning.reshape(-1).astype(np.int64)
    return distinct, different, joint_of(*codes, len(distinct), len(different))


def crossed(joint: Joint, of_message: Int64, of_meaning: Int64) -> Float64:
    """How often each property (0, 1, …) of messages (M,) met each property of meanings (K,), as a table."""
    n_columns = int(of_meaning.max(initial=0)) + 1
    n_rows = int(of_message.max(initial=0)) + 1
    cells = of_message[joint.message] * n_columns + of_meaning[joint.meaning]
    return tally(cells, joint.times, n_rows * n_columns).reshape(n_rows, n_columns)


def tally(codes: Int64, times: Float64, n: int) -> Float64:
    """The sum of `times` over each of the codes 0 to n - 1, (n,)."""
    return np.asarray(np.bincount(codes, weights=times, minlength=n), dtype=np.float64)
