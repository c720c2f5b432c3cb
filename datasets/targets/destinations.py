"""Targets about where an agent is going: the place that it next uses or walks into, known from what it then did.

A place is a site of the map, or a cell on which an altar, a converter, a beacon, a crystal with stock or a berry stands
when the agent tries it. Passing by does not count; trying an empty site does, for that is how an agent finds out.
Sites are those of the recorded layout; where episodes have several maps, which lie elsewhere, only things are places.
"""

from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.deeds import tried_cells
from commlab.datasets.targets.labels import Labels, class_labels, table_labels
from commlab.datasets.targets.places import SECTORS, cells, map_centre, sectors
from commlab.datasets.targets.things import eaten

__all__ = ["own_destination", "own_destination_cell", "own_destination_kind", "own_destination_offset"]

Array = np.ndarray[Any, Any]
THINGS = ("altar", "converter", "beacon", "crystal", "berry")
NOTHING, SITE = -1, -2  # instead of a cell's code


class Destination(NamedTuple):
    """Where each agent is going."""

    place: Array  # (S, A, 2) row and column; 0, 0 where it is unknown
    kind: Array  # (S, A) the code of the cell that it found there, SITE where the site was empty
    known: Array  # (S, A) bool: it gets to a place in this step or later in the episode


def own_destination(recording: Recording) -> Labels:
    """The sector of the map in which the place lies that the agent next uses or walks into."""
    going = destination(recording)
    seen = sectors(going.place - map_centre(recording.layout), going.known)
    return class_labels(seen, SECTORS, going.known)


def own_destination_cell(recording: Recording) -> Labels:
    """The cell that the agent next uses or walks into, of those that are places."""
    going = destination(recording)
    labels = cells(going.place, going.known, recording.layout["width"])
    return Labels(labels.values, labels.names, going.known)


def own_destination_offset(recording: Recording) -> Labels:
    """The direction from the agent to the place that it next uses or walks into."""
    going = destination(recording)
    position = recording["agents/position"][:].astype(np.int32)
    return class_labels(sectors(going.place - position, going.known), SECTORS, going.known)


def own_destination_kind(recording: Recording) -> Labels:
    """What is at the place that the agent next uses or walks into; "site" where nothing is."""
    going = destination(recording)
    names = recording.codes.get("cells", {})
    return table_labels(going.kind, lambda code: "site" if code == SITE else names.get(code, str(code)), going.known)


def destination(recording: Recording) -> Destination:
    """The first place that each agent tries, at each row or later in its episode."""
    tried = tried_cells(recording)
    found = found_there(recording, tried)
    ends = (recording.episodes.start + recording.episodes.length)[recording.row_episode]
    n_rows = len(found)
    row = np.where(found != NOTHING, np.arange(n_rows)[:, None], n_rows)
    nearest = np.minimum.accumulate(row[::-1], axis=0)[::-1]
    known = nearest < ends[:, None]
    source = np.minimum(nearest, n_rows - 1)
    place = np.take_along_axis(tried, source[..., None], axis=0)
    kind = np.take_along_axis(found, source, axis=0)
    return Destination(np.where(known[..., None], place, 0), np.where(known, kind, NOTHING), known)


def found_there(recording: Recording, tried: Array) -> Array:
    """The code of what stands on each cell tried (S, A, 2), SITE where it is an empty site, else NOTHING."""
    found = np.where(is_site(recording, tried), SITE, NOTHING).astype(np.int32)
    if "world/objects" not in recording:
        return found
    objects = recording["world/objects"][:]
    there = standing(recording, objects)
    row, column = np.ascontiguousarray(tried[..., 0]), np.ascontiguousarray(tried[..., 1])
    for number in np.flatnonzero(there.any(axis=0)):
        code, at_row, at_column = (objects[:, None, number, part] for part in range(3))
        here = there[:, None, number] & (row == at_row) & (column == at_column) & (found < 0)
        np.copyto(found, code, where=here)
    return found


def standing(recording: Recording, objects: Array) -> Array:
    """Which of the objects (S, O, 4) are there and are things that one goes to, (S, O) bool."""
    there = np.isin(objects[..., 0], [code for thing in THINGS for code in recording.cell_codes(thing)])
    there &= ~np.isin(objects[..., 0], recording.crystal_codes) | (objects[..., 3] > 0)
    berries = np.isin(objects[..., 0], recording.cell_codes("berry"))
    return there & ~(berries & eaten(recording, objects[..., 1:3])) if berries.any() else there


def is_site(recording: Recording, tried: Array) -> Array:
    """Whether each cell (S, A, 2) is a site of the layout; none is where episodes have several maps."""
    layout = recording.attrs.get("layout")
    here = np.zeros(tried.shape[:2], dtype=bool)
    if not isinstance(layout, dict) or int(layout.get("maps", 1)) > 1:
        return here
    for row, column in layout.get("sites") or []:
        here |= (tried[..., 0] == row) & (tried[..., 1] == column)
    return here
