"""The lexicon of recordings: planted ones, the sample that ships, imported ones; and what cannot be read is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import open_recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.probes.cause.codebook import fit_codebook
from commlab.probes.decode import lexicon
from commlab.probes.decode.lexicon import Lexicon

SAMPLE = Path(__file__).parents[4] / "datasets" / "samples" / "lookout" / "recording.h5"
SECTORS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW", "centre")
PLACES = ["resource_location", "resource_location.cell", "altar_location", "own_position"]


@pytest.fixture(scope="module")
def make(planted: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """make("holistic", n_episodes=80, …) -> an open recording of the made-up world of tests/planted.py."""
    folder = tmp_path_factory.mktemp("lexicon")
    made: dict[Any, Path] = {}

    def recording(meaning: str, **options: Any) -> Any:
        key = (meaning, *sorted(options.items()))
        if key not in made:
            made[key] = planted.make_recording(folder / f"{len(made)}.h5", meaning=meaning, **options)
        return open_recording(made[key])

    return recording


def test_a_planted_codebook_is_read_from_a_recording(make: Any, planted: Any) -> None:
    with make("holistic", n_episodes=80) as recording:
        book = lexicon.read(recording, n_null=99)
    assert book.targets[0] == "resource_location"
    assert "resource_location.cell" in book.ties["resource_location"]
    symbols = planted.codebook(0)
    for site, symbol in enumerate(symbols):
        entry = book.entry(str(symbol))
        assert entry.meaning == {("resource_location", SECTORS[site])}
        row, column = planted.SITES[site]
        assert entry.meaning_in("resource_location.cell") == {("resource_location.cell", f"{row},{column}")}
        assert entry.voices is not None
        assert entry.voices.said_by == "scouts"
    assert book.entry("silence").meaning == {("resource_location", "none")}


def test_examples_are_moments_at_which_the_entry_is_said(make: Any) -> None:
    with make("holistic", n_episodes=80) as recording:
        book = lexicon.read(recording, targets=PLACES, n_null=59)
        said = recording["channel/said"][:]
        start = recording.episodes.start
        n_examples = 0
        for entry in book.entries:
            for moment in (*entry.examples, *entry.exceptions):
                assert tuple(said[start[moment.episode] + moment.t, moment.agent]) == entry.symbols
                n_examples += 1
    assert n_examples >= 20


def test_the_distractor_is_named(make: Any, planted: Any) -> None:
    with make("distractor", n_episodes=320, n_steps=16) as recording:
        book = lexicon.read(recording, n_null=99)
    named = [entry for entry in book.entries if entry.meaning and not entry.silence]
    assert len(named) >= 7
    assert {target for entry in named for target, _ in entry.meaning} <= {"altar_location"}


def test_nothing_is_read_in_noise(make: Any) -> None:
    with make("noise", n_episodes=60) as recording:
        result = lexicon.fit(recording, targets=PLACES, n_null=59)
    book = Lexicon.from_result(result)
    assert result.estimate == 0
    assert not any(entry.meaning for entry in book.entries)
    assert "none has a meaning that we can tell" in result.sentence
    assert book.translate(3).text == "nothing we can tell"


def test_too_few_episodes_are_said_to_be_too_few(make: Any) -> None:
    with make("holistic", n_episodes=12) as recording:
        result = lexicon.fit(recording, targets=PLACES, n_null=59)
    assert result.estimate is None
    assert "is undefined, because no message is said in 20 episodes (12 are recorded)" in result.sentence
    book = Lexicon.from_result(result)
    assert book.entries[1].why == f"it is said in {book.entries[1].n_episodes} episodes, and 20 are needed"


def test_what_cannot_be_read_is_refused(make: Any) -> None:
    with make("silent", n_episodes=8) as recording, pytest.raises(DataError, match="speakers never say anything"):
        lexicon.fit(recording)
    with make("holistic", n_episodes=80) as recording:
        with pytest.raises(TargetError, match="no target 'resource_lokation'"):
            lexicon.fit(recording, targets=["resource_lokation"])
        with pytest.raises(DataError, match="at least 19 null draws"):
            lexicon.fit(recording, targets=PLACES, n_null=5)
        with pytest.raises(DataError, match="no agents 'queen'"):
            lexicon.fit(recording, of="queen")


def test_a_result_is_saved_and_read_back_as_the_same_lexicon(make: Any, tmp_path: Path) -> None:
    with make("holistic", n_episodes=80) as recording:
        result = lexicon.fit(recording, targets=PLACES, n_null=59)
    book = Lexicon.from_result(result)
    assert Lexicon.from_result(Result.load(result.save(tmp_path))) == book
    assert {row["role"] for row in result.details["targets"]} >= {"meant", "not told of"}


def test_what_listeners_do_stands_beside_the_meaning(make: Any, tmp_path: Path) -> None:
    details = {
        "site_names": ["N", "S"],
        "named": {"3": 1},
        "per_symbol": {"3": {"rate": 0.8, "interval": (0.7, 0.9), "n": 40, "untouched_rate": 0.1}},
    }
    Result("destinations", "destinations", 0.8, "share", None, None, None, 40, "Told.", details).save(tmp_path)
    (tmp_path / "injection-9.json").write_text("damaged")
    with make("noise", n_episodes=60) as recording:
        book = Lexicon.from_result(lexicon.fit(recording, targets=PLACES, n_null=59, results=tmp_path))
    (effect,) = book.entry("3").effects
    assert effect.sentence == "hearing it, listeners first go to S in 80 % of 40 trials (untouched: 10 %)"
    assert (effect.rate, effect.untouched_rate, effect.n, effect.source) == (0.8, 0.1, 40, "destinations.json")
    assert book.entry("3").meaning == frozenset()
    assert book.entry("4").effects == ()


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not here")
def test_the_lexicon_of_the_sample_agrees_with_its_codebook() -> None:
    with open_recording(SAMPLE) as recording:
        book = lexicon.read(recording, n_null=99)
        codebook = fit_codebook(recording, (0,))
    assert book.targets[0] == "resource_location"
    plain = [entry for entry in codebook.meaningful if len(book.entry(str(entry.symbol)).meaning) == 1]
    assert len(plain) >= 4
    for entry in codebook.meaningful:
        read = book.entry(str(entry.symbol))
        place = f"{entry.place[0]},{entry.place[1]}"
        assert read.meaning_in("resource_location.cell") == {("resource_location.cell", place)}
        assert read.truth is not None
        if entry in plain:  # of several meanings the truth is that all hold
            assert read.truth.share == pytest.approx(entry.share, abs=0.01)


def test_an_imported_log_is_read_by_its_features() -> None:
    rng = np.random.default_rng(0)
    n_episodes, n_steps = 120, 6
    colour = np.repeat(rng.integers(0, 3, (n_episodes, 1)), n_steps, axis=1).reshape(-1)
    said = np.zeros((n_episodes * n_steps, 2, 1), dtype=np.uint16)
    said[:, 0, 0] = np.array([40, 300, 7])[colour]
    header = {
        "layout": {"speakers": [0], "listeners": [1]},
        "codes": {
            "feature/colour": {"0": "red", "1": "green", "2": "blue"},
            "bodies": {"0": "sender", "1": "receiver"},
            "symbols": {"40": "ba", "300": "ku", "7": "do"},
        },
        "seed": 0,
        "command": "import",
    }
    ended = np.zeros(n_episodes * n_steps, dtype=bool)
    columns = {
        "steps/terminated": ended,
        "steps/truncated": ended,
        "channel/said": said,
        "feature/colour": np.stack([colour, colour], axis=1).astype(np.int32),
    }
    fields = {
        "length": np.full(n_episodes, n_steps, dtype=np.int32),
        "bodies": np.tile(np.array([0, 1], dtype=np.uint8), (n_episodes, 1)),
    }
    recording = memory_recording(header, fields, columns)
    book = lexicon.read(recording, n_null=99)
    assert book.targets == ("feature.colour",)
    assert book.translate(300).text == book.translate("ku").text == "colour is green"
    assert book.entry("ku").voices.said_by == "sender"
    assert book.sentences()[0].startswith("do: colour is blue, said by sender, true 100 % of the time")
    assert Lexicon.from_json(book.to_json()) == book
    assert book.meaning(40) == {("feature.colour", "red")}
