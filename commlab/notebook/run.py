"""A run as an object: its files, and the commands as methods, with their defaults, their numbers and what they save."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from commlab.commands.readme import explained
from commlab.console import quietly
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.cards import card, paragraph, table
from commlab.foundation.errors import RunError, nearest_names
from commlab.foundation.result import Result, Results
from commlab.foundation.run import RunFolder, find_recording, find_run
from commlab.foundation.stage import stage_of
from commlab.notebook.agents import Agents

if TYPE_CHECKING:
    from commlab.figures.drawing import Drawing
    from commlab.probes.decode.lexicon import Lexicon

__all__ = ["Run", "open"]

COMMAND = "commlab.open({name!r}).{method}"  # in the provenance of results


class Run:
    """A run folder: what it holds, and what can be asked of it.

    Methods are the commands of the same name: the same defaults, the same numbers, and results saved in the run, which
    `save=False` leaves as it is.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Wrap a run."""
        self.folder = folder

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}: {stage_of(self.folder).sentence})"

    def _repr_html_(self) -> str:
        stage = stage_of(self.folder)
        parts = [paragraph(f"So far: {stage.sentence}.")]
        parts += [table([*stage.holds], [[*stage.holds.values()]])] if stage.holds else []
        return card(f"Run {self.path}", parts, f"Next: {stage.command}")

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

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

    def probe(
        self,
        target: str = "resource_location",
        source: str | None = None,
        of: str | None = None,
        lag: int = 0,
        *,
        lags: str | None = None,
        model: str = "linear",
        given: str | None = None,
        description_length: bool = False,
        v_information: bool = False,
        circular: bool = False,
        unseen: bool | None = None,
        max_rows: int | None = None,
        nulls: int = 199,
        folds: int = 5,
        seed: int = 0,
        jobs: int | None = None,
        save: bool = True,
    ) -> Result:
        """Decode a target from messages or hidden states, on held-out episodes, against its nulls."""
        from commlab.commands.probe import Wish, ask

        asked = Wish(target, source, of, lag, lags, model, given, description_length, v_information, circular)
        wish = asked._replace(unseen_only=unseen, max_rows=max_rows, n_null=nulls, n_folds=folds, seed=seed, jobs=jobs)
        with self._at_work():
            found = ask(str(self.path), wish)
            return self._kept(found, save)[0]

    def lexicon(
        self,
        of: str | None = None,
        targets: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Lexicon:
        """What each symbol (or message, or part of one) means, with the evidence."""
        from commlab.commands.lexicon import read_lexicon
        from commlab.probes.decode.lexicon import Lexicon

        with self._at_work():
            found = read_lexicon(str(self.path), of, targets, nulls, seed)
            return Lexicon.from_result(self._kept([found], save)[0])

    def information(
        self,
        target: str = "resource_location",
        of: str | None = None,
        lag: int = 0,
        given: str | None = None,
        by_kinship: bool = False,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Count the bits that messages carry about a target, corrected for what chance gives."""
        from commlab.commands.information import Wish, count

        with self._at_work():
            found = count(str(self.path), Wish(target, of, lag, nulls, seed, given, by_kinship))
            return self._kept([found], save)[0]

    def metrics(
        self,
        targets: Sequence[str] | None = None,
        of: str | None = None,
        lag: int = 0,
        reaction: int = 1,
        threshold: float = 0.0,
        distances: str = "edit,hamming",
        only: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Results:
        """The numbers of the language, by name, each with its interval, its null and its catch."""
        from commlab.commands.metrics import Wish, measure

        wish = Wish(listed(targets), of, lag, reaction, threshold, distances, listed(only), nulls, seed)
        with self._at_work():
            found = self._kept(measure(str(self.path), wish), save)
        return Results({result.name.removeprefix("metrics-"): result for result in found})

    def cluster(
        self,
        source: str | None = None,
        of: str | None = None,
        k: int | None = None,
        method: str = "kmeans",
        every_step: bool | None = None,
        targets: Sequence[str] | None = None,
        nulls: int = 199,
        seed: int = 0,
        save: bool = True,
    ) -> Result:
        """Cluster hidden states, or the contexts in which agents speak, and say what goes with each cluster."""
        from commlab.commands.cluster import Wish, find_clusters

        wish = Wish(source, of, k, method, every_step, tuple(targets) if targets else None, nulls, seed)
        with self._at_work():
            return self._kept([find_clusters(str(self.path), wish)], save)[0]

    def inject(
        self,
        message: int | None = None,
        speaker: str | int = "phantom",
        listener: int | None = None,
        at: int | None = None,
        duration: int = 12,
        versus: str | int = "silence",
        kinship: float = 1.0,
        slots: int = 1,
        by: str | None = None,
        episodes: int | None = None,
        seed: int | None = None,
        nulls: int = 199,
        save: bool = True,
    ) -> Result:
        """Inject a message and see what listeners do, beside twin worlds that differ by that message alone.

        by: vary symbol, listener, kinship, moment or dose instead; with commas every combination.
        """
        from commlab.commands.inject import Injecting, find_doses, find_effect

        wish = Injecting(message, str(speaker), listener, at, duration, str(versus), kinship, slots, by, episodes, seed)
        with self._at_work():
            if by is not None:
                return self._kept([find_doses(self.folder, wish.sweep(), nulls, self._call("inject"))], save)[0]
            found, where = find_effect(self.folder, wish.injection(), nulls, self._call("inject"))
            return self._kept([found] if where is None else [found, where], save)[0]

    def experiment(
        self,
        file: str | Path,
        episodes: int | None = None,
        seed: int | None = None,
        nulls: int = 199,
        save: bool = True,
    ) -> Result:
        """Run the experiment of a YAML file (`commlab inject --file`); "a-word" is one that ships."""
        from commlab.commands import experiment as commands

        wish = commands.wish_of(str(file), episodes, seed)
        with self._at_work():
            found = commands.find_difference(self.folder, wish, nulls, self._call("experiment"))
            if save:
                commands.save(self.folder, wish, found)
        return found

    def influence(self, episodes: int | None = None, seed: int = 0, save: bool = True) -> Result:
        """How many bits of listeners' next action it decides which message they hear."""
        from commlab.commands.influence import listen

        with self._at_work():
            found = listen(self.folder, None, episodes, seed, self._call("influence"))
            return self._kept([result for result in found if result is not None], save)[0]

    def verdict(self, episodes: int | None = None, untrained: bool = False, seed: int = 0, save: bool = True) -> Result:
        """Say whether this is communication, or which part of it is missing. Of the untrained nothing is saved."""
        from commlab.commands.verdict import judge

        with self._at_work():
            battery = judge(self.folder, None, untrained, episodes, seed, self._call("verdict"))
            self._kept(battery.results, save and not untrained)
        return battery.result

    def understanding(self, episodes: int = 1024, seed: int = 0, save: bool = True) -> Result:
        """How often listeners go where they are sent with the speakers' own words (`commlab talk --score`)."""
        from commlab.commands.score import understand

        with self._at_work():
            return self._kept([understand(self.folder, episodes, seed, self._call("understanding"))], save)[0]

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

    def _kept(self, found: Sequence[Result], save: bool) -> Sequence[Result]:
        """Results, saved in the run if that is wanted."""
        for result in found if save else ():
            result.save(self.folder.results)
        return found

    def _call(self, method: str) -> str:
        """What is written as the command into the provenance of results."""
        return COMMAND.format(name=str(self.path), method=method)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Nothing is printed while the block runs, and the run's README.txt tells what came of it."""
        with quietly(), explained():
            yield


def listed(names: Sequence[str] | str | None) -> str | None:
    """Names as commands take them: with commas between."""
    return names if names is None or isinstance(names, str) else ",".join(names)


def open(run: str | Path | None = None) -> Run:
    """Return a run, by name or folder; without one the last completed run, or the sample. Raises RunError."""
    return Run(find_run(run))
