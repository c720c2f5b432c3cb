"""Episodes of anybody's rollouts while they are recorded, and as the columns of a recording."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from commlab.datasets.imports.roles import feature_name
from commlab.datasets.moments import Observed
from commlab.datasets.schema import FEATURE, HIDDEN, MISSING
from commlab.foundation.errors import RecordingError

__all__ = ["NO_ACTION", "Episode", "Row", "Shapes", "columns_of"]

Array = np.ndarray[Any, Any]
NO_ACTION = 255  # the code of an agent that did nothing


class Row:
    """One step; lists have a place for each agent."""

    def __init__(self, episode: "Episode", before: "Row | None") -> None:
        """Agents keep what they observed and thought in the row before."""
        n_agents = episode.n_agents
        self.episode = episode
        self.vector: list[Array | None] = list(before.vector) if before else [None] * n_agents
        self.hidden: list[dict[str, Array]] = list(before.hidden) if before else [{} for _ in range(n_agents)]
        self.names: tuple[str, ...] = before.names if before else ()
        self.said: list[tuple[int, ...]] = [()] * n_agents
        self.heard: list[list[tuple[int, ...]]] = [[] for _ in range(n_agents)]
        self.action: list[int | None] = [None] * n_agents
        self.reward = np.full(n_agents, np.nan, dtype=np.float32)
        self.features: list[dict[str, Any]] = [{} for _ in range(n_agents)]

    def observe(self, agent: int, observed: Observed) -> None:
        """Take in what an agent observed."""
        self.episode.present.add(agent)
        self.vector[agent] = observed.vector
        self.names = max(self.names, observed.names, key=len)
        self.features[agent] |= observed.features
        if observed.heard is not None:
            self.hear(agent, [tuple(slot) for slot in observed.heard.tolist()])

    def act(self, agent: int, code: int | None, features: Mapping[str, float]) -> None:
        """Take in what it did."""
        self.episode.present.add(agent)
        self.action[agent] = code
        self.features[agent] |= features

    def say(self, agent: int, message: tuple[int, ...]) -> None:
        """Take in what it said."""
        self.said[agent] = message

    def hear(self, agent: int, messages: list[tuple[int, ...]]) -> None:
        """Take in what it heard before it acted."""
        self.heard[agent] = messages

    def earn(self, agent: int, reward: float) -> None:
        """Take in its reward."""
        self.reward[agent] = reward

    def think(self, agent: int, states: Mapping[str, Any]) -> None:
        """Take in its hidden states by hook point. Raises RecordingError where they are no numbers."""
        found = {}
        for hook, state in states.items():
            state = state.detach().cpu().numpy() if hasattr(state, "detach") else state  # a tensor, without torch
            array = np.asarray(state)
            if array.dtype.kind not in "biuf" or not np.all(np.isfinite(array)):
                raise RecordingError(f"The hidden state {hook!r} of agent {agent} is not made of finite numbers.")
            found[str(hook)] = array.reshape(-1).astype(np.float32)
        self.hidden[agent] = found

    def know(self, agent: int, facts: Mapping[str, Any]) -> None:
        """Take in facts that its messages may be about."""
        if not isinstance(facts, Mapping):
            raise RecordingError(f"features of agent {agent} are {facts!r}: give a mapping from names to values.")
        self.features[agent] |= {
            str(name): value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value
            for name, value in facts.items()
        }


class Episode:
    """The rows so far."""

    def __init__(self, n_agents: int) -> None:
        self.n_agents = n_agents
        self.rows: list[Row] = []
        self.present: set[int] = set()  # agents that took part
        self.done: set[int] = set()
        self.terminated = False

    def row(self) -> Row:
        """A new row."""
        self.rows.append(Row(self, self.rows[-1] if self.rows else None))
        return self.rows[-1]


class Shapes:
    """What the first shard fixed for all: the sizes of columns, and the codes of features that are texts."""

    def __init__(self, n_agents: int, length: int | None) -> None:
        self.n_agents = n_agents
        self.sizes: dict[str, int] = {"length": length} if length else {}
        self.columns: set[str] | None = None
        self.kinds: dict[str, str] = {}  # of features: whole, number or text
        self.texts: dict[str, dict[str, int]] = {}
        self.kinship: bool | None = None
        self.speakers: set[int] = set()
        self.idle = False  # somebody did nothing at some step

    def size(self, what: str, found: int) -> int:
        """The size of something in all shards. Raises RecordingError where it has grown."""
        size = self.sizes.setdefault(what, max(1, found))
        if found > size:
            hint = f"give Recorder length={found}" if what == "length" else "keep them as they were at first"
            raise RecordingError(f"A {what} of {found} comes after episodes with at most {size}: {hint}.")
        return size

    def tables(self) -> dict[str, dict[str, str]]:
        """The names of features' codes."""
        return {
            FEATURE + feature_name(name): {str(code): text for text, code in codes.items()}
            for name, codes in self.texts.items()
        }


def columns_of(episodes: Sequence[Episode], shapes: Shapes) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    """The columns of a shard, and the names of their last axes. Raises RecordingError where shards would differ."""
    rows = [row for episode in episodes for row in episode.rows]
    found = ends_of(episodes) | {"channel/said": said_of(rows, shapes)}
    slots = max((len(heard) for row in rows for heard in row.heard), default=0)
    if slots or "heard" in shapes.sizes:
        found["channel/heard"] = heard_of(rows, shapes, slots)
    if any(code is not None for row in rows for code in row.action) or "policy/action" in (shapes.columns or ()):
        codes = [[NO_ACTION if code is None else code for code in row.action] for row in rows]
        found["policy/action"] = np.array(codes, dtype=np.uint8)
        shapes.idle = shapes.idle or bool((found["policy/action"] == NO_ACTION).any())
    if any(np.isfinite(row.reward).any() for row in rows) or "reward/own" in (shapes.columns or ()):
        found["reward/own"] = np.stack([row.reward for row in rows])
    names = max((row.names for row in rows), key=len)
    if any(vector is not None and len(vector) for row in rows for vector in row.vector):
        found["observation/vector"] = stacked(rows, [row.vector for row in rows], "observation", shapes)
    for hook in sorted({hook for row in rows for states in row.hidden for hook in states}):
        states = [[states.get(hook) for states in row.hidden] for row in rows]
        found[HIDDEN + hook] = stacked(rows, states, f"hidden state {hook!r}", shapes)
    found |= features_of(rows, shapes)
    check_same(found, shapes)
    wide = shapes.sizes.get("observation", 0)
    return found, {"observation/vector": names} if wide and len(names) == wide else {}


def check_same(found: Mapping[str, Array], shapes: Shapes) -> None:
    """Raise RecordingError where a shard has other columns than the first."""
    if shapes.columns is None:
        shapes.columns = set(found)
    different = sorted(shapes.columns ^ set(found))
    if different:
        what = "comes up only now" if different[0] in found else "is not given any more"
        raise RecordingError(f"{different[0]} {what}: give the same things from the first episode to the last.")


def ends_of(episodes: Sequence[Episode]) -> dict[str, Array]:
    """How each episode ended."""
    ends = np.cumsum([len(episode.rows) for episode in episodes]) - 1
    terminated = np.zeros(ends[-1] + 1, dtype=np.bool_)
    terminated[ends] = [episode.terminated for episode in episodes]
    truncated = np.zeros_like(terminated)
    truncated[ends] = ~terminated[ends]
    return {"steps/terminated": terminated, "steps/truncated": truncated}


def said_of(rows: Sequence[Row], shapes: Shapes) -> Array:
    """What was said, (S, A, L)."""
    longest = max((len(said) for row in rows for said in row.said), default=1)
    out = np.zeros((len(rows), shapes.n_agents, shapes.size("length", longest)), dtype=np.uint16)
    for place, row in enumerate(rows):
        for agent, said in enumerate(row.said):
            if said:
                out[place, agent, : len(said)] = said
                shapes.speakers.add(agent)
    return out


def heard_of(rows: Sequence[Row], shapes: Shapes, slots: int) -> Array:
    """What was heard, (S, A, K, L)."""
    longest = max((len(message) for row in rows for heard in row.heard for message in heard), default=1)
    length = shapes.size("length", longest)
    out = np.zeros((len(rows), shapes.n_agents, shapes.size("heard", slots), length), dtype=np.uint16)
    for place, row in enumerate(rows):
        for agent, heard in enumerate(row.heard):
            for slot, message in enumerate(heard):
                out[place, agent, slot, : len(message)] = message
    return out


def stacked(rows: Sequence[Row], vectors: Sequence[Sequence[Array | None]], what: str, shapes: Shapes) -> Array:
    """Vectors of all agents (S, A, D), shorter ones filled up with zeros."""
    widest = max((len(vector) for row in vectors for vector in row if vector is not None), default=0)
    out = np.zeros((len(rows), shapes.n_agents, shapes.size(what, widest)), dtype=np.float32)
    for place, row in enumerate(vectors):
        for agent, vector in enumerate(row):
            if vector is not None:
                out[place, agent, : len(vector)] = vector
    return out


def features_of(rows: Sequence[Row], shapes: Shapes) -> dict[str, Array]:
    """The features, (S, A) each; missing where an agent has no such fact."""
    names = sorted({name for row in rows for facts in row.features for name in facts} | set(shapes.kinds))
    return {FEATURE + feature_name(name): feature_of(name, rows, shapes) for name in names}


def feature_of(name: str, rows: Sequence[Row], shapes: Shapes) -> Array:
    """One feature. Raises RecordingError where its kind changes."""
    values = [facts.get(name) for row in rows for facts in row.features]
    kind = shapes.kinds.setdefault(name, kind_of([value for value in values if value is not None]))
    try:
        if kind == "text":
            codes = shapes.texts.setdefault(name, {})
            coded = [MISSING if v is None else codes.setdefault(str(v), len(codes)) for v in values]
            return np.array(coded, dtype=np.int32).reshape(len(rows), shapes.n_agents)
        dtype, missing = (np.int32, MISSING) if kind == "whole" else (np.float32, np.nan)
        numbers = np.array([missing if value is None else value for value in values])
        if kind == "whole" and numbers.dtype.kind == "f":
            raise ValueError("a real number")
        return numbers.astype(dtype).reshape(len(rows), shapes.n_agents)
    except (ValueError, TypeError) as error:
        raise RecordingError(
            f"The feature {name!r} was a {KINDS[kind]} at first and is not any more ({error}): keep to one kind."
        ) from error


KINDS = {"whole": "whole number", "number": "number", "text": "text"}


def kind_of(values: Sequence[Any]) -> str:
    """What a feature is made of."""
    if any(isinstance(value, str) for value in values):
        return "text"
    return "whole" if all(isinstance(value, int | np.integer) for value in values) else "number"
