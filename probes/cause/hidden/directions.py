"""Directions in hidden states: differences of means, erasers, and random ones of the same size.

Difference of means: Marks & Tegmark 2023 (2310.06824). LEACE: Belrose et al. 2023 (2306.03819), theorem 4.3, as the
package concept-erasure fits it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Eraser
from commlab.probes.cause.hidden.states import States

__all__ = [
    "Means",
    "Scaled",
    "as_far",
    "displaced",
    "fit_eraser",
    "fit_means",
    "matched",
    "part_of",
    "random_means",
    "random_part",
    "scaled",
    "unit",
]

SMALLEST = 1e-12

Float64 = NDArray[np.float64]


class Scaled(NamedTuple):
    """An eraser that moves states as far as another."""

    eraser: Eraser
    share: float  # of what was erased at random, that was
    n_random: int  # targets of other episodes that were erased at random


class Means(NamedTuple):
    """The mean hidden state at each value of a target."""

    means: Float64  # (K, H)
    n: NDArray[np.int64]  # (K,) steps

    def between(self, own: NDArray[np.int64], wanted: NDArray[np.int64]) -> Float64:
        """Return what leads from each value (n,) to another (n,), (n, H)."""
        led: Float64 = self.means[wanted] - self.means[own]
        return led


def fit_means(states: States) -> Means:
    """Return the mean hidden state at each value, over all steps that have it."""
    known = states.known
    vectors, value = states.vectors[known].astype(np.float64), states.value[known]
    n = np.bincount(value, minlength=len(states.names))
    sums = np.zeros((len(states.names), vectors.shape[1]))
    np.add.at(sums, value, vectors)
    return Means(sums / np.maximum(n, 1)[:, None], n)


def random_means(means: Means, rng: np.random.Generator) -> Means:
    """Return means drawn at random: directions between them are even in all directions, their size means nothing."""
    return means._replace(means=rng.normal(size=means.means.shape))


def unit(vectors: Float64) -> Float64:
    """Return vectors (n, H) of length 1 that point where these do; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Float64 = np.where(length > SMALLEST, vectors / np.maximum(length, SMALLEST), 0.0)
    return scaled


def matched(vectors: Float64, like: Float64) -> Float64:
    """Return vectors (n, H) as long as those of `like` (n, H)."""
    scaled: Float64 = unit(vectors) * np.linalg.norm(like, axis=1, keepdims=True)
    return scaled


def fit_eraser(states: States, *beside: States) -> Eraser:
    """Return the LEACE eraser of the target: no linear probe can then read it from states like these.

    What stands `beside` is erased with it: other values of the same rows. Rows without a value of one of them count as
    having none of it.
    """
    import torch

    with warnings.catch_warnings():  # of torch.jit.script, which the package uses as it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        from concept_erasure import LeaceFitter

    known = np.logical_or.reduce([one.known for one in (states, *beside)])
    vectors = torch.from_numpy(states.vectors[known].astype(np.float64))
    values = torch.from_numpy(np.hstack([_indicators(one)[known] for one in (states, *beside)]))
    fitter = LeaceFitter(vectors.shape[1], values.shape[1], dtype=torch.float64)
    found = fitter.update(vectors, values).eraser
    assert found.bias is not None
    parts = (found.proj_left, found.proj_right, found.bias)
    left, right, bias = (part.numpy().astype(np.float32) for part in parts)
    return Eraser(left, right, bias)


def _indicators(states: States) -> Float64:
    """Return a column for each value, (N, K); rows without a value are rows of zeros."""
    indicators: Float64 = np.eye(len(states.names) + 1, len(states.names))[states.value]  # NO_VALUE takes the last row
    return indicators


def part_of(eraser: Eraser, vectors: Float64) -> Float64:
    """Return the part of vectors (n, H) that an eraser takes out, its bias left aside."""
    left, right = (np.asarray(matrix, dtype=np.float64) for matrix in (eraser.left, eraser.right))
    part: Float64 = vectors @ right.T @ left.T
    return part


def random_part(rank: int, size: int, rng: np.random.Generator) -> Eraser:
    """Return the orthogonal projection onto a random subspace of `rank` of H = `size` dimensions, as an eraser."""
    basis, _ = np.linalg.qr(rng.normal(size=(size, rank)))
    return Eraser(basis.astype(np.float32), basis.T.astype(np.float32), np.zeros(size, np.float32))


def scaled(eraser: Eraser, factor: float) -> Eraser:
    """Return an eraser that moves states `factor` times as far."""
    return eraser._replace(left=np.asarray(eraser.left, dtype=np.float32) * np.float32(factor))


def as_far(states: States, far: float, beside: Sequence[States], first: States | None = None) -> Scaled:
    """Return an eraser that moves `states` as far, the root of the mean square.

    It takes `first` out wholly, and as much of the next ones `beside` (all of rows of their own) as is left to move:
    as many of them together as it takes, in part. Nothing is ever moved beyond where it is erased, for that would swing
    wider at every step of a recurrent state. Where `first` alone moves states farther, it stays as it is.
    """
    known = states.vectors[states.known].astype(np.float64)
    size = known.shape[1]
    whole = fit_eraser(first or beside[0])
    taken = _matrix(whole) if first else np.zeros((size, size))
    away = known - np.asarray(whole.bias, dtype=np.float64)
    gone = away @ taken.T
    share, n, joint = 0.0, 0, taken
    while np.square(away @ joint.T).sum(axis=1).mean() < far**2 and n < len(beside):
        n += 1
        joint = _matrix(fit_eraser(*([first] if first else []), *beside[:n]))
    if n:
        share = min(1.0, _factor(gone, away @ (joint - taken).T, far))
    mixed = taken + share * (joint - taken)
    return Scaled(Eraser(mixed.astype(np.float32), np.eye(size, dtype=np.float32), whole.bias), share, n)


def _matrix(eraser: Eraser) -> Float64:
    """Return what an eraser takes out as a matrix (H, H)."""
    taken: Float64 = np.asarray(eraser.left, np.float64) @ np.asarray(eraser.right, np.float64)
    return taken


def _factor(gone: Float64, more: Float64, far: float) -> float:
    """Return what `more` (n, H) must be scaled by for `gone` + more to be `far` long, the root of the mean square."""
    square = float(np.square(more).sum(axis=1).mean())
    along = float((gone * more).sum(axis=1).mean())
    missing = far**2 - float(np.square(gone).sum(axis=1).mean())
    if square < SMALLEST:
        return float("inf")
    return (float(np.sqrt(along**2 + square * missing)) - along) / square


def displaced(eraser: Eraser, states: States) -> float:
    """Return how far an eraser moves a state, the root of the mean square."""
    vectors = states.vectors[states.known].astype(np.float64) - np.asarray(eraser.bias, dtype=np.float64)
    return float(np.sqrt(np.square(part_of(eraser, vectors)).sum(axis=1).mean()))
