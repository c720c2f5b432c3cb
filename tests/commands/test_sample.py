"""The agents that ship with the package: all commands work in an empty folder, before anything was trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab.datasets.reader import open_recording
from commlab.foundation.run import SAMPLE

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="no sample ships with this tree")


def test_every_command_works_in_an_empty_folder(cli: Callable[..., Any], elsewhere: Path) -> None:
    probed = cli("probe", "--target=resource_location", "--json", "--nulls", 19)
    assert probed.code == 0, probed.err
    assert "using the sample that ships with commlab" in probed.err
    assert json.loads(probed.out)["score"] > 2 * json.loads(probed.out)["majority"]
    injected = cli("inject", "--message", 3, "--episodes", 64, "--nulls", 19, "--json")
    assert injected.code == 0, injected.err
    assert json.loads(injected.out)["symbol"] == 3
    recorded = cli("record", "--episodes", 4)
    assert recorded.code == 0, recorded.err
    assert (elsewhere / "runs" / "sample" / "recording-2.h5").exists()
    assert cli("report").code == 0
    assert (elsewhere / "runs" / "sample" / "report.html").exists()
    assert [path.name for path in elsewhere.iterdir()] == ["runs"]


def test_the_sample_can_be_named_before_it_is_there(cli: Callable[..., Any], elsewhere: Path) -> None:
    assert cli("metrics", "sample", "--only", "silence").code == 0
    assert (elsewhere / "runs" / "sample" / "recording.h5").exists()


@pytest.mark.parametrize("path", sorted(SAMPLE.rglob("*.h5")), ids=lambda path: path.stem)
def test_its_recordings_name_no_place_outside_of_a_clone(path: Path) -> None:
    with open_recording(path) as recording:
        words = str(recording.attrs["command"]).split()
    assert words[:2] == ["commlab", "record"]
    assert [word for word in words if Path(word).is_absolute()] == []
