"""The second reading of a table: every row goes to its place in the recording."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.imports.hidden import HiddenStates
from commlab.datasets.imports.keys import Steps
from commlab.datasets.imports.kinds import as_numbers, as_stored
from commlab.datasets.imports.messages import Tokens
from commlab.datasets.imports.roles import feature_columns, feature_name
from commlab.datasets.imports.scan import Scan, messages_of, speakers_of
from commlab.datasets.imports.sheet import Sheet
from commlab.datasets.imports.tables import Block, Table
from commlab.datasets.schema import FEATURE, HIDDEN
from commlab.foundation.errors import ForeignDataError

__all__ = ["Assembly"]

Array = np.ndarray[Any, Any]
COPIED, OWN = 1, 2  # where an agent's facts at a step come from: the row of who speaks to it, or a row of its own
MOST_ACTIONS = 254
NO_ACTION = "none"
MOST_PAIRS = 2**25  # pairs of agents over all episodes, whose kinship is kept
KIN = {"kin": 1.0, "yes": 1.0, "true": 1.0, "stranger": 0.0, "strangers": 0.0, "no": 0.0, "false": 0.0}


class Assembly:
    """The recording's columns, filled block by block."""

    def __init__(self, table: Table, scan: Scan, folder: Path, symbols: str) -> None:
        """Make room. Raises DiskError where there is none."""
        self.path, self.scan, self.parts = table.path, scan, scan.roles.parts
        self.steps, self.tokens = Steps(table.path, scan.roles), Tokens(symbols)
        self.hidden = HiddenStates(table.path, scan.roles)
        self.n_agents, self.lengths = len(scan.agents), scan.keys.lengths
        self.ends = np.cumsum(self.lengths, dtype=np.int64)
        self.sheet = Sheet(folder, len(scan.keys.keys))
        self.columns: dict[str, str] = {}  # here -> in the recording
        self.spoke = np.zeros(self.n_agents, dtype=np.bool_)
        self.conditions: dict[int, str] = {}
        self.kinship: Array | None = None
        self.actions: dict[str, int] = {}
        self.make_room()

    def make_room(self) -> None:
        """Add the arrays that the table's columns ask for."""
        shape, length = (self.n_agents,), max(1, self.scan.symbols.longest)
        self.seen = self.sheet.add("seen", shape, "u1")
        self.add("said", "channel/said", (*shape, length), self.scan.symbols.dtype)
        if "heard" in self.parts or "listener" in self.parts:
            slots = 1 if "heard" in self.parts else self.scan.n_slots
            self.add("heard", "channel/heard", (*shape, slots, length), self.scan.symbols.dtype)
            self.add("speaker", "channel/speaker", (*shape, slots), "i2", -1)
            self.filled = self.sheet.add("filled", shape, "u1")
        if self.scan.n_units:
            self.add("hidden", HIDDEN + "core", (*shape, self.scan.n_units), "f4", np.nan)
        if "reward" in self.parts:
            self.add("reward", "reward/own", shape, "f4", np.nan)
        if "action" in self.parts:
            self.make_room_for_actions()
        for name, feature in self.scan.features.items():
            self.add(f"feature {name}", self.free_name(name), shape, feature.dtype, feature.missing)
        if "kinship" in self.parts:
            self.make_room_for_kinship()

    def add(self, name: str, column: str, inner: tuple[int, ...], dtype: str, fill: float = 0) -> None:
        """Add an array that becomes a column."""
        self.sheet.add(name, inner, dtype, fill)
        self.columns[name] = column

    def free_name(self, name: str) -> str:
        """The column of a feature; names that would fall together are told apart."""
        column = FEATURE + feature_name(name)
        while column in self.columns.values():
            column += "_"
        return column

    def make_room_for_actions(self) -> None:
        """Actions are codes; too many of them, or real numbers, are a feature."""
        found = self.scan.actions
        texts = {as_action(text) for text in found.values}
        if found.kind == "number" or len(texts) > MOST_ACTIONS:
            self.scan.features[self.parts["action"]] = found
            self.scan.notices.append(f"{self.parts['action']!r} has too many values for actions: it is a feature.")
            return
        whole = all(text.removeprefix("-").isdecimal() for text in texts)
        self.actions = {text: code for code, text in enumerate(sorted(texts, key=int if whole else str))}
        self.actions.setdefault(NO_ACTION, len(self.actions))
        self.add("action", "policy/action", (self.n_agents,), "u1", self.actions[NO_ACTION])

    def make_room_for_kinship(self) -> None:
        """Kinship is a matrix for each episode, everybody kin of itself."""
        if len(self.lengths) * self.n_agents**2 > MOST_PAIRS:
            raise ForeignDataError(
                f"{self.path} has {self.n_agents:,} agents in {len(self.lengths):,} episodes, too many pairs to keep "
                "the kinship of: name the column as one of the --features instead."
            )
        self.kinship = np.tile(np.eye(self.n_agents, dtype=np.float32), (len(self.lengths), 1, 1))

    def take(self, block: Block) -> None:
        """Put a block's rows into their places. Raises ForeignDataError, naming the line, where two contradict."""
        episodes, steps = self.steps.of(block)
        rows = self.scan.keys.rows(episodes, steps)
        agents = np.array([self.scan.agents[str(agent)] for agent in speakers_of(block, self.scan.roles)])
        messages = self.scan.symbols.coded(messages_of(block, self.scan.roles, self.tokens))
        values = self.values_of(block)
        first = self.place_own(block, rows, agents, messages)
        for name, column in values.items():
            self.sheet.arrays[name][rows[first], agents[first]] = column[first]
        if "heard" in self.parts:
            heard = self.scan.symbols.coded(self.tokens.all(block.column(self.parts["heard"])))
            self.sheet.arrays["heard"][rows, agents, 0] = heard
        elif "listener" in self.parts:
            self.deliver(block, rows, agents, messages, values)
        if "condition" in self.parts or self.kinship is not None:
            self.take_episodes(block, np.searchsorted(self.ends, rows, side="right"), agents)

    def values_of(self, block: Block) -> dict[str, Array]:
        """The block's features, actions and rewards as they are stored, by array."""
        cells = feature_columns(block, self.scan.roles)
        values = {
            f"feature {name}": kind.coded(cells.get(name) or block.column(name))
            for name, kind in self.scan.features.items()
        }
        if self.actions:
            chosen = block.column(self.parts["action"])
            none = self.actions[NO_ACTION]
            codes = [none if cell is None else self.actions[as_action(str(cell))] for cell in chosen]
            values["action"] = np.array(codes, dtype=np.uint8)
        if self.scan.n_units:
            values["hidden"] = self.hidden.of(block)
        if "reward" in self.parts:
            values["reward"] = self.numbers(block, self.parts["reward"])
        return values

    def numbers(self, block: Block, name: str, words: Mapping[str, float] | None = None) -> Array:
        """A column of numbers, NaN where a cell is missing. Raises ForeignDataError, naming the line, otherwise."""
        known = words or {}
        cells = [known.get(str(cell).lower(), cell) for cell in block.column(name)]
        found = as_numbers([np.nan if cell is None else cell for cell in cells])
        if found is None:
            row = next(row for row, cell in enumerate(cells) if cell is not None and as_numbers([cell]) is None)
            raise ForeignDataError(
                f"{self.path}, line {block.lines[row]}: {name} is {cells[row]!r}, and must be a number."
            )
        return as_stored(found)

    def place_own(self, block: Block, rows: Array, agents: Array, messages: Array) -> Array:
        """Place what is said; returns which rows of the block are the first about their agent and step, (n,) bool."""
        _, index = np.unique(rows * self.n_agents + agents, return_index=True)
        first = np.zeros(len(rows), dtype=np.bool_)
        first[index] = True
        first &= self.seen[rows, agents] != OWN
        said = self.sheet.arrays["said"]
        said[rows[first], agents[first]] = messages[first]
        self.seen[rows[first], agents[first]] = OWN
        self.spoke[agents[messages.any(axis=1)]] = True
        again = ~first
        if "listener" in self.parts:  # the same words may go to several listeners
            again[again] = (said[rows[again], agents[again]] != messages[again]).any(axis=1)
        if again.any():
            self.refuse_twice(block, int(np.flatnonzero(again)[0]), rows, agents)
        return first

    def refuse_twice(self, block: Block, row: int, rows: Array, agents: Array) -> None:
        """Raise the error about a second row for the same agent and step."""
        episode = self.scan.order[int(np.searchsorted(self.ends, rows[row], side="right"))]
        agent = list(self.scan.agents)[agents[row]]
        raise ForeignDataError(
            f"{self.path}, line {block.lines[row]}: a second row for agent {agent!r} at one step of episode {episode}: "
            "name the column that tells them apart (--columns step=…, agent=… or listener=…), or remove one."
        )

    def deliver(self, block: Block, rows: Array, agents: Array, messages: Array, values: Mapping[str, Array]) -> None:
        """Let the named listeners hear, and share the row's features with those that have no row of their own."""
        cells = block.column(self.parts["listener"])
        there = np.flatnonzero([cell is not None for cell in cells])
        ears = np.array([self.scan.agents[str(cells[row])] for row in there], dtype=np.int64)
        rows, messages, speakers = rows[there], messages[there], agents[there]
        before = occurrences(rows * self.n_agents + ears)
        slots = self.filled[rows, ears] + before
        over = np.flatnonzero(slots >= self.scan.n_slots)
        if over.size:
            raise ForeignDataError(
                f"{self.path}, line {block.lines[there[over[0]]]}: {cells[there[over[0]]]!r} hears more than "
                f"{self.scan.n_slots} messages in one step: tell the steps apart (--columns step=…)."
            )
        self.sheet.arrays["heard"][rows, ears, slots] = messages
        self.sheet.arrays["speaker"][rows, ears, slots] = speakers
        np.add.at(self.filled, (rows, ears), 1)
        lacking = np.flatnonzero((self.seen[rows, ears] == 0) & (before == 0))  # whoever speaks first counts
        for name in (f"feature {name}" for name in self.scan.features):
            self.sheet.arrays[name][rows[lacking], ears[lacking]] = values[name][there[lacking]]
        self.seen[rows[lacking], ears[lacking]] = COPIED

    def take_episodes(self, block: Block, episodes: Array, agents: Array) -> None:
        """Take in the conditions of episodes and the kinship in them."""
        if "condition" in self.parts:
            for row, cell in enumerate(block.column(self.parts["condition"])):
                known = self.conditions.setdefault(int(episodes[row]), str(cell)) if cell is not None else None
                if known is not None and known != str(cell):
                    raise ForeignDataError(
                        f"{self.path}, line {block.lines[row]}: {self.parts['condition']} is {cell!r} and was "
                        f"{known!r} before in episode {self.scan.order[episodes[row]]}: an episode has one condition."
                    )
        if self.kinship is not None:
            given = self.numbers(block, self.parts["kinship"], KIN)
            ears = block.column(self.parts["listener"]) if "listener" in self.parts else [None] * len(given)
            for row in np.flatnonzero(np.isfinite(given)).tolist():
                others = range(self.n_agents) if ears[row] is None else [self.scan.agents[str(ears[row])]]
                self.kinship[episodes[row], agents[row], list(others)] = given[row]
                self.kinship[episodes[row], agents[row], agents[row]] = 1.0

    def fields(self) -> dict[str, Array]:
        """The fields of /episodes."""
        n_episodes = len(self.lengths)
        found: dict[str, Array] = {}
        if all(name.isascii() and name.isdecimal() and int(name) < 2**63 for name in self.scan.order):
            found["episode"] = np.array([int(name) for name in self.scan.order])
        if "condition" in self.parts:
            found["condition"] = np.array([self.conditions.get(e, "") for e in range(n_episodes)], dtype=object)
        if self.kinship is not None:
            found["kinship"] = self.kinship
        if self.n_agents <= 256:
            found["bodies"] = np.tile(np.arange(self.n_agents, dtype=np.uint8), (n_episodes, 1))
        return found

    def rows(self, rows: slice) -> dict[str, Array]:
        """The recording's columns at some rows."""
        return self.sheet.rows(self.columns, rows)

    def codes(self) -> dict[str, dict[str, str]]:
        """The names of codes: of symbols, of actions and of features' texts."""
        tables = {
            self.columns[f"feature {name}"]: {str(code): text for code, text in enumerate(feature.names)}
            for name, feature in self.scan.features.items()
            if feature.kind == "text"
        }
        if self.scan.symbols.names:
            tables["symbols"] = dict(self.scan.symbols.names)
        if self.actions:
            tables["actions"] = {str(code): text for text, code in self.actions.items()}
        return tables


def occurrences(values: Array) -> Array:
    """How many of the same value come before each, (n,)."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(values) else np.empty(0, dtype=int)
    count = np.arange(len(values)) - np.repeat(starts, np.diff(np.append(starts, len(values))))
    out = np.empty(len(values), dtype=np.int64)
    out[order] = count
    return out


def as_action(text: str) -> str:
    """An action's name; 3.0 is 3."""
    return text[:-2] if text.endswith(".0") and text[:-2].removeprefix("-").isdecimal() else text
