"""From a finding to what happened: every link of a report opens the replay at the very step that the finding names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commlab.agents.checkpoint import latest_checkpoint, load_checkpoint
from commlab.commands.report import report
from commlab.datasets.reader import open_recording
from commlab.foundation.moments import Moment, moments_of
from commlab.foundation.result import Result
from commlab.foundation.run import SAMPLE, RunFolder
from commlab.probes.cause.codebook import fit_codebook
from commlab.probes.cause.injecting.injection import Injection, fit
from commlab.probes.decode import probe
from commlab.probes.decode.lexicon import fit as fit_lexicon

LINKS = "a[href^='replay.html#']"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The sample with an analysis of its recording, a lexicon and an experiment."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "mine")
    shutil.copytree(SAMPLE, folder.path)
    agents = load_checkpoint(latest_checkpoint(folder.checkpoints))
    with open_recording(folder.recording) as recording:
        results = [
            probe.fit(recording, "resource_location", n_null=5),
            fit_lexicon(recording, targets=["resource_location"], n_null=19),
            fit(agents, Injection(3, n_episodes=64), fit_codebook(recording, (0,)), (1,), 19),
        ]
    for result in results:
        result.save(folder.results)
    return folder


@pytest.fixture(scope="module")
def moments(run: RunFolder) -> dict[str, Moment]:
    """The moments of the run by their links, after its report was written."""
    report(str(run.path))
    found = [moment for path in run.results.glob("*.json") for moment in moments_of(Result.load(path))]
    return {moment.link: moment for moment in found}


@pytest.fixture(scope="module")
def page(browser: Any, run: RunFolder, moments: dict[str, Moment]) -> Iterator[Any]:
    """The report in a browser, from the disk."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(10_000)
    opened.faults = []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    yield opened
    assert opened.faults == []


def links(page: Any, run: RunFolder) -> list[str]:
    """Where the report's links to moments lead."""
    page.goto(run.report.as_uri())
    found: list[str] = page.eval_on_selector_all(LINKS, "all => all.map((one) => one.getAttribute('href'))")
    return found


def test_every_result_has_links_and_none_leads_nowhere(page: Any, run: RunFolder, moments: dict[str, Moment]) -> None:
    found = links(page, run)
    assert set(found) <= set(moments)
    linked = {moments[link].reel for link in found}
    pairs = {moment.reel for moment in moments.values() if not moment.recording}
    assert len(pairs) == 3
    assert pairs <= linked
    assert linked - pairs


def test_a_click_on_a_moment_opens_the_replay_at_that_step(
    page: Any, run: RunFolder, moments: dict[str, Moment]
) -> None:
    some = {moments[link].reel: link for link in links(page, run)}  # one of every reel
    pairs = [reel for reel in some if not moments[some[reel]].recording]
    for reel in [*pairs, *sorted(set(some) - set(pairs))[:2]]:
        link = some[reel]
        moment = moments[link]
        page.goto(run.report.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.click(f"a[href='{link}']")
        page.wait_for_selector(f'body[data-shown="{reel} {moment.step} {moment.agents[0]}"]', state="attached")
        assert page.text_content("#clock").startswith(f"step {moment.step} of ")
        assert Path(page.url.removeprefix("file://").partition("#")[0]).name == "replay.html"
        assert ("Twin, untouched" in page.content()) or not moment.interventions
