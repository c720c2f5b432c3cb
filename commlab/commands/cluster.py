"""`commlab cluster`: contexts of use, or hidden states, in clusters, and what explains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, progress, say, table
from commlab.foundation.result import Result
from commlab.probes.decode import clusters

__all__ = ["Wish", "cluster", "find_clusters"]


class Wish(NamedTuple):
    """What is to be clustered, and how."""

    source: str | None = None
    of: str | None = None
    k: int | None = None
    method: str = "kmeans"
    every_step: bool | None = None
    targets: tuple[str, ...] | None = None
    n_null: int = 199
    seed: int = 0


def find_clusters(run: str | None, wish: Wish, with_picture: bool = False) -> Result:
    """Return the clusters of a recording."""
    with recordings_of(run) as (recording, _), progress("clustering", 1.0) as advance:
        result = clusters.fit(
            recording, **wish._asdict(), with_picture=with_picture, watch=lambda done, total: advance(done / total, "")
        )
        return named_after(result, recording)


def cluster(run: str | None, wish: Wish, with_picture: bool, as_json: bool) -> Result:
    """Cluster a recording, save the result beside it, and print a table and a sentence."""
    result = find_clusters(run, wish, with_picture)
    folder = results_of(run)
    paths = [result.save(folder)]
    if with_picture:
        paths += _drawn(result, folder.parent / "figures")
    if as_json:
        print_json(_summary(result))
    else:
        _print(result)
    say(f"Saved {', '.join(str(path) for path in paths)}.")
    return result


def _drawn(result: Result, folder: Path) -> list[Path]:
    """Draw the picture and return its files."""
    from commlab.figures.plots import save

    return save("clusters", result, folder, result.name)


def _summary(result: Result) -> dict[str, Any]:
    """Return the numbers that a program asks for first."""
    details = result.details
    asked = ("source", "of", "method", "k", "k_by", "choices", "stability", "noise", "tested", "clusters", "left_out")
    return {
        **{key: details[key] for key in asked},
        "headline": details["headline"],
        "bits": result.estimate,
        "interval": result.interval,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        "sentence": result.sentence,
    }


def _print(result: Result) -> None:
    """Print the clusters, what they were tested on, and the finding."""
    details = result.details
    rows = [(c["cluster"], _percent(c["share"]), c["n_episodes"], c["words"]) for c in details["clusters"]]
    table("Clusters", ("cluster", "share", "episodes", "what goes with it"), rows)
    tested = [(t["variable"], t["bits"], t["interval"], t["p_value"], t["q_value"]) for t in details["tested"]]
    if tested:
        table("Tested on held-out episodes", ("variable", "bits", "95 % interval", "p", "p among all"), tested)
    out.print(result.sentence, markup=False)
    out.print(_warning(details), markup=False)
    if details["left_out"]:
        out.print(f"Targets that cannot be held against them: {len(details['left_out'])} (--json says why).")


def _percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.0f} %" if share >= 0.005 or share == 0 else "<1 %"


def _warning(details: dict[str, Any]) -> str:
    """Say which of a cluster's words are tested and which only describe it."""
    tested = ", ".join(row["variable"] for row in details["tested"]) or "nothing"
    described = any(variable["formed_them"] for variable in details["variables"].values())
    also = " What formed the clusters only describes them: a test of it would find differences in pure noise."
    return f"Tested against permuted episodes, all values together: {tested}.{also if described else ''}"
