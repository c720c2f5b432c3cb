"""`commlab crossplay`: the speakers of one run, checkpoint or family with the listeners of another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.mixed import Party, of_group
from commlab.commands.runs import checkpoint_of, run_of
from commlab.console import in_short, out, print_json, progress, say, table
from commlab.foundation.errors import CheckpointError, DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.understanding import crossplay as analysis
from commlab.probes.cause.understanding.crossplay import Source

__all__ = ["Pairing", "crossplay", "find_understood"]


class Pairing(NamedTuple):
    """Who is to play with whom, and how often."""

    runs: Sequence[str]  # RUN@first, RUN@last or RUN@STEPS is a checkpoint of one
    n_checkpoints: int | None = None  # of each run, evenly spaced
    families: bool = False  # the families of each run, apart
    n_episodes: int = 256
    seed: int = 0
    n_null: int = 199


def find_understood(asked: Pairing, command: str) -> tuple[RunFolder, Result]:
    """Return the first run, and what every pair of speakers and listeners makes of each other."""
    runs, n_checkpoints, families = asked.runs, asked.n_checkpoints, asked.families
    if not runs and n_checkpoints is None and not families:
        raise DataError("Cross-play needs two runs or more, and none is named: commlab crossplay seed-0 seed-1.")
    folders = [run_of(name.partition("@")[0] or None) for name in runs or [""]]
    sources: list[Source] = []
    for name, folder in zip(runs or [""], folders, strict=True):
        for label, checkpoint in _checkpoints(folder, name.partition("@")[2], n_checkpoints):
            sources += _families(label, checkpoint) if families else [Source(label, checkpoint)]
    sources = _told_apart(sources)
    with progress("crossplay", 1.0) as advance:
        numbers = asked.n_episodes, asked.seed, asked.n_null
        return folders[0], analysis.fit(sources, *numbers, command, lambda done, total: advance(done / total, ""))


def crossplay(asked: Pairing, as_json: bool, command: str) -> Result:
    """Play every pair, save the result in the first run, and print the matrices and a sentence."""
    folder, result = find_understood(asked, command)
    path = result.save(folder.results)
    if as_json:
        print_json({**in_short(result), **result.details} | {"path": str(path)})
        return result
    _print(result)
    out.print(result.sentence, markup=False)
    say(f"Saved {path}.")
    return result


def _checkpoints(folder: RunFolder, which: str, several: int | None) -> list[tuple[str, Checkpoint]]:
    """Return the checkpoints of a run that are meant, with their labels. Raises CheckpointError for unknown ones."""
    paths = sorted(folder.checkpoints.glob("steps-*.pt"))
    if not paths:
        return [(folder.name, checkpoint_of(folder))]  # says that there is none
    if which:
        chosen = [_named(folder, paths, which)]
    elif several is not None:
        chosen = [paths[k] for k in dict.fromkeys(np.linspace(0, len(paths) - 1, several).round().astype(int).tolist())]
    else:
        return [(folder.name, checkpoint_of(folder, paths[-1]))]
    return [(f"{folder.name}@{_steps(path)}", checkpoint_of(folder, path)) for path in chosen]


def _named(folder: RunFolder, paths: list[Path], which: str) -> Path:
    """Return the checkpoint called first, last, or by its agent steps."""
    numbers = {_steps(path): path for path in paths}
    known = {"first": paths[0], "last": paths[-1]} | numbers
    if which not in known:
        shown = ", ".join(["first", "last", *list(numbers)[:8]])
        raise CheckpointError(f"The run {folder.path} has no checkpoint {which!r}: it has {shown}; name one of these.")
    return known[which]


def _steps(path: Path) -> str:
    """Return the agent steps of a checkpoint, as its name tells them."""
    return path.stem.removeprefix("steps-").lstrip("0") or "0"


def _families(label: str, checkpoint: Checkpoint) -> list[Source]:
    """Return a source for each family that has a network of its own. Raises CheckpointError where they share one."""
    policy, scenario = checkpoint.policy, checkpoint.scenario
    of = [{scenario.families[agent] for agent in group.tolist()} for group in policy.groups]
    if len(policy.groups) < 2 or any(len(group) > 1 for group in of) or len({min(f) for f in of}) < len(of):
        raise CheckpointError(
            f"{label}: its families have no policies of their own; train with --set train.sharing=family, or leave "
            f"--families out."
        )
    sources = []
    for group, (family,) in enumerate(map(sorted, of)):
        facts, digest = {**checkpoint.facts, "family": family}, f"{checkpoint.sha256}-family-{family}"
        party = Party(of_group(policy, scenario, group), scenario, facts, digest)
        sources.append(Source(f"{label} family {family}", party))
    return sources


def _told_apart(sources: list[Source]) -> list[Source]:
    """Return sources whose names all differ; a run that is named twice is numbered."""
    names = [source.name for source in sources]
    return [
        source
        if names.count(source.name) == 1
        else source._replace(name=f"{source.name} ({names[:n].count(source.name) + 1})")
        for n, source in enumerate(sources)
    ]


def _print(result: Result) -> None:
    """Print the matrices: a row for each source's speakers, a column for each source's listeners."""
    names, understanding = result.details["names"], result.details["understanding"]
    numbers = [f"{n + 1}" for n in range(len(names))]
    columns = ("speakers", *(f"listeners {number}" for number in numbers))
    labels = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
    rows = _rows(labels, result.details["returns"], result.details["muted"], ".2f", 1.0)
    table("Return of an agent an episode", columns, rows)
    if "matrix" in understanding:
        rows = _rows(labels, understanding["matrix"], understanding["muted"], ".0f", 100.0)
        table("Understanding: places reached first when told the source's words, %", columns, rows)


def _rows(labels: list[str], matrix: Any, muted: Any, style: str, scale: float) -> list[tuple[str, ...]]:
    """Return the rows of a matrix and of its floor."""
    lines = [*zip(labels, matrix, strict=True), ("nobody (muted)", muted)]
    return [(label, *(_cell(cell, style, scale) for cell in row)) for label, row in lines]


def _cell(cell: dict[str, Any], style: str, scale: float) -> str:
    """Return a mean with its interval."""
    low, high = cell["interval"] or (cell["mean"],) * 2
    return f"{scale * cell['mean']:{style}} ({scale * low:{style}}–{scale * high:{style}})"
