"""Agents by where they are: sorted into square tiles of the map, so that neighbours are found without asking everyone.

Listeners are sorted into tiles of 16 cells a side, speakers into tiles of 8, four of which make one of the listeners'.
"""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import VIEW

FEW = 32  # agents: so many are one tile
SPEAKERS, LISTENERS = 3, 4  # the sides of tiles are 2 to the power of these, in cells


def n_tiles(extent: int, bits: int) -> int:
    """Return how many tiles cover a side of a padded grid."""
    return -(-(extent - 2 * VIEW) // (1 << bits))


@kernel
def tiles_along(extent, bits):  # type: ignore[no-untyped-def]
    """Return how many tiles cover a side of a padded grid."""
    return (extent - 2 * VIEW + (1 << bits) - 1) >> bits


@kernel
def sort_into_tiles(world, scratch, aired, w):  # type: ignore[no-untyped-def]
    """Sort agents, and those of them who speak, by tile; return whether there is more than one.

    Write scratch.first_listener, listeners, first_speaker, speakers, chosen.
    """
    n_agents, n_symbols = world.row.shape[1], world.message.shape[2]
    split = n_agents > FEW
    listeners, speakers = (scratch.chosen, scratch.chosen) if split else (scratch.listeners, scratch.speakers)
    for i in range(n_agents):
        listeners[i] = i
    if split:
        sort_by_tile(world, w, scratch.chosen, n_agents, LISTENERS, scratch.first_listener, scratch.listeners)
    n_speakers = 0
    for i in range(n_agents):
        speakers[n_speakers] = i
        n_speakers += int(speaks(aired, n_symbols, i))
    if split:
        sort_by_tile(world, w, scratch.chosen, n_speakers, SPEAKERS, scratch.first_speaker, scratch.speakers)
    else:
        scratch.first_listener[0] = 0
        scratch.first_listener[1] = n_agents
        scratch.first_speaker[0] = 0
        scratch.first_speaker[1] = n_speakers
    return split


@kernel
def sort_by_tile(world, w, chosen, n_chosen, bits, first, agents):  # type: ignore[no-untyped-def]
    """Sort the first of the chosen agents by tile (a counting sort); write first, agents."""
    columns = tiles_along(world.grid.shape[2], bits)
    n = columns * tiles_along(world.grid.shape[1], bits)
    for tile in range(n + 1):
        first[tile] = 0
    for c in range(n_chosen):
        first[tile_of(world, w, int(chosen[c]), columns, bits) + 1] += 1
    for tile in range(n):
        first[tile + 1] += first[tile]
    for c in range(n_chosen):
        tile = tile_of(world, w, int(chosen[c]), columns, bits)
        agents[first[tile]] = chosen[c]
        first[tile] += 1  # in the end, where the next tile begins
    for tile in range(n, 0, -1):
        first[tile] = first[tile - 1]
    first[0] = 0


@kernel
def tile_of(world, w, i, columns, bits):  # type: ignore[no-untyped-def]
    """Return the tile on which agent `i` stands."""
    row, column = int(world.row[w, i]) - VIEW, int(world.column[w, i]) - VIEW
    return (row >> bits) * columns + (column >> bits)


@kernel
def speaks(aired, n_symbols, j):  # type: ignore[no-untyped-def]
    """Return whether anything of agent `j` can be heard now; `aired` (A, L or more) are the messages in the air."""
    heard = aired[j, 0] != 0
    for position in range(1, n_symbols):
        heard |= aired[j, position] != 0
    return heard
