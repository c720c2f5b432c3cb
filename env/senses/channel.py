"""The channel's sending end: what agents emit, what it costs, and what beacons carry."""

from __future__ import annotations

import numpy as np

from commlab.env.kernel import kernel
from commlab.env.types import Cell, Number, Stat, Trait

_TALK, _SAID, _BEACON = int(Trait.TALK_COST), int(Stat.SAID), int(Cell.BEACON)
_REACH, _RELAY_COST = int(Number.BEACON_REACH), int(Number.RELAY_COST)


@kernel
def speak_world(world, rules, scratch, w, messages):  # type: ignore[no-untyped-def]
    """Put the messages (A, L) of all agents into the air.

    Write message, relayed, air, energy, reservoir, stats and scratch.
    """
    if world.air.shape[1] > 0:
        send_on(world, w)
    for i in range(rules.body.shape[0]):
        speak(world, rules, w, i, messages[i])
    if rules.has_beacons:
        relay_world(world, rules, scratch, w)


@kernel
def send_on(world, w):  # type: ignore[no-untyped-def]
    """Let what was emitted in the last step go on its way; write air."""
    row = (int(world.t[w]) - 1) % world.air.shape[1]
    n_symbols = world.message.shape[2]
    for i in range(world.message.shape[1]):
        for position in range(n_symbols):
            world.air[w, row, i, position] = world.message[w, i, position]
        world.air[w, row, i, n_symbols] = world.relayed[w, i]


@kernel
def speak(world, rules, w, i, symbols):  # type: ignore[no-untyped-def]
    """Emit the symbols of agent `i`, or silence where it cannot pay; write message, energy, reservoir, stats."""
    spoken = int(symbols[0] != 0)  # most messages are of one symbol, and need no loop
    for position in range(1, symbols.shape[0]):
        spoken += symbols[position] != 0
    cost = spoken * int(world.trait[w, rules.body[i], _TALK])
    pays = int(world.energy[w, i]) >= cost
    world.message[w, i, 0] = symbols[0] if pays else 0
    for position in range(1, symbols.shape[0]):
        world.message[w, i, position] = symbols[position] if pays else 0
    if pays:
        world.energy[w, i] -= cost
        world.reservoir[w] += cost
        world.stats[w, i, _SAID] += spoken


@kernel
def relay_world(world, rules, scratch, w):  # type: ignore[no-untyped-def]
    """Let beacons take up what is said within their reach, from who can pay; write relayed, energy, reservoir."""
    cost = int(world.numbers[w, _RELAY_COST])
    reach_beacons(world, scratch, w)
    for i in range(rules.body.shape[0]):
        speaks = False
        for position in range(world.message.shape[2]):
            speaks |= world.message[w, i, position] != 0
        links = int(scratch.reached[i])
        heard = speaks & (links != 0) & (int(world.energy[w, i]) >= cost)
        paid = cost if heard else 0
        world.energy[w, i] -= paid
        world.reservoir[w] += paid
        world.relayed[w, i] = links if heard else 0


@kernel
def reach_beacons(world, scratch, w):  # type: ignore[no-untyped-def]
    """Find within the reach of which links' beacons each agent stands; write scratch.reached."""
    reach = int(world.numbers[w, _REACH])
    scratch.reached[:] = 0
    for o in range(world.kind.shape[1]):
        if world.kind[w, o] != _BEACON:
            continue
        row, column = int(world.object_row[w, o]), int(world.object_column[w, o])
        link = np.uint8(1 << int(world.link[w, o]))
        for i in range(world.row.shape[1]):
            rows, columns = int(world.row[w, i]) - row, int(world.column[w, i]) - column
            within = rows * rows + columns * columns <= reach * reach
            scratch.reached[i] |= link * np.uint8(within)
