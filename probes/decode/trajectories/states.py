"""Hidden states and the runs of a target's values beside them, as courses are made of, read from a recording."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError
from commlab.probes.decode.clusters.variables import Place, code_targets
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, read_rows, table_of
from commlab.probes.decode.sources import HIDDEN, LARGEST, Agents, find_agents, hidden_source
from commlab.probes.decode.trajectories.courses import Runs, Window, runs_of
from commlab.probes.decode.wording import episodes

__all__ = ["HEARD", "LEAST_EPISODES", "States", "Wish", "read_states"]

HEARD = "last_heard"
LEAST_EPISODES = 5  # of each half, in which a value must begin
MAX_ROWS = 100_000
MAX_NUMBERS = 1 << 24  # of all hidden states read, 64 MiB
SHORTEST, LONGEST = 4, 32  # steps of a course, unless asked for otherwise

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]


class Wish(NamedTuple):
    """What courses are asked for."""

    by: str = HEARD
    source: str = "hidden"
    of: str | None = None
    steps: int | None = None
    before: int = 4
    most: int = 8
    plane: str = "courses"
    n_null: int = 199
    seed: int = 0


class States(NamedTuple):
    """The hidden states of some agents, and the runs of the values beside them."""

    source: str  # hidden.core
    agents: Agents
    target: Target
    values: tuple[str, ...]  # V, from the one with most episodes down
    left_out: tuple[str, ...]
    rows: Rows
    n_training: int  # episodes, which come first
    slots: Int64  # (E,) rows of each episode
    states: Float32  # (N, H)
    window: Window
    runs: Runs  # of the values alone


def read_states(recording: Recording, wish: Wish) -> States:
    """The states and the runs of the most frequent values. Raises as `fit` does."""
    column, name = column_of(recording, wish.source)
    agents = find_agents(recording, wish.of, "listeners")
    n_units = int(recording[column].shape[2])
    if n_units < 2:
        raise DataError(f"{name} has a single number, and a plane needs two: choose another hidden state (--source).")
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    rng = np.random.default_rng([wish.seed, 41])
    most_rows = min(MAX_ROWS, MAX_NUMBERS // n_units) // len(agents.indices)
    chosen = rng.permutation(choose_episodes(lengths, lengths > 0, most_rows, rng))
    if len(chosen) < 2 * LEAST_EPISODES:
        raise DataError(
            f"There are {episodes(len(chosen))} to find courses in, but {2 * LEAST_EPISODES} are needed: record more."
        )
    n_training = len(chosen) // 2
    rows = lay_out(recording, agents.indices, [np.sort(chosen[:n_training]), np.sort(chosen[n_training:])])
    target, runs, values, left_out = kept_runs(recording, agents, rows, n_training, wish)
    states = read_rows(recording, column, rows, np.float32)
    sound(states, column)
    centre(states, rows, n_training)
    long = wish.steps or int(np.clip(np.quantile(runs.length, 0.75), SHORTEST, LONGEST))
    longest = int(runs.length.max())
    before = min(wish.before, int(lengths.max()))
    window = Window(before, min(long, longest), len(values))
    slots = np.bincount(rows.episode, minlength=len(chosen)).astype(np.int64)
    return States(name, agents, target, values, left_out, rows, n_training, slots, states, window, runs)


def column_of(recording: Recording, source: str) -> tuple[str, str]:
    """The column of a hidden state and its name, hidden.core."""
    kind, _, hook = source.partition(".")
    if kind != "hidden":
        raise DataError(f"Courses are of hidden states, not of {source!r}: choose hidden or hidden.<name> (--source).")
    hidden = sorted(column for column in recording.columns() if column.startswith(HIDDEN))
    if not hidden:
        raise DataError(
            f"{recording.path} holds no hidden states, so that there are no courses to follow: record again with them "
            "(--layers core)."
        )
    found = hidden_source(source, hook or "core", hidden)
    return found.columns[0], found.name


def sound(states: Float32, column: str) -> None:
    """Raises DataError where a number is missing or too large to square."""
    if not np.isfinite(states).all() or np.abs(states).max(initial=0) > LARGEST:
        raise DataError(
            f"{column} has numbers that are NaN, infinite or beyond {LARGEST:.0e}, so that nothing can be fitted to "
            "it: record again from a checkpoint whose numbers are sound."
        )


def centre(states: Float32, rows: Rows, n_training: int) -> None:
    """Take each agent's mean over its training states off all of its states, in place: who it is tells nothing then."""
    agent = rows.slot % len(rows.agents)
    for place in range(len(rows.agents)):
        mine = agent == place
        states[mine] -= states[mine & (rows.episode < n_training)].mean(axis=0, dtype=np.float64).astype(np.float32)


def kept_runs(
    recording: Recording, agents: Agents, rows: Rows, n_training: int, wish: Wish
) -> tuple[Target, Runs, tuple[str, ...], tuple[str, ...]]:
    """The target, the runs of its most frequent values, these, and the values left out."""
    [coded], _ = code_targets(Place(recording, agents, rows, n_training, False), (wish.by,))
    runs = runs_of(table_of(coded.codes, rows, -1), len(agents.indices))
    n_values = len(coded.values)
    begins = np.zeros((2, n_values), dtype=np.int64)
    for half, here in enumerate((runs.episode < n_training, runs.episode >= n_training)):
        pairs = np.unique(runs.episode[here] * np.int64(n_values) + runs.value[here])
        begins[half] = np.bincount(pairs % n_values, minlength=n_values)
    often = np.argsort(-begins.sum(axis=0), kind="stable")
    usable = [int(value) for value in often if begins[:, value].min() >= LEAST_EPISODES]
    kept = usable[: wish.most]
    if len(kept) < 2:
        n_kept = "1 value" if kept else "no value"
        raise DataError(
            f"{coded.target.name} of the {agents.words} has {n_kept} that begins in {LEAST_EPISODES} episodes of each "
            "half or more, but 2 are needed to tell courses apart: choose another target (--by), or record more "
            "episodes."
        )
    number = np.full(n_values, -1)
    number[kept] = np.arange(len(kept))
    here = number[runs.value] >= 0
    chosen = Runs(runs.episode[here], runs.slot[here], number[runs.value[here]], runs.length[here])
    left_out = tuple(coded.values[value] for value in often if begins[:, value].any() and value not in kept)
    return coded.target, chosen, tuple(coded.values[value] for value in kept), left_out
