"""Patching: agents do what the state they are given calls for, if they act on it, and nothing else moves them."""

from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.hidden import patching
from commlab.probes.cause.hidden.cases import Wish

FEW = Wish(n_episodes=64, n_null=9)
ABOVE_ALL = pytest.approx(1 / 10)


@pytest.fixture(scope="module")
def listeners(minding: Any) -> Result:
    return patching.fit(*minding, FEW)


@pytest.fixture(scope="module")
def speakers(minding: Any) -> Result:
    return patching.fit(*minding, FEW._replace(of="speakers"))


def means(result: Result, outcome: str) -> dict[str, float]:
    return {name: row["mean"] for name, row in result.details["outcomes"][outcome].items()}


def test_listeners_go_where_the_place_in_their_state_is(listeners: Result) -> None:
    went = means(listeners, "place")
    assert went["its subspace"] > 0.9
    assert max(went["untouched"], went["its subspace, same value"], went["whole state, same value"]) < 0.1
    assert listeners.p_value == ABOVE_ALL
    assert listeners.interval is not None
    assert listeners.interval[0] > 0.8
    assert listeners.details["above_untouched"]["interval"][0] > 0.8
    came = listeners.details["came_to"]["place"]
    assert came["untouched"]["own"] > 0.9
    assert came["its subspace"]["wanted"] == went["its subspace"]


def test_a_whole_state_lasts_until_the_next_message_and_longer_for_who_is_deaf(listeners: Result, minding: Any) -> None:
    assert means(listeners, "place")["whole state"] < 0.1
    deaf = patching.fit(*minding, FEW._replace(whole=True, deaf=True))
    went = means(deaf, "place")
    assert went["whole state"] > 0.9
    assert max(went["whole state, same value"], went["random direction"]) < 0.2
    assert deaf.p_value == ABOVE_ALL
    assert deaf.details["changed"] == "whole state"


def test_ones_own_state_changes_nothing(listeners: Result, speakers: Result) -> None:
    for result in (listeners, speakers):
        assert result.details["no_op_is_identical"]
        assert means(result, "action")["itself"] == 0.0
        for rows in result.details["outcomes"].values():
            assert rows["itself"]["mean"] == rows["untouched"]["mean"]


def test_speakers_say_what_is_in_their_state_and_listeners_go_there(speakers: Result) -> None:
    assert speakers.unit == "share of trials"
    said, went = means(speakers, "said"), means(speakers, "place")
    assert said["its subspace"] > 0.95
    assert said["whole state"] > 0.95
    assert went["its subspace"] > 0.8
    assert max(said["untouched"], said["its subspace, same value"], went["untouched"]) < 0.1
    assert speakers.p_value == ABOVE_ALL


def test_who_does_not_mind_is_not_moved(unminding: Any) -> None:
    result = patching.fit(*unminding, FEW)
    assert result.estimate == 0.0
    assert result.p_value == 1.0
    assert means(result, "action")["its subspace"] == 0.0
    assert result.details["moved"]["its subspace"] > 1  # the state was changed all the same


def test_a_target_that_nobody_acts_on_moves_nobody(minding: Any) -> None:
    result = patching.fit(*minding, FEW._replace(target="own_position.sector"))
    assert result.unit == "bits"  # a target that is no place to go to
    assert means(result, "action")["its subspace"] < 1  # the place's moves it by ten
    assert result.p_value is not None
    assert result.p_value > 0.05


def test_it_moves_states_as_far_at_random(listeners: Result) -> None:
    rows = listeners.details["outcomes"]["place"]
    assert rows["random subspace"]["n_draws"] == 9
    assert listeners.null is not None
    assert listeners.null.n_draws == 9
    assert listeners.null.mean < 0.3


def test_the_same_seed_gives_the_same_result(listeners: Result, minding: Any) -> None:
    again = patching.fit(*minding, FEW)
    assert again.details == listeners.details
    assert again.estimate == listeners.estimate
    assert Result.from_json(listeners.to_json()).sentence == listeners.sentence
    assert np.isfinite(listeners.estimate or np.nan)


def test_it_refuses_what_it_cannot_do(minding: Any, unminding: Any) -> None:
    def refused(error: type[Exception], match: str, wish: Wish, agents: Any = minding.agents) -> None:
        with pytest.raises(error, match=match):
            patching.fit(agents, minding.recording, wish)

    refused(InterventionError, "no layer 'attic'.*have core", FEW._replace(layer="attic"))
    refused(InterventionError, "--episodes 4 are too few", FEW._replace(n_episodes=4))
    refused(InterventionError, "--at 39 is not within", FEW._replace(at=39))
    refused(InterventionError, "--for 40 is not 1 to 39", FEW._replace(duration=40))
    refused(DataError, "own_energy is a number", FEW._replace(target="own_energy"))
    refused(DataError, "single value", FEW._replace(target="resource_kind"))
    refused(DataError, "another checkpoint", FEW, unminding.agents)
    refused(InterventionError, "--episodes 60000 of room are more than memory holds", FEW._replace(n_episodes=60_000))
    refused(InterventionError, "scripted and have no hidden states", FEW, plant("holistic"))


def test_the_state_of_a_twin_that_was_told_sends_there_too(minding: Any) -> None:
    wish = FEW._replace(told=True, whole=True, deaf=True)
    result = patching.fit(*minding, wish)
    went = means(result, "place")
    assert went["whole state"] > 0.9
    assert went["its subspace"] > 0.9
    assert max(went["whole state, same value"], went["untouched"]) < 0.1
    assert means(result, "action")["whole state, same value"] == 0.0  # it was told what it knew
    assert "twin that was told" in result.sentence
    assert result.name == "patch-resource_location-core-listeners-whole-told-deaf"
    with pytest.raises(InterventionError, match="--told is for listeners"):
        patching.fit(*minding, wish._replace(of="speakers"))
