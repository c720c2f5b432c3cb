"""Injecting and reporting from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result

MINE = """
title: A pause
moment: 4
watch: 8
arms:
  held: [{site: action, operation: mute, agents: gatherer, last: 5}]
  other memory: [{site: hidden.core, operation: patch, source: other, last: 0}]
  untouched: []
measures: {return: {kind: return}, still: {kind: action, action: stay}}
"""
QUICK = ["--episodes", "16", "--nulls", "19", "--for", "4"]


def test_an_injection_prints_one_json_object_and_saves_its_result(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("inject", "tiny", "--message", 3, "--at", 6, "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["symbol"] == 3
    assert set(found["arms"]) == {"injected", "silence", "untouched"}
    assert {"estimate", "interval", "p_value", "unit", "n_episodes", "sentence", "kl_bits"} <= set(found)
    saved = Result.load(at_home / "runs" / "tiny" / "results" / "injection-3-versus-silence.json")
    assert saved.estimate == found["estimate"]
    assert saved.provenance["command"].startswith("commlab inject tiny --message 3")


def test_an_injection_prints_a_table_and_a_sentence(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("inject", "tiny", "--message", 2, "--versus", 5, "--speaker", 0, "--listener", 1, "--at", 6, *QUICK)
    assert done.code == 0, done.err
    assert "symbol 2: " in done.out
    assert "symbol 5" in done.out
    assert "Injected, it changes the next action by" in done.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--message", "99"], "--message 99 is outside the vocabulary"),
        (["--message=-1"], "--message -1 is outside the vocabulary"),
        (["--versus", "noise"], "--versus is silence"),
        (["--speaker", "me"], "--speaker is phantom or an agent's number, not 'me'."),
        (["--speaker", "9"], "--speaker 9 does not exist"),
        (["--listener", "9"], "--listener 9 does not exist"),
        (["--at", "999"], "--at 999 is not within the episode"),
        (["--for", "16"], "--for 16 is not 1 to 15 steps"),
        (["--kinship", "2"], "--kinship 2.0 is outside -1 to 1"),
    ],
)
def test_what_cannot_be_injected_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("inject", "tiny", *arguments).sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--by", "loudness"], "--by 'loudness' is nothing that can be varied"),
        (["--by", "symbol", "--message", "3"], "--message has no place beside --by symbol, which varies it"),
        (["--by", "kinship,dose", "--slots", "2"], "--slots has no place beside --by dose, which varies it"),
        (["--by", "symbol", "--speaker", "0"], "--speaker has no place beside --by"),
        (["--by", "symbol", "--versus", "3"], "--versus has no place beside --by"),
        (["--by", "symbol", "--slots", "2"], "--slots 2 is not 1 to 1"),
        (["--by", "symbol"], "No symbol stands for a place"),
    ],
)
def test_what_cannot_be_varied_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("inject", "tiny", *arguments, "--episodes", "16").sentence


def test_an_experiment_of_a_file_is_run_and_saved_to_be_run_again(cli: Callable[..., Any], at_home: Path) -> None:
    mine = at_home / "mine.yaml"
    mine.write_text(MINE)
    done = cli("inject", "tiny", "--file", mine, "--episodes", 16, "--nulls", 19, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert {"estimate", "interval", "p_value", "contrasts", "arms", "experiment", "sentence", "path"} <= set(found)
    assert found["experiment"]["episodes"] == 16
    results = at_home / "runs" / "tiny" / "results"
    for name in ("experiment-a_pause.json", "experiment-a_pause.yaml"):
        again = cli("inject", "tiny", "--file", results / name, "--nulls", 19)
        assert again.code == 0, again.err
        assert found["sentence"] in again.out.replace("\n", "")
    assert "Contrasts" in again.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--file", "a-wort"], "There is no experiment 'a-wort'"),
        (["--file", "a-word", "--message", "3"], "--message has no place beside --file"),
        (["--file", "a-word", "--by", "symbol"], "--by has no place beside --file"),
    ],
)
def test_a_file_that_is_not_there_or_more_than_a_file_is_refused(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("inject", "tiny", *arguments).sentence


def test_an_unknown_run_is_refused(cli: Callable[..., Any], at_home: Path) -> None:
    assert "There is no run called 'nowhere'" in cli("inject", "nowhere").sentence
    assert "There is no run called 'nowhere'" in cli("report", "nowhere").sentence


def test_a_report_is_written_from_what_was_saved(cli: Callable[..., Any], at_home: Path) -> None:
    assert cli("probe", "tiny", "--nulls", 19).code == 0
    done = cli("report", "tiny")
    assert done.code == 0, done.err
    page = (at_home / "runs" / "tiny" / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "report.html" in done.err
    saved = next((at_home / "runs" / "tiny" / "results").glob("probe-*.json"))
    assert Result.load(saved).estimate is not None
