"""Clusters are formed: columns scaled, reduced by PCA, grouped by k-means or HDBSCAN; other rows join the nearest."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError

__all__ = [
    "METHODS",
    "NOISE",
    "STRONG",
    "Choice",
    "Model",
    "Recipe",
    "assign",
    "choose_k",
    "form",
    "one_thread",
    "reduce",
    "stability",
]

METHODS = ("kmeans", "hdbscan")
NOISE = -1  # a row that belongs to no cluster
N_COMPONENTS = 20
STRONG = 0.8  # the prediction strength that clusters must have (Tibshirani & Walther 2005 take 0.8 to 0.9)
MOST_CLUSTERS = 16
N_SPLITS = 3
CHOOSING_ROWS = 8000  # rows that choosing k and stability look at
SILHOUETTE_ROWS = 1000
HDBSCAN_ROWS = 10_000  # it grows faster than its rows
REACH = 0.99  # of a density cluster's own rows lie within its reach; what lies farther out is noise

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Recipe(NamedTuple):
    """How clusters are formed."""

    method: str = "kmeans"
    k: int | None = None  # of k-means; HDBSCAN finds its own number
    seed: int = 0


class Model(NamedTuple):
    """Fitted clusters, numbered from the largest down."""

    mean: Float32  # (D,)
    scale: Float32  # (D,) standard deviations; 1 for indicators and for columns that never change
    axes: Float32  # (C, D) principal components
    explained: Float64  # (C,) share of the variance
    centroids: Float32  # (K, C)
    reach: Float32  # (K,) rows farther from their centroid are noise; infinite for k-means
    noise: float  # share of the fitted rows that HDBSCAN left out

    @property
    def k(self) -> int:
        """Clusters."""
        return len(self.centroids)


class Choice(NamedTuple):
    """One number of clusters that was tried."""

    k: int
    strength: float  # prediction strength, mean over splits
    silhouette: float | None  # of held-out rows, in one split


def form(matrix: Float32, recipe: Recipe) -> Model:
    """The clusters of the rows `matrix` (N, D).

    k-means needs recipe.k. Raises DataError where there are fewer different rows than clusters, or no cluster is found.
    """
    mean, scale, axes, explained = components(matrix)
    points = ((matrix - mean) / scale @ axes.T).astype(np.float32)
    if recipe.method == "hdbscan":
        centroids, reach, noise = dense_clusters(points, recipe.seed)
    else:
        assert recipe.k is not None
        centroids, noise = k_means(points, recipe.k, recipe.seed), 0.0
        reach = np.full(len(centroids), np.inf, dtype=np.float32)
    order = by_size(points, centroids)
    return Model(mean, scale, axes, explained, centroids[order], reach[order], noise)


def reduce(model: Model, matrix: Float32) -> Float32:
    """Rows (N, D) in the space of the clusters, (N, C)."""
    points: Float32 = ((matrix - model.mean) / model.scale @ model.axes.T).astype(np.float32)
    return points


def assign(model: Model, matrix: Float32) -> Int64:
    """The number of each row's nearest centroid, (N,); NOISE where even that one is out of reach."""
    points = reduce(model, matrix)
    nearest, distance = nearest_centroid(points, model.centroids)
    return np.where(distance > model.reach[nearest], NOISE, nearest)


def choose_k(matrix: Float32, episode: Int64, seed: int) -> tuple[int, list[Choice]]:
    """The largest number of clusters that recurs in other episodes, and all that were tried.

    Episodes are split in two halves, each is clustered, and the prediction strength of k is the least share, over the
    clusters of one half, of pairs of rows that the other half's centroids put together too (Tibshirani & Walther 2005,
    eq. 2; here the mean over 3 splits and both ways round). Where no k reaches 0.8, the strongest is taken.
    """
    rng = np.random.default_rng([seed, 21])
    rows = drawn_rows(episode, CHOOSING_ROWS, rng)
    mean, scale, axes, _ = components(matrix[rows])
    points = ((matrix[rows] - mean) / scale @ axes.T).astype(np.float32)
    splits = [halved(episode[rows], rng) for _ in range(N_SPLITS)]
    most = min([MOST_CLUSTERS, *(n_different(points[part]) - 1 for split in splits for part in (split, ~split))])
    choices = [tried(points, splits, k, seed) for k in range(2, most + 1)]
    if not choices:
        raise DataError(
            "Nearly all rows are the same, so that they cannot be told apart as clusters: choose another source, or "
            "record more episodes."
        )
    strong = [choice.k for choice in choices if choice.strength >= STRONG]
    best = max(strong) if strong else max(choices, key=lambda choice: choice.strength).k
    return best, choices


def stability(
    matrix: Float32, episode: Int64, held_out: Float32, model: Model, recipe: Recipe, n_resamples: int = 20
) -> Float64:
    """Adjusted Rand index between the model and models of resampled episodes, over rows that formed neither.

    matrix (N, D) and episode (N,) are the forming rows, held_out (M, D) the others. Each model is formed of the
    distinct episodes of a bootstrap sample. Returns (n,), without resamples in which no clusters could be formed.
    """
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng([recipe.seed, 22])
    others = held_out[np.sort(rng.permutation(len(held_out))[:CHOOSING_ROWS])]
    mine = assign(model, others)
    found = []
    for draw in range(n_resamples):
        rows = drawn_rows(episode, CHOOSING_ROWS, rng, bootstrap=True)
        try:
            again = form(matrix[rows], recipe._replace(k=model.k, seed=recipe.seed + draw + 1))
        except DataError:
            continue
        found.append(float(adjusted_rand_score(mine, assign(again, others))))
    return np.array(found)


def components(matrix: Float32) -> tuple[Float32, Float32, Float32, Float64]:
    """Means, scales, at most 20 principal axes (C, D) and the share of the variance that each explains.

    Numbers are divided by their standard deviation. Indicators, columns of nothing but 0 and 1, stay as they are: else
    the rarest would weigh most.
    """
    mean = matrix.mean(0, dtype=np.float64).astype(np.float32)
    spread = matrix.std(0, dtype=np.float64).astype(np.float32)
    indicator = ((matrix == 0) | (matrix == 1)).all(axis=0)
    scale = np.where((spread > 0) & ~indicator, spread, np.float32(1))
    scaled = (matrix - mean) / scale
    covariance = scaled.T @ scaled / len(scaled)
    values, vectors = np.linalg.eigh(covariance.astype(np.float64))
    values = np.maximum(values[::-1], 0)
    n = min(N_COMPONENTS, int(np.count_nonzero(values > 1e-6 * max(values[0], 1e-12))), len(values))
    axes = vectors.T[::-1][: max(n, 1)]
    axes = axes * np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(1)] < 0, -1, 1)[:, None]  # a sign of its own
    return mean, scale, axes.astype(np.float32), values[: len(axes)] / max(values.sum(), 1e-12)


def k_means(points: Float32, k: int, seed: int, n_starts: int = 10) -> Float32:
    """Centroids (k, C). Raises DataError where there are fewer different points."""
    from sklearn.cluster import KMeans

    different = n_different(points)
    if different < k:
        raise DataError(
            f"There are only {different} different rows, so that {k} clusters cannot be formed: ask for {different} or "
            "fewer (--k)."
        )
    fitted = KMeans(k, n_init=n_starts, random_state=seed).fit(points)
    return np.asarray(fitted.cluster_centers_, dtype=np.float32)


def dense_clusters(points: Float32, seed: int) -> tuple[Float32, Float32, float]:
    """Centroids (K, C) and reach (K,) of HDBSCAN's clusters, and the share of noise. Raises DataError without one."""
    from sklearn.cluster import HDBSCAN

    rng = np.random.default_rng([seed, 23])
    chosen = points[np.sort(rng.permutation(len(points))[:HDBSCAN_ROWS])]
    smallest = max(10, len(chosen) // 50)
    if len(chosen) < smallest:
        raise DataError(
            f"HDBSCAN forms clusters of {smallest} rows or more, but there are only {len(chosen)} rows to form them: "
            "record more, or count silent steps too (--every-step)."
        )
    labels = HDBSCAN(min_cluster_size=smallest, min_samples=10, copy=True).fit_predict(chosen)
    members = [chosen[labels == label] for label in range(labels.max() + 1)]
    if not members:
        raise DataError(
            f"HDBSCAN found no cluster of {smallest} rows or more, the rows are one cloud: try k-means (--method "
            "kmeans)."
        )
    centroids = np.stack([rows.mean(0) for rows in members])
    reach = [np.quantile(np.linalg.norm(rows - rows.mean(0), axis=1), REACH) for rows in members]
    slack = 1e-3  # rows that are all alike have a reach of 0, and rounding must not make noise of one more of them
    return centroids, np.array(reach, dtype=np.float32) + np.float32(slack), float(np.mean(labels < 0))


def tried(points: Float32, splits: Sequence[NDArray[np.bool_]], k: int, seed: int) -> Choice:
    """How well k clusters recur between the halves of each split."""
    strengths, silhouettes = [], []
    for number, split in enumerate(splits):
        halves = points[split], points[~split]
        centroids = [k_means(half, k, seed, n_starts=3) for half in halves]
        for here in (0, 1):
            own = nearest_centroid(halves[here], centroids[here])[0]
            others = nearest_centroid(halves[here], centroids[1 - here])[0]
            strengths.append(prediction_strength(own, others))
            if number == 0:  # told, not used: one split is enough
                silhouettes.append(silhouette(halves[here], others, seed))
    defined = [value for value in silhouettes if value is not None]
    return Choice(k, float(np.mean(strengths)), float(np.mean(defined)) if defined else None)


def prediction_strength(own: Int64, others: Int64) -> float:
    """The least share, over the clusters of `own`, of pairs of a cluster's rows that `others` puts together too."""
    shares = []
    for cluster in np.unique(own):
        counts = np.bincount(others[own == cluster])
        n = counts.sum()
        if n > 1:
            shares.append((counts * (counts - 1)).sum() / (n * (n - 1)))
    return float(min(shares, default=0.0))


def silhouette(points: Float32, labels: Int64, seed: int) -> float | None:
    """The mean silhouette of at most 1,000 of the points; None where they lie in one cluster."""
    from sklearn.metrics import silhouette_score

    rows = np.random.default_rng([seed, 24]).permutation(len(points))[:SILHOUETTE_ROWS]
    n_labels = np.unique(labels[rows]).size
    return float(silhouette_score(points[rows], labels[rows])) if 1 < n_labels < len(rows) else None


def nearest_centroid(points: Float32, centroids: Float32) -> tuple[Int64, Float32]:
    """The nearest centroid of each point, (N,), and its distance."""
    squares = (points**2).sum(1)[:, None] - 2 * points @ centroids.T + (centroids**2).sum(1)
    nearest = squares.argmin(1)
    distance = np.sqrt(np.maximum(squares[np.arange(len(points)), nearest], 0))
    return nearest.astype(np.int64), distance.astype(np.float32)


def by_size(points: Float32, centroids: Float32) -> Int64:
    """The order of the clusters from the largest down."""
    sizes = np.bincount(nearest_centroid(points, centroids)[0], minlength=len(centroids))
    return np.argsort(-sizes, kind="stable")


def drawn_rows(episode: Int64, most: int, rng: np.random.Generator, bootstrap: bool = False) -> Int64:
    """Rows of whole episodes, at most `most` unless a single one has more; `bootstrap` leaves out those not drawn."""
    episodes = np.unique(episode)
    drawn = np.unique(rng.choice(episodes, len(episodes))) if bootstrap else episodes
    order = rng.permutation(drawn)
    sizes = np.bincount(episode)
    kept = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))]
    return np.flatnonzero(np.isin(episode, kept))


def halved(episode: Int64, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows belong to a random half of the episodes, (N,)."""
    episodes = np.unique(episode)
    return np.isin(episode, rng.permutation(episodes)[: len(episodes) // 2])


def n_different(points: Float32) -> int:
    """How many different points there are, up to rounding."""
    return len(np.unique(np.round(points, 4), axis=0))


@contextmanager
def one_thread() -> Iterator[Any]:
    """A context in which sums are added in one order, so that the same seed gives the same clusters."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
