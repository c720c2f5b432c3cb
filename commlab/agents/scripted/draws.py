"""Random numbers of scripted agents, from the world's own generator: an episode played again is the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.agents.policy import Draws
from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, draw, step_key, uniform

__all__ = ["uniforms"]


def uniforms(draws: Draws, agents: NDArray[np.int64], purpose: Purpose, first: int, n: int) -> NDArray[np.float64]:
    """Return numbers in (0, 1), (W, agents, n): those of the indices `first` .. `first + n - 1` of a purpose."""
    out = np.empty((len(draws.key), len(agents), n))
    with np.errstate(over="ignore"):  # interpreted kernels mix bits by overflowing products
        _fill(draws.key, draws.t, agents, int(purpose), first, out)
    return out


@kernel
def _fill(keys, t, agents, purpose, first, out):  # type: ignore[no-untyped-def]
    """Write the numbers of every world, agent and index: `out` (W, agents, n)."""
    for w in range(keys.shape[0]):
        step = step_key(keys[w], t[w])
        for a in range(agents.shape[0]):
            for k in range(out.shape[2]):
                out[w, a, k] = uniform(draw(step, agents[a], purpose, first + k))
