"""A recording as a table: a row for each episode, step and agent, in words where codes have names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.schema import FEATURE, MISSING
from commlab.datasets.targets.blocks import label
from commlab.datasets.targets.labels import Labels, Target

__all__ = ["Cells", "agent_names", "blocks", "message_texts", "texts"]

Array = np.ndarray[Any, Any]
ROWS = 16384  # steps of a block


class Cells(NamedTuple):
    """One column of some rows: numbers, or codes of texts; what is missing is masked."""

    values: Array  # (n,) numbers, or indices into `names`
    names: tuple[str, ...] | None  # None for numbers
    there: Array  # (n,) bool

    def texts(self) -> list[str]:
        """The cells as texts, empty where one is missing."""
        if self.names is None:
            shown = self.values.astype(str)
        else:
            shown = np.array(self.names or ("",), dtype=object)[np.where(self.there, self.values, 0)]
        return [text if there else "" for text, there in zip(shown.tolist(), self.there.tolist(), strict=True)]

    def plain(self) -> list[Any]:
        """The cells as Python's own values, None where one is missing."""
        if self.names is not None:
            shown: list[Any] = self.texts()
        elif self.values.dtype == np.float32:
            shown = [float(text) for text in self.values.astype(str).tolist()]  # 0.1, not 0.10000000149
        else:
            shown = self.values.tolist()
        return [value if there else None for value, there in zip(shown, self.there.tolist(), strict=True)]


def blocks(recording: Recording, targets: Sequence[Target]) -> Iterator[dict[str, Cells]]:
    """The table, a block of whole episodes at a time: rows step by step, agent by agent."""
    names = agent_names(recording)
    numbers = recording.episodes.episode
    numbers = numbers if len(np.unique(numbers)) == len(numbers) else np.arange(len(numbers))
    has_conditions = any(recording.episodes.condition.tolist())
    first = 0
    for block in recording.blocks(ROWS):
        yield block_of(block, targets, names, numbers[first : first + block.n_episodes], has_conditions)
        first += block.n_episodes


def block_of(
    block: Recording, targets: Sequence[Target], agents: Sequence[str], numbers: Array, has_conditions: bool
) -> dict[str, Cells]:
    """The columns of one block."""
    n_steps, n_agents = block.n_steps, len(agents)
    episode = np.repeat(block.row_episode, n_agents)
    found = {
        "episode": number(numbers[episode]),
        "step": number(np.repeat(block["steps/t"][:], n_agents)),
        "agent": coded(np.tile(np.arange(n_agents), n_steps), agents),
    }
    if has_conditions:
        names, codes = np.unique(block.episodes.condition.astype(str), return_inverse=True)
        found["condition"] = coded(codes[episode], names.tolist())
    found |= said_and_heard(block)
    codes_of = block.codes
    if "policy/action" in block:
        actions = codes_of.get("actions", {})
        found["action"] = named(block["policy/action"][:].reshape(-1), actions)
    if "reward/own" in block:
        found["reward"] = number(block["reward/own"][:].reshape(-1))
    for name in (name for name in block.columns() if name.startswith(FEATURE)):
        values = block[name][:].reshape(-1)
        plain = number(values) if name not in codes_of else named(values, codes_of[name])
        found[name.removeprefix(FEATURE)] = plain
    for target in targets:
        found[target.name] = labelled(label(block, target, range(n_agents)))
    return found


def said_and_heard(block: Recording) -> dict[str, Cells]:
    """The messages of a block as texts."""
    symbols = block.codes.get("symbols", {})
    found = {}
    if "channel/said" in block:
        found["message"] = message_texts(block["channel/said"][:], symbols)
    if "channel/heard" in block:
        heard = block["channel/heard"][:]
        for slot in range(heard.shape[2]):
            name = "heard" if heard.shape[2] == 1 else f"heard_{slot}"
            found[name] = message_texts(heard[:, :, slot], symbols)
    return found


def agent_names(recording: Recording) -> list[str]:
    """A name for each agent: its own, or its body's where that is its alone, else body and number as "scout_0"."""
    listed = recording.attrs.get("agents")
    if isinstance(listed, list) and len(listed) == recording.n_agents:
        return [str(name) for name in listed]
    bodies = recording.bodies
    if not recording.codes.get("bodies"):
        return [str(number) for number in range(recording.n_agents)]
    if len(set(bodies)) == len(bodies):
        return bodies
    return [f"{body}_{bodies[:number].count(body)}" for number, body in enumerate(bodies)]


def message_texts(messages: Array, symbols: Mapping[int, str]) -> Cells:
    """Messages (…, L) as texts: symbols with spaces between, the silence after the last left out."""
    flat = messages.reshape(-1, messages.shape[-1])
    distinct, codes = np.unique(flat, axis=0, return_inverse=True)
    return Cells(codes.reshape(-1), texts(distinct, symbols), np.asarray(flat.any(axis=1)))


def texts(messages: Array, symbols: Mapping[int, str]) -> tuple[str, ...]:
    """Each message (M, L) in words."""
    found = []
    for message in messages.tolist():
        while message and message[-1] == 0:
            message.pop()
        found.append(" ".join(symbols.get(symbol, str(symbol)) for symbol in message))
    return tuple(found)


def number(values: Array) -> Cells:
    """Numbers; the missing ones are masked."""
    there = np.isfinite(values) if values.dtype.kind == "f" else values != MISSING
    return Cells(values, None, np.asarray(there))


def coded(codes: Array, names: Sequence[str]) -> Cells:
    """Indices into names, all there."""
    return Cells(codes, tuple(names), np.ones(len(codes), dtype=np.bool_))


def named(values: Array, names: Mapping[int, str]) -> Cells:
    """Codes in words; a code without a name is its number."""
    distinct, codes = np.unique(values, return_inverse=True)
    words = tuple(names.get(value, str(value)) for value in distinct.tolist())
    return Cells(codes, words, np.asarray(values.astype(np.int64) != MISSING))


def labelled(labels: Labels) -> Cells:
    """A target's values."""
    values, valid = labels.values.reshape(-1), np.asarray(labels.valid).reshape(-1)
    if labels.names:
        return Cells(values, labels.names, valid)
    return Cells(values, None, valid & np.isfinite(values))
