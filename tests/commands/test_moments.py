"""A run's moments: gathered from its results, pairs made where they are missing, and what cannot be shown is said."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.commands.moments import FOLDER, gather
from commlab.datasets.reader import open_recording
from commlab.foundation.moments import moments_of
from commlab.foundation.result import Result
from commlab.foundation.run import SAMPLE, RunFolder
from commlab.probes.cause.codebook import fit_codebook
from commlab.probes.cause.injecting.injection import Injection, fit
from commlab.probes.cause.reels import LIVE, TWINS
from commlab.probes.decode import probe


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """A probe of the sample's recording, and an injection into its agents."""
    agents: Checkpoint = load_checkpoint(latest_checkpoint(SAMPLE / "checkpoints"))
    with open_recording(SAMPLE / "recording.h5") as recording:
        found = probe.fit(recording, "resource_location", n_null=5)
        told = fit(agents, Injection(3, n_episodes=64), fit_codebook(recording, (0,)), (1,), 19)
    return [found, told]


@pytest.fixture(scope="module")
def made(results: list[Result], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with these results, and the pairs that show them."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "mine")
    shutil.copytree(SAMPLE, folder.path)
    for result in results:
        result.save(folder.results)
    with gather(folder) as found:
        assert len(found.shown) == 5
    return folder


@pytest.fixture
def run(made: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of it."""
    shutil.copytree(made.path, tmp_path / "mine")
    return RunFolder(tmp_path / "mine")


def stamps(run: RunFolder) -> list[int]:
    """When the pairs were written."""
    return [(run.path / FOLDER / name).stat().st_mtime_ns for name in (LIVE, TWINS)]


def test_every_moment_comes_with_the_episodes_that_show_it(run: RunFolder, results: list[Result]) -> None:
    with gather(run) as found:
        assert found.skipped == ()
        wanted = [moment for result in results for moment in moments_of(result)]
        assert {one.moment.reel for one in found.shown} == set(found.reels) == {moment.reel for moment in wanted}
        assert len(found.shown) == len(wanted)
        for one in found.shown:
            assert one.live.episodes.episode[one.place] == one.moment.episode
            assert (one.twin is None) is bool(one.moment.recording)
            assert one.twin is None or one.twin.episodes.intervention[0] == "[]"


def test_the_first_moment_of_every_result_comes_first(run: RunFolder) -> None:
    with gather(run) as found:
        assert len({one.result for one in found.shown[:2]}) == 2


def test_pairs_that_are_there_are_not_made_again(run: RunFolder) -> None:
    first = stamps(run)
    with gather(run) as found:
        assert len(found.shown) == 5
    assert stamps(run) == first


@pytest.mark.parametrize("name", [LIVE, TWINS])
def test_half_a_pair_is_made_again(run: RunFolder, name: str) -> None:
    (run.path / FOLDER / name).write_bytes(b"broken")
    with gather(run) as found:
        assert len(found.shown) == 5
        assert found.skipped == ()


def test_results_of_other_agents_are_left_out_with_a_sentence(run: RunFolder, results: list[Result]) -> None:
    first = stamps(run)
    other = replace(results[1], provenance={**results[1].provenance, "checkpoint": "0" * 64})
    other.save(run.results)
    with gather(run) as found:
        assert {one.result for one in found.shown} == {results[0].name}
        (sentence,) = found.skipped
        assert sentence.startswith(f"No moments of {results[1].name} are shown: made with other agents")
    assert stamps(run) == first


def test_moments_of_a_recording_that_was_made_anew_are_left_out(run: RunFolder, results: list[Result]) -> None:
    replace(results[0], provenance={**results[0].provenance, "recording": "0" * 64}).save(run.results)
    with gather(run) as found:
        assert {one.result for one in found.shown} == {results[1].name}
        assert "recorded anew" in found.skipped[0]


def test_a_recording_that_is_gone_is_said(run: RunFolder) -> None:
    run.recording.unlink()
    with gather(run) as found:
        assert all(not one.moment.recording for one in found.shown)
        assert "does not exist" in found.skipped[0]


@pytest.mark.parametrize("moments", [[5, 32], None, []])
def test_older_results_have_no_moments_and_do_no_harm(run: RunFolder, results: list[Result], moments: Any) -> None:
    details = {**results[1].details, "moments": moments}
    if moments is None:
        del details["moments"]
    replace(results[1], details=details).save(run.results)
    with gather(run) as found:
        assert {one.result for one in found.shown} == {results[0].name}
        assert found.skipped == ()


def test_moments_that_are_none_are_named(run: RunFolder, results: list[Result]) -> None:
    replace(results[1], details={"moments": [{"episode": "here"}]}).save(run.results)
    with gather(run) as found:
        assert {one.result for one in found.shown} == {results[0].name}
        assert f"{results[1].name}.json" in found.skipped[0]


def test_what_these_worlds_lack_is_said(run: RunFolder, results: list[Result]) -> None:
    rows = [dict(row) for row in results[1].details["moments"]]
    rows[0]["interventions"] = [{"site": "message.in", "operation": "mute", "agents": [77]}]
    replace(results[1], details={"moments": rows}).save(run.results)
    with gather(run) as found:
        assert {one.result for one in found.shown} == {results[0].name}
        assert "agents 0 to 1, not 77" in found.skipped[0]


def test_episodes_that_do_not_come_out_again_are_said(run: RunFolder, results: list[Result]) -> None:
    rows = [dict(row) for row in results[1].details["moments"]]
    rows[1]["mark"] = 1
    replace(results[1], details={"moments": rows}).save(run.results)
    with gather(run) as found:
        assert len(found.shown) == 4
        assert "went otherwise than the experiment saw" in found.skipped[0]
