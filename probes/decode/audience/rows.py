"""Who could hear whom, as tables for counting: audiences of speakers, levels of kinship, and counts by episode."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.audience.earshot import Earshot, speakers

__all__ = ["Audience", "Counts", "Levels", "audience_of", "counts_of", "levels_of"]

MOST_LEVELS = 6  # distinct kinships that are each a level; more are put in bands
SAME = 1e-6
CUTS = (-SAME, SAME, 0.25, 0.5, 0.75, 1 - SAME)  # upper ends of the bands but the last, which is full kinship
NAMES = (
    "spite",
    "strangers",
    "kin of 0 to 0.25",
    "kin of 0.25 to 0.5",
    "kin of 0.5 to 0.75",
    "kin of 0.75 to 1",
    "kin",
)

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Audience(NamedTuple):
    """The speakers, and who is within earshot of them, row by row."""

    agents: tuple[int, ...]  # the N speakers
    speaks: Bool  # (S, N)
    anyone: Bool  # (S, N) somebody is within earshot
    kinship: Float32  # (S, N) the mean kinship of those; 0 where there is nobody
    kinships: Float32  # the distinct kinships of pairs


class Levels(NamedTuple):
    """Kinship in a few levels."""

    cuts: Float64  # (B - 1,) upper ends of all levels but the last
    names: tuple[str, ...]  # (B,)
    means: Float64  # (B,) of the values that they were made from; NaN for none

    def of(self, values: Array) -> Int64:
        """The level of each value."""
        found: Int64 = np.digitize(values, self.cuts, right=True).astype(np.int64)
        return found


class Counts(NamedTuple):
    """Counts by episode, and what is needed to count again with other speech."""

    steps: Int64  # (E,)
    heard: Float64  # (E, A, A) steps at which the column agent hears the row agent
    pair_totals: Float64  # (E, B) steps times pairs of that kinship
    spoken_to: Float64  # (E, B) of these, those at which the speaker speaks within earshot
    audience_totals: Float64  # (E, C) steps times speakers with an audience of that kinship
    spoken: Float64  # (E, C) of these, those at which the speaker speaks
    pair_steps: Float32  # (S, B) pairs of that kinship
    near_by_level: Float32  # (S, N, B) how many of that kinship are within earshot
    audience_level: Int64  # (S, N)


def audience_of(rows: Earshot) -> Audience:
    """Everybody's audience at every row."""
    found = list(speakers(rows))
    near = [one.near for one in found]
    counts = np.stack([one.sum(axis=1) for one in near], axis=1)
    total = np.stack([(one.kinship * one.near).sum(axis=1) for one in found], axis=1)
    others = [np.delete(one.kinship, one.agent, axis=1) for one in found]
    return Audience(
        agents=tuple(one.agent for one in found),
        speaks=np.stack([one.speaks for one in found], axis=1),
        anyone=counts > 0,
        kinship=(total / np.maximum(counts, 1)).astype(np.float32),
        kinships=np.unique(np.concatenate([np.unique(one) for one in others])),
    )


def levels_of(values: Array) -> Levels:
    """Levels of kinship: each of its values where these are few, bands where they are many."""
    rounded = np.round(np.asarray(values, dtype=np.float64), 6)
    distinct = np.unique(rounded).astype(np.float64)
    if len(distinct) <= MOST_LEVELS:
        return Levels((distinct[1:] + distinct[:-1]) / 2, tuple(named(value) for value in distinct), distinct)
    band = np.digitize(rounded, CUTS, right=True)
    sums, n = np.bincount(band, rounded, len(NAMES)), np.bincount(band, minlength=len(NAMES))
    return Levels(np.asarray(CUTS), NAMES, np.where(n > 0, sums / np.maximum(n, 1), np.nan))


def named(value: float) -> str:
    """A kinship in words."""
    if abs(value - 1) < SAME:
        return "kin"
    return "strangers" if abs(value) < SAME else f"kin of {value:.3g}" if value > 0 else f"spite of {value:.3g}"


def counts_of(rows: Earshot, audience: Audience, pairs: Levels, levels: Levels, n_episodes: int) -> Counts:
    """All counts."""
    n_rows, n_agents, n_levels = *rows.said.shape, len(pairs.names)
    heard = np.zeros((n_episodes, n_agents, n_agents))
    pair_steps = np.zeros((n_rows, n_levels), dtype=np.float32)
    near = np.zeros((n_rows, len(audience.agents), n_levels), dtype=np.float32)
    spoken_to = np.zeros((n_rows, n_levels), dtype=np.float32)
    for n, one in enumerate(speakers(rows)):
        heard[:, one.agent] = by_episode(one.heard, rows.episode, n_episodes)
        level = pairs.of(np.round(one.kinship, 6))
        level[:, one.agent] = n_levels  # itself: in no level
        for b in range(n_levels):
            pair_steps[:, b] += (level == b).sum(axis=1)
            near[:, n, b] = ((level == b) & one.near).sum(axis=1)
        spoken_to += near[:, n] * one.speaks[:, None]
    level = levels.of(np.round(audience.kinship, 6))
    member = (level[..., None] == np.arange(len(levels.names))) & audience.anyone[..., None]
    return Counts(
        steps=np.bincount(rows.episode, minlength=n_episodes),
        heard=heard,
        pair_totals=by_episode(pair_steps, rows.episode, n_episodes),
        spoken_to=by_episode(spoken_to, rows.episode, n_episodes),
        audience_totals=by_episode(member.sum(axis=1), rows.episode, n_episodes),
        spoken=by_episode((member & audience.speaks[..., None]).sum(axis=1), rows.episode, n_episodes),
        pair_steps=pair_steps,
        near_by_level=near,
        audience_level=level,
    )


def by_episode(values: Array, episode: Int64, n_episodes: int) -> Float64:
    """Sums (E, B) of rows (S, B)."""
    sums = np.zeros((n_episodes, values.shape[1]))
    np.add.at(sums, episode, values)
    return sums
