"""Shares of steps by place and mean steps from each place, with intervals over episodes, and what tells two apart."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, ndtri, stdtrit

from commlab.foundation.statistics import jackknife_interval, max_statistic
from commlab.foundation.statistics.information import count_pairs, count_pairs_by_episode

__all__ = ["LEAST_EPISODES", "Departures", "Flow", "Means", "Occupancy", "departures", "flow", "means", "occupancy"]

LEAST_EPISODES = 5  # of a place, or of a value: in fewer nothing is tested
CHUNK_CELLS = 1 << 22  # table cells held at once
RIDGE = 1e-9  # square cells, so that steps that never differ have a direction still
Z = float(ndtri(0.975))

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Occupancy(NamedTuple):
    """How often the places that were visited at all were, P of them."""

    place: Int64  # (P,)
    times: Int64  # (P,) rows
    share: Float64  # (P,) of the rows
    low: Float64  # (P,) 95 % interval over episodes; NaN with a single episode
    high: Float64  # (P,)
    n_rows: int
    n_episodes: int


class Means(NamedTuple):
    """The mean of two numbers in each group that has rows, Q of them."""

    group: Int64  # (Q,)
    times: Int64  # (Q,) rows
    mean: Float64  # (Q, 2)
    covariance: Float64  # (Q, 2, 2) of the mean, over episodes; NaN with a single episode
    n_episodes: Int64  # (Q,)


class Flow(NamedTuple):
    """The mean step from each square that was left at all, Q of them."""

    square: Int64  # (Q,)
    times: Int64  # (Q,) steps
    mean: Float64  # (Q, 2) rows and columns a step
    error: Float64  # (Q, 2) standard errors over episodes; NaN with a single episode
    clear: Bool  # (Q,) the 95 % region of the mean leaves out standing still, by itself; 5 episodes or more


class Departures(NamedTuple):
    """How far the occupancy at each of G values is from that at all of them, as a share of steps."""

    distance: Float64  # (G,) total variation, as counted
    excess: Float64  # (G,) less the mean of its null
    interval: list[tuple[float, float] | None]  # (G,) of the excess, jackknife over episodes
    null: Float64  # (n_draws, G) total variation with episodes permuted, less its mean
    p_values: Float64  # (G,) over all values together; NaN for those in too few episodes
    cell_p_values: Float64  # (G, C) over all values and places together; NaN for those in too few episodes
    difference: Float64  # (G, C) P(place | value) - P(place)


def occupancy(episode: Int64, place: Int64) -> Occupancy:
    """The shares of the rows' places, each row (N,) with its episode and its place.

    The share is a ratio of sums over episodes; its variance is that of the delete-one jackknife to first order, and its
    interval Wilson's at the number of rows that would have that variance if they were independent (Korn & Graubard
    1998, with Wilson's interval for theirs), so that it stays within 0 and 1.
    """
    places, at = np.unique(place, return_inverse=True)
    numbers, of = np.unique(episode, return_inverse=True)
    n, n_places = len(numbers), len(places)
    total = np.bincount(of, minlength=n).astype(np.float64)
    pair, counted = np.unique(of * np.int64(n_places) + at, return_counts=True)
    which, where = pair // max(n_places, 1), pair % max(n_places, 1)
    count = np.bincount(where, weights=counted, minlength=n_places)
    squares = np.bincount(where, weights=counted.astype(np.float64) ** 2, minlength=n_places)
    crossed = np.bincount(where, weights=counted * total[which], minlength=n_places)
    share = count / max(total.sum(), 1.0)
    spread = np.maximum(squares - 2 * share * crossed + share**2 * (total**2).sum(), 0.0)
    low, high = share_interval(share, spread / max(total.sum(), 1.0) ** 2, n)
    return Occupancy(places, count.astype(np.int64), share, low, high, len(place), n)


def share_interval(share: Float64, variance: Float64, n: int) -> tuple[Float64, Float64]:
    """Wilson's interval of shares (P,) whose sums of squared deviations over n episodes are given; NaN for n < 2."""
    if n < 2:
        return np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    t = float(stdtrit(n - 1, 0.975))
    spread = np.maximum(variance * n / (n - 1), 1e-15)
    size = np.where((share > 0) & (share < 1), share * (1 - share) / spread * (Z / t) ** 2, float(n))
    middle = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def flow(episode: Int64, square: Int64, step: Float64) -> Flow:
    """The mean step (rows, columns) from each square, of rows with their episode, square (N,) and step (N, 2).

    It is clear where Hotelling's T^2 of the episodes' sums puts standing still outside of its 95 % region.
    """
    found = means(episode, square, step)
    error = np.sqrt(np.maximum(np.diagonal(found.covariance, axis1=1, axis2=2), 0.0))
    clear = is_clear(found.mean, found.covariance, found.n_episodes)
    return Flow(found.group, found.times, found.mean, error, clear)


def means(episode: Int64, group: Int64, values: Float64) -> Means:
    """The mean of the values (N, 2) of each group's rows, (N,), as a ratio of sums over their episodes, (N,)."""
    groups, at = np.unique(group, return_inverse=True)
    size = len(groups)
    pair, of = np.unique(episode.astype(np.int64) * max(size, 1) + at, return_inverse=True)
    where = pair % max(size, 1)
    n = np.bincount(of).astype(np.float64)
    summed = np.stack([np.bincount(of, weights=values[:, axis]) for axis in (0, 1)], axis=1)
    times = np.asarray(np.bincount(where, weights=n, minlength=size), dtype=np.float64)
    sums = np.stack([np.bincount(where, weights=summed[:, axis], minlength=size) for axis in (0, 1)], axis=1)
    mean = np.asarray(sums / np.maximum(times, 1.0)[:, None], dtype=np.float64)
    n_episodes = np.bincount(where, minlength=size).astype(np.int64)
    covariance = covariances(summed - mean[where] * n[:, None], where, n_episodes, times)
    return Means(groups, times.astype(np.int64), mean, covariance, n_episodes)


def covariances(deviation: Float64, where: Int64, n_episodes: Int64, count: Float64) -> Float64:
    """The covariance of each square's mean, (Q, 2, 2), from each episode's deviation there; NaN for one episode."""
    size = len(count)
    products = np.empty((size, 2, 2))
    for i in (0, 1):
        for j in (0, 1):
            products[:, i, j] = np.bincount(where, weights=deviation[:, i] * deviation[:, j], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(n_episodes > 1, n_episodes / (n_episodes - 1.0), np.nan) / np.maximum(count, 1.0) ** 2
    scaled: Float64 = products * scale[:, None, None]
    return scaled


def is_clear(mean: Float64, covariance: Float64, n_episodes: Int64) -> Bool:
    """Whether standing still is outside of each mean's 95 % region, (Q,); never with fewer than 5 episodes."""
    clear = np.zeros(len(mean), dtype=bool)
    for place in np.flatnonzero(n_episodes >= LEAST_EPISODES):
        n = int(n_episodes[place])
        t2 = float(mean[place] @ np.linalg.solve(covariance[place] + RIDGE * np.eye(2), mean[place]))
        clear[place] = t2 * (n - 2) / (2 * (n - 1)) > fdtri(2, n - 2, 0.95)
    return clear


def departures(values: Int64, places: Int64, permutations: Int64) -> Departures:
    """How far apart occupancies are, from `values` and `places` (E, slots), -1 for none, and permutations (n, E).

    The distance is total variation between the shares of places at a value and at all values together: the share of
    steps that would have to be elsewhere for the two to be alike. In a draw each episode has the values of another at
    equal t. p-values come from the max-statistic, of distances over values and of single places over values and places.
    """
    shape = int(values.max(initial=0)) + 1, int(places.max(initial=0)) + 1
    orders = [np.arange(len(values)), *permutations]
    differences = np.stack([difference(count_pairs(values[order], places, *shape)) for order in orders])
    distance = np.abs(differences).sum(axis=2) / 2
    usable = n_episodes_of(values, shape[0]) >= LEAST_EPISODES
    cells = usable[:, None] & (n_episodes_of(places, shape[1]) >= LEAST_EPISODES)
    null = distance[1:]
    mean = null.mean(axis=0)
    without = without_each(values, places, shape)
    excess = distance[0] - mean
    intervals = [
        jackknife_interval(float(excess[value]), without[:, value] - mean[value]) if usable[value] else None
        for value in range(shape[0])
    ]
    return Departures(
        distance[0], excess, intervals, null - mean, tested(distance[0], null, usable),
        tested(np.abs(differences[0]), np.abs(differences[1:]), cells), differences[0],
    )  # fmt: skip


def n_episodes_of(codes: Int64, n: int) -> Int64:
    """In how many episodes each of n codes occurs, of codes (E, slots), -1 for none."""
    episode, slot = np.nonzero(codes >= 0)
    pairs = np.unique(episode * np.int64(n) + codes[episode, slot])
    return np.bincount(pairs % n, minlength=n)


def difference(counts: Int64) -> Float64:
    """P(place | value) - P(place) of counts (…, G, C); 0 for a value without rows."""
    total = counts.sum(axis=-1, keepdims=True)
    share = counts / np.maximum(total, 1)
    base = counts.sum(axis=-2, keepdims=True) / np.maximum(total.sum(axis=-2, keepdims=True), 1)
    apart: Float64 = np.where(total > 0, share - base, 0.0)
    return apart


def tested(observed: Float64, draws: Float64, usable: Bool) -> Float64:
    """Family-wise p-values of the usable statistics; NaN for the others."""
    p_values = np.full(observed.shape, np.nan)
    if usable.any():
        p_values[usable] = max_statistic(observed[usable], draws[:, usable]).p_values
    return p_values


def without_each(values: Int64, places: Int64, shape: tuple[int, int]) -> Float64:
    """The distance of each value without each episode, (E, G)."""
    whole = count_pairs(values, places, *shape)
    size = max(1, CHUNK_CELLS // (shape[0] * shape[1]))
    parts = []
    for start in range(0, len(values), size):
        own = count_pairs_by_episode(values[start : start + size], places[start : start + size], *shape)
        parts.append(np.abs(difference(whole - own)).sum(axis=2) / 2)
    return np.concatenate(parts)
