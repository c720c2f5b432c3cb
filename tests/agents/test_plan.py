"""Plans: interventions are done to exactly the agents and steps that they name."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Intervention
from commlab.agents.messages import MessageChanges
from commlab.agents.plan import MUTED, NO_PLAN, Plan, make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Rollout
from commlab.agents.tapes import record_tapes
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import UNKNOWN, Slot
from commlab.foundation.errors import InterventionError

W = 6
MUTE = Intervention("message.out", "mute")


def plan_for(scenario: Scenario, *interventions: Intervention, tapes: Any = None) -> Plan:
    """The interventions, in every second world."""
    worlds = [interventions if w % 2 else () for w in range(W)]
    return make_plan(worlds, scenario.steps, scenario.n_agents, scenario.channel.length, tapes)


def trained(scenario: Scenario) -> RecurrentPolicy:
    """The policy of `play`."""
    return RecurrentPolicy(scenario, n_hidden=8)


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
    tapes = record_tapes(trained(lookout), lookout, 0, [5, 2], W)
    natural = play(lookout, W)
    assert np.array_equal(tapes[5].said, natural.said[:, 5])
    assert np.array_equal(tapes[2].heard, natural.heard[:, 2])
    change = Intervention("message.out", "replay", (0,), first=1, last=8, source=5)
    trace = play(lookout, W, plan_for(lookout, change, tapes=tapes))
    for w in range(1, W, 2):
        assert np.array_equal(trace.emitted[1:9, w, 0], tapes[5].said[1:9, 0])
    assert np.array_equal(trace.emitted[9:], trace.said[9:])
    assert np.array_equal(trace.emitted[:, :, 1], trace.said[:, :, 1])
    assert not np.array_equal(trace.emitted[1:9, 1::2, 0], trace.said[1:9, 1::2, 0])
    itself = Intervention("message.out", "replay", source=1)
    again = play(lookout, W, plan_for(lookout, itself, tapes=record_tapes(trained(lookout), lookout, 0, [1], W)))
    assert np.array_equal(again.logits[:, 1], natural.logits[:, 1]), "an episode that repeats itself is itself"


@pytest.mark.parametrize(("kinship", "sixteenths"), [(1.0, 16), (0.25, 4), (-0.5, -8), (0.0, 0)])
def test_a_phantom_is_heard_alone(mixed: Scenario, play: Any, kinship: float, sixteenths: int) -> None:
    change = Intervention("message.in", "set", (2, 4), first=5, last=6, symbol=3, kinship=kinship)
    plain, trace = play(mixed, W), play(mixed, W, plan_for(mixed, change))
    named = np.zeros(trace.heard.shape[:3], bool)
    named[5:7, 1::2, [2]] = named[5:7, 1::2, [4]] = True
    assert (plain.heard[named][:, 1] > 0).any(), "others speak meanwhile"
    assert (trace.heard[named][..., 0] == [3, 0, 0, 0]).all()
    assert (trace.slots[named][:, 0] == [1, sixteenths, UNKNOWN, UNKNOWN, 0]).all()
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
    assert (trace.emitted[4, 1::2, :, 0] == [2, 0]).all()
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
    assert MessageChanges(NO_PLAN, 4).emitted(0, message, np.zeros(2, np.uint64)) is message


def test_shuffled_messages_change_hands_among_the_named(mixed: Scenario, play: Any) -> None:
    change = Intervention("message.out", "shuffle", (0, 2, 3, 5), first=3, last=15)
    plain, trace = play(mixed, W), play(mixed, W, plan_for(mixed, change))
    named, span = [0, 2, 3, 5], slice(3, 16)
    assert np.array_equal(trace.emitted[:3], trace.said[:3])
    assert np.array_equal(trace.emitted[:, ::2], trace.said[:, ::2])
    assert np.array_equal(trace.emitted[:, :, [1, 4]], trace.said[:, :, [1, 4]])
    emitted, said = trace.emitted[span, 1::2][:, :, named, 0], trace.said[span, 1::2][:, :, named, 0]
    assert np.array_equal(np.sort(emitted, axis=-1), np.sort(said, axis=-1))
    assert (emitted != said).any(axis=-1).mean() > 0.5
    assert np.array_equal(plain.logits[:, ::2], trace.logits[:, ::2])


def test_shuffles_are_even() -> None:
    """Every agent's message ends with every agent equally often."""
    plan = make_plan([(Intervention("message.out", "shuffle"),)] * 2000, 5, 4)
    keys = np.random.default_rng(0).integers(0, 2**63, 2000).astype(np.uint64)
    message = np.tile(np.arange(4, dtype=np.uint8)[None, :, None], (2000, 1, 1))
    shuffled = MessageChanges(plan, 4).emitted(2, message, keys)[:, :, 0]
    counts = np.stack([np.bincount(shuffled[:, agent], minlength=4) for agent in range(4)])
    assert (counts.sum(axis=0) == 2000).all()
    assert (np.abs(counts - 500) < 90).all()
    again = MessageChanges(plan, 4).emitted(2, message, keys)[:, :, 0]
    other = MessageChanges(plan, 4).emitted(3, message, keys)[:, :, 0]
    few = MessageChanges(make_plan([(Intervention("message.out", "shuffle"),)], 5, 4), 4)
    assert np.array_equal(again, shuffled)
    assert not np.array_equal(other, shuffled)
    assert np.array_equal(few.emitted(2, message[7:8], keys[7:8])[0, :, 0], shuffled[7]), "whatever the batch"


def test_delayed_messages_come_later(lookout: Scenario, play: Any) -> None:
    trace = play(lookout, W, plan_for(lookout, Intervention("message.out", "delay", (0,), first=2, last=9, delay=4)))
    assert not trace.emitted[2:4, 1::2, 0].any(), "nothing had been said yet"
    assert np.array_equal(trace.emitted[4:10, 1::2, 0], trace.said[0:6, 1::2, 0])
    assert np.array_equal(trace.emitted[10:], trace.said[10:])
    assert np.array_equal(trace.emitted[:, :, 1], trace.said[:, :, 1])


def test_what_is_heard_can_come_later(mixed: Scenario, play: Any) -> None:
    plain = play(mixed, W)
    trace = play(mixed, W, plan_for(mixed, Intervention("message.in", "delay", (0,), first=5, last=5, delay=3)))
    assert np.array_equal(trace.heard[5, 1::2, 0], plain.heard[2, 1::2, 0])
    assert np.array_equal(trace.slots[5, 1::2, 0], plain.slots[2, 1::2, 0])
    assert np.array_equal(trace.speaker[5, 1::2, 0], plain.speaker[2, 1::2, 0])
    assert np.array_equal(trace.injected[5, 1::2, 0], plain.slots[2, 1::2, 0, :, Slot.PRESENT] > 0)
    assert np.array_equal(trace.heard[5, :, 1:], plain.heard[5, :, 1:])
    early = play(mixed, W, plan_for(mixed, Intervention("message.in", "delay", (0,), first=1, last=2, delay=3)))
    assert not early.slots[1:3, 1::2, 0].any()


def test_what_is_heard_can_be_another_episodes(mixed: Scenario, play: Any) -> None:
    plain, tapes = play(mixed, W), record_tapes(trained(mixed), mixed, 0, [4], W)
    change = Intervention("message.in", "replay", (0, 3), first=5, last=5, source=4)
    trace = play(mixed, W, plan_for(mixed, change, tapes=tapes))
    for agent in (0, 3):
        for w in range(1, W, 2):
            assert np.array_equal(trace.heard[5, w, agent], plain.heard[5, 4, agent])
            assert np.array_equal(trace.slots[5, w, agent], plain.slots[5, 4, agent])
    assert (trace.speaker[5, 1::2, [0, 3]] == -1).all(), "who spoke there is nobody here"
    assert trace.injected[5, 1::2, [0, 3]].any()
    assert np.array_equal(trace.heard[5, :, [1, 2, 4, 5]], plain.heard[5, :, [1, 2, 4, 5]])


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_noise_replaces_as_many_symbols_as_told(chance: float) -> None:
    plan = make_plan([(Intervention("message.out", "noise", (0, 1), chance=chance),)] * 1500, 5, 3, 2)
    keys = np.random.default_rng(1).integers(0, 2**63, 1500).astype(np.uint64)
    message = np.tile(np.array([[1, 0], [2, 3], [4, 4]], np.uint8), (1500, 1, 1))
    noisy = MessageChanges(plan, 5).emitted(0, message, keys)
    assert not noisy[:, 0, 1].any(), "silence stays"
    assert (noisy[:, 2] == 4).all()
    spoken = noisy[:, [0, 1, 1], [0, 0, 1]]
    assert (spoken > 0).all()
    assert (spoken != [1, 2, 3]).mean() == pytest.approx(0.75 * chance, abs=0.05), "a random symbol may be the same"
    if chance == 1:
        counts = np.bincount(spoken.ravel(), minlength=5)
        assert (np.abs(counts[1:] - 1125) < 150).all()
        assert abs(np.corrcoef(spoken[:, 1], spoken[:, 2])[0, 1]) < 0.1


def test_noise_and_shuffling_of_what_is_heard(mixed: Scenario, play: Any) -> None:
    plain = play(mixed, W)
    for change in (
        Intervention("message.in", "noise", (0, 1), first=4, last=4, chance=1.0),
        Intervention("message.in", "shuffle", (0, 1), first=4, last=4),
    ):
        trace = play(mixed, W, plan_for(mixed, change))
        heard, before = trace.heard[4], plain.heard[4]
        assert np.array_equal(trace.slots[4], plain.slots[4]), "speakers and their places stay"
        assert np.array_equal(trace.speaker[4], plain.speaker[4])
        assert np.array_equal(heard[::2], before[::2])
        assert np.array_equal(heard[:, 2:], before[:, 2:])
        assert (heard[1::2, :2] != before[1::2, :2]).any()
        assert np.array_equal(trace.injected[4], (heard != before).any(axis=-1))
        if change.operation == "shuffle":
            for w in range(W):
                assert sorted(heard[w, :2].ravel()) == sorted(before[w, :2].ravel())


def test_one_does_not_hear_another(mixed: Scenario, play: Any) -> None:
    plain = play(mixed, W)
    trace = play(mixed, W, plan_for(mixed, Intervention("message.in", "mute", (0,), first=4, last=4, speakers=(1, 3))))
    told = 0
    for w in range(1, W, 2):
        left = [k for k in range(4) if plain.speaker[4, w, 0, k] not in (-1, 1, 3)]
        n = len(left)
        told += 4 - n
        assert np.array_equal(trace.heard[4, w, 0, :n], plain.heard[4, w, 0, left]), "the others move up"
        assert np.array_equal(trace.slots[4, w, 0, :n], plain.slots[4, w, 0, left])
        assert trace.speaker[4, w, 0].tolist() == [*plain.speaker[4, w, 0, left], *[-1] * (4 - n)]
        assert not trace.slots[4, w, 0, n:].any()
    assert told > 0
    assert np.array_equal(trace.heard[4, :, 1:], plain.heard[4, :, 1:])
    assert not trace.injected.any()


def test_words_can_be_put_into_one_mouth_for_one_listener(mixed: Scenario, play: Any) -> None:
    plain = play(mixed, W)
    change = Intervention("message.in", "set", (0,), first=4, last=4, symbol=2, speakers=(1,))
    trace = play(mixed, W, plan_for(mixed, change))
    theirs = plain.speaker[4] == 1
    theirs[::2], theirs[:, 1:] = False, False
    assert theirs.any()
    assert (trace.heard[4][theirs] == 2).all()
    assert np.array_equal(trace.heard[4][~theirs], plain.heard[4][~theirs])
    assert np.array_equal(trace.slots[4], plain.slots[4])
    assert np.array_equal(trace.injected[4], theirs)
    silenced = Intervention("message.in", "set", (0,), first=4, last=4, symbol=0, speakers=(1,))
    muted = Intervention("message.in", "mute", (0,), first=4, last=4, speakers=(1,))
    assert np.array_equal(play(mixed, W, plan_for(mixed, silenced)).slots, play(mixed, W, plan_for(mixed, muted)).slots)


def test_an_injected_phantom_is_heard_beside_the_others(mixed: Scenario, play: Any) -> None:
    plain = play(mixed, W)
    change = Intervention("message.in", "inject", (2,), first=4, last=4, symbol=3, kinship=0.5)
    trace = play(mixed, W, plan_for(mixed, change))
    assert (trace.heard[4, 1::2, 2, 0] == 3).all()
    assert (trace.slots[4, 1::2, 2, 0] == [1, 8, UNKNOWN, UNKNOWN, 0]).all()
    assert np.array_equal(trace.heard[4, 1::2, 2, 1:], plain.heard[4, 1::2, 2, :3])
    assert np.array_equal(trace.speaker[4, 1::2, 2, 1:], plain.speaker[4, 1::2, 2, :3])
    assert trace.injected[4, 1::2, 2].tolist() == [[True, False, False, False]] * 3


def test_a_phantoms_kinship_may_change_from_step_to_step(mixed: Scenario, play: Any) -> None:
    changes = [Intervention("message.in", "set", (2,), t, t, symbol=3, kinship=k) for t, k in ((3, 0.5), (5, -1.0))]
    trace = play(mixed, W, plan_for(mixed, *changes))
    assert (trace.slots[3, 1::2, 2, 0, Slot.KINSHIP] == 8).all()
    assert (trace.slots[5, 1::2, 2, 0, Slot.KINSHIP] == -16).all()
    assert trace.speaker[4, 1::2, 2].max() >= 0


def test_messages_of_several_symbols(whole: Scenario, play: Any) -> None:
    changes = (
        Intervention("message.out", "set", (0,), first=2, last=6, symbol=(4, 0)),
        Intervention("message.in", "set", (5,), first=3, last=6, symbol=(0, 2)),
    )
    trace = play(whole, W, plan_for(whole, *changes))
    assert (trace.emitted[2:7, 1::2, 0] == [4, 0]).all()
    assert (trace.heard[3:7, 1::2, 5, 0] == [0, 2]).all()
    assert (trace.heard[3:7, 1::2, 1:5][trace.speaker[3:7, 1::2, 1:5] == 0] == [4, 0]).all()
    with pytest.raises(InterventionError, match="have 2 symbols, not 1; name them all"):
        plan_for(whole, Intervention("message.out", "set", symbol=4))


def test_changes_of_a_world_are_done_in_its_own_order(mixed: Scenario) -> None:
    mute, tell = Intervention("message.in", "mute", (0,)), Intervention("message.in", "inject", (0,), symbol=2)
    worlds = [(mute, tell), (tell, mute), (tell,), (mute, tell, mute)]
    plan = make_plan(worlds, 5, 6)
    assert [change.operation for change in plan.changes] == ["mute", "inject", "mute"]
    seen = WorldBatch(mixed, 4).reset(np.arange(4))
    MessageChanges(plan, 5).change_hearing(0, seen, np.zeros(4, np.uint64))
    assert seen.heard[:, 0, 0, 0].tolist() == [2, 0, 2, 0]


def test_a_plan_that_is_padded_leaves_the_added_worlds_alone() -> None:
    change = Intervention("message.in", "set", symbol=5)
    padded = make_plan([[change]] * 3, 4, 2).padded(64)
    assert padded.changes[0].where.shape == (4, 64, 2)
    assert padded.changes[0].where[:, :3].all()
    assert not padded.changes[0].where[:, 3:].any()
    assert (padded.changes[0].symbols[:, :3] == 5).all()
    assert MUTED.padded(64).changes[0].where is MUTED.changes[0].where
    assert NO_PLAN.padded(64) == NO_PLAN


def test_interventions_that_meet_are_done_one_after_the_other(lookout: Scenario) -> None:
    pushes = [Intervention("hidden.core", "add", (1,), first, last, vector=(1.0,)) for first, last in ((0, 5), (4, 8))]
    plan = make_plan([pushes], 12, 2)
    assert [change.where[:, 0, 1].sum() for change in plan.changes] == [6, 5]
    apart = make_plan([[pushes[0], Intervention("hidden.core", "add", (1,), 6, vector=(2.0,))]], 12, 2)
    assert len(apart.changes) == 1, "those that do not meet are parts of one change"


def test_two_phantoms_are_heard_beside_each_other() -> None:
    rivals = load_scenario("rivals", {"steps": 12})
    changes = [Intervention("message.in", "inject", (1,), symbol=symbol) for symbol in (3, 4)]
    rollout = Rollout(WorldBatch(rivals, 1), RecurrentPolicy(rivals, 8), make_plan([changes], 12, 4))
    rollout.begin(np.arange(1))
    assert rollout.worlds.observation.heard[0, 1, :2, 0].tolist() == [4, 3]
