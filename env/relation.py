"""Kinship as agents observe it: in sixteenths, with the scenario's noise, or hidden."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, draw_pair, step_key
from commlab.env.types import KINSHIP_STEPS

_NOISE = int(Purpose.KINSHIP_NOISE)


@kernel
def seen_kinship(world, rules, w, i, j):  # type: ignore[no-untyped-def]
    """Return the kinship with agent `j`, another one, as agent `i` observes it: -16 .. 16."""
    if rules.kinship_hidden:
        return 0
    kinship = int(world.seen_shares[w, world.group[w, i], world.group[w, j]])
    if world.partner[w, i] == j:
        kinship = max(kinship, rules.seen_bond)
    if rules.kinship_noise > 0:
        bits = draw_pair(step_key(world.key[w], -1), i, j, _NOISE, 0)
        kinship += below(bits, 2 * rules.kinship_noise + 1) - rules.kinship_noise
        kinship = min(max(kinship, -KINSHIP_STEPS), KINSHIP_STEPS)
    return kinship
