"""Using the thing faced: burn energy at the altar, feed a converter, take from a crystal, eat a berry, loot an egg."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.sites import relocate, vanish
from commlab.env.types import N_KINDS, Cell, Number, Stat, Trait
from commlab.env.verbs.ahead import column_ahead, natural, row_ahead
from commlab.env.verbs.pay import gain_energy, pay, room_for_energy, room_for_units

_ALTAR, _CONVERTER, _AGENT = int(Cell.ALTAR), int(Cell.CONVERTER), int(Cell.AGENT)
_FIRST_CRYSTAL, _LAST_CRYSTAL = int(Cell.CRYSTAL_GREEN), int(Cell.CRYSTAL_BLUE)
_FIRST_BERRY, _LAST_BERRY = int(Cell.BERRY_ROUND), int(Cell.BERRY_TWIN)
_COST = int(Trait.USE_COST)
_ALTAR_COST, _ALTAR_COOLDOWN = int(Number.ALTAR_COST), int(Number.ALTAR_COOLDOWN)
_CONVERTER_COOLDOWN = int(Number.CONVERTER_COOLDOWN)
_GOOD, _POISON = int(Number.BERRY_GOOD), int(Number.BERRY_POISON)
_HEARTS, _CONVERTED, _GATHERED = int(Stat.HEARTS), int(Stat.CONVERTED), int(Stat.GATHERED)
_EATEN, _POISONED, _STOLEN, _ROBBED = int(Stat.EATEN), int(Stat.POISONED), int(Stat.STOLEN), int(Stat.ROBBED)


@kernel
def use(world, rules, w, i, step):  # type: ignore[no-untyped-def]
    """Let agent `i` use what it faces, and return whether that was an altar that rewarded it.

    Write energy, inventory, reservoir, own_reward, last_action, stats, and the used object's stock, timer and place.
    """
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return False
    facing = int(world.facing[w, i])
    row, column = row_ahead(natural(world.row[w, i]), facing), column_ahead(natural(world.column[w, i]), facing)
    code = int(world.grid[w, row, column])
    if code < _ALTAR or code > _LAST_BERRY:
        return False
    other = natural(world.occupant[w, row, column])
    if code == _ALTAR:
        return use_altar(world, w, i, other)
    if code == _CONVERTER:
        use_converter(world, rules, w, i, other)
    elif code == _AGENT:
        loot(world, rules, w, i, other)
    elif code <= _LAST_CRYSTAL:
        use_crystal(world, rules, w, i, other, code - _FIRST_CRYSTAL, step)
    elif code >= _FIRST_BERRY:
        eat(world, rules, w, i, other, code - _FIRST_BERRY)
    return False


@kernel
def use_altar(world, w, i, o):  # type: ignore[no-untyped-def]
    """Burn the altar's cost from agent `i` for its reward, if it is ready and the agent has so much.

    Return whether it did; write energy, reservoir, own_reward, timer, stats.
    """
    cost = world.numbers[w, _ALTAR_COST]
    if world.timer[w, o] > 0 or world.energy[w, i] < cost:
        return False
    world.energy[w, i] -= cost
    world.reservoir[w] += cost
    world.own_reward[w, i] += world.reward[w]
    world.timer[w, o] = world.numbers[w, _ALTAR_COOLDOWN]
    world.stats[w, i, _HEARTS] += 1
    return True


@kernel
def use_converter(world, rules, w, i, o):  # type: ignore[no-untyped-def]
    """Turn the first recipe that agent `i` can fill into energy; write inventory, energy, reservoir, timer, stats."""
    if world.timer[w, o] > 0:
        return
    for r in range(rules.recipes.shape[0]):
        filled = True
        for kind in range(N_KINDS):
            filled &= world.inventory[w, i, kind] >= rules.recipes[r, kind]
        if filled:
            joules = 0
            for kind in range(N_KINDS):
                units = int(rules.recipes[r, kind])
                world.inventory[w, i, kind] -= units
                world.stats[w, i, _CONVERTED] += units
                joules += units * int(world.value[w, kind])
            gain_energy(world, w, i, rules.body[i], joules)
            world.timer[w, o] = world.numbers[w, _CONVERTER_COOLDOWN]
            return


@kernel
def use_crystal(world, rules, w, i, o, kind, step):  # type: ignore[no-untyped-def]
    """Take one unit from crystal `o`, if agent `i` has room for it.

    Write energy or inventory, reservoir, stats, and the crystal's stock, timer and place. A unit begins to regrow when
    the first one is taken from a full crystal; a moving crystal that is used up appears at another site at once.
    """
    if rules.yields_energy:
        if room_for_energy(world, w, i, rules.body[i]) <= 0:
            return
        gain_energy(world, w, i, rules.body[i], int(world.value[w, kind]))
    else:
        if room_for_units(world, rules, w, i, kind) <= 0:
            return
        world.inventory[w, i, kind] += 1
    world.stats[w, i, _GATHERED] += 1
    if world.stock[w, o] == world.max_stock[w, o] and not rules.moves[o]:
        world.timer[w, o] = world.regrow[w, o]
    world.stock[w, o] -= 1
    if world.stock[w, o] == 0:
        vanish(world, w, o)
        world.timer[w, o] = world.regrow[w, o]
        if rules.moves[o]:
            relocate(world, rules, w, o, step)


@kernel
def eat(world, rules, w, i, o, look):  # type: ignore[no-untyped-def]
    """Let agent `i` eat berry `o`: it gains from the ground or loses to it, and the berry is gone for some steps.

    Write energy, reservoir, stats, timer, grid, occupant.
    """
    if (int(world.poison[w]) >> look) & 1:
        joules = -min(int(world.numbers[w, _POISON]), int(world.energy[w, i]))
        world.stats[w, i, _POISONED] += 1
    else:
        offered = min(int(world.numbers[w, _GOOD]), int(world.reservoir[w]))
        joules = min(offered, room_for_energy(world, w, i, rules.body[i]))
    world.energy[w, i] += joules
    world.reservoir[w] -= joules
    world.stats[w, i, _EATEN] += 1
    vanish(world, w, o)
    world.timer[w, o] = world.regrow[w, o]


@kernel
def loot(world, rules, w, i, j):  # type: ignore[no-untyped-def]
    """Let agent `i` take what agent `j` carries, if that is frozen, as far as it has room; write inventory, stats."""
    if world.frozen[w, j] == 0:
        return
    for kind in range(N_KINDS):
        units = min(int(world.inventory[w, j, kind]), room_for_units(world, rules, w, i, kind))
        world.inventory[w, j, kind] -= units
        world.inventory[w, i, kind] += units
        world.stats[w, i, _STOLEN] += units
        world.stats[w, j, _ROBBED] += units
