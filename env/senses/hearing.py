"""The channel's receiving end: which speakers an agent hears, and what its slots tell of them.

Agents are sorted into square tiles of the map. The listeners of a tile are handled side by side; speakers are tried
ring by ring of tiles around them, until no farther one can be among a listener's nearest. So the cost of an agent
depends on who is near, not on how many there are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.kernel import kernel
from commlab.env.memory import item, put, store4
from commlab.env.randomness import Purpose, below, draw_pair, step_key, uniform
from commlab.env.senses.channel import reach_beacons
from commlab.env.senses.lanes import (
    AGENT,
    AT_COLUMN,
    AT_ROW,
    KEY,
    MOST_AGENTS,
    NEAREST,
    NOBODY,
    RADIUS,
    clear,
    insert,
    measure,
)
from commlab.env.senses.muffle import is_blocked
from commlab.env.senses.relation import blur
from commlab.env.senses.sight import is_seen
from commlab.env.types import LANES, UNKNOWN, VIEW, Bytes, Ints, Longs, Shorts, Slot, Trait

_KINSHIP, _N_COLUMNS, _HERE, _NOWHERE = int(Slot.KINSHIP), len(Slot), 1, UNKNOWN << 16 | UNKNOWN << 24
_ROW, _COLUMN, _RELAYED = int(Slot.ROW), int(Slot.COLUMN), int(Slot.RELAYED)
_HEARING, _NOISE = int(Trait.HEARING), int(Purpose.NOISE)
_EVERYWHERE = 2**20  # a squared radius beyond every map
SIDE = 16  # of a tile, in cells
FEW = 32  # agents: so many are one tile


class Ears(NamedTuple):
    """What filling the slots of a world's agents asks for."""

    lanes: Ints  # (LANE_ROWS + K, LANES)
    card: Longs  # (A,)
    shares: NDArray[np.int8]  # (G, G) as agents observe them
    partner: Shorts  # (A,)
    aired: Bytes  # (A, L or more) messages that are heard now


@kernel
def hear_world(world, rules, obs, scratch, w):  # type: ignore[no-untyped-def]
    """Fill the hearing slots of all agents of a world; write obs.heard, slots, speaker, and scratch."""
    aired = world.message[w]
    if world.air.shape[1] > 0:
        aired = world.air[w, (int(world.t[w]) - 1) % world.air.shape[1]]
    ears = Ears(scratch.lanes, scratch.card, world.seen_shares[w], world.partner[w], aired)
    slots, speaker, heard = obs.slots[w], obs.speaker[w], obs.heard[w]
    for i in range(rules.body.shape[0]):
        scratch.card[i] = note_card(world, rules, aired, w, i)
    tile_columns = sort_into_tiles(world, scratch, aired, w)
    if rules.has_beacons:
        reach_beacons(world, scratch, w)
    for tile in range(1 if tile_columns == 0 else tile_columns * tile_rows(world)):
        stop = scratch.first_listener[tile + 1]
        for first in range(scratch.first_listener[tile], stop, LANES):
            n_lanes = min(LANES, stop - first)
            take_seats(world, rules, scratch, w, first, n_lanes)
            try_rings(world, rules, scratch, w, tile, tile_columns)
            fill_slots(ears, slots, speaker, heard, n_lanes, rules.seen_bond, rules.tell_direction)
    if rules.has_beacons or rules.walls_block_sight or is_blurred(rules):
        for i in range(rules.body.shape[0]):
            refine(world, rules, obs, scratch, ears, w, i)


@kernel
def is_blurred(rules):  # type: ignore[no-untyped-def]
    """Return whether agents hear or see kinship otherwise than it is."""
    return rules.noise > 0 or rules.kinship_hidden or rules.kinship_noise > 0


@kernel
def tile_rows(world):  # type: ignore[no-untyped-def]
    """Return the rows of tiles on the map."""
    return (world.grid.shape[1] - 2 * VIEW + SIDE - 1) // SIDE


@kernel
def sort_into_tiles(world, scratch, aired, w):  # type: ignore[no-untyped-def]
    """Sort agents and those of them who speak by tile; return the columns of tiles, 0 where all are one tile.

    Write scratch.first_listener, listeners, first_speaker, speakers.
    """
    n_agents = world.row.shape[1]
    if n_agents <= FEW:
        n_speakers = 0
        for i in range(n_agents):
            scratch.listeners[i] = i
            scratch.speakers[n_speakers] = i
            n_speakers += not is_silent(aired, world.message.shape[2], i)
        scratch.first_listener[0] = 0
        scratch.first_listener[1] = n_agents
        scratch.first_speaker[0] = 0
        scratch.first_speaker[1] = n_speakers
        return 0
    columns = (world.grid.shape[2] - 2 * VIEW + SIDE - 1) // SIDE
    n_tiles = columns * tile_rows(world)
    count_into_tiles(world, aired, scratch.first_listener, scratch.listeners, w, columns, n_tiles, False)
    count_into_tiles(world, aired, scratch.first_speaker, scratch.speakers, w, columns, n_tiles, True)
    return columns


@kernel
def count_into_tiles(world, aired, first, agents, w, columns, n_tiles, speaking):  # type: ignore[no-untyped-def]
    """Sort all agents, or those who are `speaking`, by tile (a counting sort); write first, agents."""
    for tile in range(n_tiles + 1):
        first[tile] = 0
    for i in range(world.row.shape[1]):
        if not (speaking and is_silent(aired, world.message.shape[2], i)):
            first[tile_of(world, w, i, columns) + 1] += 1
    for tile in range(n_tiles):
        first[tile + 1] += first[tile]
    for i in range(world.row.shape[1] - 1, -1, -1):
        if not (speaking and is_silent(aired, world.message.shape[2], i)):
            tile = tile_of(world, w, i, columns)
            first[tile + 1] -= 1
            agents[first[tile + 1]] = i
    shift_back(world, aired, first, w, columns, n_tiles, speaking)


@kernel
def shift_back(world, aired, first, w, columns, n_tiles, speaking):  # type: ignore[no-untyped-def]
    """Turn the beginnings that the sort left one place too far into `first` again; write first."""
    for tile in range(n_tiles):
        first[tile] = first[tile + 1]
    total = 0
    for i in range(world.row.shape[1]):
        total += not (speaking and is_silent(aired, world.message.shape[2], i))
    first[n_tiles] = total


@kernel
def tile_of(world, w, i, columns):  # type: ignore[no-untyped-def]
    """Return the tile on which agent `i` stands."""
    row, column = int(world.row[w, i]) - VIEW, int(world.column[w, i]) - VIEW
    return row // SIDE * columns + column // SIDE


@kernel
def relays(world, w, j):  # type: ignore[no-untyped-def]
    """Return the links that carry what is now heard of agent `j`."""
    if world.air.shape[1] > 0:
        return int(world.air[w, (int(world.t[w]) - 1) % world.air.shape[1], j, world.message.shape[2]])
    return int(world.relayed[w, j])


@kernel
def is_silent(aired, n_symbols, j):  # type: ignore[no-untyped-def]
    """Return whether nothing of agent `j` can be heard now."""
    for position in range(n_symbols):
        if aired[j, position] != 0:
            return False
    return True


@kernel
def take_seats(world, rules, scratch, w, first, n_lanes):  # type: ignore[no-untyped-def]
    """Seat listeners in the lanes, who know of no speaker yet; empty lanes hear nothing. Write scratch.lanes."""
    lanes = scratch.lanes
    clear(lanes)
    for lane in range(n_lanes):
        i = int(scratch.listeners[first + lane])
        radius = int(world.trait[w, rules.body[i], _HEARING])
        lanes[AT_ROW, lane] = world.row[w, i]
        lanes[AT_COLUMN, lane] = world.column[w, i]
        lanes[RADIUS, lane] = radius * radius if radius >= 0 else _EVERYWHERE
        lanes[AGENT, lane] = i


@kernel
def try_rings(world, rules, scratch, w, tile, tile_columns):  # type: ignore[no-untyped-def]
    """Try the speakers of all tiles, the nearest rings first, as long as they may matter; write scratch.lanes."""
    if tile_columns == 0:
        try_tile(world, rules, scratch, w, 0)
        return
    rows = tile_rows(world)
    row, column = tile // tile_columns, tile % tile_columns
    for ring in range(max(rows, tile_columns)):
        if ring > 0 and is_settled(scratch.lanes, ((ring - 1) * SIDE + 1) ** 2):
            return
        for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
            whole = r == row - ring or r == row + ring
            step = 1 if whole or ring == 0 else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if 0 <= c < tile_columns:
                    try_tile(world, rules, scratch, w, r * tile_columns + c)


@kernel
def is_settled(lanes, squared):  # type: ignore[no-untyped-def]
    """Return whether no speaker at a squared distance of `squared` or more can be heard in any lane."""
    last = lanes.shape[0] - 1
    for lane in range(LANES):
        if lanes[RADIUS, lane] >= squared and lanes[last, lane] >= squared * MOST_AGENTS:
            return False
    return True


@kernel
def try_tile(world, rules, scratch, w, tile):  # type: ignore[no-untyped-def]
    """Try the speakers of a tile on all lanes; write scratch.lanes."""
    for n in range(scratch.first_speaker[tile], scratch.first_speaker[tile + 1]):
        j = int(scratch.speakers[n])
        measure(scratch.lanes, int(world.row[w, j]), int(world.column[w, j]), j, world.row.shape[1])
        if rules.walls_block_sound:
            muffle(world, scratch.lanes, w, j)
        insert(scratch.lanes)


@kernel
def muffle(world, lanes, w, j):  # type: ignore[no-untyped-def]
    """Keep speaker `j` from the lanes that a wall parts from it; write row KEY of lanes."""
    for lane in range(LANES):
        if lanes[KEY, lane] < NOBODY and is_blocked(world, w, int(lanes[AGENT, lane]), j):
            lanes[KEY, lane] = NOBODY


@kernel
def note_card(world, rules, aired, w, i):  # type: ignore[no-untyped-def]
    """Return what is asked of agent `i` in one word: row, column, kin group, first symbol, and its own view radius."""
    place = int(world.row[w, i]) | int(world.column[w, i]) << 16
    return place | int(world.group[w, i]) << 32 | int(aired[i, 0]) << 48 | int(rules.sight[rules.body[i]]) << 56


@kernel
def fill_slots(ears, slots, speaker, heard, n_lanes, bond, tells_direction):  # type: ignore[no-untyped-def]
    """Fill the slots of the listeners in the lanes with the nearest speakers; write slots, speaker, heard."""
    n_agents = speaker.shape[0]
    for lane in range(n_lanes):
        i = int(ears.lanes[AGENT, lane])
        for k in range(speaker.shape[1]):
            key = int(ears.lanes[NEAREST + k, lane])
            j = (key & (MOST_AGENTS - 1)) + i
            j = j - n_agents if j >= n_agents else j
            tell(ears, slots, speaker, heard, i, k, j, int(key < NOBODY), bond, tells_direction)


@kernel
def tell(ears, slots, speaker, heard, i, k, j, there, bond, tells_direction):  # type: ignore[no-untyped-def]
    """Write what slot `k` tells agent `i` of speaker `j`, or zeros where nobody is `there` (0 or 1).

    Symbols, kinship, and the speaker's place if it is in view or given. Write slots, speaker, heard.
    """
    n_symbols, n_groups, slot = heard.shape[2], ears.shares.shape[0], i * speaker.shape[1] + k
    me, other = item(ears.card, i), item(ears.card, j)
    rows, columns = (other & 0xFFFF) - (me & 0xFFFF), (other >> 16 & 0xFFFF) - (me >> 16 & 0xFFFF)
    known = max(abs(rows), abs(columns)) < (UNKNOWN if tells_direction else (me >> 56) + 1)
    kinship = item(ears.shares, (me >> 32 & 0xFFFF) * n_groups + (other >> 32 & 0xFFFF))
    kinship = max(kinship, bond) if item(ears.partner, i) == j else kinship
    place = (rows & 255) << 16 | (columns & 255) << 24
    word = _HERE | (kinship & 255) << 8 | (place if known else _NOWHERE)
    store4(slots, slot * _N_COLUMNS, np.uint64(word & -there))
    put(speaker, slot, j | (there - 1))
    put(heard, slot * n_symbols, other >> 48 & 255 & -there)
    for position in range(1, n_symbols):
        put(heard, slot * n_symbols + position, item(ears.aired, j * ears.aired.shape[1] + position) & -there)


@kernel
def refine(world, rules, obs, scratch, ears, w, i):  # type: ignore[no-untyped-def]
    """Add to the slots of agent `i` what beacons carry, and see to walls that hide speakers and to noise; write obs."""
    n_heard = 0
    for k in range(obs.speaker.shape[2]):
        n_heard += obs.speaker[w, i, k] >= 0
    if rules.has_beacons:
        n_heard = hear_relayed(world, rules, obs, scratch, ears, w, i, n_heard)
    if rules.walls_block_sight and not rules.tell_direction:
        hide_places(world, rules, obs, scratch, w, i, n_heard)
    if is_blurred(rules):
        garble(world, rules, obs, w, i, n_heard)


@kernel
def hide_places(world, rules, obs, scratch, w, i, n_heard):  # type: ignore[no-untyped-def]
    """Take from the slots of agent `i` the places of speakers whom walls hide from it; write obs."""
    view = int(rules.sight[rules.body[i]])
    for k in range(n_heard):
        rows, columns = int(obs.slots[w, i, k, _ROW]), int(obs.slots[w, i, k, _COLUMN])
        if rows != UNKNOWN and not is_seen(rules, scratch, i, view, rows, columns):
            obs.slots[w, i, k, _ROW] = UNKNOWN
            obs.slots[w, i, k, _COLUMN] = UNKNOWN


@kernel
def hear_relayed(world, rules, obs, scratch, ears, w, i, n_heard):  # type: ignore[no-untyped-def]
    """Fill slots from the `n_heard`-th on with what beacons carry to agent `i` from speakers not heard directly.

    Return the number of slots then filled; write obs.
    """
    n_agents, n_direct = rules.body.shape[0], n_heard
    slots, speaker, heard = obs.slots[w], obs.speaker[w], obs.heard[w]
    for k in range(speaker.shape[1]):
        slots[i, k, _RELAYED] = 0
    for step in range(1, n_agents):
        j = (i + step) % n_agents
        if n_heard == speaker.shape[1] or is_silent(ears.aired, world.message.shape[2], j):
            continue
        known = (relays(world, w, j) & int(scratch.reached[i])) == 0
        for k in range(n_direct):
            known |= speaker[i, k] == j
        if not known:
            tell(ears, slots, speaker, heard, i, n_heard, j, 1, rules.seen_bond, rules.tell_direction)
            slots[i, n_heard, _RELAYED] = 1
            n_heard += 1
    return n_heard


@kernel
def garble(world, rules, obs, w, i, n_heard):  # type: ignore[no-untyped-def]
    """Replace what noise makes of the symbols and kinships in the filled slots of agent `i`; write obs."""
    step = step_key(world.key[w], int(world.t[w]))
    for k in range(n_heard):
        j = int(obs.speaker[w, i, k])
        obs.slots[w, i, k, _KINSHIP] = blur(world, rules, w, i, j, int(obs.slots[w, i, k, _KINSHIP]))
        for position in range(obs.heard.shape[3]):
            garbled = uniform(draw_pair(step, i, j, _NOISE, 2 * position)) < rules.noise
            if garbled and obs.heard[w, i, k, position] != 0:
                symbol = 1 + below(draw_pair(step, i, j, _NOISE, 2 * position + 1), rules.n_symbols - 1)
                obs.heard[w, i, k, position] = symbol
