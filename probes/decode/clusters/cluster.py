"""Clusters of the contexts in which agents speak, or of their hidden states, and what explains them.

scanpy's flow: scale, PCA, cluster, explain. Half of the episodes form the clusters and the other half, assigned to the
nearest centroid, tests them, on variables that did not form them: comparing the forming variables between clusters
finds differences in pure noise, so that those are described without p-values.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment, written
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import Information, corrected_information, draw_permutations, summarise_null
from commlab.probes.decode.clusters.contexts import Contexts, Question, read_contexts
from commlab.probes.decode.clusters.explaining import compare, shares
from commlab.probes.decode.clusters.forming import (
    METHODS,
    Choice,
    Model,
    Recipe,
    assign,
    choose_k,
    form,
    one_thread,
    reduce,
    stability,
)
from commlab.probes.decode.clusters.picture import picture
from commlab.probes.decode.clusters.tables import Explained, Formed, describe
from commlab.probes.decode.clusters.variables import MESSAGE, Variable
from commlab.probes.decode.clusters.wording import opening, told
from commlab.probes.decode.moments import row_moment
from commlab.probes.decode.rows import strata_of
from commlab.probes.decode.wording import file_stem

__all__ = ["fit"]

Watch = Callable[[int, int], None]
STAGES = 5

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


def fit(
    recording: Recording,
    source: str | None = None,
    of: str | int | None = None,
    k: int | None = None,
    method: str = "kmeans",
    every_step: bool | None = None,
    targets: tuple[str, ...] | None = None,
    n_null: int = 199,
    seed: int = 0,
    max_rows: int = 50_000,
    n_resamples: int = 20,
    with_picture: bool = False,
    watch: Watch | None = None,
) -> Result:
    """Clusters of rows of `source` and what goes with them; the estimate is the information they hold about messages.

    source: hidden.<name> (the default where it is recorded), world (all targets) or observation. k: the number of
    clusters; by default the largest that recurs in other episodes. method: kmeans or hdbscan. every_step: silent steps
    too; by default so for hidden states. targets: what the clusters are held against; by default all with few values.
    n_resamples: models of resampled episodes, for stability. with_picture: lay testing rows out in the plane by UMAP.

    Raises DataError where there are too few episodes or rows, nothing varies, or a number is missing.
    """
    check(k, method, n_null)
    data = read_contexts(recording, Question(source, of, every_step, targets, max_rows, seed))
    step = stepper(watch)
    testing = data.matrix[data.tests]
    with one_thread():
        model, choices, recipe = formed(data, Recipe(method, k, seed))
        step(2)
        resampled = stability(
            data.matrix[data.forms], data.rows.episode[data.forms], testing, model, recipe, n_resamples
        )
    step(3)
    labels = assign(model, data.matrix)
    explained = explain(recording, data, data.testing(labels), model.k, n_null, seed)
    step(4)
    details = describe(data, Formed(model, choices, recipe, resampled, labels), explained)
    details["moments"] = written(typical(recording, data, model, details["clusters"]), model.k)
    if with_picture:
        details["picture"] = picture(model, testing, labels[data.tests], seed)
    step(STAGES)
    return concluded(recording, data, details, recipe)


def typical(recording: Recording, data: Contexts, model: Model, clusters: list[dict[str, Any]]) -> list[Moment]:
    """Of each cluster the testing row that is nearest to its centre."""
    tests = np.flatnonzero(data.tests)
    points, labels = reduce(model, data.matrix[tests]), assign(model, data.matrix[tests])
    found = []
    for number, cluster in enumerate(clusters):
        mine = np.flatnonzero(labels == number)
        if len(mine):
            far = np.linalg.norm(points[mine] - model.centroids[number], axis=1)
            note = f"cluster {cluster['cluster']}, the held-out step nearest to its centre: {cluster['words']}"
            found.append(row_moment(recording, data.rows, int(tests[mine[far.argmin()]]), note))
    return found


def check(k: int | None, method: str, n_null: int) -> None:
    """Raises DataError for settings that make no clusters."""
    if method not in METHODS:
        raise DataError(f"There is no method {method!r}: choose kmeans or hdbscan (--method).")
    if k is not None and method == "hdbscan":
        raise DataError("HDBSCAN finds the number of clusters itself: leave out --k, or choose --method kmeans.")
    if k is not None and k < 2:
        raise DataError(f"The number of clusters must be 2 or more, not {k}: give --k 2 or more, or leave it out.")
    if n_null < 19:
        raise DataError(f"n_null must be 19 or more, so that p can come down to 0.05, but it is {n_null}.")


def stepper(watch: Watch | None) -> Callable[[int], None]:
    """Tells `watch` which stage is done."""
    return lambda done: watch(done, STAGES) if watch is not None else None


def formed(data: Contexts, recipe: Recipe) -> tuple[Model, list[Choice], Recipe]:
    """The clusters of the forming episodes, the numbers of clusters tried, and the recipe with the one chosen."""
    matrix, episode = data.matrix[data.forms], data.rows.episode[data.forms]
    n_testing = int(np.count_nonzero(data.tests))
    if min(len(matrix), n_testing) < 2 * (recipe.k or 2):
        raise DataError(
            f"There are {len(matrix)} rows to form clusters and {n_testing} to test them, too few for "
            f"{recipe.k or 2} clusters: record more episodes{', or ask for fewer (--k)' if recipe.k else ''}."
        )
    choices: list[Choice] = []
    if recipe.method == "kmeans" and recipe.k is None:
        best, choices = choose_k(matrix, episode, recipe.seed)
        recipe = recipe._replace(k=best)
    return form(matrix, recipe), choices, recipe


def explain(recording: Recording, data: Contexts, clusters: Int64, k: int, n_null: int, seed: int) -> list[Explained]:
    """Every variable beside the clusters (E, slots): shares, and where it did not form them, tests.

    The clusters of silent steps are there too, so that an episode given another's messages has a cluster for each.
    """
    tested = [variable for variable in data.variables if variable.tested and varies(variable, clusters)]
    permutations = permute(recording, data, n_null, seed)
    p_values: dict[str, Float64] = {}
    information: dict[str, Information] = {}
    if permutations is not None and tested:
        shapes = [(k, len(variable.values)) for variable in tested]
        found = compare(clusters, [variable.codes for variable in tested], shapes, permutations)
        p_values = {variable.name: p for variable, p in zip(tested, found, strict=True)}
        information = {v.name: corrected_information(clusters, v.codes, permutations) for v in tested}
    return [
        Explained(
            variable,
            shares(clusters, variable.codes, (k, len(variable.values))),
            p_values.get(variable.name),
            information.get(variable.name),
        )
        for variable in data.variables
    ]


def varies(variable: Variable, clusters: Int64) -> bool:
    """Whether both the variable and the cluster take two values where they meet."""
    both = (variable.codes >= 0) & (clusters >= 0)
    return bool(np.unique(variable.codes[both]).size > 1 and np.unique(clusters[both]).size > 1)


def permute(recording: Recording, data: Contexts, n_null: int, seed: int) -> Int64 | None:
    """Permutations of the testing episodes, or None where no two may trade places."""
    strata = strata_of(recording, data.rows._replace(episodes=data.rows.episodes[data.n_forming :]))
    if strata.n_alone == len(strata.stratum):
        return None
    return draw_permutations(strata, n_null, np.random.default_rng([seed, 2]))


def concluded(recording: Recording, data: Contexts, details: dict[str, Any], recipe: Recipe) -> Result:
    """The result; its estimate is about messages where they are tested, else about the variable that shares most."""
    lead = next((row for row in details["tested"] if row["variable"] == MESSAGE), None)
    lead = lead or next(iter(details["tested"]), None)
    n_episodes = len(data.rows.episodes) - data.n_forming
    details["headline"] = lead["variable"] if lead else None
    null: Null | None = summarise_null(lead["null_draws"]) if lead else None
    for row in details["tested"]:
        del row["null_draws"]
    return Result(
        analysis="cluster",
        name=file_stem(
            "cluster", data.source, data.agents.name, *([] if recipe.method == "kmeans" else [recipe.method])
        ),
        estimate=lead["bits"] if lead else None,
        unit="bits",
        interval=lead["interval"] if lead else None,
        null=null,
        p_value=lead["p_value"] if lead else None,
        n_episodes=n_episodes,
        sentence=f"{opening(details)} {told(details['tested'], lead, n_episodes)}",
        details=details,
        provenance=origin(recording, f"cluster --source={data.source}", recipe.seed),
    )
