"""Kinship as agents observe it: in sixteenths, with the scenario's noise, or hidden."""

from __future__ import annotations

from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, below, draw_pair, step_key
from commlab.env.types import KINSHIP_STEPS

_NOISE = int(Purpose.KINSHIP_NOISE)


@kernel
def blur(world, rules, w, i, j, kinship):  # type: ignore[no-untyped-def]
    """Return a kinship as agent `i` observes it where the scenario hides it or makes it noisy: -16 .. 16."""
    if rules.kinship_hidden:
        return 0
    if rules.kinship_noise > 0:
        noise = below(draw_pair(step_key(world.key[w], -1), i, j, _NOISE, 0), 2 * rules.kinship_noise + 1)
        kinship += noise - rules.kinship_noise
    return min(max(kinship, -KINSHIP_STEPS), KINSHIP_STEPS)
