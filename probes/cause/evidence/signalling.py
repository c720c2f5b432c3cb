"""Signalling: whether what speakers say carries information about the world, and about which part of it.

Every target that a speaker may tell about is tried, corrected by its null of permuted episodes; the tests are a list,
judged by Benjamini and Hochberg's rule. What listeners do about it is no target: it would count reactions to noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.result import Result
from commlab.foundation.statistics import benjamini_hochberg
from commlab.probes.cause.roles import Roles
from commlab.probes.decode import information

__all__ = ["LEVEL", "SIGNALS", "TELLABLE", "Signalling", "signalling_of"]

SIGNALS = 0.02  # bits that the interval's lower end must reach
LEVEL = 0.05  # of false findings among the targets
SILENT = 0.001  # the share of steps up to which speakers that say something are silent all the same
N_NULL = 299  # so that the smallest p-value is one for 15 targets

TELLABLE = (
    "resource_location", "resource_kind", "altar_location", "converter_location", "beacon_location", "berry_location",
    "berry_look", "berry_poisonous", "poisonous_look", "prices", "danger", "own_position",
)  # fmt: skip


class Signalling(NamedTuple):
    """What speakers tell."""

    spoken: float  # the share of steps at which speakers say something
    n_messages: int  # different ones, silence included
    results: tuple[Result, ...]  # of the targets that could be tried, the most told first
    told: tuple[str, ...]  # targets that are told
    holds: bool | None  # None: what was found lies neither clearly above the bar nor below it

    @property
    def silent(self) -> bool:
        """Whether speakers say nothing."""
        return self.spoken <= SILENT

    def about(self, target: str) -> Result | None:
        """Return what was found about a target, None where it was not tried."""
        return next((result for result in self.results if result.details["target"] == target), None)


def signalling_of(recording: Recording, roles: Roles, seed: int = 0) -> Signalling:
    """Return what the speakers of a recording tell of, of all that they may tell."""
    said = recording.read("channel/said", agents=roles.speakers)
    spoken = float(np.mean(said.any(axis=-1)))
    n_messages = len(np.unique(said.reshape(-1, said.shape[-1]), axis=0))
    if spoken <= SILENT or n_messages < 2:
        return Signalling(spoken, n_messages, (), (), False)
    found = [result for target in TELLABLE if (result := _about(recording, target, seed)) is not None]
    found.sort(key=lambda result: -(result.estimate or 0.0))
    if not found:
        return Signalling(spoken, n_messages, (), (), None)
    adjusted = benjamini_hochberg([_chance(result) for result in found])
    told = tuple(
        result.details["target"]
        for result, chance in zip(found, adjusted, strict=True)
        if chance <= LEVEL and result.interval is not None and result.interval[0] > SIGNALS
    )
    return Signalling(spoken, n_messages, tuple(found), told, True if told else _clearly_none(found))


def _about(recording: Recording, target: str, seed: int) -> Result | None:
    """Return the information about a target, None where this world has no such thing or it never varies."""
    try:
        return information.fit(recording, target, n_null=N_NULL, seed=seed, per_speaker=False)
    except (DataError, TargetError):
        return None


def _chance(result: Result) -> float:
    """Return a result's p-value."""
    return 1.0 if result.p_value is None else result.p_value


def _clearly_none(found: list[Result]) -> bool | None:
    """Return False where all intervals end below the bar, None where one does not."""
    return False if all(result.interval is not None and result.interval[1] <= SIGNALS for result in found) else None
