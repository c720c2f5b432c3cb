"""Fighting: who is hit, what shields stand, what eggs are, what breaks."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell, Facing, Stat

STAY, EAST, WEST, USE, ATTACK, SHIELD = (
    Action.STAY, Action.EAST, Action.WEST, Action.USE, Action.ATTACK, Action.SHIELD,
)  # fmt: skip
pytestmark = [pytest.mark.interpreted, pytest.mark.kernels]

ABLE = {"actions": ["north", "east", "south", "west", "use", "attack", "shield", "give", "bond"]}
DUEL = "#######\n#@..@.#\n#.....#\n#.....#\n#######"
BESIDE = "#######\n#@@...#\n#.....#\n#.....#\n#######"


def duel(worlds: ModuleType, board: str = DUEL, n_worlds: int = 1, **fields: Any) -> WorldBatch:
    """A world in which agent 0 looks east to agent 1, which looks west; attacks and shields are free."""
    prices = {"attack": 0, "shield": 0, **fields.pop("prices", {})}
    body = {**ABLE, **fields.pop("body", {})}
    scenario = worlds.small(board, body=body, prices=prices, **fields)
    batch: WorldBatch = worlds.begin(scenario, n_worlds)
    batch.world.facing[:, 0] = Facing.EAST
    batch.world.facing[:, 1:] = Facing.WEST
    return batch


def stats(batch: WorldBatch, i: int, *names: Stat) -> list[int]:
    numbers: list[int] = batch.world.stats[0, i, list(names)].tolist()
    return numbers


def test_who_is_hit_loses_all_to_the_ground_and_is_frozen(worlds: ModuleType) -> None:
    batch = duel(worlds, combat={"freeze": 3})
    worlds.act(batch, ATTACK, STAY)
    assert (batch.world.energy[0].tolist(), batch.world.reservoir[0]) == ([250, 0], 1250)
    assert batch.world.frozen[0].tolist() == [0, 3]
    assert stats(batch, 0, Stat.ATTACKS, Stat.HITS, Stat.LOST, Stat.FROZEN) == [1, 1, 0, 0]
    assert stats(batch, 1, Stat.ATTACKS, Stat.HITS, Stat.LOST, Stat.FROZEN) == [0, 0, 250, 1]


def test_an_egg_does_nothing_for_its_steps_but_speak(worlds: ModuleType) -> None:
    batch = duel(worlds, combat={"freeze": 2})
    worlds.act(batch, ATTACK, STAY)
    done = []
    for _ in range(3):
        worlds.act(batch, STAY, EAST, say=(0, 3))
        done.append(int(batch.world.last_action[0, 1]))
        assert batch.world.message[0, 1, 0] == 3
    assert done == [STAY, STAY, EAST]
    assert batch.world.column[0, 1] - VIEW == 5


def test_an_egg_takes_no_harm(worlds: ModuleType) -> None:
    batch = duel(worlds, combat={"freeze": 2})
    worlds.act(batch, ATTACK, STAY)
    batch.world.energy[0, 1] = 40
    worlds.act(batch, ATTACK, STAY)
    assert (batch.world.energy[0, 1], batch.world.frozen[0, 1]) == (40, 1)
    assert stats(batch, 0, Stat.ATTACKS, Stat.HITS) == [2, 1]


@pytest.mark.parametrize(("energy", "left", "frozen"), [(20, 13, 0), (7, 0, 0), (6, 0, 10)])
def test_a_shield_stands_a_hit_that_its_bearer_can_pay(energy: int, left: int, frozen: int, worlds: ModuleType) -> None:
    batch = duel(worlds, combat={"damage": 7}, body={"start_energy": energy})
    worlds.act(batch, ATTACK, SHIELD)
    assert (batch.world.energy[0, 1], batch.world.frozen[0, 1]) == (left, frozen)
    assert batch.world.shield[0, 1] == (left > 0)
    assert batch.world.reservoir[0] == 1000 + energy - left
    assert stats(batch, 0, Stat.HITS) == [1]
    assert stats(batch, 1, Stat.LOST) == [energy - left]


def test_a_shield_is_toggled_and_costs_every_step_and_falls_at_nothing(worlds: ModuleType) -> None:
    batch = duel(worlds, prices={"shield": 4}, body={"start_energy": 10})
    seen = []
    for action in (SHIELD, SHIELD, SHIELD, STAY, SHIELD):
        worlds.act(batch, STAY, action)
        seen.append((int(batch.world.shield[0, 1]), int(batch.world.energy[0, 1])))
    assert seen == [(1, 6), (0, 6), (1, 2), (0, 0), (0, 0)]
    assert batch.world.reservoir[0] == 1010


@pytest.mark.parametrize(("reach", "hits"), [(1, 0), (2, 0), (3, 1), (5, 1)])
def test_attacks_reach_so_far_and_hit_the_first_thing(reach: int, hits: int, worlds: ModuleType) -> None:
    batch = duel(worlds, combat={"range": reach})
    worlds.act(batch, ATTACK, STAY)
    assert stats(batch, 0, Stat.ATTACKS, Stat.HITS) == [1, hits]
    batch = duel(worlds, "#######\n#@.A@.#\n#.....#\n#.....#\n#######", combat={"range": reach})
    worlds.act(batch, ATTACK, STAY)
    assert stats(batch, 0, Stat.HITS) == [0]


def test_an_attack_costs_and_who_cannot_pay_stays(worlds: ModuleType) -> None:
    batch = duel(worlds, prices={"attack": 5}, body={"start_energy": 9})
    for energy, done in ((4, ATTACK), (4, STAY)):
        worlds.act(batch, ATTACK, STAY)
        assert (batch.world.energy[0, 0], batch.world.last_action[0, 0]) == (energy, done)
    assert stats(batch, 0, Stat.ATTACKS) == [1]


def test_of_two_that_attack_each_other_one_is_first(worlds: ModuleType) -> None:
    batch = duel(worlds, n_worlds=100)
    worlds.act(batch, ATTACK, ATTACK)
    frozen = batch.world.frozen > 0
    assert (frozen.sum(axis=1) == 1).all()
    assert 25 < frozen[:, 0].sum() < 75
    assert (batch.world.last_action[frozen] == STAY).all()
    assert (batch.world.stats[..., Stat.ATTACKS].sum(axis=1) == 1).all()


@pytest.mark.parametrize("action", [USE, Action.GIVE, Action.BOND])
def test_the_action_of_who_is_hit_before_it_is_void(action: Action, worlds: ModuleType) -> None:
    batch = duel(worlds, BESIDE)
    worlds.act(batch, ATTACK, action)
    assert batch.world.last_action[0, 1] == STAY
    assert batch.world.courting[0].tolist() == [-1, -1]
    assert stats(batch, 1, Stat.GAVE) == [0]


def test_moving_comes_before_attacks(worlds: ModuleType) -> None:
    batch = duel(worlds)
    worlds.act(batch, ATTACK, EAST)
    assert (batch.world.column[0, 1] - VIEW, batch.world.last_action[0, 1]) == (5, EAST)
    assert stats(batch, 0, Stat.HITS) == [0]


def test_what_an_egg_carries_is_looted_as_far_as_there_is_room(worlds: ModuleType) -> None:
    batch = duel(worlds, BESIDE, body={"carry": 3})
    batch.world.inventory[0] = [[1, 0, 3, 0], [3, 2, 1, 0]]
    worlds.act(batch, USE, STAY)
    assert batch.world.inventory[0].tolist() == [[1, 0, 3, 0], [3, 2, 1, 0]]
    worlds.act(batch, ATTACK, STAY)
    worlds.act(batch, USE, STAY)
    assert batch.world.inventory[0].tolist() == [[3, 2, 3, 0], [1, 0, 1, 0]]
    assert stats(batch, 0, Stat.STOLEN, Stat.ROBBED) == [4, 0]
    assert stats(batch, 1, Stat.STOLEN, Stat.ROBBED) == [0, 4]


def test_an_egg_is_looted_in_the_step_in_which_it_was_hit_even_without_freezing(worlds: ModuleType) -> None:
    board = "#######\n#@@@..#\n#.....#\n#.....#\n#######"
    batch = duel(worlds, board, combat={"freeze": 0})
    batch.world.inventory[0, 1] = [1, 1, 0, 0]
    worlds.act(batch, ATTACK, USE, USE)
    assert batch.world.inventory[0, 2].tolist() == [1, 1, 0, 0]
    assert (batch.world.frozen[0, 1], batch.world.last_action[0, 1]) == (0, STAY)


WALLED = "#######\n#@.#@.#\n#.....#\n#.....#\n#######"


def test_a_wall_breaks_after_its_attacks_and_what_it_embodied_goes_to_the_ground(worlds: ModuleType) -> None:
    batch = duel(worlds, WALLED, wall={"hp": 3, "energy": 20})
    total, cell = int(batch.total_energy()[0]), (0, 1 + VIEW, 3 + VIEW)
    for left in (2, 1):
        worlds.act(batch, ATTACK, STAY)
        assert (batch.world.grid[cell], batch.world.occupant[cell]) == (Cell.WALL, left)
    worlds.act(batch, ATTACK, STAY)
    assert (batch.world.grid[cell], batch.world.occupant[cell], batch.world.n_walls[0]) == (Cell.EMPTY, -1, 0)
    assert (batch.world.reservoir[0], batch.total_energy()[0]) == (1020, total)


@pytest.mark.parametrize(("board", "hp"), [(WALLED, 0), ("#######\n#....@#\n#.....#\n#@....#\n#######", 1)])
def test_some_walls_and_the_border_never_break(board: str, hp: int, worlds: ModuleType) -> None:
    batch = duel(worlds, board, wall={"hp": hp})
    batch.world.facing[0, 0] = Facing.EAST
    before = batch.world.grid.copy()
    for _ in range(3):
        worlds.act(batch, ATTACK, STAY)
    assert (batch.world.grid == before).all()


@pytest.mark.parametrize(("sign", "kind"), [("C", "converter"), ("B", "beacon")])
def test_objects_break_and_leave_a_free_place(sign: str, kind: str, worlds: ModuleType) -> None:
    batch = duel(worlds, WALLED.replace("@.#@", f"@.{sign}@"), **{kind: {"hp": 2, "energy": 30}})
    total = int(batch.total_energy()[0])
    worlds.act(batch, ATTACK, STAY)
    assert batch.world.hp[0, 0] == 1
    worlds.act(batch, ATTACK, STAY)
    assert batch.world.grid[0, 1 + VIEW, 3 + VIEW] == Cell.EMPTY
    assert (batch.world.kind[0, 0], batch.world.embodied[0, 0]) == (Cell.EMPTY, 0)
    assert (batch.world.reservoir[0], batch.total_energy()[0]) == (1030, total)
    worlds.act(batch, ATTACK, STAY)
    assert stats(batch, 0, Stat.HITS) == [1]


def test_altars_and_crystals_never_break(worlds: ModuleType) -> None:
    for board, fields in ((WALLED.replace("#@.", "#@.", 1).replace(".#@", ".A@"), {}), (
        WALLED.replace(".#@", ".o@"), {"crystals": [{"kind": "green"}]},
    )):  # fmt: skip
        batch = duel(worlds, board, **fields)
        before = np.array(batch.world.grid)
        for _ in range(12):
            worlds.act(batch, ATTACK, STAY)
        assert (batch.world.grid == before).all()
