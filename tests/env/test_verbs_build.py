"""Building and dismantling: what it needs, what it costs, and that no energy is lost or made."""

from types import ModuleType
from typing import Any

import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Action, Cell, Facing, Stat

STAY, EAST, USE, DISMANTLE = Action.STAY, Action.EAST, Action.USE, Action.DISMANTLE
WALL, CONVERTER, BEACON = Action.BUILD_WALL, Action.BUILD_CONVERTER, Action.BUILD_BEACON
pytestmark = [pytest.mark.interpreted, pytest.mark.kernels]

ABLE = ["north", "east", "south", "west", "use", "build_wall", "build_converter", "build_beacon", "dismantle"]
ROOM = "#######\n#@....#\n#.....#\n#.....#\n#######"
AHEAD = (0, 1 + VIEW, 2 + VIEW)


def builder(worlds: ModuleType, board: str = ROOM, **fields: Any) -> WorldBatch:
    """A world whose agent looks east and can build; walls embody 20 J, converters 50 and beacons 60."""
    given = {
        "wall": {"hp": 3, "energy": 20},
        "converter": {"hp": 4, "energy": 50, "recipes": [{"green": 1}], "cooldown": 2},
        "beacon": {"hp": 5, "energy": 60},
        "building": {"limit": 2},
        **fields,
    }
    body = {"actions": ABLE, **given.pop("body", {})}
    batch: WorldBatch = worlds.begin(worlds.small(board, body=body, **given))
    batch.world.facing[0] = Facing.EAST
    return batch


@pytest.mark.parametrize(
    ("action", "code", "joules"), [(WALL, Cell.WALL, 20), (CONVERTER, Cell.CONVERTER, 50), (BEACON, Cell.BEACON, 60)]
)
def test_what_goes_into_a_thing_comes_out_of_it(action: Action, code: Cell, joules: int, worlds: ModuleType) -> None:
    batch = builder(worlds, prices={"build": 3})
    total = int(batch.total_energy()[0])
    worlds.act(batch, action)
    assert batch.world.grid[AHEAD] == code
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (250 - joules - 3, 1003)
    assert batch.world.n_walls[0] == (code == Cell.WALL)
    assert batch.total_energy()[0] == total
    worlds.act(batch, DISMANTLE)
    assert batch.world.grid[AHEAD] == Cell.EMPTY
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (250 - 6, 1006)
    assert batch.world.n_walls[0] == 0
    assert batch.total_energy()[0] == total
    assert batch.world.stats[0, 0, [Stat.BUILT, Stat.DISMANTLED]].tolist() == [1, 1]


def test_built_things_are_like_those_of_the_map(worlds: ModuleType) -> None:
    batch = builder(worlds)
    worlds.act(batch, WALL)
    assert batch.world.occupant[AHEAD] == 3
    worlds.act(batch, DISMANTLE)
    worlds.act(batch, CONVERTER)
    assert (batch.world.hp[0, 0], batch.world.embodied[0, 0], batch.world.timer[0, 0]) == (4, 50, 0)
    batch.world.inventory[0, 0, 0] = 1
    worlds.act(batch, USE)
    assert (batch.world.energy[0, 0], batch.world.timer[0, 0]) == (250, 1)
    worlds.act(batch, DISMANTLE)
    worlds.act(batch, BEACON)
    assert (batch.world.kind[0, 0], batch.world.hp[0, 0], batch.world.link[0, 0]) == (Cell.BEACON, 5, 0)
    assert batch.world.timer[0, 0] == 0


@pytest.mark.parametrize("action", [WALL, CONVERTER, BEACON])
def test_building_needs_an_empty_cell(action: Action, worlds: ModuleType) -> None:
    for board in ("#######\n#@o...#\n#.....#\n#.....#\n#######", "#######\n#@@...#\n#.....#\n#.....#\n#######"):
        crystals = [{"kind": "green"}] if "o" in board else []
        batch = builder(worlds, board, crystals=crystals, prices={"build": 3})
        before = int(batch.world.grid[AHEAD])
        worlds.act(batch, *[action, STAY][: batch.n_agents])
        assert batch.world.grid[AHEAD] == before
        assert (batch.world.energy[0, 0], batch.world.last_action[0, 0]) == (247, action)
        assert batch.world.stats[0, 0, Stat.BUILT] == 0


@pytest.mark.parametrize(("action", "joules"), [(WALL, 20), (CONVERTER, 50), (BEACON, 60)])
def test_building_needs_what_the_thing_will_embody(action: Action, joules: int, worlds: ModuleType) -> None:
    for energy, built in ((joules + 2, 0), (joules + 3, 1)):
        batch = builder(worlds, body={"start_energy": energy}, prices={"build": 3})
        worlds.act(batch, action)
        assert batch.world.stats[0, 0, Stat.BUILT] == built
        assert batch.world.energy[0, 0] == (0 if built else joules - 1)
        assert batch.world.last_action[0, 0] == action
    batch = builder(worlds, body={"start_energy": 2}, prices={"build": 3})
    worlds.act(batch, action)
    assert (batch.world.energy[0, 0], batch.world.last_action[0, 0]) == (2, STAY)


def test_a_wall_that_never_breaks_embodies_nothing(worlds: ModuleType) -> None:
    batch = builder(worlds, wall={"hp": 0, "energy": 20})
    total = int(batch.total_energy()[0])
    worlds.act(batch, WALL)
    assert (batch.world.grid[AHEAD], batch.world.occupant[AHEAD], batch.world.energy[0, 0]) == (Cell.WALL, 0, 250)
    worlds.act(batch, DISMANTLE)
    assert batch.world.grid[AHEAD] == Cell.WALL
    assert batch.total_energy()[0] == total
    assert batch.world.stats[0, 0, Stat.DISMANTLED] == 0


def test_the_list_of_objects_can_be_full_and_what_goes_makes_room(worlds: ModuleType) -> None:
    batch = builder(worlds, body={"start_energy": 250})
    world = batch.world
    for facing, action, kinds in (
        (Facing.EAST, CONVERTER, [3, 0]),
        (Facing.SOUTH, BEACON, [3, 9]),
        (Facing.SOUTH, DISMANTLE, [3, 0]),
        (Facing.SOUTH, CONVERTER, [3, 3]),
        (Facing.EAST, DISMANTLE, [0, 3]),
        (Facing.EAST, BEACON, [9, 3]),
    ):
        world.facing[0, 0] = facing
        worlds.act(batch, action)
        assert world.kind[0].tolist() == kinds
    worlds.act(batch, Action.NORTH)
    world.row[0, 0], world.column[0, 0] = 3 + VIEW, 3 + VIEW  # as if it had walked there
    worlds.act(batch, CONVERTER)
    assert world.kind[0].tolist() == [9, 3]
    worlds.act(batch, WALL)
    assert world.grid[0, 2 + VIEW, 3 + VIEW] == Cell.WALL


def test_dismantling_takes_no_border_no_altar_and_no_agent(worlds: ModuleType) -> None:
    for board in ("#######\n#....@#\n#.....#\n#.....#\n#######", "#######\n#@A...#\n#.....#\n#.....#\n#######"):
        batch = builder(worlds, board)
        before = batch.world.grid.copy()
        worlds.act(batch, DISMANTLE)
        assert (batch.world.grid == before).all()
        assert batch.world.stats[0, 0, Stat.DISMANTLED] == 0


def test_what_the_builder_cannot_hold_goes_to_the_ground(worlds: ModuleType) -> None:
    batch = builder(worlds, "#######\n#@C...#\n#.....#\n#.....#\n#######", body={"start_energy": 220})
    worlds.act(batch, DISMANTLE)
    assert (batch.world.energy[0, 0], batch.world.reservoir[0]) == (250, 1020)
