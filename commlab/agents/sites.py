"""Where an intervention can be made, what can be done there, and what it must say for that."""

from __future__ import annotations

from typing import NamedTuple

from commlab.foundation.errors import InterventionError, nearest_names

__all__ = ["HIDDEN", "NEEDS", "OPERATIONS", "SITES", "WORLD", "check_operation", "room_of"]

HIDDEN, WORLD = "hidden", "world"  # rooms: `hidden.<hook point>`, `world.<field>`

OPERATIONS: dict[str, tuple[str, ...]] = {  # by room, the part of a site before what is named in it
    "message.out": ("mute", "set", "shuffle", "delay", "replay", "noise"),
    "message.in": ("mute", "set", "inject", "shuffle", "delay", "replay", "noise"),
    HIDDEN: ("mute", "set", "add", "erase", "patch"),
    "kinship": ("set",),
    "observation": ("mute", "set", "patch"),
    "action": ("mute", "set", "noise", "replay"),
    WORLD: ("set",),
}
FIELDS = ("energy", "shield", "frozen", "kinship")  # of the world
SITES = (
    "message.out", "message.in", "hidden.<hook point>", "kinship", "observation", "action",
    *(f"world.{field}" for field in FIELDS),
)  # fmt: skip


class Need(NamedTuple):
    """Something that an intervention says if, and only if, it does one of these."""

    name: str
    where: tuple[tuple[str, str], ...]  # room (or site) and operation

    def wanted(self, site: str, operation: str) -> bool:
        """Whether it is needed for this."""
        return (site, operation) in self.where or (room_of(site), operation) in self.where


NEEDS: tuple[Need, ...] = (
    Need("symbol", (("message.out", "set"), ("message.in", "set"), ("message.in", "inject"))),
    Need(
        "source",
        (
            ("message.out", "replay"),
            ("message.in", "replay"),
            (HIDDEN, "patch"),
            ("observation", "patch"),
            ("action", "replay"),
        ),
    ),
    Need("delay", (("message.out", "delay"), ("message.in", "delay"))),
    Need("chance", (("message.out", "noise"), ("message.in", "noise"), ("action", "noise"))),
    Need("vector", ((HIDDEN, "set"), (HIDDEN, "add"))),
    Need("eraser", ((HIDDEN, "erase"),)),
    Need("field", (("observation", "set"),)),
    Need(
        "value",
        (
            ("observation", "set"),
            ("action", "set"),
            ("world.energy", "set"),
            ("world.shield", "set"),
            ("world.frozen", "set"),
        ),
    ),
)


def room_of(site: str) -> str:
    """Return the room of a site: `hidden` of `hidden.core`; messages have a room each."""
    return site if site in OPERATIONS else site.split(".", 1)[0]


def check_operation(site: str, operation: str) -> None:
    """Raise InterventionError where there is no such site, or nothing of the kind can be done there."""
    if not isinstance(site, str):
        raise InterventionError(f"An intervention's site is one of {', '.join(SITES)}, not {site!r}.")
    room = room_of(site)
    name = site[len(room) + 1 :]
    known = site in SITES or (room == HIDDEN and name.isidentifier())
    if not known:
        near = nearest_names(site, SITES, 1)[0]
        raise InterventionError(
            f"An intervention's site is one of {', '.join(SITES)}, not {site!r}; the nearest is {near}."
        )
    if operation not in OPERATIONS[room]:
        raise InterventionError(f"At {site} an intervention can {', '.join(OPERATIONS[room])}, not {operation!r}.")
