"""`commlab replay`: pages of the sample and of imported logs, films that are what was recorded, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.commands.filming import film
from commlab.commands.replay import chosen_episodes, write_run_replay
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError, RenderError
from commlab.foundation.run import SAMPLE
from commlab.recording import Request, record

pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="no sample ships with this tree")
Command = Callable[..., Any]


def test_episodes_of_a_run_become_one_page(cli: Command, elsewhere: Path) -> None:
    done = cli("replay", "sample", "--episode", "3,5", "--episode", "0:1", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["reels"] == ["0", "1", "3", "5"]
    page = elsewhere / "runs" / "sample" / "replay.html"
    assert Path(told["replay"]).resolve() == page.resolve()
    assert page.stat().st_size < 400_000
    assert "Traceback" not in done.err


def test_without_episodes_the_first_are_shown_or_those_behind_findings(cli: Command, elsewhere: Path) -> None:
    cli("metrics", "sample", "--only", "silence")
    run = elsewhere / "runs" / "sample"
    shutil.rmtree(run / "results", ignore_errors=True)
    assert write_run_replay(run).reels == ("0", "1", "2", "3", "4", "5")
    (run / "results").mkdir()
    moment = {"episode": 7, "step": 4, "agents": [0], "note": "here", "recording": "recording.h5"}
    result = {
        "analysis": "probe", "name": "probe", "estimate": 1.0, "unit": "x", "interval": None, "null": None,
        "p_value": None, "n_episodes": 9, "sentence": "It is so.", "details": {"moments": [moment]}, "provenance": {},
    }  # fmt: skip
    (run / "results" / "probe.json").write_text(json.dumps(result))
    assert write_run_replay(run).reels == ("7",)
    assert write_run_replay(run, (9,)).reels == ("9",)
    (run / "report.html").touch()
    assert write_run_replay(run, (9,)).reels == ("9", "7"), "a report's links lead nowhere"


def test_another_recording_has_a_page_of_its_own(cli: Command, elsewhere: Path) -> None:
    cli("metrics", "sample", "--only", "silence")
    run = elsewhere / "runs" / "sample"
    shutil.copy(run / "recording.h5", run / "recording-2.h5")
    done = cli("replay", run / "recording-2.h5", "--episode", 1)
    assert done.code == 0, done.err
    assert (run / "replay-recording-2.html").exists()
    assert not (run / "replay.html").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--episode", "9999"), "has no episode 9999"),
        (("--episode", "x"), "is no episode"),
        (("--episode", "0:99"), "64 at most"),
        (("--film", "it.avi"), "let its name end in .gif or .mp4"),
        (("--film", "it.gif", "--fps", "900"), "frames a second"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    cli: Command, elsewhere: Path, options: tuple[str, ...], words: str
) -> None:
    cli("metrics", "sample", "--only", "silence")
    assert words in cli("replay", "runs/sample", *options).sentence
    assert not (elsewhere / "runs" / "sample" / "replay.html").exists()


def test_a_long_episode_of_a_large_world_is_a_small_page(elsewhere: Path) -> None:
    """Agents that never learnt, which go and speak at random, are the hardest to pack."""
    scenario = load_scenario("arena")
    assert scenario.steps >= 500
    assert scenario.n_agents >= 16
    agents = Checkpoint(RecurrentPolicy(scenario), scenario, {}, "untrained")
    path = record(agents, Request(elsewhere / "arena.h5", 1))
    with open_recording(path) as recording:
        assert recording.episodes.length[0] >= 500
        assert len(np.unique(recording.said[:].reshape(-1))) > 8, "they speak"
    assert write_run_replay(str(path), (0,)).path.stat().st_size < 2_000_000


def test_ranges_are_read() -> None:
    assert chosen_episodes(["3, 5", "0:2", "5"]) == (3, 5, 0, 1, 2)
    with pytest.raises(DataError, match="'-1' is no episode"):
        chosen_episodes(["-1"])


@pytest.mark.parametrize("text", ["5:2", "0:999999999999999999", "9" * 5000, "²", "0:", ""])
def test_ranges_that_are_none_are_refused_at_once(text: str) -> None:
    with pytest.raises(DataError, match="--episode"):
        chosen_episodes([text])


def test_a_film_has_a_frame_for_every_step(cli: Command, elsewhere: Path) -> None:
    done = cli("replay", "sample", "--episode", 2, "--film", "it.gif", "--fps", 10)
    assert done.code == 0, done.err
    with Image.open(elsewhere / "it.gif") as picture, open_recording(SAMPLE / "recording.h5") as recording:
        assert picture.n_frames > 0.8 * recording.episodes.length[2]  # frames in which nothing changes are one


def test_a_film_that_would_not_show_what_was_recorded_is_refused(elsewhere: Path) -> None:
    path = elsewhere / "other.h5"
    shutil.copy(SAMPLE / "recording.h5", path)
    with h5py.File(path, "r+") as file:
        file["agents/position"][5, 1] = file["agents/position"][5, 1] + np.array([0, 1])
    with open_recording(path) as recording, pytest.raises(RenderError, match="goes another way from step 5 on"):
        film(recording, 0, elsewhere / "it.gif")
    assert not (elsewhere / "it.gif").exists()
