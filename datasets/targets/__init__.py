"""Targets: named functions of the recorded world that probes try to read from messages and hidden states."""

from commlab.datasets.reader import Recording
from commlab.datasets.targets.catalogue import TARGETS
from commlab.datasets.targets.features import PREFIX, feature_names, feature_target
from commlab.datasets.targets.functions import function_target, is_function_name
from commlab.datasets.targets.labels import NONE, Labels, Target, lagged
from commlab.datasets.targets.places import SECTORS
from commlab.datasets.targets.things import unseen
from commlab.foundation.errors import CommlabError, TargetError, nearest_names

__all__ = ["NONE", "SECTORS", "TARGETS", "Labels", "Target", "find_target", "lagged", "targets_of", "unseen"]


def find_target(name: str, recording: Recording | None = None) -> Target:
    """The target of that name: one of TARGETS, "feature.<column>" of an imported recording, or "file.py:function".

    recording: what it will be asked of, from which it is told whether a feature or a function is a class or a number.
    Raises TargetError where there is no such target, naming the nearest and listing all.
    """
    if name in TARGETS:
        return TARGETS[name]
    if is_function_name(name):
        return function_target(name, recording)
    if name.startswith(PREFIX):
        return feature_target(name, recording)
    features = [PREFIX + feature for feature in feature_names(recording)] if recording is not None else []
    known = [*TARGETS, *features]
    near = nearest_names(name, known, limit=1)[0]
    raise TargetError(f"There is no target {name!r}: the nearest is {near}, all are {', '.join(known)}.")


def targets_of(recording: Recording) -> tuple[dict[str, Target], dict[str, str]]:
    """The targets that can be computed from a recording, and for each of the others a sentence that says why not.

    Told from its first episode. Features of imported recordings come first.
    """
    known = {PREFIX + name: feature_target(PREFIX + name, recording) for name in feature_names(recording)} | TARGETS
    first = recording.excerpt(0, 1)
    usable: dict[str, Target] = {}
    reasons: dict[str, str] = {}
    for name, target in known.items():
        try:
            target.compute(first)
        except CommlabError as error:
            reasons[name] = str(error)
        else:
            usable[name] = target
    return usable, reasons
