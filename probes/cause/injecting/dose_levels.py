"""Levels of a sweep: the effect at each level of what is varied, and whether it depends on it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import bca_mean, sign_flip_p_value
from commlab.probes.cause.injecting.doses import Cell

__all__ = ["Values", "levels_of"]

NUMBERS = ("kinship", "duration", "slots")  # along which there is a slope


class Values(NamedTuple):
    """The effects of a sweep."""

    effects: NDArray[np.float64]  # (E, n_cells), NaN where an episode has no trial in a cell
    cells: list[Cell]


def levels_of(values: Values, rng: np.random.Generator, n_null: int) -> dict[str, Any]:
    """Return, for all that has several levels: the effect at each, the p-value of their spread, and the slope.

    The null of the spread (the variance of the levels' means) exchanges levels within each episode.
    """
    read = {
        "symbol": lambda cell: cell.symbol,
        "listener": lambda cell: cell.listener,
        "kinship": lambda cell: cell.kinship,
        "moment": lambda cell: str(cell.window),
        "duration": lambda cell: cell.duration,
        "slots": lambda cell: cell.n_slots,
    }
    out = {}
    for name, level_of in read.items():
        of_cell = [level_of(cell) for cell in values.cells]
        levels = list(dict.fromkeys(of_cell))
        if len(levels) > 1:
            mine = np.array([levels.index(level) for level in of_cell])
            means = np.stack([_mean_over(values.effects[:, mine == k]) for k in range(len(levels))], axis=1)
            out[name] = _factor(name, levels, means, rng, n_null)
    return out


def _factor(
    name: str, levels: list[Any], means: NDArray[np.float64], rng: np.random.Generator, n_null: int
) -> dict[str, Any]:
    """Return what is told of one thing varied; `means` (E, n_levels)."""
    kept = [column[np.isfinite(column)] for column in means.T]
    observed = _spread(means)
    draws = np.array([_spread(_exchanged(means, rng)) for _ in range(n_null)])
    return {
        "levels": [
            {
                "level": level,
                "effect": float(column.mean()) if len(column) else None,
                "interval": bca_mean(column, rng) if len(column) else None,
                "n": len(column),
            }
            for level, column in zip(levels, kept, strict=True)
        ],
        "p_value": float((1 + (draws >= observed - 1e-12).sum()) / (1 + n_null)),
        "null": "levels exchanged within episodes",
        "slope": _slope(np.array(levels, dtype=np.float64), means, rng) if name in NUMBERS else None,
    }


def _slope(levels: NDArray[np.float64], means: NDArray[np.float64], rng: np.random.Generator) -> dict[str, Any] | None:
    """Return the least-squares slope of the effect along the levels, the mean over episodes that have them all."""
    whole = means[np.isfinite(means).all(axis=1)]
    if len(whole) < 2:
        return None
    centred = levels - levels.mean()
    slopes = whole @ centred / (centred**2).sum()
    return {
        "mean": float(slopes.mean()),
        "interval": bca_mean(slopes, rng),
        "p_value": sign_flip_p_value(slopes, rng),
        "n": len(whole),
    }


def _mean_over(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of what is known in each row, NaN where nothing is."""
    known = np.isfinite(columns)
    count = known.sum(axis=1)
    return np.where(count > 0, np.nan_to_num(columns).sum(axis=1) / np.maximum(count, 1), np.nan)


def _spread(means: NDArray[np.float64]) -> float:
    """Return the variance of the levels' means, those without a value left out."""
    known = np.isfinite(means)
    count = known.sum(axis=0)
    level = np.nan_to_num(means).sum(axis=0)[count > 0] / count[count > 0]
    return float(level.var()) if len(level) else 0.0


def _exchanged(means: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the table with the known values of each row put among its known places in random order."""
    known = np.isfinite(means)
    places = np.argsort(~known, axis=1, kind="stable")
    order = np.argsort(np.where(known, rng.random(means.shape), 2.0), axis=1, kind="stable")
    out = np.empty_like(means)
    np.put_along_axis(out, places, np.take_along_axis(means, order, axis=1), axis=1)
    return out
