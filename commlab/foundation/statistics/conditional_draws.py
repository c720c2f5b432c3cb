"""One series of codes drawn anew given another: the null of conditional information where the given thing varies.

Where z changes within episodes, x cannot be permuted within strata of z without breaking what makes steps alike, and
whole episodes permuted also break what x owes to z. So x is drawn anew from P(x given z, t), as in the conditional
randomisation test (Candes et al. 2018), but with the randomness of another episode's x at equal t: each x_t becomes a
rank u_t in P(. given z_t, t) (the randomised probability integral transform, one random number for each run of equal
x), whole episodes of ranks trade places, and the inverse transform gives an x with the new episode's z. Dependence
within episodes, a shared clock and what x owes to z are kept; all that x knows of y beyond z and t is lost.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHRINKAGES", "Transfer", "draw_series", "prepare_transfer"]

MAX_BINS = 32  # bins of time in P(x given z, t)
MAX_CELLS = 1 << 24
N_FOLDS = 4
N_ITERATIONS = 10  # of iterative proportional fitting
SHRINKAGES = (1.0, 4.0, 16.0, 64.0, 256.0, float("inf"))  # steps that a simpler model counts for; inf: it alone

Codes = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Transfer(NamedTuple):
    """What is needed to draw x anew. Slots are t * n_lanes + lane; axis T is slots."""

    low: Float64  # (E, T) where x begins in its cumulative distribution; NaN where there is no x or z
    high: Float64  # (E, T) where it ends
    run: Codes  # (E, T) number of the run of equal x
    mirror: Codes  # (E, T) the slot that is read in the place of one after the episode's end
    row: Codes  # (E, T) which distribution holds there
    cumulative: Float64  # (R, n_x) distributions over x, summed up
    shrinkages: tuple[float, float]  # chosen from SHRINKAGES by held-out likelihood; see `shrunk`
    known: NDArray[np.bool_]  # (E, T) there is a z


class Tables(NamedTuple):
    """P(x given z, t) estimated in three ways: axes are lanes, Z, bins of time, X."""

    counts: Float64  # how often each cell occurs
    additive: Float64  # z and t each move x, but not together
    base: Float64  # P(x given t)
    at_z: Float64  # how often each z occurs


def prepare_transfer(x: Codes, z: Codes, lengths: Codes, n_lanes: int, rng: np.random.Generator) -> Transfer:
    """Fit P(x given z, t) for each lane. x and z are (E, T) codes with -1 for none, lengths (E,) in steps."""
    n_x, n_z = int(x.max(initial=0)) + 1, int(z.max(initial=0)) + 1
    n_steps = x.shape[1] // n_lanes
    n_bins = max(1, min(n_steps, MAX_BINS, MAX_CELLS // (n_z * n_x * n_lanes)))
    slots = np.arange(x.shape[1])
    bins = slots // n_lanes * n_bins // max(n_steps, 1)
    known = z >= 0
    there = known & (x >= 0)
    row = ((slots % n_lanes) * n_z + np.where(known, z, 0)) * n_bins + bins
    shape = (n_lanes, n_z, n_bins, n_x)
    shrinkages, shares = fit_shares(np.where(there, row * n_x + x, -1), shape, rng)
    ends = np.cumsum(shares.reshape(-1, n_x), axis=1)
    ends /= ends[:, -1:]
    starts = np.hstack([np.zeros((len(ends), 1)), ends[:, :-1]])
    symbol = np.where(there, x, 0)
    return Transfer(
        low=np.where(there, starts[row, symbol], np.nan),
        high=ends[row, symbol],
        run=number_runs(x, n_lanes),
        mirror=mirrored_slots(lengths, x.shape[1], n_lanes),
        row=row,
        cumulative=ends,
        shrinkages=shrinkages,
        known=known,
    )


def draw_series(transfer: Transfer, permutation: Codes, rng: np.random.Generator) -> Codes:
    """x drawn anew, (E, T): with the randomness of the episodes `permutation` (E,); -1 where there is none."""
    within = rng.random(int(transfer.run.max(initial=0)) + 1)[transfer.run]
    rank = transfer.low + within * (transfer.high - transfer.low)
    rank = np.take_along_axis(rank, transfer.mirror, axis=1)[permutation]
    there = transfer.known & np.isfinite(rank)
    n_rows, n_x = transfer.cumulative.shape
    line = (transfer.cumulative + 2.0 * np.arange(n_rows)[:, None]).reshape(-1)  # every row in a stretch of its own
    found = np.searchsorted(line, np.where(there, rank, 0.0) + 2.0 * transfer.row, side="right")
    symbol = np.minimum(found - transfer.row * n_x, n_x - 1)
    return np.where(there, symbol, -1)


def fit_shares(
    codes: Codes, shape: tuple[int, int, int, int], rng: np.random.Generator
) -> tuple[tuple[float, float], Float64]:
    """The shrinkages of highest held-out likelihood, and P(x given z, t), of codes (E, T) that number cells."""
    fold = rng.permutation(len(codes)) % N_FOLDS
    parts = np.stack([count(codes[fold == number], shape) for number in range(N_FOLDS)])
    whole = parts.sum(0)
    pairs = list(product(SHRINKAGES, SHRINKAGES))
    likelihood = np.zeros(len(pairs))
    for part in parts:
        tables = fit_tables(whole - part)
        there = part > 0
        for place, pair in enumerate(pairs):
            likelihood[place] += np.sum(part[there] * np.log(np.maximum(shrunk(tables, pair)[there], 1e-9)))
    best = pairs[int(np.argmax(likelihood))]
    return best, shrunk(fit_tables(whole), best)


def count(codes: Codes, shape: tuple[int, int, int, int]) -> Float64:
    """How often each cell occurs."""
    return np.bincount(codes[codes >= 0], minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def fit_tables(counts: Float64) -> Tables:
    """The three estimates of P(x given z, t), each simpler than the one before.

    The middle one is the log-linear model with the margins (z, t), (z, x), (t, x), by iterative proportional fitting
    (Deming & Stephan 1940); where z and t never met it is P(x given t).
    """
    zt, zx, tx = counts.sum(3), counts.sum(2), counts.sum(1)
    overall = (zx.sum((0, 1)) + 0.5) / (zx.sum() + 0.5 * zx.shape[-1])
    base = (tx + 0.5 * overall) / (tx.sum(-1, keepdims=True) + 0.5)
    model = np.ones_like(counts)
    for _ in range(N_ITERATIONS):
        model *= ratio(zt, model.sum(3))[..., None]
        model *= ratio(zx, model.sum(2))[:, :, None]
        model *= ratio(tx, model.sum(1))[:, None]
    total = model.sum(3, keepdims=True)
    additive = np.where(total > 0, model / np.where(total > 0, total, 1.0), base[:, None])
    return Tables(counts, additive, base[:, None], zt.sum(2)[..., None, None])


def shrunk(tables: Tables, shrinkages: tuple[float, float]) -> Float64:
    """P(x given z, t): cells drawn towards the additive model, that drawn towards P(x given t)."""
    towards_base, towards_additive = shrinkages
    trust = tables.at_z / (tables.at_z + towards_base) if np.isfinite(towards_base) else np.zeros_like(tables.at_z)
    shares: Float64 = trust * tables.additive + (1 - trust) * tables.base
    if np.isfinite(towards_additive) and np.isfinite(towards_base):
        seen = tables.counts.sum(3, keepdims=True)
        shares = (tables.counts + towards_additive * shares) / (seen + towards_additive)
    return shares


def ratio(wanted: Float64, found: Float64) -> Float64:
    """wanted / found, 0 where nothing was found."""
    return np.divide(wanted, found, out=np.zeros_like(found), where=found > 0)


def number_runs(x: Codes, n_lanes: int) -> Codes:
    """Numbers (E, T) of the runs of equal codes of each episode and lane."""
    lanes = x.reshape(len(x), -1, n_lanes).transpose(0, 2, 1)
    new = np.ones(lanes.shape, dtype=bool)
    new[..., 1:] = lanes[..., 1:] != lanes[..., :-1]
    run = np.cumsum(new.reshape(-1)).reshape(lanes.shape) - 1
    return run.transpose(0, 2, 1).reshape(x.shape)


def mirrored_slots(lengths: Codes, n_slots: int, n_lanes: int) -> Codes:
    """Slots (E, T) that go back and forth within each episode of `lengths` steps, so that a short one fills a long."""
    slots = np.arange(n_slots)
    period = 2 * np.maximum(lengths, 1)[:, None]
    phase = slots // n_lanes % period
    step = np.minimum(phase, period - 1 - phase)
    mirrored: Codes = step * n_lanes + slots % n_lanes
    return mirrored
