"""Labels: what a target gives for every row and agent, how they are made, and how they are shifted in time."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.foundation.errors import TargetError

__all__ = [
    "NONE",
    "YES_NO",
    "Labels",
    "Target",
    "class_labels",
    "following",
    "lagged",
    "need",
    "number_labels",
    "of_episodes",
    "table_labels",
    "yes_no",
]

Array = np.ndarray[Any, Any]
NONE = "none"  # the class of "there is no such thing"
YES_NO = ("no", "yes")


class Labels(NamedTuple):
    """A target's values."""

    values: Array  # (S, A) int16 or int32, indices into `names`; or float32 for a number
    names: tuple[str, ...]  # of the classes; empty for a number
    valid: Array  # (S, A) bool: where the value is defined


class Target(NamedTuple):
    """A named function of the recorded world."""

    name: str
    sentence: str  # what it is, in plain words
    kind: Literal["class", "number"]
    compute: Callable[[Recording], Labels]  # of a recording, or of an excerpt of whole episodes


def need(recording: Recording, *columns: str) -> None:
    """Raises TargetError where the recording lacks one of the columns."""
    missing = [column for column in columns if column not in recording]
    if missing:
        raise TargetError(
            f"{recording.path} holds no {', '.join(missing)}, which this target is made of: choose another target, or "
            "record again to have it."
        )


def class_labels(values: Array, names: tuple[str, ...], valid: Array | None = None) -> Labels:
    """Labels of classes, defined everywhere unless `valid` (S, A) says otherwise."""
    dtype = np.int16 if len(names) < np.iinfo(np.int16).max else np.int32
    return Labels(values.astype(dtype), names, np.ones(values.shape, dtype=bool) if valid is None else valid)


def yes_no(values: Array, valid: Array | None = None) -> Labels:
    """Labels "no" and "yes" of truth values (S, A)."""
    return class_labels(values, YES_NO, valid)


def number_labels(values: Array, valid: Array | None = None) -> Labels:
    """Labels of numbers, defined where they are finite and `valid` (S, A) is true."""
    with np.errstate(over="ignore"):  # what is too large for a float32 is infinite, and so undefined
        numbers = values.astype(np.float32)
    sound = np.isfinite(numbers)
    return Labels(np.where(sound, numbers, 0), (), sound if valid is None else sound & valid)


def table_labels(codes: Array, name_of: Callable[[int], str], valid: Array | None = None) -> Labels:
    """Labels of the codes (S, A) that occur where they are valid, in their order, named by `name_of`."""
    known = np.ones(codes.shape, dtype=bool) if valid is None else valid
    occurring = np.unique(codes[known])
    values = np.where(known, np.searchsorted(occurring, codes), 0)
    names = tuple(name_of(int(code)) for code in occurring)
    return class_labels(values, names or (NONE,), known)  # without names it would be a number


def of_episodes(recording: Recording, values: Array) -> Array:
    """Values (E, A) of every episode as values (S, A) of every row."""
    rows: Array = values[recording.row_episode]
    return rows


def following(recording: Recording, k: int) -> tuple[Array, Array]:
    """For each row the row k steps on, or itself where the episode has none, (S,); and whether it has one, (S,)."""
    own = np.arange(recording.n_steps)
    k = max(-recording.n_steps, min(k, recording.n_steps))  # farther than any episode is long: none has it
    t = np.asarray(recording["steps/t"]) + k
    inside = (t >= 0) & (t < recording.episodes.length[recording.row_episode])
    return np.where(inside, own + k, own), inside


def lagged(labels: Labels, recording: Recording, k: int) -> Labels:
    """The labels k steps ahead (behind where k is negative): row t holds the value of row t + k of the same episode.

    Where t + k lies outside the episode the label is not valid.
    """
    if k == 0:
        return labels
    source, inside = following(recording, k)
    return Labels(labels.values[source], labels.names, labels.valid[source] & inside[:, None])
