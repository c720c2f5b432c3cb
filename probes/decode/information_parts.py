"""Information in parts: among messages that kin or strangers heard, given another target, and under the second null."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.result import Result
from commlab.foundation.statistics import (
    SHIFT_METHOD,
    Conditional,
    Information,
    conditional_information,
    corrected_information,
    draw_shifts,
    entropy,
    moving_share,
    mutual_information,
    permutation_p_value,
    shift_series,
    summarise_null,
)
from commlab.foundation.statistics.information import count_pairs
from commlab.probes.decode.utterances import Utterances, Valued, valued
from commlab.probes.decode.wording import as_clause, chance, file_stem

__all__ = ["Series", "by_audience", "estimates", "given_another", "shifted"]

AUDIENCE = "audience_kinship"  # the target that says who hears what an agent says

Int64 = NDArray[np.int64]


class Series(NamedTuple):
    """What is compared, and how the null pairs episodes."""

    said: Int64  # (E, slots) codes, -1 for none
    values: Int64  # (E, slots) codes, -1 for none
    spoken: Utterances
    permutations: Int64  # (n_draws, E)

    @property
    def n_lanes(self) -> int:
        """Agents: slot = t * n_lanes + agent."""
        return len(self.spoken.agents.indices)


def estimates(found: Information) -> dict[str, Any]:
    """The numbers of an information."""
    return {
        "bits": found.corrected,
        "interval": found.interval,
        "p_value": found.p_value,
        "plug_in": found.plug_in,
        "miller_madow": found.miller_madow,
    }


def shifted(recording: Recording, series: Series, name: str, rng: np.random.Generator) -> dict[str, Any]:
    """The second null: the target turned round in time within each episode; or the reason why it cannot test.

    It holds only where nothing but time within the episode could link the two; see docs/statistics.md.
    """
    try:
        share = moving_share(series.values, name, series.n_lanes)
    except DataError as error:
        return {"method": SHIFT_METHOD, "p_value": None, "reason": str(error)}
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)[series.spoken.rows.episodes]
    said = series.spoken.said
    draws = [
        plug_in(said, shift_series(series.values, lengths, shifts, series.n_lanes))
        for shifts in draw_shifts(lengths, len(series.permutations), rng)
    ]
    observed = plug_in(series.said, series.values)
    return {
        "method": SHIFT_METHOD,
        "p_value": permutation_p_value(observed, draws),
        "corrected": observed - float(np.mean(draws)),
        "null_mean": float(np.mean(draws)),
        "moving_share": share,
        "reason": None,
    }


def plug_in(said: Int64, values: Int64) -> float:
    """Plug-in information in bits."""
    n_said, n_values = int(said.max(initial=0)) + 1, int(values.max(initial=0)) + 1
    return mutual_information(count_pairs(said, values, n_said, n_values))


def by_audience(recording: Recording, series: Series, min_episodes: int) -> list[dict[str, Any]]:
    """The information of the messages that kin, strangers, both or nobody heard; silence, which nobody can hear, aside.

    Each has its estimates, or None and the reason.
    """
    try:
        audience = valued(recording, series.spoken, AUDIENCE)
    except CommlabError as error:
        return [{"audience": None, "bits": None, "reason": str(error)}]
    spoken = series.said != series.spoken.silence if series.spoken.silence is not None else series.said >= 0
    return [
        {"audience": name, **one_audience(series, spoken & (audience.codes == code), min_episodes)}
        for code, name in enumerate(audience.names)
    ]


def one_audience(series: Series, here: NDArray[np.bool_], min_episodes: int) -> dict[str, Any]:
    """The estimates of the messages at some slots (E, slots)."""
    said = np.where(here, series.said, -1)
    there = said >= 0
    n_episodes, n_rows = int(there.any(axis=1).sum()), int(there.sum())
    size = {"n_rows": n_rows, "n_episodes": n_episodes}
    if n_episodes < min_episodes:
        return {**size, "bits": None, "reason": f"there are such messages in {n_episodes} episodes only"}
    if np.unique(said[there]).size < 2 or np.unique(series.values[there]).size < 2:
        return {**size, "bits": None, "reason": "the messages, or the target, never vary there"}
    found = corrected_information(said, series.values, series.permutations)
    return {**size, **estimates(found), "entropy_said": entropy(np.bincount(said[there])), "reason": None}


def given_another(
    recording: Recording, series: Series, given: str | Target, plain: Result, rng: np.random.Generator
) -> Result:
    """I(message; target given another target at the message's step) as a result, with the plain one in its details."""
    condition = known(valued(recording, series.spoken, given))
    found = conditional_information(
        series.said,
        series.values,
        condition.codes,
        series.spoken.strata,
        len(series.permutations),
        rng,
        series.n_lanes,
    )
    details = {**plain.details, "given": describe_given(condition, found), "unconditional": summary(plain)}
    return replace(
        plain,
        name=file_stem(plain.name, "given", condition.target.name),
        estimate=found.corrected,
        interval=found.interval,
        null=summarise_null(found.draws - found.draws.mean(), found.method),
        p_value=found.p_value,
        sentence=given_sentence(plain, condition, found),
        details=details,
    )


def known(condition: Valued) -> Valued:
    """The condition, checked. Raises DataError where it is a number or never varies."""
    name = condition.target.name
    if not condition.names:
        raise DataError(
            f"{name} is a number, and information is counted given classes: take another target, or probe with "
            f"{name} among the confounds."
        )
    if np.unique(condition.codes[condition.codes >= 0]).size < 2:
        raise DataError(f"{name} has a single value in all of the recording: leave it out, for it explains nothing.")
    return condition


def describe_given(condition: Valued, found: Conditional) -> dict[str, Any]:
    """What the conditional estimate was made of."""
    return {
        "target": condition.target.name,
        "target_sentence": condition.target.sentence,
        "values": list(condition.names),
        "plug_in": found.plug_in,
        "null_mean": float(found.draws.mean()),
        "null_method": found.method,
        "null_draws": found.draws,
    }


def summary(result: Result) -> dict[str, Any]:
    """The plain result's numbers."""
    return {"bits": result.estimate, "interval": result.interval, "p_value": result.p_value}


def given_sentence(plain: Result, condition: Valued, found: Conditional) -> str:
    """The finding in plain words."""
    details = plain.details
    span = f"95 % interval {found.interval[0]:z.2f} to {found.interval[1]:z.2f}, " if found.interval else ""
    return (
        f"Beyond {as_clause(condition.target.name, condition.target.sentence)}, what {details['of']} said carries "
        f"{found.corrected:z.2f} bits about {as_clause(details['target'], details['target_sentence'])} ({span}plug-in "
        f"{found.plug_in:z.2f}, of which the null gives {float(found.draws.mean()):z.2f}; without that condition "
        f"{plain.estimate:z.2f} bits; {plain.n_episodes} episodes; {chance(found.p_value)})."
    )
