"""Targets about things: where crystals, altars, converters, beacons and berries are, and of which kind."""

from collections.abc import Callable
from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.drawn import LOOKS, poison_of
from commlab.datasets.targets.labels import NONE, Labels, class_labels
from commlab.datasets.targets.places import SECTORS, cells, map_centre, sectors
from commlab.datasets.targets.things import codes_of, nearest_object

__all__ = ["berry_poisonous", "cell_of", "direction_of", "kind_of", "sector_of"]

Array = np.ndarray[Any, Any]
Compute = Callable[[Recording], Labels]
HARM = ("good", "poisonous", NONE)


class Finder:
    """A target's function about the nearest thing of a kind, which pickles by what it is about."""

    def __init__(self, kind: str, form: Callable[[Recording, str], Labels]) -> None:
        """kind: a cell's name, as `things.objects_of` takes it."""
        self.kind, self.form = kind, form

    def __call__(self, recording: Recording) -> Labels:
        """The labels."""
        return self.form(recording, self.kind)


def sector_of(kind: str) -> Compute:
    """A target: the sector of the map, seen from its centre, in which the nearest thing of that kind stands."""
    return Finder(kind, sector)


def cell_of(kind: str) -> Compute:
    """A target: the cell in which the nearest thing of that kind stands."""
    return Finder(kind, cell)


def direction_of(kind: str) -> Compute:
    """A target: the direction from the agent to the nearest thing of that kind."""
    return Finder(kind, direction)


def kind_of(kind: str) -> Compute:
    """A target: which of the kinds whose names begin so the nearest thing is: "green" for "crystal"."""
    return Finder(kind, which)


def sector(recording: Recording, kind: str) -> Labels:
    """The sector of the map in which the nearest thing stands."""
    nearest = nearest_object(recording, kind)
    return class_labels(sectors(nearest.place - map_centre(recording.layout), nearest.exists), SECTORS)


def cell(recording: Recording, kind: str) -> Labels:
    """The cell in which the nearest thing stands."""
    nearest = nearest_object(recording, kind)
    return cells(nearest.place, nearest.exists, recording.layout["width"])


def direction(recording: Recording, kind: str) -> Labels:
    """The direction from the agent to the nearest thing."""
    nearest = nearest_object(recording, kind)
    position = recording["agents/position"][:].astype(np.int32)
    return class_labels(sectors(nearest.place - position, nearest.exists), SECTORS)


def which(recording: Recording, kind: str) -> Labels:
    """The second part of the name of the nearest thing's cell."""
    codes = codes_of(recording, kind)
    place = code_of_nearest(recording, kind)
    values = np.where(place < 0, len(codes), np.searchsorted(codes, place))
    names = recording.codes["cells"]
    return class_labels(values, (*(names[code].partition(".")[2] or kind for code in codes), NONE))


def berry_poisonous(recording: Recording) -> Labels:
    """Whether the nearest berry is poisonous in this episode."""
    poison = poison_of(recording)[recording.row_episode]
    nearest = code_of_nearest(recording, "berry")
    looks = {code: LOOKS.index(name) for code, name in look_codes(recording).items() if name in LOOKS}
    harm = np.full(nearest.shape, HARM.index(NONE))
    for code, look in looks.items():
        harm = np.where(nearest == code, (poison >> look & 1)[:, None], harm)
    return class_labels(harm, HARM)


def look_codes(recording: Recording) -> dict[int, str]:
    """The look of each code of a berry."""
    return {code: recording.codes["cells"][code].partition(".")[2] for code in recording.cell_codes("berry")}


def code_of_nearest(recording: Recording, kind: str) -> Array:
    """The cell code of the nearest thing of a kind (S, A); -1 where there is none."""
    nearest = nearest_object(recording, kind)
    codes = recording["world/objects"][:, :, 0].astype(np.int32)
    code = np.take_along_axis(codes, nearest.which.astype(np.int64), axis=1)
    return np.where(nearest.exists, code, -1)
