"""What happened in episodes so far: every agent's tallies by name, and what it was rewarded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import Stat, World

STATISTICS: tuple[str, ...] = tuple(stat.name.lower() for stat in Stat)


def episode_statistics(world: World) -> dict[str, NDArray[np.int32]]:
    """Return each agent's tallies since its episode began, copied: name -> (W, A), in the order of `Stat`."""
    return dict(zip(STATISTICS, np.moveaxis(world.stats, 2, 0).copy(), strict=True))


def world_statistics(world: World) -> dict[str, NDArray[np.int64]]:
    """Return the tallies of all agents of a world together: name -> (W,), in the order of `Stat`."""
    return dict(zip(STATISTICS, world.stats.sum(axis=1, dtype=np.int64).T.copy(), strict=True))


class Returns:
    """Rewards summed since the episode began, of W worlds: `shared` and `own`, each (W, A) float64."""

    def __init__(self, n_worlds: int, n_agents: int) -> None:
        """Begin at 0."""
        self.shared = np.zeros((n_worlds, n_agents))
        self.own = np.zeros((n_worlds, n_agents))

    def add(self, world: World) -> None:
        """Add the rewards of the last step; the sums of worlds that have just begun an episode are 0."""
        begun = world.t == 0
        for total, reward in ((self.shared, world.shared_reward), (self.own, world.own_reward)):
            total += reward
            total[begun] = 0.0
