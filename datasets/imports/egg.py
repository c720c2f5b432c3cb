"""EGG's interaction dumps: each game played once becomes an episode of one step with a sender and a receiver.

The fields are those of egg.core.interaction.Interaction (Kharitonov et al. 2019, facebookresearch/EGG): sender_input,
receiver_input, labels, aux_input, message, receiver_output, message_length and aux. Messages are symbols (n,) or (n,
L), of which 0 ends a sequence, or relaxed ones (n, V) or (n, L, V), of which the largest entry counts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.imports.facts import Facts
from commlab.datasets.imports.options import Options
from commlab.datasets.imports.torch_file import read_torch_file
from commlab.foundation.errors import ForeignDataError

__all__ = ["FIELDS", "RECEIVER", "SENDER", "Games", "games_of", "read_interactions"]

Array = np.ndarray[Any, Any]
INTERACTION = ("egg.core.interaction", "Interaction")
FIELDS = (
    "sender_input",
    "receiver_input",
    "labels",
    "aux_input",
    "message",
    "receiver_output",
    "message_length",
    "aux",
)
GROUPS = ("aux_input", "aux")  # arrays by name
SENDER, RECEIVER = 0, 1
MOST_SYMBOLS = 65535


class Games(NamedTuple):
    """The games of a dump."""

    messages: Array  # (n, L), 0 is silence
    symbols: dict[str, str]  # names of the symbols, where codes are not EGG's own
    facts: Facts
    actions: Array | None  # (n,) the receiver's choice, where it is one of some classes
    notices: list[str]


def read_interactions(path: Path) -> list[dict[str, Any]]:
    """The interactions of a dump as dicts of arrays, read without torch and without running code from the file.

    Raises ForeignDataError where it holds something else, and ForbiddenName where reading it needs trust.
    """
    return as_interactions(path, read_torch_file(path, {INTERACTION}))


def as_interactions(path: Path, found: Any) -> list[dict[str, Any]]:
    """What a dump holds as a list of dicts. Raises ForeignDataError where that is no interaction."""
    parts = found if isinstance(found, list) else [found]
    for part in parts:
        if not isinstance(part, Mapping) or "message" not in part:
            raise ForeignDataError(
                f"{path} holds no EGG interaction (an object with {', '.join(FIELDS)}): save the Interaction that the "
                "trainer logs, or export a table as CSV."
            )
    if not parts:
        raise ForeignDataError(f"{path} holds no interactions: there is nothing to import.")
    return [dict(part) for part in parts]


def games_of(path: Path, interactions: list[dict[str, Any]], options: Options) -> Games:
    """The games of the interactions, one after another. Raises ForeignDataError, naming the field that is wrong."""
    notices: list[str] = []
    joined = join(path, interactions)
    if joined.get("message") is None:
        raise ForeignDataError(f"{path} holds no messages: log them (store_message in EGG's logging strategy).")
    message = np.asarray(joined["message"])
    if not len(message):
        raise ForeignDataError(f"{path} holds no games: there is nothing to import.")
    messages, symbols = coded(path, message, joined.get("message_length"), options.zero, notices)
    facts = Facts(path, len(messages), notices)
    labels, output = joined.get("labels"), joined.get("receiver_output")
    chosen = choice(output, labels)
    for name in ("sender_input", "labels", "receiver_input"):
        facts.add(name, joined.get(name))
    for group in GROUPS:
        for name, values in (joined.get(group) or {}).items():
            facts.add(f"{group}.{name}", values)
    facts.add("receiver_output", output if chosen is None else chosen)
    if chosen is not None and labels is not None and np.asarray(labels).shape == chosen.shape:
        facts.add("correct", (chosen == np.asarray(labels)).astype(np.int64))
    return Games(messages, symbols, facts, chosen, notices)


def join(path: Path, interactions: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields of all interactions one after another; what only some of them have is left out."""
    if len(interactions) == 1:
        return interactions[0]
    out: dict[str, Any] = {}
    for name in FIELDS:
        values = [part[name] for part in interactions if part.get(name) is not None]
        if len(values) < len(interactions):
            continue
        try:
            if name in GROUPS:
                shared = sorted(set.intersection(*(set(value) for value in values)))
                out[name] = {key: np.concatenate([np.asarray(value[key]) for value in values]) for key in shared}
            else:
                out[name] = np.concatenate([np.asarray(value) for value in values])
        except ValueError as error:
            raise ForeignDataError(f"{path}: the interactions have {name} of different shapes ({error}).") from error
    return out


def coded(path: Path, message: Array, length: Any, zero: str, notices: list[str]) -> tuple[Array, dict[str, str]]:
    """The messages (n, L) as codes of which 0 is silence, and the symbols' names where codes are shifted."""
    symbols, single = as_symbols(path, message, notices)
    if symbols.min(initial=0) < 0 or symbols.max(initial=0) >= MOST_SYMBOLS:
        raise ForeignDataError(f"{path}: symbols go from {symbols.min()} to {symbols.max()}; allowed is 0 to 65,534.")
    ends = np.full(len(symbols), symbols.shape[1]) if length is None else np.asarray(length).reshape(-1)
    if ends.shape != (len(symbols),):
        raise ForeignDataError(f"{path}: message_length has {ends.size} values for {len(symbols)} messages.")
    inside = np.arange(symbols.shape[1]) < ends[:, None]
    if zero == "symbol" or (zero == "auto" and single):
        kept = np.where(inside, symbols + 1, 0)
        if single and zero == "auto":
            notices.append("Messages are one symbol, of which 0 is one like the others, as in EGG's one-symbol games.")
        return stored(kept), {str(code): str(code - 1) for code in np.unique(kept).tolist() if code}
    ended = np.cumsum(symbols == 0, axis=1) > 0  # EGG: what comes after the first 0 was never said
    return stored(np.where(inside & ~ended, symbols, 0)), {}


def stored(codes: Array) -> Array:
    """Codes in the smallest type that holds them, without the columns at the end that nobody uses."""
    used = np.flatnonzero(codes.any(axis=0))
    codes = codes[:, : int(used[-1]) + 1 if used.size else 1]
    return codes.astype(np.uint16 if codes.max(initial=0) > 255 else np.uint8)


def as_symbols(path: Path, message: Array, notices: list[str]) -> tuple[Array, bool]:
    """The symbols (n, L) as whole numbers, and whether messages are single symbols that nothing ends."""
    real = message.dtype.kind == "f"
    whole = not real or bool(np.all(np.isfinite(message)) and np.all(message == np.floor(message)))
    if message.ndim == 3 or (real and message.ndim == 2 and is_relaxed(message)):
        notices.append("Messages are relaxed symbols: the largest entry of each counts.")
        codes = message.argmax(axis=-1)
        return codes.reshape(len(codes), -1), message.ndim == 2
    if message.ndim not in (1, 2) or not whole:
        raise ForeignDataError(
            f"{path}: messages of shape {message.shape} and type {message.dtype} are no symbols; (n,), (n, L), relaxed "
            "(n, V) or (n, L, V) are."
        )
    return message.reshape(len(message), -1).astype(np.int64), message.ndim == 1 or message.shape[1] == 1


def is_relaxed(message: Array) -> bool:
    """Whether each row (n, V) is a distribution over the symbols."""
    sums = message.sum(axis=1)
    return bool(message.shape[1] > 1 and np.all(message >= 0) and np.allclose(sums, 1, atol=1e-3))


def choice(output: Any, labels: Any) -> Array | None:
    """The class that the receiver chose (n,): its output, or where there are labels of classes its largest logit."""
    if output is None:
        return None
    values = np.asarray(output)
    if values.ndim == 1 and values.dtype.kind in "iub":
        return values.astype(np.int64)
    if labels is None or values.ndim != 2 or values.shape[1] < 2:
        return None
    known = np.asarray(labels)
    classes = known.ndim == 1 and known.dtype.kind in "iu" and known.min() >= 0 and known.max() < values.shape[1]
    return values.argmax(axis=1) if classes else None
