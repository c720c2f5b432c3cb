"""The maps of a lexicon: an entry's cells are those where its thing stood, and nothing is mapped that has no place."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.datasets.reader import open_recording
from commlab.foundation.result import Result, to_plain
from commlab.probes.decode import lexicon


@pytest.fixture(scope="module")
def fitted(planted: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The lexicon of a planted code for places, and its recording."""
    path = planted.make_recording(tmp_path_factory.mktemp("maps") / "recording.h5", meaning="holistic", n_episodes=60)
    with open_recording(path) as recording:
        return lexicon.fit(recording, targets=["resource_location"], n_null=39), path


def test_each_symbol_is_mapped_to_the_place_that_it_was_planted_for(fitted: tuple[Result, Path], planted: Any) -> None:
    maps = fitted[0].details["maps"]
    assert maps["place"] == "resource_location.cell"
    for site, symbol in enumerate(planted.codebook(0)):
        row, column, share = max(maps["named"][str(symbol)], key=lambda cell: cell[2])
        assert (row, column) == tuple(planted.SITES[site])
        assert share == pytest.approx(1.0)


def test_the_speakers_cells_are_those_of_the_recording(fitted: tuple[Result, Path], planted: Any) -> None:
    result, path = fitted
    symbol = int(planted.codebook(0)[0])
    with open_recording(path) as recording:
        speakers = recording.agents_with_body("scout")
        said = recording["channel/said"][:][:, speakers, 0]
        place = recording["agents/position"][:][:, speakers]
    here = place[said == symbol]
    cells = {(row, column): share for row, column, share in result.details["maps"]["speakers"][str(symbol)]}
    assert sum(cells.values()) == pytest.approx(1.0, abs=1e-3)
    for (row, column), share in cells.items():
        assert share == pytest.approx(float(np.mean((here == [row, column]).all(axis=1))), abs=1e-5)


def test_all_steps_are_there_to_compare_with_and_it_can_be_saved(fitted: tuple[Result, Path]) -> None:
    maps = fitted[0].details["maps"]
    assert sum(share for *_, share in maps["speakers"]["all"]) == pytest.approx(1.0, abs=1e-3)
    assert np.asarray(maps["grid"]).shape == (maps["height"], maps["width"])
    assert to_plain(maps)


def test_what_has_no_place_is_not_mapped(fitted: tuple[Result, Path]) -> None:
    with open_recording(fitted[1]) as recording:
        maps = lexicon.fit(recording, targets=["own_position"], n_null=19).details["maps"]
    assert maps["named"] == {}
    assert maps["place"] is None
