"""The channel's receiving end: which speakers an agent hears, and what its slots tell of them.

Agents are sorted into square tiles of the map. The listeners of a tile are handled side by side; speakers are tried
ring by ring of tiles around them, until no farther one can be among a listener's nearest. So the cost of an agent
depends on who is near, not on how many there are.
"""

from __future__ import annotations

import numpy as np

from commlab.env.channel import reach_beacons
from commlab.env.kernel import kernel
from commlab.env.muffle import is_blocked
from commlab.env.randomness import Purpose, below, draw_pair, step_key, uniform
from commlab.env.relation import seen_kinship
from commlab.env.sight import sees
from commlab.env.types import LANE_ROWS, LANES, UNKNOWN, VIEW, Slot, Trait

_PRESENT, _KINSHIP, _ROW, _COLUMN = int(Slot.PRESENT), int(Slot.KINSHIP), int(Slot.ROW), int(Slot.COLUMN)
_RELAYED, _HEARING, _NOISE = int(Slot.RELAYED), int(Trait.HEARING), int(Purpose.NOISE)
_AT_ROW, _AT_COLUMN, _RADIUS, _AGENT, _KEY = range(LANE_ROWS)
_NEAREST = LANE_ROWS  # the first of the rows that hold the nearest speakers
_MOST_AGENTS = 1024  # a key is a squared distance times this, plus how far on in the list of agents the speaker is
_NOBODY = 2**30
_EVERYWHERE = 2**20  # a squared radius beyond every map
SIDE = 16  # of a tile, in cells
FEW = 32  # agents: so many are one tile


@kernel
def hear_world(world, rules, obs, scratch, w):  # type: ignore[no-untyped-def]
    """Fill the hearing slots of all agents of a world; write obs.heard, slots, speaker, and scratch."""
    tile_columns = sort_into_tiles(world, scratch, w)
    if rules.has_beacons:
        reach_beacons(world, scratch, w)
    n_tiles = 1 if tile_columns == 0 else tile_columns * tile_rows(world)
    for tile in range(n_tiles):
        stop = scratch.first_listener[tile + 1]
        for first in range(scratch.first_listener[tile], stop, LANES):
            n_lanes = min(LANES, stop - first)
            take_seats(world, rules, scratch, w, first, n_lanes)
            try_rings(world, rules, scratch, w, tile, tile_columns)
            for lane in range(n_lanes):
                fill_slots(world, rules, obs, scratch, w, lane)


@kernel
def tile_rows(world):  # type: ignore[no-untyped-def]
    """Return the rows of tiles on the map."""
    return (world.grid.shape[1] - 2 * VIEW + SIDE - 1) // SIDE


@kernel
def sort_into_tiles(world, scratch, w):  # type: ignore[no-untyped-def]
    """Sort agents and those of them who speak by tile; return the columns of tiles, 0 where all are one tile.

    Write scratch.first_listener, listeners, first_speaker, speakers.
    """
    n_agents = world.row.shape[1]
    if n_agents <= FEW:
        n_speakers = 0
        for i in range(n_agents):
            scratch.listeners[i] = i
            scratch.speakers[n_speakers] = i
            n_speakers += not is_silent(world, w, i)
        scratch.first_listener[0] = 0
        scratch.first_listener[1] = n_agents
        scratch.first_speaker[0] = 0
        scratch.first_speaker[1] = n_speakers
        return 0
    columns = (world.grid.shape[2] - 2 * VIEW + SIDE - 1) // SIDE
    n_tiles = columns * tile_rows(world)
    count_into_tiles(world, scratch.first_listener, scratch.listeners, w, columns, n_tiles, False)
    count_into_tiles(world, scratch.first_speaker, scratch.speakers, w, columns, n_tiles, True)
    return columns


@kernel
def count_into_tiles(world, first, agents, w, columns, n_tiles, speaking):  # type: ignore[no-untyped-def]
    """Sort all agents, or those who are `speaking`, by tile (a counting sort); write first, agents."""
    for tile in range(n_tiles + 1):
        first[tile] = 0
    for i in range(world.row.shape[1]):
        if not (speaking and is_silent(world, w, i)):
            first[tile_of(world, w, i, columns) + 1] += 1
    for tile in range(n_tiles):
        first[tile + 1] += first[tile]
    for i in range(world.row.shape[1] - 1, -1, -1):
        if not (speaking and is_silent(world, w, i)):
            tile = tile_of(world, w, i, columns)
            first[tile + 1] -= 1
            agents[first[tile + 1]] = i
    shift_back(world, first, w, columns, n_tiles, speaking)


@kernel
def shift_back(world, first, w, columns, n_tiles, speaking):  # type: ignore[no-untyped-def]
    """Turn the beginnings that the sort left one place too far into `first` again; write first."""
    for tile in range(n_tiles):
        first[tile] = first[tile + 1]
    total = 0
    for i in range(world.row.shape[1]):
        total += not (speaking and is_silent(world, w, i))
    first[n_tiles] = total


@kernel
def tile_of(world, w, i, columns):  # type: ignore[no-untyped-def]
    """Return the tile on which agent `i` stands."""
    row, column = int(world.row[w, i]) - VIEW, int(world.column[w, i]) - VIEW
    return row // SIDE * columns + column // SIDE


@kernel
def symbol_in_air(world, w, j, position):  # type: ignore[no-untyped-def]
    """Return a symbol of agent `j` that is heard now; at position L: the links that relay it."""
    delay = world.air.shape[1]
    if delay > 0:
        return int(world.air[w, (int(world.t[w]) - 1) % delay, j, position])
    if position == world.message.shape[2]:
        return int(world.relayed[w, j])
    return int(world.message[w, j, position])


@kernel
def is_silent(world, w, j):  # type: ignore[no-untyped-def]
    """Return whether nothing of agent `j` can be heard now."""
    for position in range(world.message.shape[2]):
        if symbol_in_air(world, w, j, position) != 0:
            return False
    return True


@kernel
def take_seats(world, rules, scratch, w, first, n_lanes):  # type: ignore[no-untyped-def]
    """Seat listeners in the lanes, who know of no speaker yet; empty lanes hear nothing. Write scratch.lanes."""
    lanes = scratch.lanes
    for lane in range(LANES):
        for k in range(_NEAREST, lanes.shape[0]):
            lanes[k, lane] = _NOBODY
        lanes[_RADIUS, lane] = -1
        lanes[_AGENT, lane] = 0
    for lane in range(n_lanes):
        i = int(scratch.listeners[first + lane])
        radius = int(world.trait[w, rules.body[i], _HEARING])
        lanes[_AT_ROW, lane] = world.row[w, i]
        lanes[_AT_COLUMN, lane] = world.column[w, i]
        lanes[_RADIUS, lane] = radius * radius if radius >= 0 else _EVERYWHERE
        lanes[_AGENT, lane] = i


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
        if lanes[_RADIUS, lane] >= squared and lanes[last, lane] >= squared * _MOST_AGENTS:
            return False
    return True


@kernel
def try_tile(world, rules, scratch, w, tile):  # type: ignore[no-untyped-def]
    """Try the speakers of a tile on all lanes; write scratch.lanes."""
    for n in range(scratch.first_speaker[tile], scratch.first_speaker[tile + 1]):
        j = int(scratch.speakers[n])
        measure(scratch.lanes, np.int32(world.row[w, j]), np.int32(world.column[w, j]), np.int32(j), world.row.shape[1])
        if rules.walls_block_sound:
            muffle(world, scratch.lanes, w, j)
        insert(scratch.lanes)


@kernel
def measure(lanes, row, column, j, n_agents):  # type: ignore[no-untyped-def]
    """Work out the key of speaker `j` for every lane: the smaller, the nearer. Write row _KEY of lanes."""
    for lane in range(LANES):
        rows = np.int32(lanes[_AT_ROW, lane] - row)
        columns = np.int32(lanes[_AT_COLUMN, lane] - column)
        squared = np.int32(rows * rows + columns * columns)
        on = np.int32(j - lanes[_AGENT, lane])
        on = np.int32(on + n_agents) if on < 0 else on
        audible = (squared <= lanes[_RADIUS, lane]) & (on != 0)
        lanes[_KEY, lane] = np.int32(squared * _MOST_AGENTS + on) if audible else np.int32(_NOBODY)


@kernel
def muffle(world, lanes, w, j):  # type: ignore[no-untyped-def]
    """Keep speaker `j` from the lanes that a wall parts from it; write row _KEY of lanes."""
    for lane in range(LANES):
        if lanes[_KEY, lane] < _NOBODY and is_blocked(world, w, int(lanes[_AGENT, lane]), j):
            lanes[_KEY, lane] = _NOBODY


@kernel
def insert(lanes):  # type: ignore[no-untyped-def]
    """Put the keys where they belong among each lane's nearest; write lanes."""
    for k in range(_NEAREST, lanes.shape[0]):
        for lane in range(LANES):
            known, new = lanes[k, lane], lanes[_KEY, lane]
            lanes[k, lane] = known if known < new else new
            lanes[_KEY, lane] = new if known < new else known


@kernel
def fill_slots(world, rules, obs, scratch, w, lane):  # type: ignore[no-untyped-def]
    """Fill the slots of a lane's listener: the nearest it hears directly, then what beacons carry; write obs."""
    lanes, n_slots = scratch.lanes, obs.heard.shape[2]
    i, n_agents = int(lanes[_AGENT, lane]), rules.body.shape[0]
    n_heard = 0
    for k in range(n_slots):
        key = int(lanes[_NEAREST + k, lane])
        if key < _NOBODY:
            fill_slot(world, rules, obs, scratch, w, i, k, (key % _MOST_AGENTS + i) % n_agents, False)
            n_heard += 1
        else:
            clear_slot(obs, w, i, k)
    if rules.has_beacons and scratch.reached[i] != 0:
        hear_relayed(world, rules, obs, scratch, w, i, n_heard)


@kernel
def hear_relayed(world, rules, obs, scratch, w, i, n_heard):  # type: ignore[no-untyped-def]
    """Fill slots from the `n_heard`-th on with what beacons carry to agent `i` of speakers not heard directly; write obs."""
    n_agents, n_direct = rules.body.shape[0], n_heard
    for step in range(1, n_agents):
        j = (i + step) % n_agents
        links = symbol_in_air(world, w, j, world.message.shape[2]) & int(scratch.reached[i])
        if n_heard == obs.heard.shape[2] or links == 0 or is_silent(world, w, j):
            continue
        known = False
        for k in range(n_direct):
            known |= obs.speaker[w, i, k] == j
        if not known:
            fill_slot(world, rules, obs, scratch, w, i, n_heard, j, True)
            n_heard += 1


@kernel
def clear_slot(obs, w, i, k):  # type: ignore[no-untyped-def]
    """Empty slot `k` of agent `i`; write obs.heard, slots, speaker."""
    obs.heard[w, i, k] = 0
    obs.slots[w, i, k] = 0
    obs.speaker[w, i, k] = -1


@kernel
def fill_slot(world, rules, obs, scratch, w, i, k, j, relayed):  # type: ignore[no-untyped-def]
    """Write what slot `k` tells agent `i` of speaker `j`: symbols, kinship, and its place if seen or given."""
    for position in range(obs.heard.shape[3]):
        obs.heard[w, i, k, position] = receive(world, rules, w, i, j, position)
    rows = int(world.row[w, j]) - int(world.row[w, i])
    columns = int(world.column[w, j]) - int(world.column[w, i])
    near = max(abs(rows), abs(columns)) < UNKNOWN
    known = sees(scratch.seen[i], rows, columns) or (rules.tell_direction and near)
    obs.slots[w, i, k, _PRESENT] = 1
    obs.slots[w, i, k, _KINSHIP] = seen_kinship(world, rules, w, i, j)
    obs.slots[w, i, k, _ROW] = rows if known else UNKNOWN
    obs.slots[w, i, k, _COLUMN] = columns if known else UNKNOWN
    obs.slots[w, i, k, _RELAYED] = relayed
    obs.speaker[w, i, k] = j


@kernel
def receive(world, rules, w, i, j, position):  # type: ignore[no-untyped-def]
    """Return the symbol of agent `j` as agent `i` hears it, noise and all."""
    symbol = symbol_in_air(world, w, j, position)
    if rules.noise > 0 and symbol != 0:
        step = step_key(world.key[w], int(world.t[w]))
        if uniform(draw_pair(step, i, j, _NOISE, 2 * position)) < rules.noise:
            return 1 + below(draw_pair(step, i, j, _NOISE, 2 * position + 1), rules.n_symbols - 1)
    return symbol
