"""What an agent has gone through, as features: its observations, its own actions and words, the clock, and its echo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.probes.decode.minds.reservoir import compressed, echo_states
from commlab.probes.decode.rows import Rows, read_rows, table_of
from commlab.probes.decode.sources import encode, one_hot

__all__ = ["history_features"]

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]
FEW = 32  # whole numbers with at most so many values have an indicator for each as well


def history_features(recording: Recording, rows: Rows, with_heard: bool, n_units: int, seed: int) -> Float32:
    """The history of each row as features (N, D): what is observed now, and a reservoir's state of all until now.

    It holds the observations up to and including the step, the actions and messages chosen before it, the step within
    the episode and which agent it is; with `with_heard` the messages heard, up to and including the step, too. Raises
    DataError where no observations are recorded.
    """
    observed = [column for column in recording.columns() if column.startswith("observation/")]
    if not observed:
        raise DataError(
            f"{recording.path} holds no observations, so that there is no history to compare hidden states with: "
            "record again with them, or probe hidden by itself."
        )
    columns = observed + (["channel/heard"] if with_heard and "channel/heard" in recording else [])
    parts = [encode(recording, column, rows) for column in columns]
    parts += [indicated(read_rows(recording, column, rows)) for column in observed if is_flat(recording, column)]
    parts += [one_hot(previous(codes, rows)) for codes in own_deeds(recording, rows)]
    parts += [clock(rows), one_hot((rows.slot % len(rows.agents))[:, None])]
    now = compressed(np.hstack(parts))
    return np.hstack([now, echo_states(now, sequences(rows), n_units, seed)])


def is_flat(recording: Recording, column: str) -> bool:
    """Whether a column is one list of numbers an agent, as observation/vector is."""
    return len(recording[column].shape) == 3


def indicated(values: Array) -> Float32:
    """An indicator (N, D) for each value of the columns of `values` (N, C) that hold few whole numbers."""
    found = []
    for column in values.T:
        kinds, codes = np.unique(column, return_inverse=True)
        if 2 < len(kinds) <= FEW and (kinds == np.round(kinds)).all():
            found.append(codes)
    return one_hot(np.stack(found, axis=1)) if found else np.empty((len(values), 0), np.float32)


def own_deeds(recording: Recording, rows: Rows) -> list[Array]:
    """Codes (N, C) of the action and of the symbols that each row's agent chose, where they are recorded."""
    known = [column for column in ("policy/action", "channel/said") if column in recording]
    return [read_rows(recording, column, rows).reshape(len(rows.slot), -1).astype(np.int64) for column in known]


def previous(codes: Array, rows: Rows) -> Array:
    """Each row's codes (N, C) of the step before, plus 1; 0 at the first step of an episode."""
    n_agents = len(rows.agents)
    before = np.zeros_like(codes)
    before[n_agents:] = codes[:-n_agents] + 1
    before[rows.slot < n_agents] = 0
    return before


def clock(rows: Rows) -> Float32:
    """The step within the episode, and its square, (N, 2)."""
    t = (rows.slot // len(rows.agents)).astype(np.float32)[:, None]
    return np.hstack([t, np.square(t)])


def sequences(rows: Rows) -> Int64:
    """(T, B) the row of each step of each agent in each episode, -1 after its end."""
    table = table_of(np.arange(len(rows.slot)), rows, -1)
    n_agents = len(rows.agents)
    return table.reshape(len(table), -1, n_agents).transpose(1, 0, 2).reshape(-1, len(table) * n_agents)
