"""Splits by episode: rows of one episode are never on both sides."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError

__all__ = ["episode_folds", "rows_of"]

Array = np.ndarray[Any, Any]


def episode_folds(
    n_episodes: int, n_folds: int, seed: int, strata: ArrayLike | None = None
) -> list[tuple[Array, Array]]:
    """`n_folds` pairs of (train, test) episode numbers, sorted; every episode is tested in exactly one fold.

    Fold sizes differ by at most one, and so do the episodes of each stratum in each fold (strata: (E,) of any values).
    Raises DataError where there are fewer episodes than folds, or fewer than 2 folds.
    """
    if not 2 <= n_folds <= n_episodes:
        raise DataError(
            f"{n_folds} folds of {n_episodes} episodes cannot be made: record {max(2, n_folds)} episodes or more, "
            "or ask for between 2 folds and as many as there are episodes."
        )
    rng = np.random.default_rng(seed)
    groups = (
        np.zeros(n_episodes, dtype=int) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
    )
    shuffled = rng.permutation(n_episodes)
    dealt = shuffled[np.argsort(groups[shuffled], kind="stable")]  # a stratum after another, each in random order
    fold = np.empty(n_episodes, dtype=int)
    fold[dealt] = np.arange(n_episodes) % n_folds
    episodes = np.arange(n_episodes)
    return [(episodes[fold != test], episodes[fold == test]) for test in rng.permutation(n_folds)]


def rows_of(episodes: ArrayLike, recording: Recording) -> Array:
    """The rows of those episodes, episode after episode in the order given, (n,) int64."""
    chosen = np.asarray(episodes, dtype=np.int64)
    lengths = recording.episodes.length[chosen].astype(np.int64)
    ends = np.cumsum(lengths)
    starts = recording.episodes.start[chosen]
    rows: Array = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return rows
