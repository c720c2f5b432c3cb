"""The verdict and influence from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

FEW = ["--episodes", "40"]


def test_a_verdict_prints_one_json_object_and_saves_what_it_found(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("verdict", "tiny", "--json", *FEW)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert set(found) == {"verdict", "evidence", "told", "n_episodes", "sentence"}
    assert found["verdict"] in ("babbling", "not enough data", "talking to nobody")  # who has hardly been trained
    assert [row["part"] for row in found["evidence"]] == ["signalling", "listening", "use", "content"]
    results = at_home / "runs" / "tiny" / "results"
    saved = Result.load(results / "verdict.json")
    assert saved.details["verdict"] == found["verdict"]
    assert saved.provenance["command"].startswith("commlab verdict tiny --json")
    assert {"influence.json", "use.json"} <= {path.name for path in results.iterdir()}


def test_a_verdict_prints_a_table_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("verdict", "tiny", "--untrained", *FEW)
    assert done.code == 0, done.err
    for words in ("signalling", "listening", "use", "content"):
        assert words in done.out
    assert done.out.strip().endswith(".")
    assert "Saved" not in done.err  # a control leaves nothing behind


def test_influence_prints_every_measure(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("influence", "tiny", "--json", *FEW)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert {"marginal", "uniform", "spoken", "every_step"} <= set(found["measures"])
    assert found["listens"] is False
    assert (at_home / "runs" / "tiny" / "results" / "influence.json").exists()
    shown = cli("influence", "tiny", *FEW)
    assert "what each message does" in shown.out


def test_what_another_checkpoint_does_is_shown_but_not_saved(cli: Callable[..., Any], at_home: Path) -> None:
    first = min((at_home / "runs" / "tiny" / "checkpoints").glob("steps-*.pt"))
    before = {path: path.read_bytes() for path in (at_home / "runs" / "tiny" / "results").glob("*.json")}
    done = cli("influence", "tiny", "--checkpoint", first, *FEW)
    assert done.code == 0, done.err
    assert "Shown, not saved" in done.err
    assert {path: path.read_bytes() for path in (at_home / "runs" / "tiny" / "results").glob("*.json")} == before


@pytest.mark.parametrize("command", ["verdict", "influence"])
def test_what_is_not_there_is_said_in_a_sentence(cli: Callable[..., Any], at_home: Path, command: str) -> None:
    assert "no run called 'teeny'" in cli(command, "teeny").sentence
    assert "There is no checkpoint" in cli(command, "tiny", "--checkpoint", "nothing.pt").sentence


def test_planted_verdicts_are_validated(
    cli: Callable[..., Any], at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMLAB_WORKERS", "1")
    done = cli("validate", "--verdict", "--language", "silent", "--quick", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["ok"] is True
    assert {row["expected"] for row in found["rows"]} == {"silent"}
    assert "There is no language 'silnt'" in cli("validate", "--verdict", "--language", "silnt").sentence
