"""`commlab metrics`: the numbers of a language in one table, each with its interval, its null and its catch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from commlab.commands.names import names_in
from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, progress, say, table
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.decode import metrics as measures
from commlab.probes.decode.findings import in_digits

__all__ = ["Wish", "measure", "metrics"]

UNSAID = ("share", "probability", "exponent", "types a token")  # units that a table needs not repeat
SIGNIFICANT = 0.05  # false discovery rate


class Wish(NamedTuple):
    """What is to be measured, and how."""

    targets: str | None = None  # "resource_location,resource_kind"
    of: str | None = None
    lag: int = 0
    reaction: int = 1
    threshold: float = 0.0
    distances: str = "edit,hamming"
    only: str | None = None  # "topographic_similarity,purity"
    n_null: int = 199
    seed: int = 0


def measure(run: str | None, wish: Wish) -> list[Result]:
    """The measures of a recording's language."""
    targets = (
        names_in(wish.targets, "--targets", "resource_location,resource_kind") if wish.targets is not None else None
    )
    with recordings_of(run) as (recording, _), progress("metrics", 1.0) as advance:
        found = measures.fit(
            recording,
            targets,
            wish.of,
            wish.lag,
            wish.reaction,
            wish.threshold,
            _pair(wish.distances),
            names_in(wish.only, "--only", "topographic_similarity,purity") if wish.only is not None else None,
            wish.n_null,
            wish.seed,
            watch=lambda done, total: advance(done / total, ""),
        )
        return [named_after(result, recording) for result in found]


def metrics(run: str | None, wish: Wish, as_json: bool) -> list[Result]:
    """Measure a recording's language, save the results beside it, and print a table with the catches below."""
    found = measure(run, wish)
    folder = results_of(run)
    for result in found:
        result.save(folder)
    if as_json:
        print_json(measures.summary(found))
    else:
        _print(found)
        say(f"Saved {len(found)} results in {folder} (metrics-….json).")
    return found


def _pair(text: str) -> tuple[str, str]:
    """The distances of messages and of meanings."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) != 2:
        raise DataError(f"--distances takes two, of messages and of meanings, such as edit,hamming, not {text!r}.")
    return names[0], names[1]


def _print(found: Sequence[Result]) -> None:
    """Print the table, what is undefined and why, the catches, and what is beyond chance."""
    defined = [result for result in found if result.estimate is not None]
    asked = found[0].details
    about = f" and {', '.join(asked['targets'])}" if asked["targets"] else ""
    columns = ("metric", "value", "95 % interval", "null", "p", "q")
    table(f"What {asked['of']} said{about}", columns, [_row(result) for result in defined])
    _print_undefined([result for result in found if result.estimate is None])
    _print_catches(defined)
    out.print(_finding(defined), markup=False)


def _row(result: Result) -> tuple[Any, ...]:
    """One metric in the table."""
    null = in_digits(result.null.mean) if result.null else "-"
    value = in_digits(result.estimate or 0.0)
    unit = "" if result.unit.startswith(UNSAID) else f" {result.unit}"
    span = _span(result.interval) if result.interval else "-"
    p_values = (in_digits(p) if p is not None else "-" for p in (result.p_value, result.details["q_value"]))
    return (result.details["title"], value + unit, span, null, *p_values)


def _span(interval: tuple[float, float]) -> str:
    """An interval, in words where a dash could be a minus."""
    return (" to " if interval[0] < 0 else "–").join(in_digits(end) for end in interval)


def _print_catches(defined: Sequence[Result]) -> None:
    """Print how the metrics mislead, those of one catch together."""
    titles: dict[str, list[str]] = {}
    for result in defined:
        for catch in (result.details.get("caution"), result.details["warning"]):
            if catch:
                titles.setdefault(catch, []).append(result.details["title"])
    for catch, named in titles.items():
        out.print(f"{', '.join(named)}: {catch}", markup=False)


def _print_undefined(results: Sequence[Result]) -> None:
    """Print which metrics are undefined, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for result in results:
        by_reason.setdefault(result.details["reason"], []).append(result.details["title"])
    for reason, titles in by_reason.items():
        out.print(f"Undefined, because {reason}: {', '.join(titles)}.", markup=False)


def _finding(defined: Sequence[Result]) -> str:
    """Say which metrics are beyond chance."""
    tested = [result for result in defined if result.p_value is not None]
    if not tested:
        return "No metric could be tested against chance."
    beyond = [result.details["title"] for result in tested if result.details["q_value"] <= SIGNIFICANT]
    named = f": {', '.join(beyond)}" if beyond else ""
    return (
        f"Beyond chance, at a false discovery rate of 5 %, are {len(beyond)} of {len(tested)} tested{named}. "
        "None of it says that anybody listens."
    )
