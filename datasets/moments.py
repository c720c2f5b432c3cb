"""One step of anybody's rollout taken apart: what each agent observed, did, said and heard, as numbers with names."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from commlab.foundation.errors import RecordingError

__all__ = ["Choice", "Observed", "SymbolTable", "read_action", "read_observation"]

Array = np.ndarray[Any, Any]
MOST_NUMBERS = 8192  # of an observation that are kept
MOST_FEATURES = 16  # numbers of a small array that become features
LEFT_OUT = frozenset({"action_mask"})
HEARD, MESSAGE, ACTION = "heard", "message", "action"
MOST_CODE = 65535


class Observed(NamedTuple):
    """An observation as numbers."""

    vector: Array  # (D,) float32
    names: tuple[str, ...]  # (D,)
    features: dict[str, float]  # its scalars and small arrays; whole numbers as int
    heard: Array | None  # (K, L) what a part called "heard" holds


class Choice(NamedTuple):
    """An action, and what was said with it."""

    code: Any  # a whole number, a text (several choices at once, "2,0"), or None
    features: dict[str, float]  # of a continuous action
    message: Any  # None where the action has no part called "message"


def read_observation(agent: str, observation: Any) -> Observed:
    """An observation of any Gymnasium space as numbers; masks of actions are left out.

    Raises RecordingError where a part holds no numbers.
    """
    parts: list[tuple[str, Array]] = []
    heard = None
    for name, array in flat(agent, "", observation):
        place = name.rpartition(".")[2]
        if place == HEARD and array.dtype.kind in "iu":
            heard = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
        elif place not in LEFT_OUT and array.size:
            parts.append((name or "observation", array))
    kept = [(name, array) for name, array in parts if array.size <= MOST_NUMBERS]
    vectors = [array.reshape(-1).astype(np.float32) for _, array in kept]
    features = {label: value for name, array in kept for label, value in small(name, array)}
    names = tuple(label for name, array in kept for label in labels(name, array.shape))
    return Observed(np.concatenate(vectors) if vectors else np.empty(0, np.float32), names, features, heard)


def flat(agent: str, name: str, value: Any) -> Iterator[tuple[str, Array]]:
    """The arrays in nested mappings and tuples with their dotted names."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flat(agent, f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from flat(agent, f"{name}.{number}" if name else str(number), part)
    elif value is not None:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise RecordingError(
                f"The observation of {agent!r}{f', {name!r},' if name else ''} is of type {array.dtype}: give numbers, "
                "or leave it out of what is recorded."
            )
        yield name, array


def labels(name: str, shape: tuple[int, ...]) -> Iterator[str]:
    """A name for each number of an array."""
    for place in np.ndindex(*shape):
        yield ".".join([name, *map(str, place)])


def small(name: str, array: Array) -> Iterator[tuple[str, float]]:
    """The numbers of a scalar or a small row by name; whole numbers as int."""
    if array.ndim <= 1 and array.size <= MOST_FEATURES:
        for label, value in zip(labels(name, array.shape), array.reshape(-1).tolist(), strict=True):
            yield label, int(value) if isinstance(value, bool) else value


def read_action(agent: str, action: Any) -> Choice:
    """An action of any Gymnasium space: "action" and "message" of a dict apart, several choices as "2,0".

    Raises RecordingError where it is nothing of the kind.
    """
    if isinstance(action, Mapping):
        rest = {name: part for name, part in action.items() if name != MESSAGE}
        chosen = rest[ACTION] if set(rest) == {ACTION} else tuple(rest.values()) or None
        return read_action(agent, chosen)._replace(message=action.get(MESSAGE))
    if action is None or isinstance(action, str):
        return Choice(action, {}, None)
    if isinstance(action, tuple):
        arrays = [array for _, array in flat(agent, "", action)]
        array = np.concatenate([part.reshape(-1) for part in arrays]) if arrays else np.empty(0)
    else:
        array = np.asarray(action)
    if array.dtype.kind not in "biuf":
        raise RecordingError(f"The action of {agent!r} is {action!r}: give a number, numbers or a text.")
    if array.dtype.kind == "f":
        return Choice(None, {f"action.{i}": value for i, value in enumerate(array.reshape(-1).tolist())}, None)
    if array.size == 1:
        return Choice(int(array.reshape(-1)[0]), {}, None)
    return Choice(",".join(map(str, array.reshape(-1).tolist())), {}, None)


class SymbolTable:
    """The codes of symbols: numbers are their own, words get codes in the order in which they are first said."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.numbers = False

    def message(self, agent: str, said: Any) -> tuple[int, ...]:
        """A message as codes, 0 at its end left out. Raises RecordingError for what is none."""
        if said is None:
            return ()
        if isinstance(said, str):
            return self.words(agent, said.split())
        parts = np.asarray(said).reshape(-1)
        if parts.dtype.kind in "US":
            return self.words(agent, [str(part) for part in parts])
        if parts.size and parts.dtype.kind not in "biu":
            raise RecordingError(f"The message of {agent!r} is {said!r}: give whole numbers from 0, or words.")
        if parts.size and (parts.min() < 0 or parts.max() > MOST_CODE):
            raise RecordingError(f"The message of {agent!r} is {said!r}: symbols are numbers from 0 to {MOST_CODE:,}.")
        self.numbers = self.numbers or bool(parts.any())
        self.refuse_mixture(agent)
        used = np.flatnonzero(parts)
        return tuple(parts[: int(used[-1]) + 1].tolist()) if used.size else ()

    def words(self, agent: str, words: list[str]) -> tuple[int, ...]:
        """Words as codes."""
        codes = tuple(self.codes.setdefault(word, len(self.codes) + 1) for word in words)
        self.refuse_mixture(agent)
        return codes

    def refuse_mixture(self, agent: str) -> None:
        """Raise RecordingError where some messages are numbers and others words."""
        if self.numbers and self.codes:
            raise RecordingError(f"The messages are numbers and words by turns, now that of {agent!r}: keep to one.")
        if len(self.codes) > MOST_CODE:
            raise RecordingError(f"The messages have more than {MOST_CODE:,} different words: give fewer, or numbers.")
