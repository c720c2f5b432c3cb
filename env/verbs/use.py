"""Using the object faced: take from a crystal, feed a converter, burn energy at the altar."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.sites import relocate, vanish
from commlab.env.types import N_KINDS, Action, Cell
from commlab.env.verbs.move import column_ahead, row_ahead

_USE, _STAY = int(Action.USE), int(Action.STAY)
_ALTAR, _CONVERTER = int(Cell.ALTAR), int(Cell.CONVERTER)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)


@kernel
def use(world, rules, w, i, action, step):  # type: ignore[no-untyped-def]
    """Let agent `i` of world `w` use what it faces.

    Write energy, inventory, reservoir, own_reward, last_action, and the used object's stock, timer and place.
    """
    if action != _USE:
        return
    cost = rules.use_cost[rules.body[i]]
    if world.energy[w, i] < cost:
        world.last_action[w, i] = _STAY
        return
    world.energy[w, i] -= cost
    world.reservoir[w] += cost
    row = row_ahead(int(world.row[w, i]), int(world.facing[w, i]))
    column = column_ahead(int(world.column[w, i]), int(world.facing[w, i]))
    code = int(world.grid[w, row, column])
    if code < _ALTAR or code > _LAST_CRYSTAL:
        return
    o = int(world.occupant[w, row, column])
    if code == _ALTAR:
        use_altar(world, rules, w, i, o)
    elif code == _CONVERTER:
        use_converter(world, rules, w, i, o)
    else:
        use_crystal(world, rules, w, i, o, code - _FIRST_CRYSTAL, step)


@kernel
def use_altar(world, rules, w, i, o):  # type: ignore[no-untyped-def]
    """Burn the altar's cost from agent `i` for its reward; write energy, reservoir, own_reward, timer."""
    if world.timer[w, o] > 0 or world.energy[w, i] < rules.altar_cost:
        return
    world.energy[w, i] -= rules.altar_cost
    world.reservoir[w] += rules.altar_cost
    world.own_reward[w, i] += rules.altar_reward
    world.timer[w, o] = rules.altar_cooldown


@kernel
def use_converter(world, rules, w, i, o):  # type: ignore[no-untyped-def]
    """Turn the first recipe that agent `i` can fill into energy; write inventory, energy, reservoir, timer."""
    if world.timer[w, o] > 0:
        return
    for r in range(rules.recipes.shape[0]):
        filled = True
        for kind in range(N_KINDS):
            filled &= world.inventory[w, i, kind] >= rules.recipes[r, kind]
        if filled:
            for kind in range(N_KINDS):
                world.inventory[w, i, kind] -= rules.recipes[r, kind]
                gain_energy(world, rules, w, i, rules.recipes[r, kind] * rules.value[kind])
            world.timer[w, o] = rules.converter_cooldown
            return


@kernel
def use_crystal(world, rules, w, i, o, kind, step):  # type: ignore[no-untyped-def]
    """Take one unit from crystal `o`, if agent `i` has room for it.

    Write energy or inventory, reservoir, and the crystal's stock, timer and place. A unit begins to regrow when the
    first one is taken from a full crystal.
    """
    body = rules.body[i]
    if rules.yields_energy:
        if world.energy[w, i] >= rules.max_energy[body]:
            return
        gain_energy(world, rules, w, i, rules.value[kind])
    else:
        if world.inventory[w, i, kind] >= rules.carry[body]:
            return
        world.inventory[w, i, kind] += 1
    if world.stock[w, o] == rules.max_stock[o] and not rules.moves[o]:
        world.timer[w, o] = rules.regrow[o]
    world.stock[w, o] -= 1
    if world.stock[w, o] == 0:
        vanish(world, w, o)
        world.timer[w, o] = rules.regrow[o]
        if rules.moves[o]:
            relocate(world, rules, w, o, step)


@kernel
def gain_energy(world, rules, w, i, joules):  # type: ignore[no-untyped-def]
    """Give agent `i` energy; what is above its maximum goes to the ground. Write energy and reservoir."""
    room = rules.max_energy[rules.body[i]] - world.energy[w, i]
    kept = min(joules, room)
    world.energy[w, i] += kept
    world.reservoir[w] += joules - kept
