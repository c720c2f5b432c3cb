"""A run as an object: its files, and the commands as methods, with their defaults, their numbers and what they save."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.cards import card, paragraph, table
from commlab.foundation.errors import RunError, nearest_names
from commlab.foundation.result import Result, Results
from commlab.foundation.run import find_recording, find_run
from commlab.foundation.stage import stage_of
from commlab.notebook.agents import Agents
from commlab.notebook.interfering import Interfering
from commlab.notebook.looking import Looking

if TYPE_CHECKING:
    from commlab.figures.drawing import Drawing

__all__ = ["Run", "open"]


class Run(Looking, Interfering):
    """A run folder: what it holds, and what can be asked of it.

    Methods are the commands of the same name: the same defaults, the same numbers, and results saved in the run, which
    `save=False` leaves as it is. What looks is in `looking`, what interferes in `interfering`.
    """

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}: {stage_of(self.folder).sentence})"

    def _repr_html_(self) -> str:
        stage = stage_of(self.folder)
        parts = [paragraph(f"So far: {stage.sentence}.")]
        parts += [table([*stage.holds], [[*stage.holds.values()]])] if stage.holds else []
        return card(f"Run {self.path}", parts, f"Next: {stage.command}")

    @cached_property
    def agents(self) -> Agents:
        """Its trained agents: the last checkpoint. Raises CheckpointError where there is none."""
        from commlab.commands.runs import checkpoint_of

        return Agents(checkpoint_of(self.folder))

    @cached_property
    def recording(self) -> Recording:
        """Its recording, open. Raises RecordingError where there is none."""
        return open_recording(find_recording(str(self.path)))

    @property
    def results(self) -> Results:
        """The saved results, by name."""
        paths = sorted(self.folder.results.glob("*.json")) if self.folder.results.is_dir() else []
        return Results({path.stem: Result.load(path) for path in paths if path.stem != "demo"})

    def record(self, episodes: int = 1000, seed: int = 0, mute: bool = False, force: bool = False) -> Recording:
        """Record fresh episodes and return them, open; without `force` beside a recording that is there already."""
        from commlab.commands.record import record

        with self._at_work():
            path = record(
                str(self.path), episodes, seed, mute, None, None, None, None, "zstd", force, self._call("record")
            )
        self.__dict__.pop("recording", None)  # opened anew, for it may have been replaced
        return open_recording(path)

    def figure(self, result: Result | Results | str | Sequence[Result], dark: bool = False) -> Drawing:
        """Draw a result, several, or one that is saved in the run under that name."""
        from commlab.figures.drawing import Drawing, draw

        given = self._saved(result) if isinstance(result, str) else result
        drawn = draw([*given.values()] if isinstance(given, Results) else given, dark=dark)
        assert isinstance(drawn, Drawing)  # for no axes were given
        return drawn

    def report(self) -> Path:
        """Write the report and its figures from the results saved in the run, and return where."""
        from commlab.commands.report import report

        with self._at_work():
            return report(str(self.path))

    def replay(self, episode: int | None = None) -> Path:
        """Write the page to look through episodes, or one of the recording's, and return where."""
        from commlab.commands.replay import write_run_replay

        with self._at_work():
            return write_run_replay(str(self.path), () if episode is None else (episode,)).path

    def _saved(self, name: str) -> Result:
        """The saved result of that name. Raises RunError where there is none."""
        path = self.folder.results / f"{name}.json"
        if path.is_file():
            return Result.load(path)
        names = sorted(self.results)
        near = [each for each in names if each.startswith(name)][:3] or nearest_names(name, names)
        known = f"the nearest are {', '.join(near)}" if near else "there are none yet"
        raise RunError(f"The run {self.path} has no result called {name!r}: {known}.")


def open(run: str | Path | None = None) -> Run:
    """Return a run, by name or folder; without one the last completed run, or the sample. Raises RunError."""
    return Run(find_run(run))
