"""Crystals: when they regrow, where they appear, how long they stay, and that the ground pays for it."""

from collections import Counter
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell

STAY, NORTH, EAST, SOUTH, WEST, USE = Action
ONE = "#####\n#o@.#\n#...#\n#...#\n#####"
FIVE = "#######\n#o@..o#\n#.....#\n#o...o#\n#..o..#\n#######"


def crystal_world(
    worlds: ModuleType, drawing: str, n_worlds: int = 1, reservoir: int = 1000, **crystal: Any
) -> WorldBatch:
    body = {"carry": 1000, "view": 5}
    scenario = worlds.small(drawing, crystals=[crystal], values={"green": 100}, reservoir=reservoir, body=body)
    batch: WorldBatch = worlds.begin(scenario, n_worlds)
    return batch


def stocks(worlds: ModuleType, batch: WorldBatch, *actions: Action) -> list[int]:
    """The stock after each of some actions."""
    seen = []
    for action in actions:
        worlds.act(batch, action)
        seen.append(int(batch.world.stock[0, 0]))
    return seen


@pytest.mark.interpreted
@pytest.mark.kernels
def test_a_unit_regrows_in_the_steps_that_the_scenario_gives(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, ONE, stock=3, regrow=3)
    assert stocks(worlds, batch, WEST, STAY, USE, USE, STAY, STAY, STAY, STAY, STAY) == [3, 3, 2, 1, 2, 2, 2, 3, 3]
    assert stocks(worlds, batch, STAY, STAY, STAY, USE, STAY, STAY, STAY) == [3, 3, 3, 2, 2, 3, 3]


@pytest.mark.interpreted
def test_a_crystal_used_up_leaves_a_free_cell_and_comes_back_when_it_is_free(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, ONE, stock=1, regrow=3)
    assert stocks(worlds, batch, WEST, USE) == [1, 0]
    assert batch.world.grid[0, 1 + VIEW, 1 + VIEW] == Cell.EMPTY
    assert stocks(worlds, batch, WEST, STAY, STAY, STAY) == [0, 0, 0, 0]
    assert batch.world.grid[0, 1 + VIEW, 1 + VIEW] == Cell.AGENT
    assert stocks(worlds, batch, EAST) == [1]
    assert batch.world.grid[0, 1 + VIEW, 1 + VIEW] == Cell.CRYSTAL_GREEN


def test_a_crystal_without_regrowth_does_not_come_back(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, ONE, stock=1, regrow=0)
    assert set(stocks(worlds, batch, WEST, USE, *[STAY] * 50)[1:]) == {0}


def test_nothing_grows_from_ground_that_holds_too_little(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, ONE, stock=2, regrow=1, reservoir=150)
    assert stocks(worlds, batch, WEST, USE, USE, USE, STAY, STAY)[-1] == 0
    assert batch.world.reservoir[0] == 50
    batch.world.reservoir[0] = 100
    assert stocks(worlds, batch, STAY, STAY) == [1, 1]
    assert batch.world.reservoir[0] == 0


@pytest.mark.interpreted
@pytest.mark.kernels
def test_a_moving_crystal_appears_full_at_another_site(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, FIVE, n_worlds=400, stock=2, moves=True)
    worlds.act(batch, WEST)
    beside = (batch.world.object_row[:, 0] == 1 + VIEW) & (batch.world.object_column[:, 0] == 1 + VIEW)
    assert 40 < beside.sum() < 130
    worlds.act(batch, USE)
    assert (batch.world.stock[:, 0] == np.where(beside, 1, 2)).all()
    worlds.act(batch, USE)
    moved = np.stack([batch.world.object_row[:, 0], batch.world.object_column[:, 0]], 1)[beside]
    counts = Counter(map(tuple, (moved - VIEW).tolist()))
    assert set(counts) == {(1, 5), (3, 1), (3, 5), (4, 3)}
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4
    assert (batch.world.stock[:, 0] == 2).all()
    assert (batch.world.reservoir == np.where(beside, 800, 1000)).all()


def test_a_moving_crystal_appears_as_full_as_the_ground_can_pay(worlds: ModuleType) -> None:
    two = "#####\n#o@o#\n#...#\n#...#\n#####"
    batch = crystal_world(worlds, two, stock=3, moves=True, reservoir=250)
    side = WEST if batch.world.object_column[0, 0] == 1 + VIEW else EAST
    assert stocks(worlds, batch, side, USE, USE, USE) == [3, 2, 1, 2]
    other = WEST if side == EAST else EAST
    assert stocks(worlds, batch, other, USE, USE, STAY) == [2, 1, 0, 0]
    assert batch.world.timer[0, 0] == 0


@pytest.mark.kernels
def test_a_crystal_moves_on_after_its_stay_with_what_it_has(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, FIVE, stock=2, stay=4)
    places = []
    for _ in range(20):
        places.append((int(batch.world.object_row[0, 0]), int(batch.world.object_column[0, 0])))
        worlds.act(batch, STAY)
    stays = [places[n : n + 4] for n in range(0, 20, 4)]
    assert all(len(set(stay)) == 1 for stay in stays)
    assert all(before[0] != after[0] for before, after in zip(stays, stays[1:], strict=False))
    assert batch.world.stock[0, 0] == 2


def test_crystals_begin_at_sites_of_their_own_and_all_sites_alike(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, FIVE, n_worlds=3000, count=3)
    places = list(zip(batch.world.object_row.tolist(), batch.world.object_column.tolist(), strict=True))
    assert all(len(set(zip(rows, columns, strict=True))) == 3 for rows, columns in places)
    counts = Counter((rows[0], columns[0]) for rows, columns in places)
    assert len(counts) == 5
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4
