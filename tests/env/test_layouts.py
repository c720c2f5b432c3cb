"""Maps made from a seed: their floor hangs together whatever stands on it, and a seed makes the same map for ever."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from commlab.env.ground.layouts import make_maps
from commlab.env.ground.maps import Map, read_map
from commlab.env.loading import parse_scenario
from commlab.env.scenario import Layout
from commlab.env.types import VIEW, Cell
from commlab.foundation.errors import ScenarioError

SIDES = ((-1, 0), (0, 1), (1, 0), (0, -1))
QUIET = settings(deadline=None, derandomize=True, database=None)
Place = tuple[int, int]

layouts = st.builds(
    lambda kind, n_rows, n_columns, more, walls, things, seed: Layout(
        kind=kind,
        height=max(7, 3 * n_rows + 1) + more[0],
        width=max(7, 3 * n_columns + 1) + more[1],
        rooms=(n_rows, n_columns),
        walls=walls,
        altars=things[0],
        converters=things[1],
        beacons=things[2],
        sites=3 + things[0],
        seed=seed,
    ),
    st.sampled_from(("room", "rooms", "caves")),
    st.integers(1, 4),
    st.integers(1, 4),
    st.tuples(st.integers(0, 20), st.integers(0, 20)),
    st.sampled_from((0.0, 0.2, 0.4, 0.6)),
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)),
    st.integers(0, 10**6),
)


def made(layout: Layout) -> Map:
    """The map of a layout; another layout is tried where it has too little room."""
    try:
        return make_maps(layout)[0]
    except ScenarioError:
        reject()


def around(place: Place) -> Iterator[Place]:
    yield from ((place[0] + r, place[1] + c) for r, c in SIDES)


def floor_of(plan: Map) -> set[Place]:
    return {(int(r), int(c)) for r, c in np.argwhere(plan.grid == Cell.EMPTY)}


def is_connected(cells: set[Place]) -> bool:
    """Whether a walk from any of the cells reaches all."""
    reached, ahead = set(), [min(cells)]
    while ahead:
        place = ahead.pop()
        if place not in reached:
            reached.add(place)
            ahead += [beside for beside in around(place) if beside in cells]
    return reached == cells


@pytest.mark.interpreted
@QUIET
@given(layout=layouts)
def test_made_maps_are_walled_in_and_their_floor_hangs_together(layout: Layout) -> None:
    plan = made(layout)
    inner = plan.grid[VIEW:-VIEW, VIEW:-VIEW]
    assert inner.shape == (layout.height, layout.width)
    assert (np.delete(plan.grid.reshape(-1), np.flatnonzero(np.pad(inner + 1, VIEW))) == Cell.UNSEEN).all()
    border = np.ones(inner.shape, bool)
    border[1:-1, 1:-1] = False
    assert (inner[border] == Cell.WALL).all()
    assert set(np.unique(inner)) == {Cell.EMPTY, Cell.WALL}
    assert is_connected(floor_of(plan))


@pytest.mark.interpreted
@QUIET
@given(layout=layouts)
def test_what_stands_on_a_made_map_shuts_nothing_off(layout: Layout) -> None:
    plan = made(layout)
    floor, things = floor_of(plan), {(row, column) for _, row, column in plan.objects}
    kinds = [cell for cell, _, _ in plan.objects]
    assert kinds == [Cell.ALTAR] * layout.altars + [Cell.CONVERTER] * layout.converters + [Cell.BEACON] * layout.beacons
    for kind in set(kinds):
        assert sorted(o for o in plan.objects if o[0] == kind) == [o for o in plan.objects if o[0] == kind]
    assert len(things) == len(kinds)
    assert things <= floor
    assert is_connected(floor - things)
    for row, column in things:
        assert any(place in floor - things for place in around((row, column))), "nobody can get to it"
        assert not {(row - 1, column), (row + 1, column)}.isdisjoint(floor), "it stands in a corridor"
        assert not {(row, column - 1), (row, column + 1)}.isdisjoint(floor), "it stands in a corridor"
    sites = [(int(r), int(c)) for r, c in plan.sites]
    assert sites == sorted(set(sites))
    assert len(sites) == layout.sites
    assert set(sites) <= floor - things


@pytest.mark.parametrize("n_altars", [2, 5, 8])
def test_a_map_can_fill_up_and_nothing_is_shut_off(n_altars: int) -> None:
    bank = make_maps(Layout(kind="room", height=8, width=8, altars=n_altars, sites=0, variety=200))
    for plan in bank:
        free = floor_of(plan) - {(row, column) for _, row, column in plan.objects}
        assert is_connected(free)
        for _, row, column in plan.objects:
            assert any(place in free for place in around((row, column)))


def test_a_wide_map_has_room_for_what_a_crowded_one_refuses() -> None:
    """Objects are refused where they would shut something off, not for want of cells."""
    wide = Layout(kind="room", height=9, width=9, altars=16, sites=0)
    assert len(make_maps(wide)[0].objects) == 16
    ways = Layout(kind="rooms", rooms=(3, 3), height=10, width=10, altars=36, sites=0)
    with pytest.raises(ScenarioError, match="layout.altars: only .* of 36 altars find a place on the map that leaves"):
        make_maps(ways)


@pytest.mark.parametrize("rooms", [(1, 1), (2, 2), (3, 4)])
def test_rooms_are_as_many_as_asked_for_and_doors_join_those_that_adjoin(rooms: tuple[int, int]) -> None:
    plan = make_maps(Layout(kind="rooms", height=19, width=25, rooms=rooms, seed=8, altars=0, sites=0))[0]
    floor = floor_of(plan)
    doors = {
        (row, column)
        for row, column in floor
        if {(row - 1, column), (row + 1, column)}.isdisjoint(floor)
        or {(row, column - 1), (row, column + 1)}.isdisjoint(floor)
    }
    below, beside = rooms
    assert len(doors) == (below - 1) * beside + below * (beside - 1)
    parts, left = 0, floor - doors
    while left:
        parts += 1
        ahead = [min(left)]
        while ahead:
            place = ahead.pop()
            if place in left:
                left.remove(place)
                ahead += around(place)
    assert parts == below * beside


@pytest.mark.parametrize("walls", [0.0, 0.2, 0.4, 0.6])
def test_caves_have_the_share_of_walls_that_they_are_given(walls: float) -> None:
    bank = make_maps(Layout(kind="caves", height=40, width=40, walls=walls, altars=0, sites=0, variety=8))
    shares = [float((plan.grid[VIEW + 1 : -VIEW - 1, VIEW + 1 : -VIEW - 1] == Cell.WALL).mean()) for plan in bank]
    assert all(walls - 0.05 <= share <= walls + 0.03 for share in shares), shares


@pytest.mark.parametrize("kind", ["room", "rooms", "caves"])
def test_a_bank_is_of_the_maps_of_one_seed_after_another(kind: Any) -> None:
    def maps(**fields: Any) -> list[tuple[Any, ...]]:
        return [
            (plan.grid.tobytes(), plan.sites.tobytes(), plan.objects)
            for plan in make_maps(Layout(kind=kind, height=14, width=15, **fields))
        ]

    assert maps(seed=5, variety=3) == maps(seed=5) + maps(seed=6) + maps(seed=7)
    assert len(set(maps(seed=0, variety=30))) == 30


def drawing(plan: Map) -> list[str]:
    """A map as scenarios draw it."""
    signs = np.where(plan.grid == Cell.WALL, "#", ".")
    for row, column in plan.sites:
        signs[row, column] = "o"
    for cell, row, column in plan.objects:
        signs[row, column] = cell.name[0]
    return ["".join(line) for line in signs[VIEW:-VIEW, VIEW:-VIEW]]


ROOMS = """
################
#..C.#.........#
#.........#..o.#
###.#####.#.####
#B........#...o#
#....#..o.#....#
#A...#.........#
################
"""
CAVES = """
################
####...o.......#
####..o....###.#
####........##.#
####........##.#
####..o..A.#####
###........#####
################
"""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "rooms", "rooms": (2, 3), "converters": 1, "beacons": 1, "seed": 1}, ROOMS),
        ({"kind": "caves", "walls": 0.4, "seed": 11}, CAVES),
    ],
)
def test_a_seed_makes_the_same_map_for_ever(fields: dict[str, Any], expected: str) -> None:
    plan = make_maps(Layout(height=8, width=16, sites=3, **fields))[0]
    assert drawing(plan) == expected.split()


def test_a_made_map_and_its_drawing_are_the_same() -> None:
    plan = make_maps(Layout(kind="caves", height=12, width=20, altars=1, beacons=2, sites=9))[0]
    read = read_map("\n".join(drawing(plan)))
    assert (plan.grid == read.grid).all()
    assert (plan.sites == read.sites).all()
    assert sorted(plan.objects) == sorted(read.objects)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"kind": "rooms", "rooms": (7, 1)},
            "layout.rooms: 7 rooms do not fit into 20 rows below each other; they need 22, walls included.",
        ),
        ({"kind": "rooms", "rooms": (1, 9)}, "layout.rooms: 9 rooms do not fit into 20 columns beside each other"),
        ({"height": 5, "width": 5, "sites": 9}, "layout.sites: 9 sites do not fit on 8 free cells"),
        ({"height": 5, "width": 5, "altars": 9}, "layout.altars: only "),
        ({"height": 5, "width": 5, "altars": 1, "beacons": 8}, "layout.beacons: only "),
    ],
)
def test_a_layout_that_does_not_fit_is_told_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        make_maps(Layout(**fields))
    assert str(raised.value).startswith(sentence)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"agents": [{"body": "one", "start": "@"}]}, "agents: a layout has no places marked '@'; leave start out"),
        ({"agents": [{"body": "one", "count": 9}]}, "agents: 9 agents do not fit on 8 free cells; enlarge the layout."),
        (
            {"crystals": [{"count": 5}]},
            "crystals: 5 crystals need as many sites, and the map has 4; give the",
        ),
        (
            {"berries": {"count": 4}},
            "berries: eaten berries need a free site beside the 4 that are filled; give the layout another site",
        ),
        ({"map": "#####\n#...#\n#...#\n#...#\n#####"}, "map: a scenario has either a map or a layout"),
        ({"layout": None}, "map: a scenario has either a map or a layout; give one of the two"),
    ],
)
def test_a_scenario_that_does_not_fit_its_layout_is_told(fields: dict[str, Any], sentence: str) -> None:
    whole = {
        "name": "laid",
        "title": "Laid out",
        "about": "A world on a made map.",
        "layout": {"height": 5, "width": 5, "altars": 1, "sites": 4},
        "bodies": {"one": {}},
        "agents": [{"body": "one"}],
    }
    with pytest.raises(ScenarioError) as raised:
        parse_scenario({**whole, **fields})
    assert sentence in str(raised.value)
