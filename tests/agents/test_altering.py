"""Changes beside the channel: to hidden states, what is shown and seen, actions and the world itself."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Eraser, Intervention, from_json, to_json
from commlab.agents.plan import NO_PLAN, Plan, adding, erasing, make_plan, patching, showing_kinship, together
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment, Rollout
from commlab.agents.scripted.policy import plant
from commlab.agents.tapes import record_tapes
from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices
from commlab.env.scenario import Scenario
from commlab.env.types import Action, Cell, Entity, Own, Slot, World
from commlab.foundation.errors import InterventionError


class Kept:
    """A watcher that copies what these tests look at."""

    def __init__(self) -> None:
        self.moments: list[dict[str, Any]] = []

    def before(self, moment: Moment) -> None:
        """Copy a step."""
        seen = moment.observation
        self.moments.append(
            {
                "window": seen.window.copy(),
                "entities": seen.entities.copy(),
                "vector": seen.vector.copy(),
                "slots": seen.slots.copy(),
                "speaker": seen.speaker.copy(),
                "chosen": moment.decision.action.copy(),
                "action": moment.action.copy(),
                "logits": moment.decision.logits.copy(),
                **{name: value.copy() for name, value in moment.decision.hidden.items()},
                "energy": moment.world.energy.copy(),
            }
        )

    def after(self, t: int, world: World) -> None:
        """Copy what came of it."""
        self.moments[-1] |= {"last_action": world.last_action.copy(), "reward": world.shared_reward.copy()}


def run(scenario: Scenario, changes: Any = (), n_worlds: int = 3, steps: int | None = None, n_hidden: int = 8) -> Any:
    """What is seen, by step, and the rollout."""
    plan = changes
    if not isinstance(changes, Plan):
        plan = make_plan([changes] * n_worlds, scenario.steps, scenario.n_agents, scenario.channel.length)
    rollout = Rollout(WorldBatch(scenario, n_worlds), RecurrentPolicy(scenario, n_hidden, seed=4), plan)
    rollout.begin(np.arange(n_worlds))
    kept = Kept()
    rollout.run(steps or scenario.steps, kept)
    return kept.moments, rollout


def series(moments: Any, name: str) -> np.ndarray:
    return np.stack([moment[name] for moment in moments])


# hidden states


def test_a_vector_added_to_the_core_is_added_and_carried_on(lookout: Scenario) -> None:
    vector = np.linspace(-1, 1, 8)
    natural, _ = run(lookout)
    pushed, _ = run(lookout, [Intervention("hidden.core", "add", (1,), 5, 5, vector=tuple(vector))])
    before, after = series(natural, "core"), series(pushed, "core")
    assert np.array_equal(before[:5], after[:5])
    np.testing.assert_allclose(after[5, :, 1] - before[5, :, 1], np.broadcast_to(vector, (3, 8)), atol=1e-6)
    assert np.array_equal(before[5, :, 0], after[5, :, 0]), "the other agent is left alone"
    assert (np.abs(after[6, :, 1] - before[6, :, 1]).max(axis=-1) > 1e-3).all(), "it is carried on"


def test_the_encoder_is_changed_where_the_core_reads_it(lookout: Scenario) -> None:
    natural, _ = run(lookout)
    blank, _ = run(lookout, [Intervention("hidden.encoder", "mute", (0,), 3, 3)])
    assert not series(blank, "encoder")[3, :, 0].any()
    assert not np.array_equal(series(natural, "core")[3, :, 0], series(blank, "core")[3, :, 0])
    assert np.array_equal(series(natural, "core")[3, :, 1], series(blank, "core")[3, :, 1])


def test_set_and_mute_leave_what_they_say(lookout: Scenario) -> None:
    vector = tuple(np.arange(8) / 8)
    held, _ = run(
        lookout, [Intervention("hidden.core", "set", vector=vector), Intervention("hidden.core", "mute", (0,))]
    )
    core = series(held, "core")
    assert not core[:, :, 0].any()
    np.testing.assert_allclose(core[:, :, 1], np.broadcast_to(vector, core[:, :, 1].shape))


def test_an_eraser_takes_its_directions_out_and_no_more(lookout: Scenario) -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    eraser = Eraser(basis[:, :2], basis[:, :2].T, rng.normal(size=8))
    erased, _ = run(lookout, [Intervention("hidden.core", "erase", (1,), eraser=eraser)])
    natural, _ = run(lookout)
    centred = series(erased, "core")[:, :, 1] - eraser.bias
    np.testing.assert_allclose(centred @ basis[:, :2], 0, atol=1e-5)
    first = series(natural, "core")[0, :, 1] - eraser.bias
    np.testing.assert_allclose(centred[0] @ basis[:, 2:], first @ basis[:, 2:], atol=1e-5)


def test_a_patch_is_the_hidden_state_of_another_episode(lookout: Scenario) -> None:
    policy = RecurrentPolicy(lookout, 8, seed=4)
    tapes = record_tapes(policy, lookout, 0, [2], 3)
    patch = Intervention("hidden.core", "patch", (1,), 4, 6, source=2)
    plan = make_plan([[patch]] * 3, lookout.steps, 2, tapes=tapes)
    patched, natural = series(run(lookout, plan)[0], "core"), series(run(lookout)[0], "core")
    np.testing.assert_allclose(patched[4:7, :, 1], np.broadcast_to(natural[4:7, 2:, 1], (3, 3, 8)), atol=1e-6)
    assert np.array_equal(patched[:4], natural[:4])
    assert np.array_equal(patched[:, 2], natural[:, 2]) or np.allclose(patched[:, 2], natural[:, 2], atol=1e-5)


@pytest.mark.parametrize("site", ["hidden.core", "hidden.encoder"])
def test_changes_of_hidden_states_that_change_nothing_are_bit_identical(lookout: Scenario, site: str) -> None:
    natural, _ = run(lookout)
    own = series(natural, site.split(".")[1])
    nothing = Eraser(np.zeros((8, 1)), np.zeros((1, 8)), np.zeros(8))
    where = np.ones((1, 1, 1), np.bool_)
    for plan in (adding(site, np.zeros(8)), patching(site, own, where), erasing(site, nothing)):
        same, _ = run(lookout, plan)
        for name in ("core", "encoder", "logits", "action", "reward"):
            assert np.array_equal(series(same, name), series(natural, name)), name


def test_plans_of_arrays_differ_by_world_and_are_done_one_after_the_other(lookout: Scenario) -> None:
    vectors = np.zeros((1, 3, 1, 8), np.float32)
    vectors[0, 1] = 1
    once, _ = run(lookout, adding("hidden.core", vectors))
    twice, _ = run(lookout, together(adding("hidden.core", vectors), adding("hidden.core", vectors)))
    natural, _ = run(lookout)
    shift = [series(moments, "core")[0] - series(natural, "core")[0] for moments in (once, twice)]
    np.testing.assert_allclose(shift[0][1], 1, atol=1e-6)
    np.testing.assert_allclose(shift[1][1], 2, atol=1e-6)
    assert not shift[1][[0, 2]].any()


# kinship


def test_the_kinship_that_is_shown_is_not_the_one_that_is_paid(mixed: Scenario) -> None:
    shown, rollout = run(mixed, [Intervention("kinship", "set", (0, 1), kinship=-0.5, others=(3, 4))])
    natural, _ = run(mixed)
    assert np.array_equal(kinship_matrices(rollout.worlds.world, rollout.worlds.rules)[0, 0], [1, 1, 0.5, 0.25, 0, -1])
    before, after = natural[0]["entities"], shown[0]["entities"]
    changed = (before[..., Entity.KINSHIP] != after[..., Entity.KINSHIP]).any(axis=(0, 2))
    assert changed[:2].all()
    assert not changed[2:].any()
    is_agent = before[:, 0, :, Entity.KIND] == Cell.AGENT
    kin, told = before[:, 0, :, Entity.KINSHIP][is_agent], after[:, 0, :, Entity.KINSHIP][is_agent]
    assert {4, 0} <= set(kin.tolist())  # the kinship of agents 3 and 4, in sixteenths
    assert np.array_equal(told, np.where(np.isin(kin, [4, 0]), -8, kin))


def test_the_kinship_of_who_is_heard_is_shown_too(mixed: Scenario) -> None:
    shown, _ = run(mixed, showing_kinship(0.5, others=(2,)))
    speaker, slots = series(shown, "speaker"), series(shown, "slots")
    assert (speaker == 2).any()
    assert (slots[..., Slot.KINSHIP][speaker == 2] == 8).all()
    assert not (slots[..., Slot.KINSHIP][speaker == 3] == 8).all()


def test_the_kinship_of_the_world_is_paid_and_shown(mixed: Scenario) -> None:
    changed, rollout = run(mixed, [Intervention("world.kinship", "set", (0,), kinship=0.75, others=(1,))])
    matrix = kinship_matrices(rollout.worlds.world, rollout.worlds.rules)
    assert (matrix[:, 0, 1] == 0.75).all()
    assert (matrix[:, 1, 0] == 0.25).all()
    natural, _ = run(mixed)
    before, after = (moments[0]["entities"][:, 0, :, Entity.KINSHIP] for moments in (natural, changed))
    assert (before == 16).any()
    assert np.array_equal(after, np.where(before == 16, 12, before))


# observations


def test_who_is_blinded_sees_nothing_and_feels_what_it_is(mixed: Scenario) -> None:
    blind, _ = run(mixed, [Intervention("observation", "mute", (2,), 3, 4)])
    natural, _ = run(mixed)
    assert (blind[3]["window"][:, 2] == Cell.UNSEEN).all()
    assert not blind[4]["entities"][:, 2].any()
    assert np.array_equal(blind[3]["vector"], natural[3]["vector"])
    assert np.array_equal(blind[3]["window"][:, :2], natural[3]["window"][:, :2])
    assert np.array_equal(blind[2]["window"], natural[2]["window"])


def test_a_column_of_ones_own_state_reads_what_it_is_set_to(lookout: Scenario) -> None:
    told, _ = run(lookout, [Intervention("observation", "set", (1,), 2, 8, field="energy", value=77)])
    assert (series(told, "vector")[2:9, :, 1, Own.ENERGY] == 77).all()
    assert (series(told, "vector")[1, :, 1, Own.ENERGY] != 77).all()
    assert (series(told, "energy")[2:9, :, 1] != 77).all(), "the energy itself is what it was"


def test_an_observation_can_be_another_episodes(lookout: Scenario) -> None:
    tapes = record_tapes(RecurrentPolicy(lookout, 8, seed=4), lookout, 0, [2], 3)
    plan = make_plan([[Intervention("observation", "patch", (0,), source=2)]] * 3, lookout.steps, 2, tapes=tapes)
    patched, natural = run(lookout, plan)[0], run(lookout)[0]
    for name in ("window", "entities", "vector"):
        wanted = series(natural, name)[:, 2:, 0]
        assert np.array_equal(
            series(patched, name)[:, :, 0], np.broadcast_to(wanted, series(patched, name)[:, :, 0].shape)
        )


# actions


def test_actions_are_set_and_stopped_and_chosen_all_the_same(lookout: Scenario) -> None:
    forced, _ = run(
        lookout,
        [
            Intervention("action", "set", (1,), 0, 5, value=int(Action.NORTH)),
            Intervention("action", "mute", (1,), 6),
        ],
    )
    action, chosen = series(forced, "action")[:, :, 1], series(forced, "chosen")[:, :, 1]
    assert (action[:6] == Action.NORTH).all()
    assert (action[6:] == Action.STAY).all()
    assert len(np.unique(chosen)) > 2
    done = series(forced, "last_action")[:, :, 1]
    assert np.isin(done[:6], [Action.NORTH, Action.USE]).all(), "walking into something uses it"
    assert (done[6:] == Action.STAY).all()


def test_noise_chooses_among_what_a_body_can_do(lookout: Scenario) -> None:
    noisy, _ = run(lookout, [Intervention("action", "noise", chance=1)], n_worlds=100)
    scout, gatherer = (series(noisy, "action")[:, :, agent] for agent in (0, 1))
    assert (scout == Action.STAY).all()
    counts = np.bincount(gatherer.ravel(), minlength=6)
    assert counts[int(Action.USE) :].sum() == 0
    assert counts[:5].min() > 0.15 * counts.sum()
    some, _ = run(lookout, [Intervention("action", "noise", chance=0.25)], n_worlds=100)
    differ = (series(some, "action") != series(some, "chosen"))[:, :, 1].mean()
    assert 0.15 < differ < 0.25  # a fifth of the draws hit what was chosen


def test_actions_can_be_those_of_another_episode(lookout: Scenario) -> None:
    tapes = record_tapes(RecurrentPolicy(lookout, 8, seed=4), lookout, 0, [1], 3)
    plan = make_plan([[Intervention("action", "replay", source=1)]] * 3, lookout.steps, 2, tapes=tapes)
    action, natural = series(run(lookout, plan)[0], "action"), series(run(lookout)[0], "action")
    assert np.array_equal(action, np.broadcast_to(natural[:, 1:2], action.shape))


# the world


def test_energy_that_is_given_comes_from_outside_and_is_counted(lookout: Scenario) -> None:
    worlds = run(lookout)[1].worlds
    before = worlds.total_energy()
    _, rollout = run(lookout, [Intervention("world.energy", "set", (1,), 3, 3, value=60)])
    assert np.array_equal(rollout.worlds.total_energy(), before)
    assert (rollout.worlds.world.inflow == 60).all()


def test_energy_is_set_to_no_more_than_a_body_holds_and_seen_at_once(whole: Scenario) -> None:
    changed, rollout = run(whole, [Intervention("world.energy", "set", (0,), 2, 2, value=240)])
    most = rollout.worlds.world.trait[:, 0, 0]
    assert np.array_equal(changed[2]["vector"][:, 0, Own.ENERGY], np.minimum(240, most))
    assert np.array_equal(changed[2]["energy"][:, 0], np.minimum(240, most))


def test_shields_and_eggs(whole: Scenario) -> None:
    changed, _ = run(
        whole,
        [
            Intervention("world.shield", "set", (0,), 4, 4, value=1),
            Intervention("world.frozen", "set", (1,), 4, 4, value=3),
        ],
    )
    assert (changed[4]["vector"][:, 0, Own.SHIELD] == 1).all()
    assert changed[4]["vector"][:, 1, Own.FROZEN].tolist() == [3] * 3
    assert (changed[4]["last_action"][:, 1] == Action.STAY).all()


# data


def test_every_site_goes_through_json() -> None:
    changes = (
        Intervention("hidden.core", "add", (1,), 2, 9, vector=(0.5, -1.25)),
        Intervention("hidden.encoder", "erase", eraser=Eraser(np.eye(3)[:, :1], np.eye(3)[:1], np.ones(3))),
        Intervention("hidden.core", "patch", (0,), source=4),
        Intervention("kinship", "set", (0,), kinship=-0.25, others=(1, 2)),
        Intervention("observation", "set", field="energy", value=3),
        Intervention("observation", "mute"),
        Intervention("action", "set", (2,), value=1),
        Intervention("action", "noise", chance=0.5),
        Intervention("world.energy", "set", (1,), value=50),
        Intervention("world.kinship", "set", kinship=0.0),
    )
    assert from_json(to_json(changes)) == changes
    assert len({*changes}) == len(changes), "they can be compared and kept in sets"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"site": "hidden", "operation": "add"}, "site is one of"),
        ({"site": "hidden.core", "operation": "add"}, "has a vector if, and only if, its operation is 'set' or 'add'"),
        ({"site": "hidden.core", "operation": "mute", "vector": (1.0,)}, "has a vector if"),
        ({"site": "hidden.core", "operation": "add", "vector": (np.nan,)}, "holds finite numbers"),
        ({"site": "hidden.core", "operation": "add", "vector": ((1.0,),)}, "holds finite numbers on 1 axes"),
        ({"site": "hidden.core", "operation": "inject"}, "can mute, set, add, erase, patch, not 'inject'"),
        ({"site": "hidden.core", "operation": "patch"}, "has a source if"),
        (
            {"site": "hidden.core", "operation": "erase", "eraser": (((1.0,),), ((1.0, 2.0),), (1.0,))},
            "An eraser is left",
        ),
        ({"site": "kinship", "operation": "set", "speakers": (0,)}, "leave them out"),
        ({"site": "action", "operation": "set", "value": 1, "others": (0,)}, "leave them out"),
        ({"site": "world.gold", "operation": "set", "value": 1}, "the nearest is world.energy|the nearest is"),
        ({"site": "world.energy", "operation": "set", "value": 10**6}, "lies in -32768 to 32767"),
        ({"site": "world.energy", "operation": "set", "value": 1.5}, "value is a whole number, not 1.5"),
        ({"site": "action", "operation": "set"}, "has a value if"),
        ({"site": "observation", "operation": "set", "value": 1}, "has a field if"),
        ({"site": "message.in", "operation": "mute", "agents": (1.5,)}, "list of agents' numbers"),
        ({"site": "message.in", "operation": "noise", "chance": "often"}, "chance is a number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InterventionError, match=words):
        Intervention(**fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Intervention("hidden.heart", "mute"), "no hidden states 'hidden.heart': it has hidden.encoder, hidden.core"),
        (Intervention("hidden.core", "add", vector=(1.0,) * 3), "have 8 units, not 3"),
        (
            Intervention("hidden.core", "erase", eraser=Eraser(np.ones((3, 1)), np.ones((1, 3)), np.ones(3))),
            "8 units, not 3",
        ),
        (Intervention("action", "set", value=77), "action lies in 0 to 5, not 77|action lies in 0 to"),
        (Intervention("observation", "set", field="enrgy", value=1), "no 'enrgy'; the nearest is energy"),
        (Intervention("observation", "set", field="row", value=11), "row lies in 0 to 10, not 11"),
        (Intervention("observation", "set", field="energy", value=101), "energy lies in 0 to 100, not 101"),
        (Intervention("observation", "set", field="shield", value=1), "nobody is ever told 'shield'"),
        (Intervention("world.frozen", "set", value=3), "there is no frozen"),
        (Intervention("world.energy", "set", value=-1), "energy lies in 0 to"),
        (Intervention("kinship", "set", others=(2,)), "agents 0 to 1, not 2"),
    ],
)
def test_what_a_world_or_policy_lacks_is_refused_in_a_sentence(
    lookout: Scenario, change: Intervention, words: str
) -> None:
    with pytest.raises(InterventionError, match=words):
        run(lookout, [change])


def test_scripted_agents_have_no_hidden_states() -> None:
    planted = plant("holistic")
    plan = make_plan([[Intervention("hidden.core", "mute")]], planted.scenario.steps, 2)
    with pytest.raises(InterventionError, match="it has none"):
        Rollout(WorldBatch(planted.scenario, 1), planted.policy, plan)


def test_no_plan_has_no_hooks(lookout: Scenario) -> None:
    rollout = Rollout(WorldBatch(lookout, 2), RecurrentPolicy(lookout, 8), NO_PLAN)
    assert rollout._intervener.hooks_at(0) is None
