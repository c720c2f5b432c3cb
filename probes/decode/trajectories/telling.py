"""Courses as tables: the mean course of each value, single ones, and what the value tells at each step."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import bca_interval, max_statistic
from commlab.probes.decode.occupancy import means
from commlab.probes.decode.trajectories.courses import Courses, Model, Scores
from commlab.probes.decode.trajectories.states import LEAST_EPISODES, States

__all__ = ["SINGLES", "Found", "describe", "interval"]

SINGLES = 12  # single courses of each value that are kept to be drawn
DIGITS = 4
RESAMPLES = 1000

Float64 = NDArray[np.float64]


class Found(NamedTuple):
    """What was found."""

    model: Model
    held_out: Courses
    points: Float64  # (N, 2) states in the plane
    scores: Scores
    share_everywhere: float  # in all dimensions
    draws: Float64 | None  # (n_null,) the share with episodes permuted
    draws_by_step: Float64 | None  # (n_null, T)
    reason: str | None  # why there are no draws


def describe(data: States, found: Found, plane: str, seed: int) -> dict[str, Any]:
    """The courses, the share by step, and what was read."""
    return {
        "source": data.source,
        "of": data.agents.name,
        "words_of": data.agents.words,
        "agents": list(data.agents.indices),
        "target": data.target.name,
        "target_sentence": data.target.sentence,
        "plane": plane,
        "variance_in_plane": variance_in_plane(data, found),
        "before": data.window.before,
        "steps": data.window.steps,
        "values": list(data.values),
        "left_out": list(data.left_out),
        "courses": [course(data, found, value) for value in range(len(data.values))],
        "base": rounded(found.model.base @ found.model.axes.T),
        "by_step": by_step(data, found, seed),
        "share_in_all_dimensions": found.share_everywhere,
        "n_training": data.n_training,
        "n_rows": int(found.scores.rows[data.window.before :].sum()),
        "reason": found.reason,
    }


def variance_in_plane(data: States, found: Found) -> float:
    """The share of the held-out states' variance that lies in the plane."""
    held_out = data.rows.episode >= data.n_training
    states = data.states[held_out].astype(np.float64)
    total = float(states.var(axis=0).sum())
    return float(found.points[held_out].var(axis=0).sum() / total) if total > 0 else 0.0


def course(data: States, found: Found, value: int) -> dict[str, Any]:
    """The mean course of a value in held-out episodes, with its covariances, and some single ones."""
    held = found.held_out.part(found.held_out.value == value)
    known = found.model.known[value]
    mean = means(held.episode, held.step, found.points[held.row])
    shown = [place for place, step in enumerate(mean.group) if known[step] and mean.n_episodes[place] >= LEAST_EPISODES]
    return {
        "value": data.values[value],
        "n_runs": int(np.unique(held.run).size),
        "n_episodes": int(np.unique(held.episode).size),
        "step": (mean.group[shown] - data.window.before).tolist(),
        "mean": rounded(mean.mean[shown]),
        "covariance": rounded(mean.covariance[shown], 8),
        "episodes": mean.n_episodes[shown].tolist(),
        "singles": singles(held, found.points, data.window.before),
    }


def singles(held: Courses, points: Float64, before: int) -> list[dict[str, Any]]:
    """The first course of each of the first episodes."""
    drawn = []
    for episode in np.unique(held.episode)[:SINGLES]:
        mine = held.part(held.episode == episode)
        first = mine.part(mine.run == mine.run.min())
        drawn.append({"step": (first.step - before).tolist(), "at": rounded(points[first.row])})
    return drawn


def rounded(values: Float64, digits: int = DIGITS) -> list[Any]:
    """Numbers with few digits."""
    plain: list[Any] = np.round(values, digits).tolist()
    return plain


def by_step(data: States, found: Found, seed: int) -> list[dict[str, Any]]:
    """The share of the variance that the value tells at each step, with interval, null and family-wise p-value."""
    shares = found.scores.by_step()
    here = np.flatnonzero(np.isfinite(shares) & (found.scores.rows >= LEAST_EPISODES))
    draws = None if found.draws_by_step is None else np.nan_to_num(found.draws_by_step[:, here])
    p_values = None if draws is None else max_statistic(shares[here], draws).p_values
    told = []
    for place, step in enumerate(here.tolist()):
        ends = None if draws is None else np.quantile(draws[:, place], [0.025, 0.975]).tolist()
        told.append({
            "step": step - data.window.before,
            "share": float(shares[step]),
            "interval": interval(found.scores, slice(step, step + 1), [seed, 42, step]),
            "null": None if ends is None else {"low": ends[0], "high": ends[1]},
            "p_value": None if p_values is None else float(p_values[place]),
            "n_rows": int(found.scores.rows[step]),
        })  # fmt: skip
    return told


def interval(scores: Scores, steps: slice, seed: list[int]) -> tuple[float, float] | None:
    """The BCa interval over held-out episodes of the share at some steps."""
    sums = np.stack([scores.about_value[:, steps].sum(axis=1), scores.about_all[:, steps].sum(axis=1)], axis=1)
    return bca_interval(sums[sums[:, 1] > 0], share_told, np.random.default_rng(seed), RESAMPLES)


def share_told(sums: Float64) -> Float64:
    """One less the ratio of two sums (B, 2)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        told: Float64 = 1 - sums[:, 0] / sums[:, 1]
    return told
