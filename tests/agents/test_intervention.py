"""Interventions: told as data, refused in a sentence, and done to exactly the agents and steps that they name."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import MUTED, NO_PLAN, Intervention, Plan, from_json, make_plan, to_json
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Rollout
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.env.types import UNKNOWN, Slot
from commlab.foundation.errors import InterventionError

W = 6


def plan_for(scenario: Scenario, *interventions: Intervention, replays: Any = None) -> Plan:
    """The interventions, in every second world."""
    worlds = [interventions if w % 2 else () for w in range(W)]
    return make_plan(worlds, scenario.steps, scenario.n_agents, replays)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"site": "core", "operation": "mute"}, "site is one of message.out, message.in, not 'core'"),
        ({"site": "message.in", "operation": "replay"}, "At message.in an intervention can mute, set, not 'replay'"),
        ({"site": "message.out", "operation": "set"}, "has a symbol if, and only if"),
        ({"site": "message.out", "operation": "mute", "symbol": 3}, "has a symbol if, and only if"),
        ({"site": "message.out", "operation": "set", "symbol": -1}, "lies in 0 to 255"),
        ({"site": "message.out", "operation": "set", "symbol": 256}, "lies in 0 to 255"),
        ({"site": "message.out", "operation": "replay"}, "has a source episode if, and only if"),
        ({"site": "message.out", "operation": "mute", "source": 3}, "has a source episode if, and only if"),
        ({"site": "message.in", "operation": "set", "symbol": 1, "kinship": 1.1}, "lies in -1 to 1, not 1.1"),
        ({"site": "message.in", "operation": "mute", "first": -1}, "from step 0 or later"),
        ({"site": "message.in", "operation": "mute", "first": 5, "last": 4}, "not from 5 to 4"),
    ],
)
def test_interventions_that_make_no_sense_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InterventionError, match=words):
        Intervention(**fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Intervention("message.out", "mute", agents=(0, 2)), "agents 0 to 1, not 2"),
        (Intervention("message.out", "mute", agents=(-1, 1)), "agents 0 to 1, not -1"),
        (Intervention("message.out", "mute", first=12), "end after step 11; an intervention cannot begin at 12"),
    ],
)
def test_interventions_that_do_not_fit_the_scenario_are_refused(
    lookout: Scenario, change: Intervention, words: str
) -> None:
    with pytest.raises(InterventionError, match=words):
        make_plan([(change,)], lookout.steps, lookout.n_agents)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (make_plan([()] * 3, 12, 2), "but there are \\(12, 2, 2\\)"),
        (make_plan([()] * 2, 11, 2), "make it anew"),
        (make_plan([(Intervention("message.in", "set", symbol=16),)], 12, 2), "symbols 0 to 15, not 16"),
        (make_plan([(Intervention("message.out", "set", symbol=200),)], 12, 2), "symbols 0 to 15, not 200"),
    ],
)
def test_plans_for_other_worlds_are_refused(lookout: Scenario, plan: Plan, words: str) -> None:
    with pytest.raises(InterventionError, match=words):
        Rollout(WorldBatch(lookout, 2), RecurrentPolicy(lookout, 8), plan)


def test_json_gives_back_the_same() -> None:
    changes = (
        Intervention("message.out", "mute"),
        Intervention("message.out", "set", agents=(0, 3), first=2, last=9, symbol=4),
        Intervention("message.out", "replay", agents=(1,), source=77),
        Intervention("message.in", "set", symbol=0, kinship=-0.5),
    )
    assert from_json(to_json(changes)) == changes
    assert from_json(to_json(())) == ()


def test_muting_silences_the_named_agents_and_steps(lookout: Scenario, play: Any) -> None:
    plain = play(lookout, W)
    muted = play(lookout, W, plan_for(lookout, Intervention("message.out", "mute", (0,), first=3, last=7)))
    assert np.array_equal(muted.said[:4], plain.said[:4]), "what was said before anyone could hear the change"
    assert not muted.emitted[3:8, 1::2, 0].any()
    assert plain.emitted[3:8, 1::2, 0].any()
    untouched = np.ones(muted.said.shape, bool)
    untouched[3:8, 1::2, 0] = False
    assert np.array_equal(muted.emitted[untouched], muted.said[untouched])
    assert not muted.heard[4:9, 1::2, 1].any()
    assert not muted.slots[4:9, 1::2, 1].any()
    assert np.array_equal(muted.logits[:, ::2], plain.logits[:, ::2]), "worlds without a change"
    assert not np.array_equal(muted.logits[4:, 1::2, 1], plain.logits[4:, 1::2, 1])
    assert not muted.injected.any(), "a message from a real speaker is not injected"


def test_setting_puts_words_in_mouths(lookout: Scenario, play: Any) -> None:
    change = Intervention("message.out", "set", (1,), first=2, symbol=9)
    trace = play(lookout, W, plan_for(lookout, change))
    assert (trace.emitted[2:, 1::2, 1] == 9).all()
    assert not (trace.said[2:, 1::2, 1] == 9).all(), "what was said is kept beside what went out"
    assert np.array_equal(trace.emitted[:2], trace.said[:2])
    assert (trace.heard[3:, 1::2, 0, 0] == 9).all()
    assert (trace.speaker[3:, 1::2, 0, 0] == 1).all()


def test_replaying_repeats_another_episodes_messages(lookout: Scenario, play: Any) -> None:
    source = play(lookout, W).said.transpose(1, 0, 2)[::-1].copy()
    change = Intervention("message.out", "replay", (0,), first=1, last=8, source=5)
    trace = play(lookout, W, plan_for(lookout, change, replays=source))
    assert np.array_equal(trace.emitted[1:9, 1::2, 0], source[1::2, 1:9, 0].T)
    assert np.array_equal(trace.emitted[9:], trace.said[9:])
    assert np.array_equal(trace.emitted[:, :, 1], trace.said[:, :, 1])
    assert not np.array_equal(trace.emitted[1:9, 1::2, 0], trace.said[1:9, 1::2, 0])


@pytest.mark.parametrize(("kinship", "sixteenths"), [(1.0, 16), (0.25, 4), (-0.5, -8), (0.0, 0)])
def test_a_phantom_is_heard_alone(mixed: Scenario, play: Any, kinship: float, sixteenths: int) -> None:
    change = Intervention("message.in", "set", (2, 4), first=5, last=6, symbol=3, kinship=kinship)
    plain, trace = play(mixed, W), play(mixed, W, plan_for(mixed, change))
    named = np.zeros(trace.heard.shape[:3], bool)
    named[5:7, 1::2, [2]] = named[5:7, 1::2, [4]] = True
    assert (plain.heard[named][:, 1] > 0).any(), "others speak meanwhile"
    assert (trace.heard[named] == [3, 0, 0, 0]).all()
    assert (trace.slots[named][:, 0] == [1, sixteenths, UNKNOWN, UNKNOWN]).all()
    assert not trace.slots[named][:, 1:].any()
    assert (trace.speaker[named] == -1).all()
    assert np.array_equal(trace.injected, named[..., None] & (np.arange(4) == 0))
    early = np.broadcast_to(np.arange(mixed.steps)[:, None, None] < 6, named.shape) & ~named
    assert np.array_equal(trace.heard[early], plain.heard[early]), "until the phantom's effect can be heard"
    assert np.array_equal(trace.logits[:, ::2], plain.logits[:, ::2])
    assert (trace.logits[5, 1::2][:, [2, 4]] != plain.logits[5, 1::2][:, [2, 4]]).any(axis=-1).all()


def test_deafness_begins_and_ends_as_told(mixed: Scenario, play: Any) -> None:
    trace = play(mixed, W, plan_for(mixed, Intervention("message.in", "mute", (0,), first=1, last=4)))
    assert not trace.heard[1:5, 1::2, 0].any()
    assert not trace.slots[1:5, 1::2, 0, :, Slot.PRESENT].any()
    assert trace.heard[5:, 1::2, 0].any()
    assert trace.heard[1:5, ::2, 0].any()
    assert not trace.injected.any()


def test_later_interventions_win(lookout: Scenario, play: Any) -> None:
    changes = (Intervention("message.out", "mute"), Intervention("message.out", "set", (0,), 4, 4, symbol=2))
    trace = play(lookout, W, plan_for(lookout, *changes))
    assert (trace.emitted[4, 1::2] == [2, 0]).all()
    assert not trace.emitted[:4, 1::2].any()


def test_the_muted_plan_mutes_every_step_and_what_follows(lookout: Scenario) -> None:
    worlds = WorldBatch(lookout, W)
    rollout = Rollout(worlds, RecurrentPolicy(lookout, 8), MUTED)
    rollout.begin(np.arange(W))

    class Deaf:
        def before(self, moment: Any) -> None:
            assert not moment.observation.heard.any()

        def after(self, t: int, world: Any) -> None:
            assert not worlds.observation.heard.any(), "not even behind the last step, where values are bootstrapped"

    rollout.run(lookout.steps, Deaf())
    assert worlds.world.message.any(), "they speak all the same"


def test_no_plan_keeps_its_hands_off() -> None:
    message = np.arange(4, dtype=np.uint8).reshape(2, 2, 1)
    assert NO_PLAN.emitted(0, message) is message
