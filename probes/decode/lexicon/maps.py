"""Where on the map each entry of a lexicon is said, and where what it names stands then: tables for its pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets.catalogue import TARGETS
from commlab.foundation.errors import CommlabError
from commlab.probes.decode.lexicon.book import Lexicon
from commlab.probes.decode.lexicon.entries import Entry
from commlab.probes.decode.utterances import Utterances, Valued, valued

__all__ = ["maps_of"]

Bools = NDArray[np.bool_]
Cells = list[list[float]]  # row, column, share
OWN, CELL = "own_position", ".cell"
MOST_ENTRIES = 60  # the most used ones; a picture shows no more


def maps_of(recording: Recording, spoken: Utterances, book: Lexicon) -> dict[str, Any] | None:
    """The ground (H, W), and for every entry the cells of its speakers and of what it names; None without positions.

    Cells are [row, column, share of the entry's uses in steps]; under "all" they are those of every step, which is
    what an entry is compared with. "place" is the target whose cells are named, None where no meaning has a place on
    the map; steps at which there is no such place are in no cell, so that shares may sum to less than 1. The ground is
    None where episodes have different maps.
    """
    try:
        layout = recording.layout
        own = valued(recording, spoken, OWN)
        place = place_target(book)
        named = None if place is None else valued(recording, spoken, place)
    except (CommlabError, KeyError):
        return None
    entries = sorted((entry for entry in book.entries), key=lambda entry: -entry.n_uses)[:MOST_ENTRIES]
    masks = {"all": spoken.said >= 0} | {entry.form: uses(spoken, entry) for entry in entries}
    return {
        "height": int(layout["height"]),
        "width": int(layout["width"]),
        "grid": layout["grid"] if layout.get("maps", 1) == 1 else None,
        "codes": recording.codes.get("cells", {}),
        "place": place,
        "speakers": {form: cells(own, mask) for form, mask in masks.items()},
        "named": {} if named is None else {form: cells(named, mask) for form, mask in masks.items()},
    }


def place_target(book: Lexicon) -> str | None:
    """The first meant target, or its namesake, that is a cell of the map."""
    names = (f"{target.removesuffix(CELL).partition('.')[0]}{CELL}" for target in book.targets)
    return next((name for name in names if name in TARGETS), None)


def uses(spoken: Utterances, entry: Entry) -> Bools:
    """Where an entry is said (E, slots)."""
    symbols = np.asarray(spoken.symbols)
    if entry.unit == "message":
        fits = (symbols == np.asarray(entry.symbols)).all(axis=1)
    elif entry.position is not None:
        fits = symbols[:, entry.position] == entry.symbols[0]
    else:
        fits = (symbols == entry.symbols[0]).any(axis=1)
    return np.asarray((spoken.said >= 0) & fits[np.maximum(spoken.said, 0)])


def cells(places: Valued, mask: Bools) -> Cells:
    """The cells in which something is, at the slots of a mask, with their shares of all those slots."""
    codes = places.codes[mask]
    counts = np.bincount(codes[codes >= 0], minlength=len(places.names))
    found = [
        (*map(int, name.split(",")), int(count) / max(1, codes.size))
        for name, count in zip(places.names, counts.tolist(), strict=True)
        if count and "," in name
    ]
    return [[row, column, round(share, 5)] for row, column, share in found]
