"""Courses of hidden states: runs of one value, the plane in which their mean courses differ, and what they tell.

A run is a stretch of steps of one episode and agent at which a target keeps its value; a course is the hidden state
from some steps before a run began for as long as it lasts. Mean courses and plane come from training episodes, and what
they are worth from held-out ones: the share of the variance that the value tells at equal steps since the run began.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_matrix

__all__ = [
    "PLANES",
    "Courses",
    "Model",
    "Runs",
    "Scores",
    "Window",
    "fit_model",
    "lay_runs",
    "permuted_runs",
    "principal_axes",
    "runs_of",
    "score",
]

PLANES = ("courses", "states")
LEAST_ROWS = 5  # of a value at a step, in training episodes: a mean of fewer is not used
CHUNK = 8192  # rows held at once in all dimensions

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of one value, R of them."""

    episode: Int64  # (R,)
    slot: Int64  # (R,) of the first step: t * n_agents + agent
    value: Int64  # (R,)
    length: Int64  # (R,) steps


class Courses(NamedTuple):
    """The rows of the courses, M of them; a row may belong to the end of one and to the beginning of the next."""

    row: Int64  # (M,) into the states
    episode: Int64  # (M,) whose states they are
    run: Int64  # (M,)
    value: Int64  # (M,)
    step: Int64  # (M,) since the run began, from -before on, counted from 0

    def part(self, here: Bool) -> "Courses":
        """Some of the rows."""
        return Courses(*(column[here] for column in self))


class Window(NamedTuple):
    """Which steps courses have."""

    before: int  # steps before the run began
    steps: int  # steps from its beginning on
    n_values: int

    @property
    def length(self) -> int:
        """Steps of a course."""
        return self.before + self.steps


class Model(NamedTuple):
    """Mean courses of training episodes, and a plane."""

    means: Float64  # (V, T, H) by value and step
    base: Float64  # (T, H) by step, over all values
    known: Bool  # (V, T) enough rows
    axes: Float64  # (2, H)


class Scores(NamedTuple):
    """Squares of held-out states about the mean courses."""

    about_value: Float64  # (E, T) about the value's mean course, summed over the rows of an episode at a step
    about_all: Float64  # (E, T) about the mean course of all values
    rows: Int64  # (T,)

    def share(self, first: int) -> float:
        """The share of the variance that the value tells at the steps from `first` on; NaN where there is no row."""
        total = self.about_all[:, first:].sum()
        return float(1 - self.about_value[:, first:].sum() / total) if total > 0 else float("nan")

    def by_step(self) -> Float64:
        """The same at each step, (T,)."""
        total = self.about_all.sum(axis=0)
        told = 1 - self.about_value.sum(axis=0) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, told, np.nan)


def runs_of(values: Int64, n_agents: int) -> Runs:
    """The runs of `values` (E, slots), -1 for none."""
    n_episodes, n_slots = values.shape
    by_agent = values.reshape(n_episodes, n_slots // n_agents, n_agents)
    begins = by_agent >= 0
    begins[:, 1:] &= by_agent[:, 1:] != by_agent[:, :-1]
    ends = by_agent >= 0
    ends[:, :-1] &= by_agent[:, :-1] != by_agent[:, 1:]
    first, last = np.argwhere(begins.swapaxes(1, 2)), np.argwhere(ends.swapaxes(1, 2))  # episode, agent, t
    episode, agent, t = first.T
    return Runs(episode, t * n_agents + agent, by_agent[episode, t, agent], last[:, 2] - t + 1)


def lay_runs(runs: Runs, window: Window, n_agents: int, slots: Int64) -> tuple[Courses, Int64]:
    """The courses of the runs where they are, with the slot of each row; `slots` (E,) has each episode has."""
    lengths = window.before + np.minimum(runs.length, window.steps)
    run = np.repeat(np.arange(len(lengths)), lengths)
    step = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    slot = runs.slot[run] + (step - window.before) * n_agents
    laid = Courses(np.zeros_like(slot), runs.episode[run], run, runs.value[run], step)
    kept = (slot >= 0) & (slot < slots[laid.episode])
    laid, slot = laid.part(kept), slot[kept]
    return laid._replace(row=first_rows(slots)[laid.episode] + slot), slot


def permuted_runs(courses: Courses, slot: Int64, slots: Int64, permutation: Int64) -> Courses:
    """The courses when each episode e has the values of episode `permutation[e]`, at equal t."""
    host = np.argsort(permutation)[courses.episode]
    kept = slot < slots[host]
    moved = courses._replace(episode=host, row=first_rows(slots)[host] + slot)
    return moved.part(kept)


def first_rows(slots: Int64) -> Int64:
    """Each episode's first row, (E,)."""
    return np.cumsum(slots) - slots


def fit_model(states: Float32, courses: Courses, window: Window, plane: Float64 | None) -> Model:
    """Mean courses of the rows of `courses`, and the plane, unless one is given, that tells values apart best.

    It is spanned by the first two principal axes of the differences between the values' mean courses and the mean
    course of all, each weighted by its rows.
    """
    n = window.n_values * window.length
    group = courses.value * window.length + courses.step
    ones = np.ones(len(group), dtype=np.float32)
    chosen = csr_matrix((ones, (group, courses.row)), shape=(n, len(states)))
    sums = np.asarray(chosen @ states, dtype=np.float64).reshape(window.n_values, window.length, -1)
    rows = np.bincount(group, minlength=n).reshape(window.n_values, window.length)
    known = rows >= LEAST_ROWS
    means = sums / np.maximum(rows, 1)[..., None]
    weights = rows * known
    base = (means * weights[..., None]).sum(axis=0) / np.maximum(weights.sum(axis=0), 1)[:, None]
    axes = plane if plane is not None else principal_axes((means - base)[known] * np.sqrt(rows[known])[:, None])
    return Model(means, base, known, axes)


def principal_axes(differences: Float64) -> Float64:
    """The first two principal axes (2, H) of rows (G, H), each with a sign of its own."""
    squares = differences.T @ differences
    axes = eigh(squares, subset_by_index=[len(squares) - 2, len(squares) - 1])[1].T[::-1]
    signed: Float64 = axes * np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    return signed


def score(points: Array, courses: Courses, means: Float64, base: Float64, known: Bool, n_episodes: int) -> Scores:
    """The squares of held-out points (N, D) about mean courses (V, T, D) and about the mean course of all, (T, D)."""
    held = courses.part(known[courses.value, courses.step])
    length = known.shape[1]
    value, every = np.empty(len(held.row)), np.empty(len(held.row))
    for start in range(0, len(held.row), CHUNK):
        part = slice(start, start + CHUNK)
        here = points[held.row[part]].astype(np.float64)
        value[part] = ((here - means[held.value[part], held.step[part]]) ** 2).sum(axis=1)
        every[part] = ((here - base[held.step[part]]) ** 2).sum(axis=1)
    cell, size = held.episode * length + held.step, n_episodes * length
    about_value, about_all = (
        np.asarray(np.bincount(cell, weights=squares, minlength=size), dtype=np.float64).reshape(n_episodes, length)
        for squares in (value, every)
    )
    return Scores(about_value, about_all, np.bincount(held.step, minlength=length).astype(np.int64))
