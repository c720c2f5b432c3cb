"""Where agents are and where they go, and how much of it depends on what they heard last, or on any other target.

Occupancy is the share of steps in each place of the map, flow the mean step from it. The estimate is the information
between the value (the message heard last, say) and the place, in bits, less what whole episodes permuted give.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError, TargetError
from commlab.foundation.moments import written
from commlab.foundation.result import Result
from commlab.foundation.statistics import (
    Information,
    corrected_information,
    draw_permutations,
    entropy,
    summarise_null,
)
from commlab.probes.decode.behaviour.moments import led_there_or_not
from commlab.probes.decode.behaviour.rows import Walks, read_walks
from commlab.probes.decode.clusters.variables import Place, code_targets
from commlab.probes.decode.clusters.wording import phrase
from commlab.probes.decode.occupancy import Departures, departures, flow, occupancy
from commlab.probes.decode.rows import strata_of, table_of
from commlab.probes.decode.sources import find_agents
from commlab.probes.decode.trajectories.states import HEARD
from commlab.probes.decode.wording import SIGNIFICANT, as_clause, chance, episodes, file_stem, percent

__all__ = ["HEARD", "fit"]

RARER = "a rarer one"
MOST_VALUES = 32  # more make one together
MAX_ROWS = 500_000
DIGITS = 5  # of shares and steps in the saved tables

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Split(NamedTuple):
    """What is the case at each row."""

    target: Target
    codes: Int64  # (N,) -1 for none
    names: tuple[str, ...]  # from the most frequent to the rarest


class Compared(NamedTuple):
    """Values beside places."""

    split: Split
    information: Information
    departures: Departures
    occurring: Int64  # (C,) the place that each of the compared places' codes stands for
    entropy: float  # of the place, in bits


def fit(
    recording: Recording,
    by: str | None = None,
    of: str | int | None = None,
    most: int = 7,
    n_null: int = 199,
    seed: int = 0,
    max_rows: int = MAX_ROWS,
) -> Result:
    """Where the agents `of` ("listeners" by default, a body, a number) are and go, over all and by the values of `by`.

    by: a target; by default the message heard last, where anything was heard. Numbers are split in quarters, and of
    more than 32 values the rarer ones are one. most: the values whose maps are kept. On maps of more than 48 cells a
    side places are squares of cells. The estimate is I(value; place) in bits, corrected by its permutation null, with a
    jackknife over episodes; None, with the reason, where there is nothing to split by.

    Raises DataError where there are no positions or fewer than 4 episodes of one map, and TargetError where `by` does
    not exist or cannot be had.
    """
    if n_null < 19:
        raise DataError(f"n_null must be 19 or more, so that p can come down to 0.05, but it is {n_null}.")
    if most < 1:
        raise DataError(f"At least 1 value must be shown, not {most} (--most).")
    agents = find_agents(recording, of, "listeners")
    walks = read_walks(recording, agents, max_rows, seed)
    split, reason = split_by(recording, walks, by)
    compared = None
    if split is not None:
        compared, reason = compare(recording, walks, split, n_null, seed)
    details = describe(walks, split, most)
    details["reason"] = reason
    if split is not None and compared is not None:
        details |= told_apart(walks, compared, most)
        outlined = {row["value"]: row["raised"] for row in details["departures"]}
        found = led_there_or_not(recording, walks, split.codes, split.names, split.target.name, outlined)
        details["moments"] = written(found)
    return concluded(recording, walks, compared, details, seed)


def split_by(recording: Recording, walks: Walks, by: str | None) -> tuple[Split | None, str | None]:
    """The values to split by, or the reason why there are none; what was asked for by name must be there."""
    place = Place(recording, walks.agents, walks.rows, len(walks.rows.episodes), False)
    try:
        [coded], _ = code_targets(place, (by or HEARD,))
    except TargetError:
        if by is not None:
            raise
        return None, "the recording has no messages that are heard"
    codes = np.where(walks.place >= 0, coded.codes, -1)
    if np.unique(codes[codes >= 0]).size < 2:
        if by is not None:
            raise DataError(
                f"{by} has a single value or none at all steps of the {walks.agents.words}, so that nothing can be "
                "told apart: choose another target (--by), or record more episodes."
            )
        return None, "the same was heard at all steps, or nothing"
    return ordered(coded.target, codes, coded.values), None


def ordered(target: Target, codes: Int64, names: Sequence[str]) -> Split:
    """The values from the most frequent to the rarest; of too many, the rarest are one."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    kept = order if len(order) <= MOST_VALUES else order[: MOST_VALUES - 1]
    number = np.full(len(names) + 1, len(kept))  # the last one stands for -1
    number[kept], number[-1] = np.arange(len(kept)), -1
    rest = (RARER,) if len(order) > len(kept) else ()
    return Split(target, number[codes], (*(names[code] for code in kept), *rest))


def compare(
    recording: Recording, walks: Walks, split: Split, n_null: int, seed: int
) -> tuple[Compared | None, str | None]:
    """The values beside the places, or the reason why they cannot be compared."""
    strata = strata_of(recording, walks.rows)
    if strata.n_alone == len(strata.stratum):
        return None, "every episode has a condition of its own, so that no two can trade places"
    permutations = draw_permutations(strata, n_null, np.random.default_rng([seed, 2]))
    known = split.codes >= 0
    occurring, numbered = np.unique(walks.place[known], return_inverse=True)
    codes = np.full(len(known), -1, dtype=np.int64)
    codes[known] = numbered
    values, places = table_of(split.codes, walks.rows, -1), table_of(codes, walks.rows, -1)
    information = corrected_information(values, places, permutations)
    apart = departures(values, places, permutations)
    bits = entropy(np.bincount(numbered))
    return Compared(split, information, apart, occurring, bits), None


def describe(walks: Walks, split: Split | None, most: int) -> dict[str, Any]:
    """The map, and the occupancy and flow over all rows and at the most frequent values."""
    ground = walks.ground
    everywhere = walks.place >= 0
    shown = min(most, len(split.names)) if split else 0
    parts = [part(walks, everywhere, None)]
    if split:
        parts += [part(walks, everywhere & (split.codes == value), split.names[value]) for value in range(shown)]
    rows, columns = ground.shape(ground.side)
    return {
        "of": walks.agents.name,
        "words_of": walks.agents.words,
        "agents": list(walks.agents.indices),
        "target": split.target.name if split else None,
        "target_sentence": split.target.sentence if split else None,
        "map": {
            "height": ground.height, "width": ground.width, "corner": list(ground.corner), "side": ground.side,
            "rows": rows, "columns": columns, "arrow_side": ground.arrow_side,
            "arrow_columns": ground.shape(ground.arrow_side)[1], "walls": ground.walls(), "things": ground.things(),
            "sites": [[row, column] for row, column in ground.sites],
            "number": ground.number, "of": ground.n_maps,
        },
        "parts": parts,
        "values": list(split.names) if split else [],
        "n_rows": int(np.count_nonzero(everywhere)),
        "n_episodes": len(walks.rows.episodes),
        "n_episodes_recorded": walks.n_episodes_recorded,
    }  # fmt: skip


def part(walks: Walks, here: NDArray[np.bool_], value: str | None) -> dict[str, Any]:
    """The occupancy and flow of some rows."""
    found = occupancy(walks.rows.episode[here], walks.place[here])
    going = here & np.isfinite(walks.step[:, 0])
    goes = flow(walks.rows.episode[going], walks.square[going], walks.step[going])
    return {
        "value": value,
        "n_rows": found.n_rows,
        "n_episodes": found.n_episodes,
        "share_of_rows": found.n_rows / max(1, int(np.count_nonzero(walks.place >= 0))),
        "place": found.place.tolist(),
        "count": found.times.tolist(),
        "share": rounded(found.share),
        "low": rounded(found.low),
        "high": rounded(found.high),
        "flow": {
            "square": goes.square.tolist(),
            "count": goes.times.tolist(),
            "mean": rounded(goes.mean),
            "error": rounded(goes.error),
            "clear": goes.clear.tolist(),
        },
    }


def rounded(values: Float64) -> list[Any]:
    """Numbers with few digits, None for those that are none."""
    return [
        rounded(np.asarray(value)) if isinstance(value, list) else None if not np.isfinite(value) else value
        for value in np.round(values, DIGITS).tolist()
    ]


def told_apart(walks: Walks, compared: Compared, most: int) -> dict[str, Any]:
    """The information, and how far each value's occupancy is from that over all."""
    found, apart = compared.information, compared.departures
    return {
        "plug_in": found.plug_in,
        "plug_in_null": float(found.draws.mean()),
        "entropy_place": compared.entropy,
        "departures": [
            {
                "value": name,
                "excess": float(apart.excess[value]),
                "interval": apart.interval[value],
                "distance": float(apart.distance[value]),
                "null": dict(
                    zip(("low", "high"), np.quantile(apart.null[:, value], [0.025, 0.975]).tolist(), strict=True)
                ),
                "p_value": None if np.isnan(apart.p_values[value]) else float(apart.p_values[value]),
                "raised": raised(compared, value) if value < most else [],
            }
            for value, name in enumerate(compared.split.names)
        ],
    }


def raised(compared: Compared, value: int) -> list[int]:
    """The places that are visited more often at the value than permuted episodes allow."""
    apart = compared.departures
    more = (np.nan_to_num(apart.cell_p_values[value], nan=1.0) <= SIGNIFICANT) & (apart.difference[value] > 0)
    return [int(place) for place in compared.occurring[np.flatnonzero(more)]]


def concluded(
    recording: Recording, walks: Walks, compared: Compared | None, details: dict[str, Any], seed: int
) -> Result:
    """The result."""
    target = details["target"] or "place"
    found = compared.information if compared else None
    return Result(
        analysis="behaviour",
        name=file_stem("behaviour", target, walks.agents.name),
        estimate=found.corrected if found else None,
        unit="bits",
        interval=found.interval if found else None,
        null=summarise_null(found.draws - found.draws.mean()) if found else None,
        p_value=found.p_value if found else None,
        n_episodes=len(walks.rows.episodes),
        sentence=f"{where(details)} {told(compared, details)}",
        details=details,
        provenance=origin(recording, f"behaviour --by={target}", seed),
    )


def where(details: dict[str, Any]) -> str:
    """Where the agents are most of all."""
    part, columns, side = details["parts"][0], details["map"]["columns"], details["map"]["side"]
    best = int(np.argmax(part["count"]))
    place = int(part["place"][best])
    row, column = (
        at * side + start for at, start in zip(divmod(place, columns), details["map"]["corner"], strict=True)
    )
    cell = f"cell {row},{column}" if side == 1 else f"the {side} x {side} cells from {row},{column}"
    interval = ""
    if part["low"][best] is not None:
        interval = f", 95 % interval {100 * part['low'][best]:.1f}–{100 * part['high'][best]:.1f} %"
    order = np.cumsum(np.sort(part["share"])[::-1])
    half = int(np.searchsorted(order, 0.5)) + 1
    kind = "cells" if side == 1 else "squares"
    return (
        f"The {details['words_of']} spend half of their steps in {half} of the {len(part['place'])} {kind} that they "
        f"visit, most in {cell} ({100 * part['share'][best]:.1f} %{interval})."
    )


def told(compared: Compared | None, details: dict[str, Any]) -> str:
    """How much of it depends on the values."""
    if compared is None:
        return f"What this depends on is undefined, because {details['reason']}."
    found, target = compared.information, compared.split.target
    what = as_clause(target.name, target.sentence)
    span = f"95 % interval {found.interval[0]:z.2f} to {found.interval[1]:z.2f}, " if found.interval else ""
    n = episodes(details["n_episodes"])
    first = (
        f"Where they are carries {found.corrected:z.2f} bits about {what} ({span}plug-in {found.plug_in:z.2f}, of "
        f"which whole episodes permuted give {found.draws.mean():z.2f}; {n}; {chance(found.p_value)})."
    )
    apart = [row for row in details["departures"] if row["p_value"] is not None and row["p_value"] <= SIGNIFICANT]
    if not apart or found.p_value > SIGNIFICANT:
        return first
    most = max(apart, key=lambda row: float(row["excess"]))
    return (
        f"{first} Most of all where the agent {phrase(target.name, most['value'])}: {percent(most['excess'])} of these "
        "steps are elsewhere than steps over all, beyond what chance gives."
        if target.name == HEARD
        else f"{first} Most of all at {most['value']}: {percent(most['excess'])} of these steps are elsewhere than "
        "steps over all, beyond what chance gives."
    )
