"""Behaviour and trajectories from the command line: one JSON object, saved results, figures, sentences for mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

QUICK = ["--nulls", "19"]
ENDINGS = {".svg", ".png", ".csv"}


def drawn(run: Path, stem: str) -> set[str]:
    """The endings of a figure's files."""
    return {path.suffix for path in (run / "figures").glob(f"{stem}.*")}


def test_behaviour_prints_one_json_object_and_saves_result_and_figure(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("behaviour", "tiny", "--by", "resource_location", "--of", "gatherer", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["target"] == "resource_location"
    run = at_home / "runs" / "tiny"
    saved = Result.load(run / "results" / "behaviour-resource_location-gatherer.json")
    assert saved.estimate == found["bits"]
    assert saved.sentence == found["sentence"]
    assert saved.provenance["seed"] == 0
    assert drawn(run, saved.name) == ENDINGS
    assert (run / "figures" / "dark" / f"{saved.name}.svg").exists()


def test_behaviour_is_told_in_a_table_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("behaviour", *QUICK)
    assert done.code == 0, done.err
    assert "Where the listeners are, by last_heard" in done.out
    assert "spend half of their steps in" in done.out
    assert "Saved" in done.err


def test_courses_print_one_json_object_and_save_result_and_figure(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("trajectories", "tiny", "--by", "own_next_action", "--of", "gatherer", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert len(found["values"]) >= 2
    assert {row["step"] for row in found["by_step"]} >= {0}
    run = at_home / "runs" / "tiny"
    saved = Result.load(run / "results" / "trajectories-own_next_action-hidden.core-gatherer.json")
    assert saved.estimate == found["estimate"]
    assert drawn(run, saved.name) == ENDINGS


def test_courses_are_told_in_a_table_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("trajectories", "--by", "own_next_action", "--plane", "states", "--steps", "2", *QUICK)
    assert done.code == 0, done.err
    assert "% of variance told" in done.out
    assert "of the variance of the hidden state (core) of the listeners" in done.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["behaviour", "--by", "resource_locatoin"], "resource_location"),
        (["behaviour", "--of", "birds"], "There are no agents 'birds'"),
        (["behaviour", "nowhere"], "There is no run called 'nowhere'"),
        (["trajectories", "--source", "said"], "Courses are of hidden states"),
        (["trajectories", "--plane", "umap"], "choose courses or states"),
        (["trajectories", "--by", "own_body"], "2 are needed to tell courses apart"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli(*arguments, *QUICK).sentence
