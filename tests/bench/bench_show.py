"""How long it takes to show what was found, and how large it gets; and how soon a person is helped."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import commlab
from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.console import quietly
from commlab.datasets.reader import open_recording
from commlab.env.loading import load_scenario
from commlab.figures import save
from commlab.figures.replay import reel_of, write_replay
from commlab.recording import Request, record

N_RUNS, N_REPORTS = 5, 2
STARTS = {
    "commlab": [],
    "commlab --help": ["--help"],
    "commlab probe --help": ["probe", "--help"],
}


def bench_report() -> dict[str, dict[str, Any]]:
    """The report of the sample with some results, and one of its figures, in light and dark."""
    with in_a_folder(), quietly():
        run = commlab.open("sample")
        result = run.information()
        for look in (run.lexicon, run.probe, lambda: run.inject(3, episodes=64), lambda: run.verdict(episodes=64)):
            look()
        whole, page = timed(run.report, N_REPORTS)
        figure, _ = timed(lambda: save("symbol_place", result, run.folder.figures))
        size = page.stat().st_size
        note = f"{len(run.results)} results, the replay of their moments with it"
        return {
            "report": {"value": whole, "unit": "s", "note": note},
            "report size": {"value": size / 1e6, "unit": "MB"},
            "replay beside it, size": {"value": page.with_name("replay.html").stat().st_size / 1e6, "unit": "MB"},
            "one figure saved": {"value": figure, "unit": "s", "note": "SVG and PNG, light and dark, and CSV"},
        }


def bench_replay() -> dict[str, dict[str, Any]]:
    """A replay of one long episode in a large world."""
    scenario = load_scenario("arena")
    agents = Checkpoint(RecurrentPolicy(scenario), scenario, {}, "untrained")
    with tempfile.TemporaryDirectory() as folder:
        path = record(agents, Request(Path(folder) / "arena.h5", 1))
        with open_recording(path) as recording:
            taken, page = timed(lambda: write_replay(Path(folder) / "replay.html", [reel_of(recording, 0)], "arena"))
        note = f"arena, {scenario.steps} steps, {scenario.n_agents} agents, untrained"
        size = page.stat().st_size / 1e6
        return {
            "replay": {"value": taken, "unit": "s", "note": note},
            "replay size": {"value": size, "unit": "MB", "note": f"{note}; must stay under 2"},
        }


def bench_shell() -> dict[str, dict[str, Any]]:
    """What the bare command and help take, to the last line."""
    with in_a_folder():
        return {name: started([sys.executable, "-m", "commlab", *words]) for name, words in STARTS.items()}


BENCHES = [bench_report, bench_replay, bench_shell]


@contextlib.contextmanager
def in_a_folder() -> Iterator[None]:
    """Work in an empty folder, which is taken away."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


def timed(work: Callable[[], Any], n_runs: int = N_RUNS) -> tuple[float, Any]:
    """The median seconds of a few runs after a first one, and what the last one gave."""
    made, seconds = work(), []
    for _ in range(n_runs):
        start = time.perf_counter()
        made = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), made


def started(command: list[str]) -> dict[str, Any]:
    """The median seconds of a process, its first run left out: that one fills the disk's cache."""
    taken, _ = timed(lambda: subprocess.run(command, check=True, capture_output=True))
    return {"value": taken, "unit": "s", "note": f"median of {N_RUNS} processes"}
