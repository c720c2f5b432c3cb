"""Erasure: who needs what is erased loses by it, who does not does not, and what comes back is told."""

from collections.abc import Sequence
from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.hidden import erasure
from commlab.probes.cause.hidden.cases import Wish
from commlab.probes.cause.hidden.directions import Scaled, as_far
from commlab.probes.cause.hidden.states import States

FEW = Wish(n_episodes=64, n_null=9)
IRRELEVANT = "own_position.sector"


@pytest.fixture(scope="module")
def listeners(minding: Any) -> Result:
    return erasure.fit(*minding, FEW, IRRELEVANT)


def reading(result: Result, arm: str, source: str = "hidden.core", model: str = "linear", target: str = "") -> float:
    wanted = (arm, target or result.details["target"], source, model)
    found = [row for row in result.details["readings"] if tuple(row[key] for key in KEYS) == wanted]
    assert len(found) == 1, wanted
    score: float = found[0]["score"]
    return score


KEYS = ("arm", "target", "source", "model")


def test_who_needs_the_place_loses_by_its_erasure(listeners: Result) -> None:
    returns, obeyed = listeners.details["returns"], listeners.details["obeyed"]
    assert listeners.estimate == pytest.approx(returns["untouched"]["mean"] - returns["erased"]["mean"])
    assert listeners.interval is not None
    assert listeners.interval[0] > 0.5
    assert listeners.p_value == pytest.approx(1 / 10)
    assert obeyed["untouched"]["mean"] > 0.9
    assert obeyed["erased"]["mean"] < 0.6
    assert obeyed["erased"]["fall_interval"][0] > 0.3


def test_the_irrelevant_and_that_of_other_episodes_are_not_missed_as_much(listeners: Result) -> None:
    returns = listeners.details["returns"]
    for arm in ("irrelevant erased", "other episodes' erased"):
        assert returns[arm]["mean"] > returns["erased"]["mean"]
        assert returns[arm]["above_erased_interval"][0] > 0
    moved = listeners.details["moved"]
    for arm in moved:
        assert moved[arm]["distance"] == pytest.approx(moved["erased"]["distance"], rel=1e-3)
        assert 0 <= moved[arm]["share"] <= 1


def test_no_two_draws_of_the_null_erase_the_same(minding: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws that share targets of other episodes would be alike, and a hundred of them be worth a few."""
    seen: list[list[bytes]] = []

    def spy(states: States, far: float, beside: Sequence[States], first: States | None = None) -> Scaled:
        seen.append([one.value.tobytes() for one in beside])
        return as_far(states, far, beside, first)

    def stop(*_: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(erasure, "as_far", spy)
    monkeypatch.setattr(erasure, "play", stop)
    with pytest.raises(InterruptedError):
        erasure.fit(*minding, FEW._replace(n_null=4), IRRELEVANT)
    every = [value for one in seen for value in one]
    assert len(seen) == 8  # four of the target, four of the irrelevant one
    assert len(set(every)) == len(every)


def test_what_is_erased_cannot_be_read_linearly_from_recorded_states(listeners: Result) -> None:
    assert reading(listeners, "untouched") > 0.85
    assert reading(listeners, "erased afterwards") < 0.4  # of four places
    assert reading(listeners, "erased", "heard") > 0.9  # and it is told anew
    assert any("from heard" in where for where in listeners.details["comes_back"])
    assert reading(listeners, "irrelevant erased", target=IRRELEVANT) < 0.45  # of 0.65


def test_erasing_nothing_changes_nothing(listeners: Result) -> None:
    assert listeners.details["no_op_is_identical"]
    assert listeners.details["returns"]["untouched"]["fall"] == 0.0


def test_speakers_without_it_have_nothing_to_say(minding: Any) -> None:
    result = erasure.fit(*minding, FEW._replace(of="speakers"), "nearest_kin_location")
    assert reading(result, "untouched", "said") > 0.95
    assert (reading(result, "erased", "said") or 0.0) < 0.6  # none: they are silent
    assert result.details["returns"]["erased"]["fall_interval"][0] > 0.5


def test_who_does_not_mind_loses_nothing(unminding: Any) -> None:
    result = erasure.fit(*unminding, FEW, IRRELEVANT)
    assert result.estimate == 0.0
    assert result.p_value == 1.0


def test_an_irrelevant_target_is_found_by_itself(minding: Any) -> None:
    from commlab.probes.cause.hidden.irrelevant import find_irrelevant
    from commlab.probes.cause.hidden.states import read_states

    states = read_states(minding.recording, "resource_location", "core", "speakers")
    found = find_irrelevant(minding.recording, states, FEW)
    assert found.target_score is not None
    assert found.target_score > 0.95
    if found.states is not None:
        assert found.shared is not None
        assert found.shared <= 0.1
        assert not found.name.startswith("resource")


def test_it_is_written_and_read(listeners: Result) -> None:
    assert Result.from_json(listeners.to_json()).sentence == listeners.sentence


def test_it_refuses_what_it_cannot_do(minding: Any, unminding: Any) -> None:
    with pytest.raises(DataError, match="another checkpoint"):
        erasure.fit(unminding.agents, minding.recording, FEW)
    with pytest.raises(DataError, match="single value"):
        erasure.fit(*minding, FEW, irrelevant="resource_kind")
