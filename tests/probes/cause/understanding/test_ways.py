"""Ways round walls, and what lies on them."""

import numpy as np

from commlab.probes.cause.understanding.ways import FAR, on_the_way, walking_distances

MAP = """
.....
.###.
.....
"""


def blocked() -> np.ndarray:
    return np.array([[cell == "#" for cell in line] for line in MAP.split()])[None]


def test_distances_go_round_walls_and_end_where_one_looks_no_farther() -> None:
    steps = walking_distances(blocked(), np.array([[0, 2]]), 20)[0]
    assert steps.tolist() == [[2, 1, 0, 1, 2], [3, FAR, FAR, FAR, 3], [4, 5, 6, 5, 4]]
    assert walking_distances(blocked(), np.array([[0, 2]]), 4)[0, 2].tolist() == [4, FAR, FAR, FAR, 4]


def test_what_lies_on_a_shortest_way() -> None:
    places = np.array([[0, 0], [0, 4], [2, 1], [2, 0]])
    here, there = np.array([[0, 2], [0, 2]]), np.array([[2, 0], [2, 2]])
    found = on_the_way(blocked().repeat(2, axis=0), here, there, places, 20)
    assert found.tolist() == [[True, False, False, True], [True, True, True, True]]


def test_nothing_lies_on_the_way_to_where_nobody_gets() -> None:
    assert not on_the_way(blocked(), np.array([[0, 2]]), np.array([[1, 2]]), np.array([[0, 1]]), 20).any()
