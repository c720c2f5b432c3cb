"""Hidden states and directions in them: what is fitted does what it says, in closed form."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Eraser
from commlab.probes.cause.hidden import directions
from commlab.probes.cause.hidden.cases import draw_values
from commlab.probes.cause.hidden.states import (
    NO_VALUE,
    Erased,
    States,
    permuted_states,
    read_states,
    recorded,
    value_table,
)
from commlab.probes.cause.twins import play


@pytest.fixture(scope="module")
def states(minding: Any) -> States:
    return read_states(minding.recording, "resource_location", "core", "listeners")


def erased(eraser: Eraser, vectors: Any) -> Any:
    return vectors - directions.part_of(eraser, vectors - np.asarray(eraser.bias, np.float64))


def test_leace_leaves_the_same_mean_at_every_value(states: States) -> None:
    """Theorem 4.3 of Belrose et al. 2023: no linear probe does better than chance if, and only if, the means agree."""
    known = states._replace(vectors=states.vectors.astype(np.float64))
    before = directions.fit_means(known).means
    after = directions.fit_means(known._replace(vectors=erased(directions.fit_eraser(states), known.vectors))).means
    assert np.ptp(before, axis=0).max() > 0.5
    assert np.ptp(after, axis=0).max() < 1e-3


def test_the_difference_of_means_is_the_planted_direction(states: States, minding: Any) -> None:
    mind = minding.agents.policy
    means = directions.fit_means(states)
    led = means.between(np.array([0]), np.array([1]))[0]
    code = led @ mind.rotation.T
    assert np.linalg.norm(code[:4]) > 0.8 * np.linalg.norm(led)  # the places' units of the code


def test_random_changes_are_as_long(states: States) -> None:
    rng = np.random.default_rng(0)
    means = directions.fit_means(states)
    own, wanted = np.array([0, 1, 2]), np.array([1, 2, 0])
    led = means.between(own, wanted)
    random = directions.matched(directions.random_means(means, rng).between(own, wanted), led)
    assert np.allclose(np.linalg.norm(random, axis=1), np.linalg.norm(led, axis=1))
    part = directions.random_part(3, 24, rng)
    twice = directions.part_of(part, directions.part_of(part, led))
    assert np.allclose(twice, directions.part_of(part, led), atol=1e-5)
    assert (directions.matched(np.zeros((1, 24)), led[:1]) == 0).all()


def test_an_eraser_of_other_episodes_moves_as_far(states: States) -> None:
    rng = np.random.default_rng(0)
    far = directions.displaced(directions.fit_eraser(states), states)
    made = permuted_states(states, 8, rng)
    assert all(sorted(one.value.tolist()) == sorted(states.value.tolist()) for one in made)
    for found in (directions.as_far(states, far, made), directions.as_far(states, far, made, made[0])):
        assert directions.displaced(found.eraser, states) == pytest.approx(far, rel=1e-3)
        assert 0 < found.share <= 1


def test_a_run_is_recorded_as_it_is_played(minding: Any) -> None:
    trace = play(minding.agents, 40, 3, layers=("core",))
    recording = recorded(minding.agents, 40, 3, layers=("core",))
    said = recording["channel/said"][:].reshape(40, -1, *trace.said.shape[2:]).swapaxes(0, 1)
    assert np.array_equal(said, trace.said)
    hidden = recording["policy/hidden.core"][:].reshape(40, -1, 2, 24).swapaxes(0, 1)
    assert np.array_equal(hidden, trace.hidden["core"].astype(np.float16))
    nothing = Eraser(np.zeros((24, 1)), np.zeros((1, 24)), np.zeros(24))
    again = recorded(minding.agents, 40, 3, layers=("core",), erased=Erased("core", (1,), nothing))
    assert np.array_equal(again["policy/hidden.core"][:], recording["policy/hidden.core"][:])
    flat = Eraser(np.eye(24), np.eye(24), np.zeros(24))
    gone = recorded(minding.agents, 40, 3, layers=("core",), erased=Erased("core", (1,), flat))
    assert (gone["policy/hidden.core"][:, 1] == 0).all()
    assert np.array_equal(gone["policy/hidden.core"][:, 0], recording["policy/hidden.core"][:, 0])


def test_the_values_of_a_run_stand_at_their_steps(minding: Any) -> None:
    recording = recorded(minding.agents, 40, 3)
    names = ("NW", "NE", "SW")
    table = value_table(recording, "resource_location", names, 40)
    trace = play(minding.agents, 40, 3)
    assert table.shape == (40, 40, 2)
    crystal = trace.crystal[7, 11].max(axis=0)  # the only one that is there
    sector = ("N" if crystal[0] < 4 else "S") + ("W" if crystal[1] < 4 else "E")
    assert table[7, 11, 1] == (names.index(sector) if sector in names else NO_VALUE)


def test_values_are_drawn_evenly_among_the_others() -> None:
    rng = np.random.default_rng(0)
    own = np.zeros(3000, np.int64)
    drawn = draw_values(own, np.array([True, True, False, True]), rng)
    assert np.bincount(drawn, minlength=4).tolist() == pytest.approx([0, 1500, 0, 1500], abs=120)
    assert (draw_values(own, np.array([True, False]), rng) == NO_VALUE).all()
