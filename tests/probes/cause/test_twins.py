"""Twins: the same seed gives the same worlds, and only what a plan changes differs, from then on."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Intervention
from commlab.agents.plan import NO_PLAN, make_plan
from commlab.env.types import Action, Facing
from commlab.foundation.errors import InterventionError
from commlab.probes.cause.twins import Trace, play, tried_cells

BY_STEP = [name for name in Trace._fields if name not in ("kinship", "hidden", "rolled")]
NOTHING: list[list[Intervention]] = [[] for _ in range(70)]


def assert_same(one: Trace, other: Trace, until: int | None = None) -> None:
    """Both traces are bit-identical in their first steps."""
    assert one.kinship.tobytes() == other.kinship.tobytes()
    assert one.hidden.keys() == other.hidden.keys()
    pairs = {name: (getattr(one, name), getattr(other, name)) for name in BY_STEP}
    pairs |= {name: (one.hidden[name], other.hidden[name]) for name in one.hidden}
    for name, (a, b) in pairs.items():
        assert a[:until].tobytes() == b[:until].tobytes(), name


def test_the_same_seed_gives_the_same_trace(obeying: Any) -> None:
    assert_same(play(obeying, 70, seed=3), play(obeying, 70, seed=3))


def test_another_seed_gives_other_episodes(obeying: Any) -> None:
    assert not np.array_equal(play(obeying, 70, seed=3).crystal, play(obeying, 70, seed=4).crystal)


def test_a_plan_that_does_nothing_is_bit_identical(obeying: Any) -> None:
    plan = make_plan(NOTHING, obeying.scenario.steps, 2)
    assert_same(play(obeying, 70), play(obeying, 70, plan=plan))
    assert_same(play(obeying, 70), play(obeying, 70, plan=NO_PLAN))


def test_the_first_episodes_do_not_depend_on_how_many_are_played(obeying: Any) -> None:
    few, many = play(obeying, 10), play(obeying, 90)
    assert_same(few, Trace(*(getattr(many, name)[:, :10] for name in BY_STEP), kinship=many.kinship[:10], hidden={}))


def test_twins_are_identical_before_the_injection_and_not_after(pair: Any, obeying: Any) -> None:
    at = 9
    symbol = int(obeying.policy.symbols[0])
    change = Intervention("message.in", "set", agents=(pair.GATHERER,), first=at, symbol=symbol)
    natural = play(obeying, 70)
    told = play(obeying, 70, plan=make_plan([[change]] * 70, obeying.scenario.steps, 2))
    assert_same(natural, told, at)
    assert (told.heard[at, :, pair.GATHERER] == symbol).all()
    assert not np.array_equal(natural.logits[at:], told.logits[at:])


def test_deaf_twins_stay_identical_but_for_what_they_hear(pair: Any, deaf: Any) -> None:
    change = Intervention("message.in", "set", agents=(pair.GATHERER,), first=9, symbol=1)
    natural, told = play(deaf, 70), play(deaf, 70, plan=make_plan([[change]] * 70, deaf.scenario.steps, 2))
    assert_same(natural._replace(heard=told.heard), told)


def test_what_is_heard_is_what_was_said_a_step_before(pair: Any, obeying: Any) -> None:
    trace = play(obeying, 70)
    assert np.array_equal(trace.heard[1:, :, pair.GATHERER], trace.said[:-1, :, pair.SCOUT])
    assert not trace.heard[0].any()


def test_the_scout_says_where_the_crystal_is(pair: Any, obeying: Any) -> None:
    trace = play(obeying, 70)
    for symbol, place in obeying.policy.codebook.items():
        there = (trace.crystal == np.array(place)).all(axis=-1).any(axis=-1)
        assert there.any()
        assert np.array_equal(there, trace.said[:, :, pair.SCOUT, 0] == symbol)


def test_what_is_tried_is_where_one_then_stands_or_what_was_in_the_way(pair: Any, obeying: Any) -> None:
    trace = play(obeying, 70)
    before, after = trace.position[:-1, :, pair.GATHERER], trace.position[1:, :, pair.GATHERER]
    tried = trace.tried[:-1, :, pair.GATHERER]
    moved = (before != after).any(axis=-1)
    assert np.array_equal(tried[moved], after[moved])
    altar = np.argwhere(np.array(pair.layout(obeying.scenario)["grid"]) == pair.Cell.ALTAR)[0]
    delivers = trace.reward[:-1, :, pair.GATHERER] > 0
    assert delivers.any()
    assert (tried[delivers] == altar).all()
    assert (trace.tried[:, :, pair.SCOUT] == -1).all()


def test_cells_tried_by_moving_and_by_using() -> None:
    actions = np.array([Action.STAY, Action.NORTH, Action.EAST, Action.SOUTH, Action.WEST, Action.USE, Action.USE])
    facing = np.array([2, 2, 2, 2, 2, Facing.EAST, Facing.SOUTH], np.uint8)
    cells = tried_cells(np.full((7, 2), 4, np.int16), facing, actions.astype(np.uint8))
    assert cells.tolist() == [[-1, -1], [3, 4], [4, 5], [5, 4], [4, 3], [4, 5], [5, 4]]


def test_returns_are_shared_by_kin_and_averaged(obeying: Any) -> None:
    trace = play(obeying, 70)
    assert np.array_equal(trace.reward[:, :, 0], trace.reward[:, :, 1])
    assert np.allclose(trace.returns, trace.reward[:, :, 0].sum(axis=0))


def test_rewards_after_an_early_end_do_not_count(pair: Any) -> None:
    planted = pair.checkpoint(obeys=True)
    ending = planted.scenario.model_copy(update={"end": planted.scenario.end.model_copy(update={"hearts": 2})})
    trace, whole = play(planted._replace(scenario=ending), 70), play(planted, 70)
    assert (trace.returns == 2).all()
    assert (whole.returns > 2).all()
    ended = (np.cumsum(whole.reward[:, :, 0], axis=0) >= 2).argmax(axis=0)
    assert np.array_equal(trace.live.sum(axis=0), ended + 1)


def test_a_symbol_outside_the_vocabulary_is_refused(obeying: Any) -> None:
    plan = make_plan([[Intervention("message.in", "set", symbol=200)]], obeying.scenario.steps, 2)
    with pytest.raises(InterventionError, match="symbols 0 to 11, not 200"):
        play(obeying, 1, plan=plan)
