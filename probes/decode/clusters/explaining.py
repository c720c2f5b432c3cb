"""What tells clusters apart: values that are more frequent in a cluster than elsewhere, against permuted episodes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import bca_interval

__all__ = ["Shares", "compare", "share_interval", "shares"]

LEAST_EPISODES = 5  # a cluster or a value that occurs in fewer is described, not tested

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Shares(NamedTuple):
    """How often each value goes with each cluster."""

    counts: Int64  # (K, V) rows
    share: Float64  # (K, V) P(value | cluster); NaN for a cluster without rows
    base: Float64  # (V,) P(value)
    n_episodes: Int64  # (K, V) episodes with such a row

    @property
    def lift(self) -> Float64:
        """P(value | cluster) / P(value), (K, V); NaN where it is undefined."""
        with np.errstate(invalid="ignore", divide="ignore"):
            lift: Float64 = self.share / self.base
        return lift


def shares(clusters: Int64, codes: Int64, shape: tuple[int, int]) -> Shares:
    """The shares of `codes` (E, T) in `clusters` (E, T), -1 where there is none; `shape` is (K, V)."""
    counts = count(clusters, codes, shape)
    both = (clusters >= 0) & (codes >= 0)
    episode = np.broadcast_to(np.arange(len(clusters))[:, None], clusters.shape)[both]
    met = np.zeros((len(clusters), *shape), dtype=bool)
    met[episode, clusters[both], codes[both]] = True
    share, base = normalised(counts)
    return Shares(counts, share, base, met.sum(0))


def compare(
    clusters: Int64, variables: Sequence[Int64], shapes: Sequence[tuple[int, int]], permutations: Int64
) -> list[Float64]:
    """The p-value of each (cluster, value) of each variable (E, T), corrected for all of them together.

    The statistic of a cell is P(value | cluster) - P(value), standardised by its mean and spread over the permutations
    and the data themselves; its p-value is the share of permutations whose largest cell of all is as large (the
    max-statistic, Westfall & Young 1993). The same permutations (n_draws, E) of whole episodes serve all variables, so
    that what clusters share with an episode's other steps is kept. NaN for cells in too few episodes to be tested.
    """
    scores = [
        standardised(differences(clusters, codes, shape, permutations), usable(clusters, codes, shape))
        for codes, shape in zip(variables, shapes, strict=True)
    ]
    largest = np.max([np.nanmax(score, axis=(1, 2), initial=0.0) for score in scores], axis=0)[1:]
    return [p_values(score[0], largest) for score in scores]


def share_interval(
    clusters: Int64, codes: Int64, cluster: int, value: int, rng: np.random.Generator
) -> tuple[float, float] | None:
    """The BCa interval over episodes of P(value | cluster)."""
    inside = (clusters == cluster) & (codes >= 0)
    sums = np.stack([(inside & (codes == value)).sum(1), inside.sum(1)], axis=1)
    return bca_interval(sums[sums[:, 1] > 0], ratio, rng, n_resamples=1000)


def ratio(sums: Float64) -> Float64:
    """The first sum over the second, NaN where that is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: Float64 = sums[:, 0] / sums[:, 1]
    return quotient


def count(clusters: Int64, codes: Int64, shape: tuple[int, int]) -> Int64:
    """How often each cluster meets each value, (K, V)."""
    n_values = shape[1] + 1  # a spare column and a spare row for what is missing
    flat = np.where(clusters < 0, shape[0], clusters) * n_values + np.where(codes < 0, shape[1], codes)
    table = np.bincount(flat.reshape(-1), minlength=(shape[0] + 1) * n_values)
    return table.reshape(shape[0] + 1, n_values)[: shape[0], : shape[1]]


def normalised(counts: Int64) -> tuple[Float64, Float64]:
    """P(value | cluster) (K, V), NaN for an empty cluster, and P(value) (V,)."""
    totals = counts.sum(1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = counts / totals
        base = counts.sum(0) / totals.sum()
    return share, base


def differences(clusters: Int64, codes: Int64, shape: tuple[int, int], permutations: Int64) -> Float64:
    """P(value | cluster) - P(value) in the data and then in each draw, (1 + n_draws, K, V)."""
    orders = [np.arange(len(clusters)), *permutations]
    found = []
    for order in orders:
        share, base = normalised(count(clusters, codes[order], shape))
        found.append(np.nan_to_num(share - base))
    return np.array(found)


def usable(clusters: Int64, codes: Int64, shape: tuple[int, int]) -> NDArray[Any]:
    """Which cells (K, V) have a cluster and a value that each occur in 5 episodes or more."""
    with_cluster = np.array([(clusters == cluster).any(1).sum() for cluster in range(shape[0])])
    with_value = np.array([(codes == value).any(1).sum() for value in range(shape[1])])
    return (with_cluster >= LEAST_EPISODES)[:, None] & (with_value >= LEAST_EPISODES)


def standardised(found: Float64, tested: NDArray[Any]) -> Float64:
    """The size of each difference in units of its spread, (1 + n_draws, K, V); NaN for cells that are not tested."""
    spread = found.std(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        score: Float64 = np.abs(found - found.mean(0)) / np.where(spread > 1e-12, spread, np.inf)
    score[:, ~tested] = np.nan
    return score


def p_values(score: Float64, largest: Float64) -> Float64:
    """(1 + draws whose largest cell is as large) / (1 + draws) for each cell."""
    reached = (largest[:, None, None] >= score - 1e-9).sum(0)
    return np.where(np.isnan(score), np.nan, (1 + reached) / (1 + len(largest)))
