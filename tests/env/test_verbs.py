"""What agents do alone: moving, bumping, taking, converting, eating, burning energy at the altar; and what it costs."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell, Facing, Stat

STAY, NORTH, EAST, SOUTH, WEST, USE = list(Action)[:6]
pytestmark = [pytest.mark.interpreted, pytest.mark.kernels]

CELL = "#####\n#.@.#\n#...#\n#...#\n#####"
ALTAR = "#####\n#A@.#\n#...#\n#...#\n#####"
GREEN = {"kind": "green", "stock": 2, "regrow": 0}
BESIDE_SITE = "#####\n#o@.#\n#...#\n#...#\n#####"


def place(batch: WorldBatch, i: int = 0) -> tuple[int, int]:
    return int(batch.world.row[0, i]) - VIEW, int(batch.world.column[0, i]) - VIEW


def test_a_move_turns_and_steps_and_walls_stop_it(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(CELL))
    for action, there in (
        (EAST, (1, 3)),
        (EAST, (1, 3)),
        (SOUTH, (2, 3)),
        (WEST, (2, 2)),
        (NORTH, (1, 2)),
        (NORTH, (1, 2)),
    ):
        worlds.act(batch, action)
        assert place(batch) == there
        assert batch.world.facing[0, 0] == action - NORTH
        assert batch.world.last_action[0, 0] == action
    assert batch.world.stats[0, 0, Stat.MOVED] == 4


def test_a_body_pays_its_own_prices(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(CELL, body={"costs": {"move": 1.5}}, prices={"move": 3}))
    worlds.act(batch, NORTH)
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (245, 1005)


def test_the_ground_receives_the_inflow(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(CELL, inflow=7, reservoir=5))
    total = int(batch.total_energy()[0])
    for step in (1, 2, 3):
        worlds.act(batch, STAY)
        assert (batch.world.reservoir[0], batch.world.inflow[0]) == (5 + 7 * step, 7 * step)
    assert batch.total_energy()[0] == total


def test_a_body_does_only_what_it_can(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(CELL, body={"actions": ["east"]}))
    worlds.act(batch, SOUTH)
    assert (place(batch), batch.world.last_action[0, 0]) == ((1, 2), STAY)
    worlds.act(batch, EAST)
    assert (place(batch), batch.world.last_action[0, 0]) == ((1, 3), EAST)


def test_who_cannot_pay_stays(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ALTAR, body={"start_energy": 7}, prices={"move": 3, "use": 2}))
    for energy, action, done in ((4, WEST, WEST), (1, WEST, WEST), (1, NORTH, STAY), (1, USE, STAY)):
        worlds.act(batch, action)
        assert batch.world.facing[0, 0] == Facing.WEST
        assert batch.world.energy[0, 0] == energy
        assert batch.world.reservoir[0] == 1007 - energy
        assert batch.world.last_action[0, 0] == done


def test_two_agents_that_want_one_cell_get_it_by_a_fair_draw(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small("#####\n#@.@#\n#...#\n#...#\n#####"), 200)
    worlds.act(batch, EAST, WEST)
    won = batch.world.column[:, 0] == 2 + VIEW
    assert (won ^ (batch.world.column[:, 1] == 2 + VIEW)).all()
    assert 70 < won.sum() < 130


def test_agents_do_not_pass_through_each_other(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small("#####\n#@@.#\n#...#\n#...#\n#####"), 50)
    worlds.act(batch, EAST, WEST)
    assert (batch.world.column - VIEW == [1, 2]).all()


@pytest.mark.parametrize("bump", [False, True])
def test_bumping_uses_what_is_ahead_only_where_the_scenario_says_so(bump: bool, worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ALTAR, bump=bump, body={"actions": ["west"]}))
    worlds.act(batch, WEST)
    assert batch.world.own_reward[0, 0] == bump
    assert batch.world.energy[0, 0] == (150 if bump else 250)
    assert batch.world.last_action[0, 0] == (USE if bump else WEST)


def test_the_altar_burns_energy_for_reward_and_rests(worlds: ModuleType) -> None:
    altar = {"cost": 60, "reward": 1.5, "cooldown": 3}
    batch = worlds.begin(worlds.small(ALTAR, altar=altar))
    worlds.act(batch, WEST)
    earned = []
    for _ in range(8):
        worlds.act(batch, USE)
        earned.append(float(batch.world.own_reward[0, 0]))
    assert earned == [1.5, 0, 0, 1.5, 0, 0, 1.5, 0]
    assert batch.world.energy[0, 0] == 250 - 3 * 60
    for _ in range(3):
        worlds.act(batch, USE)
    assert batch.world.energy[0, 0] == 10
    worlds.act(batch, USE)
    assert batch.world.own_reward[0, 0] == 0
    assert batch.world.stats[0, 0, Stat.HEARTS] == 4


@pytest.mark.parametrize("yields", ["inventory", "energy"])
def test_an_agent_without_room_does_not_take(yields: str, worlds: ModuleType) -> None:
    body = {"carry": 1, "max_energy": 130, "start_energy": 100}
    batch = worlds.begin(worlds.small(BESIDE_SITE, crystals=[GREEN], yields=yields, body=body))
    worlds.act(batch, WEST)
    for left in (1, 1):
        worlds.act(batch, USE)
        assert batch.world.stock[0, 0] == left
    if yields == "energy":
        assert batch.world.energy[0, 0] == 130
        assert batch.world.reservoir[0] == 1070
    else:
        assert batch.world.inventory[0, 0].tolist() == [1, 0, 0, 0]
        assert batch.world.energy[0, 0] == 100
    assert batch.world.stats[0, 0, Stat.GATHERED] == 1


def test_a_unit_regrows_from_when_the_first_one_and_the_last_are_taken(worlds: ModuleType) -> None:
    crystal = {"kind": "green", "stock": 3, "regrow": 4}
    batch = worlds.begin(worlds.small(BESIDE_SITE, crystals=[crystal]))
    batch.world.facing[0, 0] = Facing.WEST
    timers = []
    for action in (USE, STAY, USE, USE):
        worlds.act(batch, action)
        timers.append(int(batch.world.timer[0, 0]))
    assert timers == [3, 2, 1, 3]
    assert batch.world.grid[0, 1 + VIEW, 1 + VIEW] == Cell.EMPTY
    for _ in range(3):
        worlds.act(batch, STAY)
    assert (batch.world.stock[0, 0], batch.world.grid[0, 1 + VIEW, 1 + VIEW]) == (1, Cell.CRYSTAL_GREEN)


def test_a_moving_crystal_that_is_used_up_appears_elsewhere_at_once(worlds: ModuleType) -> None:
    board = "#####\n#o@o#\n#...#\n#...#\n#####"
    crystal = {"kind": "green", "stock": 1, "moves": True}
    batch = worlds.begin(worlds.small(board, crystals=[crystal], bump=True))
    for _ in range(2):
        column = int(batch.world.object_column[0, 0]) - VIEW
        worlds.act(batch, WEST if column == 1 else EAST)
        assert batch.world.object_column[0, 0] - VIEW == 4 - column
        assert batch.world.stock[0, 0] == 1
    assert batch.world.inventory[0, 0, 0] == 2


@pytest.mark.parametrize(("poisonous", "ground", "energy"), [(0, 500, 70), (0, 9, 59), (2, 500, 20), (0, 500, 95)])
def test_berries_feed_or_poison_as_far_as_they_can(
    poisonous: int, ground: int, energy: int, worlds: ModuleType
) -> None:
    board = "#####\n#o@o#\n#...#\n#...#\n#####"
    berries = {"looks": 2, "poisonous": poisonous, "good": 20, "poison": 30, "regrow": 2}
    body = {"start_energy": 85 if energy == 95 else 50, "max_energy": 95}
    batch = worlds.begin(worlds.small(board, berries=berries, body=body, reservoir=ground, bump=True))
    total = int(batch.total_energy()[0])
    column = int(batch.world.object_column[0, 0]) - VIEW
    worlds.act(batch, WEST if column == 1 else EAST)
    assert batch.world.energy[0, 0] == energy
    assert batch.total_energy()[0] == total
    assert batch.world.stats[0, 0, [Stat.EATEN, Stat.POISONED]].tolist() == [1, int(poisonous > 0)]
    assert not np.isin(batch.world.grid, list(Cell)[10:14]).any()
    worlds.act(batch, STAY)
    assert batch.world.object_column[0, 0] - VIEW == 4 - column
    assert batch.world.grid[0, 1 + VIEW, 1 + VIEW + 3 - column] == Cell.BERRY_ROUND


def test_poison_takes_no_more_than_there_is(worlds: ModuleType) -> None:
    board = "#####\n#o@o#\n#...#\n#...#\n#####"
    berries = {"looks": 1, "poisonous": 1, "poison": 30}
    batch = worlds.begin(worlds.small(board, berries=berries, body={"start_energy": 12}, bump=True))
    worlds.act(batch, WEST if batch.world.object_column[0, 0] == 1 + VIEW else EAST)
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (0, 1012)


MARKET = "######\n#o@C.#\n#....#\n#....#\n######"


def carrier(worlds: ModuleType, recipes: list[dict[str, int]], **fields: Any) -> WorldBatch:
    """A world whose agent carries two green units and faces a converter."""
    crystals, body = [{**GREEN, "stock": 2}], fields.pop("body", {"start_energy": 0})
    scenario = worlds.small(
        MARKET, crystals=crystals, values={"green": 30}, converter={"recipes": recipes, "cooldown": 2}, body=body
    )
    batch: WorldBatch = worlds.begin(scenario)
    for action in (WEST, USE, USE, EAST):
        worlds.act(batch, action)
    assert batch.world.inventory[0, 0, 0] == 2
    return batch


def test_a_converter_takes_the_first_recipe_that_can_be_filled(worlds: ModuleType) -> None:
    for recipes, left, energy in (
        ([{"green": 2}, {"green": 1}], 0, 60),
        ([{"green": 1}, {"green": 2}], 1, 30),
        ([{"green": 3}, {"green": 1, "yellow": 1}, {"green": 1}], 1, 30),
        ([{"green": 3}], 2, 0),
        ([], 2, 0),
    ):
        batch = carrier(worlds, recipes)
        worlds.act(batch, USE)
        assert batch.world.inventory[0, 0, 0] == left
        assert batch.world.energy[0, 0] == energy
        assert batch.world.stats[0, 0, Stat.CONVERTED] == 2 - left


def test_a_converter_rests_and_what_is_too_much_goes_to_the_ground(worlds: ModuleType) -> None:
    batch = carrier(worlds, [{"green": 1}], body={"start_energy": 0, "max_energy": 40})
    left = []
    for _ in range(3):
        worlds.act(batch, USE)
        left.append(int(batch.world.inventory[0, 0, 0]))
    assert left == [1, 1, 0]
    assert batch.world.energy[0, 0] == 40
    assert batch.world.reservoir[0] == 1020


def test_using_a_wall_an_agent_or_nothing_does_nothing(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small("#####\n#@@.#\n#...#\n#...#\n#####"))
    for turn in (NORTH, EAST):
        worlds.act(batch, turn, SOUTH)
        before = batch.state().world
        worlds.act(batch, USE, USE)
        for name in ("row", "column", "energy", "inventory", "reservoir", "own_reward", "grid"):
            assert (getattr(batch.world, name) == getattr(before, name)).all()


def test_the_observation_codes_are_those_of_the_types() -> None:
    assert [action.name for action in Action][1:5] == [facing.name for facing in Facing]
    assert np.array(Cell).max() == 255
