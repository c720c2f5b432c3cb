"""Confounds: what a source may tell only because it follows from something simpler, and a test of what it adds.

The test is the generalised covariance measure (Shah & Peters 2020): what is left of the labels after the confounds is
multiplied with what is left of the source, step by step, and summed over each episode. Where the source adds nothing,
every episode's sum is as likely to have the other sign, so that flipping the signs of whole episodes gives the null. It
needs only one of the two regressions on the confounds to be right. Permuting episodes would not do here: it also
breaks the link between source and confounds, which the hypothesis leaves alone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.datasets.targets.blocks import label
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import permutation_p_value, sign_flip_draws
from commlab.probes.decode.linear import Design, fold_moments, inverse_covariance
from commlab.probes.decode.logistic import Parts, fit_weights, log_scores, smoothed
from commlab.probes.decode.prepared import Prepared
from commlab.probes.decode.rows import Rows
from commlab.probes.decode.sources import one_hot

__all__ = ["CONFOUNDS", "conditional_test", "confound_features"]

CONFOUNDS = ("own_position", "time")
TIME_BINS = 64  # one for each step of all but long episodes: a clock that speech and world share must not be left over
MAX_DIRECTIONS = 32  # of the source; the ones in which it varies most
N_FLIPS = 1999

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


def confound_features(recording: Recording, rows: Rows, names: Sequence[str]) -> Float32:
    """The confounds at the rows as features (N, D): indicators of classes and of parts of the time, and numbers.

    Raises TargetError for an unknown name and DataError where none of them varies.
    """
    parts = [time_features(rows) if name == "time" else target_features(recording, rows, name) for name in names]
    joined = np.hstack(parts)
    joined = joined[:, np.ptp(joined, axis=0) > 0]
    if joined.shape[1] == 0:
        raise DataError(f"The confounds {', '.join(names)} never vary here, so that there is nothing to gain over.")
    return joined


def time_features(rows: Rows) -> Float32:
    """Which part of the longest episode the step is in, and the step itself, (N, 1 + TIME_BINS)."""
    t = rows.slot // len(rows.agents)
    longest = int(t.max(initial=0)) + 1
    return np.hstack([(t / longest)[:, None].astype(np.float32), one_hot((t * TIME_BINS // longest)[:, None])])


def target_features(recording: Recording, rows: Rows, name: str) -> Float32:
    """A target's value at the rows, (N, …): indicators of its classes, or the number and whether there is one."""
    labels = label(recording, find_target(name, recording), rows.agents)
    values, valid = labels.values[rows.steps].reshape(-1), labels.valid[rows.steps].reshape(-1)
    if labels.names:
        return one_hot(np.where(valid, values.astype(np.int64) + 1, 0)[:, None])
    return np.stack([np.where(valid, values, 0), valid], axis=1).astype(np.float32)


def conditional_test(base: Design, source: Float32, data: Prepared, rng: np.random.Generator) -> float:
    """The p-value of "given the confounds, the source tells nothing about the labels".

    `base` holds the confounds; `source` (N, D) are the features. Both regressions are fitted to all rows: held-out ones
    would both err in a fold's mean, and few episodes would then look as if they agreed. A fit bends towards the rows
    that it sees, which makes residuals too small; what is flipped are therefore products with the source's residuals
    from a fit without the own episode, as in cluster-robust errors (Bell & McCaffrey 2002).
    """
    known = data.known
    confounds = base.features[known]
    moments = fold_moments(confounds, (slice(0, len(confounds)),), np.ones(len(confounds), dtype=bool))
    precision, variance = inverse_covariance(moments[0][0], moments[1][0], moments[2][0])
    left, episode = label_residuals(confounds, data, precision, variance), data.rows.episode[known]
    other = principal(source_residuals(confounds, source[known], precision))
    sums = episode_sums(other, left, episode)
    apart = episode_sums(without_own_episode(other, confounds, precision, episode), left, episode)
    scale = np.sqrt(np.square(apart).sum(0))
    scale = np.where(scale > 0, scale, 1.0)
    observed = float(np.square((sums / scale).mean(0)).sum())
    return permutation_p_value(observed, np.square(sign_flip_draws(apart / scale, rng, N_FLIPS)).sum(1))


def label_residuals(confounds: Float32, data: Prepared, precision: Float64, variance: Float64) -> Float64:
    """What the confounds leave of the known labels: (N, K) for classes, (N, 1) for numbers."""
    labels = data.labels[data.known]
    if not data.classes:
        return source_residuals(confounds, labels[:, None], precision)
    parts = Parts((slice(0, len(labels)),), np.ones((1, 1), dtype=bool))
    weights = fit_weights(confounds, parts, labels, len(data.classes), precision[None], variance[None])
    chances = np.exp(smoothed(log_scores(confounds, weights, 0), len(labels)).astype(np.float64)).T
    residuals: Float64 = (labels[:, None] == np.arange(len(data.classes))) - chances
    return residuals


def source_residuals(confounds: Float32, source: Array, precision: Float64) -> Float64:
    """What the confounds leave of features (N, D), by ridge regression."""
    centre, mean = confounds.mean(0, dtype=np.float64), source.mean(0, dtype=np.float64)
    slopes = precision @ ((confounds.T @ source).astype(np.float64) / len(source) - np.outer(centre, mean))
    residuals: Float64 = source - mean - (confounds - centre) @ slopes
    return residuals


def without_own_episode(
    residuals: Float64, confounds: Float32, precision: Float64, episode: NDArray[np.int64]
) -> Float64:
    """Residuals (N, P) of the ridge regression as they would be had each episode not been fitted to, (N, P).

    (I - Z_e A Z_e')^-1 r_e for the rows Z_e of each episode, by Woodbury's identity.
    """
    n_rows = len(confounds)
    design = np.hstack([np.ones((n_rows, 1)), confounds - confounds.mean(0, dtype=np.float64)])
    gram = np.zeros((design.shape[1], design.shape[1]))
    gram[0, 0] = n_rows
    gram[1:, 1:] = n_rows * np.linalg.inv(precision)
    apart = np.empty_like(residuals)
    for rows in episode_slices(episode):
        own = design[rows]
        pull = np.linalg.lstsq(gram - own.T @ own, own.T @ residuals[rows], rcond=None)[0]
        apart[rows] = residuals[rows] + own @ pull
    return apart


def episode_slices(episode: NDArray[np.int64]) -> list[slice]:
    """The rows of each episode, one after another."""
    starts = np.flatnonzero(np.diff(episode, prepend=-1))
    return [slice(a, b) for a, b in zip(starts, np.append(starts[1:], len(episode)), strict=True)]


def episode_sums(other: Float64, left: Float64, episode: NDArray[np.int64]) -> Float64:
    """The products of both residuals, summed over the rows of each episode that has some, (E, P K)."""
    return np.stack([(other[rows].T @ left[rows]).reshape(-1) for rows in episode_slices(episode)])


def principal(residuals: Float64) -> Float64:
    """The residuals along the MAX_DIRECTIONS in which they vary most, of scaled features, (N, P)."""
    scale = residuals.std(0)
    scaled: Float64 = residuals / np.where(scale > 1e-9, scale, np.inf)
    if scaled.shape[1] <= MAX_DIRECTIONS:
        return scaled
    _, axes = np.linalg.eigh(scaled.T @ scaled)
    turned: Float64 = scaled @ axes[:, -MAX_DIRECTIONS:]
    return turned
