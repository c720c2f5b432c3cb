"""Picking: trials are shown by their rule, failures as well as successes."""

import numpy as np

from commlab.foundation.moments import Moment
from commlab.foundation.picking import Pick, pick, picked


def test_the_first_of_each_kind_is_shown() -> None:
    found = pick([False, False, True, True, False], "arrived")
    assert [one.trial for one in found] == [2, 0]
    assert found[0].why == "the first of 2 trials that have arrived"
    assert found[1].why == "the first of 3 trials that have not arrived"


def test_the_median_comes_first_and_no_trial_comes_twice() -> None:
    effect = np.array([5.0, -1.0, 2.0, np.nan, 9.0])
    found = pick(effect > 0, "arrived", effect)
    assert found[0] == Pick(2, "the median of 4 trials")  # the lower one in the middle
    assert [one.trial for one in found] == [2, 0, 1]


def test_only_trials_that_count_are_shown() -> None:
    assert [one.trial for one in pick([True, True, False, False], "arrived", among=[False, True, False, True])] == [
        1,
        3,
    ]


def test_what_never_failed_has_no_failure_to_show() -> None:
    assert [one.trial for one in pick([True, True], "arrived")] == [0]
    assert pick([], "arrived") == []


def test_the_rule_is_said_in_the_note() -> None:
    rows = picked(pick([True, False], "worked"), lambda n: Moment(n, 3, (1,), f"trial {n}") if n else None)
    assert rows == [
        {"episode": 1, "step": 3, "agents": (1,), "note": "trial 1 (the first of 1 trials that have not worked)"}
    ]
