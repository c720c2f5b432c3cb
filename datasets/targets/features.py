"""Targets of imported recordings: every column feature/<name> is the target feature.<name>."""

from typing import Any, Literal

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.schema import FEATURE, MISSING
from commlab.datasets.targets.labels import Labels, Target, number_labels, table_labels
from commlab.foundation.errors import TargetError, nearest_names

__all__ = ["PREFIX", "feature_names", "feature_target"]

PREFIX = "feature."
MOST_CLASSES = 32  # distinct whole numbers without names, up to which they are classes

Kind = Literal["class", "number"]


class Feature:
    """A target's function: the values of a column feature/<name>."""

    def __init__(self, name: str, kind: Kind | None) -> None:
        """kind: None to tell it from the rows at hand."""
        self.name, self.kind = name, kind

    def __call__(self, recording: Recording) -> Labels:
        """The labels. Raises TargetError where the recording has no such column."""
        column = FEATURE + self.name
        if column not in recording:
            known = ", ".join(feature_names(recording)) or "none at all"
            raise TargetError(f"{recording.path} has no column {column}: its features are {known}.")
        values = recording[column][:]
        kind = self.kind or kind_of(recording, self.name)
        if values.dtype.kind == "f":
            return number_labels(values)
        if kind == "number":
            return number_labels(values, values != MISSING)
        names = recording.codes.get(column, {})
        return table_labels(values.astype(np.int64), lambda code: names.get(code, str(code)), values != MISSING)


def feature_names(recording: Recording) -> tuple[str, ...]:
    """The names of a recording's feature columns."""
    return tuple(column.removeprefix(FEATURE) for column in recording.columns() if column.startswith(FEATURE))


def feature_target(name: str, recording: Recording | None) -> Target:
    """The target feature.<name>. Raises TargetError where the recording given has no such column."""
    short = name.removeprefix(PREFIX)
    if recording is not None and short not in feature_names(recording):
        near = nearest_names(short, feature_names(recording), limit=3)
        have = f"the nearest it has are {', '.join(PREFIX + one for one in near)}" if near else "it has no features"
        raise TargetError(f"{recording.path} has no column {FEATURE}{short}: {have}.")
    kind = kind_of(recording, short) if recording is not None else None
    sentence = f"The column {FEATURE}{short} of the recording, as it was imported."
    return Target(name, sentence, kind or "class", Feature(short, kind))


def kind_of(recording: Recording, name: str) -> Kind:
    """Whether a feature is a number: it is real, or whole, without names and with many values in the first episodes."""
    column = FEATURE + name
    if recording[column].dtype.kind == "f":
        return "number"
    if recording.codes.get(column):
        return "class"
    values: np.ndarray[Any, Any] = next(iter(recording.whole.blocks()))[column][:]
    return "class" if np.unique(values[values != MISSING]).size <= MOST_CLASSES else "number"
