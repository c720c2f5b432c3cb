"""Measures computed again: without each group of episodes, and with the episodes' worlds permuted.

Where episodes that trade places differ in length, a message at a late step finds no world in a shorter episode. A draw
would then count fewer pairs than were observed, and what chance gives goes with the number of pairs. So draws count
only the steps that all episodes of a stratum have, and are compared with the measure on those same steps.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import Strata
from commlab.probes.decode.findings import Found
from commlab.probes.decode.utterances import Utterances

__all__ = ["WHOLE", "Resampling", "View", "at_common_steps", "common_steps", "missing", "resampled"]

Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Values = dict[str, float]
EMPTY: Float64 = np.empty(0)


class Resampling(NamedTuple):
    """What every measure is computed again on."""

    groups: Sequence[Bool]  # episodes that stay when a group is left out
    permutations: Int64  # (n_draws, E)
    steps: Int64  # (E,) that all episodes of the stratum have
    trims: bool  # whether some have more
    seed: int
    watch: Callable[[Iterable[Any]], Iterable[Any]]  # passes its items on, and shows how far they are


class View(NamedTuple):
    """What a measure is to be computed on."""

    kept: Bool | None = None  # (E,) episodes; all of them
    permutation: Int64 | None = None  # (E,) whose world each episode's messages are given; their own
    common: bool = False  # only the steps that all episodes of a stratum have


WHOLE = View()


def common_steps(spoken: Utterances) -> tuple[Int64, bool]:
    """The steps that all episodes of each one's stratum have (E,), and whether some have more."""
    lengths = np.count_nonzero(spoken.said >= 0, axis=1) // len(spoken.agents.indices)
    return shortest(spoken.strata, lengths)


def shortest(strata: Strata, lengths: Int64) -> tuple[Int64, bool]:
    """The least of the lengths (E,) in each episode's stratum, and whether some are larger."""
    least = np.full(int(strata.stratum.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, strata.stratum, lengths)
    steps = least[strata.stratum]
    return steps, bool(np.any(steps < lengths))


def at_common_steps(table: Int64, steps: Int64, n_agents: int, reaction: int = 0) -> Int64:
    """A table (E, slots) with -1 from the common steps on, less those of a reaction."""
    step = np.arange(table.shape[1]) // n_agents
    return np.where(step < (steps - reaction)[:, None], table, -1)


def resampled(values: Callable[[View], Values], work: Resampling, reason: str) -> dict[str, Found]:
    """Each value of the whole, without each group of episodes, and of each permutation."""
    whole = values(WHOLE)
    parts = [values(View(kept=kept)) for kept in work.watch(work.groups)]
    draws = [values(View(permutation=order, common=True)) for order in work.watch(work.permutations)]
    compared = values(View(common=True)) if work.trims and draws else {}
    return {
        key: Found(
            estimate,
            np.array([part[key] for part in parts], dtype=np.float64),
            np.array([one[key] for one in draws], dtype=np.float64),
            reason,
            compared=compared.get(key),
        )
        for key, estimate in whole.items()
    }


def missing(keys: Sequence[str], reason: str) -> dict[str, Found]:
    """All of them undefined, for one reason."""
    return {key: Found(float("nan"), EMPTY, EMPTY, reason) for key in keys}
