"""How an episode begins: objects on the map, crystals at sites, agents at their marks or anywhere."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, draw, episode_key, step_key, uniform
from commlab.env.sites import free_site, stand
from commlab.env.types import Action, Cell

_EMPTY, _AGENT = int(Cell.EMPTY), int(Cell.AGENT)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)
_SCATTER, _PLACE, _CARRY = int(Purpose.SCATTER), int(Purpose.PLACE), int(Purpose.CARRY)
_NORTH = int(Action.NORTH)
_TRIES = 255


@kernel
def reset_worlds(world, rules, seed, episodes, scatter, start, stop):  # type: ignore[no-untyped-def]
    """Begin episode `episodes[w]` in worlds start .. stop - 1, agents scattered with chance `scatter`; write world."""
    for w in range(start, stop):
        world.episode[w] = episodes[w]
        world.key[w] = episode_key(seed, episodes[w])
        step = step_key(world.key[w], -1)
        clear(world, rules, w)
        scattered = uniform(draw(step, -1, _SCATTER, 0)) < scatter
        place_marked(world, rules, w, scattered)
        place_objects(world, rules, w, step)
        place_anywhere(world, rules, w, scattered, step)


@kernel
def clear(world, rules, w):  # type: ignore[no-untyped-def]
    """Empty world `w`: the bare map, nobody on it, all energy that is not in bodies in the ground."""
    world.t[w] = 0
    world.truncated[w] = False
    world.reservoir[w] = rules.reservoir
    copy_rows(world.grid[w], rules.start_grid)
    copy_rows(world.kinship[w], rules.kinship)
    world.occupant[w] = -1
    world.inventory[w] = 0
    world.message[w] = 0
    world.facing[w] = 0
    world.last_action[w] = 0
    world.own_reward[w] = 0
    world.shared_reward[w] = 0
    world.object_row[w] = -1
    world.object_column[w] = -1
    for o in range(rules.start_kind.shape[0]):
        world.kind[w, o] = rules.start_kind[o]
        world.stock[w, o] = rules.max_stock[o]
        world.timer[w, o] = rules.stay[o]
    world.row[w] = -1
    for i in range(rules.body.shape[0]):
        world.energy[w, i] = rules.start_energy[rules.body[i]]


@kernel
def copy_rows(target, source):  # type: ignore[no-untyped-def]
    """Copy a matrix into another of its shape; write `target`."""
    for r in range(source.shape[0]):
        for c in range(source.shape[1]):
            target[r, c] = source[r, c]


@kernel
def put_agent(world, w, i, row, column):  # type: ignore[no-untyped-def]
    """Put agent `i` on a cell; write row, column, grid, occupant."""
    world.row[w, i] = row
    world.column[w, i] = column
    world.grid[w, row, column] = _AGENT
    world.occupant[w, row, column] = i


@kernel
def roams(rules, i, scattered):  # type: ignore[no-untyped-def]
    """Return whether agent `i` begins anywhere: it has no mark, or agents are scattered and it can walk."""
    return rules.start_row[i] < 0 or (scattered and rules.may[rules.body[i], _NORTH])


@kernel
def place_marked(world, rules, w, scattered):  # type: ignore[no-untyped-def]
    """Put the agents that begin at their marks there."""
    for i in range(rules.body.shape[0]):
        if not roams(rules, i, scattered):
            put_agent(world, w, i, int(rules.start_row[i]), int(rules.start_column[i]))


@kernel
def place_objects(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Put objects at their places, and those without one at free sites drawn for them."""
    for o in range(rules.start_kind.shape[0]):
        row, column = int(rules.start_object_row[o]), int(rules.start_object_column[o])
        if row < 0:
            s = free_site(world, rules, w, o, step)
            row, column = int(rules.sites[s, 0]), int(rules.sites[s, 1])
        stand(world, w, o, row, column)


@kernel
def place_anywhere(world, rules, w, scattered, step):  # type: ignore[no-untyped-def]
    """Put the other agents on free cells drawn for them; scattered ones may already carry what they would fetch."""
    for i in range(rules.body.shape[0]):
        if not roams(rules, i, scattered):
            continue
        cell = free_cell(world, w, i, step)
        columns = world.grid.shape[2]
        put_agent(world, w, i, cell // columns, cell % columns)
        if scattered and uniform(draw(step, i, _CARRY, 0)) < rules.carrying:
            load(world, rules, w, i, step)


@kernel
def free_cell(world, w, i, step):  # type: ignore[no-untyped-def]
    """Return the flat index of an empty cell drawn for agent `i` (after many misses: the next one that is empty)."""
    columns = world.grid.shape[2]
    n_cells = world.grid.shape[1] * columns
    cell = 0
    for attempt in range(_TRIES):
        cell = below(draw(step, i, _PLACE, attempt), n_cells)
        if world.grid[w, cell // columns, cell % columns] == _EMPTY:
            return cell
    while world.grid[w, cell // columns, cell % columns] != _EMPTY:
        cell = (cell + 1) % n_cells
    return cell


@kernel
def load(world, rules, w, i, step):  # type: ignore[no-untyped-def]
    """Give agent `i` a unit of a kind of crystal that the world has; write energy, inventory, reservoir."""
    n_objects = world.kind.shape[1]
    first = below(draw(step, i, _CARRY, 1), n_objects)
    for offset in range(n_objects):
        kind = int(world.kind[w, (first + offset) % n_objects])
        if kind < _FIRST_CRYSTAL or kind > _LAST_CRYSTAL:
            continue
        value = rules.value[kind - _FIRST_CRYSTAL]
        body = rules.body[i]
        if world.reservoir[w] < value:
            return
        if rules.yields_energy:
            value = min(value, rules.max_energy[body] - world.energy[w, i])
            world.energy[w, i] += value
        elif rules.carry[body] > 0:
            world.inventory[w, i, kind - _FIRST_CRYSTAL] += 1
        else:
            return
        world.reservoir[w] -= value
        return
