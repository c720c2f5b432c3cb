"""The channel: who hears whom. What an agent emits in a step is heard in the next one, nearest speakers first."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import KINSHIP_STEPS, UNKNOWN, Slot

_PRESENT, _KINSHIP, _ROW, _COLUMN = int(Slot.PRESENT), int(Slot.KINSHIP), int(Slot.ROW), int(Slot.COLUMN)
_FAR = 127


@kernel
def speak(world, rules, w, i, symbols):  # type: ignore[no-untyped-def]
    """Put the symbols of agent `i` into the air, or silence where it cannot pay; write message, energy, reservoir."""
    spoken = 0
    for position in range(symbols.shape[0]):
        spoken += symbols[position] != 0
    cost = spoken * rules.talk_cost[rules.body[i]]
    pays = world.energy[w, i] >= cost
    for position in range(symbols.shape[0]):
        world.message[w, i, position] = symbols[position] if pays else 0
    if pays:
        world.energy[w, i] -= cost
        world.reservoir[w] += cost


@kernel
def hear(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Fill the hearing slots of agent `i`; write its heard, slots, speaker and nothing else.

    Speakers in range that said anything, the nearest first (squared distance; among equals, the one before in the
    list of agents that begins behind the listener). Where speakers are more than slots, the far ones go unheard.
    """
    n_slots, n_agents = obs.heard.shape[2], rules.body.shape[0]
    obs.heard[w, i] = 0
    obs.slots[w, i] = 0
    obs.speaker[w, i] = -1
    radius = int(rules.hearing[rules.body[i]])
    n_heard = 0
    for step in range(1, n_agents):
        j = (i + step) % n_agents
        if is_silent(world, w, j):
            continue
        distance = squared_distance(world, w, i, j)
        if radius >= 0 and distance > radius * radius:
            continue
        k = n_heard
        while k > 0 and squared_distance(world, w, i, int(obs.speaker[w, i, k - 1])) > distance:
            if k < n_slots:
                obs.speaker[w, i, k] = obs.speaker[w, i, k - 1]
            k -= 1
        if k < n_slots:
            obs.speaker[w, i, k] = j
            n_heard = min(n_heard + 1, n_slots)
    for k in range(n_heard):
        fill_slot(world, rules, obs, w, i, k)


@kernel
def is_silent(world, w, j):  # type: ignore[no-untyped-def]
    """Return whether agent `j` emitted nothing but silence."""
    for position in range(world.message.shape[2]):
        if world.message[w, j, position] != 0:
            return False
    return True


@kernel
def squared_distance(world, w, i, j):  # type: ignore[no-untyped-def]
    """Return the squared distance between two agents, in cells."""
    rows = int(world.row[w, i]) - int(world.row[w, j])
    columns = int(world.column[w, i]) - int(world.column[w, j])
    return rows * rows + columns * columns


@kernel
def fill_slot(world, rules, obs, w, i, k):  # type: ignore[no-untyped-def]
    """Write what slot `k` tells agent `i` of its speaker: symbols, kinship, and its place if seen or given."""
    j = int(obs.speaker[w, i, k])
    for position in range(obs.heard.shape[3]):
        obs.heard[w, i, k, position] = world.message[w, j, position]
    rows = int(world.row[w, j]) - int(world.row[w, i])
    columns = int(world.column[w, j]) - int(world.column[w, i])
    view = int(rules.sight[rules.body[i]])
    known = max(abs(rows), abs(columns)) <= view or (rules.tell_direction and max(abs(rows), abs(columns)) < _FAR)
    obs.slots[w, i, k, _PRESENT] = 1
    obs.slots[w, i, k, _KINSHIP] = sixteenths(world.kinship[w, i, j])
    obs.slots[w, i, k, _ROW] = rows if known else UNKNOWN
    obs.slots[w, i, k, _COLUMN] = columns if known else UNKNOWN


@kernel
def sixteenths(kinship):  # type: ignore[no-untyped-def]
    """Return a kinship as it is observed: rounded to sixteenths."""
    return round(kinship * KINSHIP_STEPS)
