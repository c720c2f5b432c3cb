"""Crystals and berries: when they come back, where they appear, how long they stay, and that the ground pays for it."""

from collections import Counter
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell
from commlab.foundation.errors import ScenarioError

STAY, NORTH, EAST, SOUTH, WEST, USE = list(Action)[:6]
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


HALL = "#" * 22 + "\n" + ("#" + "o" * 20 + "#\n") * 4 + "#@" + "." * 19 + "#\n" + "#" * 22


@pytest.mark.parametrize("count", [1, 60, 79])
def test_of_many_sites_each_is_as_likely(count: int, worlds: ModuleType) -> None:
    batch = crystal_world(worlds, HALL, n_worlds=2000, count=count)
    places = batch.world.object_row.astype(int) * 100 + batch.world.object_column
    assert all(len(set(row)) == count for row in places.tolist())
    taken = Counter(places.reshape(-1).tolist())
    assert len(taken) == 80
    expected = 2000 * count / 80
    deviation = (expected * (80 - count) / 80) ** 0.5
    assert max(abs(n - expected) for n in taken.values()) < 4.5 * deviation


def test_a_crystal_moves_to_any_of_many_sites_but_its_own(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, HALL, n_worlds=4000, count=1, stay=1)
    before = batch.world.object_row[:, 0] * 100 + batch.world.object_column[:, 0]
    worlds.act(batch, STAY)
    after = batch.world.object_row[:, 0] * 100 + batch.world.object_column[:, 0]
    assert (before != after).all()
    counts = Counter(after.tolist())
    assert len(counts) == 80
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


@pytest.mark.interpreted
@pytest.mark.kernels
def test_the_last_free_one_of_many_sites_is_found(worlds: ModuleType) -> None:
    batch = crystal_world(worlds, HALL, n_worlds=3, count=79, stay=1)
    for _ in range(3):
        before = [set(zip(*places, strict=True)) for places in where(batch)]
        worlds.act(batch, STAY)
        after = [set(zip(*places, strict=True)) for places in where(batch)]
        assert all(len(places) == 79 for places in after)
        assert all(len(one - other) == 1 for one, other in zip(after, before, strict=True))


def where(batch: WorldBatch) -> list[tuple[list[int], list[int]]]:
    """Rows and columns of the objects of each world."""
    return list(zip(batch.world.object_row.tolist(), batch.world.object_column.tolist(), strict=True))


def berry_world(worlds: ModuleType, n_worlds: int = 1, **berries: Any) -> WorldBatch:
    batch: WorldBatch = worlds.begin(worlds.small(FIVE, berries=berries), n_worlds)
    return batch


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("regrow", [0, 1, 4])
def test_an_eaten_berry_comes_back_elsewhere_after_some_steps(regrow: int, worlds: ModuleType) -> None:
    batch = berry_world(worlds, 60, count=1, regrow=regrow)
    worlds.act(batch, WEST)
    before = batch.world.object_column[:, 0] + 100 * batch.world.object_row[:, 0]
    beside = (batch.world.object_row[:, 0] == 1 + VIEW) & (batch.world.object_column[:, 0] == 1 + VIEW)
    assert 3 < beside.sum() < 30
    for step in range(6):
        worlds.act(batch, USE if step == 0 else STAY)
        eaten = (batch.world.grid != Cell.BERRY_ROUND).all(axis=(1, 2))
        assert (eaten == (beside & (step + 1 < regrow))).all()
    after = batch.world.object_column[:, 0] + 100 * batch.world.object_row[:, 0]
    assert ((before != after) == beside).all()


def test_the_looks_of_berries_take_turns(worlds: ModuleType) -> None:
    batch = berry_world(worlds, count=4, looks=3)
    looks = [Cell.BERRY_ROUND, Cell.BERRY_LONG, Cell.BERRY_STAR, Cell.BERRY_ROUND]
    assert batch.world.kind[0].tolist() == looks
    assert batch.rules.n_looks == 3


HELD_OUT = {
    "sites": [(1, 1), (3, 1)],
    "combinations": [{"kind": "green", "site": (4, 3)}, {"kind": "green", "site": (3, 5)}],
}


@pytest.mark.parametrize(
    ("use", "green", "yellow"),
    [
        ("all", {(1, 1), (1, 5), (3, 1), (3, 5), (4, 3)}, {(1, 1), (1, 5), (3, 1), (3, 5), (4, 3)}),
        ("train", {(1, 5)}, {(1, 5), (3, 5), (4, 3)}),
        ("test", {(1, 1), (3, 1), (4, 3), (3, 5)}, {(1, 1), (3, 1)}),
    ],
)
def test_what_is_held_out_stays_out(use: str, green: set[Any], yellow: set[Any], worlds: ModuleType) -> None:
    for kind, sites in (("green", green), ("yellow", yellow)):
        held_out = {**HELD_OUT, "use": use}
        crystals = [{"kind": kind, "stay": 1 if len(sites) > 1 else 0}]
        batch = worlds.begin(worlds.small(FIVE, crystals=crystals, held_out=held_out), 100)
        seen = set()
        for _ in range(10):
            seen |= {(row[0] - VIEW, column[0] - VIEW) for row, column in where(batch)}
            worlds.act(batch, STAY)
        assert seen == sites


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"held_out": {"sites": [(2, 2)]}}, "held_out: row 2, column 2 is no site of the map; name sites of it."),
        (
            {"held_out": {"combinations": [{"kind": "red", "site": (0, 0)}]}},
            "held_out: row 0, column 0 is no site of the map",
        ),
        (
            {"crystals": [{"kind": "green", "count": 2}], "held_out": {**HELD_OUT, "use": "train"}},
            "held_out: in use 'train', each green crystal has 1 of 5 sites, and 2 things may stand there",
        ),
        (
            {"crystals": [{"kind": "green", "moves": True}], "held_out": {**HELD_OUT, "use": "train"}},
            "held_out: in use 'train', each green crystal has 1 of 5 sites, and cannot move; leave it at least two.",
        ),
        (
            {"crystals": [{"kind": "yellow", "count": 3}], "held_out": {**HELD_OUT, "use": "test"}},
            "held_out: in use 'test', each yellow crystal has 2 of 5 sites, and 3 things may stand there",
        ),
        (
            {
                "crystals": [{"kind": "green", "count": 2}, {"kind": "yellow", "count": 2}],
                "held_out": {**HELD_OUT, "use": "test"},
            },
            "held_out: in use 'test', each yellow crystal has 2 of 5 sites, and 4 things may stand there",
        ),
        ({"berries": {"count": 5}}, "berries: eaten berries need a free site beside the 5 that are filled"),
        (
            {"berries": {"count": 6}},
            "berries: 6 crystals and berries need as many sites, and the map has 5; draw more o.",
        ),
    ],
)
def test_sites_that_are_too_few_are_told(fields: dict[str, Any], sentence: str, worlds: ModuleType) -> None:
    with pytest.raises(ScenarioError) as raised:
        worlds.small(FIVE, **fields)
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")
