"""Counts of (what was said, what was there) and their whole-episode permutation null, with a family-wise threshold.

Uses are counted by spell: a value that lasts n steps gives each of them the weight 1/n, so that a crystal that stands
somewhere counts once, however long it is spoken of. A symbol that is said in passing so has small counts: they are
standardised in the size of its own use, the weight that it has in an episode.

Each draw gives the speech of every episode the world of another, at equal steps; what agents, bodies and clocks alone
would give is in the null, too, and is not found.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from commlab.probes.decode.lexicon.speech import Speech, Variable, run_lengths
from commlab.probes.decode.lexicon.units import Members

__all__ = ["LEAST_EXPECTED", "Counts", "Family", "count", "family"]

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
LEAST_EXPECTED = 0.01  # uses: keeps lifts finite where no draw had any
FEW = 3.0  # expected uses below which a cell's spread is not trusted
FLOOR_FEW, FLOOR = 0.5, 0.2  # least spread of a square root of a count: a Poisson count's is 0.5
LN2 = float(np.log(2))


class Counts(NamedTuple):
    """Weighted uses of U units (messages, or their parts) for the V values of a variable."""

    observed: Float64  # (U, V)
    expected: Float64  # (U, V) mean over the draws: what the same speech gives beside other episodes' worlds
    scores: Float64  # (U, V) the observed uses, standardised by the draws
    largest: Float64  # (1 + P, U) the largest score of each unit, row 0 observed
    information: Float64  # (1 + P,) bits of the whole messages, row 0 observed

    def only(self, units: Sequence[int]) -> "Counts":
        """The counts of some of the units."""
        kept = list(units)
        return Counts(
            self.observed[kept], self.expected[kept], self.scores[kept], self.largest[:, kept], self.information
        )

    @property
    def lift(self) -> Float64:
        """Observed over expected (U, V)."""
        return self.observed / np.maximum(self.expected, LEAST_EXPECTED)


class Family(NamedTuple):
    """The largest standardised score of many cells, in every draw."""

    draws: Float64  # (P,)

    @property
    def threshold(self) -> float:
        """What a cell must exceed, so that in noise one of them does in 5 % of recordings."""
        n = len(self.draws)
        kept = int(np.ceil(0.95 * (n + 1)))
        return float(np.sort(self.draws)[kept - 1]) if kept <= n else float("inf")

    def p_values(self, scores: Float64) -> Float64:
        """The family-wise p-value of each observed score, of any shape."""
        below = np.searchsorted(np.sort(self.draws), scores - 1e-9, side="left")
        return (1 + len(self.draws) - below) / (1 + len(self.draws))


def count(
    speech: Speech, variable: Variable, parts: Members, permutations: Int64, context: Variable | None = None
) -> Counts:
    """The counts of `variable` for each of the `parts`; with a context, for each part and value of it (U * C)."""
    n_messages, n_values = len(speech.symbols), len(variable.names)
    n_contexts = 1 if context is None else len(context.names)
    spare = n_values + 1  # a column for what is missing
    said = speech.said
    if context is not None:
        said = np.where((said < 0) | (context.codes < 0), -1, said * n_contexts + context.codes)
    rows = np.where(said < 0, n_messages * n_contexts, said) * spare
    columns = np.where(variable.codes < 0, n_values, variable.codes)
    weights = 1.0 / run_lengths(variable.codes, speech.n_agents)
    draws = np.empty((1 + len(permutations), len(parts.starts) * n_contexts, n_values), dtype=np.float32)
    information = np.empty(1 + len(permutations))
    n_uses = 0.0
    for draw, order in enumerate(np.vstack([np.arange(speech.n_episodes), permutations])):
        cells = (rows + columns[order]).reshape(-1)
        flat: Float64 = np.bincount(cells, weights[order].reshape(-1), (n_messages * n_contexts + 1) * spare).astype(
            np.float64, copy=False
        )
        table = flat[: n_messages * n_contexts * spare].reshape(-1, spare)[:, :n_values]
        uses = float(table.sum())
        n_uses = uses if draw == 0 else n_uses
        information[draw] = bits(table) * uses / max(n_uses, 1.0)  # chance gives bits with 1 / uses
        table = table * (n_uses / uses if uses > 0 else 1.0)  # where lengths differ, draws have fewer uses
        draws[draw] = parts.summed(table.reshape(n_messages, -1)).reshape(-1, n_values)
    observed, expected = draws[0].astype(np.float64), draws[1:].mean(axis=0, dtype=np.float64)
    size = use_sizes(said, np.where(variable.codes < 0, 0.0, weights), n_messages * n_contexts)
    scores = standardised(draws, expected, sized(size, parts, n_contexts))
    return Counts(observed, expected, scores[0].astype(np.float64), scores.max(axis=2).astype(np.float64), information)


def use_sizes(said: Int64, weights: Float64, n_codes: int) -> Float64:
    """The first two moments (n_codes, 2) of the weight that each code of `said` (E, slots) has in an episode."""
    place = np.nonzero((said >= 0) & (weights > 0))
    pairs, which = np.unique(place[0] * n_codes + said[place], return_inverse=True)
    weight = np.bincount(which, weights[place], len(pairs))
    codes = pairs % n_codes
    return np.stack([np.bincount(codes, weight, n_codes), np.bincount(codes, weight**2, n_codes)], axis=1)


def sized(moments: Float64, parts: Members, n_contexts: int) -> Float64:
    """The size of a use of each part (U * C,), at most 1: what is said of a spell from end to end is one use."""
    total = parts.summed(moments.reshape(-1, n_contexts, 2)).reshape(-1, 2)
    size: Float64 = np.where(total[:, 0] > 0, total[:, 1] / np.maximum(total[:, 0], 1e-9), 1.0)
    return np.minimum(size, 1.0)


def standardised(draws: Float32, expected: Float64, size: Float64) -> Float32:
    """Square roots of counts (1 + P, U, V) in standard deviations from their mean, the observed one included.

    size: (U,) of a use; counts are roots of numbers of uses, whose least spread is that of a Poisson count.
    """
    unit = size[:, None]
    roots: Float32 = np.sqrt(draws / unit.astype(np.float32) + np.float32(3 / 8))
    roots -= roots.mean(axis=0)
    spread = np.maximum(roots.std(axis=0), np.where(expected / unit < FEW, FLOOR_FEW, FLOOR).astype(np.float32))
    roots /= spread
    return roots


def bits(table: Float64) -> float:
    """The plug-in information of a table of weighted counts."""
    rows, columns, total = table.sum(1), table.sum(0), table.sum()
    if total <= 0:
        return 0.0
    sums = xlogy(table, table).sum() - xlogy(rows, rows).sum() - xlogy(columns, columns).sum() + xlogy(total, total)
    return float(sums / total / LN2)


def family(counts: Sequence[Counts]) -> Family:
    """The null of the largest score over all cells of several variables."""
    cells = [found.largest[1:].max(axis=1) for found in counts if found.largest.shape[1]]
    return Family(np.max(cells, axis=0) if cells else np.zeros(0))
