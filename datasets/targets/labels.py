"""Labels: what a target gives for every row and agent, and how labels are shifted in time."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording

__all__ = ["NONE", "Labels", "Target", "class_labels", "lagged"]

Array = np.ndarray[Any, Any]
NONE = "none"  # the class of "there is no such thing"


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
    compute: Callable[[Recording], Labels]


def class_labels(values: Array, names: tuple[str, ...], valid: Array | None = None) -> Labels:
    """Labels of classes, defined everywhere unless `valid` (S, A) says otherwise."""
    dtype = np.int16 if len(names) < np.iinfo(np.int16).max else np.int32
    return Labels(values.astype(dtype), names, np.ones(values.shape, dtype=bool) if valid is None else valid)


def lagged(labels: Labels, recording: Recording, k: int) -> Labels:
    """The labels k steps ahead (behind where k is negative): row t holds the value of row t + k of the same episode.

    Where t + k lies outside the episode the label is not valid.
    """
    if k == 0:
        return labels
    episodes = recording.episodes
    t = np.asarray(recording["steps/t"]) + k
    inside = (t >= 0) & (t < episodes.length[recording.row_episode])
    source = np.where(inside, np.arange(len(t)) + k, np.arange(len(t)))
    return Labels(labels.values[source], labels.names, labels.valid[source] & inside[:, None])
