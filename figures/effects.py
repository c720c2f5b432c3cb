"""Saved causal results as rows of one list: what was changed, what it made, its null, and whether it stands out.

An experiment has as many rows as contrasts, honesty as many as gains, kinship one a side; everything else one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from commlab.figures.wording import plain
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import benjamini_hochberg

__all__ = ["ANALYSES", "SIGNIFICANT", "Effect", "Stands", "effects_of"]

SIGNIFICANT = 0.05
TITLE = 40  # characters of an experiment's, so that its contrasts have room
FLIPPED = "signs of episodes flipped"
RETURN = "return of an agent an episode"
PLACES = "share of trials"
CLOSER_TO_TWIN = "cells closer to the twin's path"
SAME_UNIT = {"share of trials, mean over places": PLACES, "return lost an episode": RETURN}

# "stands out": among all rows; "alone": only where it is the one test; "null": not told apart from its null;
# "untested": there is nothing to compare it with; "undefined": there is no estimate.
Stands = Literal["stands out", "alone", "null", "untested", "undefined"]


class Effect(NamedTuple):
    """One row."""

    analysis: str
    name: str  # of the result
    label: str  # what was changed, and for what
    estimate: float | None
    unit: str  # rows of one unit share an axis
    interval: tuple[float, float] | None  # 95 %
    null: Null | None
    p_value: float | None  # as saved: of this test by itself
    n: int  # episodes, or trials, one an episode
    why: str = ""  # there is no estimate, or no test
    beyond: bool = False  # what has no p-value, but an interval beyond its null
    adjusted: float | None = None  # the p-value among all rows (Benjamini & Hochberg)

    @property
    def stands(self) -> Stands:
        """Whether the effect is told apart from its null."""
        if self.estimate is None:
            return "undefined"
        if self.p_value is None:
            return "stands out" if self.beyond else "untested" if self.null is None else "null"
        if self.adjusted is not None and self.adjusted <= SIGNIFICANT:
            return "stands out"
        return "alone" if self.p_value <= SIGNIFICANT else "null"


def effects_of(results: Sequence[Result]) -> list[Effect]:
    """The rows of all causal results among `results`, in a fixed order, p-values adjusted for their number."""
    ordered = sorted((r for r in results if r.analysis in ANALYSES), key=lambda r: (ANALYSES.index(r.analysis), r.name))
    rows = [row for result in ordered for row in read(result)]
    tested = {i: row.p_value for i, row in enumerate(rows) if row.p_value is not None and row.estimate is not None}
    for i, p in zip(tested, benjamini_hochberg(list(tested.values())).tolist(), strict=True):
        rows[i] = rows[i]._replace(adjusted=p)
    return rows


def read(result: Result) -> list[Effect]:
    """The rows of a result; its estimate under its name where it lacks the tables that others of its kind have."""
    try:
        return list(READERS[result.analysis](result))
    except (KeyError, TypeError, AttributeError, ValueError):
        return [main_row(result, result.name)]


def main_row(result: Result, label: str) -> Effect:
    """The result's own estimate as a row."""
    return Effect(
        analysis=result.analysis,
        name=result.name,
        label=plain(label, 100),
        estimate=result.estimate,
        unit=SAME_UNIT.get(result.unit, plain(result.unit, 60)),
        interval=result.interval,
        null=both_sides(result.null),
        p_value=result.p_value,
        n=result.n_episodes,
        why=plain(result.details.get("reason", result.sentence), 200) if result.estimate is None else "",
    )


def both_sides(null: Null | None) -> Null | None:
    """A null of sizes, saved without their signs, as what it is with them: centred on 0, to both sides alike."""
    if null is None or null.method != FLIPPED or null.low != 0.0:
        return null
    return Null(null.method, 0.0, -null.high, null.high, null.n_draws)


def influence(result: Result) -> Iterator[Effect]:
    """Listening is decided by an interval: above its bar and above the untrained network."""
    row = main_row(result, "which message is heard decides the act")
    yield row._replace(beyond=bool(result.details.get("listens")))


def use(result: Result) -> Iterator[Effect]:
    """Time-matched messages of other episodes are the main null."""
    yield main_row(result, "this episode's messages heard, not another's")


def content(result: Result) -> Iterator[Effect]:
    """What another episode's message makes listeners do."""
    yield main_row(result, "told what was said in another episode: nearer to what it was said of")


def injection(result: Result) -> Iterator[Effect]:
    """One symbol, against something else."""
    told = result.details
    row = main_row(result, f"symbol {told['symbol']} injected, not {told['versus']}")
    if not str(told["measure"]).startswith("distance to the named place"):
        row = row._replace(unit=CLOSER_TO_TWIN)
    yield row


def destinations(result: Result) -> Iterator[Effect]:
    """All symbols that stand for a place."""
    yield main_row(result, "told a symbol of a place: there first")


def understanding(result: Result) -> Iterator[Effect]:
    """The score, which a meaning that the language lacks lowers."""
    yield main_row(result, "told the speakers' word for a place: there first, in time")


def dose(result: Result) -> Iterator[Effect]:
    """The mean over the cells of a sweep."""
    by = [str(part) for part in result.details["by"]]
    yield main_row(result, "told a word, not another" + (f" (mean over {' and '.join(by)})" if by else ""))


def experiment(result: Result) -> Iterator[Effect]:
    """Every contrast of the file."""
    title = plain(str(result.details["experiment"].get("title", result.name)).rstrip("."), TITLE)
    for row in result.details["contrasts"]:
        never = bool(row.get("never_negative"))
        yield Effect(
            analysis=result.analysis,
            name=result.name,
            label=f"{title}: " + plain(f"{row['measure']}, {row['arm']} against {row['against']}", 80),
            estimate=row["estimate"],
            unit=SAME_UNIT.get(row["unit"], plain(row["unit"], 60)),
            interval=ends(row["interval"]),
            null=None if never else signless(row["null"]),
            p_value=None if never else row["p_value"],
            n=int(row["n"]),
            why="no trial has a value" if row["estimate"] is None else "it is never negative" if never else "",
        )


def crossplay(result: Result) -> Iterator[Effect]:
    """Own speakers against those of others."""
    names = ", ".join(str(name) for name in result.details.get("names", []))
    yield main_row(result, "own speakers heard, not others'" + (f" ({names})" if names else ""))


def patching(result: Result) -> Iterator[Effect]:
    """A part of the hidden state taken from another episode."""
    told = result.details
    what = "hidden state" if told["target"] is None else told["target"]
    yield main_row(result, f"{what} of another episode patched into {told['of']} ({told['layer']})")


def steering(result: Result) -> Iterator[Effect]:
    """A direction added to the hidden state."""
    told = result.details
    yield main_row(result, f"{told['of']} steered along {told['target']} ({told['layer']}, dose {told['dose']:g})")


def erasure(result: Result) -> Iterator[Effect]:
    """A target erased at every step, against as much erased of something else."""
    told = result.details
    yield main_row(result, f"{told['target']} erased from {told['of']} ({told['layer']})")


def kinship(result: Result) -> Iterator[Effect]:
    """What speakers tell, then whom listeners heed."""
    yield main_row(result, "shown kin, not strangers: speakers tell the truth")
    words = result.details["listener"].get("words") or {}
    test = words.get("tests", {}).get("kin_less_strangers")
    if test:
        yield contrast_row(result, "told by kin, not by a stranger: listeners go there", PLACES, test)._replace(
            n=int(words.get("n_trials", result.n_episodes))
        )


def honesty(result: Result) -> Iterator[Effect]:
    """What false words bring the speaker, over each thing that it could say instead."""
    gains = result.details.get("gains") or {}
    if not gains:
        yield main_row(result, "false words to strangers: what they bring the speaker")
    for instead, gain in gains.items():
        what = {"silence": "silence", "truth": "the truth"}.get(instead, plain(instead, 20))
        yield contrast_row(result, f"false words to strangers, not {what}: the speaker's return", result.unit, gain)


def beliefs(result: Result) -> Iterator[Effect]:
    """What agents are shown, read from their hidden states."""
    yield main_row(result, "shown kin, not strangers: kin in hidden states")


def contrast_row(result: Result, label: str, unit: str, test: Mapping[str, Any]) -> Effect:
    """A difference saved within a result."""
    null = test.get("null")
    return Effect(
        analysis=result.analysis,
        name=result.name,
        label=label,
        estimate=test["difference"],
        unit=unit,
        interval=ends(test["interval"]),
        null=Null(**null) if null else None,
        p_value=test["p_value"],
        n=result.n_episodes,
    )


def ends(interval: Any) -> tuple[float, float] | None:
    """An interval as saved."""
    return (float(interval[0]), float(interval[1])) if interval else None


def signless(null: Mapping[str, Any] | None) -> Null | None:
    """A null saved by the size that 95 % of its draws stay below."""
    if null is None:
        return None
    return Null(str(null["method"]), 0.0, -float(null["high"]), float(null["high"]), int(null["n_draws"]))


READERS: dict[str, Callable[[Result], Iterator[Effect]]] = {
    "influence": influence,
    "use": use,
    "content": content,
    "injection": injection,
    "destinations": destinations,
    "understanding": understanding,
    "dose": dose,
    "experiment": experiment,
    "crossplay": crossplay,
    "patching": patching,
    "steering": steering,
    "erasure": erasure,
    "kinship": kinship,
    "honesty": honesty,
    "kinship-beliefs": beliefs,
}
ANALYSES = tuple(READERS)
