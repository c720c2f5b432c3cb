"""The whole-episode permutation null: each episode keeps its speech and is given another episode's world, at equal t.

Steps within an episode depend on each other, so that nothing smaller than an episode is ever shuffled. Episodes trade
places only with episodes of the same condition, kinship and (nearly) the same length.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.result import Null

__all__ = [
    "METHOD",
    "Alternative",
    "Strata",
    "draw_permutations",
    "episode_strata",
    "permutation_p_value",
    "refine_strata",
    "summarise_null",
]

METHOD = "whole episodes permuted"
SMALLEST_LENGTHS = 10  # episodes of neighbouring lengths; where lengths differ, pairs of steps are lost
SMALLEST_STRATUM = 20  # in smaller ones too many draws would leave an episode where it is

Alternative = Literal["greater", "less", "two-sided"]


class Strata(NamedTuple):
    """Which episodes may trade places."""

    stratum: NDArray[np.int64]  # (E,) episodes with the same number may trade places
    n_alone: int  # episodes without a companion: they keep their own world in every draw
    n_pooled: int  # episodes matched across kinship, because theirs has fewer than SMALLEST_STRATUM episodes


def episode_strata(lengths: ArrayLike, condition: ArrayLike | None = None, kinship: ArrayLike | None = None) -> Strata:
    """Strata of episodes by condition, kinship and length, each argument (E,).

    Episodes of one length form a stratum where there are at least 10 of them; rarer lengths are merged with their
    neighbours in length (and are then compared at the steps that both have). A kinship of fewer than 20 episodes is
    pooled with the other rare ones of its condition.
    """
    steps = np.asarray(lengths, dtype=np.int64)
    conditions = number_groups(condition, steps.size)
    cells, n_pooled = pool_rare(conditions, number_groups(kinship, steps.size))
    stratum = np.zeros(steps.size, dtype=np.int64)
    n_strata = 0
    for cell in np.unique(cells):
        members = np.flatnonzero(cells == cell)
        groups = group_lengths(steps[members])
        stratum[members] = groups + n_strata
        n_strata += int(groups.max()) + 1
    sizes = np.bincount(stratum, minlength=n_strata)
    return Strata(stratum, int(np.count_nonzero(sizes == 1)), n_pooled)


def refine_strata(strata: Strata, labels: ArrayLike) -> Strata:
    """The strata split by one label an episode, (E,): permutation within strata, for what a label already tells."""
    parts = number_groups(labels, strata.stratum.size)
    cells = np.unique(strata.stratum * (int(parts.max(initial=0)) + 1) + parts, return_inverse=True)[1]
    n_alone = int(np.count_nonzero(np.bincount(cells, minlength=1) == 1))
    return Strata(cells.astype(np.int64), n_alone, strata.n_pooled)


def draw_permutations(strata: Strata, n_draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(n_draws, E) permutations of the episodes within strata: row d gives each episode the world of episode [d, e]."""
    stratum = strata.stratum
    home = np.argsort(stratum, kind="stable")
    drawn = np.argsort(stratum + rng.random((n_draws, stratum.size)), axis=1)
    permutations = np.empty_like(drawn)
    permutations[:, home] = drawn
    return permutations.astype(np.int64, copy=False)


def permutation_p_value(observed: float, draws: ArrayLike, alternative: Alternative = "greater") -> float:
    """(1 + number of draws as far out as `observed`) / (1 + number of draws) (Phipson & Smyth 2010).

    "greater" counts draws >= observed, "less" draws <= observed; "two-sided" is twice the smaller of both, at most 1.
    """
    null = np.asarray(draws, dtype=np.float64)
    slack = 1e-12 * max(1.0, abs(observed))  # a draw equal up to rounding counts as equal
    above = float((1 + np.count_nonzero(null >= observed - slack)) / (1 + null.size))
    below = float((1 + np.count_nonzero(null <= observed + slack)) / (1 + null.size))
    if alternative == "two-sided":
        return min(1.0, 2 * min(above, below))
    return above if alternative == "greater" else below


def summarise_null(draws: ArrayLike, method: str = METHOD) -> Null:
    """Mean, 2.5 % and 97.5 % of null draws (n_draws,). Raises ValueError where there is no draw."""
    null = np.asarray(draws, dtype=np.float64)
    if null.size == 0:
        raise ValueError("a null needs at least one draw.")
    low, high = np.quantile(null, [0.025, 0.975])
    return Null(method, float(null.mean()), float(low), float(high), int(null.size))


def number_groups(labels: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Group numbers 0, 1, … of `labels` (n,); all 0 where there are none."""
    if labels is None:
        return np.zeros(n, dtype=np.int64)
    return np.unique(np.asarray(labels), return_inverse=True)[1].reshape(n).astype(np.int64)


def pool_rare(conditions: NDArray[np.int64], kinship: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Numbers of the (condition, kinship) cells, each condition's rare kinships pooled, and how many were pooled."""
    n_kinships = int(kinship.max(initial=0)) + 1
    cells = conditions * (n_kinships + 1) + kinship
    _, cell_of, sizes = np.unique(cells, return_inverse=True, return_counts=True)
    whole = np.bincount(conditions)[conditions] == sizes[cell_of]  # the only kinship of its condition: nothing to pool
    rare = (sizes[cell_of] < SMALLEST_STRATUM) & ~whole
    return np.where(rare, conditions * (n_kinships + 1) + n_kinships, cells), int(np.count_nonzero(rare))


def group_lengths(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group numbers (n,) from 0 on: runs of neighbouring lengths, each with 10 episodes where there are so many."""
    values, value_of, sizes = np.unique(lengths, return_inverse=True, return_counts=True)
    groups = np.zeros(values.size, dtype=np.int64)
    group, filled = 0, 0
    for index, size in enumerate(sizes):
        if filled >= SMALLEST_LENGTHS:
            group, filled = group + 1, 0
        groups[index] = group
        filled += int(size)
    if filled < SMALLEST_LENGTHS and group > 0:
        groups[groups == group] = group - 1  # what is left over joins the neighbours below
    return groups[value_of]
