"""Moments: what is saved of them comes back, each reel has one id, and what is no moment is refused."""

import dataclasses
from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.moments import MOST, Moment, moments_of, written
from commlab.foundation.result import Result

RECORDED = Moment(12, 8, (1,), "the scout says 7", recording="recording.h5")
ROLLED = Moment(3, 4, (1, 0), "told 7", seed=2, interventions=({"site": "message.in", "symbol": 7},), worlds=64, mark=5)


def result(moments: Any) -> Result:
    """A result with those moments."""
    return Result("a", "a", None, "bits", None, None, None, 0, "A.", {"moments": moments})


def test_moments_come_back_from_a_saved_result() -> None:
    saved = Result.from_json(result(written([RECORDED, ROLLED])).to_json())
    assert moments_of(saved) == [RECORDED, ROLLED]


def test_results_from_before_there_were_moments_have_none() -> None:
    assert moments_of(dataclasses.replace(result([]), details={})) == []


def test_a_recorded_moment_is_linked_by_its_episode() -> None:
    assert (RECORDED.reel, RECORDED.link) == ("12", "replay.html#reel=12&t=8&agent=1")


def test_a_reel_is_of_what_happened_and_not_of_where_one_looks() -> None:
    assert ROLLED.reel == dataclasses.replace(ROLLED, step=9, note="other", agents=(0,), worlds=0, mark=0).reel
    for other in ({"episode": 4}, {"seed": 3}, {"interventions": ()}, {"recording": "recording-2.h5"}):
        assert dataclasses.replace(ROLLED, **other).reel != ROLLED.reel  # type: ignore[arg-type]


def test_no_place_is_written_twice_and_not_too_many_are() -> None:
    many = [dataclasses.replace(RECORDED, step=step) for step in range(20)]
    assert len(written([RECORDED, RECORDED])) == 1
    assert len(written(many)) == MOST


@pytest.mark.parametrize(
    "row",
    [
        {"step": 1, "agents": [0], "note": "no episode"},
        {"episode": 1, "step": -1, "agents": [0], "note": "no step"},
        {"episode": 1, "step": 1, "agents": "ab", "note": "no agents"},
        {"episode": 1, "step": 1, "agents": [0], "note": "not here", "recording": "../other.h5"},
        {"episode": 1, "step": 1, "agents": [0], "note": "no changes", "interventions": [3]},
    ],
)
def test_what_is_no_moment_is_refused_in_a_sentence(row: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="run the analysis again"):
        moments_of(result([row]))


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(DataError, match="not a list"):
        moments_of(result("here"))
