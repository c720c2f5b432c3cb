"""Sequences over time: two or three messages of a speaker in a row that come more often than their parts predict.

What goes on for several steps counts as one message, and silence ends a sequence. The expected number of a pair allows
that a message never follows itself (quasi-independence, Goodman 1968): rows and columns are fitted off the diagonal.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.speech import Speech, by_agent, by_slot

__all__ = ["Found", "frequent_sequences"]

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
ENOUGH = 20  # episodes
SURE = 4.0  # standard errors over episodes: some thousand pairs are looked at
LEAST_LIFT = 1.5  # over what the parts predict
MOST = 20  # sequences that are kept, the surest first
N_FITS = 30  # rounds of proportional fitting


class Found(NamedTuple):
    """A frequent sequence."""

    messages: tuple[int, ...]  # codes
    used: Bools  # (E, slots) where its last message is being said
    n_episodes: int
    lift: float  # over what its parts predict


class Runs(NamedTuple):
    """Messages without their repetitions, one after the other."""

    message: Int64  # (R,) code
    follows: Bools  # (R,) it comes right after the run before, of the same speaker, neither of them silence
    episode: Int64  # (R,)
    of_step: Int64  # (E * A, steps) the run of every step


def frequent_sequences(speech: Speech, silent: Bools) -> list[Found]:
    """The frequent pairs of messages, and triples frequent given their pairs; `silent` messages (M,) are no words."""
    runs = runs_of(speech, silent)
    pairs = frequent(speech, runs, runs.message, runs.follows, previous(runs.message))
    numbers = {found.messages: number for number, found in enumerate(pairs)}
    if not numbers:
        return []
    before = previous(runs.message)
    pair = np.array([numbers.get((a, b), -1) for a, b in zip(before.tolist(), runs.message.tolist(), strict=True)])
    pair = np.where(runs.follows, pair, -1)
    first = previous(pair)
    follows = runs.follows & (first >= 0)
    triples = frequent(speech, runs, runs.message, follows, first)
    whole = [found._replace(messages=(*pairs[found.messages[0]].messages, found.messages[1])) for found in triples]
    return (pairs + whole)[:MOST]


def runs_of(speech: Speech, silent: Bools) -> Runs:
    """The runs of all speakers."""
    streams = by_agent(speech.said, speech.n_agents)
    starts = np.ones(streams.shape, dtype=bool)
    starts[:, 1:] = streams[:, 1:] != streams[:, :-1]
    of_step = (np.cumsum(starts.reshape(-1)) - 1).reshape(streams.shape)
    row, step = np.nonzero(starts)
    message = streams[row, step]
    word = (message >= 0) & ~np.append(silent, True)[message]
    follows = word & previous_bool(word) & (step > 0)
    return Runs(message, follows, row // speech.n_agents, of_step)


def previous(codes: Int64) -> Int64:
    """The code of the run before each, -1 at first."""
    return np.concatenate([[-1], codes[:-1]])


def previous_bool(flags: Bools) -> Bools:
    """The flag of the run before each, false at first."""
    return np.concatenate([[False], flags[:-1]])


def frequent(speech: Speech, runs: Runs, second: Int64, follows: Bools, first: Int64) -> list[Found]:
    """The pairs (first, second) of runs that are more frequent than their parts predict, the surest first."""
    a, b, episode = first[follows], second[follows], runs.episode[follows]
    if not a.size:
        return []
    n_first, n_second = int(a.max()) + 1, int(b.max()) + 1
    table = np.bincount(a * n_second + b, minlength=n_first * n_second).reshape(n_first, n_second).astype(np.float64)
    expected = quasi_independent(table)
    given = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-9)
    lift = table / np.maximum(expected, 1e-9)
    candidates = np.argwhere((table >= ENOUGH) & (lift >= LEAST_LIFT) & (expected > 0))
    scored = []
    for i, j in candidates.tolist():
        here = (a == i) & (b == j)
        n_episodes = int(np.unique(episode[here]).size)
        more = np.bincount(episode, here - (a == i) * given[i, j], speech.n_episodes)
        z = float(more.sum() / max(1e-9, np.sqrt(np.sum(more**2))))
        if n_episodes >= ENOUGH and z >= SURE:
            scored.append((z, (i, j), n_episodes, float(lift[i, j])))
    places = np.flatnonzero(follows)
    return [
        Found(pair, used_at(speech, runs, places[(a == pair[0]) & (b == pair[1])]), n_episodes, lift_of)
        for _, pair, n_episodes, lift_of in sorted(scored, reverse=True)[:MOST]
    ]


def quasi_independent(table: Float64) -> Float64:
    """The expected counts of a table under independence of its rows and columns, its empty diagonal left empty."""
    fitted = np.ones_like(table)
    n = min(table.shape)
    if not np.diagonal(table).any():
        fitted[np.arange(n), np.arange(n)] = 0
    for _ in range(N_FITS):
        fitted *= (table.sum(axis=1) / np.maximum(fitted.sum(axis=1), 1e-9))[:, None]
        fitted *= table.sum(axis=0) / np.maximum(fitted.sum(axis=0), 1e-9)
    return fitted


def used_at(speech: Speech, runs: Runs, which: Int64 | Sequence[int]) -> Bools:
    """The steps of some runs, (E, slots)."""
    chosen = np.zeros(len(runs.message), dtype=bool)
    chosen[which] = True
    used: Bools = by_slot(chosen[runs.of_step], speech.said.shape, speech.n_agents)
    return used
