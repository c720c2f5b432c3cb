"""The errors that a user can meet: each carries one sentence that says what is wrong and how to mend it.

CommlabError
├── ScenarioError       a scenario file or field
├── RunError            a run folder that is missing or unfinished
├── RecordingError      a recording that is missing, foreign, damaged or in the way
├── TargetError         a target name that does not exist
├── CheckpointError     a checkpoint that is missing or does not fit
├── InterventionError   an intervention that cannot be applied
├── DataError           an analysis that lacks data
├── ForeignDataError    other people's data that cannot be imported
├── RenderError         a picture or film that cannot be made
└── DiskError           a disk that is full or cannot be written
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "CheckpointError",
    "CommlabError",
    "DataError",
    "DiskError",
    "ForeignDataError",
    "InterventionError",
    "RecordingError",
    "RenderError",
    "RunError",
    "ScenarioError",
    "TargetError",
    "nearest_names",
]


class CommlabError(Exception):
    """An error whose text is a full sentence for the user; the command line prints it and exits with 2."""


class ScenarioError(CommlabError):
    """A scenario file or one of its fields is wrong."""


class RunError(CommlabError):
    """A run folder is missing, unfinished or unreadable."""


class RecordingError(CommlabError):
    """A recording is missing, foreign, damaged, from another version or in the way."""


class TargetError(CommlabError):
    """A target name does not exist, or the recording lacks what the target needs."""


class CheckpointError(CommlabError):
    """A checkpoint is missing, damaged or does not fit the scenario."""


class InterventionError(CommlabError):
    """An intervention names a site, agent or value that does not exist."""


class DataError(CommlabError):
    """An analysis lacks the data that it needs."""


class ForeignDataError(CommlabError):
    """Other people's data cannot be read as it is."""


class RenderError(CommlabError):
    """A picture or film cannot be made as asked for."""


class DiskError(CommlabError):
    """A disk is full or a file cannot be written."""


def nearest_names(name: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """The names most like `name`, best first; where none is alike, the first `limit` in order."""
    known = sorted(names)
    return difflib.get_close_matches(name, known, n=limit, cutoff=0.3) or known[:limit]
