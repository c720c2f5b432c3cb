"""From an estimate, its values without each group of episodes and its null draws to a Result with its warning."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.result import Null, Result, undefined
from commlab.foundation.statistics import jackknife_interval, permutation_p_value, summarise_null
from commlab.probes.decode.language import Language
from commlab.probes.decode.measures import MEASURES, Measure
from commlab.probes.decode.wording import chance, file_stem

__all__ = ["Asked", "Found", "finding", "groups_of", "in_digits", "lacking"]

MAX_GROUPS = 100
EPISODES_PERMUTED = "whole episodes permuted"
NOT_OF_THE_WORLD = (
    "it does not depend on the world in which a message was said, so that giving episodes another's changes nothing"
)

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Asked(NamedTuple):
    """Of whom the metrics are, and how they were asked for."""

    language: Language
    seed: int
    provenance: Mapping[str, Any]
    null_reason: str | None  # why there can be no null, where there is none


class Found(NamedTuple):
    """What was computed for one measure."""

    estimate: float  # NaN where it is undefined
    left_out: Float64  # (G,) its values without each group of episodes; empty where no interval has a sense
    draws: Float64  # null draws; empty where there are none
    reason: str = ""  # why it is undefined, if it is
    null_reason: str | None = None  # why there are no draws
    method: str = EPISODES_PERMUTED
    interval: tuple[float, float] | None = None  # one that was made in another way
    compared: float | None = None  # the estimate on the steps that draws count, where those are fewer
    caution: str | None = None  # what must be said of this recording besides the measure's own warning
    extra: Mapping[str, Any] | None = None  # more for the details


def groups_of(n_episodes: int, rng: np.random.Generator, at_most: int = MAX_GROUPS) -> list[Bool]:
    """Masks (E,) that each leave out an episode, or an equal share of them where there are more than `at_most`."""
    order = rng.permutation(n_episodes)
    parts = np.array_split(order, min(n_episodes, at_most)) if n_episodes > 1 else []
    return [np.isin(np.arange(n_episodes), part, invert=True) for part in parts]


def finding(asked: Asked, key: str, found: Found) -> Result:
    """The result of one measure: its interval within its range, its null, its p-value, and how it misleads."""
    measure = MEASURES[key]
    if not np.isfinite(found.estimate):
        return lacking(asked, key, found.reason)
    draws = found.draws[np.isfinite(found.draws)]
    null = summarise_null(draws, found.method) if draws.size else None
    p_value = None
    observed = found.estimate if found.compared is None else found.compared
    if measure.alternative is not None and draws.size and np.isfinite(observed):
        p_value = permutation_p_value(observed, draws, measure.alternative)
    interval = found.interval or interval_of(measure, found)
    reason = None if draws.size else found.null_reason or asked.null_reason or NOT_OF_THE_WORLD
    return Result(
        analysis="metrics",
        name=name_of(asked, key),
        estimate=found.estimate,
        unit=measure.unit,
        interval=interval,
        null=null,
        p_value=p_value,
        n_episodes=asked.language.n_episodes,
        sentence=sentence(asked, measure, found, interval, null, p_value),
        details={
            **described(asked, measure),
            "caution": found.caution,
            "null_draws": draws,
            "null_reason": reason,
            "compared_with_null": observed if draws.size and np.isfinite(observed) else None,
            **(found.extra or {}),
        },
        provenance=dict(asked.provenance),
    )


def lacking(asked: Asked, key: str, reason: str) -> Result:
    """The result of a measure that is undefined, with the reason as a clause."""
    measure = MEASURES[key]
    blank = undefined(
        measure.title,
        name_of(asked, key),
        measure.unit,
        reason,
        asked.language.n_episodes,
        described(asked, measure),
        asked.provenance,
    )
    return Result(**{**vars(blank), "analysis": "metrics"})


def name_of(asked: Asked, key: str) -> str:
    """The result's file stem: the measure, and whatever was not left at its default."""
    language = asked.language
    parts = ["metrics", key]
    if language.spoken.agents.name != "speakers":
        parts.append(language.spoken.agents.name)
    if language.lag:
        parts.append(f"lag{language.lag}")
    return file_stem(*parts)


def described(asked: Asked, measure: Measure) -> dict[str, Any]:
    """What a measure is, and what it was measured on."""
    language = asked.language
    return {
        "metric": measure.key,
        "title": measure.title,
        "about": measure.about,
        "warning": measure.warning,
        "source": measure.source,
        "range": [measure.low, measure.high],
        "alternative": measure.alternative,
        "of": language.spoken.agents.name,
        "agents": list(language.spoken.agents.indices),
        "targets": language.target_names,
        "lag": language.lag,
        "message_length": language.spoken.length,
        "q_value": None,
    }


def interval_of(measure: Measure, found: Found) -> tuple[float, float] | None:
    """The jackknife interval, within the measure's range; None where too few groups have a value."""
    values = found.left_out[np.isfinite(found.left_out)]
    if values.size < max(2, found.left_out.size / 2):
        return None
    made = jackknife_interval(found.estimate, values)
    if made is None:
        return None
    low = -np.inf if measure.low is None else measure.low
    high = np.inf if measure.high is None else measure.high
    return float(np.clip(made[0], low, high)), float(np.clip(made[1], low, high))


def sentence(
    asked: Asked,
    measure: Measure,
    found: Found,
    interval: tuple[float, float] | None,
    null: Null | None,
    p_value: float | None,
) -> str:
    """The finding in plain words, and how the measure misleads."""
    inside = [f"95 % interval {in_digits(interval[0])} to {in_digits(interval[1])}"] if interval else []
    if null:
        inside.append(f"null {in_digits(null.mean)}")
    inside.append(f"{asked.language.n_episodes} episodes" + (f"; {chance(p_value)}" if p_value is not None else ""))
    unit = "" if measure.unit in ("-", "share") else f" {measure.unit}"
    title = f"{measure.title[:1].upper()}{measure.title[1:]}"
    who = asked.language.spoken.agents.words
    said = f"{title} of what {who} said is {in_digits(found.estimate)}{unit} ({', '.join(inside)})."
    return " ".join(part for part in (said, measure.about, found.caution, f"But: {measure.warning}") if part)


def in_digits(value: float) -> str:
    """A number in three digits, whole ones in full."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{round(value, 6) + 0.0:.3g}"
