"""Steering: what leads to another place sends agents there, and directions as long that lead nowhere do not."""

from typing import Any

import pytest

from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.hidden import steering
from commlab.probes.cause.hidden.cases import Wish

FEW = Wish(n_episodes=64, n_null=9)
IRRELEVANT = "own_position.sector"


@pytest.fixture(scope="module")
def listeners(minding: Any) -> Result:
    return steering.fit(*minding, FEW, doses=(0.25, 2.0), irrelevant=IRRELEVANT)


def curve(result: Result, outcome: str, arm: str) -> list[float]:
    return [row["mean"] for row in result.details["outcomes"][outcome][arm]]


def test_listeners_are_sent_to_a_place_from_inside(listeners: Result) -> None:
    assert listeners.details["doses"] == [0.0, 0.25, 1.0, 2.0]
    nothing, little, one, two = curve(listeners, "place", "steered")
    assert max(nothing, little) < 0.15  # a quarter of the way is nearer to the place that they were told
    assert min(one, two) > 0.8
    assert listeners.p_value == pytest.approx(1 / 10)
    assert listeners.interval is not None
    assert listeners.interval[0] > 0.6
    assert listeners.details["came_to"]["place"]["steered"]["wanted"] == one


def test_directions_as_long_send_them_nowhere(listeners: Result) -> None:
    assert curve(listeners, "place", "irrelevant")[2] < 0.15
    assert curve(listeners, "place", "random")[2] < 0.3
    assert listeners.details["irrelevant"]["target"] == IRRELEVANT
    assert listeners.details["irrelevant"]["score"] > 0.5  # of what is above chance
    assert listeners.details["irrelevant"]["shared"] < 0.5
    assert listeners.details["beyond_irrelevant"]["interval"][0] > 0.5


def test_dose_nothing_changes_nothing(listeners: Result) -> None:
    assert listeners.details["no_op_is_identical"]
    for arms in listeners.details["outcomes"].values():
        assert len({arm[0]["mean"] for arm in arms.values()}) == 1
    assert curve(listeners, "action", "steered")[0] == 0.0


def test_speakers_say_what_they_are_steered_to(minding: Any) -> None:
    result = steering.fit(*minding, FEW._replace(of="speakers"), doses=(1.0,), irrelevant="nearest_kin_location")
    assert curve(result, "said", "steered")[1] > 0.95
    assert curve(result, "place", "steered")[1] > 0.8
    assert curve(result, "said", "random")[1] < 0.4
    assert result.p_value == pytest.approx(1 / 10)


def test_who_does_not_mind_is_not_moved(unminding: Any) -> None:
    result = steering.fit(*unminding, FEW, dose=4.0, doses=(4.0,), irrelevant=IRRELEVANT)
    assert result.estimate == 0.0
    assert result.p_value == 1.0
    assert curve(result, "action", "steered") == [0.0, 0.0]


def test_a_direction_that_nobody_acts_on_moves_nobody(minding: Any) -> None:
    result = steering.fit(*minding, FEW._replace(target=IRRELEVANT), doses=(1.0,), irrelevant="resource_location")
    assert result.unit == "bits"
    assert curve(result, "action", "steered")[1] < 1
    assert curve(result, "action", "irrelevant")[1] > 3  # of the place, as long: that they act on


def test_it_refuses_what_it_cannot_do(minding: Any) -> None:
    with pytest.raises(InterventionError, match="dose is above 0 and at most 1000, not -1"):
        steering.fit(*minding, FEW, dose=-1.0)
    with pytest.raises(InterventionError, match="12 doses at most, not 20"):
        steering.fit(*minding, FEW, doses=tuple(range(1, 21)))
    with pytest.raises(DataError, match="is the target itself"):
        steering.fit(*minding, FEW, irrelevant="resource_location")
    with pytest.raises(InterventionError, match="no layer 'encoder'"):
        steering.fit(*minding, FEW._replace(layer="encoder"))
