"""A run is a folder: where its files lie, and which run a command means when none is named."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import RecordingError, RunError, nearest_names

__all__ = ["RUNS", "SAMPLE", "RunFolder", "all_runs", "find_recording", "find_run", "noticed", "watching"]

RUNS = Path("runs")
LONGEST = 200  # letters of a path in a sentence
SAMPLE = Path(__file__).resolve().parents[1] / "datasets" / "samples" / "lookout"
_watchers: list[Callable[["RunFolder"], None]] = []


@dataclass(frozen=True)
class RunFolder:
    """The places of one run's files."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name: its folder's."""
        return self.path.name

    @property
    def scenario(self) -> Path:
        """The scenario as resolved."""
        return self.path / "scenario.yaml"

    @property
    def train(self) -> Path:
        """How the training went: settings, `complete` and `finished` (ISO time)."""
        return self.path / "train.json"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def log_csv(self) -> Path:
        """The training curve."""
        return self.path / "train.csv"

    @property
    def recording(self) -> Path:
        """The recording of the frozen policy."""
        return self.path / "recording.h5"

    @property
    def results(self) -> Path:
        """The folder of saved results."""
        return self.path / "results"

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.path / "report.html"

    @property
    def controls(self) -> Path:
        """The folder of control runs, such as the muted channel."""
        return self.path / "controls"

    def finished(self) -> str | None:
        """When training completed (ISO time), or None where it has not."""
        try:
            state = json.loads(self.train.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(state, dict) or state.get("complete") is not True:
            return None
        return str(state.get("finished", ""))


def find_run(name: str | Path | None = None, say: Callable[[str], None] | None = None) -> RunFolder:
    """The run of that name or path; without one, the run under ./runs whose training completed last.

    Where there is no completed run, or "sample" is named, the sample that ships with commlab is copied to ./runs/sample
    and `say` is told so. Raises RunError, naming the nearest runs, where the run does not exist.
    """
    if name is not None:
        with reachable(name):
            found = None if str(name) == "sample" and not Path(name).exists() else named_run(name)
        return copied_sample(say) if found is None else noticed(found)
    return noticed(last_completed() or copied_sample(say))


def noticed(run: RunFolder) -> RunFolder:
    """The run, after telling those who watch that it is about to be used: told before anything is written to it."""
    for watcher in _watchers:
        watcher(run)
    return run


@contextmanager
def watching(watcher: Callable[[RunFolder], None]) -> Iterator[None]:
    """Tell `watcher` of every run that is used while the block runs."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def find_recording(argument: str | Path | None = None, say: Callable[[str], None] | None = None) -> Path:
    """The recording meant by a run's name, a run folder, an .h5 file or a folder of shards.

    A run that holds only sealed shards gives their folder. Raises RecordingError where the run has no recording.
    """
    if argument is not None:
        path = Path(argument)
        with reachable(path):
            is_file = path.is_file()
        if is_file or path.name.endswith(".parts"):
            if path.parent.parent == RUNS or (path.parent / "train.json").exists():
                noticed(RunFolder(path.parent))
            return path
        if path.suffix in (".h5", ".hdf5"):
            raise RecordingError(f"{path} does not exist: make it with `commlab record`, or name another recording.")
    run = find_run(argument, say)
    shards = run.recording.with_name(run.recording.name + ".parts")
    for found in (run.recording, shards):
        if found.exists():
            return found
    raise RecordingError(f"The run {run.path} has no recording yet: make one with `commlab record {run.path}`.")


def last_completed() -> RunFolder | None:
    """The run under ./runs, the sample aside, whose training completed last."""
    completed = [(run.finished(), run) for run in all_runs() if run.path.name != "sample"]
    dated = [(when, run.name, run) for when, run in completed if when is not None]
    return max(dated, key=lambda found: found[:2])[2] if dated else None


def all_runs() -> list[RunFolder]:
    """Every folder under ./runs, by name."""
    return [RunFolder(path) for path in sorted(RUNS.iterdir()) if path.is_dir()] if RUNS.is_dir() else []


@contextmanager
def reachable(name: str | Path) -> Iterator[None]:
    """Tell of a name that no file can have, or a folder that may not be entered, in a sentence while the block runs."""
    try:
        yield
    except OSError as error:
        told = str(name) if len(str(name)) <= LONGEST else f"{str(name)[:LONGEST]}…"
        raise RunError(f"{told} cannot be looked up ({error.strerror}): give the name or folder of a run.") from error


def named_run(name: str | Path) -> RunFolder:
    """The run at that path, or of that name under ./runs."""
    for path in (Path(name), RUNS / name):
        if path.is_dir():
            return RunFolder(path)
    if Path(name).exists():
        raise RunError(f"{name} is a file, not a run: give a run folder, or leave it out for the last completed run.")
    near = nearest_names(Path(name).name, [run.name for run in all_runs()])
    hint = f"the nearest under ./runs are {', '.join(near)}" if near else "there are no runs under ./runs"
    raise RunError(f"There is no run called {str(name)!r}: {hint}; `commlab train SCENARIO` makes one.")


def copied_sample(say: Callable[[str], None] | None) -> RunFolder:
    """The shipped sample run, copied whole to ./runs/sample unless it is there already."""
    run = noticed(RunFolder(RUNS / "sample"))
    if run.path.is_dir():
        return run
    if not SAMPLE.is_dir():
        raise RunError("There is no completed run under ./runs: make one with `commlab train lookout`.")
    part = RUNS / "sample.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(SAMPLE, part)
        part.rename(run.path)
    except OSError as error:
        raise as_disk_error(error, run.path) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if say is not None:
        say(f"No run of your own is meant: using the sample that ships with commlab, copied to {run.path}.")
    return run
