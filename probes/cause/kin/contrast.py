"""Two arms of the same episodes compared: a difference of shares, its interval, and its null by swapping arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.result import Null
from commlab.foundation.statistics import bca_interval, bca_share, max_statistic, permutation_p_value, summarise_null

__all__ = ["MARGIN", "SIGNIFICANT", "Contrast", "Counted", "apart", "contrasts", "share_of"]

MARGIN = 0.1  # a difference of shares below which arms are alike
SIGNIFICANT = 0.05
LEAST = 8  # episodes in which an arm must have anything to count
SWAPPED, EXCHANGED = "arms swapped within episodes", "whole episodes permuted"

Float64 = NDArray[np.float64]


class Counted(NamedTuple):
    """A share in two arms, as what each episode adds to it; episodes correspond."""

    hits: Float64  # (E,) of the first arm
    total: Float64  # (E,)
    other_hits: Float64  # (E,) of the second arm
    other_total: Float64  # (E,)

    @property
    def defined(self) -> bool:
        """Whether both arms have enough episodes to count in."""
        return bool(min(np.count_nonzero(self.total), np.count_nonzero(self.other_total)) >= LEAST)


class Contrast(NamedTuple):
    """A share in the first arm less that in the second."""

    first: float
    second: float
    difference: float
    interval: tuple[float, float]  # 95 %, BCa over episodes
    p_value: float  # two-sided, of the family
    null: Null

    @property
    def more(self) -> bool:
        """Whether the first arm's share is larger, by enough to matter."""
        return self.difference >= MARGIN and self.interval[0] > 0 and self.p_value <= SIGNIFICANT

    @property
    def less(self) -> bool:
        """Whether it is smaller, by enough to matter."""
        return self.difference <= -MARGIN and self.interval[1] < 0 and self.p_value <= SIGNIFICANT

    @property
    def same(self) -> bool:
        """Whether the two are alike: the whole interval lies within the margin."""
        return self.interval[0] > -MARGIN and self.interval[1] < MARGIN

    def told(self) -> dict[str, Any]:
        """The contrast as JSON has it."""
        return self._asdict() | {"null": asdict(self.null)}


def contrasts(family: Mapping[str, Counted], rng: np.random.Generator, n_null: int) -> dict[str, Contrast]:
    """Compare the arms by each share that is defined; p-values hold for all of them together.

    In a null draw the arms of each episode are swapped or not, in all shares alike.
    """
    known = {name: one for name, one in family.items() if one.defined}
    if not known:
        return {}
    n_episodes = len(next(iter(known.values())).hits)
    signs: Float64 = rng.integers(0, 2, (n_null, n_episodes)).astype(np.float64) * 2.0 - 1.0
    observed = {name: float(_difference(_sums(one).sum(axis=0)[None])[0]) for name, one in known.items()}
    draws = {name: _swapped(one, signs) for name, one in known.items()}
    adjusted = max_statistic(
        [abs(value) for value in observed.values()], np.stack([np.abs(draws[name]) for name in known], axis=1)
    ).p_values
    found = {name: _contrast(one, draws[name], rng, SWAPPED) for name, one in known.items()}
    return {name: one._replace(p_value=p) for (name, one), p in zip(found.items(), adjusted.tolist(), strict=True)}


def apart(
    family: Mapping[str, tuple[Float64, Float64]],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    rng: np.random.Generator,
    n_null: int,
) -> dict[str, Contrast]:
    """Compare shares (hits and totals, (E, S) each) where `first` (E, S) holds with those where `second` does.

    These are different episodes, as they came; in a null draw whole episodes exchange which of the two they are.
    """
    found = {}
    for name, (hits, total) in family.items():

        def parts(order: NDArray[np.int64], hits: Float64 = hits, total: Float64 = total) -> Counted:
            one, other = first[order], second[order]
            return Counted(*((part * where).sum(axis=1) for where in (one, other) for part in (hits, total)))

        counted = parts(np.arange(len(first)))
        if not counted.defined:
            continue
        draws = np.array(
            [_difference(_sums(parts(rng.permutation(len(first)))).sum(axis=0)[None])[0] for _ in range(n_null)]
        )
        found[name] = _contrast(counted, np.nan_to_num(draws), rng, EXCHANGED)
    return found


def share_of(hits: Float64, total: Float64, rng: np.random.Generator) -> dict[str, Any]:
    """A share with its interval over episodes and their number, from what each adds to it (E,)."""
    if not total.sum():
        return {"share": None, "interval": None, "n_episodes": 0}
    return {
        "share": float(hits.sum() / total.sum()),
        "interval": bca_share(hits, total, rng, 1000),
        "n_episodes": int(np.count_nonzero(total)),
    }


def _contrast(one: Counted, draws: Float64, rng: np.random.Generator, method: str) -> Contrast:
    """The contrast of two arms with its own p-value, from null draws of the difference."""
    sums = _sums(one)
    difference = float(_difference(sums.sum(axis=0)[None])[0])
    return Contrast(
        first=float(one.hits.sum() / one.total.sum()),
        second=float(one.other_hits.sum() / one.other_total.sum()),
        difference=difference,
        interval=bca_interval(sums, _difference, rng) or (difference, difference),
        p_value=permutation_p_value(difference, draws, "two-sided"),
        null=summarise_null(draws, method),
    )


def _sums(one: Counted) -> Float64:
    """What each episode adds, (E, 4)."""
    return np.stack(one, axis=1).astype(np.float64)


def _difference(sums: Float64) -> Float64:
    """Differences of shares (B,) from sums (B, 4); NaN where an arm has nothing to count."""
    total, other = (np.where(sums[:, c] > 0, sums[:, c], np.nan) for c in (1, 3))
    difference: Float64 = sums[:, 0] / total - sums[:, 2] / other
    return difference


def _swapped(one: Counted, signs: Float64) -> Float64:
    """Differences (n_null,) with the arms of episodes swapped where `signs` (n_null, E) are negative; undefined: 0."""
    first, second = _sums(one)[:, :2], _sums(one)[:, 2:]
    middle, half = (first + second) / 2, (first - second) / 2
    moved = signs @ half
    difference = _difference(np.hstack([middle.sum(axis=0) + moved, middle.sum(axis=0) - moved]))
    return np.nan_to_num(difference)
