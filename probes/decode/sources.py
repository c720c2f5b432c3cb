"""Where a probe reads from: what agents said or heard, their hidden states, or what they observed."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError, nearest_names
from commlab.probes.decode.nonlinear import symbol_products
from commlab.probes.decode.rows import Rows, read_rows

__all__ = ["LARGEST", "MESSAGES", "SOURCES", "Agents", "Source", "features", "find_agents", "find_source", "one_hot"]

SOURCES = ("said", "heard", "hidden", "observation")
MESSAGES = ("said", "heard")
HIDDEN = "policy/hidden."
WINDOW = "observation/window"
CATEGORIES = {"channel/said", "channel/heard", WINDOW}
CHUNK = 4096  # rows coded at once
LARGEST = 1e15  # of a number: sums of squares of larger ones overflow
MAX_CODES = 2048  # indicators of symbols or cells

Array = NDArray[Any]
Float32 = NDArray[np.float32]


class Source(NamedTuple):
    """A source as the recording holds it."""

    name: str  # "said", "hidden.core"
    columns: tuple[str, ...]
    phrase: str  # how a sentence about it starts; {who} are the agents
    listens: bool  # carries what came from others: heard, hidden


class Agents(NamedTuple):
    """Whose rows are read."""

    indices: tuple[int, ...]
    name: str  # "speakers", "scout", "agent 2"

    @property
    def words(self) -> str:
        """The agents in a sentence."""
        if self.name in ("speakers", "listeners") or self.name.startswith("agent "):
            return self.name
        return f"{self.name}s"


def find_source(recording: Recording, name: str) -> Source:
    """The source called `name`: one of SOURCES or hidden.<hook>. Raises DataError where the recording lacks it."""
    columns = tuple(recording.columns())
    hidden = sorted(column for column in columns if column.startswith(HIDDEN))
    kind, _, hook = name.partition(".")
    if kind not in SOURCES or (hook and kind != "hidden"):
        raise DataError(
            f"There is no source {name!r}: nearest are {', '.join(nearest_names(name, SOURCES))}; a probe reads from "
            f"said, heard, hidden (or hidden.<name>) or observation."
        )
    if kind == "hidden":
        return hidden_source(name, hook or "core", hidden)
    prefix = "observation/" if kind == "observation" else f"channel/{kind}"
    found = tuple(column for column in columns if column.startswith(prefix))
    if not found:
        raise DataError(f"The recording holds no {prefix} column: choose another source, or record again with it.")
    phrase = "From what {who} observed" if kind == "observation" else f"From what {{who}} {kind}"
    return Source(kind, found, phrase, kind == "heard")


def hidden_source(name: str, hook: str, hidden: list[str]) -> Source:
    """The hidden state recorded at a hook point."""
    column = f"{HIDDEN}{hook}"
    if column not in hidden:
        if not hidden:
            raise DataError("The recording holds no hidden states: probe said or heard, or record again with them.")
        recorded = ", ".join(known.removeprefix("policy/") for known in hidden)
        raise DataError(
            f"The recording holds no {name}; its hidden states are: {recorded}. Choose one of them or another source."
        )
    return Source(f"hidden.{hook}", (column,), f"From the hidden state ({hook}) of {{who}}", True)


def find_agents(recording: Recording, of: str | int | None, default: str) -> Agents:
    """The agents that `of` names: "speakers", "listeners", a body's name, or an agent's number; None is `default`.

    Speakers and listeners are those that the recording's layout lists; where it lists none, the scouts speak and the
    others listen, and where there are only scouts or none, everybody does both. Raises DataError for unknown agents.
    """
    name = str(default if of is None else of).removeprefix("agent ")
    if name in ("speakers", "listeners"):
        return Agents(role(recording, name), name)
    n_agents = len(recording.bodies)
    if name.isdecimal() and int(name) < n_agents:
        return Agents((int(name),), f"agent {int(name)}")
    for body in dict.fromkeys(recording.bodies):
        if name in (body, f"{body}s"):
            alike = tuple(recording.agents_with_body(body))
            kind = len(alike) > 1 or "view_radius" in (recording.attrs.get("layout") or {})
            return Agents(alike, body if kind else f"agent {body}")  # in imported logs every agent is a body of its own
    bodies = ", ".join(dict.fromkeys(recording.bodies))
    raise DataError(
        f"There are no agents {name!r} in the recording: allowed are speakers, listeners, a body ({bodies}) or an "
        f"agent's number from 0 to {n_agents - 1}."
    )


def role(recording: Recording, name: str) -> tuple[int, ...]:
    """The speakers or listeners."""
    listed = (recording.attrs.get("layout") or {}).get(name)
    if listed:
        return tuple(int(agent) for agent in listed)
    scouts = set(recording.agents_with_body("scout")) if "scout" in recording.bodies else set()
    everybody = range(len(recording.bodies))
    chosen = tuple(agent for agent in everybody if (agent in scouts) == (name == "speakers"))
    return chosen or tuple(everybody)


def features(recording: Recording, source: Source, agents: Agents, rows: Rows, products: bool = False) -> Float32:
    """The features (N, D) of the rows, columns that never change left out.

    Symbols and cells are one column for each value that occurs, numbers stay numbers; with `products`, symbols at two
    positions have a column for each pair as well. Raises DataError where nothing varies or a number is missing.
    """
    parts = [encode(recording, column, rows) for column in source.columns]
    if products and source.name in MESSAGES:
        parts += [symbol_products(codes_of(recording, column, rows)) for column in source.columns]
    joined = parts[0] if len(parts) == 1 else np.hstack(parts)
    if joined.shape[1] == 0:
        raise DataError(f"{source.phrase.format(who=agents.words)} nothing can be read: {why_constant(source)}.")
    return joined


def encode(recording: Recording, column: str, rows: Rows) -> Float32:
    """A column's values at the rows as features (N, D)."""
    if column in CATEGORIES:
        return one_hot(codes_of(recording, column, rows))
    values = read_rows(recording, column, rows, np.float32)
    return numbers(values.reshape(len(values), -1), column)


def codes_of(recording: Recording, column: str, rows: Rows) -> Array:
    """A column of symbols or cells at the rows, (N, C)."""
    codes = read_rows(recording, column, rows)
    return codes.reshape(len(codes), -1)


def one_hot(codes: Array) -> Float32:
    """An indicator (N, D) for each (position, code) of codes (N, C) that is there in some rows and not in others.

    Of more than MAX_CODES the most frequent ones are kept.
    """
    size = int(codes.max(initial=0)) + 1
    counts = np.stack([np.bincount(position, minlength=size) for position in codes.T])
    counts[counts == len(codes)] = 0
    kept = counts > 0
    if np.count_nonzero(kept) > MAX_CODES:
        kept &= counts >= np.partition(counts.reshape(-1), -MAX_CODES)[-MAX_CODES]
    positions, values = np.nonzero(kept)
    out = np.empty((len(codes), len(values)), dtype=np.float32)
    for start in range(0, len(codes), CHUNK):
        part = slice(start, start + CHUNK)
        out[part] = codes[part][:, positions] == values.astype(codes.dtype)
    return out


def numbers(values: Float32, column: str) -> Float32:
    """The columns of `values` (N, C) that vary. Raises DataError where one is NaN, infinite or too large to square."""
    n_bad, low, high = 0, values[0].copy(), values[0].copy()
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        n_bad += len(part) - int(np.count_nonzero(np.isfinite(part).all(axis=1)))
        np.minimum(low, part.min(axis=0), out=low)
        np.maximum(high, part.max(axis=0), out=high)
    if n_bad:
        raise DataError(
            f"{column} is NaN or infinite in {n_bad:,} of {len(values):,} rows, so that nothing can be fitted to "
            f"it: probe another source, or record again from a checkpoint whose numbers are sound."
        )
    if max(-low.min(initial=0), high.max(initial=0)) > LARGEST:
        raise DataError(
            f"{column} has numbers beyond {LARGEST:.0e}, too large to fit anything to: probe another source, or record "
            "again from a checkpoint whose numbers are sound."
        )
    varies = high > low
    return values if varies.all() else values[:, varies]


def why_constant(source: Source) -> str:
    """The reason for a source without a varying column, and what can still be done."""
    if source.name in ("said", "heard"):
        return "the message is the same at every step (silence, if the channel is muted); probe hidden instead"
    return "it is the same at every step; probe another source or record more episodes"
