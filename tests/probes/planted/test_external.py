"""Validation of somebody else's recording: forms are found whatever the entries of the lexicon are."""

import json
from pathlib import Path

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError, TargetError
from commlab.probes.planted.external import fit, looked_up
from commlab.probes.planted.judging import Form, Read

NE, GREEN = ("resource_location", "NE"), ("resource_kind", "green")
N_EPISODES, N_STEPS = 60, 10


@pytest.fixture(scope="module")
def log() -> Recording:
    """Somebody's log: words for a colour and a shape, in this order, and a word for nothing."""
    rng = np.random.default_rng(1)
    colour, shape = rng.integers(0, 3, (2, N_EPISODES * N_STEPS))
    said = np.stack([colour + 1, shape + 4], axis=-1)
    said[rng.random(len(said)) < 0.2] = 7, 7
    names = {"1": "ba", "2": "ko", "3": "ti", "4": "mu", "5": "so", "6": "la", "7": "um"}
    header = {
        "codes": {
            "symbols": names,
            "feature/colour": {"0": "red", "1": "green", "2": "blue"},
            "feature/shape": {"0": "star", "1": "ring", "2": "cross"},
        },
        "layout": {"speakers": [0], "listeners": []},
    }
    columns = {
        "channel/said": said[:, None].astype(np.uint8),
        "feature/colour": colour[:, None].astype(np.int32),
        "feature/shape": shape[:, None].astype(np.int32),
    }
    return memory_recording(header, {"length": np.full(N_EPISODES, N_STEPS)}, columns)


def told(folder: Path, entries: object) -> Path:
    path = folder / "answers.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_a_log_is_judged_by_its_answers(log: Recording, tmp_path: Path) -> None:
    right = {"ba": {"feature.colour": "red"}, "mu": {"feature.shape": "star"}, "um": None}
    result = fit(log, told(tmp_path, right | {"ko so": {"feature.colour": "green", "feature.shape": "ring"}}))
    assert result.details["ok"], result.details["entries"]
    assert result.details["rows"][0]["n"] == 4
    result = fit(log, told(tmp_path, right | {"ti": {"feature.colour": "red"}}))
    assert not result.details["ok"]
    wrong = [entry for entry in result.details["entries"] if not entry["right"]]
    assert [(entry["form"], entry["found"]) for entry in wrong] == [("ti", [["feature.colour", "blue"]])]


def test_what_cannot_be_judged_is_said(log: Recording, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No form in .* is said"):
        fit(log, told(tmp_path, {"40": None}))
    with pytest.raises(DataError, match="There are no agents 'smith'"):
        fit(log, told(tmp_path, {"of": "smith", "entries": {"ba": None}}))
    with pytest.raises(TargetError, match="feature.colour"):
        fit(log, told(tmp_path, {"ba": {"feature.color": "red"}}))


def test_forms_are_looked_up_in_any_lexicon() -> None:
    where, what = Read(frozenset({NE}), 40), Read(frozenset({GREEN}), 30)
    by_position: dict[Form, Read] = {((3,), 0): where, ((7,), 1): what, ((3,), 1): what}
    anywhere: dict[Form, Read] = {((3,), None): where, ((7,), None): what}
    both = Read(frozenset({NE, GREEN}), 30)
    assert looked_up(by_position, ((7,), None)) == what
    assert looked_up(by_position, ((3,), None)) == both
    assert looked_up(anywhere, ((7,), 1)) == what
    assert looked_up(by_position, ((3, 7), None)) == looked_up(anywhere, ((3, 7), None)) == both
    assert looked_up(by_position, ((7, 3), None)) is None
    assert looked_up({((3, 7), None): where}, ((3,), None)) is None
