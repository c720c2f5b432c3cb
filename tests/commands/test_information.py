"""Information from the command line: a table and a sentence, one JSON object, a saved result, refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commlab.foundation.result import Result

QUICK = ["--nulls", "19"]


def test_it_prints_tables_and_a_sentence_and_saves_its_result(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("information", "tiny", "--by-kinship", *QUICK)
    assert done.code == 0, done.err
    assert "Information about resource_location (bits)" in done.out
    assert "By who heard it (bits)" in done.out
    assert "Which message goes with which value" in done.out
    assert "What speakers said carries" in done.out
    assert "Saved" in done.err
    assert (at_home / "runs/tiny/results/information-resource_location-speakers-lag0.json").exists()


def test_json_is_one_object_with_the_saved_numbers(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("information", "tiny", "--target=resource_location.offset", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    (path,) = (at_home / "runs/tiny/results").glob("information-resource_location.offset-*.json")
    saved = Result.load(path)
    assert found["bits"] == saved.estimate
    assert found["p_value"] == saved.p_value
    assert found["given"] is None
    assert found["circular_shift"]["method"] == "circular shift within episodes"


def test_a_condition_gives_a_result_of_its_own(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli(
        "information", "tiny", "--target", "resource_location.offset", "--given", "resource_location", "--json", *QUICK
    )
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["given"] == "resource_location"
    assert found["sentence"].startswith("Beyond resource_location")
    assert list((at_home / "runs/tiny/results").glob("information-*-given-resource_location.json"))


def test_what_cannot_be_counted_is_one_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("information", "tiny", "--given", "own_energy", *QUICK)
    assert done.code == 2
    assert "own_energy is a number" in done.err
    unknown = cli("information", "tiny", "--target", "weather", *QUICK)
    assert unknown.code == 2
    assert "weather" in unknown.err
