"""Behaviour: planted ways of walking are found with their size, chance is not, shares and steps are counted right."""

import json
import re

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.moments import moments_of
from commlab.foundation.result import Result
from commlab.foundation.statistics import draw_permutations, episode_strata
from commlab.probes.decode import behaviour
from commlab.probes.decode.occupancy import departures, flow, means, occupancy

HEADER = {
    "codes": {
        "cells": {"0": "empty", "1": "wall", "2": "altar"},
        "actions": {"0": "stay"},
        "bodies": {"0": "forager", "1": "scout"},
    },
    "seed": 0,
    "command": "test",
}
SITES = np.array([(1, 1), (1, 7), (7, 1), (7, 7)])


def recorded(position, heard=None, grid=None, **fields):
    """A recording of foragers at positions (E, T, A, 2) who hear symbols (E, T, A)."""
    n_episodes, n_steps, n_agents = position.shape[:3]
    ended = np.zeros((n_episodes, n_steps), bool)
    every = {
        "agents/position": position.astype(np.int16),
        "steps/terminated": ended,
        "steps/truncated": ended,
    }
    if heard is not None:
        every["channel/heard"] = heard[..., None, None].astype(np.uint8)
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in every.items()}
    layout = {"sites": SITES.tolist()}
    if grid is not None:
        layout |= {"height": len(grid), "width": len(grid[0]), "grid": np.asarray(grid).tolist(), "maps": 2}
    episodes = {
        "length": np.full(n_episodes, n_steps, np.int32),
        "bodies": np.zeros((n_episodes, n_agents), np.uint8),
        **fields,
    }
    return memory_recording({**HEADER, "layout": layout}, episodes, flat)


def walled(size=9):
    """An empty map of that size with a wall around it."""
    grid = np.ones((size, size), int)
    grid[1:-1, 1:-1] = 0
    return grid


def held(rng, n_episodes, n_steps, n_agents, n_values=4):
    """Symbols from 1 on (E, T, A) that change now and then."""
    moves = rng.random((n_episodes, n_steps, n_agents)) < 0.15
    moves[:, 0] = True
    since = np.maximum.accumulate(np.where(moves, np.arange(n_steps)[None, :, None], 0), axis=1)
    return np.take_along_axis(rng.integers(1, n_values + 1, moves.shape), since, axis=1)


def walkers(obeys, seed=0, n_episodes=40, n_steps=40, n_agents=2):
    """Foragers in a 9 x 9 room who go to the site that was named last, if they obey, and stroll about otherwise."""
    rng = np.random.default_rng(seed)
    heard = held(rng, n_episodes, n_steps, n_agents)
    position = np.zeros((*heard.shape, 2), int)
    now = rng.integers(1, 8, (n_episodes, n_agents, 2))
    for t in range(n_steps):
        position[:, t] = now
        step = rng.integers(-1, 2, now.shape)
        if obeys:
            step = np.where(rng.random(now.shape) < 0.8, np.sign(SITES[heard[:, t] - 1] - now), step)
        now = np.clip(now + step, 1, 7)
    return recorded(position, heard, walled())


def test_walkers_who_obey_are_told_from_where_they_are_and_their_places_are_outlined():
    result = behaviour.fit(walkers(obeys=True), n_null=99)
    assert result.p_value == 0.01
    assert 0.4 < result.estimate < 2.0  # of the 2 bits that four sites could tell
    assert result.interval[0] < result.estimate < result.interval[1]
    assert result.null.high < 0.1
    assert "last_heard" in result.sentence
    ground, values = result.details["map"], result.details["departures"]
    for row in values:
        assert row["p_value"] == 0.01
        assert row["interval"][0] < row["excess"] < row["interval"][1]
        row_of_site, column = SITES[int(row["value"]) - 1]
        assert row_of_site * ground["columns"] + column in row["raised"]
    for part in result.details["parts"][1:]:
        site = SITES[int(part["value"]) - 1]
        goes = part["flow"]
        for square, mean, clear in zip(goes["square"], goes["mean"], goes["clear"], strict=True):
            gap = site - np.array(divmod(square, ground["arrow_columns"]))
            if clear and (np.abs(gap) > 2).all():  # from afar everybody walks towards the site
                assert np.all(np.sign(mean) == np.sign(gap))


def test_a_walk_to_an_outlined_place_and_one_to_elsewhere_are_shown():
    recording = walkers(obeys=True)
    result = behaviour.fit(recording, n_null=99)
    came, not_there = moments_of(result)
    assert "that have come to an outlined place" in came.note
    assert "that have not come to an outlined place" in not_there.note
    heard = recording["channel/heard"][:][..., 0, 0].reshape(40, 40, 2)
    position = recording["agents/position"][:].reshape(40, 40, 2, 2)
    for moment in (came, not_there):
        said = re.search(
            r"forager \d heard (\d) last and goes from (\d),(\d) to (\d),(\d) in (\d+) steps?", moment.note
        )
        value, *cells, steps = (int(number) for number in said.groups())
        agent = moment.agents[0]
        assert heard[moment.episode, moment.step, agent] == value
        assert moment.step == 0 or heard[moment.episode, moment.step - 1, agent] != value
        assert position[moment.episode, moment.step, agent].tolist() == cells[:2]
        assert position[moment.episode, moment.step + steps, agent].tolist() == cells[2:]
        row = next(row for row in result.details["departures"] if row["value"] == str(value))
        reached = cells[2] * result.details["map"]["columns"] + cells[3] in row["raised"]
        assert reached == (moment is came)


def test_strollers_tell_nothing():
    results = [behaviour.fit(walkers(obeys=False, seed=seed), n_null=99) for seed in range(6)]
    assert sum(result.p_value <= 0.05 for result in results) <= 1
    assert max(result.estimate for result in results) < 0.05
    assert sum(bool(row["raised"]) for result in results for row in result.details["departures"]) <= 2


def test_two_who_share_a_clock_alone_tell_nothing():
    """What is heard and where one is both go with the step: at equal t there is nothing to exchange."""
    rng = np.random.default_rng(3)
    t = np.arange(32)
    heard = np.broadcast_to(1 + t // 8, (24, 32))[..., None] * np.ones((1, 1, 2), int)
    position = np.stack([1 + t // 5, 1 + t // 5], axis=-1)[None, :, None] + rng.integers(0, 2, (24, 32, 2, 2))
    result = behaviour.fit(recorded(position, heard, walled()), n_null=99)
    assert result.estimate < 0.05
    assert result.p_value > 0.05
    assert result.details["plug_in"] > 1.0  # which without the null would look like much


def test_agents_that_live_apart_and_hear_apart_tell_nothing():
    """Each agent has its own half of the map and its own words; within an agent nothing goes with anything."""
    rng = np.random.default_rng(4)
    heard = rng.integers(1, 3, (24, 30, 2)) + 2 * np.arange(2)
    position = rng.integers(1, 4, (24, 30, 2, 2)) + np.array([[0, 0], [4, 4]])
    result = behaviour.fit(recorded(position, heard, walled()), n_null=99)
    assert result.estimate < 0.05
    assert result.p_value > 0.05


def test_shares_and_mean_steps_are_those_counted_by_hand():
    position = np.array([[[[1, 1]], [[1, 2]], [[1, 3]], [[1, 3]]], [[[1, 1]], [[2, 1]], [[1, 1]], [[1, 2]]]])
    details = behaviour.fit(recorded(np.tile(position, (4, 1, 1, 1)), grid=walled()), n_null=19).details
    part = details["parts"][0]
    assert part["n_rows"] == 32
    columns = details["map"]["columns"]
    counted = dict(zip(part["place"], part["count"], strict=True))
    assert counted == {columns + 1: 12, columns + 2: 8, columns + 3: 8, 2 * columns + 1: 4}
    assert part["share"] == [12 / 32, 8 / 32, 8 / 32, 4 / 32]
    goes = part["flow"]
    means_by_square = dict(zip(goes["square"], goes["mean"], strict=True))
    third = 1 / 3  # from 1,1: once to the east, once to the south, once to the east again
    assert means_by_square[columns + 1] == pytest.approx([third, 2 * third], abs=1e-4)
    assert dict(zip(goes["square"], goes["count"], strict=True))[columns + 2] == 4  # the last step goes nowhere


def test_a_recording_without_anything_heard_is_mapped_and_its_estimate_has_a_reason():
    rng = np.random.default_rng(0)
    position = rng.integers(1, 8, (8, 10, 1, 2))
    for heard in (None, np.zeros((8, 10, 1), int), np.ones((8, 10, 1), int)):
        result = behaviour.fit(recorded(position, heard, walled()), n_null=19)
        assert result.estimate is None
        assert result.null is None
        assert len(result.details["parts"]) == 1
        assert "undefined, because" in result.sentence
        assert json.loads(result.to_json())["details"]["reason"]


def test_large_maps_are_cut_into_squares():
    rng = np.random.default_rng(0)
    position = rng.integers(0, 300, (6, 20, 3, 2))
    result = behaviour.fit(recorded(position, held(rng, 6, 20, 3), np.zeros((300, 300), int)), n_null=19)
    ground = result.details["map"]
    assert max(ground["rows"], ground["columns"]) <= 48
    assert ground["arrow_side"] % ground["side"] == 0
    assert 300 / ground["arrow_side"] <= 16
    assert sum(result.details["parts"][0]["count"]) == 6 * 20 * 3


def test_a_map_that_is_not_pictured_is_as_large_as_what_is_walked_on():
    position = np.random.default_rng(0).integers(-5, 6, (8, 10, 1, 2))
    ground = behaviour.fit(recorded(position), n_null=19).details["map"]
    assert ground["corner"] == [-5, -5]
    assert (ground["rows"], ground["columns"]) == (11, 11)
    assert ground["walls"] == []


def test_of_several_maps_the_most_played_one_is_read():
    position = np.random.default_rng(0).integers(1, 8, (12, 10, 1, 2))
    maps = np.array([1] * 7 + [0] * 5, np.int16)
    result = behaviour.fit(recorded(position, None, walled(), map=maps), n_null=19)
    assert result.n_episodes == 7
    assert (result.details["map"]["number"], result.details["map"]["walls"]) == (1, [])  # only the first is pictured


def test_rows_are_bounded_by_whole_episodes_and_results_are_the_same_again():
    recording = walkers(obeys=True, n_episodes=12)
    some = behaviour.fit(recording, n_null=19, max_rows=500)
    assert some.n_episodes == 6
    assert (
        some.to_json().split('"provenance"')[0]
        == (behaviour.fit(recording, n_null=19, max_rows=500).to_json().split('"provenance"')[0])
    )
    assert Result.from_json(some.to_json()).estimate == some.estimate


def test_numbers_are_split_in_quarters_and_many_values_are_pooled():
    rng = np.random.default_rng(0)
    position = rng.integers(1, 8, (10, 12, 1, 2))
    result = behaviour.fit(recorded(position, rng.integers(1, 60, (10, 12, 1)), walled()), most=3, n_null=19)
    assert len(result.details["values"]) == 32
    assert result.details["values"][-1] == "a rarer one"
    assert len(result.details["parts"]) == 4


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"by": "own_engery"}, TargetError, "own_energy"),
        ({"by": "own_energy"}, TargetError, "agents/energy"),
        ({"by": "own_body"}, DataError, "single value"),
        ({"of": "birds"}, DataError, "There are no agents 'birds'"),
        ({"n_null": 5}, DataError, "19 or more"),
        ({"most": 0}, DataError, "At least 1 value"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        behaviour.fit(walkers(obeys=False, n_episodes=6, n_steps=8), **{"n_null": 19, **options})


def test_a_recording_without_positions_or_with_few_episodes_is_refused():
    with pytest.raises(DataError, match="but 4 are needed"):
        behaviour.fit(walkers(obeys=False, n_episodes=3))
    flat = {"steps/terminated": np.zeros(20, bool), "steps/truncated": np.zeros(20, bool)}
    flat["channel/said"] = np.ones((20, 1, 1), np.uint8)
    bare = memory_recording(
        {**HEADER, "layout": {}}, {"length": np.full(2, 10, np.int32), "bodies": np.zeros((2, 1), np.uint8)}, flat
    )
    with pytest.raises(DataError, match="holds no agents/position"):
        behaviour.fit(bare)


def test_intervals_of_shares_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        chance, lengths = rng.beta(1.2, 2.8, 60), rng.integers(10, 60, 60)  # 30 % on average, episodes differ
        hits = rng.binomial(lengths, chance)
        place = np.concatenate([np.repeat([1, 0], [hit, n - hit]) for hit, n in zip(hits, lengths, strict=True)])
        found = occupancy(np.repeat(np.arange(60), lengths), place)
        here = found.place.tolist().index(1)
        covered.append(found.low[here] <= 0.3 <= found.high[here])
    assert 0.91 < np.mean(covered) < 0.98


def test_an_agent_that_never_leaves_its_place_has_an_interval_from_its_episodes():
    found = occupancy(np.repeat(np.arange(20), 5), np.zeros(100, int))
    assert found.share.tolist() == [1.0]
    assert 0.8 < found.low[0] < found.high[0] == 1.0


def test_steps_without_a_direction_are_seldom_called_clear():
    rng = np.random.default_rng(0)
    clear = []
    for _ in range(40):
        drift = 0.3 * rng.normal(size=(40, 1, 2))
        step = rng.integers(-1, 2, (40, 50, 2)) + drift
        found = flow(np.repeat(np.arange(40), 50), rng.integers(0, 20, 2000), step.reshape(-1, 2))
        clear.append(found.clear.mean())
    assert np.mean(clear) < 0.1


def test_the_mean_of_a_group_is_a_ratio_of_sums_with_the_jackknifes_variance():
    rng = np.random.default_rng(0)
    episode, values = np.sort(rng.integers(0, 12, 80)), rng.normal(size=(80, 2))
    found = means(episode, np.zeros(80, int), values)
    assert found.mean[0] == pytest.approx(values.mean(axis=0))
    left_out = np.array([values[episode != one].mean(axis=0) for one in np.unique(episode)])
    n = len(left_out)
    jackknife = (n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    assert np.diag(found.covariance[0]) == pytest.approx(jackknife, rel=0.15)  # the same to first order


def test_departures_are_total_variation_and_leave_rare_values_untested():
    values = np.array([[0, 0, 1, 1]] * 8 + [[0, 0, 1, 2]])
    places = np.array([[0, 0, 1, 1]] * 9)
    permutations = draw_permutations(episode_strata(np.full(9, 4)), 19, np.random.default_rng(0))
    found = departures(values, places, permutations)
    assert found.distance[0] == pytest.approx(0.5)  # everything at place 0, against half of all steps there
    assert np.isnan(found.p_values[2])
    assert found.interval[2] is None
    assert not np.isnan(found.p_values[:2]).any()
