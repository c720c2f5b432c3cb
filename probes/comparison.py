"""Runs held side by side: the same questions' estimates, the difference of two runs, the mean over three or more.

What is compared is what results have saved: estimates and their intervals over episodes. Runs are independent of each
other as trainings; where two were asked in the same worlds, the interval of their difference is wider than it need be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.rounding import SIGNIFICANT
from commlab.foundation.statistics import difference_interval, student_interval

__all__ = ["Question", "compare", "questions_of"]

FEWEST_FOR_MEAN = 3
OF_PAIRS = ("crossplay",)  # analyses that are about several runs themselves
RATES = ("understanding", "destinations", "lexicon")  # whose share lies between 0 and 1; others' is a difference
ACCURACIES = ("balanced accuracy", "accuracy")  # units that begin so lie between 0 and 1
TITLES = {
    "use": "return lost with other episodes' messages",
    "content": "how much closer listeners come to what was said",
    "influence": "what is heard decides of the next action",
    "understanding": "understanding",
    "destinations": "go where an injected word says",
    "lexicon": "entries with a meaning",
    "injection": "what an injected message does",
}


class Question(NamedTuple):
    """One question and each run's answer."""

    analysis: str
    name: str  # of the results
    title: str  # in words
    unit: str
    answers: tuple[dict[str, Any] | None, ...]  # one a run: estimate, interval, null, p, n_episodes, name, sentence
    alike: bool  # False: the runs were asked somewhat different things, as their results' names say


def compare(runs: Mapping[str, Sequence[Result]]) -> Result:
    """Hold the saved results of two or more runs, by the runs' names, side by side.

    `details` has `runs`, and `rows`: each question with an answer a run, for two runs the difference of the first and
    the second (MOVER interval), for three or more the mean over runs with Student's interval, whose unit is the run.
    The estimate is the number of questions that can be compared. Raises DataError for fewer than two runs.
    """
    if len(runs) < 2:
        raise DataError("A comparison needs two runs or more: name another one with --compare.")
    rows = [row_of(question, len(runs)) for question in questions_of(list(runs.values()))]
    verdicts = [verdict_of(results) for results in runs.values()]
    told = [row for row in rows if row["difference"] or row["over_runs"]]
    return Result(
        analysis="comparison",
        name="comparison",
        estimate=float(len(told)),
        unit="questions compared",
        interval=None,
        null=None,
        p_value=None,
        n_episodes=max((result.n_episodes for results in runs.values() for result in results), default=0),
        sentence=sentence(list(runs), told, verdicts),
        details={"runs": list(runs), "rows": rows, "verdicts": verdicts},
    )


def questions_of(runs: Sequence[Sequence[Result]]) -> list[Question]:
    """What two runs or more were asked: results of one name, and what is left of an analysis where each has one."""
    analyses = dict.fromkeys(result.analysis for results in runs for result in results)
    found: list[Question] = []
    for analysis in analyses:
        if analysis not in (*OF_PAIRS, "verdict"):
            found += of_analysis(analysis, [[r for r in results if r.analysis == analysis] for results in runs])
    return found


def of_analysis(analysis: str, runs: Sequence[Sequence[Result]]) -> list[Question]:
    """The questions of one analysis."""
    tables = [{result.name: result for result in results} for results in runs]
    names = dict.fromkeys(name for table in tables for name in table)
    shared = [name for name in names if sum(name in table for table in tables) > 1]
    found = []
    for name in shared:
        found += [question(analysis, name, [table.get(name) for table in tables])]
        found += arms_of(analysis, [table.get(name) for table in tables])
    left = [[result for name, result in table.items() if name not in shared] for table in tables]
    single = [results[0] if len(results) == 1 else None for results in left]
    if sum(result is not None for result in single) > 1:
        found.append(question(analysis, analysis, single)._replace(alike=False))
    return [asked for asked in found if sum(answer is not None for answer in asked.answers) > 1]


def question(analysis: str, name: str, results: Sequence[Result | None]) -> Question:
    """One question; a result in another unit than the first one's is left out."""
    first = next(result for result in results if result is not None)
    unit = first.unit
    answers = [answer_of(result) if result is not None and result.unit == unit else None for result in results]
    return Question(analysis, name, title_of(first), unit, tuple(answers), alike=True)


def title_of(result: Result) -> str:
    """What a result is about, in words."""
    details = result.details
    if result.analysis in TITLES:
        return TITLES[result.analysis]
    if result.analysis == "metrics":
        return str(details.get("title", result.name))
    about = str(details.get("target", "")).replace("_", " ")
    lag = f", {details['lag']} steps on" if details.get("lag") else ""
    if about and result.analysis == "information":
        return f"said about {about}{lag}"
    if about and details.get("source"):
        source, of = str(details["source"]), str(details.get("of", "agents"))
        where = f"what {of} {source}" if source in ("said", "heard") else f"{source} of {of}"
        return f"{about}, read from {where}{lag}"
    return result.name.replace("_", " ").replace("-", " ")


def answer_of(result: Result) -> dict[str, Any]:
    """What a run answered."""
    return {
        "estimate": result.estimate,
        "interval": result.interval,
        "null": result.null.mean if result.null else None,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        "name": result.name,
        "sentence": result.sentence,
    }


def arms_of(analysis: str, results: Sequence[Result | None]) -> list[Question]:
    """The return of agents that hear, which the result of use holds beside its estimate."""
    if analysis != "use":
        return []
    answers = []
    for result in results:
        arm = (result.details.get("conditions") or {}).get("hearing") if result is not None else None
        blank = {"null": None, "p_value": None, "name": "hearing", "sentence": ""}
        answers.append(None if arm is None else {"estimate": arm["mean"], "interval": arm.get("interval"),
                                                 "n_episodes": arm.get("n", 0), **blank})  # fmt: skip
    unit = next((str(result.details.get("unit") or result.unit) for result in results if result is not None), "")
    title = "return, hearing each other"
    return [Question(analysis, "hearing", title, unit, tuple(answers), alike=True)]


def row_of(asked: Question, n_runs: int) -> dict[str, Any]:
    """A question as a row of the table: with the difference of two runs, or the mean over more."""
    return {
        **asked._asdict(),
        "difference": difference_of(asked) if n_runs == 2 else None,
        "over_runs": mean_of(asked) if n_runs >= FEWEST_FOR_MEAN else None,
    }


def difference_of(asked: Question) -> dict[str, Any] | None:
    """The first run less the second; None where one has no estimate or the questions differ."""
    first, second = asked.answers
    if first is None or second is None or first["estimate"] is None or second["estimate"] is None or not asked.alike:
        return None
    one, other = float(first["estimate"]), float(second["estimate"])
    ends = None
    if first["interval"] and second["interval"]:
        ends = difference_interval(one, tuple(first["interval"]), other, tuple(second["interval"]))
    return {"estimate": one - other, "interval": ends, "differs": None if ends is None else ends[0] > 0 or ends[1] < 0}


def mean_of(asked: Question) -> dict[str, Any] | None:
    """The mean over runs, its interval, and the least and greatest; None for fewer than three runs with an estimate."""
    values = [float(answer["estimate"]) for answer in asked.answers if answer and answer["estimate"] is not None]
    if len(values) < FEWEST_FOR_MEAN or not asked.alike:
        return None
    low, high = student_interval(values)
    if asked.unit.startswith(ACCURACIES) or (asked.analysis in RATES and asked.unit.startswith("share")):
        low, high = max(0.0, low), min(1.0, high)
    return {
        "estimate": float(np.mean(values)),
        "interval": (low, high),
        "least": min(values),
        "greatest": max(values),
        "n_runs": len(values),
        **found_in(asked),
    }


def found_in(asked: Question) -> dict[str, int | None]:
    """In how many runs it was told apart from its null, of how many in which it was tested; None of none."""
    known = [answer for answer in asked.answers if answer and answer["estimate"] is not None]
    p_values = [answer["p_value"] for answer in known if answer["p_value"] is not None]
    n_found = sum(p_value <= SIGNIFICANT for p_value in p_values)
    return {"n_found": n_found if p_values else None, "n_tested": len(p_values)}


def verdict_of(results: Sequence[Result]) -> str | None:
    """A run's verdict, None where it has none."""
    return next((str(result.details.get("verdict")) for result in results if result.analysis == "verdict"), None)


def sentence(names: Sequence[str], told: Sequence[Mapping[str, Any]], verdicts: Sequence[str | None]) -> str:
    """The comparison in plain words."""
    if not told:
        return f"{' and '.join(names)} have no saved result in common that could be compared."
    spoken = [verdict for verdict in verdicts if verdict is not None]
    if len(names) > 2:
        n_yes = sum(verdict == "communication" for verdict in spoken)
        judged = f" The verdict is communication in {n_yes} of {len(spoken)} runs that have one." if spoken else ""
        shared = "1 number is" if len(told) == 1 else f"{len(told)} numbers are"
        return f"{shared} shared by three or more of {len(names)} runs.{judged}"
    sure = [row for row in told if row["difference"]["differs"] is not None]
    n_differ = sum(bool(row["difference"]["differs"]) for row in sure)
    if sure:
        lead = f"differ in {n_differ} of {len(sure)} numbers that have an interval"
    else:
        shared = "1 number" if len(told) == 1 else f"{len(told)} numbers"
        lead = f"share {shared}, none of them with an interval to tell whether they differ"
    judged = ""
    if len(spoken) == 2:
        same = spoken[0] == spoken[1]
        judged = f" Both verdicts are {spoken[0]}." if same else f" The verdicts are {spoken[0]} and {spoken[1]}."
    return f"{names[0]} and {names[1]} {lead}.{judged}"
