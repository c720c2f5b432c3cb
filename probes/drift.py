"""How far one code is already another: whether the same messages stand for the same values in both."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from commlab.foundation.statistics import jackknife_interval

__all__ = ["Agreement", "Code", "agreement", "alike"]

MOST_MESSAGES = 32  # of the reference that are compared: its most frequent

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Code(NamedTuple):
    """What was said of what: steps counted by episode, message and value."""

    counts: Int64  # (E, M, V)
    messages: tuple[str, ...]
    values: tuple[str, ...]


class Agreement(NamedTuple):
    """How alike two codes are: 1 the same, 0 as a code with its messages exchanged at random; may be below."""

    value: float | None  # None where the reference says fewer than two messages, or nothing is said now
    interval: tuple[float, float] | None  # 95 %, jackknife over the episodes of the code; the reference is held
    raw: float | None  # before chance is taken off


def agreement(code: Code, reference: Code) -> Agreement:
    """How far the messages of `code` mean what they mean in `reference`.

    Of each message of the reference, 1 less the Jensen-Shannon divergence (bits, so from 0 to 1; Lin 1991) between
    P(value given message) here and there, 0 where it is not said here; averaged by how often the reference says it.
    Chance is the mean over all ways of exchanging the messages, and agreement = (raw - chance) / (1 - chance).
    """
    there = reference.counts.sum(0)
    chosen = np.sort(np.argsort(-there.sum(1), kind="stable")[:MOST_MESSAGES])
    chosen = chosen[there[chosen].sum(1) > 0]
    if len(chosen) < 2 or not code.counts.any():
        return Agreement(None, None, None)
    meant, weight = there[chosen].astype(np.float64), there[chosen].sum(1) / there[chosen].sum()
    here = aligned(code, [reference.messages[m] for m in chosen], reference.values)
    total = here.sum(0).astype(np.float64)
    value, raw = likeness(total, meant, weight)
    if not np.isfinite(value):
        return Agreement(None, None, raw)
    without = np.array([likeness(total - episode, meant, weight)[0] for episode in here])
    return Agreement(value, capped(jackknife_interval(value, without)), raw)


def capped(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """The interval, ending at 1, which agreement cannot pass; None where it is undefined."""
    return (interval[0], min(1.0, interval[1])) if interval and np.isfinite(interval).all() else None


def aligned(code: Code, messages: Sequence[str], values: Sequence[str]) -> Int64:
    """The code's counts (E, M, V) with the messages and values named, 0 for those that it lacks."""
    counts = np.zeros((len(code.counts), len(messages), len(values)), dtype=np.int64)
    rows = [code.messages.index(name) if name in code.messages else -1 for name in messages]
    columns = [code.values.index(name) if name in code.values else -1 for name in values]
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if row >= 0 and column >= 0:
                counts[:, i, j] = code.counts[:, row, column]
    return counts


def likeness(here: Float64, there: Float64, weight: Float64) -> tuple[float, float]:
    """Agreement less chance, and raw, of two tables (M, V); NaN where chance alone agrees in all."""
    square = alike(here, there)
    raw = float(weight @ np.diag(square))
    chance = float(weight @ square.mean(0))
    return ((raw - chance) / (1 - chance) if chance < 1 - 1e-12 else float("nan")), raw


def alike(here: Float64, there: Float64) -> Float64:
    """1 less the Jensen-Shannon divergence of each row of `here` (M, V) and each of `there` (N, V), (M, N).

    0 for a row without counts.
    """
    said = here.sum(1) > 0
    p = here / np.where(said, here.sum(1), 1)[:, None]
    q = there / there.sum(1, keepdims=True)
    middle = (p[:, None] + q) / 2
    divergence = (rel_entr(p[:, None], middle) + rel_entr(q, middle)).sum(2) / 2 / np.log(2)
    return np.where(said[:, None], 1 - divergence, 0.0)
