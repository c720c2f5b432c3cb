"""The whole of a world as one array of numbers, for critics that are trained on more than agents observe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import VIEW, Floats, World

_OF_EPISODES = ("numbers", "value", "trait", "reward", "poison", "shares")
_OF_AGENTS = (
    "row", "column", "facing", "last_action", "energy", "inventory", "shield", "frozen", "courting", "partner", "group",
    "message", "relayed",
)  # fmt: skip
_OF_OBJECTS = ("kind", "object_row", "object_column", "stock", "timer", "hp", "link")
_PLACES = ("row", "column", "object_row", "object_column")


def overview(world: World, w: int) -> Floats:
    """Return the state of world `w`, (n,) float32: its fields one after another, as `overview_parts` places them."""
    return np.concatenate([array.ravel() for array in _fields(world, w).values()], dtype=np.float32, casting="unsafe")


def overview_parts(world: World) -> dict[str, slice]:
    """Return where each field of `World` lies in an overview; the grid is the map without the cells around it."""
    parts, start = {}, 0
    for name, array in _fields(world, 0).items():
        parts[name] = slice(start, start + array.size)
        start += array.size
    return parts


def _fields(world: World, w: int) -> dict[str, NDArray[np.generic]]:
    """Return the fields of an overview by name; rows and columns count from the map's corner."""
    fields = {"t": world.t[w], "reservoir": world.reservoir[w], "grid": world.grid[w, VIEW:-VIEW, VIEW:-VIEW]}
    for name in (*_OF_EPISODES, *_OF_AGENTS, *_OF_OBJECTS):
        array = getattr(world, name)[w]
        fields[name] = array - VIEW if name in _PLACES else array
    return {name: np.asarray(array) for name, array in fields.items()}
