"""Speech as a lexicon reads it: messages and variables of the world beside them, as tables of codes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Speech", "Variable", "bands", "joined", "onsets", "run_lengths", "said_in"]

Array = NDArray[Any]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
BANDS = ("low", "middle", "high")


class Speech(NamedTuple):
    """What some agents said, one message for each agent and step; slot = t * n_agents + agent."""

    said: Int64  # (E, slots) codes into `symbols`; -1 after an episode's end
    symbols: Array  # (M, L) the distinct messages; a row of zeros is silence
    names: tuple[str, ...]  # (M,) "silence", "3", "3 7"
    n_agents: int
    words: Mapping[int, str] = {}  # what symbols are called, where they have names

    @property
    def n_episodes(self) -> int:
        """Episodes."""
        return len(self.said)

    @property
    def length(self) -> int:
        """Symbols in a message, L."""
        return int(self.symbols.shape[1])

    @property
    def episode(self) -> Int64:
        """The episode of every slot, (E, slots)."""
        return np.broadcast_to(np.arange(len(self.said))[:, None], self.said.shape)


class Variable(NamedTuple):
    """A variable of the world beside the messages: a target, or a context of use."""

    name: str
    codes: Int64  # (E, slots) into `names`, -1 where there is none
    names: tuple[str, ...]
    reacts: bool = False  # it may follow from what was said: it counts as meant only where a message begins

    @property
    def n_used(self) -> int:
        """How many of its values occur."""
        return int(np.unique(self.codes[self.codes >= 0]).size)


def run_lengths(codes: Int64, n_agents: int) -> Int64:
    """For how many steps the value in each slot (E, slots) lasts without a break, for the same agent and episode."""
    streams = by_agent(codes, n_agents)
    starts = np.ones(streams.shape, dtype=bool)
    starts[:, 1:] = streams[:, 1:] != streams[:, :-1]
    run = np.cumsum(starts.reshape(-1)) - 1
    lengths = np.bincount(run)[run].reshape(streams.shape)
    return by_slot(lengths, codes.shape, n_agents)


def by_agent(codes: Array, n_agents: int) -> Array:
    """A table (E, slots) as streams (E * A, steps), one for each episode and agent."""
    n_episodes, n_slots = codes.shape
    return codes.reshape(n_episodes, n_slots // n_agents, n_agents).swapaxes(1, 2).reshape(n_episodes * n_agents, -1)


def by_slot(streams: Array, shape: tuple[int, ...], n_agents: int) -> Array:
    """Streams (E * A, steps) as a table (E, slots)."""
    return streams.reshape(shape[0], n_agents, -1).swapaxes(1, 2).reshape(shape)


def onsets(said: Int64, silent: NDArray[np.bool_], n_agents: int) -> NDArray[np.bool_]:
    """Where an agent says something else than it last said aloud in the episode, (E, slots); `silent` (M,) messages."""
    streams = by_agent(said, n_agents)
    aloud = (streams >= 0) & ~np.append(silent, True)[streams]
    steps = np.arange(streams.shape[1])
    last = np.maximum.accumulate(np.where(aloud, steps, -1), axis=1)
    before = np.concatenate([np.full((len(last), 1), -1), last[:, :-1]], axis=1)
    again = (before >= 0) & (np.take_along_axis(streams, np.maximum(before, 0), axis=1) == streams)
    started: NDArray[np.bool_] = by_slot(aloud & ~again, said.shape, n_agents)
    return started


def joined(variables: list[Variable]) -> Int64:
    """One code for the values of all variables together, (E, slots); -1 where one of them is missing."""
    codes = variables[0].codes
    for variable in variables[1:]:
        both = codes * len(variable.names) + variable.codes
        codes = relabelled(np.where((codes < 0) | (variable.codes < 0), -1, both))
    return codes


def relabelled(codes: Int64) -> Int64:
    """The codes that occur, numbered 0, 1, … in their order; -1 stays."""
    present = np.bincount(codes.reshape(-1) + 1, minlength=1) > 0
    present[0] = False
    numbers = np.cumsum(present) - 1
    return np.where(codes < 0, -1, numbers[codes + 1])


def said_in(mask: NDArray[np.bool_]) -> int:
    """In how many episodes a mask (E, slots) is set."""
    return int(mask.any(axis=1).sum())


def bands(name: str, values: Float64, n_bands: int = 3) -> Variable | None:
    """A number as low, middle and high thirds of its values; None where they cannot be told apart."""
    known = np.isfinite(values)
    if not known.any():
        return None
    cuts = np.unique(np.quantile(values[known], np.arange(1, n_bands) / n_bands))
    codes = np.where(known, np.searchsorted(cuts, np.where(known, values, 0.0), side="right"), -1).astype(np.int64)
    if np.unique(codes[known]).size < 2:
        return None
    names = BANDS if n_bands == len(BANDS) and len(cuts) == n_bands - 1 else ("low", "high")
    return Variable(name, np.minimum(codes, len(names) - 1), names)
