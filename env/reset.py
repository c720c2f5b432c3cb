"""How an episode begins: what it draws, objects at their places or at sites, agents at their marks or anywhere."""

from __future__ import annotations

from commlab.env.cells import occupy
from commlab.env.episode import draw_episode, draw_object
from commlab.env.kernel import kernel
from commlab.env.kinship import draw_kinship
from commlab.env.randomness import Purpose, below, draw, episode_key, step_key, uniform
from commlab.env.sites import free_site, stand
from commlab.env.types import VIEW, Action, Cell, Number, Trait

_EMPTY, _WALL, _AGENT = int(Cell.EMPTY), int(Cell.WALL), int(Cell.AGENT)
_CONVERTER, _BEACON = int(Cell.CONVERTER), int(Cell.BEACON)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)
_SCATTER, _PLACE, _CARRY = int(Purpose.SCATTER), int(Purpose.PLACE), int(Purpose.CARRY)
_NORTH, _WALL_HP, _MAX_ENERGY, _LIMIT = int(Action.NORTH), int(Number.WALL_HP), int(Trait.MAX_ENERGY), int(Trait.CARRY)
_CONVERTER_HP, _CONVERTER_ENERGY = int(Number.CONVERTER_HP), int(Number.CONVERTER_ENERGY)
_BEACON_HP, _BEACON_ENERGY = int(Number.BEACON_HP), int(Number.BEACON_ENERGY)
_TRIES = 255


@kernel
def reset_worlds(world, rules, seed, episodes, scatter, start, stop):  # type: ignore[no-untyped-def]
    """Begin episode `episodes[w]` in worlds start .. stop - 1, agents scattered with chance `scatter`; write world."""
    for w in range(start, stop):
        reset_world(world, rules, seed, episodes[w], scatter, w)


@kernel
def reset_world(world, rules, seed, episode, scatter, w):  # type: ignore[no-untyped-def]
    """Begin an episode in world `w`, agents scattered with chance `scatter`; write world."""
    world.episode[w] = episode
    world.key[w] = episode_key(seed, episode)
    step = step_key(world.key[w], -1)
    clear(world, w)
    draw_episode(world, rules, w, step)
    draw_kinship(world, rules, w, step)
    lay_map(world, rules, w)
    scattered = uniform(draw(step, -1, _SCATTER, 0)) < scatter
    place_marked(world, rules, w, scattered)
    place_objects(world, rules, w, step)
    place_anywhere(world, rules, w, scattered, step)


@kernel
def clear(world, w):  # type: ignore[no-untyped-def]
    """Forget the episode before: nobody has done, said or earned anything. Write all arrays that begin as zeros."""
    world.t[w] = 0
    world.terminated[w] = False
    world.truncated[w] = False
    world.inflow[w] = 0
    world.row[w] = -1
    world.column[w] = -1
    world.facing[w] = 0
    world.last_action[w] = 0
    world.inventory[w] = 0
    world.shield[w] = 0
    world.frozen[w] = 0
    world.courting[w] = -1
    world.courted_at[w] = 0
    world.partner[w] = -1
    world.message[w] = 0
    world.relayed[w] = 0
    world.air[w] = 0
    world.object_row[w] = -1
    world.object_column[w] = -1
    world.own_reward[w] = 0
    world.shared_reward[w] = 0
    world.stats[w] = 0


@kernel
def lay_map(world, rules, w):  # type: ignore[no-untyped-def]
    """Lay the episode's bare map; write grid, occupant, n_walls. Only walls within the border can break."""
    m, hp, n_walls = int(world.map[w]), int(world.numbers[w, _WALL_HP]), 0
    rows, columns = rules.grids.shape[1], rules.grids.shape[2]
    for r in range(rows):
        within = VIEW < r < rows - VIEW - 1
        for c in range(columns):
            code = rules.grids[m, r, c]
            world.grid[w, r, c] = code
            world.occupant[w, r, c] = 0 if code == _WALL else -1
            if code == _WALL and within and VIEW < c < columns - VIEW - 1:
                world.occupant[w, r, c] = hp
                n_walls += hp > 0
    world.n_walls[w] = n_walls


@kernel
def put_agent(world, w, i, row, column):  # type: ignore[no-untyped-def]
    """Put agent `i` on a cell; write row, column, grid, occupant."""
    world.row[w, i] = row
    world.column[w, i] = column
    occupy(world, w, row, column, _AGENT, i)


@kernel
def roams(rules, i, scattered):  # type: ignore[no-untyped-def]
    """Return whether agent `i` begins anywhere: it has no mark, or agents are scattered and it can walk."""
    return rules.start_row[0, i] < 0 or (scattered and rules.may[rules.body[i], _NORTH])


@kernel
def place_marked(world, rules, w, scattered):  # type: ignore[no-untyped-def]
    """Put the agents that begin at their marks there."""
    m = int(world.map[w])
    for i in range(rules.body.shape[0]):
        if not roams(rules, i, scattered):
            put_agent(world, w, i, int(rules.start_row[m, i]), int(rules.start_column[m, i]))


@kernel
def place_objects(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Put objects at their places, and those without one at free sites drawn for them; write all arrays of objects."""
    m = int(world.map[w])
    for o in range(rules.kind.shape[0]):
        furnish(world, rules, w, o, step)
        if rules.kind[o] == _EMPTY:
            continue
        row, column = int(rules.object_row[m, o]), int(rules.object_column[m, o])
        if row < 0:
            s = free_site(world, rules, w, o, step)
            row, column = int(rules.sites[m, s, 0]), int(rules.sites[m, s, 1])
        stand(world, w, o, row, column)


@kernel
def furnish(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Give object `o` what it begins with; write kind, link, stock, timer, hp, embodied and what `draw_object` does."""
    draw_object(world, rules, w, o, step)
    kind = rules.kind[o]
    world.kind[w, o] = kind
    world.link[w, o] = rules.link[o]
    world.stock[w, o] = world.max_stock[w, o]
    world.timer[w, o] = world.stay[w, o]
    world.hp[w, o] = 0
    world.embodied[w, o] = 0
    if kind == _CONVERTER:
        world.hp[w, o] = world.numbers[w, _CONVERTER_HP]
        world.embodied[w, o] = world.numbers[w, _CONVERTER_ENERGY]
    elif kind == _BEACON:
        world.hp[w, o] = world.numbers[w, _BEACON_HP]
        world.embodied[w, o] = world.numbers[w, _BEACON_ENERGY]


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
        value = int(world.value[w, kind - _FIRST_CRYSTAL])
        body = rules.body[i]
        if world.reservoir[w] < value:
            return
        if rules.yields_energy:
            value = min(value, int(world.trait[w, body, _MAX_ENERGY]) - int(world.energy[w, i]))
            world.energy[w, i] += value
        elif world.trait[w, body, _LIMIT] > 0:
            world.inventory[w, i, kind - _FIRST_CRYSTAL] += 1
        else:
            return
        world.reservoir[w] -= value
        return
