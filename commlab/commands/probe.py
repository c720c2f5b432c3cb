"""`commlab probe`: what can be decoded, from where, against which null."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from commlab.commands.runs import recordings_of, results_of
from commlab.console import out, print_json, say, table
from commlab.datasets.targets import TARGETS
from commlab.foundation.result import Result
from commlab.probes.decode import information
from commlab.probes.decode import probe as probes

__all__ = ["list_targets", "probe"]


def list_targets() -> None:
    """Print every target with its sentence."""
    table("Targets", ("name", "kind", "what it is"), [(t.name, t.kind, t.sentence) for t in TARGETS.values()])


def probe(
    run: str | None,
    target: str,
    source: str,
    of: str | None,
    lag: int,
    n_null: int,
    n_folds: int,
    seed: int,
    as_json: bool,
) -> Result:
    """Probe a recording, save the result beside it, and print a table and a sentence."""
    with recordings_of(run) as (recording, beside):
        result = probes.fit(recording, target, source, of, lag, n_folds, n_null, seed, beside=beside)
        extra = information.fit(recording, target, of, lag, n_null, seed) if _countable(result) else None
        stem = recording.path.stem
    found = [_named_after(made, stem) for made in (result, extra) if made is not None]
    folder = results_of(run)
    paths = [made.save(folder) for made in found]
    if as_json:
        print_json(probes.summary(result))
    else:
        _print(result)
        for made in found:
            out.print(made.sentence, markup=False)
        say(f"Saved {', '.join(str(path) for path in paths)}.")
    return result


def _named_after(result: Result, stem: str) -> Result:
    """Return the result under a name of its own if it is not about the run's main recording."""
    return result if stem == "recording" else replace(result, name=f"{result.name}-{stem}")


def _countable(result: Result) -> bool:
    """Whether the information between messages and the target can be counted too."""
    return result.details["source"] == "said" and "classes" in result.details


def _print(result: Result) -> None:
    """Print the score among its nulls."""
    found: dict[str, Any] = probes.summary(result)
    rows: list[tuple[str, Any, Any]] = [
        (f"from {found['source']} of {found['of']}", found["score"], found["score_interval"]),
        ("null: whole episodes permuted", found["null_mean"], None),
        ("majority", found["majority"], None),
        ("selectivity", found["selectivity"], None),
    ]
    rows += [
        (f"{name} twin", there.get("score"), there.get("score_interval"))
        for name, there in result.details["beside"].items()
    ]
    table(f"{found['target']} ({found['score_name']})", ("what", "score", "95 % interval"), rows)
