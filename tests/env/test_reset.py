"""What an episode begins with: all that is drawn, from the ranges it has, and nothing of the episode before."""

from collections import Counter
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from commlab.env.batch import WorldBatch
from commlab.env.loading import parse_scenario
from commlab.env.types import VIEW, Cell, Number, Price, Trait

ROOM = "#########\n#@@....o#\n#.#.#...#\n#..C.B.o#\n#..A....#\n#.....oo#\n#.....oo#\n#########"
HOLDS = {"max_energy": [100, 104], "start_energy": [90, 99], "carry": [1, 3]}
RANGES: dict[str, Any] = {
    "altar": {"cost": [3, 7], "reward": [0.5, 2.0], "cooldown": [0, 4]},
    "converter": {"cooldown": [1, 2], "energy": [10, 14], "hp": [0, 3]},
    "beacon": {"reach": [1, 3], "cost": [0, 2], "energy": [5, 6], "hp": [1, 4]},
    "wall": {"hp": [0, 2], "energy": [1, 3]},
    "combat": {"damage": [1, 3], "freeze": [4, 6], "range": [1, 5]},
    "prices": {"move": [0, 4], "talk": [1, 3], "build": [2, 2]},
    "values": {"green": [10, 12], "yellow": 5},
    "gift": [2, 5],
    "reservoir": [0, 2**31 - 2],
    "inflow": [0, 3],
    "kinship": {"structure": "teams", "size": [1, 3], "share": [-0.5, 1.0], "bond_steps": [1, 4]},
    "crystals": [{"count": 2, "stock": [1, 4], "regrow": [2, 6], "stay": [0, 3]}],
    "berries": {"count": 2, "looks": 4, "poisonous": 2, "good": [1, 2], "poison": [3, 5], "regrow": [7, 9]},
    "bodies": {
        "one": {**HOLDS, "costs": {"move": 1.5, "talk": 0.5}},
        "two": {**HOLDS, "hearing": 7},
    },
    "agents": [{"body": "one", "start": "@", "count": 2}, {"body": "two"}],
}
WORLDS = 2000


@pytest.fixture(scope="module")
def drawn() -> WorldBatch:
    """Many worlds of a scenario in which everything is a range."""
    fields = {"name": "drawn", "title": "Drawn", "about": "All is drawn.", "map": ROOM, **RANGES}
    batch = WorldBatch(parse_scenario(fields), WORLDS, 5)
    batch.reset(np.arange(WORLDS))
    return batch


def assert_even(found: Any, low: int, high: int) -> None:
    """Numbers are drawn alike from low to high, and there are no others."""
    counts = Counter(np.asarray(found).reshape(-1).tolist())
    assert set(counts) == set(range(low, high + 1))
    if high > low:
        assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_numbers_are_drawn_alike_from_their_ranges(drawn: WorldBatch) -> None:
    limits = drawn.rules.number
    for number in Number:
        low, high = limits[:, number].tolist()
        if number != Number.RESERVOIR:
            assert_even(drawn.world.numbers[:, number], low, high)
    ground = drawn.world.numbers[:, Number.RESERVOIR]
    assert stats.kstest(ground / (2**31 - 2), "uniform").pvalue > 1e-4
    assert (drawn.world.reservoir == ground).all()
    assert_even(drawn.world.value[:, 0], 10, 12)
    assert set(drawn.world.value[:, 1]) == {5}


def test_no_two_numbers_hang_together(drawn: WorldBatch) -> None:
    varying = [n for n in Number if drawn.rules.number[0, n] < drawn.rules.number[1, n]]
    correlations = np.corrcoef(drawn.world.numbers[:, varying].T)
    assert np.abs(correlations - np.eye(len(varying))).max() < 0.12


def test_a_price_is_drawn_once_and_every_body_pays_it_times_its_multiplier(drawn: WorldBatch) -> None:
    prices = drawn.world.trait[:, :, Trait.MOVE_COST :]
    assert_even(prices[:, 1, Price.MOVE], 0, 4)
    assert_even(prices[:, 1, Price.TALK], 1, 3)
    assert (prices[:, 0, Price.MOVE] == np.floor(prices[:, 1, Price.MOVE] * 1.5 + 0.5)).all()
    assert (prices[:, 0, Price.TALK] == np.floor(prices[:, 1, Price.TALK] * 0.5 + 0.5)).all()
    assert (prices[:, :, Price.BUILD] == 2).all()


def test_bodies_are_drawn_one_apart_from_another(drawn: WorldBatch) -> None:
    world = drawn.world
    for body in range(2):
        assert_even(world.trait[:, body, Trait.MAX_ENERGY], 100, 104)
        assert_even(world.trait[:, body, Trait.CARRY], 1, 3)
    for i in (0, 2):
        assert_even(world.energy[:, i], 90, 99)
    assert (world.energy[:, 0] == world.energy[:, 1]).all(), "the two have one body"
    for one, other in ((world.trait[:, 0, 0], world.trait[:, 1, 0]), (world.energy[:, 0], world.energy[:, 2])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    assert (world.trait[:, 0, Trait.HEARING] == -1).all()
    assert (world.trait[:, 1, Trait.HEARING] == 7).all()


def test_rewards_are_drawn_evenly(drawn: WorldBatch) -> None:
    assert stats.kstest((drawn.world.reward - 0.5) / 1.5, "uniform").pvalue > 1e-4


def test_any_looks_may_be_poisonous_and_just_so_many(drawn: WorldBatch) -> None:
    counts = Counter(drawn.world.poison.tolist())
    assert set(counts) == {1 << a | 1 << b for a, b in combinations(range(4), 2)}
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_objects_are_drawn_one_by_one(drawn: WorldBatch) -> None:
    world = drawn.world
    assert drawn.rules.kind.tolist() == [
        Cell.CONVERTER, Cell.BEACON, Cell.ALTAR, *[Cell.CRYSTAL_GREEN] * 2, Cell.BERRY_ROUND, Cell.BERRY_LONG
    ]  # fmt: skip
    for o in (3, 4):
        assert_even(world.max_stock[:, o], 1, 4)
        assert_even(world.regrow[:, o], 2, 6)
        assert_even(world.stay[:, o], 0, 3)
    assert abs(np.corrcoef(world.max_stock[:, 3], world.max_stock[:, 4])[0, 1]) < 0.1
    assert_even(world.regrow[:, 5], 7, 9)
    assert (world.stock == world.max_stock).all()
    assert (world.timer == world.stay).all()
    for o, name in enumerate(("CONVERTER", "BEACON")):
        assert (world.embodied[:, o] == world.numbers[:, Number[f"{name}_ENERGY"]]).all()
        assert (world.hp[:, o] == world.numbers[:, Number[f"{name}_HP"]]).all()
    assert not world.embodied[:, 2:].any()
    assert not world.hp[:, 2:].any()


def test_walls_within_the_border_stand_what_the_episode_gives_them(drawn: WorldBatch) -> None:
    world, hp = drawn.world, drawn.world.numbers[:, Number.WALL_HP]
    for wall in ((2, 2), (2, 4)):
        assert (world.occupant[:, wall[0] + VIEW, wall[1] + VIEW] == hp).all()
    walls = world.grid == Cell.WALL
    assert (world.occupant[walls].reshape(WORLDS, -1).sum(axis=1) == 2 * hp).all()
    assert (world.n_walls == np.where(hp > 0, 2, 0)).all()
    embodied = world.n_walls * world.numbers[:, Number.WALL_ENERGY] + world.embodied.sum(axis=1)
    stocked = (world.stock[:, 3:5].sum(axis=1)) * world.value[:, 0]
    assert (drawn.total_energy() == embodied + stocked + world.energy.sum(axis=1) + world.reservoir).all()


def test_grid_and_occupants_tell_the_same(drawn: WorldBatch) -> None:
    world = drawn.world
    for w in range(0, WORLDS, 100):
        for i in range(3):
            assert world.grid[w, world.row[w, i], world.column[w, i]] == Cell.AGENT
            assert world.occupant[w, world.row[w, i], world.column[w, i]] == i
        for o in range(world.kind.shape[1]):
            assert world.grid[w, world.object_row[w, o], world.object_column[w, o]] == world.kind[w, o]
            assert world.occupant[w, world.object_row[w, o], world.object_column[w, o]] == o
    bare = (world.grid == Cell.EMPTY) | (world.grid == Cell.UNSEEN)
    assert (world.occupant[bare] == -1).all()
    things = ~bare & (world.grid != Cell.WALL)
    assert (things.sum(axis=(1, 2)) == 3 + world.kind.shape[1]).all()


def test_constants_are_not_drawn(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small("#####\n#@A.#\n#...#\n#...#\n#####", altar={"cost": 7}, reservoir=10**12), 50)
    assert (batch.world.numbers == batch.rules.number[0]).all()
    assert set(batch.world.numbers[:, Number.ALTAR_COST]) == {7}
    assert set(batch.world.reservoir) == {10**12}
    assert (batch.world.reward == 1).all()
    assert not batch.world.poison.any()


def test_episodes_are_on_all_maps_of_the_bank_alike(worlds: ModuleType) -> None:
    scenario = parse_scenario(
        {
            "name": "bank",
            "title": "Bank",
            "about": "Episodes on many maps.",
            "layout": {"kind": "caves", "height": 12, "width": 14, "altars": 2, "sites": 5, "variety": 7},
            "crystals": [{"count": 3}],
            "bodies": {"one": {}},
            "agents": [{"body": "one", "count": 3}],
        }
    )
    batch = worlds.begin(scenario, 1400)
    assert_even(batch.world.map, 0, 6)
    for w, m in enumerate(batch.world.map.tolist()):
        assert ((batch.world.grid[w] == Cell.WALL) == (batch.rules.grids[m] == Cell.WALL)).all()
        assert (batch.world.object_row[w, :2] == batch.rules.object_row[m, :2]).all()
        sites = set(map(tuple, batch.rules.sites[m].tolist()))
        crystals = zip(batch.world.object_row[w, 2:].tolist(), batch.world.object_column[w, 2:].tolist(), strict=True)
        assert set(crystals) <= sites


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("structure", ["teams", "clans", "random", "selfish"])
def test_an_episode_begins_the_same_whatever_was_there_before(structure: str) -> None:
    fields = {"name": "drawn", "title": "Drawn", "about": "All is drawn.", "map": ROOM, **RANGES}
    fields["kinship"] = {"structure": structure, "size": [1, 3], "share": [-0.5, 1.0]}
    fields["channel"] = {"delay": 3, "length": 2}
    scenario = parse_scenario(fields)
    fresh, used = WorldBatch(scenario, 3, 5), WorldBatch(scenario, 3, 5)
    fresh.reset(np.arange(3))
    used.reset(np.arange(3) + 10)
    for array in used.world:
        array.view(np.uint8)[...] = 0xA7
    used.world.map[:] = 0
    used.reset(np.arange(3))
    for name, array in fresh.world._asdict().items():
        assert array.tobytes() == getattr(used.world, name).tobytes(), name
    for name, array in fresh.observation._asdict().items():
        assert array.tobytes() == getattr(used.observation, name).tobytes(), name
