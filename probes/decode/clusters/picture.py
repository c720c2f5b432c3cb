"""A picture of clusters: rows laid out in the plane by UMAP (McInnes 2018), which draws and never tests."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.clusters.forming import Model, reduce

__all__ = ["MOST_POINTS", "picture"]

MOST_POINTS = 3000
NEIGHBOURS = 15


def picture(model: Model, matrix: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """The plane coordinates of at most 3,000 of the rows (N, D), and their clusters (from 1; 0 is noise)."""
    rows = np.sort(np.random.default_rng([seed, 26]).permutation(len(matrix))[:MOST_POINTS])
    points = reduce(model, matrix[rows])
    plane = umap_plane(points, seed) if len(points) > NEIGHBOURS + 1 and points.shape[1] > 1 else flat(points)
    return {
        "method": f"UMAP, {NEIGHBOURS} neighbours, seed {seed}",
        "x": np.round(plane[:, 0], 3),
        "y": np.round(plane[:, 1], 3),
        "cluster": labels[rows] + 1,
        "n_rows": len(matrix),
    }


def umap_plane(points: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """UMAP's two coordinates of each point, (N, 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of parts that are not connected, of TensorFlow: nothing that a reader can mend
        from umap import UMAP

        placed = UMAP(n_neighbors=NEIGHBOURS, random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(placed, dtype=np.float64)


def flat(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first two components, where there are too few points or dimensions for UMAP."""
    padded = np.pad(points.astype(np.float64), ((0, 0), (0, max(0, 2 - points.shape[1]))))
    return padded[:, :2]
