"""The library: every scenario says what it is for, is the same world twice, keeps its energy, and can be lived in."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.loading import LIBRARY, load_scenario, scenario_names, scenario_parameter
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Action, Cell, Stat

HEARTLESS = {
    "gallery-blocked", "gallery-corridor", "gallery-hall", "gallery-resources", "gallery-room",
}  # fmt: skip
NAMES = scenario_names()
STEPS = 48  # of random play
KINDS = {"green": Cell.CRYSTAL_GREEN, "yellow": Cell.CRYSTAL_YELLOW}
SAME_WORLD = ("hive", "families", "strangers")


@pytest.fixture(scope="module")
def greedy() -> ModuleType:
    """greedy.py: agents that work."""
    spec = importlib.util.spec_from_file_location("greedy", Path(__file__).with_name("greedy.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def begun(scenario: Scenario, n_worlds: int = 2, seed: int = 0) -> WorldBatch:
    batch = WorldBatch(scenario, n_worlds, seed)
    batch.reset(np.arange(n_worlds))
    return batch


def play_at_random(batch: WorldBatch, n_steps: int) -> list[Any]:
    """Random play; the energy and rewards of every step."""
    rng, scenario = np.random.default_rng(1), batch.scenario
    shape, seen = (batch.n_worlds, batch.n_agents), []
    for _ in range(n_steps):
        actions = rng.integers(0, scenario.n_actions, shape, np.uint8)
        messages = rng.integers(0, scenario.channel.vocabulary, (*shape, scenario.channel.length), np.uint8)
        batch.step(actions, messages)
        seen.append((batch.world.energy.copy(), batch.world.shared_reward.copy(), batch.total_energy()))
    return seen


def fields_but(scenario: Scenario, *names: str) -> dict[str, Any]:
    """A scenario without some of its fields, as files have it."""
    return scenario.model_dump(mode="json", exclude={"name", "title", "about", *names})


@pytest.mark.wheel
@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_what_it_is_for(name: str) -> None:
    scenario = load_scenario(name)
    assert 15 <= len(scenario.title) <= 60
    assert 30 <= len(scenario.about.split()) <= 130
    assert scenario.about.endswith((".", "?"))
    text = (LIBRARY / f"{name}.yaml").read_text()
    assert max(map(len, text.splitlines())) <= 122
    assert load_scenario(LIBRARY / f"{name}.yaml") == scenario


def test_titles_are_told_apart() -> None:
    assert len({load_scenario(name).title for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_random_play_is_the_same_twice_and_keeps_its_energy(name: str) -> None:
    first, again = begun(load_scenario(name)), begun(load_scenario(name))
    total = first.total_energy()
    for one, other in zip(play_at_random(first, STEPS), play_at_random(again, STEPS), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
        assert np.array_equal(one[2], total)


@pytest.mark.parametrize("name", NAMES)
def test_episodes_differ(name: str) -> None:
    world = begun(load_scenario(name), 8).world
    told = (world.grid, world.stock, world.numbers, world.trait)
    assert len({b"".join(array[w].tobytes() for array in told) for w in range(8)}) > 1 or name == "gallery-competition"


@pytest.mark.parametrize("name", [*NAMES, "memory-1", "memory-50"])
def test_who_works_makes_hearts_where_hearts_can_be_made(greedy: ModuleType, name: str) -> None:
    batch = begun(load_scenario(name), 1)
    silence = np.zeros((1, batch.n_agents, batch.scenario.channel.length), np.uint8)
    hearts = batch.world.stats[0, :, Stat.HEARTS]
    for _ in range(min(batch.scenario.steps, 100)):
        if hearts.any():
            break
        batch.step(greedy.choose(batch)[None], silence)
    assert hearts.any() == (name not in HEARTLESS)


def test_the_three_worlds_of_kinship_differ_in_kinship_alone() -> None:
    worlds = [load_scenario(name) for name in SAME_WORLD]
    assert all(fields_but(s, "kinship", "agents") == fields_but(worlds[0], "kinship", "agents") for s in worlds)
    assert len({s.agent_bodies for s in worlds}) == 1
    assert len({s.kinship.structure for s in worlds}) == 3


def test_relatives_of_the_old_queen_are_related_as_their_comments_say() -> None:
    from commlab.env.kinship import kinship_matrices

    batch = begun(load_scenario("families"), 1)
    matrix = kinship_matrices(batch.world, batch.rules)[0]
    assert matrix[0].tolist() == [1, 0, 0.5, 0.5, 0, 0, 0.25, 0.25, 0.25, 0, 0, 0]
    assert (matrix[3, 6], matrix[6, 8], matrix[6, 7], matrix[9, 11]) == (0.25, 0.125, 0.5, 0.5)


@pytest.mark.parametrize("land", ["plains", "steppe"])
def test_rich_and_poor_differ_in_resources_alone(land: str) -> None:
    rich, poor = load_scenario(f"{land}-rich"), load_scenario(f"{land}-poor")
    assert fields_but(rich, "crystals", "reservoir") == fields_but(poor, "crystals", "reservoir")
    counts = [sum(crystal.count for crystal in scenario.crystals) for scenario in (rich, poor)]
    assert counts[0] == 6 * counts[1]


@pytest.mark.parametrize("number", [1, 7, 50])
def test_memory_has_as_many_places_as_its_number(number: int) -> None:
    world = begun(load_scenario(f"memory-{number}"), 1).world
    assert np.count_nonzero(world.grid[0] == Cell.CRYSTAL_GREEN) == number


def test_memory_goes_from_one_to_fifty() -> None:
    parameter = scenario_parameter("memory")
    assert parameter is not None
    assert (parameter.first, parameter.last) == (1, 50)
    assert load_scenario("memory").kinship.structure == "selfish"


@pytest.mark.parametrize("use", ["train", "test"])
def test_what_is_held_out_is_met_in_its_own_use_alone(use: str) -> None:
    scenario = load_scenario("lookout-held-out", {"held_out.use": use})
    held = {(kind, place) for kind in KINDS for place in scenario.held_out.sites}
    held |= {(combination.kind, combination.site) for combination in scenario.held_out.combinations}
    met = set()
    batch = begun(scenario, 96)
    for _ in range(3):
        for kind, code in KINDS.items():
            for _, row, column in np.argwhere(batch.world.grid == code).tolist():
                met.add((kind, (row - VIEW, column - VIEW)))
        batch.reset(np.arange(96) + 96 * (1 + len(met)))
    everything = {(kind, (r - VIEW, c - VIEW)) for kind in KINDS for r, c in batch.rules.sites[0].tolist()}
    assert met == (held if use == "test" else everything - held)


def test_training_is_on_what_is_not_held_out() -> None:
    assert load_scenario("lookout-held-out").held_out.use == "train"


def test_the_market_needs_both_of_its_bodies() -> None:
    scenario = load_scenario("market")
    keeper, carrier = scenario.bodies["keeper"], scenario.bodies["carrier"]
    assert "give" not in keeper.actions
    assert carrier.max_energy.high < scenario.altar.cost.low
    batch = begun(scenario, 1)
    before = batch.world.row[0, :2].tolist(), batch.world.column[0, :2].tolist()
    play_at_random(batch, 20)
    assert (batch.world.row[0, :2].tolist(), batch.world.column[0, :2].tolist()) == before


def test_beacons_alone_carry_words_from_the_meadows() -> None:
    batch = begun(load_scenario("relay"), 1)
    said = np.zeros((1, batch.n_agents, 1), np.uint8)
    said[0, :2, 0] = 5, 6
    observation = batch.step(np.full((1, batch.n_agents), Action.STAY, np.uint8), said)
    assert sorted(observation.speaker[0, 2].tolist()) == [-1, 0, 1]
    deaf = begun(load_scenario("relay", {"beacon.reach": 0}), 1)
    observation = deaf.step(np.full((1, deaf.n_agents), Action.STAY, np.uint8), said)
    assert set(observation.speaker[0, 2].tolist()) == {-1}
