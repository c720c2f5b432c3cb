"""The code of what kin are told: what is read in it, what is not, and what is so."""

from typing import Any

import numpy as np
import pytest

from commlab.env.loading import load_scenario
from commlab.probes.cause.kin.code import NO_CODE, Places, Scene, fit_code, judge, kinds_of, symbols_of

T, W, P = 12, 40, 9


def scene(
    message: np.ndarray[Any, Any], nearest: np.ndarray[Any, Any], also: np.ndarray[Any, Any] | None = None
) -> Scene:
    """One speaker that says `message` (T, W) of crystals in the sectors `nearest` and `also` (T, W)."""
    of_nearest = nearest[..., None] == np.arange(P)
    there = of_nearest if also is None else of_nearest | (also[..., None] == np.arange(P))
    return Scene(message[..., None], there, of_nearest[:, :, None], np.ones((T, W, 1), np.bool_))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_word_for_each_place_is_read(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 8, (T, W))
    code = fit_code(scene(nearest + 1, nearest))
    assert code.claim == "nearest"
    assert code.words(0).tolist() == [*range(1, 9), 0]
    assert code.named[0].sum() == 8


def test_words_are_drawn_among_synonyms(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 4, (T, W))
    code = fit_code(scene(2 * nearest + rng.integers(1, 3, (T, W)), nearest))
    words = code.some_words(0, 50, rng)
    assert [set(words[:, place].tolist()) for place in range(5)] == [{1, 2}, {3, 4}, {5, 6}, {7, 8}, {0}]


def test_two_crystals_of_which_any_is_named(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 8, (T, W))
    also = (nearest + rng.integers(1, 8, (T, W))) % 8
    said = np.where(rng.random((T, W)) < 0.5, nearest, also) + 1
    seen = scene(said, nearest, also)
    code = fit_code(seen)
    assert code.claim == "any"
    assert judge(code, seen).true.sum() == T * W


def test_what_is_said_of_nothing_is_unclear(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 8, (T, W))
    noise = scene(rng.integers(1, 9, (T, W)), nearest)
    code = fit_code(noise)
    assert code.named[0].sum() == 0
    assert judge(code, noise).unclear.sum() == T * W


def test_every_step_is_of_one_kind(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 8, (T, W))
    code = fit_code(scene(nearest + 1, nearest))
    message = np.where(rng.random((T, W)) < 0.3, 0, rng.integers(1, 11, (T, W)))
    message[:4] = nearest[:4] + 1
    seen = scene(message, nearest)
    kinds = kinds_of(code, seen, 0, np.arange(W))
    assert (kinds.sum(axis=0) == 1).all()
    true, silent, false, unclear = kinds
    assert (true == (message == nearest + 1)).all()
    assert (silent == (message == 0)).all()
    assert (unclear == (message > 8)).all()
    assert (false == ((message > 0) & (message < 9) & (message != nearest + 1))).all()


def test_nothing_counts_where_there_is_nothing_to_tell(rng: np.random.Generator) -> None:
    nearest = rng.integers(0, 8, (T, W))
    seen = scene(nearest + 1, nearest)
    code = fit_code(seen)
    judged = judge(code, seen._replace(tellable=np.zeros((T, W, 1), np.bool_)))
    assert judged.steps.sum() == 0


def test_silence_makes_no_code(rng: np.random.Generator) -> None:
    silent = scene(np.zeros((T, W), np.int64), rng.integers(0, 8, (T, W)))
    assert [len(messages) for messages in fit_code(silent).messages] == [0]
    assert NO_CODE.messages == ()


def test_messages_and_their_numbers() -> None:
    assert symbols_of(3 + 7 * 40, 40, 2) == (3, 7)


def test_sites_and_sectors_of_a_map() -> None:
    scenario = load_scenario("babel")
    sectors, sites = (Places.of(scenario, kind) for kind in ("sector", "site"))
    assert (sectors.n, sites.n) == (9, 32)
    assert sites.of_cells(sites.sites).tolist() == list(range(32))
    assert np.bincount(sectors.of_cells(sites.sites)).tolist() == [4] * 8
    crystals = np.array([sites.sites[3], (-1, -1), (0, 0)], np.int16)  # at a site, none, and in a wall
    assert sites.occupied(crystals).nonzero()[0].tolist() == [3]
