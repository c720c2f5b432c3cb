"""What can be read from an agent's hidden state as it acts: linear probes, fitted once to the run's own recording."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import TARGETS, Labels
from commlab.foundation.errors import CommlabError
from commlab.probes.decode.lexicon import meaning_words

__all__ = ["ASKED", "Mind", "Reading", "fit_mind"]

ASKED = (
    "resource_location", "resource_kind", "own_destination", "own_next_action", "own_position.sector", "own_energy",
    "carries", "last_heard", "speaker_kinship", "listener_next_action", "nearest_kin_location",
    "nearest_stranger_location", "danger", "reward_soon", "berry_poisonous",
)  # fmt: skip
LAYER = "core"
LEAST = 0.02  # above chance, to be shown
COLUMN = f"policy/hidden.{LAYER}"
_FOLDS = 4  # one of them is held out
_MOST_ROWS = 20_000
_FEW = 8  # values that a number may take to be a class
_FEWEST = 20  # rows of a class
_TEMPERATURES = np.geomspace(0.5, 16, 21)
Float64 = NDArray[np.float64]


class Reading(NamedTuple):
    """A linear probe, ready to be asked."""

    target: str
    names: tuple[str, ...]  # of classes; empty for a number
    weights: Float64  # (K, H), or (1, H) for a number
    offsets: Float64  # (K,)
    score: float  # held out: balanced accuracy, or R^2
    chance: float  # share of the most common value; 0 for a number
    span: tuple[float, float] = (-np.inf, np.inf)  # of a number

    @property
    def strength(self) -> float:
        """How far the score is above chance, 1 at most."""
        least = 1 / len(self.names) if self.names else 0.0
        return (self.score - least) / (1 - least)

    def ask(self, hidden: NDArray[np.float32]) -> dict[str, Any]:
        """Return what the hidden state (H,) says: the value, and how sure it is."""
        heights = self.weights @ hidden.astype(np.float64) + self.offsets
        if not self.names:
            value, certainty = f"{np.clip(heights[0], *self.span):.0f}", max(0.0, self.score)
        else:
            chances = np.exp(heights - heights.max())
            best = int(heights.argmax())
            value, certainty = self.names[best], float(chances[best] / chances.sum())
        return {
            "target": self.target,
            "value": value,
            "phrase": words_of(self.target, value),
            "certainty": round(certainty, 4),
            "chance": round(self.chance, 4),
            "score": round(self.score, 4),
        }


class Mind(NamedTuple):
    """The probes of every agent; `note` says why there are none."""

    readings: dict[int, tuple[Reading, ...]]  # by agent, the strongest first
    note: str | None = None

    def ask(self, agent: int, hidden: NDArray[np.float32]) -> list[dict[str, Any]]:
        """Return what an agent's hidden state (H,) tells, the strongest first."""
        return [reading.ask(hidden) for reading in self.readings.get(agent, ())]


def words_of(target: str, value: str) -> str:
    """Return a value in words; what is about the agent itself does not name it."""
    return meaning_words([(target, value)]).removeprefix("speaker " if target.startswith(("own_", "carries")) else "")


def fit_mind(recording: Recording, bodies: tuple[str, ...], sha256: str) -> Mind:
    """Return the probes of agents with those bodies, fitted to the hidden states that a recording of theirs holds."""
    if recording.attrs.get("checkpoint_sha256") != sha256:
        return Mind({}, "The run's recording is of another checkpoint, so hidden states cannot be read; record again.")
    if COLUMN not in recording:
        return Mind({}, "The run's recording holds no hidden states, so they cannot be read; record again.")
    part = recording.excerpt(0, n_episodes_read(recording))
    of_body = {body: [n for n, other in enumerate(bodies) if other == body] for body in dict.fromkeys(bodies)}
    labels = {name: found for name in ASKED if (found := compute(name, part)) is not None}
    readings: dict[int, tuple[Reading, ...]] = {}
    for agents in of_body.values():
        tried = [fit_one(part, agents, name, values) for name, values in labels.items()]
        kept = [one for one in tried if one is not None and one.strength > LEAST]
        strongest = tuple(sorted(kept, key=lambda one: -one.strength))
        readings.update(dict.fromkeys(agents, strongest))
    return Mind(readings)


def n_episodes_read(recording: Recording) -> int:
    """Return how many episodes make enough rows."""
    rows = np.cumsum(np.asarray(recording.episodes.length, dtype=np.int64)) * len(recording.bodies)
    enough = int(np.searchsorted(rows, _MOST_ROWS * max(1, len(recording.bodies) // 4))) + 1
    return min(recording.n_episodes, max(2 * _FOLDS, enough))


def compute(name: str, recording: Recording) -> Labels | None:
    """Return a target's values, None where the recording lacks something for it."""
    try:
        return TARGETS[name].compute(recording)
    except CommlabError:
        return None


def fit_one(recording: Recording, agents: list[int], name: str, labels: Labels) -> Reading | None:
    """Return a probe of some agents' hidden states for a target; None where it does not vary.

    A number that takes a few values alone, such as energy where all that is carried is a crystal, is asked as a class.
    """
    hidden = recording.read(COLUMN, agents=agents).astype(np.float64)  # (S, n, H)
    values, valid = labels.values[:, agents], labels.valid[:, agents]
    episode = np.broadcast_to(recording.row_episode[:, None], valid.shape)
    _, test = episode_folds(recording.n_episodes, _FOLDS, 0)[0]
    hidden, values, held = hidden[valid], values[valid], np.isin(episode[valid], test)
    every_name, values = as_classes(labels.names, values)
    if every_name:
        counts = np.bincount(values, minlength=len(every_name))
        kept = np.flatnonzero(counts >= _FEWEST)
        common = np.isin(values, kept)
        if len(kept) < 2 or len(np.unique(values[common & ~held])) < len(kept):
            return None
        classes = np.searchsorted(kept, values[common])
        names = tuple(every_name[k] for k in kept.tolist())
        return fit_classes(name, names, hidden[common], classes, held[common])
    if len(values) < _FEWEST or np.ptp(values[~held]) == 0 or np.ptp(values[held]) == 0:
        return None
    return fit_number(name, hidden, values.astype(np.float64), held)


def as_classes(names: tuple[str, ...], values: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Return the names and codes of numbers (N,) that are few, others as they are."""
    if names:
        return names, values
    known, codes = np.unique(values, return_inverse=True)
    return (tuple(f"{value:g}" for value in known.tolist()), codes) if len(known) <= _FEW else ((), values)


def fit_classes(
    name: str, names: tuple[str, ...], hidden: Float64, classes: NDArray[np.int64], held: NDArray[np.bool_]
) -> Reading:
    """Return a linear discriminant; how sure it is has been set right on held-out episodes."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    probe = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1e-3).fit(hidden[~held], classes[~held])
    weights, offsets = two_sided(np.atleast_2d(probe.coef_), np.atleast_1d(probe.intercept_))
    heights = hidden[held] @ weights.T + offsets
    truth = classes[held]
    right = heights.argmax(axis=1) == truth
    score = float(np.mean([right[truth == k].mean() for k in np.unique(truth)]))
    losses = [log_loss(heights / temperature, truth) for temperature in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    chance = float(np.bincount(classes).max() / len(classes))
    return Reading(name, names, weights / temperature, offsets / temperature, score, chance)


def fit_number(name: str, hidden: Float64, values: Float64, held: NDArray[np.bool_]) -> Reading:
    """Return a ridge regression."""
    from sklearn.linear_model import Ridge

    probe = Ridge(1.0).fit(hidden[~held], values[~held])
    return Reading(
        name,
        (),
        np.atleast_2d(probe.coef_),
        np.atleast_1d(probe.intercept_),
        float(probe.score(hidden[held], values[held])),
        0.0,
        (float(values.min()), float(values.max())),
    )


def two_sided(weights: Float64, offsets: Float64) -> tuple[Float64, Float64]:
    """Return a height for each of two classes where there is one for the second alone."""
    if len(weights) > 1:
        return weights, offsets
    return np.vstack([np.zeros_like(weights), weights]), np.concatenate([np.zeros_like(offsets), offsets])


def log_loss(heights: Float64, truth: NDArray[np.int64]) -> float:
    """Return the mean of -log p(truth), nats."""
    from scipy.special import logsumexp

    return float(np.mean(logsumexp(heights, axis=1) - heights[np.arange(len(truth)), truth]))
