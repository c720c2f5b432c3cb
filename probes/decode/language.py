"""A recording as a language: what was said, beside the attributes of the world that it may be about."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target, targets_of
from commlab.foundation.errors import CommlabError, DataError
from commlab.probes.decode.utterances import Utterances, Valued, utterances, valued

__all__ = ["Language", "Meant", "read_language", "speaking"]

PREFERRED = ("resource_location", "resource_kind")
MAX_FEATURES = 6  # of an imported recording that are taken as attributes unless told which

Array = NDArray[Any]
Int64 = NDArray[np.int64]


class Meant(NamedTuple):
    """What messages may be about: combinations of the values of some targets."""

    attributes: tuple[Valued, ...]
    codes: Int64  # (E, slots) rows of `meanings`; -1 where one of the targets has no value
    meanings: Int64  # (K, A) the combinations that occur


class Language(NamedTuple):
    """What some agents said, and what it may be about."""

    spoken: Utterances
    meant: Meant | None
    reason: str | None  # why there are no targets
    left_out: dict[str, str]  # targets that could not be used, with the reason
    lag: int

    @property
    def n_episodes(self) -> int:
        """Episodes."""
        return self.spoken.n_episodes

    @property
    def main(self) -> Valued | None:
        """The first target."""
        return self.meant.attributes[0] if self.meant else None

    @property
    def target_names(self) -> list[str]:
        """The targets' names."""
        return [one.target.name for one in self.meant.attributes] if self.meant else []


def read_language(
    recording: Recording, targets: Sequence[str] | None = None, of: str | int | None = None, lag: int = 0
) -> Language:
    """What the agents `of` (the speakers) said, beside the values of `targets` `lag` steps ahead.

    targets: names of classes; by default where and what the nearest crystal is, or the features of an imported
    recording, as far as they vary. Raises TargetError for a name that does not exist, and DataError for one that is a
    number, never varies, or that the recording lacks something for.
    """
    spoken = utterances(recording, of)
    if targets is not None:
        chosen = [asked_for(recording, spoken, name, lag) for name in dict.fromkeys(targets)]
        return Language(spoken, combined(chosen), None if chosen else "no target was asked for", {}, lag)
    chosen, left_out = defaults(recording, spoken, lag)
    return Language(
        spoken, combined(chosen) if chosen else None, None if chosen else no_target(left_out), left_out, lag
    )


def asked_for(recording: Recording, spoken: Utterances, name: str, lag: int) -> Valued:
    """The values of a target that was asked for by name."""
    found = valued(recording, spoken, find_target(name, recording), lag)
    problem = why_unfit(found)
    if problem:
        raise DataError(f"{name} {problem}: choose other targets (see commlab probe --targets).")
    return found


def why_unfit(found: Valued) -> str | None:
    """Why messages cannot be measured against a target, or None."""
    if not found.names:
        return "is a number, and metrics compare classes"
    if np.unique(found.codes[found.codes >= 0]).size < 2:
        return "has a single value in all of the recording"
    return None


def defaults(recording: Recording, spoken: Utterances, lag: int) -> tuple[list[Valued], dict[str, str]]:
    """The targets that are taken where none are named, and what is in the way of the others that would be."""
    usable, reasons = targets_of(recording)
    features = [name for name in usable if name.startswith("feature.") and usable[name].kind == "class"]
    names = [name for name in PREFERRED if name in usable] or features
    left_out = {name: reasons[name] for name in PREFERRED if name in reasons and not names}
    chosen: list[Valued] = []
    for name in names:
        try:
            found = valued(recording, spoken, usable[name], lag)
            problem = why_unfit(found)
        except CommlabError as error:
            problem = str(error)
        if problem:
            left_out[name] = f"it {problem}"
        elif len(chosen) < MAX_FEATURES:
            chosen.append(found)
        else:
            left_out[name] = f"{MAX_FEATURES} targets are taken unless told which"
    return chosen, left_out


def no_target(left_out: dict[str, str]) -> str:
    """The reason for having no targets, as a clause."""
    if not left_out:
        return "the recording has no target to compare messages with: name one with --targets"
    name, reason = next(iter(left_out.items()))
    clause = reason.rstrip(".")
    return f"no target can be compared with messages ({name}: {clause[:1].lower()}{clause[1:]})"


def combined(chosen: list[Valued]) -> Meant | None:
    """Targets as combinations of their values."""
    if not chosen:
        return None
    known = np.all([one.codes >= 0 for one in chosen], axis=0)
    meanings, codes = np.unique(np.stack([one.codes[known] for one in chosen], axis=1), axis=0, return_inverse=True)
    table = np.full(known.shape, -1, dtype=np.int64)
    table[known] = codes.reshape(-1)
    return Meant(tuple(chosen), table, meanings.astype(np.int64))


def speaking(spoken: Utterances) -> Int64:
    """What was said, (E, slots), -1 where it was silence too."""
    if spoken.silence is None:
        return spoken.said
    return np.where(spoken.said == spoken.silence, -1, spoken.said)
