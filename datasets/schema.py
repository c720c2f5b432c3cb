"""What a recording holds: every column with its type, axes and meaning, and the version of the whole.

Axis letters: E episodes, S steps of all episodes, A agents, L symbols of a message, V vocabulary, K hearing slots,
H hidden units, N entities in view, O objects, B bodies. Row s of every column under S is time t of one episode: state
and observation before the action, what was heard at t (said at t-1), action and message chosen at t, the reward that
followed.

Other people's recordings need not have a map: agents/position and all else but steps/* may be missing, and what their
worlds are about stands in columns feature/<name> (S, A): whole numbers, codes of the names in the root attribute
codes["feature/<name>"], or real numbers. MISSING (NaN for real numbers) is where there is no value. Names of symbols
are in codes["symbols"], of agents in codes["bodies"].

The version is still 1: all that has been added since is optional, so that every earlier recording means what it meant,
and a reader from before finds no column under feature/ rather than a wrong one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from commlab.foundation.errors import RecordingError

__all__ = [
    "COLUMNS",
    "DERIVED",
    "EPISODE_FIELDS",
    "FEATURE",
    "HIDDEN",
    "MISSING",
    "SCHEMA_VERSION",
    "Column",
    "as_column",
    "column_spec",
]

SCHEMA_VERSION = 1
HIDDEN = "policy/hidden."  # followed by the name of the hook point: policy/hidden.core
FEATURE = "feature/"  # followed by the name of a column of an imported recording: feature/colour
MISSING = -(2**31)  # the value of a whole number or a code that is missing
DERIVED = ("steps/episode", "steps/t")  # follow from the episodes' lengths: the writer fills them in


class Column(NamedTuple):
    """One column: the types that may be stored (the first is the usual one), its axes and its meaning."""

    dtypes: tuple[str, ...]
    axes: str  # a letter an axis, see the module's docstring; "." is an axis with a meaning of its own
    sentence: str


COLUMNS: dict[str, Column] = {
    "steps/episode": Column(("i4",), "S", "The row in /episodes."),
    "steps/t": Column(("i4",), "S", "The step within the episode, from 0."),
    "steps/terminated": Column(("b1",), "S", "The episode ended here by the world's rules."),
    "steps/truncated": Column(("b1",), "S", "The episode was cut here by its time limit."),
    "agents/position": Column(("i2",), "SA.", "Row and column; 0, 0 is the top left corner of the walled map."),
    "agents/facing": Column(("u1",), "SA", "The direction faced: codes/facings."),
    "agents/energy": Column(("i4",), "SA", "Energy in joules."),
    "agents/inventory": Column(("u1", "i2"), "SA.", "Units carried of each kind."),
    "agents/shield": Column(("b1",), "SA", "The shield is on."),
    "agents/frozen": Column(("u1", "i2"), "SA", "Steps left frozen."),
    "agents/partner": Column(("i2",), "SA", "With whom the agent is bonded, which raises their kinship; -1 is nobody."),
    "channel/said": Column(("u1", "u2"), "SAL", "The message chosen by the agent; 0 is silence."),
    "channel/emitted": Column(("u1", "u2"), "SAL", "The message that left the agent, after interventions."),
    "channel/heard": Column(("u1", "u2"), "SAKL", "The messages heard; 0 is silence."),
    "channel/speaker": Column(("i2",), "SAK", "Who was heard; -1 is nobody or a phantom."),
    "channel/injected": Column(("b1",), "SAK", "What was heard was put there by an intervention."),
    "channel/relayed": Column(("b1",), "SAK", "What was heard came by beacon."),
    "policy/action": Column(("u1",), "SA", "The action chosen: codes/actions."),
    "policy/action_logits": Column(("f2", "f4"), "SA.", "Logits of the actions."),
    "policy/message_logits": Column(("f2", "f4"), "SALV", "Logits of each symbol of the message."),
    "policy/value": Column(("f4",), "SA", "The critic's value."),
    "reward/own": Column(("f4",), "SA", "The agent's own reward."),
    "reward/shared": Column(("f4",), "SA", "The reward after sharing by kinship."),
    "observation/window": Column(("u1",), "SA..", "Cell codes around the agent, masked to its view: codes/cells."),
    "observation/entities": Column(("i1",), "SAN.", "The nearest things in view."),
    "observation/vector": Column(("f4", "i2"), "SA.", "The agent's own state, named columns."),
    "world/objects": Column(("i2",), "SO.", "Cell code, row, column and stock of each object."),
}

EPISODE_FIELDS: dict[str, Column] = {
    "length": Column(("i4",), "E", "Steps of the episode."),
    "seed": Column(("u8",), "E", "The seed of the world's generator."),
    "episode": Column(("i8",), "E", "The episode's number in that generator."),
    "world": Column(("i4",), "E", "Which of the worlds stepped together played it."),
    "condition": Column(("str",), "E", "The experimental condition."),
    "intervention": Column(("str",), "E", "The interventions, as JSON."),
    "kinship": Column(("f4",), "EAA", "Kinship when the episode began; each distinct matrix is stored once."),
    "bodies": Column(("u1",), "EA", "Each agent's body: codes/bodies."),
    "map": Column(("i2",), "E", "Which of the scenario's maps it was played on."),
    "numbers": Column(("i8",), "E.", "The numbers drawn for the episode, named columns."),
    "traits": Column(("i4",), "EB.", "Each body's limits and prices in the episode, named columns."),
    "values": Column(("i4",), "E.", "Joules in a unit of each kind of crystal, named columns."),
    "altar_reward": Column(("f4",), "E", "The reward for a use of the altar."),
    "poison": Column(("u1",), "E", "Bit n: berries of look n are poisonous."),
    "stats": Column(("i4",), "EA.", "Each agent's tally of the episode: codes/stats."),
}


def column_spec(name: str) -> Column:
    """The column's specification. Raises RecordingError where the schema has no such column."""
    if name.startswith(HIDDEN) and len(name) > len(HIDDEN):
        return Column(("f2", "f4"), "SAH", "The hidden state at that hook point.")
    feature = name.removeprefix(FEATURE)
    if feature != name and feature.strip(". ") and feature.isprintable() and "/" not in feature:
        return Column(("i4", "f4"), "SA", "A fact about the agent or its world: codes/feature/<name>, or numbers.")
    if name not in COLUMNS:
        raise RecordingError(
            f"A recording has no column {name!r}: allowed are {', '.join(COLUMNS)}, {HIDDEN}<name> and {FEATURE}<name> "
            "(without a slash)."
        )
    return COLUMNS[name]


def as_column(name: str, values: Any, spec: Column, n_rows: int) -> np.ndarray[Any, Any]:
    """`values` as the array that is stored, or RecordingError naming the column and what it may hold."""
    array = np.asarray(values)
    if array.ndim != len(spec.axes) or array.shape[0] != n_rows:
        raise RecordingError(
            f"Column {name} has shape {array.shape}: it must have {n_rows} rows and the axes ({', '.join(spec.axes)})."
        )
    if spec.dtypes == ("str",):
        return np.array([str(value) for value in array.tolist()], dtype=object)
    allowed = [np.dtype(code) for code in spec.dtypes]
    if array.dtype in allowed:
        return np.ascontiguousarray(array)
    for dtype in allowed:
        if fits(array, dtype):
            return np.ascontiguousarray(array, dtype=dtype)
    raise RecordingError(f"Column {name} is {array.dtype} and not {' or '.join(map(str, allowed))}: convert it.")


def fits(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> bool:
    """Whether the values can be stored as `dtype`: floats lose digits at most, whole numbers nothing."""
    if array.dtype.kind == "f" or np.can_cast(array.dtype, dtype, "safe"):
        return np.can_cast(array.dtype, dtype, "same_kind")
    if array.dtype.kind not in "iu" or dtype.kind not in "iu":
        return False
    limits = np.iinfo(dtype)
    return array.size == 0 or (limits.min <= int(array.min()) and int(array.max()) <= limits.max)


def checked_columns(columns: Mapping[str, Any], n_rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """The step columns as stored, without those that the writer derives. Raises RecordingError for a wrong one."""
    return {
        name: as_column(name, values, column_spec(name), n_rows)
        for name, values in columns.items()
        if name not in DERIVED
    }


def checked_episodes(episodes: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The episode fields as stored; `length` is required, `start` is derived. Raises RecordingError for a wrong one."""
    if "length" not in episodes:
        raise RecordingError("The episodes of a shard must have a `length` each, in steps.")
    unknown = sorted(set(episodes) - set(EPISODE_FIELDS) - {"start"})
    if unknown:
        raise RecordingError(f"Episodes have no field {', '.join(unknown)}: allowed are {', '.join(EPISODE_FIELDS)}.")
    n_episodes = len(episodes["length"])
    return {
        name: as_column(f"episodes/{name}", episodes[name], spec, n_episodes)
        for name, spec in EPISODE_FIELDS.items()
        if name in episodes
    }
