"""Statistics: tallies by name, sums over agents, and rewards summed over an episode."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from commlab.env.shells.statistics import STATISTICS, Returns, episode_statistics, world_statistics
from commlab.env.types import Stat

pytestmark = pytest.mark.interpreted


def a_world(**arrays: Any) -> Any:
    """What statistics read of a world of two worlds and three agents."""
    rng = np.random.default_rng(0)
    stats = rng.integers(0, 2**31 - 1, (2, 3, len(Stat)), dtype=np.int32)
    return SimpleNamespace(**{"stats": stats, **arrays})


def test_tallies_have_the_names_of_the_stats_in_their_order() -> None:
    assert tuple(stat.name.lower() for stat in sorted(Stat)) == STATISTICS
    assert list(episode_statistics(a_world())) == list(world_statistics(a_world())) == list(STATISTICS)


def test_a_tally_is_a_column_of_the_world_s_stats() -> None:
    world = a_world()
    for stat in Stat:
        assert np.array_equal(episode_statistics(world)[stat.name.lower()], world.stats[:, :, stat])


def test_tallies_stay_when_the_world_goes_on() -> None:
    world = a_world()
    tallies, sums = episode_statistics(world), world_statistics(world)
    before = world.stats.copy()
    world.stats[...] = 0
    assert np.array_equal(tallies["hearts"], before[:, :, Stat.HEARTS])
    assert np.array_equal(sums["said"], before[:, :, Stat.SAID].sum(axis=1, dtype=np.int64))


def test_sums_over_agents_do_not_overflow() -> None:
    world = a_world(stats=np.full((2, 3, len(Stat)), 2**31 - 1, np.int32))
    assert world_statistics(world)["moved"].tolist() == [3 * (2**31 - 1)] * 2


def test_returns_sum_rewards_and_begin_anew_with_the_episode() -> None:
    returns = Returns(2, 1)
    shared, own = np.float32([[1], [0.5]]), np.float32([[2], [0]])
    for t in ([1, 5], [2, 6]):
        returns.add(SimpleNamespace(t=np.array(t), shared_reward=shared, own_reward=own))  # type: ignore[arg-type]
    assert returns.shared.tolist() == [[2], [1]]
    assert returns.own.tolist() == [[4], [0]]
    returns.add(SimpleNamespace(t=np.array([0, 7]), shared_reward=shared, own_reward=own))  # type: ignore[arg-type]
    assert returns.shared.tolist() == [[0], [1.5]]
