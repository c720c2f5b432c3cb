"""What agents do: moving, bumping, taking, converting, burning energy at the altar; who comes first; what it costs."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell, Facing

STAY, NORTH, EAST, SOUTH, WEST, USE = Action
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


def test_a_body_does_only_what_it_can(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(CELL, body={"actions": ["east"]}))
    worlds.act(batch, SOUTH)
    assert (place(batch), batch.world.last_action[0, 0]) == ((1, 2), STAY)
    worlds.act(batch, EAST)
    assert (place(batch), batch.world.last_action[0, 0]) == ((1, 3), EAST)


def test_who_cannot_pay_stays(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ALTAR, body={"start_energy": 7, "move_cost": 3, "use_cost": 2}))
    for energy, action, done in ((4, WEST, WEST), (1, WEST, WEST), (1, WEST, STAY), (1, USE, STAY)):
        worlds.act(batch, action)
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
        before = batch.state()
        worlds.act(batch, USE, USE)
        for name in ("row", "column", "energy", "inventory", "reservoir", "own_reward", "grid"):
            assert (getattr(batch.world, name) == getattr(before, name)).all()


def test_the_observation_codes_are_those_of_the_types() -> None:
    assert [action.name for action in Action][1:5] == [facing.name for facing in Facing]
    assert np.array(Cell).max() == 255
