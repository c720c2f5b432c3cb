"""The information between two series of codes given a third, corrected by its null, with its interval."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from commlab.foundation.statistics.conditional_draws import draw_series, prepare_transfer
from commlab.foundation.statistics.entropy import LN2
from commlab.foundation.statistics.jackknife import jackknife_interval
from commlab.foundation.statistics.permutation import Strata, draw_permutations, permutation_p_value, refine_strata

__all__ = ["Conditional", "conditional_information"]

JACKKNIFE_DRAWS = 19  # null draws that the jackknife recomputes without each episode
SMALLEST_GROUP = 10  # episodes of each value of z, where z is constant within episodes, for permuting within values
WITHIN, ANEW = "whole episodes permuted within strata", "speech drawn anew given the condition"

Codes = NDArray[np.int64]  # (E, T) codes from 0 on, -1 where there is none
Float64 = NDArray[np.float64]


class Conditional(NamedTuple):
    """I(x; y given z), in bits."""

    corrected: float  # plug-in minus the mean of its null draws: the headline
    interval: tuple[float, float] | None  # 95 %, jackknife over episodes; None with fewer than 2 episodes
    plug_in: float
    p_value: float
    draws: Float64  # (n_draws,) plug-in values under the null
    method: str  # which null: WITHIN or ANEW
    shrinkages: tuple[float, float] | None  # of P(x given z, t) towards simpler models, in steps; None for WITHIN


class Triples(NamedTuple):
    """The codes of the N steps at which all three are there."""

    x: Codes
    y: Codes
    z: Codes
    episode: Codes


def conditional_information(
    x: Codes, y: Codes, z: Codes, strata: Strata, n_draws: int, rng: np.random.Generator, n_lanes: int = 1
) -> Conditional:
    """I(x; y given z) of codes (E, T) with -1 where there is none; steps with a -1 are left out.

    T are slots: t * n_lanes + agent. Where z is constant within every episode and each of its values has 10 episodes
    of a stratum, whole episodes are permuted within strata and values of z. Elsewhere x is drawn anew given z and t
    (see conditional_draws): then the null says that at each t, x tells nothing about y beyond z. That needs a model
    of P(x given z, t); docs/calibration.md has its false-positive rates. The interval is a delete-one jackknife
    of the corrected value over episodes, with the null's mean recomputed on the first 19 draws.
    """
    series, shrinkages = null_series(x, y, z, strata, n_draws, rng, n_lanes)
    observed = triples(x, y, z)
    plug_in = float(information_given(observed))
    draws = np.empty(n_draws)
    left_out = np.zeros(len(x))
    n_kept = min(n_draws, JACKKNIFE_DRAWS)
    for draw, (x_null, y_null, z_null) in enumerate(series):
        found = triples(x_null, y_null, z_null)
        draws[draw] = information_given(found)
        if draw < n_kept:
            left_out += without_each(found, len(x)) / n_kept
    corrected = plug_in - float(draws.mean())
    return Conditional(
        corrected=corrected,
        interval=jackknife_interval(corrected, without_each(observed, len(x)) - left_out),
        plug_in=plug_in,
        p_value=permutation_p_value(plug_in, draws),
        draws=draws,
        method=WITHIN if shrinkages is None else ANEW,
        shrinkages=shrinkages,
    )


def null_series(
    x: Codes, y: Codes, z: Codes, strata: Strata, n_draws: int, rng: np.random.Generator, n_lanes: int
) -> tuple[Iterator[tuple[Codes, Codes, Codes]], tuple[float, float] | None]:
    """The draws of (x, y, z) under the null, and the shrinkages of the model that they needed, if any."""
    value = constant_within(z)
    if value is not None:
        refined = refine_strata(strata, value)
        if np.bincount(refined.stratum)[refined.stratum].min() >= SMALLEST_GROUP:
            permutations = draw_permutations(refined, n_draws, rng)
            return ((x, y[permutation], z[permutation]) for permutation in permutations), None
    permutations = draw_permutations(strata, n_draws, rng)
    transfer = prepare_transfer(x, z, lengths_of(x, z, n_lanes), n_lanes, rng)
    return ((draw_series(transfer, permutation, rng), y, z) for permutation in permutations), transfer.shrinkages


def constant_within(z: Codes) -> Codes | None:
    """The value of z in each episode (E,), or None where it varies within one or one has none."""
    highest = z.max(axis=1, initial=-1)
    lowest = np.where(z < 0, highest[:, None], z).min(axis=1, initial=np.iinfo(np.int64).max)
    return highest if np.array_equal(highest, lowest) and np.all(highest >= 0) else None


def lengths_of(x: Codes, z: Codes, n_lanes: int) -> Codes:
    """Steps up to the last one at which an episode has anything, (E,)."""
    there = (x >= 0) | (z >= 0)
    last = there.shape[1] - np.argmax(there[:, ::-1], axis=1)
    return np.where(there.any(axis=1), (last + n_lanes - 1) // n_lanes, 1).astype(np.int64)


def triples(x: Codes, y: Codes, z: Codes) -> Triples:
    """The steps at which all three are there."""
    episode, slot = np.nonzero((x >= 0) & (y >= 0) & (z >= 0))
    return Triples(x[episode, slot], y[episode, slot], z[episode, slot], episode.astype(np.int64))


def margins(found: Triples) -> tuple[tuple[int, Codes], ...]:
    """The four tables that conditional information is a sum over, each with its sign, as flat cells (N,)."""
    n_x, n_y = int(found.x.max(initial=0)) + 1, int(found.y.max(initial=0)) + 1
    pair = found.z * n_x + found.x
    return (1, pair * n_y + found.y), (-1, pair), (-1, found.z * n_y + found.y), (1, found.z)


def information_given(found: Triples) -> float:
    """Plug-in I(x; y given z) in bits: H(x, z) + H(y, z) - H(x, y, z) - H(z); 0 where there is nothing."""
    total = max(found.x.size, 1)
    nats = 0.0
    for sign, cells in margins(found):
        counts = np.bincount(cells)
        nats += sign * float(xlogy(counts, counts).sum())
    return max(0.0, nats / total / LN2)


def without_each(found: Triples, n_episodes: int) -> Float64:
    """Plug-in I(x; y given z) without each episode, (E,)."""
    nats = np.zeros(n_episodes)
    for sign, cells in margins(found):
        nats += sign * sums_without_each(cells, found.episode, n_episodes)
    remaining = found.x.size - np.bincount(found.episode, minlength=n_episodes)
    return np.maximum(nats / np.maximum(remaining, 1) / LN2, 0.0)


def sums_without_each(cells: Codes, episode: Codes, n_episodes: int) -> Float64:
    """The sum of n log n over cells after each episode's own counts have been taken out, (E,)."""
    counts = np.bincount(cells)
    whole = xlogy(counts, counts)
    size = counts.size
    touched, own = np.unique(episode * size + cells, return_counts=True)
    here = touched % size if size else touched
    left = counts[here] - own
    change = xlogy(left, left) - whole[here]
    sums: Float64 = whole.sum() + np.bincount(touched // max(size, 1), weights=change, minlength=n_episodes)
    return sums
