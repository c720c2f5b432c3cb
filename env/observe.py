"""What agents see: an egocentric window, the nearest things in it, and their own state."""

from __future__ import annotations

from commlab.env.channel import hear, sixteenths
from commlab.env.kernel import kernel
from commlab.env.types import N_KINDS, VIEW, WINDOW, Cell, Entity, Own

_EMPTY, _WALL, _AGENT, _UNSEEN = int(Cell.EMPTY), int(Cell.WALL), int(Cell.AGENT), int(Cell.UNSEEN)
_KIND, _ROW, _COLUMN = int(Entity.KIND), int(Entity.ROW), int(Entity.COLUMN)
_KINSHIP, _FACING, _BODY = int(Entity.KINSHIP), int(Entity.FACING), int(Entity.BODY)
_GREEN = int(Own.GREEN)
_OWN_BODY, _OWN_FACING, _LAST_ACTION, _ENERGY = int(Own.BODY), int(Own.FACING), int(Own.LAST_ACTION), int(Own.ENERGY)
_OWN_ROW, _OWN_COLUMN, _ALTAR_COST = int(Own.ROW), int(Own.COLUMN), int(Own.ALTAR_COST)


@kernel
def observe_worlds(world, rules, obs, start, stop):  # type: ignore[no-untyped-def]
    """Fill the observations of worlds start .. stop - 1; write `obs` alone."""
    for w in range(start, stop):
        for i in range(rules.body.shape[0]):
            look(world, rules, obs, w, i)
            list_entities(world, rules, obs, w, i)
            feel(world, rules, obs, w, i)
            hear(world, rules, obs, w, i)


@kernel
def look(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Copy the rows of the grid around agent `i` into its window, masked to its body's view; write window."""
    view = int(rules.sight[rules.body[i]])
    top, left = int(world.row[w, i]) - VIEW, int(world.column[w, i]) - VIEW
    first, last = VIEW - view, VIEW + view
    for r in range(WINDOW):
        if r < first or r > last:
            obs.window[w, i, r] = _UNSEEN
            continue
        for c in range(WINDOW):
            obs.window[w, i, r, c] = world.grid[w, top + r, left + c]
        for c in range(first):
            obs.window[w, i, r, c] = _UNSEEN
            obs.window[w, i, r, WINDOW - 1 - c] = _UNSEEN


@kernel
def list_entities(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """List the nearest agents and objects that agent `i` sees, itself left out; write entities."""
    view = int(rules.sight[rules.body[i]])
    row, column = int(world.row[w, i]), int(world.column[w, i])
    n_entities = obs.entities.shape[2]
    obs.entities[w, i] = 0
    found = 0
    for n in range(1, (2 * view + 1) ** 2):
        rows, columns = int(rules.offsets[n, 0]), int(rules.offsets[n, 1])
        code = int(world.grid[w, row + rows, column + columns])
        if code == _EMPTY or code == _WALL or code == _UNSEEN:
            continue
        if found == n_entities:
            return
        obs.entities[w, i, found, _KIND] = code
        obs.entities[w, i, found, _ROW] = rows
        obs.entities[w, i, found, _COLUMN] = columns
        if code == _AGENT:
            j = int(world.occupant[w, row + rows, column + columns])
            obs.entities[w, i, found, _KINSHIP] = sixteenths(world.kinship[w, i, j])
            obs.entities[w, i, found, _FACING] = world.facing[w, j]
            obs.entities[w, i, found, _BODY] = rules.body[j]
        found += 1


@kernel
def feel(world, rules, obs, w, i):  # type: ignore[no-untyped-def]
    """Write the own state of agent `i` and the episode's prices; write vector."""
    obs.vector[w, i, _OWN_BODY] = rules.body[i]
    obs.vector[w, i, _OWN_FACING] = world.facing[w, i]
    obs.vector[w, i, _LAST_ACTION] = world.last_action[w, i]
    obs.vector[w, i, _ENERGY] = world.energy[w, i]
    obs.vector[w, i, _OWN_ROW] = world.row[w, i] - VIEW if rules.tell_position else -1
    obs.vector[w, i, _OWN_COLUMN] = world.column[w, i] - VIEW if rules.tell_position else -1
    for kind in range(N_KINDS):
        obs.vector[w, i, _GREEN + kind] = world.inventory[w, i, kind]
    obs.vector[w, i, _ALTAR_COST] = rules.altar_cost
