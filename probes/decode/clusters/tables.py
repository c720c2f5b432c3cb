"""The tables of a cluster result: each cluster's size, what goes with it beyond chance, and what it looks like."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import Information, benjamini_hochberg, entropy, mutual_information
from commlab.probes.decode.clusters.contexts import Contexts
from commlab.probes.decode.clusters.explaining import Shares, share_interval
from commlab.probes.decode.clusters.forming import STRONG, Choice, Model, Recipe
from commlab.probes.decode.clusters.variables import Variable
from commlab.probes.decode.clusters.wording import CLEAR, RAISED, cluster_words, phrase
from commlab.probes.decode.wording import SIGNIFICANT

__all__ = ["Explained", "Formed", "describe"]

MOST_LISTED = 3  # values of a variable that a cluster's list names

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Formed(NamedTuple):
    """The clusters and how they came about."""

    model: Model
    choices: list[Choice]  # numbers of clusters that were tried
    recipe: Recipe
    resampled: Float64  # agreement with models of resampled episodes
    labels: Int64  # (N,) each row's cluster


class Explained(NamedTuple):
    """A variable beside the clusters of the testing episodes."""

    variable: Variable
    shares: Shares
    p_values: Float64 | None  # (K, V), corrected for all cells of all tested variables; None where it is not tested
    information: Information | None


def describe(data: Contexts, formed: Formed, explained: list[Explained]) -> dict[str, Any]:
    """The tables that figures and programs read."""
    model, choices, recipe, resampled, labels = formed
    ordered = sorted(explained, key=lambda found: -strength(found))
    clusters = data.testing(np.where(data.kept, labels, -1))
    n_rows = int(np.count_nonzero(clusters >= 0))
    return {
        "source": data.source,
        "of": data.agents.name,
        "words_of": data.agents.words,
        "agents": list(data.agents.indices),
        "every_step": data.every_step,
        "method": recipe.method,
        "k": model.k,
        "k_by": chosen_by(recipe, choices),
        "choices": [choice._asdict() for choice in choices],
        "n_features": len(model.mean),
        "n_components": len(model.axes),
        "explained_variance": float(model.explained.sum()),
        "noise": {"forming": model.noise, "testing": float(np.mean(labels[data.tests] < 0))},
        "stability": summary_of(resampled),
        "n_forming_episodes": data.n_forming,
        "n_forming_rows": int(np.count_nonzero(data.forms)),
        "n_testing_rows": n_rows,
        "tested": tests(explained),
        "left_out": data.left_out,
        "clusters": [one_cluster(clusters, number, n_rows, ordered, recipe.seed) for number in range(model.k)],
        "variables": {found.variable.name: table_of_shares(found) for found in explained},
    }


def chosen_by(recipe: Recipe, choices: list[Choice]) -> str:
    """How the number of clusters came about."""
    if recipe.method == "hdbscan":
        return "found by HDBSCAN"
    if not choices:
        return "as asked for"
    recurs = next(choice.strength for choice in choices if choice.k == recipe.k)
    if recurs >= STRONG:
        return f"the most that recur in other episodes, prediction strength {recurs:.2f}"
    return f"no number of them recurs well in other episodes, this one best, prediction strength {recurs:.2f}"


def summary_of(values: Float64) -> dict[str, Any]:
    """Mean, least and number of resampled agreements; None where there are none."""
    if not values.size:
        return {"mean": None, "least": None, "n": 0}
    return {"mean": float(values.mean()), "least": float(values.min()), "n": int(values.size)}


def strength(found: Explained) -> float:
    """The share of a variable's entropy that the clusters tell: what a list of explanations is sorted by."""
    bits = entropy(found.shares.counts.sum(0))
    return mutual_information(found.shares.counts) / bits if bits > 0 else 0.0


def tests(explained: list[Explained]) -> list[dict[str, Any]]:
    """The information between the clusters and each tested variable, q the p-values among all of them; most first."""
    found = [(e.variable, e.information) for e in explained if e.information is not None]
    adjusted = benjamini_hochberg([information.p_value for _, information in found])
    rows = [
        {
            "variable": variable.name,
            "sentence": variable.sentence,
            "bits": information.corrected,
            "interval": information.interval,
            "p_value": information.p_value,
            "q_value": float(q),
            "null_draws": information.draws - information.draws.mean(),
        }
        for (variable, information), q in zip(found, adjusted, strict=True)
    ]
    return sorted(rows, key=lambda row: -row["bits"])


def one_cluster(clusters: Int64, number: int, n_rows: int, explained: list[Explained], seed: int) -> dict[str, Any]:
    """A cluster's size, what goes with it beyond chance, and what it looks like."""
    inside = clusters == number
    rng = np.random.default_rng([seed, 25, number])
    tested = [e for found in explained if found.p_values is not None for e in raised(found, clusters, number, rng)]
    described = [e for found in explained if not found.variable.tested for e in typical(found, number)]
    n = int(np.count_nonzero(inside))
    return {
        "cluster": number + 1,
        "share": n / max(n_rows, 1),
        "n_rows": n,
        "n_episodes": int(inside.any(axis=1).sum()),
        "words": cluster_words(tested, described),
        "tested": tested,
        "described": described,
    }


def raised(found: Explained, clusters: Int64, number: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The values of a tested variable that are more frequent in the cluster than chance allows, most frequent first."""
    assert found.p_values is not None
    p, lift = found.p_values[number], found.shares.lift[number]
    values = np.flatnonzero((np.nan_to_num(p, nan=1.0) <= SIGNIFICANT) & (np.nan_to_num(lift) > 1))
    listed = values[np.argsort(-found.shares.share[number, values], kind="stable")][:MOST_LISTED]
    return [
        {
            **entry(found, number, int(value)),
            "interval": share_interval(clusters, found.variable.codes, number, int(value), rng),
            "p_value": float(p[value]),
        }
        for value in listed
    ]


def typical(found: Explained, number: int) -> list[dict[str, Any]]:
    """The values of a variable that formed the clusters which hold in half of the cluster's rows and not elsewhere."""
    share, lift = found.shares.share[number], np.nan_to_num(found.shares.lift[number])
    return [
        entry(found, number, int(value)) for value in np.flatnonzero((np.nan_to_num(share) >= CLEAR) & (lift >= RAISED))
    ]


def entry(found: Explained, number: int, value: int) -> dict[str, Any]:
    """A value of a variable in a cluster."""
    name, values = found.variable.name, found.variable.values
    return {
        "variable": name,
        "value": values[value],
        "words": phrase(name, values[value]),
        "share": float(found.shares.share[number, value]),
        "base": float(found.shares.base[value]),
        "lift": float(found.shares.lift[number, value]),
        "n_episodes": int(found.shares.n_episodes[number, value]),
    }


def table_of_shares(found: Explained) -> dict[str, Any]:
    """All counts of a variable, and the p-values where it was tested (None for what is too rare)."""
    p = found.p_values
    return {
        "sentence": found.variable.sentence,
        "formed_them": not found.variable.tested,
        "tested": p is not None,
        "values": list(found.variable.values),
        "counts": found.shares.counts,
        "p_values": None if p is None else [[None if np.isnan(v) else float(v) for v in row] for row in p],
    }
