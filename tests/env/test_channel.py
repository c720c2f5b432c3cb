"""The channel: what is said is heard one step later, within range, by the nearest listeners' slots, at its price."""

from types import ModuleType

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import UNKNOWN, Action, Slot

STAY = Action.STAY
ROW = "############\n#@.@...@..@#\n#..........#\n#..........#\n############"  # columns 1, 3, 7, 10


def heard(batch: WorldBatch, i: int) -> list[int]:
    return [int(symbol) for symbol in batch.observation.heard[0, i, :, 0]]


def speakers(batch: WorldBatch, i: int) -> list[int]:
    return [int(j) for j in batch.observation.speaker[0, i]]


@pytest.mark.interpreted
@pytest.mark.kernels
def test_a_message_is_heard_one_step_later_and_then_no_more(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ROW, channel={"slots": 3}))
    assert speakers(batch, 1) == [-1, -1, -1]
    worlds.act(batch, STAY, STAY, STAY, STAY, say=(7, 0, 0, 0))
    assert [heard(batch, i) for i in range(4)] == [[0, 0, 0], [7, 0, 0], [7, 0, 0], [7, 0, 0]]
    assert speakers(batch, 1) == [0, -1, -1]
    worlds.act(batch, STAY, STAY, STAY, STAY)
    assert [heard(batch, i) for i in range(4)] == [[0, 0, 0]] * 4
    assert not batch.observation.slots.any()


def test_slots_are_filled_nearest_first_and_the_far_go_unheard(worlds: ModuleType) -> None:
    for slots, expected in ((3, [1, 2, 3]), (2, [1, 2]), (1, [1])):
        batch = worlds.begin(worlds.small(ROW, channel={"slots": slots}))
        worlds.act(batch, STAY, STAY, STAY, STAY, say=(1, 2, 3, 4))
        assert speakers(batch, 0) == expected
        assert heard(batch, 0) == [j + 1 for j in expected]
        assert speakers(batch, 3) == [2, 1, 0][:slots]
        assert speakers(batch, 2)[0] == 3


def test_of_speakers_equally_near_the_one_after_the_listener_comes_first(worlds: ModuleType) -> None:
    plus = "#######\n#..@..#\n#.....#\n#@.@.@#\n#.....#\n#..@..#\n#######"
    batch = worlds.begin(worlds.small(plus, channel={"slots": 4}))
    worlds.act(batch, *[STAY] * 5, say=(1, 1, 1, 1, 1))
    assert speakers(batch, 2) == [3, 4, 0, 1]
    assert speakers(batch, 0) == [2, 1, 3, 4]


@pytest.mark.parametrize(("radius", "expected"), [(0, []), (1, []), (2, [1]), (6, [1, 2]), (8, [1, 2]), (9, [1, 2, 3])])
def test_only_speakers_within_the_radius_are_heard(radius: int, expected: list[int], worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ROW, body={"hearing": radius}, channel={"slots": 3}))
    worlds.act(batch, STAY, STAY, STAY, STAY, say=(1, 1, 1, 1))
    assert [j for j in speakers(batch, 0) if j >= 0] == expected


def test_the_radius_is_of_a_circle(worlds: ModuleType) -> None:
    corner = "########\n#@.....#\n#......#\n#......#\n#...@..#\n########"  # 3 rows and 3 columns apart: 4.24 cells
    for radius, hears in ((4, False), (5, True)):
        batch = worlds.begin(worlds.small(corner, body={"hearing": radius}))
        worlds.act(batch, STAY, STAY, say=(1, 0))
        assert (speakers(batch, 1) == [0]) is hears


def test_the_place_of_a_speaker_is_told_where_it_is_seen_or_given(worlds: ModuleType) -> None:
    for direction in (False, True):
        batch = worlds.begin(worlds.small(ROW, body={"view": 2}, channel={"slots": 3, "direction": direction}))
        worlds.act(batch, STAY, STAY, STAY, STAY, say=(0, 1, 0, 1))
        slots = batch.observation.slots[0, 0]
        assert slots[0].tolist() == [1, 0, 0, 2]
        assert slots[1].tolist() == ([1, 0, 0, 9] if direction else [1, 0, UNKNOWN, UNKNOWN])
        assert not slots[2].any()


def test_a_place_too_far_to_be_written_is_unknown(worlds: ModuleType) -> None:
    def apart(n: int) -> str:
        return "\n".join(["#" * (n + 3), "#@" + "." * (n - 1) + "@#", *["#" + "." * (n + 1) + "#"] * 2, "#" * (n + 3)])

    for n, told in ((126, 126), (127, UNKNOWN), (200, UNKNOWN)):
        batch = worlds.begin(worlds.small(apart(n), channel={"direction": True}))
        worlds.act(batch, STAY, STAY, say=(0, 1))
        assert batch.observation.slots[0, 0, 0, Slot.COLUMN] == told


def test_kinship_with_the_speaker_is_told_in_sixteenths(worlds: ModuleType) -> None:
    matrix = [[1, 0.5, -0.25, 0.97], [0, 1, 0, 0], [0, 0, 1, 0], [0.1, 0, 0, 1]]
    batch = worlds.begin(worlds.small(ROW, kinship={"structure": "matrix", "matrix": matrix}, channel={"slots": 3}))
    worlds.act(batch, STAY, STAY, STAY, STAY, say=(1, 1, 1, 1))
    assert batch.observation.slots[0, 0, :, Slot.KINSHIP].tolist() == [8, -4, 16]
    assert batch.observation.slots[0, 3, 2, Slot.KINSHIP] == 2


@pytest.mark.interpreted
def test_speaking_costs_and_the_poor_are_silent(worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ROW, body={"start_energy": 5, "talk_cost": 3}, channel={"slots": 3}))
    worlds.act(batch, STAY, STAY, STAY, STAY, say=(1, 0, 0, 2))
    assert batch.world.energy[0].tolist() == [2, 5, 5, 2]
    assert batch.world.reservoir[0] == 1006
    worlds.act(batch, STAY, STAY, STAY, STAY, say=(1, 1, 0, 0))
    assert batch.world.energy[0].tolist() == [2, 2, 5, 2]
    assert batch.world.message[0, :, 0].tolist() == [0, 1, 0, 0]
    assert speakers(batch, 2) == [1, -1, -1]


def test_one_injected_message_moves_no_other_draw(worlds: ModuleType) -> None:
    scenario = worlds.small(ROW, body={"view": 5}, steps=30)
    batch, twin = worlds.begin(scenario, 2), worlds.begin(scenario, 2)
    rng = np.random.default_rng(0)
    for t in range(30):
        actions = rng.integers(0, 6, (2, 4)).astype(np.uint8)
        messages = np.zeros((2, 4, 1), np.uint8)
        batch.step(actions, messages)
        messages[0, 0] = t == 10
        twin.step(actions, messages)
        for name in ("row", "column", "energy", "key", "t"):
            assert (getattr(batch.world, name) == getattr(twin.world, name)).all()
        assert (batch.observation.heard != twin.observation.heard).sum() == (3 if t == 10 else 0)
