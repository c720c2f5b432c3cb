"""The channel: what is said is heard one step later, within range, by the nearest listeners' slots, at its price."""

from types import ModuleType

import numpy as np
import pytest

from commlab.env.batch import WorldBatch
from commlab.env.types import UNKNOWN, Action, Slot

STAY = Action.STAY
ROW = "############\n#@.@...@..@#\n#..........#\n#..........#\n############"  # columns 1, 3, 7, 10


def say(batch: WorldBatch, *messages: tuple[int, ...]) -> None:
    """Let everybody stay and say a message of some symbols."""
    actions = np.full((1, batch.n_agents), STAY, np.uint8)
    batch.step(actions, np.array([messages], np.uint8))


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
        assert slots[0].tolist() == [1, 0, 0, 2, 0]
        assert slots[1].tolist() == ([1, 0, 0, 9, 0] if direction else [1, 0, UNKNOWN, UNKNOWN, 0])
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
    batch = worlds.begin(worlds.small(ROW, body={"start_energy": 5}, prices={"talk": 3}, channel={"slots": 3}))
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


@pytest.mark.parametrize("delay", [1, 2, 5])
def test_a_message_takes_as_long_as_the_scenario_says(delay: int, worlds: ModuleType) -> None:
    batch = worlds.begin(worlds.small(ROW, channel={"slots": 3, "delay": delay}, steps=60))
    for t in range(20):
        worlds.act(batch, STAY, STAY, STAY, STAY, say=(t % 7 + 1, 0, 0, 0))
        said_in = t + 1 - delay
        assert heard(batch, 1)[0] == (said_in % 7 + 1 if said_in >= 0 else 0)


@pytest.mark.interpreted
@pytest.mark.kernels
def test_all_symbols_of_a_message_are_heard_and_paid_for(worlds: ModuleType) -> None:
    prices, channel = {"talk": 2}, {"slots": 2, "length": 3}
    batch = worlds.begin(worlds.small(ROW, body={"start_energy": 5}, prices=prices, channel=channel))
    say(batch, (4, 0, 5), (0, 0, 0), (0, 6, 0), (1, 2, 3))
    assert batch.observation.heard[0, 1].tolist() == [[4, 0, 5], [0, 6, 0]]
    assert batch.world.energy[0].tolist() == [1, 5, 3, 5]  # the last one could not pay for three symbols
    assert batch.world.message[0, 3].tolist() == [0, 0, 0]


def test_noise_replaces_symbols_by_others_at_its_chance_and_never_silence(worlds: ModuleType) -> None:
    channel = {"slots": 1, "length": 2, "noise": 0.3, "vocabulary": 5}
    pair = worlds.small("#####\n#@@.#\n#...#\n#...#\n#####", channel=channel, steps=100)
    batch = worlds.begin(pair, 500)
    actions, messages = np.full((500, 2), STAY, np.uint8), np.zeros((500, 2, 2), np.uint8)
    messages[..., 0] = 2
    counts = np.zeros(5)
    for _ in range(20):
        batch.step(actions, messages)
        assert not batch.observation.heard[..., 1].any()
        counts += np.bincount(batch.observation.heard[..., 0].ravel(), minlength=5)
    assert counts[0] == 0
    shares = counts[1:] / counts.sum()
    assert np.abs(shares - [0.075, 0.775, 0.075, 0.075]).max() < 0.01


@pytest.mark.parametrize("walls", [False, True])
def test_walls_keep_messages_out_where_the_scenario_says(walls: bool, worlds: ModuleType) -> None:
    parted = "########\n#@.#..@#\n#..#...#\n#.@#...#\n########"
    batch = worlds.begin(worlds.small(parted, channel={"slots": 2, "walls": walls}))
    worlds.act(batch, STAY, STAY, STAY, say=(1, 2, 3))
    assert speakers(batch, 0) == ([2, -1] if walls else [2, 1])
    assert speakers(batch, 1) == ([-1, -1] if walls else [2, 0])


TWO_BEACONS = "###############\n#@B..........@#\n#.............#\n#............B#\n#......@......#\n###############"


def relaying(worlds: ModuleType, **beacon: object) -> WorldBatch:
    """Three agents who hear nobody directly; two stand by beacons."""
    body, channel = {"hearing": 0, "start_energy": 4}, {"slots": 2}
    begun: WorldBatch = worlds.begin(
        worlds.small(TWO_BEACONS, body=body, channel=channel, beacon={"reach": 2, **beacon})
    )
    return begun


def test_beacons_carry_messages_to_who_stands_by_another(worlds: ModuleType) -> None:
    batch = relaying(worlds)
    worlds.act(batch, STAY, STAY, STAY, say=(5, 6, 7))
    assert [speakers(batch, i) for i in range(3)] == [[1, -1], [0, -1], [-1, -1]]
    assert heard(batch, 1) == [5, 0]
    assert batch.observation.slots[0, 1, 0].tolist() == [1, 0, UNKNOWN, UNKNOWN, 1]
    assert not batch.observation.slots[0, 1, 1].any()


def test_beacons_of_different_links_do_not_know_each_other(worlds: ModuleType) -> None:
    batch = relaying(worlds, links=[0, 1])
    worlds.act(batch, STAY, STAY, STAY, say=(5, 6, 7))
    assert [speakers(batch, i) for i in range(3)] == [[-1, -1]] * 3


def test_a_relay_costs_its_speaker_who_goes_without_if_it_is_poor(worlds: ModuleType) -> None:
    batch = relaying(worlds, cost=3)
    worlds.act(batch, STAY, STAY, STAY, say=(5, 0, 7))
    assert batch.world.energy[0].tolist() == [1, 4, 4]
    assert speakers(batch, 1) == [0, -1]
    worlds.act(batch, STAY, STAY, STAY, say=(5, 0, 0))
    assert batch.world.energy[0].tolist() == [1, 4, 4]
    assert speakers(batch, 1) == [-1, -1]


@pytest.mark.parametrize("radius", [3, 12, "everywhere"])
@pytest.mark.parametrize("talking", [0.02, 0.7])
def test_a_crowd_hears_who_is_nearest(radius: int | str, talking: float, worlds: ModuleType) -> None:
    n_agents, n_slots = 300, 3
    hall = "\n".join(["#" * 90, *["#" + "." * 88 + "#"] * 58, "#" * 90])
    crowd = [{"body": "one", "count": n_agents}]
    batch = worlds.begin(worlds.small(hall, body={"hearing": radius}, agents=crowd, channel={"slots": n_slots}))
    rng = np.random.default_rng(0)
    messages = ((rng.random((1, n_agents, 1)) < talking) * 3).astype(np.uint8)
    batch.step(np.full((1, n_agents), STAY, np.uint8), messages)
    places = np.stack([batch.world.row[0], batch.world.column[0]], axis=1).astype(int)
    squared = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    reach = 10**6 if radius == "everywhere" else int(radius) ** 2
    for i in range(n_agents):
        others = [j for j in range(n_agents) if j != i and messages[0, j, 0] and squared[i, j] <= reach]
        nearest = sorted(others, key=lambda j: (squared[i, j], (j - i) % n_agents))[:n_slots]
        assert [j for j in speakers(batch, i) if j >= 0] == nearest
