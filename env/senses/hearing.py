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
    KIN,
    MARK,
    MOST_AGENTS,
    NEAREST,
    NOBODY,
    PARTNER,
    PLACE,
    RADIUS,
    SHARES,
    SIGHT,
    WHO,
    clear,
    insert,
    measure,
    n_slots,
    phrase,
    point,
    row_of,
)
from commlab.env.senses.muffle import is_blocked
from commlab.env.senses.relation import blur
from commlab.env.senses.sight import is_seen
from commlab.env.senses.tiles import LISTENERS, SPEAKERS, sort_into_tiles, speaks, tiles_along
from commlab.env.types import LANES, UNKNOWN, Bytes, Ints, Longs, Shorts, Slot, Trait

_PRESENT, _KINSHIP, _N_COLUMNS = int(Slot.PRESENT), int(Slot.KINSHIP), len(Slot)
_ROW, _COLUMN, _RELAYED = int(Slot.ROW), int(Slot.COLUMN), int(Slot.RELAYED)
_HEARING, _NOISE = int(Trait.HEARING), int(Purpose.NOISE)
_EIGHT = 8
_EVERYWHERE = 2**20  # a squared radius beyond every map


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
    split = sort_into_tiles(world, scratch, aired, w)
    if rules.has_beacons:
        reach_beacons(world, scratch, w)
    tile_columns = tiles_along(world.grid.shape[2], LISTENERS)
    for tile in range(tile_columns * tiles_along(world.grid.shape[1], LISTENERS) if split else 1):
        stop = scratch.first_listener[tile + 1]
        for first in range(scratch.first_listener[tile], stop, LANES):
            n_lanes = min(LANES, stop - first)
            take_seats(world, rules, scratch, w, first, n_lanes)
            if split:
                try_rings(world, rules, scratch, w, tile, tile_columns)
            else:
                try_tile(world, rules, scratch, w, 0)
            fill_slots(ears, slots, speaker, heard, n_lanes, rules.seen_bond)
    if rules.has_beacons or rules.walls_block_sight or is_blurred(rules):
        for i in range(rules.body.shape[0]):
            refine(world, rules, obs, scratch, ears, w, i)


@kernel
def is_blurred(rules):  # type: ignore[no-untyped-def]
    """Return whether agents hear or see kinship otherwise than it is."""
    return rules.noise > 0 or rules.kinship_hidden or rules.kinship_noise > 0


@kernel
def relays(world, w, j):  # type: ignore[no-untyped-def]
    """Return the links that carry what is now heard of agent `j`."""
    if world.air.shape[1] > 0:
        return int(world.air[w, (int(world.t[w]) - 1) % world.air.shape[1], j, world.message.shape[2]])
    return int(world.relayed[w, j])


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
        lanes[SIGHT, lane] = UNKNOWN - 1 if rules.tell_direction else rules.sight[rules.body[i]]
        lanes[SHARES, lane] = int(world.group[w, i]) * world.seen_shares.shape[1]
        lanes[PARTNER, lane] = world.partner[w, i]


@kernel
def try_rings(world, rules, scratch, w, tile, tile_columns):  # type: ignore[no-untyped-def]
    """Try the speakers around a tile of listeners, ring by ring, as long as they may matter; write scratch.lanes."""
    rows, columns = tiles_along(world.grid.shape[1], SPEAKERS), tiles_along(world.grid.shape[2], SPEAKERS)
    row, column = 2 * (tile // tile_columns), 2 * (tile % tile_columns)  # of the first of the listeners' four tiles
    for ring in range(max(rows, columns)):
        if ring > 0 and is_settled(scratch.lanes, (((ring - 1) << SPEAKERS) + 1) ** 2):
            return
        top, bottom, left, right = row - ring, row + 1 + ring, column - ring, column + 1 + ring
        for r in range(max(top, 0), min(bottom, rows - 1) + 1):
            step = 1 if r == top or r == bottom else right - left
            for c in range(left, right + 1, step):
                if 0 <= c < columns:
                    try_tile(world, rules, scratch, w, r * columns + c)


@kernel
def is_settled(lanes, squared):  # type: ignore[no-untyped-def]
    """Return whether no speaker at a squared distance of `squared` or more can be heard in any lane."""
    last = NEAREST + n_slots(lanes) - 1
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
def fill_slots(ears, slots, speaker, heard, n_lanes, bond):  # type: ignore[no-untyped-def]
    """Fill the slots of the listeners in the lanes with the nearest speakers; write slots, speaker, heard and lanes.

    All slots together in each of four passes, for what is stored by numbers and read as a vector, or the other way
    round, has to wait for the cache.
    """
    for k in range(speaker.shape[1]):
        point(ears.lanes, k, speaker.shape[0])
    for k in range(speaker.shape[1]):
        for first in range(0, n_lanes, _EIGHT):
            look_up(ears, k, first)
    for k in range(speaker.shape[1]):
        phrase(ears.lanes, k, bond)
    for k in range(speaker.shape[1]):
        write_slot(ears, slots, speaker, heard, n_lanes, k)
        if heard.shape[2] > 1:
            hear_out(ears, speaker, heard, n_lanes, k)


@kernel
def look_up(ears, k, first):  # type: ignore[no-untyped-def]
    """Look up what is known of the k-th nearest speakers of eight lanes; write their rows PLACE, MARK and KIN of lanes.

    Always eight, for a loop of known length is faster even where some lanes are empty.
    """
    lanes = ears.lanes
    who, place = row_of(lanes, WHO, k) * LANES + first, row_of(lanes, PLACE, k) * LANES + first
    mark, kin = row_of(lanes, MARK, k) * LANES + first, row_of(lanes, KIN, k) * LANES + first
    for lane in range(_EIGHT):
        card = item(ears.card, item(lanes, who + lane))
        kinship = item(ears.shares, item(lanes, SHARES * LANES + first + lane) + (card >> 32 & 0xFFFF))
        put(lanes, place + lane, card & 0x7FFFFFFF)
        put(lanes, mark + lane, card >> 32)
        put(lanes, kin + lane, kinship)


@kernel
def write_slot(ears, slots, speaker, heard, n_lanes, k):  # type: ignore[no-untyped-def]
    """Write slot `k` of the listeners in the lanes; write slots, speaker, heard."""
    lanes, n_slots = ears.lanes, speaker.shape[1]
    who, word, symbol = row_of(lanes, WHO, k) * LANES, row_of(lanes, PLACE, k) * LANES, row_of(lanes, MARK, k) * LANES
    for lane in range(n_lanes):
        slot = item(lanes, AGENT * LANES + lane) * n_slots + k
        store4(slots, slot * _N_COLUMNS, np.uint64(item(lanes, word + lane)))
        put(speaker, slot, item(lanes, who + lane))
        put(heard, slot * heard.shape[2], item(lanes, symbol + lane))


@kernel
def hear_out(ears, speaker, heard, n_lanes, k):  # type: ignore[no-untyped-def]
    """Fill in the later symbols of the messages in slot `k` of the listeners in the lanes; write heard."""
    for lane in range(n_lanes):
        i = int(ears.lanes[AGENT, lane])
        j = int(speaker[i, k])
        for position in range(1, heard.shape[2]):
            heard[i, k, position] = ears.aired[j, position] if j >= 0 else 0


@kernel
def tell(ears, slots, speaker, heard, i, k, j, bond, tells_direction):  # type: ignore[no-untyped-def]
    """Write what slot `k` tells agent `i` of speaker `j`, whom a beacon relays; write slots, speaker, heard."""
    me, other = item(ears.card, i), item(ears.card, j)
    rows, columns = (other & 0xFFFF) - (me & 0xFFFF), (other >> 16 & 0xFFFF) - (me >> 16 & 0xFFFF)
    known = max(abs(rows), abs(columns)) < (UNKNOWN if tells_direction else (me >> 56) + 1)
    kinship = int(ears.shares[me >> 32 & 0xFFFF, other >> 32 & 0xFFFF])
    slots[i, k, _PRESENT] = 1
    slots[i, k, _KINSHIP] = max(kinship, bond) if ears.partner[i] == j else kinship
    slots[i, k, _ROW] = rows if known else UNKNOWN
    slots[i, k, _COLUMN] = columns if known else UNKNOWN
    slots[i, k, _RELAYED] = 1
    speaker[i, k] = j
    for position in range(heard.shape[2]):
        heard[i, k, position] = ears.aired[j, position]


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
        if n_heard == speaker.shape[1] or not speaks(ears.aired, world.message.shape[2], j):
            continue
        known = (relays(world, w, j) & int(scratch.reached[i])) == 0
        for k in range(n_direct):
            known |= speaker[i, k] == j
        if not known:
            tell(ears, slots, speaker, heard, i, n_heard, j, rules.seen_bond, rules.tell_direction)
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
