"""Expected answers: every way to write them means the same, and what is wrong is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.probes.planted.answers import Answers, read_answers

NE, GREEN = ("resource_location", "NE"), ("resource_kind", "green")
NAMES = {1: "ba", 2: "di ba"}


def answers(folder: Path, content: Any, name: str = "answers.json") -> Answers:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_answers(path, NAMES)


@pytest.mark.parametrize(
    "content",
    [
        {"entries": {"3": [["resource_location", "NE"]], "5": []}},
        {"3": [["resource_location", "NE"]], "5": None},
        {"target": "resource_location", "entries": {"3": "NE", "5": []}},
        {"target": "resource_location", "entries": {"3": ["NE"], "5": None}},
        {"entries": {"3": {"resource_location": "NE"}, "5": {}}},
        {"3": {"resource_location": ["NE"]}, "5": None},
        [{"symbol": 3, "target": "resource_location", "value": "NE"}, {"message": "5"}],
        {"entries": [{"form": [3], "pairs": [["resource_location", "NE"]]}, {"entry": "5", "value": None}]},
    ],
)
def test_answers_are_written_in_many_ways(tmp_path: Path, content: Any) -> None:
    found = answers(tmp_path, content)
    assert found.entries == {((3,), None): frozenset({NE}), ((5,), None): frozenset()}
    assert found.language == "external"


def test_a_table_is_read_too(tmp_path: Path) -> None:
    text = "message,target,value\n3,resource_location,NE\n3 7,resource_location,NE\n3 7,resource_kind,green\n7@1,,\n"
    assert answers(tmp_path, text, "answers.csv").entries == {
        ((3,), None): frozenset({NE}),
        ((3, 7), None): frozenset({NE, GREEN}),
        ((7,), 1): frozenset(),
    }


def test_a_symbol_at_a_position_may_be_written_as_the_lexicon_has_it(tmp_path: Path) -> None:
    assert set(answers(tmp_path, {"_ 7": None, "7 _": None, "ba _": None}).entries) == {
        ((7,), 1),
        ((7,), 0),
        ((1,), 0),
    }


def test_symbols_may_be_written_by_name(tmp_path: Path) -> None:
    found = answers(
        tmp_path, {"language": "mine", "of": 0, "entries": {"ba": {"feature.x": 4}, "di ba": None, "ba ba": None}}
    )
    assert set(found.entries) == {((1,), None), ((2,), None), ((1, 1), None)}
    assert found.entries[(1,), None] == frozenset({("feature.x", "4")})
    assert (found.language, found.of) == ("mine", "0")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("3", "holds no answers"),
        ({}, "expects nothing"),
        ({"entries": {}, "speaker": 1}, "'speaker' beside entries"),
        ({"3": "NE"}, "values without a target"),
        ({"3@x": None}, "no symbol of the recording"),
        ({"3 7@1": None}, "7@1"),
        ({"": None}, "the form ''"),
        ({"3": {"resource_location": {"a": 1}}}, "a value is text or a number"),
        ([{"target": "resource_location", "value": "NE"}], "without a message"),
        ({"3": {"resource_location": float("nan")}}, "a value is text or a number"),
        ({"9" * 5000: None}, "no symbol of the recording"),
        ("[" * 100_000, "nested too deeply"),
        ({"language": 3, "entries": {"3": None}}, "write it as text"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as refused:
        answers(tmp_path, content)
    assert "answers.json" in str(refused.value)


def test_files_that_are_no_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the columns a, b"):
        answers(tmp_path, "a,b\n1,2\n", "answers.csv")
    for row in ("3,resource_location,NE,N", "3,resource_location"):
        with pytest.raises(DataError, match=f"line 2: {len(row.split(','))} cells where the header names 3 columns"):
            answers(tmp_path, f"message,target,value\n{row}\n", "answers.csv")
    with pytest.raises(DataError, match="line 2: no CSV"):
        answers(tmp_path, 'message,target,value\n3,"resource_location,NE\n', "answers.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_answers(tmp_path / "none.json", {})
