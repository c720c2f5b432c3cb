"""The irrelevant target: one that is decoded about as well as the target, and goes with other things.

What happens when it is changed as much is what a change of that size does by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import TARGETS
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.statistics import entropy, mutual_information
from commlab.probes.cause.hidden.cases import Wish
from commlab.probes.cause.hidden.states import States, read_states
from commlab.probes.decode import probe

__all__ = ["Irrelevant", "find_irrelevant"]

MOST_SHARED = 0.1  # of the target's entropy, that an irrelevant target may share
N_NULL = 1  # the score alone counts here
MAX_ROWS = 50_000
DEEDS = ("own_next_action", "own_message", "own_destination", "listener_next_action", "reward_soon")
MOST_VALUES = 40
SLOTS = 2**32  # more than an episode has


class Irrelevant(NamedTuple):
    """The irrelevant target, or that there is none."""

    name: str  # "" where there is none
    states: States | None
    score: float | None  # balanced accuracy of a linear probe, held out
    target_score: float | None  # of the target
    shared: float | None  # of the target's entropy that it tells

    def facts(self) -> dict[str, Any]:
        """Return what a result says of it."""
        return {"target": self.name or None, "score": self.score, "target_score": self.target_score,
                "shared": self.shared}  # fmt: skip


def find_irrelevant(recording: Recording, states: States, wish: Wish, name: str | None = None) -> Irrelevant:
    """Return the named target with how well it is decoded, or the one that is decoded most like the target.

    Only targets of classes that tell at most a tenth of the target's entropy are looked at. Raises DataError where the
    named one cannot be read.
    """
    own = _score(recording, states.target, wish, states.of)
    if name is not None:
        if name == states.target:
            raise DataError(f"--irrelevant {name} is the target itself; name another, or leave it out.")
        found = read_states(recording, name, wish.layer, states.of, wish.seed)
        return Irrelevant(name, found, _score(recording, name, wish, states.of), own, _shared(states, found))
    best = Irrelevant("", None, None, own, None)
    if own is None:
        return best
    for candidate in _candidates(states.target):
        try:
            found = read_states(recording, candidate, wish.layer, states.of, wish.seed)
        except CommlabError:
            continue
        shared = _shared(states, found)
        if shared > MOST_SHARED or len(found.names) > MOST_VALUES:
            continue
        score = _score(recording, candidate, wish, states.of)
        if score is not None and (best.score is None or abs(score - own) < abs(best.score - own)):
            best = Irrelevant(candidate, found, score, own, shared)
    return best


def _candidates(target: str) -> list[str]:
    """Return the targets of classes of another family than the target, and not about what agents come to do."""
    families = (target.partition(".")[0], *DEEDS)
    return [name for name, other in TARGETS.items() if other.kind == "class" and name.partition(".")[0] not in families]


def _score(recording: Recording, target: str, wish: Wish, of: str) -> float | None:
    """Return how well a linear probe reads a target from the layer, above chance: (accuracy - 1/K) / (1 - 1/K)."""
    try:
        source, seed = f"hidden.{wish.layer}", wish.seed
        found = probe.fit(recording, target, source, of, n_null=N_NULL, seed=seed, max_rows=MAX_ROWS)
    except DataError:
        return None
    n_classes = len(found.details["classes"])
    if found.estimate is None or n_classes < 2:
        return None
    return (found.estimate - 1 / n_classes) / (1 - 1 / n_classes)


def _shared(states: States, other: States) -> float:
    """Return the share of the target's entropy that another target tells, over the steps at which both have values."""
    key, other_key = _rows(states), _rows(other)
    common, mine, theirs = np.intersect1d(key[states.known], other_key[other.known], return_indices=True)
    if not len(common):
        return 1.0
    value, beside = states.value[states.known][mine], other.value[other.known][theirs]
    counts = np.zeros((len(states.names), len(other.names)))
    np.add.at(counts, (value, beside), 1)
    whole = entropy(counts.sum(axis=1))
    return float(mutual_information(counts) / whole) if whole > 0 else 1.0


def _rows(states: States) -> NDArray[np.int64]:
    """Return a number (N,) for the episode, step and agent of each row."""
    rows = states.rows
    return rows.episodes[rows.episode] * SLOTS + rows.slot
