"""Validation: every tool on many codebooks of every planted language, counted and held against the fixed table."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from commlab.agents.scripted.policy import plant
from commlab.foundation.errors import DataError, nearest_names
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import wilson_interval
from commlab.probes.parallel import spread
from commlab.probes.planted.expected import EXPECTED, Case, Tally, is_right
from commlab.probes.planted.judging import Subject, judge
from commlab.probes.planted.play import recording_of

__all__ = ["Plan", "fit", "result_of", "row_of", "seed_of"]

ENTRIES = 1000  # of a language in the lexicon, at least
EPISODES = {"drifting-noise": 256}  # played with a codebook, where it is not the usual number
USUAL = 128
CARELESS_SHARE = 4  # one in so many codebooks is spoken by careless speakers, too
Watch = Callable[[int, int], None]  # codebooks done, codebooks in all


class Plan(NamedTuple):
    """How much is done."""

    codebooks: int = 40  # of each language; for the lexicon more where codebooks are small
    entries: int = ENTRIES
    seed: int = 0
    tools: tuple[str, ...] = tuple(EXPECTED)
    languages: tuple[str, ...] = ()  # all


class Trial(NamedTuple):
    """One codebook, for the tools that are tried on it."""

    case: Case
    number: int
    tools: tuple[str, ...]
    seed: int  # of the whole validation


def fit(plan: Plan | None = None, workers: int | None = None, watch: Watch | None = None) -> Result:
    """The rows of the table, in details["rows"]: tool, language, n, recovery, false_positive, ok, and intervals.

    estimate is the share of rows that are right. It depends on the plan alone, not on the number of workers. Raises
    DataError for unknown tools and languages.
    """
    plan = plan or Plan()
    trials = trials_of(plan)
    done = list(zip(trials, spread(run_trial, trials, workers, watch), strict=True))
    rows = []
    for tool in plan.tools:
        for case in chosen(EXPECTED[tool].cases, plan.languages):
            mine = [tallies[tool] for trial, tallies in done if trial.case == case and tool in tallies]
            rows.append(row_of(tool, case, mine))
    return result_of(rows, plan.seed, "validate")


def trials_of(plan: Plan) -> list[Trial]:
    """All that is to be done; the codebooks of the languages take turns, so that the bar moves evenly."""
    check(plan)
    cases = dict.fromkeys(case for tool in plan.tools for case in chosen(EXPECTED[tool].cases, plan.languages))
    wanted = {case: {tool: codebooks_of(tool, case, plan) for tool in plan.tools} for case in cases}
    trials = []
    for case, numbers in wanted.items():
        for number in range(max(numbers.values())):
            tools = tuple(tool for tool, n in numbers.items() if number < n)
            trials.append(Trial(case, number, tools, plan.seed))
    return sorted(trials, key=lambda trial: trial.number)


def check(plan: Plan) -> None:
    """Raises DataError, naming the nearest, for tools and languages that there are none of."""
    languages = sorted({case.language for tool in EXPECTED.values() for case in tool.cases})
    for what, asked, known in (("tool", plan.tools, list(EXPECTED)), ("language", plan.languages, languages)):
        for name in asked:
            if name not in known:
                near = nearest_names(name, known, limit=1)[0]
                raise DataError(f"There is no {what} {name!r}: the nearest is {near}, all are {', '.join(known)}.")
    if not any(chosen(EXPECTED[tool].cases, plan.languages) for tool in plan.tools):
        raise DataError("None of these tools is tried on these languages: leave out --tool or --language.")


def chosen(cases: Iterable[Case], languages: Sequence[str]) -> list[Case]:
    """The cases of some languages, or all of them."""
    return [case for case in cases if not languages or case.language in languages]


def codebooks_of(tool: str, case: Case, plan: Plan) -> int:
    """How many codebooks a tool is tried on; for the lexicon as many as have enough entries."""
    asked = EXPECTED[tool]
    if case not in asked.cases:
        return 0
    if asked.kind == "answers":
        return -(-plan.codebooks * 100 // round(100 / asked.share))
    if case.slips:
        return -(-plan.codebooks // CARELESS_SHARE)
    entries = len(plant(case.language).policy.language.entries)
    return max(plan.codebooks, -(-plan.entries // entries) if entries else 0)


def run_trial(trial: Trial) -> dict[str, Tally]:
    """Play one codebook, and let the tools at it."""
    case, seed = trial.case, seed_of(trial.seed, trial.case.language, trial.number)
    planted = plant(case.language, seed, case.listener, slips=case.slips)
    recording = recording_of(planted, EPISODES.get(case.language, USUAL), seed)
    return judge(Subject(recording, planted.policy.language, case, seed), trial.tools)


def seed_of(seed: int, language: str, number: int) -> int:
    """The seed of a codebook and of the episodes that are played with it, 32 bits."""
    root = np.random.SeedSequence([seed, zlib.crc32(language.encode()), number])
    return int(root.generate_state(1)[0])


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum."""
    return Tally(*(sum(part) for part in zip(*tallies, strict=True)))


def row_of(tool: str, case: Case, tallies: Sequence[Tally]) -> dict[str, Any]:
    """A row of the table, JSON-able."""
    tally = total(tallies)
    return {
        "tool": tool,
        "language": case.label,
        "n": tally.n,
        "recovery": tally.recovery,
        "false_positive": tally.false_positive,
        "ok": is_right(EXPECTED[tool], tally),
        "codebooks": len(tallies),
        "recovery_interval": wilson_interval(tally.recovered, tally.planted) if tally.planted else None,
        "false_positive_interval": wilson_interval(tally.false, tally.empty) if tally.empty else None,
        "tally": tally._asdict(),
    }


def result_of(rows: list[dict[str, Any]], seed: int, command: str) -> Result:
    """The rows as a result."""
    right = [row for row in rows if row["ok"]]
    wrong = ", ".join(f"{row['tool']} on {row['language']}" for row in rows if not row["ok"])
    sentence = (
        f"All {len(rows)} pairs of a tool and a language come out as planted."
        if not wrong
        else f"{len(right)} of {len(rows)} pairs of a tool and a language come out as planted; wrong: {wrong}."
    )
    return Result(
        analysis="validation",
        name="validation",
        estimate=len(right) / len(rows) if rows else None,
        unit="share of rows",
        interval=None,
        null=None,
        p_value=None,
        n_episodes=0,
        sentence=sentence,
        details={"rows": rows, "ok": not wrong and bool(rows)},
        provenance=provenance(command, seed, None),
    )
