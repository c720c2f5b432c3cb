"""The lexicon from the command line: a table and sentences, one JSON object, a saved result, one-sentence errors."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.result import Result
from commlab.probes.decode.lexicon import Lexicon

QUICK = ["--nulls", "59"]


@pytest.fixture(scope="module")
def told(make_recording: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording whose scouts name the crystal's site."""
    return make_recording(tmp_path_factory.mktemp("told") / "recording.h5", n_episodes=70)


def test_the_lexicon_is_printed_in_words_and_saved(cli: Callable[..., Any], told: Path) -> None:
    done = cli("lexicon", told, "--translate", "3", "--of", "scout", *QUICK)
    assert done.code == 0, done.err
    assert "crystal in the" in done.out
    assert "said by scouts, true" in done.out
    assert "they are about resource_location (p = " in done.out
    assert "3: crystal" in done.out
    assert "(certainty 1" in done.out or "(certainty 9" in done.out
    saved = told.parent / "results" / "lexicon-scout.json"
    assert str(saved) in done.err
    assert len(Lexicon.from_result(Result.load(saved)).entries) == 10


def test_the_lexicon_for_programs_is_one_json_object(cli: Callable[..., Any], told: Path) -> None:
    targets = "resource_location, altar_location"
    done = cli("lexicon", told, "--json", "--translate", "5", "--targets", targets, *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["lexicon"]["targets"] == ["resource_location"]
    assert found["translation"]["text"].startswith("crystal in the")
    assert [row["target"] for row in found["targets"]] == ["resource_location", "altar_location"]
    assert all("sentence" in entry for entry in found["lexicon"]["entries"])


def test_a_lexicon_of_another_recording_has_its_own_name(cli: Callable[..., Any], told: Path, tmp_path: Path) -> None:
    other = shutil.copy(told, tmp_path / "muted.h5")
    done = cli("lexicon", other, "--targets", "resource_location", *QUICK)
    assert done.code == 0, done.err
    assert (tmp_path / "results" / "lexicon-muted.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--targets", "resource_lokation"], "resource_location"),
        (["--targets", ","], "--targets takes names with commas between"),
        (["--of", "queen"], "queen"),
        (["--translate", "3 7"], "has 1 symbols"),
        (["--of", "gatherer"], "never say anything"),
    ],
)
def test_mistakes_are_one_sentence(cli: Callable[..., Any], told: Path, arguments: list[str], words: str) -> None:
    assert words in cli("lexicon", told, *QUICK, *arguments).sentence


def test_a_run_of_untrained_agents_is_read_too(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("lexicon", *QUICK)  # without a run: the last one completed
    assert done.code == 0, done.err
    assert (at_home / "runs" / "tiny" / "results" / "lexicon.json").exists()
