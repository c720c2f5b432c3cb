"""What clusters are held against: messages, and targets as codes, each tested or described."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import Target, find_target, targets_of
from commlab.datasets.targets.blocks import label, unseen_steps
from commlab.foundation.errors import DataError, TargetError
from commlab.probes.decode.rows import Rows, table_of
from commlab.probes.decode.sources import Agents
from commlab.probes.decode.utterances import utterances

__all__ = ["APART", "LATER", "MESSAGE", "Coded", "Place", "Variable", "beside", "code_targets", "messages", "world"]

MESSAGE = "message"
LATER = (  # what comes after the message: the only targets that contexts do not hold
    "own_next_action",
    "own_destination",
    "listener_next_action",
    "other_next_action",
    "reward_soon",
    "danger",
)
APART = ("own_message", "audience_kinship", "time")  # the message itself, who hears it, what equal t fixes
MOST_VALUES = 40  # a target with more of them is left out unless it is asked for
MOST_MESSAGES = 100

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]


class Place(NamedTuple):
    """Where targets are read."""

    recording: Recording
    agents: Agents
    rows: Rows
    n_forming: int  # episodes
    unseen_only: bool  # of resources, only what the agents have not seen themselves


class Coded(NamedTuple):
    """A target at the rows."""

    target: Target
    codes: Int64  # (N,), -1 for none
    values: tuple[str, ...]


class Variable(NamedTuple):
    """Something that the clusters may go with."""

    name: str
    sentence: str
    codes: Int64  # (E, slots) of the testing episodes; -1 where there is none
    values: tuple[str, ...]
    tested: bool  # it did not form the clusters


def code_targets(place: Place, asked: tuple[str, ...] | None) -> tuple[list[Coded], dict[str, str]]:
    """The targets `asked` for (by default all that have few values) at the rows, and those left out with the reason.

    Raises TargetError where one that was asked for does not exist or lacks what it needs.
    """
    if asked is not None:
        return [code(place, find_target(name, place.recording)) for name in dict.fromkeys(asked)], {}
    usable, unusable = targets_of(place.recording)
    found, left_out = [], {name: reason for name, reason in unusable.items() if is_plain(name)}
    for name, target in usable.items():
        if is_plain(name):
            coded, reason = tried(place, target)
            if coded is not None:
                found.append(coded)
            else:
                left_out[name] = reason
    return found, left_out


def tried(place: Place, target: Target) -> tuple[Coded | None, str]:
    """A target at the rows, or the reason why it is left out."""
    try:
        coded = code(place, target)
    except TargetError as error:
        return None, str(error)
    if len(coded.values) > MOST_VALUES:
        return None, f"it has {len(coded.values)} values; ask for it by name to count it"
    return (coded, "") if (coded.codes >= 0).any() else (None, "it has no value at these steps")


def is_plain(name: str) -> bool:
    """Whether a target is held against clusters unasked: finer and relative forms of another (.cell) are not."""
    return name.startswith("feature.") or ("." not in name and name not in APART)


def code(place: Place, target: Target) -> Coded:
    """The target at the rows. A number is coded as its quarters, whose bounds the forming episodes set."""
    recording, agents, rows = place.recording, place.agents, place.rows
    labels = label(recording, target, agents.indices)
    valid = np.asarray(labels.valid)[rows.steps].reshape(-1)
    if place.unseen_only and target.name.startswith("resource"):
        valid = valid & unseen_steps(recording, agents.indices)[rows.steps].reshape(-1)
    values = labels.values[rows.steps].reshape(-1)
    if labels.names:
        return Coded(target, np.where(valid, values, -1).astype(np.int64), tuple(labels.names))
    valid = valid & np.isfinite(values)
    known = values[valid & (rows.episode < place.n_forming)]
    edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75])) if known.size else np.empty(0)
    codes = np.where(valid, np.searchsorted(edges, values, side="left"), -1)
    return Coded(target, codes.astype(np.int64), quarters(edges))


def beside(coded: Coded, rows: Rows, kept: Bool, n_forming: int, hidden: bool) -> Variable:
    """A target as a variable, at the kept rows of the testing episodes."""
    codes = table_of(np.where(kept, coded.codes, -1), rows, -1)[n_forming:]
    target = coded.target
    return Variable(target.name, target.sentence, codes, coded.values, hidden or is_later(target.name))


def is_later(name: str) -> bool:
    """Whether a target, in whatever form, comes after the message."""
    return name.split(".")[0] in LATER and not name.startswith("feature.")


def quarters(edges: Array) -> tuple[str, ...]:
    """Names of the ranges between the edges."""
    text = [f"{edge:.4g}" for edge in edges]
    if not text:
        return ("any",)
    between = [f"over {low} to {high}" for low, high in zip(text, text[1:], strict=False)]
    return (f"up to {text[0]}", *between, f"over {text[-1]}")


def messages(recording: Recording, agents: Agents, rows: Rows, kept: Bool, n_forming: int) -> list[Variable]:
    """What is said at the rows; nothing where the recording has no messages."""
    if "channel/said" not in recording.columns():
        return []
    spoken = utterances(recording, agents.name, rows=rows)
    codes, names = frequent(np.where(table_of(kept, rows, False), spoken.said, -1), spoken.names)
    return [Variable(MESSAGE, "What is said.", codes[n_forming:], names, True)]


def frequent(codes: Int64, names: tuple[str, ...]) -> tuple[Int64, tuple[str, ...]]:
    """The most frequent messages, and the rest as one."""
    if len(names) <= MOST_MESSAGES:
        return codes, names
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    chosen = np.sort(np.argsort(-counts, kind="stable")[:MOST_MESSAGES])
    new = np.full(len(names) + 1, MOST_MESSAGES)  # the last stands for -1
    new[chosen], new[-1] = np.arange(MOST_MESSAGES), -1
    return new[codes], (*(names[code] for code in chosen), "a rarer message")


def world(coded: Sequence[Coded]) -> Float32:
    """The features (N, D) that targets make, a column for each value; what comes later is left out.

    Each target that differs adds as much to the distance of two rows as any other (Gower 1971). Raises DataError where
    none varies.
    """
    columns = [
        column
        for found in coded
        if found.target.name not in APART and not is_later(found.target.name)
        for column in (found.codes == value for value in range(len(found.values)))
        if column.any() and not column.all()
    ]
    if not columns:
        raise DataError(
            "No target of the recording varies, so that contexts of the world cannot be told apart: choose another "
            "source."
        )
    return np.stack(columns, axis=1).astype(np.float32)
