"""The kernels match the slow reference world, step by step, in scenarios in which everything is drawn at random."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario

QUIET = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture(scope="session")
def compare(worlds: ModuleType, reference: ModuleType, view: ModuleType, kinship_of: Any) -> Callable[..., None]:
    """Plays some episodes of a scenario in both worlds and compares all that there is after every step."""

    def compare(scenario: Scenario, seed: int, n_worlds: int = 2, scatter: float | None = None) -> None:
        batch = WorldBatch(scenario, n_worlds, seed)
        chance = scenario.start.scatter if scatter is None else scatter
        episodes = np.arange(n_worlds) + seed
        batch.reset(episodes, scatter)
        kinship = kinship_of(scenario)
        slow = [reference.ReferenceWorld(scenario, kinship, seed, int(e), chance) for e in episodes]
        for actions, messages in worlds.play(batch, min(scenario.steps, 40), seed):
            check(batch, slow)
            batch.step(actions, messages)
            for w, world in enumerate(slow):
                world.step(actions[w].tolist(), messages[w, :, 0].tolist())
        check(batch, slow)

    def check(batch: WorldBatch, slow: list[Any]) -> None:
        for w, world in enumerate(slow):
            assert worlds.world_lists(batch, w) == world.state()
            for i in range(batch.n_agents):
                assert worlds.observation_lists(batch, w, i) == view.observation(world, i)

    return compare


@pytest.mark.kernels
@settings(QUIET, max_examples=200)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_kernels_match_the_reference(data: Any, seed: int, worlds: ModuleType, compare: Callable[..., None]) -> None:
    compare(data.draw(worlds.scenarios()), seed)


@pytest.mark.interpreted
@settings(QUIET, max_examples=30)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_a_few_scenarios_match_the_reference(
    data: Any, seed: int, worlds: ModuleType, compare: Callable[..., None]
) -> None:
    compare(data.draw(worlds.scenarios()), seed, n_worlds=1)


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("scatter", [0.0, 1.0])
@pytest.mark.parametrize("name", ["lookout", "rivals"])
def test_the_library_matches_the_reference(name: str, scatter: float, compare: Callable[..., None]) -> None:
    compare(load_scenario(name), seed=3, n_worlds=1, scatter=scatter)


def test_agents_find_the_last_free_cell_of_a_large_map(compare: Callable[..., None]) -> None:
    scenario = parse_scenario(
        {
            "name": "walled",
            "title": "Walled",
            "about": "Hardly any room.",
            "map": "\n".join(["#" * 60, *["#" * 60] * 30, "#" * 40 + "..." + "#" * 17, *["#" * 60] * 5]),
            "bodies": {"one": {}},
            "agents": [{"body": "one", "count": 3}],
        }
    )
    compare(scenario, seed=1, n_worlds=3)
