"""The rows that a probe sees: one for each step of each agent, episode by episode, in the order of the folds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.statistics import Strata, episode_strata

__all__ = ["Rows", "choose_episodes", "lay_out", "permuted", "read_rows", "strata_of", "table_of"]

BLOCK = 4096  # steps read at once

Array = NDArray[Any]
Int64 = NDArray[np.int64]


class Rows(NamedTuple):
    """N rows: episodes in fold order, their steps, their agents."""

    agents: tuple[int, ...]  # A agents
    episodes: Int64  # (E,) in the recording, in fold order
    steps: Int64  # (N / A,) rows of the recording
    episode: Int64  # (N,) place in `episodes`
    slot: Int64  # (N,) t * A + agent: which rows of two episodes are compared
    fold_sizes: Int64  # (n_folds,) rows of each fold

    @property
    def n_slots(self) -> int:
        """Slots of the longest episode."""
        return int(self.slot.max(initial=-1)) + 1


def choose_episodes(lengths: Int64, eligible: NDArray[np.bool_], max_steps: int, rng: np.random.Generator) -> Int64:
    """The eligible episodes, or as many of them, drawn at random, as have `max_steps` steps together; in file order."""
    episodes = np.flatnonzero(eligible)
    if lengths[episodes].sum() <= max_steps:
        return episodes
    drawn = rng.permutation(episodes)
    return np.sort(drawn[np.cumsum(lengths[drawn]) <= max_steps])


def lay_out(recording: Recording, agents: tuple[int, ...], folds: Sequence[Int64]) -> Rows:
    """The rows of `agents` in the episodes of each fold, which holds out whole episodes."""
    chosen = np.concatenate(folds)
    every_length = np.asarray(recording.episodes.length, dtype=np.int64)
    lengths = every_length[chosen]
    starts = np.asarray(recording.episodes.start, dtype=np.int64)[chosen]
    t = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    n_agents = len(agents)
    return Rows(
        agents=agents,
        episodes=chosen,
        steps=np.repeat(starts, lengths) + t,
        episode=np.repeat(np.arange(len(chosen)), lengths * n_agents),
        slot=(t[:, None] * n_agents + np.arange(n_agents)).reshape(-1),
        fold_sizes=np.array([every_length[fold].sum() * n_agents for fold in folds], dtype=np.int64),
    )


def read_rows(recording: Recording, column: str, rows: Rows, dtype: DTypeLike | None = None) -> Array:
    """A column's values at the rows, (N, …), read block by block in the file's order; as `dtype`, if one is given."""
    order = np.argsort(rows.steps, kind="stable")
    blocks = rows.steps[order] // BLOCK
    ends = np.append(np.flatnonzero(np.diff(blocks)) + 1, len(order))  # a block is left out where no row of it is asked
    out: Array | None = None
    start = 0
    for end in ends.tolist():
        places = order[start:end]
        wanted = rows.steps[places]
        first, last = int(wanted[0]), int(wanted[-1])
        part = recording.read(column, rows=slice(first, last + 1), agents=list(rows.agents))
        if out is None:
            out = np.empty((len(order), *part.shape[1:]), dtype=part.dtype if dtype is None else dtype)
        out[places] = part[wanted - first]
        start = end
    assert out is not None
    return out.reshape(-1, *out.shape[2:])


def strata_of(recording: Recording, rows: Rows) -> Strata:
    """Which of the rows' episodes may trade places: those of one condition, kinship and length."""
    table = recording.episodes
    length, condition, kinship = (
        np.asarray(values)[rows.episodes] for values in (table.length, table.condition, table.kinship)
    )
    return episode_strata(length, condition.astype(str), kinship)


def table_of(labels: Array, rows: Rows, missing: float) -> Array:
    """Labels (N,) as a table (E, slots), `missing` where an episode has ended."""
    table = np.full((len(rows.episodes), rows.n_slots), missing, dtype=labels.dtype)
    table[rows.episode, rows.slot] = labels
    return table


def permuted(table: Array, rows: Rows, permutation: Int64) -> Array:
    """The labels (N,) of each row's slot in the episode that `permutation` (E,) gives it."""
    labels: Array = table.reshape(-1).take(permutation[rows.episode] * table.shape[1] + rows.slot)
    return labels
