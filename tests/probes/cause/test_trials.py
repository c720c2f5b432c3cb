"""Trials: begun when the listener has just delivered; the first place reached, against a slow reference."""

from typing import Any

import numpy as np
import pytest

from commlab.probes.cause.trials import NOWHERE, Trials, choose_trials, distances, first_place, hear_phantom, in_time
from commlab.probes.cause.twins import Trace, play


@pytest.fixture(scope="module")
def natural(obeying: Any) -> Trace:
    return play(obeying, 200)


def test_trials_begin_when_the_listener_has_just_delivered(pair: Any, natural: Trace) -> None:
    trials = choose_trials(natural, (pair.GATHERER,), np.random.default_rng(0))
    assert len(trials) > 150
    index = (trials.step, trials.episode, trials.listener)
    assert (natural.energy[index] == 0).all()
    assert (natural.carried[index] == 0).all()
    assert (natural.energy[trials.step - 1, trials.episode, trials.listener] > 0).all()
    assert (trials.listener == pair.GATHERER).all()
    assert len(set(trials.episode.tolist())) == len(trials)
    assert len(set(trials.step.tolist())) > 5


def test_carried_crystals_count_as_carrying(pair: Any, natural: Trace) -> None:
    laden = natural._replace(carried=natural.carried.copy())
    laden.carried[:20] = 1
    trials = choose_trials(laden, (pair.GATHERER,), np.random.default_rng(0))
    assert len(trials) > 0
    assert trials.step.min() >= 20


def test_an_episode_without_such_a_step_has_no_trial(pair: Any, natural: Trace) -> None:
    busy = natural._replace(energy=natural.energy.copy())
    busy.energy[:, :150] = 100
    trials = choose_trials(busy, (pair.GATHERER,), np.random.default_rng(0))
    assert trials.episode.min() >= 150


def test_a_step_that_is_named_is_taken_whatever_is_carried(pair: Any, natural: Trace) -> None:
    trials = choose_trials(natural, (pair.GATHERER,), np.random.default_rng(0), at=11)
    assert trials.episode.tolist() == list(range(200))
    assert set(trials.step.tolist()) == {11}
    assert (natural.energy[trials.step, trials.episode, trials.listener] > 0).any()


def slow_first_place(tried: list[list[int]], sites: list[list[int]]) -> int:
    """The first of the cells tried that is a site."""
    for cell in tried:
        if cell in sites:
            return sites.index(cell)
    return NOWHERE


def test_the_first_place_is_that_of_a_slow_reference() -> None:
    rng = np.random.default_rng(0)
    n_steps, n, span = 30, 300, 12
    tried = rng.integers(-1, 6, (n_steps, n, 2, 2)).astype(np.int16)
    length = rng.integers(n_steps // 2, n_steps + 1, n)
    given = {"tried": tried, "live": np.arange(n_steps)[:, None] < length}
    trace = Trace(*(given.get(name, np.zeros(0)) for name in Trace._fields))  # type: ignore[arg-type]
    trials = Trials(np.arange(n), rng.integers(0, 2, n), rng.integers(0, n_steps // 2, n))
    sites = np.array([(0, 0), (0, 5), (3, 3), (5, 1)])
    found = first_place(trace, trials, sites, span)
    for e in range(n):
        step, listener = int(trials.step[e]), int(trials.listener[e])
        stop = min(step + span, int(length[e]))
        assert found[e] == slow_first_place(tried[step:stop, e, listener].tolist(), sites.tolist())
    assert set(found.tolist()) == {NOWHERE, 0, 1, 2, 3}


def test_an_episode_that_is_over_has_no_trial(pair: Any, natural: Trace) -> None:
    ended = natural._replace(live=natural.live.copy())
    ended.live[10:, :100] = False
    trials = choose_trials(ended, (pair.GATHERER,), np.random.default_rng(0))
    assert (trials.step[trials.episode < 100] < 9).all()
    assert (trials.step[trials.episode >= 100] > 9).any()


def test_distances_count_rows_and_columns_and_end_with_the_episode(natural: Trace) -> None:
    last = natural.position.shape[0] - 1
    trials = Trials(np.array([0, 1]), np.array([1, 1]), np.array([0, last]))
    found = distances(natural, trials, np.array([[2, 3], [7, 7]]), 3)
    for s in range(3):
        row, column = natural.position[s, 0, 1].tolist()
        assert found[0, s] == abs(row - 2) + abs(column - 3)
    assert np.isfinite(found[1]).tolist() == [True, False, False]
    ended = natural._replace(live=natural.live.copy())
    ended.live[2:, 0] = False
    assert np.isfinite(distances(ended, trials, np.array([[2, 3], [7, 7]]), 3)[0]).tolist() == [True, True, False]


def test_phantoms_are_heard_by_their_listener_for_the_duration() -> None:
    trials = Trials(np.array([1, 2]), np.array([1, 0]), np.array([4, 6]))
    worlds = hear_phantom(trials, 4, np.array([7, 0]), 5, 0.5)
    assert [len(changes) for changes in worlds] == [0, 1, 1, 0]
    told, silenced = worlds[1][0], worlds[2][0]
    assert (told.operation, told.symbol, told.agents, told.first, told.last) == ("set", 7, (1,), 4, 8)
    assert told.kinship == 0.5
    assert (silenced.operation, silenced.symbol, silenced.agents) == ("mute", None, (0,))


def test_some_trials_can_be_kept() -> None:
    trials = Trials(np.arange(3), np.arange(3) + 1, np.arange(3) + 2)
    kept = in_time(trials, np.array([True, False, True]))
    assert [part.tolist() for part in kept] == [[0, 2], [1, 3], [2, 4]]
