"""What agents said as tables of codes, episode by slot, and targets laid out beside it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.datasets.targets.blocks import label
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError
from commlab.foundation.statistics import Strata
from commlab.probes.decode.rows import Rows, lay_out, read_rows, strata_of, table_of
from commlab.probes.decode.sources import Agents, find_agents

__all__ = ["Utterances", "Valued", "utterances", "valued"]

Array = NDArray[Any]
Int64 = NDArray[np.int64]
SILENCE = "silence"


class Utterances(NamedTuple):
    """Messages of some agents, one for each agent and step."""

    agents: Agents
    rows: Rows  # slot = t * n_agents + agent
    said: Int64  # (E, slots) codes into `symbols`; -1 after an episode's end
    symbols: Array  # (M, L) the distinct messages, sorted; a row of zeros is silence
    names: tuple[str, ...]  # (M,) "silence", "3", "3 7", "ba ku"; "0 7" begins with a silent symbol
    silence: int | None  # the code of silence, where anybody was ever silent
    strata: Strata  # which episodes may trade places

    @property
    def n_episodes(self) -> int:
        """Episodes."""
        return len(self.said)

    @property
    def length(self) -> int:
        """Symbols in a message, L."""
        return int(self.symbols.shape[1])


class Valued(NamedTuple):
    """A target's values beside the messages."""

    target: Target
    codes: Array  # (E, slots) int64 classes, -1 for none; or float64, NaN for none
    names: tuple[str, ...]  # of the classes; empty for a number


def utterances(
    recording: Recording, of: str | int | None = None, column: str = "channel/said", rows: Rows | None = None
) -> Utterances:
    """What the agents `of` ("speakers", "listeners", a body, an agent's number) said, at every step of every episode.

    column: channel/said or channel/emitted (channel/heard has slots and so no single message a step). rows: of some
    episodes or agents alone, instead of `of`. Raises DataError where the recording has no such column or agents.
    """
    if column not in recording.columns():
        raise DataError(f"The recording holds no {column}: record again with it, or probe hidden instead.")
    agents = find_agents(recording, of, "speakers")
    rows = rows or lay_out(recording, agents.indices, [np.arange(recording.n_episodes)])
    symbols = read_rows(recording, column, rows).reshape(len(rows.episode), -1)
    kept, codes = np.unique(symbols, axis=0, return_inverse=True)
    silent = np.flatnonzero(~kept.any(axis=1))
    return Utterances(
        agents=agents,
        rows=rows,
        said=table_of(codes.reshape(-1).astype(np.int64), rows, -1),
        symbols=kept,
        names=tuple(named(message, recording.codes.get("symbols", {})) for message in kept),
        silence=int(silent[0]) if silent.size else None,
        strata=strata_of(recording, rows),
    )


def named(message: Array, symbols: dict[int, str]) -> str:
    """A message (L,) in words: its symbols' names or numbers; the zeros after the last one are no part of it."""
    said = np.trim_zeros(message, "b")
    return " ".join(symbols.get(int(symbol), str(symbol)) for symbol in said) if said.size else SILENCE


def valued(recording: Recording, spoken: Utterances, target: str | Target, lag: int = 0) -> Valued:
    """The target's values for the speakers `lag` steps ahead, in the slots of `spoken.said`.

    Raises TargetError for an unknown target or one that the recording lacks something for.
    """
    found = find_target(target, recording) if isinstance(target, str) else target
    labels = label(recording, found, spoken.rows.agents, lag)
    values = labels.values[spoken.rows.steps].reshape(-1)
    valid = np.asarray(labels.valid)[spoken.rows.steps].reshape(-1)
    if labels.names:
        return Valued(found, table_of(np.where(valid, values, -1).astype(np.int64), spoken.rows, -1), labels.names)
    numbers = np.where(valid & np.isfinite(values), values, np.nan).astype(np.float64)
    return Valued(found, table_of(numbers, spoken.rows, np.nan), ())
