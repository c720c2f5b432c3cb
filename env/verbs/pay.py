"""Paying and gaining: what acting costs goes to the ground, and so does what an agent cannot hold."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Action, Trait

_STAY = int(Action.STAY)
_MAX_ENERGY, _CARRY = int(Trait.MAX_ENERGY), int(Trait.CARRY)


@kernel
def pay(world, w, i, joules):  # type: ignore[no-untyped-def]
    """Take the price of its action from agent `i` and return whether it acts; it stays if it is frozen or too poor.

    Write energy, reservoir, last_action. Who is frozen here was frozen in this step: others chose to stay.
    """
    if world.energy[w, i] < joules or world.frozen[w, i] > 0:
        world.last_action[w, i] = _STAY
        return False
    world.energy[w, i] -= joules
    world.reservoir[w] += joules
    return True


@kernel
def gain_energy(world, w, i, body, joules):  # type: ignore[no-untyped-def]
    """Give agent `i` energy; what is above its maximum goes to the ground. Write energy and reservoir."""
    kept = min(joules, room_for_energy(world, w, i, body))
    world.energy[w, i] += kept
    world.reservoir[w] += joules - kept


@kernel
def room_for_energy(world, w, i, body):  # type: ignore[no-untyped-def]
    """Return how many joules more agent `i` can hold."""
    return int(world.trait[w, body, _MAX_ENERGY]) - int(world.energy[w, i])


@kernel
def room_for_units(world, rules, w, i, kind):  # type: ignore[no-untyped-def]
    """Return how many units more of a kind agent `i` can carry."""
    return int(world.trait[w, rules.body[i], _CARRY]) - int(world.inventory[w, i, kind])
