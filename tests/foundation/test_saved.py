"""Saved results that were damaged, or edited by hand, are refused as they are read, in one sentence."""

import json
from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result

GOOD = Result("probe", "probe-x", 0.5, "bits", (0.1, 0.9), Null("shuffled", 0.0, -0.1, 0.1, 99), 0.01, 20, "It is so.")


def edited(**fields: Any) -> str:
    """The good result's text with some fields changed."""
    return json.dumps(json.loads(GOOD.to_json()) | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"estimate": "0.5"},
        {"estimate": float("nan")},
        {"estimate": True},
        {"interval": [0.1]},
        {"interval": [None, 1.0]},
        {"null": [1, 2]},
        {"null": {"method": "shuffled"}},
        {"p_value": 7},
        {"n_episodes": -1},
        {"n_episodes": 10**30},
        {"sentence": None},
        {"details": []},
        {"provenance": "none"},
        {"name": "../probe"},
        {"name": "a\nb"},
        {"name": ""},
        {"name": "x" * 10_000},
        {"details": {"table": [float("inf")]}},
    ],
)
def test_a_result_with_a_wrong_field_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="not a saved result"):
        Result.from_json(edited(**fields))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "[" * 100_000, '{"estimate": 1e999}', "9" * 5000])
def test_text_that_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="not a saved result"):
        Result.from_json(text)


def test_a_good_result_comes_back() -> None:
    assert Result.from_json(edited()) == GOOD
