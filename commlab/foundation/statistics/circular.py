"""The circular shift: a second null, which keeps an episode's own labels and turns them round in time.

Valid only where nothing but time within the episode links the two series: each must be stationary and the target must
move. Two series that share a clock, or drift from the episode's start to its end, are "related" to it at once; whole
episodes permuted at equal t have no such fault and stay the default. A target that is constant within episodes stays
what it is under every shift, so that the shift cannot test it.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError

__all__ = ["SHIFT_METHOD", "draw_shifts", "moving_share", "shift_series"]

SHIFT_METHOD = "circular shift within episodes"
ENOUGH = 0.5  # share of the episodes in which the target must move

Int64 = NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)


def draw_shifts(lengths: Int64, n_draws: int, rng: np.random.Generator) -> Int64:
    """(n_draws, E) shifts in steps, each uniform over 0 to the episode's length - 1, so that all turns are alike."""
    steps = np.maximum(np.asarray(lengths, dtype=np.int64), 1)
    return rng.integers(0, steps, (n_draws, steps.size))


def shift_series(series: NDArray[Kind], lengths: Int64, shifts: Int64, n_lanes: int = 1) -> NDArray[Kind]:
    """Each episode of `series` (E, T) turned by its shift (E,) steps: step t takes step (t + shift) mod length.

    T are slots t * n_lanes + lane; what lies after an episode's end stays there.
    """
    slots = np.arange(series.shape[1])
    step = slots // n_lanes
    steps = np.asarray(lengths, dtype=np.int64)[:, None]
    turned = np.where(step < steps, (step + shifts[:, None]) % np.maximum(steps, 1), step)
    return np.take_along_axis(series, turned * n_lanes + slots % n_lanes, axis=1)


def moving_share(codes: Int64, name: str, n_lanes: int = 1) -> float:
    """The share of episodes in which `codes` (E, T), -1 for none, takes two values or more in some lane.

    Raises DataError where it is under a half: a shift leaves such a target as it is.
    """
    lanes = codes.reshape(len(codes), -1, n_lanes)
    highest = lanes.max(axis=1)
    lowest = np.where(lanes < 0, highest[:, None], lanes).min(axis=1)
    there = (codes >= 0).any(axis=1)
    moves = (highest != lowest).any(axis=1)
    share = float(moves[there].mean()) if there.any() else 0.0
    if share < ENOUGH:
        raise DataError(
            f"{name} keeps one value within {100 * (1 - share):.0f} % of the episodes, so that a circular shift leaves "
            "it as it is and tests nothing: take whole episodes permuted, the default null."
        )
    return share
