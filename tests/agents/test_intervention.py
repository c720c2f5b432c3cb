"""Interventions: told as data, kept as JSON, and refused in a sentence."""

from typing import Any

import pytest

from commlab.agents.intervention import Intervention, from_json, to_json
from commlab.agents.plan import Plan, make_plan
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Rollout
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.foundation.errors import InterventionError

MUTE = Intervention("message.out", "mute")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"site": "core", "operation": "mute"}, "site is one of message.out, .*, not 'core'"),
        ({"site": "message.out", "operation": "inject"}, "At message.out an intervention can mute, .*, not 'inject'"),
        ({"site": "message.out", "operation": "shout"}, "can mute, set, shuffle, delay, replay, noise, not 'shout'"),
        ({"site": "message.out", "operation": "set"}, "has a symbol if, and only if"),
        ({"site": "message.out", "operation": "mute", "symbol": 3}, "has a symbol if, and only if"),
        ({"site": "message.out", "operation": "set", "symbol": -1}, "lies in 0 to 255"),
        ({"site": "message.out", "operation": "set", "symbol": 256}, "lies in 0 to 255"),
        ({"site": "message.out", "operation": "replay"}, "has a source if, and only if"),
        ({"site": "message.out", "operation": "mute", "source": 3}, "has a source if, and only if"),
        (
            {"site": "message.out", "operation": "replay", "source": 10**30},
            "source is 2147483647 at most",
        ),
        ({"site": "message.out", "operation": "delay", "delay": 10**30}, "delay is 2147483647 at most"),
        ({"site": 3, "operation": "mute"}, "site is one of message.out, "),
        ({"site": ("message.out",), "operation": "mute"}, "site is one of message.out, "),
        ({"site": "message.in", "operation": "inject"}, "has a symbol if, and only if"),
        ({"site": "message.in", "operation": "delay"}, "has a delay if, and only if"),
        ({"site": "message.in", "operation": "mute", "delay": 2}, "has a delay if, and only if"),
        ({"site": "message.in", "operation": "delay", "delay": 0}, "by 1 step or more, not by 0"),
        ({"site": "message.out", "operation": "noise"}, "has a chance if, and only if"),
        ({"site": "message.out", "operation": "noise", "chance": 1.5}, "chance lies in 0 to 1, not 1.5"),
        ({"site": "message.out", "operation": "set", "symbol": (1, 300)}, "lies in 0 to 255"),
        ({"site": "message.out", "operation": "mute", "speakers": (0,)}, "Speakers are named where what is heard"),
        ({"site": "message.in", "operation": "inject", "symbol": 1, "speakers": (0,)}, "leave them out"),
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
        (Intervention("message.in", "mute", speakers=(2,)), "agents 0 to 1, not 2"),
        (Intervention("message.out", "set", symbol=(1, 2)), "Messages of this world have 1 symbols, not 2"),
        (Intervention("message.out", "replay", source=7), "Episode 7 is not there to be replayed"),
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
        (make_plan([(MUTE,)] * 3, 12, 2), "but there are \\(12, 2, 2\\)"),
        (make_plan([(MUTE,)] * 2, 11, 2), "make it anew"),
        (make_plan([(Intervention("message.in", "set", symbol=(1, 2)),)], 12, 2, 2), "of 2 symbols, but those of .* 1"),
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
        Intervention("message.in", "set", (1,), symbol=(1, 0, 3), speakers=(0, 2)),
        Intervention("message.in", "delay", delay=3, speakers=(1,)),
        Intervention("message.out", "noise", chance=0.25),
    )
    assert from_json(to_json(changes)) == changes
    assert from_json(to_json(())) == ()


def test_what_was_written_before_there_were_more_operations_is_read_and_written_alike() -> None:
    text = (
        '[{"agents": [1], "first": 2, "kinship": 0.5, "last": 4, "operation": "set", "site": "message.in", '
        '"source": null, "symbol": 9}]'
    )
    (change,) = from_json(text)
    assert change == Intervention("message.in", "set", (1,), 2, 4, 9, 0.5)
    assert to_json((change,)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "are a list in JSON, not '{'"),
        ("{}", "are a list of mappings"),
        ("[3]", "are a list of mappings"),
        ('[{"site": "message.in", "operation": "mute", "agent": 1}]', "has no field 'agent'"),
        ('[{"site": "message.in"}]', "cannot be read"),
        ('[{"site": "message.in", "operation": "mute", "first": "now"}]', "first is a whole number, not 'now'"),
        ('[{"site": "message.in", "operation": "shout"}]', "not 'shout'"),
    ],
)
def test_json_that_holds_no_interventions_is_told(text: str, words: str) -> None:
    with pytest.raises(InterventionError, match=words):
        from_json(text)


def test_json_that_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(InterventionError, match="Interventions are a list in JSON"):
        from_json("[" * 100_000)
