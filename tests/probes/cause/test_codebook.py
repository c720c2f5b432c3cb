"""The planted codebook is found again, and nothing is found where there is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention
from commlab.agents.recurrent import RecurrentPolicy
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError
from commlab.probes.cause.codebook import Codebook, Entry, fit_codebook, fit_words
from commlab.recording import Request, record


def test_the_planted_codebook_is_recovered_exactly(codebook: Codebook, obeying: Any) -> None:
    assert {entry.symbol: entry.place for entry in codebook.meaningful} == obeying.policy.codebook
    assert set(codebook.entries) == set(obeying.policy.codebook)
    assert codebook.vocabulary == obeying.scenario.channel.vocabulary
    assert all(entry.share == 1 and entry.interval == (1, 1) for entry in codebook.meaningful)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_seed_plants_another_codebook(pair: Any, tmp_path: Path, seed: int) -> None:
    planted = pair.checkpoint(obeys=True, seed=seed)
    with open_recording(record(planted, Request(tmp_path / "r.h5", 64))) as recording:
        found = fit_codebook(recording, (pair.SCOUT,))
    assert {entry.symbol: entry.place for entry in found.meaningful} == planted.policy.codebook
    assert planted.policy.codebook != pair.checkpoint(obeys=True, seed=0).policy.codebook


def test_counts_are_of_steps_and_episodes(pair: Any, deaf: Any, tmp_path: Path) -> None:
    with open_recording(record(deaf, Request(tmp_path / "r.h5", 30))) as recording:
        said = recording["channel/said"][:, pair.SCOUT, 0]
        found = fit_codebook(recording, (pair.SCOUT,))
        for symbol, entry in found.entries.items():
            assert entry.n_uses == np.count_nonzero(said == symbol)
            assert entry.n_episodes == len(np.unique(recording.row_episode[said == symbol]))


def test_a_symbol_said_in_few_episodes_stands_for_nothing(pair: Any, obeying: Any, tmp_path: Path) -> None:
    with open_recording(record(obeying, Request(tmp_path / "r.h5", 15))) as recording:
        found = fit_codebook(recording, (pair.SCOUT,))
    assert found.entries
    assert found.meaningful == []


def test_a_symbol_for_there_being_no_crystal_stands_for_no_place() -> None:
    entry = Entry(symbol=4, place=(-1, -1), share=1.0, interval=(1.0, 1.0), n_episodes=50, n_uses=90)
    assert not entry.stands_for_place
    assert entry._replace(place=(0, 0)).stands_for_place


def test_who_says_nothing_has_no_codebook(pair: Any, obeying: Any, tmp_path: Path) -> None:
    path = record(obeying, Request(tmp_path / "r.h5", 2))
    with open_recording(path) as recording, pytest.raises(DataError, match="never said anything"):
        fit_codebook(recording, (pair.GATHERER,))


def test_what_was_said_counts_and_not_what_was_emitted(pair: Any, obeying: Any, tmp_path: Path) -> None:
    muted = Request(tmp_path / "r.h5", 64, interventions=(Intervention("message.out", "mute"),), condition="muted")
    with open_recording(record(obeying, muted)) as recording:
        found = fit_codebook(recording, (pair.SCOUT,))
    assert {entry.symbol: entry.place for entry in found.entries.values()} == obeying.policy.codebook


def test_messages_of_several_symbols_have_no_codebook(tmp_path: Path) -> None:
    scenario = load_scenario("lookout", {"steps": 4, "channel.length": 2})
    untrained = Checkpoint(RecurrentPolicy(scenario, 8), scenario, {}, "sha")
    with (
        open_recording(record(untrained, Request(tmp_path / "r.h5", 2))) as recording,
        pytest.raises(DataError, match="its messages have 2 symbols"),
    ):
        fit_codebook(recording, (0,))


def test_places_may_share_a_word_or_have_none(pair: Any, tmp_path: Path) -> None:
    planted = pair.checkpoint(obeys=True)
    planted.policy.symbols[:] = [3, 3, 5, 0]  # of the four corners: two alike, and one of which nothing is said
    cells = [(row, column) for row, column in planted.policy.sites.tolist()]
    with open_recording(record(planted, Request(tmp_path / "r.h5", 64))) as recording:
        one, other, own, none = fit_words(recording, (pair.SCOUT,), cells)
        again = fit_words(recording, (pair.SCOUT,), cells[::-1])
    assert (one.symbol, one.shared_with, other.symbol, other.shared_with) == (3, (1,), 3, (0,))
    assert one.share is not None
    assert other.share is not None
    assert one.share + other.share == pytest.approx(1)
    assert (own.symbol, own.share, own.use, own.shared_with) == (5, 1, 1, ())
    assert (none.symbol, none.silent, none.n_episodes) == (None, 1, 0)
    assert [word.symbol for word in again] == [None, 5, 3, 3]


def test_a_word_for_a_place_must_be_said_in_many_episodes(pair: Any, obeying: Any, tmp_path: Path) -> None:
    cells = [(row, column) for row, column in obeying.policy.sites.tolist()]
    with open_recording(record(obeying, Request(tmp_path / "r.h5", 15))) as recording:
        assert [word.symbol for word in fit_words(recording, (pair.SCOUT,), cells)] == [None] * 4
