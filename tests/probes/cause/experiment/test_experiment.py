"""Experiments: what is planted is found, what is not is exactly nothing, and what does not exist is refused."""

from typing import Any

import numpy as np
import pytest

from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.experiment.experiment import run
from commlab.probes.cause.experiment.file import parse_experiment
from commlab.probes.cause.experiment.planning import Book, cast, compass_name, plan_of_arm
from commlab.probes.cause.twins import play

MUTE = {"site": "message.in", "operation": "mute", "last": 19}


class Says:
    """A lexicon of the planted pair's own symbols."""

    def __init__(self, pair: Any) -> None:
        self.names = {symbol: f"{row},{column}" for symbol, (row, column) in pair.policy.codebook.items()}

    def meaning(self, symbols: tuple[int, ...]) -> frozenset[tuple[str, str]]:
        """What a message means."""
        named = self.names.get(symbols[0])
        return frozenset({("resource_location.cell", named)} if named else set())

    def book(self) -> Book:
        """The book of it, which says cells."""
        words = {name: symbol for symbol, name in self.names.items()}
        return Book(self, lambda wish, kinship: (words[wish],))  # type: ignore[arg-type]


def experiment(**changes: Any) -> Any:
    """An experiment in which a phantom says "1,1", the north-western corner."""
    told = {"site": "message.in", "operation": "set", "meaning": "1,1", "last": 19}
    data = {
        "title": "The north-west",
        "episodes": 64,
        "empty": "named",
        "arms": {"told": [told], "silence": [MUTE], "untouched": []},
        "measures": {
            "there": {"kind": "first place", "place": "named"},
            "distance": {"kind": "distance", "place": "north-west", "after": 12},
            "bits": {"kind": "divergence", "from": "silence"},
            "return": {"kind": "return", "agents": "all"},
        },
    }
    return parse_experiment(data | changes)


def row(result: Result, measure: str, against: str) -> dict[str, Any]:
    """One contrast."""
    return next(one for one in result.details["contrasts"] if (one["measure"], one["against"]) == (measure, against))


@pytest.fixture(scope="module")
def obeyed(obeying: Any) -> Result:
    return run(obeying, experiment(), Says(obeying).book(), n_null=99)


def test_who_obeys_goes_to_the_named_place(obeyed: Result) -> None:
    assert obeyed.analysis == "experiment"
    assert obeyed.name == "experiment-the_north-west"
    assert obeyed.details["places"]["there"] == [[1, 1]] == obeyed.details["places"]["distance"]
    there = row(obeyed, "there", "silence")
    assert there["estimate"] == obeyed.estimate
    assert there["estimate"] > 0.5
    assert there["interval"][0] > 0.4
    assert there["p_value"] == there["p_adjusted"] == pytest.approx(0.01)
    assert row(obeyed, "distance", "silence")["estimate"] < -2
    assert row(obeyed, "bits", "silence")["estimate"] > 1
    assert obeyed.details["arms"]["silence"]["bits"]["mean"] == 0
    assert row(obeyed, "return", "untouched")["estimate"] < -0.5  # it is sent away from the crystal
    assert "stand out at 0.05" in obeyed.sentence


def test_the_deaf_do_the_same_in_every_arm(deaf: Any) -> None:
    result = run(deaf, experiment(), Says(deaf).book(), n_null=99)
    for one in result.details["contrasts"]:
        assert one["estimate"] == 0
        assert one["interval"] == (0, 0)
        assert one["p_value"] == one["p_adjusted"] == 1


def test_what_is_never_negative_is_not_said_to_stand_out(obeying: Any) -> None:
    """A divergence from the very arm that is compared with has no sign to flip: any response at all has a low p."""
    bits = {"bits": {"kind": "divergence", "from": "silence"}}
    contrasts = [{"measure": "bits", "arm": arm, "against": "silence"} for arm in ("told", "untouched")]
    result = run(obeying, experiment(measures=bits, contrasts=contrasts), Says(obeying).book(), n_null=99)
    assert [one["never_negative"] for one in result.details["contrasts"]] == [True, True]
    assert "never negative" in result.sentence
    assert "p =" not in result.sentence
    assert "stand out" not in result.sentence
    contrasts = [{"measure": "bits", "arm": "told", "against": "untouched"}]
    signed = run(obeying, experiment(measures=bits, contrasts=contrasts), Says(obeying).book(), n_null=99)
    assert not signed.details["contrasts"][0]["never_negative"]
    assert "p =" in signed.sentence


def test_a_change_that_changes_nothing_is_exactly_nothing(obeying: Any) -> None:
    changes = {
        "no op": [{"site": "message.in", "operation": "mute", "agents": "scout"}],  # it hears nobody as it is
        "noise of none": [{"site": "message.out", "operation": "noise", "chance": 0, "agents": "all"}],
        "untouched": [],
    }
    for first in ("no op", "noise of none"):
        result = run(obeying, experiment(arms={first: changes[first], "untouched": []}, empty=None, measures={
            "return": {"kind": "return"}, "bits": {"kind": "divergence", "from": "untouched"},
        }), n_null=19)  # fmt: skip
        assert [one["estimate"] for one in result.details["contrasts"]] == [0, 0]


def test_the_result_holds_the_experiment_and_gives_the_same_again(obeying: Any, obeyed: Result) -> None:
    again = parse_experiment(Result.from_json(obeyed.to_json()).details["experiment"])
    assert again == experiment()
    result = run(obeying, again, Says(obeying).book(), n_null=99)
    assert result.details == obeyed.details
    assert result.estimate == obeyed.estimate


def test_every_site_can_be_changed(obeying: Any) -> None:
    arms = {
        "held": [{"site": "action", "operation": "set", "value": 0, "last": 5}],
        "spoken for": [{"site": "message.out", "operation": "set", "symbol": 1, "agents": "speaker", "first": -1}],
        "stranger": [{"site": "kinship", "operation": "set", "kinship": 0, "others": "speaker"}],
        "fed": [{"site": "world.energy", "operation": "set", "value": 100, "last": 0}],
        "other's words": [{"site": "message.in", "operation": "replay", "source": "other", "last": 5}],
        "first's words": [{"site": "message.in", "operation": "replay", "source": 0, "last": 5}],
        "misled": [{"site": "observation", "operation": "set", "field": "energy", "value": 100, "last": 5}],
        "untouched": [],
    }
    measures = {
        "stays": {"kind": "action", "action": "stay"},
        "says 1": {"kind": "said", "agents": "speaker", "symbol": 1},
        "return": {"kind": "return"},
        "corner": {"kind": "arrival", "place": [1, 1]},
    }
    result = run(obeying, experiment(arms=arms, measures=measures, empty=None, contrasts=None), n_null=19)
    means = {arm: {name: of["mean"] for name, of in rows.items()} for arm, rows in result.details["arms"].items()}
    assert means["held"]["stays"] == pytest.approx(6 / 20, abs=0.01)
    assert means["untouched"]["stays"] == 0
    assert means["fed"]["return"] > means["untouched"]["return"]
    assert means["misled"]["return"] < means["untouched"]["return"]
    assert means["stranger"] == means["untouched"]  # this listener does not mind who speaks
    assert means["other's words"]["return"] < means["untouched"]["return"]


def test_words_stand_for_agents_of_each_trial(obeying: Any) -> None:
    wish = experiment(empty=None)
    actors = cast(obeying, wish, play(obeying, 64), Book())
    assert set(actors.agents(("listener",))) == {(1,)}
    assert set(actors.agents(("speaker",))) == {(0,)} == set(actors.agents(("kin",)))
    assert set(actors.agents(("strangers",))) == {()}
    assert set(actors.agents(("listener", "scout"))) == {(0, 1)} == set(actors.agents(("family 0",)))
    assert set(actors.agents(None)) == {None}
    arm = parse_experiment({"arms": {"a": [{**MUTE, "agents": "strangers"}], "b": []}}).arms["a"]
    assert plan_of_arm("a", arm, actors, 64, obeying, Book()).changes == ()


def test_steps_are_counted_from_the_moment(obeying: Any) -> None:
    wish = experiment(empty=None, moment=9)
    actors = cast(obeying, wish, play(obeying, 64), Book())
    arm = parse_experiment({"arms": {"a": [{**MUTE, "first": -2, "last": 1}], "b": []}}).arms["a"]
    (change,) = plan_of_arm("a", arm, actors, 64, obeying, Book()).changes
    assert np.flatnonzero(change.where.any(axis=(1, 2))).tolist() == [7, 8, 9, 10]
    assert np.flatnonzero(change.where.any(axis=(0, 1))).tolist() == [1]


@pytest.mark.parametrize(
    ("words", "name"),
    [("north-east", "NE"), ("NE", "NE"), ("crystal in the south west", "SW"), ("north", "N"), ("centre", "centre")],
)
def test_directions_in_words(words: str, name: str) -> None:
    assert compass_name(words) == name


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"arms": {"a": [{**MUTE, "agents": 7}], "b": []}}, "arms.a: There is no agent 7: agents are 0 to 1."),
        (
            {"arms": {"a": [{**MUTE, "agents": "scoot"}], "b": []}},
            "There are no agents 'scoot': the nearest is 'scout'",
        ),
        (
            {"arms": {"a": [{"site": "message.in", "operation": "set", "symbol": 99}], "b": []}},
            "arms.a: This world has symbols 0 to 11, not 99",
        ),
        (
            {"arms": {"a": [{"site": "hidden.cor", "operation": "mute"}], "b": []}},
            "arms.a: The policy has no hidden states",
        ),
        ({"arms": {"a": [{**MUTE, "operation": "replay", "source": 64}], "b": []}}, "arms.a: There is no episode 64"),
        ({"moment": 63}, "moment: step 63 is not within the episode, 0 to 62."),
        ({"listener": "nobody"}, "There are no agents 'nobody'"),
        ({"measures": {"m": {"kind": "action", "action": "stey"}}}, "measures.m.action: there is no action 'stey'"),
        ({"measures": {"m": {"kind": "distance", "place": "up"}}}, "measures.m: A place is 'named', a direction"),
        ({"measures": {"m": {"kind": "distance", "place": [99, 1]}}}, "measures.m: The cell [99, 1] is not on the map"),
        ({"measures": {"m": {"kind": "distance", "place": "north"}}}, "measures.m: There is no site in the sector N"),
        ({"measures": {"m": {"kind": "return", "agents": 5}}}, "measures.m: There is no agent 5"),
        ({"measures": {"m": {"kind": "distance", "place": [1, 1], "after": 64}}}, "measures.m.after: 64 is beyond"),
    ],
)
def test_what_the_scenario_lacks_is_refused(obeying: Any, changes: dict[str, Any], sentence: str) -> None:
    data = {"arms": {"a": [MUTE], "b": []}, "empty": None, "measures": {"return": {"kind": "return"}}} | changes
    with pytest.raises(InterventionError) as error:
        run(obeying, experiment(**data), n_null=19)
    assert sentence in str(error.value)


def test_meanings_need_a_lexicon(obeying: Any) -> None:
    with pytest.raises(DataError, match="There is no lexicon to say '1,1' with"):
        run(obeying, experiment(), n_null=19)


def test_moments_that_never_come_are_told(deaf: Any) -> None:
    with pytest.raises(DataError, match="episodes have such a moment"):
        run(deaf, experiment(arms={"a": [MUTE], "b": []}, empty=None, listener="scout", moment="carrying",
                             measures={"return": {"kind": "return"}}), n_null=19)  # fmt: skip
