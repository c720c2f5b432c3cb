"""`commlab validate`: every tool on languages that are known, or the lexicon on a recording with expected answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from commlab.commands.runs import results_of
from commlab.console import out, print_json, progress, say, table
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result

__all__ = ["Wish", "validate"]

QUICK = 3  # codebooks


class Wish(NamedTuple):
    """What is asked for."""

    seed: int = 0
    quick: bool = False
    codebooks: int = 40
    tools: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    listener: str = "obeying"
    episodes: int = 128
    write: Path | None = None
    force: bool = False
    recording: str | None = None
    answers: Path | None = None
    verdict: bool = False


def validate(wish: Wish, as_json: bool) -> bool:
    """Print the table; return whether every tool is right."""
    if wish.verdict:
        return verdicts(wish, as_json)
    if wish.write is not None:
        return write(wish, wish.write, as_json)
    if (wish.recording is None) != (wish.answers is None):
        raise DataError("A recording is judged by its answers: give both --recording FILE and --answers FILE.")
    if wish.recording is not None and wish.answers is not None:
        result = external(wish.recording, wish.answers, wish.seed)
    else:
        result = planted(wish)
    show(result, as_json)
    return bool(result.details["ok"])


def planted(wish: Wish) -> Result:
    """The table over planted languages."""
    from commlab.env.kernel import kernels_are_cold
    from commlab.probes.planted.expected import EXPECTED
    from commlab.probes.planted.validation import Plan, fit

    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    plan = Plan(wish.codebooks, seed=wish.seed, tools=wish.tools or tuple(EXPECTED), languages=wish.languages)
    if wish.quick:
        plan = plan._replace(codebooks=min(QUICK, wish.codebooks), entries=1)
    with progress("Validating", 1.0) as advance:
        return fit(plan, watch=lambda done, total: advance(done / total, f"{done} of {total} recordings"))


def verdicts(wish: Wish, as_json: bool) -> bool:
    """Print the verdicts on planted pairs against their table; return whether all are right."""
    from commlab.env.kernel import kernels_are_cold
    from commlab.probes.planted.verdicts import fit, pairs_of

    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    pairs = pairs_of(wish.languages)
    with progress("Validating", 1.0) as advance:
        result = fit(
            pairs,
            1 if wish.quick else wish.codebooks,
            wish.seed,
            watch=lambda done, total: advance(done / total, f"{done} of {total} verdicts"),
        )
    rows: list[dict[str, Any]] = result.details["rows"]
    if as_json:
        print_json({"rows": rows, "ok": result.details["ok"], "sentence": result.sentence})
        return bool(result.details["ok"])
    columns = ["language", "listener", "verdict of the table", "right", "found"]
    shown_rows = [
        [row["language"], row["listener"], row["expected"], f"{row['right']} of {row['n']}", ", ".join(row["found"])]
        for row in rows
    ]
    table("Verdicts on planted pairs", columns, shown_rows)
    out.print(result.sentence, markup=False)
    return bool(result.details["ok"])


def external(recording: str, answers: Path, seed: int) -> Result:
    """The table of a recording with expected answers, saved beside it."""
    from commlab.commands.runs import recordings_of
    from commlab.probes.planted.external import fit

    with recordings_of(recording) as (opened, _):
        result = fit(opened, answers, seed)
    say(f"Saved {result.save(results_of(recording))}.")
    return result


def write(wish: Wish, folder: Path, as_json: bool) -> bool:
    """Write planted recordings and their answers into a folder."""
    from commlab.agents.scripted.language import LANGUAGES
    from commlab.agents.scripted.policy import plant
    from commlab.probes.planted.play import write_planted

    planted = [plant(language, wish.seed, wish.listener) for language in wish.languages or LANGUAGES]
    files = [write_planted(one, folder, wish.episodes, wish.seed, wish.force) for one in planted]
    if as_json:
        print_json({"written": [{"recording": str(path), "answers": str(answers)} for path, answers in files]})
        return True
    for path, answers in files:
        out.print(f"{path}  {answers}", markup=False)
    path, answers = files[0]
    say(f"Next: commlab lexicon {path}, or commlab validate --recording {path} --answers {answers}")
    return True


def show(result: Result, as_json: bool) -> None:
    """Print the rows and the finding."""
    rows: list[dict[str, Any]] = result.details["rows"]
    if as_json:
        print_json({"rows": rows, "ok": result.details["ok"], "sentence": result.sentence})
        return
    columns = ["tool", "language", "codebooks", "n", "recovered", "false", "ok"]
    entries = result.details.get("entries", ())
    title = "Against expected answers" if entries else "Against planted languages"
    table(title, columns, [shown(row) for row in rows])
    for entry in entries:
        if entry["right"] is False:
            out.print(
                f"{entry['form']}: expected {told(entry['expected'])}; found {told(entry['found'])}", markup=False
            )
        elif not entry["judged"]:
            out.print(f"{entry['form']}: said in {entry['n_episodes']} episodes, too few to be judged", markup=False)
    out.print(result.sentence, markup=False)


def shown(row: dict[str, Any]) -> list[Any]:
    """The cells of a row."""
    rates = [share(row[name]) for name in ("recovery", "false_positive")]
    return [row["tool"], row["language"], row["codebooks"], row["n"], *rates, "yes" if row["ok"] else "NO"]


def share(value: float | None) -> str:
    """A share in per cent."""
    return "-" if value is None else f"{100 * value:.1f} %"


def told(pairs: list[list[str]]) -> str:
    """Pairs as text."""
    return ", ".join(" = ".join(pair) for pair in pairs) or "nothing"
