"""Where the things of the world are: the nearest of a kind to each agent, and whether an agent has seen it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.deeds import used_cells
from commlab.datasets.targets.labels import need
from commlab.foundation.errors import TargetError

__all__ = ["Nearest", "nearest_object", "nearest_of", "objects_of", "unseen"]

Array = np.ndarray[Any, Any]
Present = Callable[[int], Array]  # of a candidate: where it is there, (S, A) or (S, 1)
FAR = np.iinfo(np.int32).max
WINDOWS = 1 << 19  # observation windows looked at together


class Nearest(NamedTuple):
    """The nearest thing to each agent."""

    place: Array  # (S, A, 2) int16, row and column; 0, 0 where there is none
    exists: Array  # (S, A) bool
    which: Array  # (S, A) int16, which of the candidates it is


def nearest_of(position: Array, places: Array, present: Present, candidates: Iterable[int] | None = None) -> Nearest:
    """The nearest of some candidates by walking distance (rows plus columns); the first listed wins ties.

    position: (S, A, 2); places: (S, O, 2), or (S, A, 2) of agents; present: asked for each of the candidates, which are
    all of O unless told otherwise.
    """
    row, column = (np.ascontiguousarray(position[..., axis], dtype=np.int32) for axis in range(2))
    best = np.full(position.shape[:2], FAR, dtype=np.int32)
    index = np.zeros(position.shape[:2], dtype=np.int16)
    for candidate in range(places.shape[1]) if candidates is None else candidates:
        gap = np.abs(row - places[:, None, candidate, 0]) + np.abs(column - places[:, None, candidate, 1])
        closer = present(candidate) & (gap < best)
        np.copyto(best, gap, where=closer)
        index[closer] = candidate
    exists = best < FAR
    if places.shape[1] == 0:  # a world without things
        return Nearest(np.zeros(position.shape, np.int16), exists, index)
    place = np.take_along_axis(places, index[..., None].astype(np.int64), axis=1)
    return Nearest(np.where(exists[..., None], place, 0).astype(np.int16), exists, index)


def nearest_present(position: Array, places: Array, present: Array) -> Nearest:
    """The nearest of the objects at places (S, O, 2) that are there, present (S, O)."""
    return nearest_of(position, places, lambda one: present[:, None, one], np.flatnonzero(present.any(axis=0)).tolist())


def objects_of(recording: Recording, kind: str) -> tuple[Array, Array]:
    """The places (S, O, 2) of all objects, and where one is of that kind and there, (S, O).

    kind: a cell's name, or the first part of several names: "altar", "crystal", "crystal.green", "berry". A crystal is
    there where it has stock, a berry until it is eaten. Raises TargetError where the recording knows no such cell, or
    says of its scenario that there are none.
    """
    codes = codes_of(recording, kind)
    need(recording, "world/objects")
    objects = recording["world/objects"][:]
    places, present = objects[..., 1:3], np.isin(objects[..., 0], codes)
    if kind.startswith("crystal"):
        present &= objects[..., 3] > 0
    elif kind.startswith("berry") and present.any():
        present &= ~eaten(recording, places)
    return places, present


def codes_of(recording: Recording, kind: str) -> tuple[int, ...]:
    """The codes of a kind of cell. Raises TargetError where there are none, or the scenario has no such thing."""
    first, _, colour = kind.partition(".")
    cells = recording.codes.get("cells", {})
    codes = tuple(code for code, name in sorted(cells.items()) if name == kind) if colour else ()
    codes = codes or (() if colour else recording.cell_codes(first))
    if not codes:
        raise TargetError(
            f"{recording.path} names no cell {kind!r} in its code tables: choose a target that needs none of it."
        )
    if is_without(recording, first, colour):
        raise TargetError(f"There is no {kind} in the world of {recording.path}: choose a target that needs none.")
    return codes


def is_without(recording: Recording, kind: str, colour: str) -> bool:
    """Whether the recorded scenario says that its world has no crystals of that colour, or no berries."""
    scenario = recording.attrs.get("scenario")
    if not isinstance(scenario, dict):
        return False
    if kind == "crystal" and isinstance(scenario.get("crystals"), list):
        kinds = {str(crystal.get("kind")) for crystal in scenario["crystals"]}
        return colour not in kinds if colour else not kinds
    return kind == "berry" and "berries" in scenario and not scenario["berries"]


def nearest_object(recording: Recording, kind: str) -> Nearest:
    """The nearest object of a kind of cell, as `objects_of` has it, to each agent."""
    need(recording, "agents/position")
    places, present = objects_of(recording, kind)
    return nearest_present(recording["agents/position"][:], places, present)


def eaten(recording: Recording, places: Array) -> Array:
    """Where the thing of each place (S, O) has been used since it appeared there, which is when a berry is eaten."""
    used = used_cells(recording)
    if used is None:
        return np.zeros(places.shape[:2], dtype=bool)
    now = np.zeros(places.shape[:2], dtype=bool)
    for agent in range(used.shape[1]):
        now |= (used[:, None, agent] == places).all(axis=-1)
    count = np.cumsum(now, axis=0, dtype=np.int32) - now  # before this row
    start = appeared(recording, places, np.ones_like(now))
    gone: Array = count > np.take_along_axis(count, start, axis=0)
    return gone


def unseen(recording: Recording) -> Array:
    """Where the nearest stocked crystal has not been in the agent's view since it appeared there, (S, A) bool.

    These are the steps that count for what a listener knows from being told. False where there is no crystal. A crystal
    is in view where the agent's observation window shows it; the row itself counts.
    """
    need(recording, "world/objects", "agents/position", "observation/window")
    parts = recording.blocks(max(1, WINDOWS // recording.n_agents))
    return np.concatenate([unseen_of(part) for part in parts])


def unseen_of(recording: Recording) -> Array:
    """`unseen` of a few episodes, all at once."""
    places, present = objects_of(recording, "crystal")
    position = recording["agents/position"][:].astype(np.int32)
    nearest = nearest_present(position, places, present)
    crystals = np.isin(np.arange(256), recording.crystal_codes)[recording["observation/window"][:]]
    first = appeared(recording, places, present)  # (S, O)
    never = np.zeros(nearest.exists.shape, dtype=bool)
    for thing in np.unique(nearest.which[nearest.exists]).tolist():
        seen = in_view(crystals, position, places[:, thing], present[:, thing])
        count = np.cumsum(seen, axis=0, dtype=np.int32)  # up to and including each row
        start = first[:, thing]
        before = np.where(start[:, None] > 0, count[start - 1], 0)
        never |= nearest.exists & (nearest.which == thing) & (count == before)
    return never


def appeared(recording: Recording, places: Array, present: Array) -> Array:
    """The first row (S, O) of the stay that each row belongs to: in one episode, at one place, there all the time."""
    starts = np.ones(present.shape, dtype=bool)
    starts[1:] = (present[1:] != present[:-1]) | (places[1:] != places[:-1]).any(axis=-1)
    starts[recording.episodes.start] = True
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts))[:, None], 0), axis=0)


def in_view(crystals: Array, position: Array, place: Array, there: Array) -> Array:
    """Whether each agent's window, crystals (S, A, …) bool, shows the thing at place (S, 2) where it is there (S,)."""
    size = np.array(crystals.shape[2:4])
    cell = place[:, None] - position + size // 2
    inside = ((cell >= 0) & (cell < size)).all(axis=-1) & there[:, None]
    shown = np.zeros(inside.shape, dtype=bool)
    s, a = np.nonzero(inside)
    row, column = cell[s, a].T
    shown[s, a] = crystals[s, a, row, column]
    return shown
