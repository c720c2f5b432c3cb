"""What speech has to do with acts: speaker consistency, instantaneous coordination, causal influence tables.

Speaker consistency is I(own message; own action) (Jaques et al. 2019), instantaneous coordination I(message; another's
next action) (Lowe et al. 2019). Both look, and neither proves influence. `cic` measures it, for a listener whose answer
to each message is known because the message was put there.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr, xlogy

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import (
    corrected_information,
    jackknife_interval,
    mutual_information,
)
from commlab.foundation.statistics.information import count_pairs

__all__ = ["Shared", "Spoken", "agreement", "cic", "divergence", "pooled_information"]

LN2 = float(np.log(2))

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Spoken(NamedTuple):
    """What one speaker said, beside actions: codes with -1 where there is none."""

    said: Int64  # (E, T)
    action: Int64  # (E, T)
    common: Int64  # (E, T) said, -1 beyond the steps that all episodes which trade places have


class Shared(NamedTuple):
    """The mean information of several speakers, or pairs of a speaker and another, in bits."""

    corrected: float  # plug-in less the mean of its null
    interval: tuple[float, float] | None
    plug_in: float
    observed: float  # at common steps, less the mean of the draws: what they are compared with
    draws: Float64  # (n_draws,) at common steps, with episodes permuted, less their mean
    parts: tuple[float, ...]  # corrected, of each one


def cic(p_a_given_do_m: ArrayLike, q: ArrayLike) -> float:
    """The causal influence of communication in bits: sum_m q(m) KL(p(a | do m) || sum_m' q(m') p(a | do m')).

    `p_a_given_do_m` (M, A) holds the listener's action probabilities after each message, `q` (M,) the weight of each
    message. 0 for a listener that does not listen, at most H(q). Raises DataError where a row is no distribution.
    """
    answers, weights = np.asarray(p_a_given_do_m, dtype=np.float64), np.asarray(q, dtype=np.float64)
    if answers.ndim != 2 or weights.shape != answers.shape[:1]:
        raise DataError(
            f"A table (messages, actions) and a weight for each message, not {answers.shape}, {weights.shape}."
        )
    sums = np.append(answers.sum(1), weights.sum())
    if not np.allclose(sums, 1, atol=1e-6) or min(answers.min(), weights.min()) < 0:
        raise DataError(
            "Each message's action probabilities, and the messages' weights, must be 0 or more and sum to 1."
        )
    sent = weights > 0
    mean = weights @ answers
    return max(0.0, float(weights[sent] @ rel_entr(answers[sent], mean[None]).sum(1)) / LN2)


def pooled_information(spoken: Sequence[Spoken], permutations: Int64) -> Shared:
    """The mean over speakers, or pairs of a speaker and another, of I(message; action), less the mean of its null.

    One permutation of whole episodes (n_draws, E) serves all of them. The interval is a jackknife over episodes of the
    mean; the test compares what is said at the steps that all episodes of a stratum have.
    """
    found = [corrected_information(one.said, one.action, permutations) for one in spoken]
    corrected = float(np.mean([one.corrected for one in found]))
    draws = np.mean([permuted_information(one, permutations) for one in spoken], axis=0)
    observed = float(np.mean([permuted_information(one, np.arange(len(one.said))[None])[0] for one in spoken]))
    return Shared(
        corrected=corrected,
        interval=found[0].interval if len(found) == 1 else jackknife_of_means(spoken, corrected),
        plug_in=float(np.mean([one.plug_in for one in found])),
        observed=observed - float(draws.mean()),
        draws=draws - draws.mean(),
        parts=tuple(one.corrected for one in found),
    )


def permuted_information(spoken: Spoken, permutations: Int64) -> Float64:
    """The plug-in information of each permutation at common steps, (n_draws,)."""
    shape = int(spoken.said.max(initial=0)) + 1, int(spoken.action.max(initial=0)) + 1
    tables = (count_pairs(spoken.common, spoken.action[order], *shape) for order in permutations)
    return np.array([mutual_information(table) for table in tables])


def jackknife_of_means(spoken: Sequence[Spoken], estimate: float) -> tuple[float, float] | None:
    """The jackknife interval of a mean of informations about its corrected estimate."""
    left_out = np.mean([information_without_each(one.said, one.action) for one in spoken], axis=0)
    return jackknife_interval(estimate, left_out)


def information_without_each(x: Int64, y: Int64) -> Float64:
    """The plug-in information without each episode, (E,)."""
    shape = int(x.max(initial=0)) + 1, int(y.max(initial=0)) + 1
    known = (x >= 0) & (y >= 0)
    cells = np.where(known, x, 0) * shape[1] + np.where(known, y, 0)
    whole = np.bincount(cells[known], minlength=shape[0] * shape[1])
    values = np.empty(len(x))
    for episode in range(len(x)):
        own = np.bincount(cells[episode][known[episode]], minlength=whole.size)
        values[episode] = mutual_information((whole - own).reshape(shape))
    return values


def agreement(tables: Float64) -> float:
    """How often two speakers would say the same of the same thing, mean over pairs of speakers; NaN for under two.

    `tables` (A, M, K) counts each speaker's messages by meaning; a meaning weighs as often as the two have met it both.
    """
    return mean_over_pairs(tables, lambda one, other: (one * other).sum(0))


def divergence(tables: Float64) -> float:
    """The Jensen-Shannon divergence in bits between speakers' messages of the same thing, mean over pairs of speakers.

    0: one code; 1: not a message in common. `tables` as for `agreement`.
    """

    def jensen_shannon(one: Float64, other: Float64) -> Float64:
        mixed = (one + other) / 2
        spread = [-xlogy(share, share).sum(0) / LN2 for share in (mixed, one, other)]
        return np.asarray(spread[0] - (spread[1] + spread[2]) / 2)

    return mean_over_pairs(tables, jensen_shannon)


def mean_over_pairs(tables: Float64, compare: Any) -> float:
    """The mean over pairs of speakers of what `compare` gives for their shares (M, K), weighed over meanings."""
    found = []
    for first in range(len(tables)):
        for second in range(first + 1, len(tables)):
            met = tables[first].sum(0), tables[second].sum(0)
            both = (met[0] > 0) & (met[1] > 0)
            if both.any():
                shares = [tables[who][:, both] / met[place][both] for place, who in enumerate((first, second))]
                weights = np.minimum(met[0], met[1])[both]
                found.append(float(weights @ compare(*shares) / weights.sum()))
    return float(np.mean(found)) if found else float("nan")
