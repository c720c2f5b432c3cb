"""Bonding: two agents that choose each other within some steps are partners until one of them finds another."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.types import Number, Stat, Trait
from commlab.env.verbs.ahead import agent_ahead
from commlab.env.verbs.pay import pay

_COST = int(Trait.BOND_COST)
_STEPS, _BONDED = int(Number.BOND_STEPS), int(Stat.BONDED)


@kernel
def bond(world, rules, w, i):  # type: ignore[no-untyped-def]
    """Let agent `i` court the agent it faces, or bond with it if that has courted it.

    Write energy, reservoir, last_action, courting, courted_at, partner, stats.
    """
    if not pay(world, w, i, world.trait[w, rules.body[i], _COST]):
        return
    j = agent_ahead(world, w, i)
    if j < 0 or world.frozen[w, j] > 0:
        return
    world.courting[w, i] = j
    world.courted_at[w, i] = world.t[w]
    if world.courting[w, j] == i and world.t[w] - world.courted_at[w, j] < world.numbers[w, _STEPS]:
        join(world, w, i, j)


@kernel
def join(world, w, i, j):  # type: ignore[no-untyped-def]
    """Make two agents partners, and free the partners they had; write partner, courting, stats."""
    for one in (i, j):
        if world.partner[w, one] >= 0:
            world.partner[w, world.partner[w, one]] = -1
        world.courting[w, one] = -1
        world.stats[w, one, _BONDED] += 1
    world.partner[w, i] = j
    world.partner[w, j] = i
