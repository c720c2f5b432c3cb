"""What an episode draws when it begins: its map, numbers, values, bodies, reward, and which berries are poisonous."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, between, draw, uniform
from commlab.env.types import Number, Price, Trait

_NUMBER, _VALUE, _PRICE, _TRAIT = int(Purpose.NUMBER), int(Purpose.VALUE), int(Purpose.PRICE), int(Purpose.TRAIT)
_REWARD, _OBJECT, _MAP, _POISON = int(Purpose.REWARD), int(Purpose.OBJECT), int(Purpose.MAP), int(Purpose.POISON)
_START_ENERGY = 200  # the index of its draws, beside the columns of `Trait`
_FIRST_PRICE, _N_PRICES = int(Trait.MOVE_COST), len(Price)
_RESERVOIR = int(Number.RESERVOIR)


@kernel
def whole(step, agent, purpose, index, low, high):  # type: ignore[no-untyped-def]
    """Return the amount from `low` to `high` of an episode; a constant is not drawn."""
    if low == high:
        return int(low)
    return between(draw(step, agent, purpose, index), int(low), int(high))


@kernel
def real(step, agent, purpose, index, limits):  # type: ignore[no-untyped-def]
    """Return the real amount within `limits` (2,) of an episode; a constant is not drawn."""
    if limits[0] == limits[1]:
        return limits[0]
    return limits[0] + (limits[1] - limits[0]) * uniform(draw(step, agent, purpose, index))


@kernel
def draw_episode(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Draw what holds for a whole episode; write map, numbers, value, trait, reward, poison, energy, reservoir."""
    n_maps = rules.grids.shape[0]
    world.map[w] = below(draw(step, -1, _MAP, 0), n_maps) if n_maps > 1 else 0
    for m in range(rules.number.shape[1]):
        world.numbers[w, m] = whole(step, -1, _NUMBER, m, rules.number[0, m], rules.number[1, m])
    for kind in range(rules.value.shape[1]):
        world.value[w, kind] = whole(step, -1, _VALUE, kind, rules.value[0, kind], rules.value[1, kind])
    draw_traits(world, rules, w, step)
    world.reward[w] = real(step, -1, _REWARD, 0, rules.reward)
    world.poison[w] = draw_poison(step, rules.n_looks, rules.n_poisonous)
    world.reservoir[w] = world.numbers[w, _RESERVOIR]
    for i in range(rules.body.shape[0]):
        body = int(rules.body[i])
        world.energy[w, i] = whole(
            step, body, _TRAIT, _START_ENERGY, rules.start_energy[0, body], rules.start_energy[1, body]
        )


@kernel
def draw_traits(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Draw what every body can hold and what it pays: one price for all, times its multiplier. Write trait."""
    for body in range(rules.trait.shape[1]):
        for column in range(_FIRST_PRICE):
            low, high = rules.trait[0, body, column], rules.trait[1, body, column]
            world.trait[w, body, column] = whole(step, body, _TRAIT, column, low, high)
    for price in range(_N_PRICES):
        column = _FIRST_PRICE + price
        joules = whole(step, -1, _PRICE, price, rules.trait[0, 0, column], rules.trait[1, 0, column])
        for body in range(rules.trait.shape[1]):
            world.trait[w, body, column] = int(joules * rules.multiplier[body, price] + 0.5)


@kernel
def draw_poison(step, n_looks, n_poisonous):  # type: ignore[no-untyped-def]
    """Return which looks of berries are poisonous, as bits: the first ones of a shuffle (Fisher-Yates, inside out)."""
    if n_poisonous == 0:
        return 0
    shuffled = 0  # four bits a look
    for n in range(n_looks):
        other = below(draw(step, n, _POISON, 0), n + 1)
        moved = (shuffled >> (4 * other)) & 15 if other < n else n
        shuffled |= moved << (4 * n)
        shuffled = shuffled & ~(15 << (4 * other)) | n << (4 * other)
    poison = 0
    for place in range(n_poisonous):
        poison |= 1 << ((shuffled >> (4 * place)) & 15)
    return poison


@kernel
def draw_object(world, rules, w, o, step):  # type: ignore[no-untyped-def]
    """Draw how much object `o` holds and how fast it regrows and moves on; write max_stock, regrow, stay."""
    world.max_stock[w, o] = whole(step, o, _OBJECT, 0, rules.max_stock[0, o], rules.max_stock[1, o])
    world.regrow[w, o] = whole(step, o, _OBJECT, 1, rules.regrow[0, o], rules.regrow[1, o])
    world.stay[w, o] = whole(step, o, _OBJECT, 2, rules.stay[0, o], rules.stay[1, o])
