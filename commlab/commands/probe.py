"""`commlab probe`: what can be decoded, from where, against which null; one question, or a map of all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from commlab.commands.names import names_in
from commlab.commands.runs import named_after, recordings_of, results_of
from commlab.console import out, print_json, progress, say, table
from commlab.datasets.reader import Recording
from commlab.datasets.targets import TARGETS, targets_of
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.decode import information
from commlab.probes.decode import probe as probes

__all__ = ["ALL", "Wish", "ask", "list_targets", "probe"]

ALL, SAID = "all", "said"
WORKERS = "COMMLAB_WORKERS"
MOST_LAGS = 64
CELLS_SHOWN, REASONS_SHOWN = 24, 8


class Wish(NamedTuple):
    """What is to be probed, and how."""

    target: str = "resource_location"  # "all", or names with commas: a map
    source: str | None = None  # "said", but for a map of all targets every source
    of: str | None = None
    lag: int = 0
    lags: str | None = None  # "-4:4" or "0,2,8": a map
    model: str = "linear"
    given: str | None = None  # "own_position,time"
    description_length: bool = False
    v_information: bool = False
    circular: bool = False
    unseen_only: bool | None = None
    max_rows: int | None = None
    n_null: int = 199
    n_folds: int = 5
    seed: int = 0
    jobs: int | None = None

    @property
    def is_map(self) -> bool:
        """Whether several cells are asked for."""
        return self.lags is not None or any(name == ALL or "," in name for name in (self.target, self.read_from))

    @property
    def read_from(self) -> str:
        """The source."""
        return SAID if self.source is None else self.source


def list_targets(run: str | None) -> None:
    """Print every target with its sentence; with a run, whether its recording has what the target needs."""
    if run is None:
        table("Targets", ("name", "kind", "what it is"), [(t.name, t.kind, t.sentence) for t in TARGETS.values()])
        return
    with recordings_of(run) as (recording, _):
        usable, reasons = targets_of(recording)
    table("Targets here", ("name", "kind", "what it is"), [(t.name, t.kind, t.sentence) for t in usable.values()])
    table("Not here", ("name", "why"), list(reasons.items()))


def ask(run: str | None, wish: Wish) -> list[Result]:
    """What a recording answers: what was asked for first."""
    with _workers(wish.jobs), recordings_of(run) as (recording, beside):
        return [named_after(made, recording) for made in _ask(recording, beside, wish)]


def probe(run: str | None, wish: Wish, as_json: bool) -> list[Result]:
    """Probe a recording, save the results beside it, and print tables and sentences."""
    found = ask(run, wish)
    folder = results_of(run)
    paths = [made.save(folder) for made in found]
    if as_json:
        print_json(_summary(found))
        return found
    for made in found:
        _print(made)
    for made in found:
        out.print(made.sentence, markup=False)
    say(f"Saved {', '.join(str(path) for path in paths)}.")
    return found


@contextmanager
def _workers(jobs: int | None) -> Iterator[None]:
    """Spread work over that many processes while the block runs."""
    before = os.environ.get(WORKERS)
    if jobs is not None:
        os.environ[WORKERS] = str(jobs)
    try:
        yield
    finally:
        if jobs is not None:
            os.environ.pop(WORKERS)
        if before is not None:
            os.environ[WORKERS] = before


def _ask(recording: Recording, beside: Mapping[str, Recording], wish: Wish) -> list[Result]:
    """The results of one wish: a map, what was asked for beside the probe, or the probe and the information."""
    if wish.is_map:
        return [_map(recording, wish)]
    asked = (wish.target, wish.read_from, wish.of, wish.lag)
    found = []
    if wish.description_length:
        from commlab.probes.decode import description_length

        found.append(description_length.fit(recording, *asked, wish.n_null, wish.seed, wish.unseen_only, wish.max_rows))
    if wish.v_information or wish.given is not None:
        found.append(_usable(recording, wish))
    if found:
        return found
    result = probes.fit(
        recording,
        *asked,
        wish.n_folds,
        wish.n_null,
        wish.seed,
        wish.unseen_only,
        wish.max_rows,
        beside,
        wish.model,
        wish.circular,
    )
    if not _countable(result):
        return [result]
    return [result, information.fit(recording, wish.target, wish.of, wish.lag, wish.n_null, wish.seed)]


def _map(recording: Recording, wish: Wish) -> Result:
    """The map of all cells asked for, with a progress bar."""
    from commlab.probes.decode import map as maps

    if wish.description_length or wish.v_information or wish.given is not None:
        raise DataError("A map holds probes' scores: ask for --description-length, --v-information or --given alone.")
    source = ALL if wish.source is None and wish.target == ALL else wish.read_from
    targets = _all_or_names(wish.target, "--target", "resource_location,own_position")
    sources = _all_or_names(source, "--source", "said,hidden")
    lags = (wish.lag,) if wish.lags is None else _lags(wish.lags)
    with progress("probe map", 1.0) as advance:
        return maps.fit(
            recording,
            targets,
            sources,
            lags,
            wish.of,
            wish.n_folds,
            wish.n_null,
            wish.seed,
            wish.unseen_only,
            wish.max_rows,
            wish.model,
            watch=lambda done, total: advance(done / total, f"{done} of {total} cells"),
        )


def _usable(recording: Recording, wish: Wish) -> Result:
    """The V-information, or the gain over what is given."""
    from commlab.probes.decode import usable_information

    return usable_information.fit(
        recording,
        wish.target,
        wish.read_from,
        wish.of,
        wish.lag,
        wish.n_folds,
        wish.n_null,
        wish.seed,
        wish.unseen_only,
        wish.max_rows,
        "logistic" if wish.model == "linear" else wish.model,
        () if wish.given is None else tuple(names_in(wish.given, "--given", "own_position,time")),
    )


def _all_or_names(text: str, option: str, example: str) -> list[str] | None:
    """The names in a list; None for all."""
    if text == ALL:
        return None
    names = names_in(text, option, example)
    if ALL in names:
        raise DataError(f"{option} {ALL} stands alone, for every one there is: leave out the others, not {text!r}.")
    return names


def _lags(text: str) -> tuple[int, ...]:
    """The lags of "-4:4" (both ends are in it) or "0,2,8"."""
    try:
        if ":" in text:
            first, last = (int(end) for end in text.split(":"))
            lags = tuple(first + step for step in range(min(last - first, MOST_LAGS) + 1))
        else:
            lags = tuple(dict.fromkeys(int(lag) for lag in text.split(",")))
    except ValueError:
        lags = ()
    if not 1 <= len(lags) <= MOST_LAGS:
        raise DataError(f"--lags takes steps such as -4:4 or 0,2,8, at most {MOST_LAGS} of them, not {text!r}.")
    return lags


def _countable(result: Result) -> bool:
    """Whether the information between messages and the target can be counted too."""
    details = result.details
    return details["source"] == "said" and bool(details["classes"]) and details["model"] == "linear"


def _summary(found: Sequence[Result]) -> dict[str, Any]:
    """One JSON object of what was asked for first; the others under their analysis' name."""
    first, *others = found
    if first.analysis == "probe":
        return probes.summary(first)
    if first.analysis == "probe map":
        from commlab.probes.decode import map as maps

        return maps.summary(first)
    return _plain(first) | {re.sub(r"\W", "_", other.analysis.lower()): _plain(other) for other in others}


def _plain(result: Result) -> dict[str, Any]:
    """The numbers of a description length or a V-information."""
    left_out = ("null_draws", "classes", "target_sentence", "bits_by_order")
    return {
        "analysis": result.analysis,
        "estimate": result.estimate,
        "unit": result.unit,
        "interval": result.interval,
        "null_mean": result.null.mean if result.null else None,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        **{key: value for key, value in result.details.items() if key not in left_out},
    }


def _print(result: Result) -> None:
    """Print a result's table, where it has one."""
    if result.analysis == "probe":
        _print_probe(result)
    elif result.analysis == "probe map":
        _print_map(result)
    elif result.analysis != "information":
        _print_bits(result)


def _print_probe(result: Result) -> None:
    """Print the score among its nulls."""
    found: dict[str, Any] = probes.summary(result)
    rows: list[tuple[str, Any, Any]] = [
        (f"from {found['source']} of {found['of']}", found["score"], found["score_interval"]),
        ("null: whole episodes permuted", found["null_mean"], None),
        ("majority", found["majority"], None),
        ("selectivity", found["selectivity"], None),
    ]
    turned = result.details.get("circular_shift")
    if turned is not None:
        rows.insert(2, ("null: turned in time", turned.get("mean"), None))
        if turned["reason"]:
            say(f"No null of labels turned in time: {turned['reason']}")
    rows += [
        (f"{name} twin", there.get("score"), there.get("score_interval"))
        for name, there in result.details["beside"].items()
    ]
    table(f"{found['target']} ({found['score_name']})", ("what", "score", "95 % interval"), rows)


def _print_bits(result: Result) -> None:
    """Print a description length or a V-information."""
    details = result.details
    if result.analysis == "description length":
        rows = [
            ("uniform code", details["bits_uniform"], details["bits_uniform"] / details["n_rows"]),
            ("the classes' frequencies", details["bits_prior"], details["bits_prior"] / details["n_rows"]),
            (f"with {details['source']}", details["bits"], details["bits_a_label"]),
        ]
        table(f"{details['target']} (online code)", ("code", "bits", "bits a label"), rows)
        return
    before = " and ".join(details["confounds"]) if "confounds" in details else "the classes' frequencies"
    rows_of_bits: list[tuple[str, Any, Any]] = [
        (before, details["bits_without_source"], None),
        (f"with {details['source']} of {details['of']}", details["bits_with_source"], None),
        (result.analysis, result.estimate, result.interval),
    ]
    if result.null is not None:
        rows_of_bits.append(("null: whole episodes permuted", result.null.mean, None))
    table(f"{details['target']} (held-out log loss)", ("what", "bits a step", "95 % interval"), rows_of_bits)


def _print_map(result: Result) -> None:
    """Print the strongest cells, and why others are missing."""
    columns = ("target", "source", "lag", "score", "z", "p", "q")
    keys = ("lag", "score", "z", "p_family", "q_value")
    cells = result.details["cells"]
    rows = [
        (cell["target"], f"{cell['source']} of {cell['of']}", *(cell[key] for key in keys))
        for cell in cells[:CELLS_SHOWN]
    ]
    table(f"The strongest of {len(cells)} cells", columns, rows)
    groups: dict[str, list[str]] = {}
    for cell in result.details["missing"]:
        name = cell["target"] or cell["source"]
        groups.setdefault(str(cell["reason"]).replace(str(name), "it"), []).append(name)
    if groups:
        shown = sorted(groups.items(), key=lambda group: -len(group[1]))[:REASONS_SHOWN]
        table(
            f"{len(result.details['missing'])} cells could not be computed",
            ("cells", "why", "of what"),
            [(len(names), reason, ", ".join(dict.fromkeys(names))) for reason, names in shown],
        )
