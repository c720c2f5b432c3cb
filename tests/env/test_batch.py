"""Batches: worlds are the same whatever is beside them, whoever steps them, and wherever they are taken up again."""

from types import ModuleType
from typing import Any, get_args

import numba
import numpy as np
import pytest
from scipy import stats

from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import ActionName, Scenario
from commlab.env.types import Cell, World

N_STEPS = 40


def plays(batch: WorldBatch, episodes: Any, seed: int = 1) -> tuple[Any, Any]:
    """Actions (T, W, A) and messages (T, W, A, L) that depend on the episode alone."""
    actions, messages, channel = [], [], batch.scenario.channel
    for episode in episodes:
        rng = np.random.default_rng([seed, int(episode)])
        actions.append(rng.integers(0, batch.scenario.n_actions, (N_STEPS, batch.n_agents)))
        messages.append(rng.integers(0, channel.vocabulary, (N_STEPS, batch.n_agents, channel.length)))
    return np.stack(actions, 1).astype(np.uint8), np.stack(messages, 1).astype(np.uint8)


def trace(batch: WorldBatch, episodes: Any) -> list[dict[str, Any]]:
    """All arrays of world and observation, after reset and after every step."""
    batch.reset(np.asarray(episodes), 0.5)
    actions, messages = plays(batch, episodes)
    steps = [copies(batch)]
    for t in range(N_STEPS):
        batch.step(actions[t], messages[t])
        steps.append(copies(batch))
    return steps


def copies(batch: WorldBatch) -> dict[str, Any]:
    return {name: array.copy() for name, array in {**batch.world._asdict(), **batch.observation._asdict()}.items()}


def assert_same(mine: dict[str, Any], other: dict[str, Any], rows: Any = slice(None)) -> None:
    for name, array in mine.items():
        assert array[rows].tobytes() == other[name].tobytes(), name


def eventful() -> Scenario:
    """A world of everything: bodies that can do all there is, on three maps, with delays, noise and drawn prices."""
    return parse_scenario(
        {
            "name": "eventful",
            "title": "Eventful",
            "about": "Much happens here.",
            "steps": 12,
            "layout": {"kind": "rooms", "height": 13, "width": 14, "converters": 2, "beacons": 2, "variety": 3},
            "crystals": [{"count": 2, "stay": [0, 4]}, {"kind": "yellow", "stock": [1, 3]}],
            "berries": {"count": 2},
            "altar": {"cost": 5},
            "prices": {"attack": [0, 5], "talk": [0, 1]},
            "bodies": {"one": {"actions": list(get_args(ActionName))}, "two": {"view": 2, "hearing": 5}},
            "agents": [{"body": "one", "count": 4}, {"body": "two", "count": 3}],
            "kinship": {"structure": "random", "share": [-1, 1], "noise": 0.1},
            "channel": {"length": 2, "slots": 3, "delay": 3, "noise": 0.2, "walls": True},
            "observation": {"walls_block": True},
            "inflow": [0, 10],
        }
    )


SCENARIOS = {"lookout": load_scenario("lookout"), "rivals": load_scenario("rivals"), "eventful": eventful()}


def test_kernels_are_compiled_once_for_all_scenarios() -> None:
    """Numbers that files give as 1 or 1.0, and drawn maps or made ones, make no difference to numba."""
    one, other = WorldBatch(SCENARIOS["lookout"], 3), WorldBatch(SCENARIOS["eventful"], 3)
    for mine, its in zip(arguments(one), arguments(other), strict=True):
        for name in mine._fields:
            assert numba.typeof(getattr(mine, name)) == numba.typeof(getattr(its, name)), name


def arguments(batch: WorldBatch) -> list[Any]:
    return [batch.world, batch.rules, batch.observation, batch._scratch[0]]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_world_is_the_same_whatever_the_batch(name: str) -> None:
    scenario, episodes = SCENARIOS[name], np.arange(100, 164)
    large = trace(WorldBatch(scenario, 64, 9), episodes)
    for chosen in ([0], [63], [5, 60, 7, 33, 2, 1, 40]):
        little = trace(WorldBatch(scenario, len(chosen), 9), episodes[chosen])
        for whole, part in zip(large, little, strict=True):
            assert_same(whole, part, chosen)


def test_worlds_are_the_same_whatever_the_threads() -> None:
    scenario, episodes = eventful(), np.arange(801)
    batches = [WorldBatch(scenario, 801, 4, n_threads=n, autoreset=True) for n in (1, 2, 3)]
    assert [len(batch._scratch) for batch in batches] == [1, 2, 3]
    for batch in batches:
        batch.reset(episodes)
    actions, messages = plays(batches[0], episodes)
    for t in range(15):
        for batch in batches:
            batch.step(actions[t], messages[t])
        for batch in batches[1:]:
            assert_same(copies(batches[0]), copies(batch))


def test_the_seed_and_the_episode_make_the_world() -> None:
    scenario = load_scenario("lookout")
    sites = []
    for seed, episode in ((0, 0), (0, 1), (1, 0), (0, 2**62), (2**62, 0)):
        batch = WorldBatch(scenario, 1, seed)
        batch.reset(np.array([episode]), 1.0)
        again = WorldBatch(scenario, 1, seed)
        again.reset(np.array([episode]), 1.0)
        assert_same(copies(batch), copies(again))
        sites.append(int(batch.world.key[0]))
    assert len(set(sites)) == 5


def test_a_reset_leaves_nothing_of_the_episode_before() -> None:
    used, fresh = (WorldBatch(load_scenario("rivals"), 3, 0) for _ in range(2))
    trace(used, [7, 8, 9])
    used.reset(np.array([1, 2, 3]))
    fresh.reset(np.array([1, 2, 3]))
    assert_same(copies(used), copies(fresh))


def test_few_agents_are_not_handed_to_threads() -> None:
    threads = [len(WorldBatch(eventful(), n_worlds, n_threads=8)._scratch) for n_worlds in (1, 100, 300, 2000)]
    assert threads[0] == 1
    assert threads == sorted(threads)
    assert threads[-1] == 8


def test_a_kernel_that_fails_on_any_thread_is_told() -> None:
    batch = WorldBatch(eventful(), 801, n_threads=3)
    for culprit in range(3):

        def fail(scratch: Any, start: int, stop: int, culprit: int = culprit) -> None:
            if start == batch._edges[culprit]:
                raise ZeroDivisionError(culprit)

        with pytest.raises(ZeroDivisionError, match=str(culprit)):
            batch._each(fail)


@pytest.mark.interpreted
@pytest.mark.parametrize("name", ["rivals", "eventful"])
def test_a_restored_state_goes_on_as_the_first_time(name: str) -> None:
    scenario = SCENARIOS[name]
    batch = WorldBatch(scenario, 3, 0)
    batch.reset(np.arange(3))
    actions, messages = plays(batch, range(3))
    for t in range(10):
        batch.step(actions[t], messages[t])
    state, before = batch.state(), copies(batch)
    for t in range(10, 20):
        batch.step(actions[t], messages[t])
    after = copies(batch)
    other = WorldBatch(scenario, 3, 0)
    for taken_up in (batch, other):
        taken_up.restore(state)
        assert_same(copies(taken_up), before)
        for t in range(10, 20):
            taken_up.step(actions[t], messages[t])
        assert_same(copies(taken_up), after)


def test_a_state_is_a_copy() -> None:
    batch = WorldBatch(load_scenario("lookout"), 2, 0)
    batch.reset(np.arange(2))
    state = batch.state()
    before = [array.copy() for array in state.world]
    batch.reset(np.arange(2) + 50)
    batch.step(np.ones((2, 2), np.uint8), np.ones((2, 2, 1), np.uint8))
    assert all((array == saved).all() for array, saved in zip(state.world, before, strict=True))


def test_the_arrays_of_a_batch_lie_on_one_buffer_apart_and_aligned() -> None:
    batch = WorldBatch(eventful(), 3)
    first = batch._state.buffer.ctypes.data
    ends = first
    for name, array in batch.world._asdict().items():
        assert array.flags.c_contiguous, name
        assert array.flags.aligned, name
        assert array.ctypes.data >= ends, name
        assert array.ctypes.data % 64 == 0, name
        ends = array.ctypes.data + array.nbytes
    assert ends + 8 <= first + batch._state.buffer.nbytes
    assert set(batch.world._fields) == set(World._fields)


@pytest.mark.interpreted
def test_forked_worlds_go_on_like_the_one_they_come_from_and_apart() -> None:
    batch = WorldBatch(eventful(), 3, 8, autoreset=True)
    batch.reset(np.arange(3), 0.75)
    actions, messages = plays(batch, range(3))
    for t in range(5):
        batch.step(actions[t], messages[t])
    fork = batch.fork([2, 0, 2, 2])
    assert (fork.autoreset, fork.rules.scatter) == (True, 0.75), "the episodes that follow begin alike"
    assert_same_worlds(fork, batch, [2, 0, 2, 2])
    for t in range(5, 10):
        chosen = [2, 0, 2, 2]
        batch.step(actions[t], messages[t])
        altered = actions[t][chosen]
        altered[3] = 1 + t % 4
        fork.step(altered, messages[t][chosen])
        assert_same_worlds(fork, batch, [2, 0, 2])
    assert (fork.world.row[3] != fork.world.row[2]).any() or (fork.world.column[3] != fork.world.column[2]).any()


def assert_same_worlds(fork: WorldBatch, batch: WorldBatch, worlds: list[int]) -> None:
    """World n of a fork is what world worlds[n] of the batch is, and its agents observe the same."""
    mine, theirs = copies(fork), copies(batch)
    for name in mine:
        assert mine[name][: len(worlds)].tobytes() == theirs[name][worlds].tobytes(), name


def test_a_state_can_be_restored_in_another_order() -> None:
    batch = WorldBatch(load_scenario("rivals"), 3, 0)
    batch.reset(np.arange(3))
    before, state = copies(batch), batch.state()
    batch.restore(state, [1, 1, 0])
    assert_same(copies(batch), {name: array[[1, 1, 0]] for name, array in before.items()})


@pytest.mark.parametrize("worlds", [[0, 1], [0, 1, 3], [0, 1, -1], [0.0, 1.0, 2.0], [[0, 1, 2]], 0])
def test_worlds_that_a_state_lacks_are_refused(worlds: Any) -> None:
    batch = WorldBatch(load_scenario("rivals"), 3, 0)
    batch.reset(np.arange(3))
    with pytest.raises(ValueError, match="worlds must be 3 numbers from 0 to 2, of worlds of the state"):
        batch.restore(batch.state(), worlds)


@pytest.mark.interpreted
@pytest.mark.kernels
def test_with_autoreset_the_step_after_the_last_begins_an_episode_that_no_other_world_has() -> None:
    batch, alone = WorldBatch(eventful(), 3, 8, autoreset=True), WorldBatch(eventful(), 1, 8)
    batch.reset(np.arange(3), 0.5)
    actions, messages = plays(batch, range(3))
    for round_ in range(3):
        assert batch.world.episode.tolist() == [3 * round_, 3 * round_ + 1, 3 * round_ + 2]
        for w in range(3):
            alone.reset(batch.world.episode[[w]], 0.5)
            assert_same(copies(alone), {name: array[[w]] for name, array in copies(batch).items()})
        for t in range(batch.scenario.steps):
            batch.step(actions[t], messages[t])
        assert batch.world.truncated.all()
        batch.step(actions[0], messages[0])
        assert not batch.world.truncated.any()
        assert not batch.world.shared_reward.any()


def test_without_autoreset_a_world_goes_on_until_it_is_reset() -> None:
    batch = WorldBatch(load_scenario("lookout", {"steps": 2}), 1)
    batch.reset(np.zeros(1, int))
    for t in range(4):
        assert batch.world.t[0] == t
        assert batch.world.truncated[0] == (t >= 2)
        batch.step(GOOD_ACTIONS[:1], GOOD_MESSAGES[:1])


def test_no_step_creates_or_destroys_energy() -> None:
    batch = WorldBatch(eventful(), 64, 2)
    batch.reset(np.arange(64))
    total = batch.total_energy()
    actions, messages = plays(batch, range(64))
    for t in range(N_STEPS):
        batch.step(actions[t], messages[t])
        assert (batch.total_energy() == total).all()
    assert batch.world.inflow.any()
    assert (batch.world.stats.sum(axis=(0, 1)) > 0).sum() > 12, "much happened"


ROOM = "##########\n#@.......#\n#........#\n#...##...#\n#....A...#\n#........#\n#........#\n##########"


def test_agents_scatter_at_the_chance_that_is_asked_for_and_alike_over_free_cells(worlds: ModuleType) -> None:
    batch = WorldBatch(worlds.small(ROOM), 10_000, 3)
    free = batch.rules.grids[0] == Cell.EMPTY
    free[9, 10] = False  # the altar
    for chance in (0.0, 0.25, 1.0):
        batch.reset(np.arange(10_000), chance)
        counts = np.zeros(free.shape)
        np.add.at(counts, (batch.world.row[:, 0], batch.world.column[:, 0]), 1)
        assert (counts[~free] == 0).all()
        away = 1 - counts[6, 6] / 10_000
        assert abs(away - chance * (1 - 1 / free.sum())) < 0.02
    assert free.sum() == 45
    assert stats.chisquare(counts[free]).pvalue > 1e-4


def test_scattered_agents_may_begin_with_a_unit_and_those_that_cannot_walk_stay() -> None:
    batch = WorldBatch(load_scenario("lookout"), 4000, 3)
    for chance in (0.0, 0.5, 1.0):
        batch.reset(np.arange(4000), chance)
        assert (batch.world.row[:, 0] == batch.rules.start_row[0, 0]).all()
        assert (batch.world.column[:, 0] == batch.rules.start_column[0, 0]).all()
        carries = batch.world.energy[:, 1] == batch.world.value[:, 0]
        assert abs(carries.mean() - chance * batch.scenario.start.carrying) < 0.03
        assert (batch.world.reservoir + batch.world.energy[:, 1] == batch.scenario.reservoir.low).all()


@pytest.mark.interpreted
@pytest.mark.parametrize(("reservoir", "carries"), [(30, True), (29, False)])
def test_what_scattered_agents_carry_is_paid_from_the_ground(reservoir: int, carries: bool, worlds: ModuleType) -> None:
    site = "#####\n#@..#\n#...#\n#..o#\n#####"
    crystals, start = [{"kind": "green"}], {"scatter": 1, "carrying": 1}
    batch = worlds.begin(worlds.small(site, crystals=crystals, values={"green": 30}, start=start, reservoir=reservoir))
    assert batch.world.inventory[0, 0, 0] == carries
    assert batch.world.reservoir[0] == (0 if carries else reservoir)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n_worlds": 0}, "n_worlds is 0; a batch has at least one world"),
        ({"seed": -1}, r"seed is -1; it must lie in 0 to 2\*\*63 - 1"),
        ({"seed": 2**63}, "it must lie in 0 to"),
        ({"n_threads": 0}, "n_threads is 0; a batch is stepped by at least one thread"),
    ],
)
def test_an_impossible_batch_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        WorldBatch(load_scenario("lookout"), **{"n_worlds": 2} | arguments)


GOOD_ACTIONS, GOOD_MESSAGES = np.zeros((2, 2), np.uint8), np.zeros((2, 2, 1), np.uint8)


@pytest.mark.parametrize(
    ("actions", "messages", "sentence"),
    [
        (GOOD_ACTIONS + np.uint8(6), GOOD_MESSAGES, "actions holds 6; it must lie in 0 to 5"),
        (GOOD_ACTIONS, GOOD_MESSAGES + np.uint8(16), "messages holds 16; it must lie in 0 to 15"),
        (GOOD_ACTIONS.astype(int), GOOD_MESSAGES, r"actions must be an array of uint8 of shape \(2, 2\), not int64"),
        (GOOD_ACTIONS, GOOD_MESSAGES.astype(np.int8), r"messages must be an array of uint8 of shape \(2, 2, 1\)"),
        (GOOD_ACTIONS[:1], GOOD_MESSAGES, r"not uint8 of shape \(1, 2\)"),
        (GOOD_ACTIONS, GOOD_MESSAGES[:, :, 0], r"not uint8 of shape \(2, 2\)"),
        ([[0, 0], [0, 0]], GOOD_MESSAGES, "actions must be an array of uint8 .* not list"),
        (None, GOOD_MESSAGES, "not NoneType"),
    ],
)
def test_impossible_actions_and_messages_are_refused(actions: Any, messages: Any, sentence: str) -> None:
    batch = WorldBatch(load_scenario("lookout"), 2)
    batch.reset(np.arange(2))
    before = copies(batch)
    with pytest.raises(ValueError, match=sentence):
        batch.step(actions, messages)
    assert_same(copies(batch), before)


def test_actions_of_any_memory_layout_do() -> None:
    batch, other = (WorldBatch(load_scenario("rivals"), 2) for _ in range(2))
    batch.reset(np.arange(2))
    other.reset(np.arange(2))
    actions = np.array([[1, 2, 3, 4], [4, 3, 2, 1]], np.uint8)
    messages = np.arange(8, dtype=np.uint8).reshape(2, 4, 1)
    batch.step(actions, messages)
    other.step(np.asfortranarray(actions), np.asfortranarray(messages))
    assert_same(copies(batch), copies(other))


@pytest.mark.parametrize(
    "episodes", [np.arange(3), np.array([-1, 0]), np.array([0.5, 1.0]), np.array([[0, 1]]), "ab", [0, 2**63]]
)
def test_impossible_episodes_are_refused(episodes: Any) -> None:
    with pytest.raises(ValueError, match="episodes must be whole numbers from 0 to .*, one for each of 2 worlds"):
        WorldBatch(load_scenario("lookout"), 2).reset(episodes)


@pytest.mark.parametrize("scatter", [-0.1, 1.1, float("nan")])
def test_an_impossible_chance_is_refused(scatter: float) -> None:
    with pytest.raises(ValueError, match="it is a chance from 0 to 1"):
        WorldBatch(load_scenario("lookout"), 2).reset(np.arange(2), scatter)


def test_stepping_before_the_first_reset_is_refused() -> None:
    with pytest.raises(ValueError, match="reset them before the first step"):
        WorldBatch(load_scenario("lookout"), 2).step(GOOD_ACTIONS, GOOD_MESSAGES)


def test_a_state_of_other_worlds_is_refused(worlds: ModuleType) -> None:
    state = worlds.begin(load_scenario("lookout"), 1).state()
    for batch in (worlds.begin(load_scenario("lookout"), 2), worlds.begin(load_scenario("rivals"), 1)):
        with pytest.raises(ValueError, match=f"the state is not of {batch.n_worlds} worlds of scenario"):
            batch.restore(state)
