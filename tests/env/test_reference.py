"""The kernels match the slow reference world, step by step, in scenarios in which everything is drawn at random."""

import random
from collections import Counter
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
STEPS = 40
MANY = 10_000  # scenarios of the long comparison: more than two million steps of agents

Compare = Callable[..., None]


@pytest.fixture(scope="session")
def compare(worlds: ModuleType, reference: ModuleType) -> Compare:
    """Plays some episodes of a scenario in both worlds, compares all that there is after every step."""

    def compare(
        scenario: Scenario, seed: int, n_worlds: int = 2, scatter: float | None = None, autoreset: bool = False
    ) -> None:
        batch = WorldBatch(scenario, n_worlds, seed, autoreset=autoreset)
        episodes = np.arange(n_worlds) + seed
        batch.reset(episodes, scatter)
        slow = [reference.begin(scenario, seed, int(e), scatter) for e in episodes]
        states = check(batch, slow)
        rng = random.Random(seed)
        for _ in range(STEPS if autoreset else min(scenario.steps, STEPS)):
            chosen = [worlds.choices(scenario, state, rng) for state in states]
            batch.step(*(np.array(part, np.uint8) for part in zip(*chosen, strict=True)))
            for w, world in enumerate(slow):
                if autoreset and (states[w]["terminated"] or states[w]["truncated"]):
                    episodes[w] += n_worlds
                    slow[w] = reference.begin(scenario, seed, int(episodes[w]))
                else:
                    reference.step(world, *chosen[w])
            states = check(batch, slow)
            assert batch.world.episode.tolist() == episodes.tolist()

    def check(batch: WorldBatch, slow: list[Any]) -> list[dict[str, Any]]:
        states = [reference.state(world) for world in slow]
        for w, world in enumerate(slow):
            found = worlds.world_lists(batch, w)
            different = {name: (found[name], states[w][name]) for name in found if found[name] != states[w][name]}
            assert not different
            for i in range(batch.n_agents):
                assert worlds.observation_lists(batch, w, i) == reference.observation(world, i), (w, i)
        return states

    return compare


@pytest.mark.kernels
@settings(QUIET, max_examples=200)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_kernels_match_the_reference(data: Any, seed: int, scenarios: ModuleType, compare: Compare) -> None:
    compare(data.draw(scenarios.scenarios()), seed)


@pytest.mark.interpreted
@settings(QUIET, max_examples=25)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_a_few_scenarios_match_the_reference(data: Any, seed: int, scenarios: ModuleType, compare: Compare) -> None:
    compare(data.draw(scenarios.scenarios()), seed, n_worlds=1)


@pytest.mark.kernels
@settings(QUIET, max_examples=40)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_worlds_that_begin_anew_by_themselves_match_the_reference(
    data: Any, seed: int, scenarios: ModuleType, compare: Compare
) -> None:
    scenario = data.draw(scenarios.scenarios())
    short = scenario.model_copy(update={"steps": data.draw(st.sampled_from((1, 3, 10)))})
    compare(short, seed, n_worlds=3, autoreset=True)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_thousands_of_scenarios_match_the_reference(scenarios: ModuleType, compare: Compare) -> None:
    for seed in range(MANY):
        try:
            compare(scenarios.any_scenario(random.Random(seed)), seed)
        except AssertionError as error:
            raise AssertionError(f"scenario {seed}: {error}") from None


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("scatter", [0.0, 1.0])
@pytest.mark.parametrize("name", ["lookout", "rivals"])
def test_the_library_matches_the_reference(name: str, scatter: float, compare: Compare) -> None:
    compare(load_scenario(name), seed=3, n_worlds=1, scatter=scatter)


def test_agents_find_the_last_free_cell_of_a_large_map(compare: Compare) -> None:
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


def test_whatever_can_happen_happens_in_the_drawn_scenarios(
    reference: ModuleType, worlds: ModuleType, scenarios: ModuleType
) -> None:
    """Played without the kernels, as the comparisons are: each rare branch of the rules is taken, all is tallied."""
    events: Counter[str] = Counter()
    tallies: Counter[str] = Counter()
    for seed in range(400):
        rng = random.Random(seed)
        scenario = scenarios.any_scenario(rng)
        world = reference.begin(scenario, seed, seed)
        total = reference.total_energy(world)
        for _ in range(min(scenario.steps, STEPS)):
            reference.step(world, *worlds.choices(scenario, reference.state(world), rng))
        for i in range(min(4, len(world.agents))):
            reference.observation(world, i)
        assert reference.total_energy(world) == total
        events += world.events
        tallies += sum((agent.stats for agent in world.agents), Counter())
    assert sorted(set(reference.EVENTS) - set(events)) == []
    assert sorted(set(reference.STATS) - set(tallies)) == []
