"""What the methods of a run share: results are saved in it, nothing is printed, README.txt tells what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from commlab.commands.readme import explained
from commlab.console import quietly
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

__all__ = ["Working", "listed"]

COMMAND = "commlab.open({name!r}).{method}"  # in the provenance of results


class Working:
    """A run folder that commands are at work on."""

    def __init__(self, folder: RunFolder) -> None:
        """Wrap a run."""
        self.folder = folder

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

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
