"""Who talks to whom: who is heard by whom, how often, and whether agents speak more where kin can hear them.

That kin hear more of each other may only say that they stand together, or that some talk more than others. So the
estimate asks of the choice: by how much the share of steps at which an agent speaks rises from an audience of strangers
to one of kin, within each agent. An audience is all who are within earshot, its kinship their mean, as the speaker has
it. The null lets everybody say, where it stands, what it said in another episode at the same step: nearness, habits of
agents and of times stay as they are, and only the tie between speech and audience goes. It is an observation: what
moves the choice is for `commlab kinship`, which changes who is shown as kin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.moments import written
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import (
    bca_interval,
    bca_share,
    draw_permutations,
    episode_strata,
    permutation_p_value,
    summarise_null,
)
from commlab.probes.decode.audience.earshot import Earshot, earshot, fits
from commlab.probes.decode.audience.moments import spoken_or_not
from commlab.probes.decode.audience.rows import Audience, Counts, Levels, audience_of, counts_of, levels_of
from commlab.probes.decode.wording import chance, episodes, percent

__all__ = ["fit"]

UNIT = "share of steps, from strangers to kin"
METHOD = "the speech of other episodes at the same steps"
EXCHANGED = "the kinship of other episodes"
FEWEST = 4  # episodes
SHOWN_PAIRS = 12  # agents, up to which every pair has an interval
RESAMPLES = 1000
ALIKE = 1e-9  # a variance of kinship below it is none

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Draws(NamedTuple):
    """What chance gives, a row a draw."""

    slope: Float64  # (n,)
    pairs: Float64  # (n, B) the share of steps at which listeners of that kinship are spoken to
    audiences: Float64  # (n, C) the share of steps at which agents speak to an audience of that kinship


def fit(recording: Recording, n_null: int = 199, seed: int = 0) -> Result:
    """By how much more agents speak where kin can hear them than where strangers can; who is heard by whom beside it.

    details: `heard` (L, S) the share of steps at which a listener hears a speaker, with intervals for few agents;
    `pairs` and `audiences`, shares at each kinship with their nulls; `heard_by_kinship`, the total, against the kinship
    of other episodes. The estimate is None, with a reason, where all audiences are alike or earshot cannot be told
    from where agents stand. Raises DataError where nobody hears anybody, or there are fewer than 4 episodes.
    """
    if recording.n_episodes < FEWEST:
        raise DataError(f"Who talks to whom asks for {FEWEST} episodes or more; record more than these.")
    if n_null < 1:
        raise DataError(f"A null asks for 1 draw or more, not {n_null}.")
    rows, rng = earshot(recording), np.random.default_rng([seed, 6])
    audience = audience_of(rows)
    pair_levels, levels = levels_of(audience.kinships), levels_of(audience.kinship[audience.anyone])
    counts = counts_of(rows, audience, pair_levels, levels, recording.n_episodes)
    draws = drawn(rows, audience, counts, permutations(recording, n_null, rng))
    slope, reason = within_agents(sums_of(audience).sum(axis=0)), reason_against(rows, audience)
    details: dict[str, Any] = {
        "speakers": list(audience.agents),
        "n_agents": rows.n_agents,
        "families": list((recording.attrs.get("layout") or {}).get("families", [])),
        "kinship": mean_kinship(recording),
        "heard": heard_matrix(counts, recording.n_episodes, rng),
        "pairs": shares(pair_levels, counts.pair_totals, counts.spoken_to, draws.pairs, rng),
        "audiences": shares(levels, counts.audience_totals, counts.spoken, draws.audiences, rng),
        "heard_by_kinship": by_kinship(recording, counts, n_null, rng),
        "full_slots": float((rows.speaker >= 0).all(axis=2).mean()),
        "reason": reason,
        "moments": written(spoken_or_not(recording, rows, audience)),
    }
    if reason is not None:
        details["pairs"], details["audiences"] = without_nulls(details["pairs"]), without_nulls(details["audiences"])
    null = summarise_null(draws.slope, METHOD) if reason is None else None
    p_value = permutation_p_value(slope, draws.slope, "two-sided") if reason is None else None
    interval = slope_interval(rows, audience, recording.n_episodes, rng) if reason is None else None
    return Result(
        analysis="audience",
        name="audience",
        estimate=slope if reason is None else None,
        unit=UNIT,
        interval=interval,
        null=null,
        p_value=p_value,
        n_episodes=recording.n_episodes,
        sentence=sentence(slope, interval, null, p_value, details, recording.n_episodes),
        details=details,
        provenance=origin(recording, "audience", seed),
    )


def permutations(recording: Recording, n_null: int, rng: np.random.Generator) -> Int64:
    """Whose speech each episode is given in each draw: another's of its condition and length, whatever its kinship."""
    table = recording.episodes
    strata = episode_strata(np.asarray(table.length), np.asarray(table.condition).astype(str))
    return draw_permutations(strata, n_null, rng)


def reason_against(rows: Earshot, audience: Audience) -> str | None:
    """Why the choice of an audience cannot be told, or None."""
    if not fits(rows):
        return (
            "who hears whom does not follow from where agents stand, as walls or beacons stop or carry speech, so that "
            "it is not known who could have heard what was not said"
        )
    total = sums_of(audience).sum(axis=0)
    if spread_of(total) <= ALIKE * max(1.0, float(total[:, 0].sum())):
        return "whoever speaks is always within earshot of the same kin, so that there is no audience to choose"
    return None


def sums_of(audience: Audience, speaks: NDArray[np.bool_] | None = None, valid: Any = True) -> Float64:
    """What each row adds to a speaker's sums, (S, N, 5): steps with an audience, its kinship, squared, speech, both."""
    y = (audience.speaks if speaks is None else speaks).astype(np.float64)
    w = (audience.anyone & valid).astype(np.float64)
    m = audience.kinship.astype(np.float64)
    return np.stack([w, w * m, w * m * m, w * y, w * y * m], axis=-1)


def within_agents(total: Float64) -> float:
    """The slope of speech on the audience's kinship within agents, from their sums (N, 5); NaN without any spread."""
    return float(slopes(total[None])[0])


def slopes(total: Float64) -> Float64:
    """Slopes (B,) of sums (B, N, 5)."""
    n, m, mm, y, my = np.moveaxis(total, -1, 0)
    n = np.where(n > 0, n, np.nan)
    spread, together = np.nansum(mm - m * m / n, axis=1), np.nansum(my - m * y / n, axis=1)
    found: Float64 = together / np.where(spread > ALIKE, spread, np.nan)
    return found


def spread_of(total: Float64) -> float:
    """The spread of audiences' kinship within agents, from their sums (N, 5)."""
    n, m, mm = total[:, 0], total[:, 1], total[:, 2]
    return float(np.nansum(mm - m * m / np.where(n > 0, n, np.nan)))


def slope_interval(
    rows: Earshot, audience: Audience, n_episodes: int, rng: np.random.Generator
) -> tuple[float, float] | None:
    """The slope's interval over episodes."""
    sums = sums_of(audience)
    by_episode = np.zeros((n_episodes, *sums.shape[1:]))
    np.add.at(by_episode, rows.episode, sums)
    flat = by_episode.reshape(n_episodes, -1)
    return bca_interval(flat, lambda total: slopes(total.reshape(len(total), *sums.shape[1:])), rng)


def drawn(rows: Earshot, audience: Audience, counts: Counts, permuted: Int64) -> Draws:
    """What everybody would have said to whom with the speech of other episodes."""
    row_of = np.full((permuted.shape[1], int(rows.t.max()) + 1), -1, dtype=np.int64)
    row_of[rows.episode, rows.t] = np.arange(len(rows.t))
    found = [one_draw(audience, counts, row_of[permutation[rows.episode], rows.t]) for permutation in permuted]
    return Draws(*(np.stack(column) for column in zip(*found, strict=True)))


def one_draw(audience: Audience, counts: Counts, source: Int64) -> tuple[Float64, Float64, Float64]:
    """The slope and the shares with the speech of the rows `source` (S,); -1 where the other episode is over."""
    valid = (source >= 0)[:, None]
    speaks = audience.speaks[source] & valid
    slope = np.asarray(within_agents(sums_of(audience, speaks, valid).sum(axis=0)))
    near, level, inside = counts.near_by_level, counts.audience_level, audience.anyone & valid
    totals = np.where(valid, counts.pair_steps, 0).sum(axis=0)
    told = np.einsum("sn,snb->b", speaks.astype(np.float32), near)
    n_levels = counts.spoken.shape[1]
    spoken = np.bincount(level[inside & speaks], minlength=n_levels)
    steps = np.bincount(level[inside], minlength=n_levels)
    with np.errstate(invalid="ignore", divide="ignore"):
        return slope, told / totals, spoken / steps


def shares(
    levels: Levels, totals: Float64, hits: Float64, draws: Float64, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """A row a level: its kinship, the share with its interval over episodes, and what chance gives."""
    found = []
    for level, name in enumerate(levels.names):
        n, k = totals[:, level], hits[:, level]
        if not n.sum():
            continue
        chances = draws[:, level][np.isfinite(draws[:, level])]
        found.append(
            {
                "level": name,
                "kinship": float(levels.means[level]),
                "share": float(k.sum() / n.sum()),
                "interval": bca_share(k, n, rng, RESAMPLES),
                "null": vars(summarise_null(chances, METHOD)) if len(chances) else None,
                "n_steps": int(n.sum()),
                "n_episodes": int(np.count_nonzero(n)),
            }
        )
    return found


def without_nulls(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shares where chance has nothing to say."""
    return [{**row, "null": None} for row in rows]


def mean_kinship(recording: Recording) -> Float64:
    """The kinship of each listener (column) as each agent (row) has it, mean over episodes, (A, A)."""
    matrices = np.asarray(recording.kinship, dtype=np.float64)[np.asarray(recording.episodes.kinship, dtype=np.int64)]
    means: Float64 = matrices.mean(axis=0)
    return means


def heard_matrix(counts: Counts, n_episodes: int, rng: np.random.Generator) -> list[list[dict[str, Any] | None]]:
    """The share of steps at which each listener (row) hears each speaker (column); None on the diagonal."""
    n_agents = counts.heard.shape[1]
    total = counts.steps.astype(np.float64)
    found: list[list[dict[str, Any] | None]] = []
    for listener in range(n_agents):
        row: list[dict[str, Any] | None] = []
        for speaker in range(n_agents):
            hits = counts.heard[:, speaker, listener]
            told = {"share": float(hits.sum() / total.sum())}
            interval = bca_share(hits, total, rng, RESAMPLES) if n_agents <= SHOWN_PAIRS else None
            row.append(None if listener == speaker else {**told, "interval": interval})
        found.append(row)
    return found


def by_kinship(recording: Recording, counts: Counts, n_null: int, rng: np.random.Generator) -> dict[str, Any]:
    """How much more listeners hear of kin than of strangers in all, nearness included; against kinships exchanged."""
    matrices = np.asarray(recording.kinship, dtype=np.float64)
    which = np.asarray(recording.episodes.kinship, dtype=np.int64)
    others = ~np.eye(recording.n_agents, dtype=bool)
    y = counts.heard[:, others] / counts.steps[:, None]  # (E, pairs)

    def contributions(order: Int64) -> Float64:
        k = matrices[which[order]][:, others]
        ones = np.ones_like(k)
        return np.stack([part.sum(axis=1) for part in (ones, k, k * k, y, k * y)], axis=1)[:, None]  # (E, 1, 5)

    sums = contributions(np.arange(len(which)))
    slope = within_agents(sums.sum(axis=0))
    if not np.isfinite(slope):
        return {"difference": None, "reason": "everybody is equally kin to everybody"}
    told: dict[str, Any] = {
        "difference": slope,
        "interval": bca_interval(sums[:, 0], lambda total: slopes(total[:, None]), rng),
    }
    if len(np.unique(matrices[which].reshape(len(which), -1), axis=0)) < 2:
        reason = "kinship is the same in all episodes, so that it cannot be told from whatever else sets pairs apart"
        return {**told, "null": None, "p_value": None, "reason": reason}
    draws = np.array(
        [within_agents(contributions(order).sum(axis=0)) for order in permutations(recording, n_null, rng)]
    )
    null: Null = summarise_null(draws, EXCHANGED)
    return {**told, "null": vars(null), "p_value": permutation_p_value(slope, draws, "two-sided"), "reason": None}


def sentence(
    slope: float,
    interval: tuple[float, float] | None,
    null: Null | None,
    p_value: float | None,
    details: dict[str, Any],
    n_episodes: int,
) -> str:
    """The finding in plain words."""
    pairs = details["pairs"]
    ends = [pairs[0], pairs[-1]] if len(pairs) > 1 else pairs
    first, *rest = (f"{one['level']}{{}} at {percent(one['share'])}" for one in reversed(ends))
    facts = ", ".join([first.format(" are spoken to, within earshot,"), *(one.format("") for one in rest)])
    told = f"{facts[:1].upper()}{facts[1:]} of the steps"
    if null is None or interval is None:
        return f"{told}. Whether agents choose whom to speak to cannot be told, because {details['reason']}."
    chances = " and ".join(percent(one["null"]["mean"]) for one in reversed(ends))
    return (
        f"From an audience of strangers to one of kin the share of steps at which agents speak changes by "
        f"{100 * slope:+z.1f} points (95 % interval {100 * interval[0]:+z.1f} to {100 * interval[1]:+z.1f}; with the "
        f"speech of other episodes {100 * null.low:+z.1f} to {100 * null.high:+z.1f}; {episodes(n_episodes)}; "
        f"{chance(p_value)}). {told} ({chances} with the speech of other episodes: what nearness and habits make)."
    )
