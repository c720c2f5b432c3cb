"""Positive listening (Eccles et al. 2019) as a measure: how far what is heard moves the next action, against silence.

sum_a |p(a given what was heard) - p(a given silence)|, between 0 and 2, at steps at which something was heard. It says
that hearing anything matters, not that it matters what: a listener that takes messages for a clock has it, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.result import Result, undefined
from commlab.foundation.statistics import bca_interval
from commlab.probes.cause.evidence.answers import Answers

__all__ = ["fit", "positive_listening"]

UNIT = "sum of differences of probabilities (0 to 2)"


def positive_listening(hearing: ArrayLike, deaf: ArrayLike) -> NDArray[np.float64]:
    """Return sum_a |p(a) - q(a)| of each row: policies (N, n_actions) with, and without, what was heard; (N,)."""
    with_it, without = np.asarray(hearing, dtype=np.float64), np.asarray(deaf, dtype=np.float64)
    moved: NDArray[np.float64] = np.abs(with_it - without).sum(axis=-1)
    return moved


def fit(answers: Answers, seed: int = 0) -> Result:
    """Return the mean over moments at which a listener carried nothing and heard something, with its interval."""
    something = np.asarray(answers.repertoire.messages.any(axis=1))
    heard = answers.where(answers.free & (answers.heard >= 0) & something[answers.heard])
    if not len(heard):
        return undefined("positive listening", "positive-listening", UNIT, "listeners that carry nothing hear nothing")
    moved = positive_listening(heard.natural, heard.unheard)
    sums = by_episode(moved, heard.episode)
    estimate = float(moved.mean())
    return Result(
        analysis="positive-listening",
        name="positive-listening",
        estimate=estimate,
        unit=UNIT,
        interval=bca_interval(sums, lambda total: total[:, 0] / total[:, 1], np.random.default_rng(seed)),
        null=None,
        p_value=None,
        n_episodes=len(sums),
        sentence=(
            f"What listeners hear moves the probabilities of their next action by {estimate:.2f} of 2, "
            f"against hearing nothing."
        ),
        details={"n_moments": len(heard)},
    )


def by_episode(values: NDArray[np.float64], episode: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each episode adds to the sum of values (N,), and to their number: (E, 2)."""
    which = np.unique(episode, return_inverse=True)[1]
    return np.stack([np.bincount(which, values), np.bincount(which)], axis=1)
