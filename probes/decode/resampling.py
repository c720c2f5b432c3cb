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
from commlab.probes.parallel import spread

__all__ = ["WHOLE", "Resampling", "View", "at_common_steps", "common_steps", "missing", "resampled"]

Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Values = dict[str, float]
EMPTY: Float64 = np.empty(0)
MUCH_WORK = 4e8  # messages times views from which on it pays to start processes
PIECE = 10  # views of one piece of work


class Resampling(NamedTuple):
    """What every measure is computed again on."""

    groups: Sequence[Bool]  # episodes that stay when a group is left out
    permutations: Int64  # (n_draws, E)
    steps: Int64  # (E,) that all episodes of the stratum have
    trims: bool  # whether some have more
    n_slots: int  # messages of the recording, silence included
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
    parts = each(values, [View(kept=kept) for kept in work.groups], work)
    draws = each(values, [View(permutation=order, common=True) for order in work.permutations], work)
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


def each(values: Callable[[View], Values], views: Sequence[View], work: Resampling) -> list[Values]:
    """The values in each view, by all cores (or a Dask cluster) where that is much work."""
    if work.n_slots * len(views) < MUCH_WORK:
        return [values(view) for view in work.watch(views)]
    pieces = [views[start : start + PIECE] for start in range(0, len(views), PIECE)]
    done = iter(work.watch(views))

    def passed(n_done: int, n_pieces: int) -> None:
        for _ in pieces[n_done - 1]:
            next(done)

    found = spread(Several(values), pieces, watch=passed)
    return [one for piece in found for one in piece]


class Several:
    """The values in each of several views."""

    def __init__(self, values: Callable[[View], Values]) -> None:
        self.values = values

    def __call__(self, views: Sequence[View]) -> list[Values]:
        return [self.values(view) for view in views]


def missing(keys: Sequence[str], reason: str) -> dict[str, Found]:
    """All of them undefined, for one reason."""
    return {key: Found(float("nan"), EMPTY, EMPTY, reason) for key in keys}
