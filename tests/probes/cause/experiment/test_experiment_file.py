"""Experiment files: what is read, what is refused and how, and that what is written reads the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from commlab.foundation.errors import InterventionError
from commlab.foundation.result import Result
from commlab.probes.cause.experiment.file import (
    Experiment,
    experiment_names,
    parse_experiment,
    read_experiment,
    to_yaml,
)

GOOD = """
title: A word
arms:
  told: [{site: message.in, operation: set, meaning: crystal north, last: 11}]
  silence: [{site: message.in, operation: mute, last: 11}]
  untouched:
measures:
  there: {kind: first place, place: named}
  bits: {kind: divergence, from: silence}
"""


def read(text: str) -> Experiment:
    """The experiment of a text."""
    return parse_experiment(yaml.safe_load(text), "x.yaml", text)


def test_the_first_arm_is_compared_with_every_other_unless_told_otherwise() -> None:
    found = [(one.measure, one.arm, one.against) for one in read(GOOD).compared]
    assert found == [(m, "told", other) for m in ("there", "bits") for other in ("silence", "untouched")]
    told = read(GOOD + "contrasts: [{measure: bits, arm: silence, against: untouched}]\n")
    assert [one.arm for one in told.compared] == ["silence"]


def test_what_is_written_reads_the_same() -> None:
    experiment = read(GOOD)
    assert read(to_yaml(experiment)) == experiment
    assert parse_experiment(json.loads(json.dumps(experiment.to_plain()))) == experiment


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_that_ships_is_read(name: str) -> None:
    experiment = read_experiment(name)
    assert experiment.question.endswith("?")
    assert len(experiment.compared) >= 4
    assert read(to_yaml(experiment)) == experiment


def test_the_example_of_the_docs_is_read() -> None:
    page = (Path(__file__).parents[4] / "docs" / "experiments.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert list(read(example).arms) == ["told", "silence", "untouched"]


def test_every_field_has_a_sentence() -> None:
    for field in Experiment.model_fields.values():
        assert (field.description or "").endswith(".")


def test_a_saved_result_is_read_as_its_experiment(tmp_path: Path) -> None:
    experiment = read(GOOD)
    details = {"experiment": experiment.to_plain()}
    result = Result("experiment", "x", 1.0, "cells", None, None, None, 8, "It is so.", details)
    assert read_experiment(result.save(tmp_path)) == experiment
    other = Result("probe", "y", 1.0, "bits", None, None, None, 8, "It is so.")
    with pytest.raises(InterventionError, match="is the result of 'probe', not of an experiment"):
        read_experiment(other.save(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: A word", "titel: A word", "line 2: there is no field 'titel'; did you mean 'title'?"),
        ("message.in, operation: set", "message.on, operation: set", "arms.told.0: an intervention's site is one of"),
        ("operation: set", "operation: sett", "arms.told.0: at message.in an intervention can mute, set, inject"),
        ("meaning: crystal north", "meaning: x, symbol: 3", "a symbol and a meaning cannot both be given"),
        ("meaning: crystal north, ", "", "has a symbol if, and only if"),
        ("last: 11", "last: soon", "arms.told.0.last: input should be a valid integer"),
        ("last: 11", "first: 12, last: 11", "last 11 comes before first 12"),
        ("last: 11", "agents: [1.5]", "agents are named by number, body, family or role"),
        ("last: 11", "source: elsewhere", "a source is an episode's number or 'other', not 'elsewhere'"),
        ("last: 11", "kinship: 2", "arms.told.0.kinship: input should be less than or equal to 1, not 2"),
        ("kind: first place", "kind: first plac", "the nearest is 'first place'"),
        (", place: named", "", "a measure of 'first place' needs 'place'"),
        ("from: silence", "from: silence, action: use", "a measure of 'divergence' has no use for 'action'"),
        ("from: silence", "from: silent", "measures.bits.from: there is no arm 'silent'; the nearest is 'silence'"),
        ("place: named", "place: [1, 2, 3]", "a place is 'named', a direction such as 'north-east', or a cell"),
        ("title: A word", "moment: empty", "moment: a moment is a step or one of empty-handed, carrying, any, start"),
        ("title: A word", "episodes: 2", "episodes: input should be greater than or equal to 8, not 2"),
        ("title: A word", "contrasts: [{measure: bit, arm: told, against: silence}]", "there is no measure 'bit'"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(InterventionError) as error:
        read(GOOD.replace(old, new, 1))
    assert sentence in str(error.value)
    assert str(error.value).startswith("x.yaml")
    assert "\n" not in str(error.value)


def test_one_arm_alone_is_refused() -> None:
    with pytest.raises(InterventionError, match="one arm alone has nothing to be compared with"):
        read("arms: {told: []}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("arms: [", "this is no YAML"),
        ("- 1", "an experiment is a mapping with arms"),
        ("", "an experiment is a mapping with arms"),
        ("arms: {1: []}", "arms"),
    ],
)
def test_files_that_hold_no_experiment_are_refused(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content)
    with pytest.raises(InterventionError) as error:
        read_experiment(path)
    assert sentence in str(error.value)


def test_files_that_are_not_there_or_damaged_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InterventionError, match="There is no experiment 'a-wort'.*the nearest is a-word"):
        read_experiment("a-wort")
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(InterventionError, match="is no JSON"):
        read_experiment(path)
    path.write_text("[" * 100_000)
    with pytest.raises(InterventionError, match="is no JSON"):
        read_experiment(path)
    path.with_suffix(".yaml").write_text("[" * 3000)
    with pytest.raises(InterventionError, match="nested too deeply"):
        read_experiment(path.with_suffix(".yaml"))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InterventionError, match="cannot be read"):
        read_experiment(path)


def test_names_may_be_one_or_several(tmp_path: Path) -> None:
    def names(given: Any) -> Any:
        text = yaml.safe_dump({"arms": {"a": [{"site": "action", "operation": "mute", "agents": given}], "b": []}})
        return read(text).arms["a"][0].agents

    assert names("scout") == ("scout",)
    assert names([0, "kin"]) == (0, "kin")
    assert names("all") is None
