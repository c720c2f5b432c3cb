"""Giving: a unit of what an agent carries most of, or energy, to the agent it faces."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import N_KINDS, Number, Stat, Trait
from commlab.env.verbs.ahead import agent_ahead
from commlab.env.verbs.pay import pay, room_for_energy, room_for_units

_COST, _GIFT = int(Trait.GIVE_COST), int(Number.GIFT)
_GAVE, _RECEIVED = int(Stat.GAVE), int(Stat.RECEIVED)


@kernel
def give(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Let agent `i` give to the agent it faces; write energy, inventory, reservoir, last_action, stats."""
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return
    j = agent_ahead(world, w, i)
    if j < 0:
        return
    most = most_carried(world, w, i)
    if world.inventory[w, i, most] > 0:
        given = min(1, room_for_units(world, rules, w, j, most))
        world.inventory[w, i, most] -= given
        world.inventory[w, j, most] += given
    else:
        given = min(int(world.numbers[w, _GIFT]), int(world.energy[w, i]))
        given = min(given, room_for_energy(world, w, j, rules.body[j]))
        world.energy[w, i] -= given
        world.energy[w, j] += given
    world.stats[w, i, _GAVE] += given > 0
    world.stats[w, j, _RECEIVED] += given > 0


@kernel
def most_carried(world, w, i):  # type: ignore[no-untyped-def]
    """Return the kind of which agent `i` carries most units, the first of equals."""
    most = 0
    for kind in range(1, N_KINDS):
        if world.inventory[w, i, kind] > world.inventory[w, i, most]:
            most = kind
    return most
