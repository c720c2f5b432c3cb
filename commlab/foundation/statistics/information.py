"""The information between two series of codes, corrected by its whole-episode permutation null, with its interval."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics.entropy import information_of_tables, miller_madow_information
from commlab.foundation.statistics.jackknife import jackknife_interval
from commlab.foundation.statistics.permutation import permutation_p_value

__all__ = ["Information", "corrected_information", "count_pairs", "count_pairs_by_episode"]

JACKKNIFE_DRAWS = 19  # null draws that the jackknife recomputes without each episode
CHUNK_CELLS = 1 << 22  # table cells held at once (32 MiB of float64)

Codes = NDArray[np.int64]  # (E, T) codes from 0 on, -1 where there is none


class Information(NamedTuple):
    """Mutual information between two series, in bits."""

    corrected: float  # plug-in minus the mean of its null draws: the headline
    interval: tuple[float, float] | None  # 95 %, jackknife over episodes; None with fewer than 2 episodes
    plug_in: float
    miller_madow: float
    p_value: float
    draws: NDArray[np.float64]  # (n_draws,) plug-in information with episodes permuted, at the observed number of pairs
    table: NDArray[np.int64]  # (n_x, n_y) counts


def corrected_information(x: Codes, y: Codes, permutations: NDArray[np.int64]) -> Information:
    """Information between `x` and `y`, (E, T) codes with -1 where there is none; pairs with a -1 are left out.

    `permutations` (n_draws, E) come from `draw_permutations`. The interval is a delete-one-episode jackknife of the
    corrected value: the null mean is recomputed without the episode too (on the first 19 draws).

    Where episodes that trade places differ in length, a draw has fewer pairs than were observed. Plug-in information
    that chance gives goes with 1 / pairs, so that each draw counts times its pairs over the observed ones (which makes
    the test one of G = 2 N I).
    """
    n_x, n_y = int(x.max(initial=0)) + 1, int(y.max(initial=0)) + 1
    table = count_pairs(x, y, n_x, n_y)
    plug_in = float(information_of_tables(table[None])[0])
    draws, n_pairs = null_information(x, y, permutations, (n_x, n_y))
    weights = n_pairs / max(int(table.sum()), 1)
    draws = draws * weights
    values = jackknife_values(x, y, permutations[:JACKKNIFE_DRAWS], (n_x, n_y), weights)
    corrected = plug_in - float(draws.mean())
    return Information(
        corrected=corrected,
        interval=jackknife_interval(corrected, values),
        plug_in=plug_in,
        miller_madow=miller_madow_information(table),
        p_value=permutation_p_value(plug_in, draws),
        draws=draws,
        table=table,
    )


def count_pairs(x: Codes, y: Codes, n_x: int, n_y: int) -> NDArray[np.int64]:
    """How often each pair of codes occurs together, (n_x, n_y); pairs with a -1 are left out."""
    return np.bincount(spare_x(x, n_x, n_y) + spare_y(y, n_y), minlength=(n_x + 1) * (n_y + 1)).reshape(
        n_x + 1, n_y + 1
    )[:n_x, :n_y]


def count_pairs_by_episode(x: Codes, y: Codes, n_x: int, n_y: int) -> NDArray[np.int64]:
    """The table of `count_pairs` for each episode, (E, n_x, n_y)."""
    cells = (n_x + 1) * (n_y + 1)
    codes = (spare_x(x, n_x, n_y) + spare_y(y, n_y)).reshape(x.shape) + np.arange(len(x))[:, None] * cells
    counts = np.bincount(codes.reshape(-1), minlength=len(x) * cells)
    return counts.reshape(len(x), n_x + 1, n_y + 1)[:, :n_x, :n_y]


def spare_x(x: Codes, n_x: int, n_y: int) -> Codes:
    """Offsets of the rows of a flat table with one spare row and column for what is missing."""
    return np.where(x < 0, n_x, x).reshape(-1) * (n_y + 1)


def spare_y(y: Codes, n_y: int) -> Codes:
    """Offsets of the columns of that table."""
    return np.where(y < 0, n_y, y).reshape(-1)


def null_information(
    x: Codes, y: Codes, permutations: NDArray[np.int64], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Plug-in information and pairs of each draw, (n_draws,): each episode's speech with the world of another."""
    n_x, n_y = shape
    rows = spare_x(x, n_x, n_y).reshape(x.shape)
    columns = spare_y(y, n_y).reshape(y.shape)
    cells = (n_x + 1) * (n_y + 1)
    values, n_pairs = np.empty(len(permutations)), np.empty(len(permutations), dtype=np.int64)
    for draw, permutation in enumerate(permutations):
        counts = np.bincount((rows + columns[permutation]).reshape(-1), minlength=cells)
        table = counts.reshape(1, n_x + 1, n_y + 1)[:, :n_x, :n_y]
        values[draw], n_pairs[draw] = information_of_tables(table)[0], table.sum()
    return values, n_pairs


def jackknife_values(
    x: Codes, y: Codes, permutations: NDArray[np.int64], shape: tuple[int, int], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The corrected information without each episode, (E,); in a draw the episode's speech and its world both leave.

    `weights` (n_draws or more,) are what each draw counts.
    """
    values = information_without_each(x, y, np.arange(len(x)), shape)
    nulls = [
        weight * information_without_each(x, y, permutation, shape)
        for permutation, weight in zip(permutations, weights, strict=False)
    ]
    return values - np.mean(nulls, axis=0) if nulls else values


def information_without_each(
    x: Codes, y: Codes, permutation: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Plug-in information of x with permuted y after episode e's x and episode e's y have been taken out, (E,)."""
    whole = count_pairs(x, y[permutation], *shape)
    inverse = np.argsort(permutation)  # the episode whose partner is e
    values = np.empty(len(x))
    for part in chunks(len(x), shape[0] * shape[1]):
        episodes = np.arange(len(x))[part]
        own = count_pairs_by_episode(x[episodes], y[permutation[episodes]], *shape)
        partner = count_pairs_by_episode(x[inverse[episodes]], y[episodes], *shape)
        partner[inverse[episodes] == episodes] = 0  # paired with itself: taken out once
        values[part] = information_of_tables(whole - own - partner)
    return values


def chunks(n_episodes: int, cells: int) -> Iterator[slice]:
    """Slices over the episodes whose tables fit in memory together."""
    size = max(1, CHUNK_CELLS // max(1, cells))
    for start in range(0, n_episodes, size):
        yield slice(start, min(start + size, n_episodes))
