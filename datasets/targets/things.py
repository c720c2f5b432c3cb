"""Where the things of the world are: the nearest of a kind to each agent, and whether an agent has seen it."""

from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.foundation.errors import TargetError

__all__ = ["Nearest", "nearest_object", "nearest_of", "unseen"]

Array = np.ndarray[Any, Any]
FAR = np.iinfo(np.int32).max
BLOCK = 32768  # rows of observation windows read at a time


class Nearest(NamedTuple):
    """The nearest thing to each agent."""

    place: Array  # (S, A, 2) int16, row and column; 0, 0 where there is none
    exists: Array  # (S, A) bool
    which: Array  # (S, A) int16, which of the candidates it is


def nearest_of(position: Array, places: Array, present: Array) -> Nearest:
    """The nearest of some candidates by walking distance (rows plus columns); the first listed wins ties.

    position: (S, A, 2); places: (S, O, 2), or (S, A, 2) of agents; present: (S, O), or (S, A, O) where it depends on
    who looks.
    """
    best = np.full(position.shape[:2], FAR, dtype=np.int32)
    index = np.zeros(position.shape[:2], dtype=np.int16)
    for candidate in range(places.shape[1]):
        gap = np.abs(position.astype(np.int32) - places[:, None, candidate]).sum(axis=-1)
        here = present[..., candidate] if present.ndim == 3 else present[:, None, candidate]
        closer = here & (gap < best)
        best = np.where(closer, gap, best)
        index[closer] = candidate
    exists = best < FAR
    place = np.take_along_axis(places, index[..., None].astype(np.int64), axis=1)
    return Nearest(np.where(exists[..., None], place, 0).astype(np.int16), exists, index)


def objects_of(recording: Recording, kind: str) -> tuple[Array, Array]:
    """The places (S, O, 2) of all objects, and where one is of that kind (S, O); a crystal must have stock.

    Raises TargetError where the recording names no cell of that kind.
    """
    codes = recording.cell_codes(kind)
    if not codes:
        raise TargetError(
            f"{recording.path} names no cell {kind!r} in its code tables: choose a target that needs none of it."
        )
    objects = recording["world/objects"][:]
    present = np.isin(objects[..., 0], codes)
    if kind == "crystal":
        present &= objects[..., 3] > 0
    return objects[..., 1:3], present


def nearest_object(recording: Recording, kind: str) -> Nearest:
    """The nearest object of a kind of cell ("crystal": with stock) to each agent."""
    places, present = objects_of(recording, kind)
    return nearest_of(recording["agents/position"][:], places, present)


def unseen(recording: Recording) -> Array:
    """Where the nearest stocked crystal has not been in the agent's view since it appeared there, (S, A) bool.

    These are the steps that count for what a listener knows from being told. False where there is no crystal. A crystal
    is in view where the agent's observation window shows it; the row itself counts.
    """
    places, present = objects_of(recording, "crystal")
    position = recording["agents/position"][:]
    nearest = nearest_of(position, places, present)
    count = np.cumsum(in_view(recording, position, places, present), axis=0, dtype=np.int32)  # (S, A, O)
    first = appeared(recording, places, present)  # (S, O)
    object_of_row = nearest.which.astype(np.int64)
    row, agent = np.ogrid[: position.shape[0], : position.shape[1]]
    start = first[row, object_of_row]
    before = np.where(start > 0, count[start - 1, agent, object_of_row], 0)
    never: Array = nearest.exists & (count[row, agent, object_of_row] == before)
    return never


def appeared(recording: Recording, places: Array, present: Array) -> Array:
    """The first row (S, O) of the stay that each row belongs to: in one episode, at one place, there all the time."""
    starts = np.ones(present.shape, dtype=bool)
    starts[1:] = (present[1:] != present[:-1]) | (places[1:] != places[:-1]).any(axis=-1)
    starts[recording.episodes.start] = True
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts))[:, None], 0), axis=0)


def in_view(recording: Recording, position: Array, places: Array, present: Array) -> Array:
    """Whether each agent's window shows each crystal, (S, A, O) bool."""
    windows = recording["observation/window"]
    size = np.array(windows.shape[2:4])
    shown = np.zeros((*position.shape[:2], places.shape[1]), dtype=bool)
    for start in range(0, len(windows), BLOCK):
        rows = slice(start, start + BLOCK)
        cell = places[rows, None] - position[rows, :, None] + size // 2  # (s, A, O, 2)
        row, agent, thing = np.nonzero(present[rows, None] & (cell >= 0).all(axis=-1) & (cell < size).all(axis=-1))
        place = cell[row, agent, thing]
        codes = windows[rows][row, agent, place[:, 0], place[:, 1]]
        shown[row + start, agent, thing] = np.isin(codes, recording.crystal_codes)
    return shown
