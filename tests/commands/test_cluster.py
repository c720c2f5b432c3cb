"""Clusters and formation from the command line: one JSON object, saved results, figures, sentences for mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result
from commlab.probes.decode.clusters import picture

QUICK = ["--nulls", "19"]


def test_clusters_print_one_json_object_and_save_their_result(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("cluster", "tiny", "--k", 3, "--target", "resource_location", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["source"] == "hidden.core"
    assert found["k"] == len(found["clusters"]) == 3
    assert {row["variable"] for row in found["tested"]} >= {"resource_location"}
    saved = Result.load(at_home / "runs" / "tiny" / "results" / "cluster-hidden.core-speakers.json")
    assert saved.estimate == found["bits"]
    assert saved.sentence == found["sentence"]


def test_clusters_of_the_world_print_tables_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("cluster", "--source", "world", *QUICK)
    assert done.code == 0, done.err
    assert "what goes with it" in done.out
    assert "What formed the clusters only describes them" in done.out
    assert "Saved" in done.err


def test_the_picture_is_drawn(cli: Callable[..., Any], at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "umap_plane", lambda points, seed: picture.flat(points))  # which takes long to compile
    done = cli("cluster", "tiny", "--k", 2, "--of", "listeners", "--picture", *QUICK)
    assert done.code == 0, done.err
    figures = at_home / "runs" / "tiny" / "figures"
    assert {path.suffix for path in figures.glob("cluster-hidden.core-listeners.*")} == {".svg", ".png", ".csv"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--source", "said"], "Clusters are not formed of 'said'"),
        (["--method", "ward"], "choose kmeans or hdbscan"),
        (["--k", "9999"], "too few for 9999 clusters"),
        (["--target", "resource_locatoin"], "resource_location"),
        (["--of", "birds"], "There are no agents 'birds'"),
        (["nowhere"], "There is no run called 'nowhere'"),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("cluster", *arguments, *QUICK).sentence


def test_formation_prints_saves_and_draws(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("formation", "tiny", "--episodes", 16, "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["checkpoints"][0]["agent_steps"] == 0
    assert {one["key"] for one in found["series"]} >= {"return", "agreement", f"bits:{found['target']}"}
    run = at_home / "runs" / "tiny"
    assert Result.load(run / "results" / "formation.json").sentence == found["sentence"]
    assert all((run / "figures" / f"formation.{ending}").exists() for ending in ("svg", "png", "csv"))
    told = cli("formation", "tiny", "--episodes", 16, "--most", 2, *QUICK)
    assert "How the language formed" in told.out


def test_formation_of_a_run_without_checkpoints_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    (elsewhere / "runs" / "bare").mkdir(parents=True)
    assert "holds no checkpoint" in cli("formation", "bare").sentence
