"""Ways: which places a walker crosses when it takes a shortest way to another one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["on_the_way", "walking_distances"]

FAR = 1 << 20  # steps to where nobody gets within the steps looked at


def on_the_way(
    blocked: NDArray[np.bool_], start: NDArray[np.int64], goal: NDArray[np.int64], places: NDArray[np.int64], most: int
) -> NDArray[np.bool_]:
    """Return whether each place (P, 2) lies on a shortest way from `start` (n, 2) to `goal` (n, 2), (n, P).

    `blocked` (n, H, W) are cells that cannot be walked into; ways longer than `most` steps are not looked for. A goal
    lies on the way to itself.
    """
    out, back = walking_distances(blocked, start, most), walking_distances(blocked, goal, most)
    rows = np.arange(len(start))
    whole = out[rows, goal[:, 0], goal[:, 1]]
    through = out[:, places[:, 0], places[:, 1]] + back[:, places[:, 0], places[:, 1]]
    lies: NDArray[np.bool_] = (through == whole[:, None]) & (whole[:, None] < FAR)
    return lies


def walking_distances(blocked: NDArray[np.bool_], start: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return in how many steps (north, east, south or west) each cell is reached from `start`, FAR beyond `most`."""
    rows = np.arange(len(start))
    steps = np.full(blocked.shape, FAR)
    front = np.zeros(blocked.shape, np.bool_)
    front[rows, start[:, 0], start[:, 1]] = True
    steps[front] = 0
    for taken in range(1, most + 1):
        near = np.zeros_like(front)
        near[:, 1:] |= front[:, :-1]
        near[:, :-1] |= front[:, 1:]
        near[:, :, 1:] |= front[:, :, :-1]
        near[:, :, :-1] |= front[:, :, 1:]
        front = near & ~blocked & (steps == FAR)
        if not front.any():
            break
        steps[front] = taken
    return steps
