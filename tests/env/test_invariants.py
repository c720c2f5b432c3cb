"""What holds in every world at every step: energy is conserved, a cell holds one thing, nothing leaves its bounds."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.types import Cell


def check_cells(batch: WorldBatch, w: int) -> None:
    """Grid, occupants and places tell of the same things, and each cell of one."""
    world, rules = batch.world, batch.rules
    expected_grid, expected_occupant = rules.start_grid.copy(), np.full(rules.start_grid.shape, -1)
    places = [(int(r), int(c)) for r, c in zip(world.row[w], world.column[w], strict=True)]
    for i, place in enumerate(places):
        expected_grid[place], expected_occupant[place] = Cell.AGENT, i
    for o in range(world.kind.shape[1]):
        place = (int(world.object_row[w, o]), int(world.object_column[w, o]))
        crystal = Cell.CRYSTAL_GREEN <= world.kind[w, o] <= Cell.CRYSTAL_BLUE
        if crystal and world.stock[w, o] == 0:
            continue
        places.append(place)
        expected_grid[place], expected_occupant[place] = world.kind[w, o], o
    assert len(places) == len(set(places))
    assert (world.grid[w] == expected_grid).all()
    assert (world.occupant[w] == expected_occupant).all()


def check_bounds(batch: WorldBatch) -> None:
    """Counts are within what the scenario allows."""
    world, rules = batch.world, batch.rules
    assert (world.energy >= 0).all()
    assert (world.energy <= rules.max_energy[rules.body]).all()
    assert (world.inventory >= 0).all()
    assert (world.inventory <= rules.carry[rules.body][:, None]).all()
    assert (world.stock >= 0).all()
    assert (world.stock <= rules.max_stock).all()
    assert (world.timer >= 0).all()
    assert (world.reservoir >= 0).all()
    assert (world.facing < 4).all()
    assert (world.message < batch.scenario.channel.vocabulary).all()
    assert (rules.start_grid[world.row, world.column] == Cell.EMPTY).all()


@pytest.mark.kernels
@settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), max_examples=60)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_a_drawn_world_keeps_its_energy_its_cells_and_its_bounds(data: Any, seed: int, worlds: ModuleType) -> None:
    scenario = data.draw(worlds.scenarios())
    batch = worlds.begin(scenario, n_worlds=4, seed=seed)
    total = batch.total_energy()
    assert (total >= scenario.reservoir).all()
    for actions, messages in worlds.play(batch, 40, seed):
        batch.step(actions, messages)
        assert (batch.total_energy() == total).all()
        check_bounds(batch)
        for w in range(batch.n_worlds):
            check_cells(batch, w)


@pytest.mark.parametrize("scatter", [0.0, 1.0])
@pytest.mark.parametrize("name", ["lookout", "rivals"])
def test_a_whole_episode_conserves_energy_and_deliveries_move_it(name: str, scatter: float, worlds: ModuleType) -> None:
    batch = WorldBatch(load_scenario(name), 50, seed=5)
    batch.reset(np.arange(50), scatter)
    total, earned = batch.total_energy(), 0.0
    for actions, messages in worlds.play(batch, batch.scenario.steps, 5):
        assert not batch.world.truncated.any()
        batch.step(actions, messages)
        earned += batch.world.own_reward.sum()
        assert (batch.total_energy() == total).all()
    check_bounds(batch)
    assert batch.world.truncated.all()
    assert earned > 0
