"""`commlab validate`: exit codes, the table, planted files, and recordings with expected answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.probes.planted import judging
from commlab.probes.planted.judging import Read

FEW = ("validate", "--quick", "--codebooks", 2)


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMLAB_WORKERS", "1")
    monkeypatch.setenv("COLUMNS", "120")


def nothing(*_: Any) -> dict[Any, Read]:
    return {}


def test_right_tools_exit_with_0(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli(*FEW, "--tool", "information", "--language", "distractor", "--language", "noise", "--json")
    told = json.loads(done.out)
    assert done.code == 0
    assert told["ok"] is True
    assert {"tool", "language", "n", "recovery", "false_positive", "ok"} <= set(told["rows"][0])
    assert [row["language"] for row in told["rows"]] == ["distractor", "noise"]
    assert list(elsewhere.iterdir()) == []


def test_wrong_tools_exit_with_1(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "read_meanings", nothing)
    done = cli(*FEW, "--tool", "lexicon", "--language", "holistic")
    assert done.code == 1
    assert "wrong: lexicon on holistic" in done.out
    assert "NO" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tool", "lexikon"), "nearest is lexicon"),
        (("--language", "holystic"), "nearest is holistic"),
        (("--answers", "a.json"), "give both"),
        (("--recording", "none.h5", "--answers", "a.json"), "none.h5"),
        (("--write", "/dev/null", "--language", "holistic"), "/dev/null could not be written"),
        (("--write", "here", "--listener", "nobody"), "no listener 'nobody'"),
    ],
)
def test_a_wrong_wish_exits_with_2(cli: Callable[..., Any], elsewhere: Path, arguments: Any, words: str) -> None:
    assert words in cli("validate", *arguments).sentence


def test_planted_files_are_written_and_judged(
    cli: Callable[..., Any], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("validate", "--write", "planted", "--language", "holistic", "--seed", 4, "--episodes", 64, "--json")
    assert json.loads(done.out) == {
        "written": [{"recording": "planted/holistic.h5", "answers": "planted/holistic.json"}]
    }
    again = ("validate", "--write", "planted", "--language", "holistic", "--episodes", 8)
    assert "use --force" in cli(*again).sentence
    planted = json.loads(Path("planted/holistic.json").read_text())["entries"]
    read = {((int(form),), None): Read(frozenset(map(tuple, pairs)), 30) for form, pairs in planted.items()}
    monkeypatch.setattr(judging, "read_meanings", lambda *_: read)
    asked = ("validate", "--recording", "planted/holistic.h5", "--answers", "planted/holistic.json")
    done = cli(*asked, "--json")
    assert done.code == 0
    assert json.loads(done.out)["rows"][0]["recovery"] == 1
    assert json.loads(Path("planted/results/validation.json").read_text())["details"]["ok"]
    form = next(iter(read))
    monkeypatch.setattr(judging, "read_meanings", lambda *_: read | {form: Read(frozenset(), 30)})
    done = cli(*asked)
    assert f"{form[0][0]}: expected resource" in done.out
    assert "found nothing" in done.out
    monkeypatch.setattr(judging, "read_meanings", nothing)
    assert "No form in planted/holistic.json is said" in cli(*asked).sentence
    Path("other.json").write_text('{"3": {"resource_locaton": "NE"}}')
    assert "resource_location" in cli(*asked[:-1], "other.json").sentence
