"""What agents do with each other: giving, bonding, sharing rewards; and how episodes end."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Facing, Stat

STAY, USE, GIVE, BOND = Action.STAY, Action.USE, Action.GIVE, Action.BOND
pytestmark = [pytest.mark.interpreted, pytest.mark.kernels]

ABLE = ["north", "east", "south", "west", "use", "give", "bond"]
PAIR = "#######\n#@@...#\n#.....#\n#.....#\n#######"
THREE = "#######\n#@@@..#\n#.....#\n#.....#\n#######"


def face(batch: WorldBatch, *facings: Facing) -> None:
    batch.world.facing[:] = facings


def pair(worlds: ModuleType, board: str = PAIR, **fields: Any) -> WorldBatch:
    """A world in which agent 0 looks east and the others west."""
    body = {"actions": ABLE, **fields.pop("body", {})}
    batch: WorldBatch = worlds.begin(worlds.small(board, body=body, **fields))
    face(batch, Facing.EAST, *[Facing.WEST] * (batch.n_agents - 1))
    return batch


def test_an_agent_gives_one_unit_of_what_it_has_most_of(worlds: ModuleType) -> None:
    batch = pair(worlds, prices={"give": 2})
    batch.world.inventory[0] = [[1, 2, 2, 0], [0, 0, 0, 0]]
    for left, given in (([1, 1, 2, 0], [0, 1, 0, 0]), ([1, 1, 1, 0], [0, 1, 1, 0]), ([0, 1, 1, 0], [1, 1, 1, 0])):
        worlds.act(batch, GIVE, STAY)
        assert batch.world.inventory[0].tolist() == [left, given]
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (244, 1006)
    assert batch.world.stats[0, :, [Stat.GAVE, Stat.RECEIVED]].T.tolist() == [[3, 0], [0, 3]]


def test_a_unit_for_which_there_is_no_room_is_not_given(worlds: ModuleType) -> None:
    batch = pair(worlds, body={"carry": 2})
    batch.world.inventory[0] = [[2, 1, 0, 0], [2, 0, 0, 0]]
    batch.world.energy[0, 1] = 0
    worlds.act(batch, GIVE, STAY)
    assert batch.world.inventory[0].tolist() == [[2, 1, 0, 0], [2, 0, 0, 0]]
    assert batch.world.energy[0].tolist() == [250, 0]
    assert batch.world.stats[0, 0, Stat.GAVE] == 0


@pytest.mark.parametrize(
    ("mine", "other", "given"), [(100, 0, 10), (7, 0, 7), (100, 244, 6), (100, 250, 0), (0, 100, 0)]
)
def test_who_carries_nothing_gives_energy(mine: int, other: int, given: int, worlds: ModuleType) -> None:
    batch = pair(worlds, gift=10)
    batch.world.energy[0] = mine, other
    batch.world.frozen[0, 1] = 9  # eggs can be given to
    worlds.act(batch, GIVE, STAY)
    assert batch.world.energy[0].tolist() == [mine - given, other + given]
    assert batch.world.stats[0, 0, Stat.GAVE] == batch.world.stats[0, 1, Stat.RECEIVED] == (given > 0)


def test_giving_to_nobody_costs_its_price_alone(worlds: ModuleType) -> None:
    batch = pair(worlds, prices={"give": 2})
    face(batch, Facing.WEST, Facing.EAST)
    worlds.act(batch, GIVE, GIVE)
    assert batch.world.energy[0].tolist() == [248, 248]
    assert batch.world.last_action[0].tolist() == [GIVE, GIVE]
    batch.world.energy[0] = 1
    worlds.act(batch, GIVE, GIVE)
    assert batch.world.energy[0].tolist() == [1, 1]
    assert batch.world.last_action[0].tolist() == [STAY, STAY]


@pytest.mark.parametrize(("apart", "bonded"), [(0, True), (1, True), (2, True), (3, False)])
def test_two_that_court_each_other_in_time_are_bonded(apart: int, bonded: bool, worlds: ModuleType) -> None:
    batch = pair(worlds, kinship={"structure": "selfish", "bond_steps": 3}, prices={"bond": 2})
    if apart == 0:
        worlds.act(batch, BOND, BOND)
    else:
        worlds.act(batch, BOND, STAY)
        assert (batch.world.courting[0, 0], batch.world.courted_at[0, 0]) == (1, 0)
        for _ in range(apart - 1):
            worlds.act(batch, STAY, STAY)
        worlds.act(batch, STAY, BOND)
    assert batch.world.partner[0].tolist() == ([1, 0] if bonded else [-1, -1])
    assert batch.world.courting[0].tolist() == ([-1, -1] if bonded else [1, 0])
    assert batch.world.stats[0, :, Stat.BONDED].tolist() == [bonded, bonded]
    assert batch.world.energy[0].tolist() == [248, 248]


def test_a_new_bond_frees_the_partners_before(worlds: ModuleType) -> None:
    batch = pair(worlds, THREE)
    worlds.act(batch, BOND, BOND, STAY)
    assert batch.world.partner[0].tolist() == [1, 0, -1]
    face(batch, Facing.EAST, Facing.EAST, Facing.WEST)
    worlds.act(batch, STAY, BOND, BOND)
    assert batch.world.partner[0].tolist() == [-1, 2, 1]
    worlds.act(batch, STAY, BOND, BOND)
    assert batch.world.partner[0].tolist() == [-1, 2, 1]


def test_only_whom_an_agent_courted_last_is_remembered(worlds: ModuleType) -> None:
    batch = pair(worlds, THREE)
    worlds.act(batch, STAY, BOND, STAY)
    face(batch, Facing.EAST, Facing.EAST, Facing.WEST)
    worlds.act(batch, STAY, BOND, STAY)
    worlds.act(batch, BOND, STAY, STAY)
    assert batch.world.partner[0].tolist() == [-1, -1, -1]
    worlds.act(batch, STAY, STAY, BOND)
    assert batch.world.partner[0].tolist() == [-1, 2, 1]


def test_eggs_are_not_courted(worlds: ModuleType) -> None:
    batch = pair(worlds)
    batch.world.frozen[0, 1] = 4
    worlds.act(batch, BOND, STAY)
    assert batch.world.courting[0, 0] == -1
    assert batch.world.last_action[0, 0] == BOND


EARNERS = "#######\n#A@@@A#\n#.....#\n#.....#\n#######"
MATRIX = [[1, 0.5, 0.25], [0, 1, -0.5], [0.1, 0, 1]]


def earn(worlds: ModuleType, normalise: bool = False, **fields: Any) -> WorldBatch:
    """A world in which the agents at both ends use an altar."""
    kinship = {"structure": "matrix", "matrix": MATRIX, "normalise": normalise, **fields.pop("kinship", {})}
    given = {"body": {"actions": ABLE}, "kinship": kinship, "altar": {"reward": 2, "cooldown": 0}, **fields}
    batch: WorldBatch = worlds.begin(worlds.small(EARNERS, **given))
    face(batch, Facing.WEST, Facing.EAST, Facing.EAST)
    return batch


@pytest.mark.parametrize("normalise", [False, True])
def test_rewards_are_shared_by_kinship(normalise: bool, worlds: ModuleType) -> None:
    batch = earn(worlds, normalise)
    worlds.act(batch, USE, STAY, USE)
    assert batch.world.own_reward[0].tolist() == [2, 0, 2]
    matrix = np.array(MATRIX)
    shares = matrix / matrix.sum(axis=0) if normalise else matrix
    assert batch.world.shared_reward[0] == pytest.approx(shares @ [2, 0, 2], abs=1e-6)
    worlds.act(batch, STAY, STAY, STAY)
    assert not batch.world.shared_reward.any()
    assert not batch.world.own_reward.any()


def test_partners_share_what_the_bond_is_worth(worlds: ModuleType) -> None:
    batch = earn(worlds, kinship={"bond_share": 0.75})
    batch.world.partner[0] = [1, 0, -1]
    worlds.act(batch, USE, STAY, STAY)
    assert batch.world.shared_reward[0] == pytest.approx([2, 1.5, 0.2])


def test_an_episode_is_truncated_when_its_steps_are_over(worlds: ModuleType) -> None:
    batch = earn(worlds, steps=2)
    for over in (False, True):
        worlds.act(batch, STAY, STAY, STAY)
        assert batch.world.truncated[0] == over
    assert not batch.world.terminated[0]


def test_an_episode_is_terminated_after_its_hearts(worlds: ModuleType) -> None:
    batch = earn(worlds, end={"hearts": 3})
    for hearts, over in ((1, False), (3, True)):
        worlds.act(batch, USE, STAY, USE if hearts == 3 else STAY)
        assert batch.world.stats[0, :, Stat.HEARTS].sum() == hearts
        assert batch.world.terminated[0] == over
    assert not batch.world.truncated[0]


def test_an_episode_is_terminated_when_nobody_has_anything_left(worlds: ModuleType) -> None:
    batch = pair(worlds, prices={"use": 5}, body={"start_energy": 5}, end={"exhausted": True})
    batch.world.inventory[0, 1, 2] = 1
    for actions, over in (((USE, STAY), False), ((STAY, USE), False), ((STAY, STAY), True)):
        worlds.act(batch, *actions)
        if batch.world.energy.sum() == 0:
            assert batch.world.terminated[0] == over
            batch.world.inventory[:] = 0


def test_an_ended_world_begins_anew_by_itself_where_it_shall(worlds: ModuleType) -> None:
    scenario = worlds.small(PAIR, body={"actions": ABLE}, steps=2)
    batch = WorldBatch(scenario, 3, autoreset=True)
    batch.reset(np.array([4, 5, 6]))
    fresh = worlds.begin(scenario, 10)
    for _ in range(2):
        worlds.act(batch, Action.SOUTH, Action.SOUTH)
    assert batch.world.truncated.all()
    worlds.act(batch, Action.SOUTH, Action.SOUTH)
    assert batch.world.episode.tolist() == [7, 8, 9]
    assert batch.world.t.tolist() == [0, 0, 0]
    assert not batch.world.truncated.any()
    assert (batch.world.row == 1 + VIEW).all()
    assert (batch.world.key == fresh.world.key[7:]).all()
