"""`commlab formation`: how the language formed, over a run's checkpoints."""

from __future__ import annotations

from typing import Any, NamedTuple

from commlab.commands.runs import run_of
from commlab.console import out, print_json, progress, say, table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes import formation as probes

__all__ = ["Wish", "formation", "look_back"]

COLUMNS = (("return", "return"), ("silence", "silence"), ("agreement", "as at the end"))  # the rest: figure and --json


class Wish(NamedTuple):
    """What is to be measured of each checkpoint."""

    targets: tuple[str, ...] | None = None  # the first leads
    of: str | None = None
    n_episodes: int = 192
    n_null: int = 199
    seed: int = 0
    most: int = 24  # checkpoints, evenly spaced


def look_back(folder: RunFolder, wish: Wish, command: str) -> Result:
    """Return how the language of a run formed."""
    with progress("playing checkpoints", 1.0) as advance:
        return probes.fit(
            folder,
            **wish._asdict(),
            watch=lambda done, total: advance(done / total, f"{done} of {total} checkpoints"),
            command=command,
        )


def formation(run: str | None, wish: Wish, as_json: bool, command: str) -> Result:
    """Measure every checkpoint of a run, save the result and its figure, and print a table and a sentence."""
    folder = run_of(run)
    result = look_back(folder, wish, command)
    paths = [result.save(folder.results), *_drawn(result, folder.figures)]
    if as_json:
        print_json(_summary(result))
    else:
        _print(result)
    say(f"Saved {', '.join(str(path) for path in paths)}.")
    return result


def _drawn(result: Result, folder: Any) -> list[Any]:
    """Draw the figure and return its files."""
    from commlab.figures.plots import save

    return save("formation", result, folder)


def _summary(result: Result) -> dict[str, Any]:
    """Return what a program asks for first."""
    asked = ("target", "targets", "n_episodes", "rose_at", "settled_at", "checkpoints", "series")
    return {**{key: result.details[key] for key in asked}, "bits": result.estimate, "sentence": result.sentence}


def _print(result: Result) -> None:
    """Print a row for each checkpoint, and the finding."""
    series = {one["key"]: one["points"] for one in result.details["series"]}
    bits = [(f"bits:{name}", f"bits about {name.replace('_', ' ')}") for name in result.details["targets"]]
    columns = [(key, title) for key, title in (COLUMNS[0], *bits, *COLUMNS[1:]) if key in series]
    steps = [stage["agent_steps"] for stage in result.details["checkpoints"]]
    rows = [(step, *(_rounded(series[key][i]["value"]) for key, _ in columns)) for i, step in enumerate(steps)]
    table("How the language formed", ("agent steps", *(title for _, title in columns)), rows)
    out.print(result.sentence, markup=False)


def _rounded(value: float | None) -> float | None:
    """Return a value with three decimals."""
    return None if value is None else round(value, 3) + 0.0
