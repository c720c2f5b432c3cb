"""Minds from the command line: a table, one JSON object, a saved result."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

QUICK = ["--nulls", "19"]


def test_minds_print_a_table_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("minds", "tiny", *QUICK)
    assert done.code == 0, done.err
    assert "beyond what" in done.out
    assert "own_next_action" in done.out
    assert "other_kinship is undefined, because it has a single value" in done.out
    assert "Saved" in done.err
    saved = list((at_home / "runs" / "tiny" / "results").glob("minds-hidden.core-*.json"))
    assert [Result.load(path).analysis for path in saved] == ["minds"]


def test_minds_print_one_json_object(cli: Callable[..., Any], at_home: Path) -> None:
    asked = ("own_next_action", "other_position.cell")
    done = cli("minds", "tiny", "--json", "--with-heard", "--in-view", "--targets", ",".join(asked), *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [row["target"] for row in found["rows"]] == list(asked)
    assert (found["with_heard"], found["in_view"], found["n_null"]) == (True, True, 19)
    assert all((row["gain"] is None) == (row["reason"] is not None) for row in found["rows"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--targets", "moods"], "There is no target 'moods'"),
        (["--targets", ""], "--targets takes names with commas between"),
        (["--source", "hidden.gate"], "holds no hidden.gate"),
        (["--of", "queens"], "There are no agents 'queens'"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    cli: Callable[..., Any], at_home: Path, options: list[str], sentence: str
) -> None:
    done = cli("minds", "tiny", *options, *QUICK)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
