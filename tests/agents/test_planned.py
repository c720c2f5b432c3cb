"""Plans told as interventions do the same again, in every world, and say so when they cannot."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.intervention import Eraser, Intervention, from_json, to_json
from commlab.agents.plan import (
    MUTED,
    Change,
    Plan,
    adding,
    erasing,
    make_plan,
    patching,
    saying,
    showing_kinship,
    together,
)
from commlab.agents.planned import interventions_in
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.tapes import record_tapes
from commlab.env.scenario import Scenario

W = 6
H = 8
RNG = np.random.default_rng(3)


def again(plan: Plan, scenario: Scenario) -> Plan:
    """The plan told as interventions, written as JSON, read, and made a plan anew."""
    told = [interventions_in(plan, w) for w in range(W)]
    assert all(changes is not None for changes in told)
    read = [from_json(to_json(changes or ())) for changes in told]
    return make_plan(read, scenario.steps, scenario.n_agents, scenario.channel.length)


def phantoms(scenario: Scenario) -> Plan:
    """Arrays of a phantom that says something else at every step, to some."""
    shape = (scenario.steps, W, scenario.n_agents)
    told = RNG.random(shape) < 0.3
    said = RNG.integers(1, 5, (*shape, 1)).astype(np.uint8)
    return Plan(
        (
            Change("message.in", "mute", told),
            Change("message.in", "inject", told, said, np.full((1, 1, 1), 4, np.int8)),
        )
    )


def plans(scenario: Scenario) -> dict[str, Plan]:
    """Plans of every kind that experiments make."""
    shape = (scenario.steps, W, scenario.n_agents)
    some = RNG.random(shape) < 0.2
    eraser = Eraser(RNG.normal(size=(H, 2)), RNG.normal(size=(2, H)), RNG.normal(size=H))
    where = np.arange(scenario.n_agents)[None, None]
    return {
        "muted": MUTED,
        "phantoms": phantoms(scenario),
        "said": saying(RNG.integers(0, 5, (*shape, 1)).astype(np.uint8), some),
        "added": adding("hidden.core", RNG.normal(size=(1, W, 1, H)), some),
        "patched": patching("hidden.core", RNG.normal(size=(*shape, H)), some),
        "erased": erasing("hidden.core", eraser, where == 1),
        "shown": together(showing_kinship(0.25, where == 0, (1,)), showing_kinship(1.0, where == 1, (0,))),
        "written": make_plan(
            [[Intervention("message.in", "noise", (1,), first=3, last=9, chance=0.5)] * (w % 2) for w in range(W)],
            scenario.steps,
            scenario.n_agents,
        ),
        "done": make_plan([[Intervention("action", "set", (1,), first=3, value=2)]] * W, scenario.steps, 2),
    }


KINDS = ("muted", "phantoms", "said", "added", "patched", "erased", "shown", "written", "done")


@pytest.mark.parametrize("kind", KINDS)
def test_interventions_do_what_the_plan_did(kind: str, lookout: Scenario, play: Any) -> None:
    plan = plans(lookout)[kind]
    first, untouched, second = (play(lookout, W, one) for one in (plan, Plan(), again(plan, lookout)))
    same = [np.array_equal(a, b) for a, b in zip(first, second, strict=True)]
    assert all(same)
    assert kind == "shown" or not all(np.array_equal(a, b) for a, b in zip(first, untouched, strict=True))


def test_worlds_behind_the_planned_ones_are_left_alone(lookout: Scenario) -> None:
    assert interventions_in(phantoms(lookout), W + 3) == ()


def test_what_lasts_is_told_once(lookout: Scenario) -> None:
    asked = Intervention("message.in", "set", (1,), first=5, last=9, symbol=3)
    assert interventions_in(make_plan([[asked]], lookout.steps, 2), 0) == (asked,)


def test_what_is_replayed_cannot_be_told(lookout: Scenario) -> None:
    change = Intervention("message.out", "replay", (0,), source=4)
    tapes = record_tapes(RecurrentPolicy(lookout, n_hidden=8), lookout, 0, [4], W)
    plan = make_plan([[], [change]], lookout.steps, 2, tapes=tapes)
    assert interventions_in(plan, 0) == ()
    assert interventions_in(plan, 1) is None
