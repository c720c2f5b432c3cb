"""The information that messages carry about a target, in bits: I(message; target), corrected for what chance gives.

Corrected means less the mean of its null, which gives whole episodes' speech the world of another episode. Beside it:
each speaker and symbol place alone, by the kinship of those who hear, given another target, and which message goes
with which value.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.datasets.targets.blocks import check_lag
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError
from commlab.foundation.moments import written
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import (
    Information,
    corrected_information,
    draw_permutations,
    entropy,
    miller_madow_entropy,
    summarise_null,
)
from commlab.probes.decode.information_parts import Series, by_audience, estimates, given_another, shifted
from commlab.probes.decode.moments import said_as_usual_or_not
from commlab.probes.decode.pairs import pairs_of
from commlab.probes.decode.sources import Agents
from commlab.probes.decode.utterances import Utterances, utterances, valued
from commlab.probes.decode.wording import as_clause, bits_sentence, chance, episodes, file_stem

__all__ = ["fit"]

MIN_EPISODES = 4

Array = NDArray[Any]
Int64 = NDArray[np.int64]


class Counted(NamedTuple):
    """Messages and values as tables of codes, -1 where there is none."""

    target: Target
    spoken: Utterances
    said: Int64  # (E, slots) codes into the messages; -1 where the target has no value
    values: Int64  # (E, slots) codes into `names`
    names: tuple[str, ...]

    @property
    def agents(self) -> Agents:
        """Whose messages are counted."""
        return self.spoken.agents

    @property
    def silence(self) -> int | None:
        """The code of silence."""
        return self.spoken.silence


def fit(
    recording: Recording,
    target: str | Target = "resource_location",
    of: str | int | None = None,
    lag: int = 0,
    n_null: int = 199,
    seed: int = 0,
    per_speaker: bool = True,
    given: str | Target | None = None,
    by_kinship: bool = False,
) -> Result:
    """I(message; target) in bits: the plug-in value less its mean over permutations of whole episodes.

    of: "speakers" (the default), "listeners", a body or an agent's number; several agents are counted together, and
    with `per_speaker` each one alone as well. lag: the target's step minus the message's. The interval is a jackknife
    over episodes; the null is on the estimate's scale, so that its mean is 0. given: another target, known at the
    message's own step: then the estimate is I(message; target given it), with the plain one in the details.
    by_kinship: the same among messages that kin, strangers, both or nobody heard. The details hold the circular shift
    as a second null, and NPMI of every message with every value with its family-wise p-value.

    Raises TargetError for an unknown target, and DataError where the target is a number, nothing or only one thing is
    said, the target never varies, or there are fewer than 4 episodes or no way to permute them.
    """
    counted = count(recording, target, of, lag)
    strata = counted.spoken.strata
    if strata.n_alone == len(strata.stratum) or n_null < 1:
        raise DataError(
            "Corrected information needs at least one null draw and two episodes of the same condition: record more "
            "episodes of each condition, or ask for n_null of 1 or more."
        )
    permutations = draw_permutations(strata, n_null, np.random.default_rng([seed, 2]))
    series = Series(counted.said, counted.values, counted.spoken, permutations)
    found = corrected_information(counted.said, counted.values, permutations)
    details = describe(counted, found, lag)
    details |= parts(counted, permutations, per_speaker)
    details["circular_shift"] = shifted(recording, series, counted.target.name, np.random.default_rng([seed, 4]))
    details["npmi"], details["pairs"] = pairs_of(series, counted.spoken.names, counted.names)
    details["moments"] = written(
        said_as_usual_or_not(recording, counted.spoken, counted.values, counted.names, counted.target.name)
    )
    if by_kinship:
        details["by_audience"] = by_audience(recording, series, MIN_EPISODES)
    result = Result(
        analysis="information",
        name=file_stem("information", counted.target.name, counted.agents.name, f"lag{lag}"),
        estimate=found.corrected,
        unit="bits",
        interval=found.interval,
        null=centred(found),
        p_value=found.p_value,
        n_episodes=details["n_episodes"],
        sentence=sentence(counted, found, details),
        details=details,
        provenance=origin(recording, f"information --target={counted.target.name}", seed),
    )
    return (
        result if given is None else given_another(recording, series, given, result, np.random.default_rng([seed, 5]))
    )


def count(recording: Recording, name: str | Target, of: str | int | None, lag: int) -> Counted:
    """The messages and the target's values, checked."""
    check_lag(recording, lag)
    spoken = utterances(recording, of)
    found = valued(recording, spoken, name, lag)
    if not found.names:
        raise DataError(
            f"{found.target.name} is a number, and information is counted for classes: choose another target, or "
            f"probe {found.target.name}."
        )
    values = np.where(spoken.said >= 0, found.codes, -1)
    counted = Counted(found.target, spoken, np.where(values >= 0, spoken.said, -1), values, found.names)
    check(counted)
    return counted


def check(counted: Counted) -> None:
    """Raises DataError where there is too little to count."""
    here = counted.said >= 0
    n_episodes = int(here.any(axis=1).sum())
    if n_episodes < MIN_EPISODES:
        raise DataError(
            f"{counted.target.name} has values in {episodes(n_episodes)}, but {MIN_EPISODES} are needed: record more."
        )
    if np.unique(counted.said[here]).size < 2:
        raise DataError(
            f"The {counted.agents.words} say the same at every step (silence, if the channel is muted), which carries "
            "no information: probe hidden instead."
        )
    if np.unique(counted.values[here]).size < 2:
        raise DataError(
            f"{counted.target.name} has a single value in all of the recording, so that nothing can be said about it: "
            "choose another target or record more episodes."
        )


def describe(counted: Counted, found: Information, lag: int) -> dict[str, Any]:
    """The count table and every estimate."""
    table = whole_table(counted, found)
    said, values = table.sum(1), table.sum(0)
    return {
        "target": counted.target.name,
        "target_sentence": counted.target.sentence,
        "of": counted.agents.name,
        "agents": list(counted.agents.indices),
        "lag": lag,
        "symbols": list(counted.spoken.names),
        "values": list(counted.names),
        "counts": table,
        "n_rows": int(table.sum()),
        "n_episodes": int((counted.said >= 0).any(axis=1).sum()),
        "silence": float(said[counted.silence] / said.sum()) if counted.silence is not None else 0.0,
        "corrected": found.corrected,
        "plug_in": found.plug_in,
        "miller_madow": found.miller_madow,
        "plug_in_null": {"mean": float(found.draws.mean()), **quantiles(found.draws)},
        "null_draws": found.draws,
        "entropy_said": entropy(said),
        "entropy_said_miller_madow": miller_madow_entropy(said),
        "entropy_target": entropy(values),
        "entropy_target_miller_madow": miller_madow_entropy(values),
    }


def whole_table(counted: Counted, found: Information) -> Int64:
    """The count table (messages, values) with a row and a column for those that never met."""
    table = np.zeros((len(counted.spoken.names), len(counted.names)), dtype=np.int64)
    table[: found.table.shape[0], : found.table.shape[1]] = found.table
    return table


def quantiles(draws: NDArray[np.float64]) -> dict[str, float]:
    """2.5 % and 97.5 % of the draws."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}


def centred(found: Information) -> Null:
    """The null on the scale of the corrected estimate."""
    return summarise_null(found.draws - found.draws.mean())


def parts(counted: Counted, permutations: Int64, per_speaker: bool) -> dict[str, Any]:
    """Each speaker and each symbol place alone."""
    found: dict[str, Any] = {}
    if per_speaker:
        places = range(len(counted.agents.indices))
        found["per_speaker"] = [one_speaker(counted, place, permutations) for place in places]
    if counted.spoken.length > 1:
        positions = range(counted.spoken.length)
        found["per_position"] = [one_position(counted, place, permutations) for place in positions]
    return found


def one_speaker(counted: Counted, place: int, permutations: Int64) -> dict[str, Any]:
    """The estimates of one agent alone; p_value and interval are None where it never changes what it says."""
    slots = slice(place, None, len(counted.agents.indices))
    said, values = counted.said[:, slots], counted.values[:, slots]
    found = corrected_information(said, values, permutations)
    here = said[said >= 0]
    silent = np.count_nonzero(here == counted.silence) / here.size if counted.silence is not None and here.size else 0.0
    return {
        "agent": counted.agents.indices[place],
        **estimates(found),
        "entropy_said": entropy(np.bincount(here)),
        "silence": float(silent),
    }


def one_position(counted: Counted, place: int, permutations: Int64) -> dict[str, Any]:
    """The estimates of one symbol of the message alone."""
    symbols = counted.spoken.symbols[:, place].astype(np.int64)[counted.said]
    found = corrected_information(np.where(counted.said >= 0, symbols, -1), counted.values, permutations)
    return {"position": place, **estimates(found)}


def sentence(counted: Counted, found: Information, details: dict[str, Any]) -> str:
    """The finding in plain words."""
    what = as_clause(counted.target.name, counted.target.sentence)
    ending = f"{details['n_episodes']} episodes; {chance(found.p_value)}"
    beside = (found.plug_in, float(found.draws.mean()))
    return bits_sentence(counted.agents.words, what, found.corrected, found.interval, beside, ending)
