"""What holds in every world at every step: energy is conserved, a cell holds one thing, nothing leaves its bounds."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.types import VIEW, Action, Cell, Entity, Number, Slot, Stat, Trait

EVERYWHERE = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def check_cells(batch: WorldBatch, w: int) -> None:
    """Grid, occupants and places tell of the same things, and each cell of one."""
    world = batch.world
    grid, occupant = world.grid[w].astype(int), world.occupant[w]
    expected = np.full(grid.shape, -1)
    places = [(world.row[w], world.column[w], np.full(batch.n_agents, Cell.AGENT))]
    there = [o for o in range(world.kind.shape[1]) if is_there(world, w, o)]
    places.append((world.object_row[w, there], world.object_column[w, there], world.kind[w, there]))
    for (rows, columns, codes), indices in zip(places, (range(batch.n_agents), there), strict=True):
        assert (grid[rows, columns] == codes).all()
        expected[rows, columns] = indices
    n_things = batch.n_agents + len(there)
    holds = (grid != Cell.EMPTY) & (grid != Cell.WALL) & (grid != Cell.UNSEEN)
    assert holds.sum() == n_things
    walls = grid == Cell.WALL
    assert (occupant[~walls] == expected[~walls]).all()
    hp = world.numbers[w, Number.WALL_HP]
    assert ((occupant[walls] >= 0) & (occupant[walls] <= hp)).all()
    assert (occupant[walls] > 0).sum() == world.n_walls[w]


def is_there(world: Any, w: int, o: int) -> bool:
    """Whether an object is on the map: what can be used up stands there if its cell says so."""
    code = world.kind[w, o]
    if Cell.CRYSTAL_GREEN <= code <= Cell.CRYSTAL_BLUE:
        return bool(world.stock[w, o] > 0)
    if code >= Cell.BERRY_ROUND:
        place = (w, world.object_row[w, o], world.object_column[w, o])
        return bool(world.grid[place] == code and world.occupant[place] == o)
    return bool(code != Cell.EMPTY)


def check_border(batch: WorldBatch) -> None:
    """The border stands, and nobody is beyond it."""
    world, rules = batch.world, batch.rules
    inside = world.grid[:, VIEW:-VIEW, VIEW:-VIEW]
    for edge in (inside[:, 0], inside[:, -1], inside[:, :, 0], inside[:, :, -1]):
        assert (edge == Cell.WALL).all()
    outside = rules.grids[world.map] == Cell.UNSEEN
    assert (outside == (world.grid == Cell.UNSEEN)).all()


def check_bounds(batch: WorldBatch) -> None:
    """Counts are within what the scenario allows."""
    world, rules = batch.world, batch.rules
    trait = world.trait[:, rules.body]
    assert (world.energy >= 0).all()
    assert (world.energy <= trait[..., Trait.MAX_ENERGY]).all()
    assert (world.inventory >= 0).all()
    assert (world.inventory <= trait[..., Trait.CARRY, None]).all()
    assert (world.stock >= 0).all()
    assert (world.stock <= world.max_stock).all()
    assert (world.timer >= 0).all()
    assert (world.reservoir >= 0).all()
    assert (world.inflow >= 0).all()
    assert (world.n_walls >= 0).all()
    assert (world.facing < 4).all()
    assert (world.message < batch.scenario.channel.vocabulary).all()
    assert rules.may[rules.body[None, :], world.last_action].all() or batch.scenario.bump
    assert (world.truncated == (world.t >= batch.scenario.steps)).all()


def check_flags(batch: WorldBatch) -> None:
    """Shields are up on energy, frozen agents do nothing, bonds are mutual."""
    world = batch.world
    assert (world.shield <= 1).all()
    assert (world.energy[world.shield == 1] > 0).all()
    freeze = world.numbers[:, Number.FREEZE, None]
    assert ((world.frozen >= 0) & (world.frozen <= freeze)).all()
    assert not ((world.frozen > 0) & (world.shield == 1)).any()
    for w, i in zip(*np.nonzero(world.partner >= 0), strict=True):
        assert world.partner[w, world.partner[w, i]] == i
        assert world.partner[w, i] != i
    assert (world.courting < batch.n_agents).all()
    assert (world.courted_at <= world.t[:, None]).all()


def check_stats(batch: WorldBatch) -> None:
    """What one gave another received, and no tally exceeds another that it is part of."""
    stats = batch.world.stats.astype(np.int64)
    total = stats.sum(axis=1)
    assert (stats >= 0).all()
    assert (total[:, Stat.GAVE] == total[:, Stat.RECEIVED]).all()
    assert (total[:, Stat.STOLEN] == total[:, Stat.ROBBED]).all()
    assert (total[:, Stat.BONDED] % 2 == 0).all()
    assert (total[:, Stat.FROZEN] <= total[:, Stat.HITS]).all()
    assert (stats[..., Stat.HITS] <= stats[..., Stat.ATTACKS]).all()
    assert (stats[..., Stat.POISONED] <= stats[..., Stat.EATEN]).all()
    for stat in (Stat.MOVED, Stat.ATTACKS, Stat.BUILT, Stat.DISMANTLED, Stat.GAVE, Stat.HEARTS, Stat.EATEN):
        assert (stats[..., stat] <= batch.world.t[:, None]).all()


def check_observation(batch: WorldBatch) -> None:
    """Kinship is clipped, rows are full or empty, and what is not there is all zeros."""
    obs = batch.observation
    for kinship in (obs.entities[..., Entity.KINSHIP], obs.slots[..., Slot.KINSHIP]):
        assert ((kinship >= -16) & (kinship <= 16)).all()
    for rows, present in (
        (obs.entities, obs.entities[..., Entity.KIND] > 0),
        (obs.slots, obs.slots[..., Slot.PRESENT] > 0),
    ):
        assert not rows[~present].any()
        assert (np.diff(present.astype(int), axis=-1) <= 0).all(), "rows that are there come first"
    assert ((obs.speaker >= 0) == (obs.slots[..., Slot.PRESENT] > 0)).all()
    assert ((obs.heard > 0).any(axis=-1) == (obs.slots[..., Slot.PRESENT] > 0)).all()
    assert (obs.window[:, :, VIEW, VIEW] == Cell.AGENT).all()


@pytest.mark.kernels
@settings(EVERYWHERE, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_a_drawn_world_keeps_its_energy_its_cells_and_its_bounds(
    data: Any, seed: int, scenarios: ModuleType, worlds: ModuleType
) -> None:
    batch = worlds.begin(data.draw(scenarios.scenarios()), n_worlds=3, seed=seed)
    total = batch.total_energy().copy()
    assert (total >= batch.world.reservoir).all()
    hearts = np.zeros((batch.n_worlds, batch.n_agents))
    for actions, messages in worlds.play(batch, min(30, batch.scenario.steps), seed):
        frozen = batch.world.frozen > 0
        batch.step(actions, messages)
        hearts += batch.world.own_reward > 0
        assert (batch.world.last_action[frozen] == Action.STAY).all()
        assert (batch.total_energy() == total).all()
        assert (batch.world.stats[..., Stat.HEARTS] == hearts).all()
        for check in (check_bounds, check_flags, check_stats, check_border, check_observation):
            check(batch)
        for w in range(batch.n_worlds):
            check_cells(batch, w)


@pytest.mark.parametrize("scatter", [0.0, 1.0])
@pytest.mark.parametrize("name", ["lookout", "rivals"])
def test_a_whole_episode_conserves_energy_and_deliveries_move_it(name: str, scatter: float, worlds: ModuleType) -> None:
    batch = WorldBatch(load_scenario(name), 20, seed=5)
    batch.reset(np.arange(20), scatter)
    total, earned = batch.total_energy().copy(), 0.0
    for actions, messages in worlds.play(batch, batch.scenario.steps, 5):
        assert not batch.world.truncated.any()
        batch.step(actions, messages)
        earned += batch.world.own_reward.sum()
        assert (batch.total_energy() == total).all()
    check_bounds(batch)
    assert batch.world.truncated.all()
    assert earned > 0


@pytest.mark.kernels
@settings(EVERYWHERE, max_examples=20)
@given(data=st.data(), seed=st.integers(0, 2**31))
def test_worlds_that_begin_anew_by_themselves_are_worlds_that_are_reset(
    data: Any, seed: int, scenarios: ModuleType, worlds: ModuleType
) -> None:
    """A batch with autoreset plays the episodes that single worlds play when they are reset by hand."""
    scenario = data.draw(scenarios.scenarios()).model_copy(update={"steps": 5})
    n_worlds = 3
    batch = WorldBatch(scenario, n_worlds, seed, autoreset=True)
    batch.reset(np.arange(n_worlds))
    single = [WorldBatch(scenario, 1, seed) for _ in range(n_worlds)]
    for w, one in enumerate(single):
        one.reset(np.array([w]))
    for actions, messages in worlds.play(batch, 14, seed):
        batch.step(actions, messages)
        for w, one in enumerate(single):
            if one.world.terminated[0] or one.world.truncated[0]:
                one.reset(one.world.episode + n_worlds)
            else:
                one.step(actions[w : w + 1], messages[w : w + 1])
            assert worlds.world_lists(one, 0) == worlds.world_lists(batch, w)
            for i in range(batch.n_agents):
                assert worlds.observation_lists(one, 0, i) == worlds.observation_lists(batch, w, i)
