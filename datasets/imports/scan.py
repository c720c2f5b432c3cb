"""The first reading of a table: who speaks, which episodes and steps there are, what symbols and features are."""

import tempfile
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

import numpy as np

from commlab.datasets.imports.hidden import HiddenStates
from commlab.datasets.imports.keys import Keys, Steps, make_keys
from commlab.datasets.imports.kinds import MOST_TEXTS, Feature
from commlab.datasets.imports.messages import Symbols, Tokens
from commlab.datasets.imports.options import Options, Watch
from commlab.datasets.imports.roles import Roles, feature_columns, find_roles
from commlab.datasets.imports.tables import Block, Table
from commlab.foundation.errors import ForeignDataError

__all__ = ["ONE", "Scan", "messages_of", "scan_table", "speakers_of"]

ONE = "speaker"  # the agent where no column names any
MOST_AGENTS = 1024
MOST_SLOTS = 8  # messages heard by one agent in a step

Array = np.ndarray[Any, Any]


class Scan(NamedTuple):
    """What the first reading found."""

    roles: Roles
    agents: dict[str, int]  # their numbers
    order: list[str]  # the episodes as the recording has them
    keys: Keys
    symbols: Symbols
    features: dict[str, Feature]
    actions: Feature
    n_units: int  # of hidden states; 0: there are none
    n_slots: int  # for messages heard by one agent in a step
    n_rows: int
    notices: list[str]


def scan_table(table: Table, options: Options, watch: Watch | None = None) -> Scan:
    """Read a table once. Raises ForeignDataError, naming line and column, where it cannot be imported."""
    scanner: Scanner | None = None
    with tempfile.TemporaryFile() as spool:
        for block in table.blocks():
            if scanner is None:
                scanner = Scanner(table, find_roles(table.path, list(block.cells), options), options)
            scanner.take(block, spool)
            if watch is not None:
                watch(0.5 * block.share, f"read {scanner.steps.n_rows:,} rows")
        if scanner is None:
            raise ForeignDataError(f"{table.path} has no rows: there is nothing to import.")
        return scanner.finish(spool)


class Scanner:
    """Takes in block after block."""

    def __init__(self, table: Table, roles: Roles, options: Options) -> None:
        self.path, self.roles, self.options = table.path, roles, options
        self.steps = Steps(table.path, roles)
        self.tokens, self.symbols, self.actions = Tokens(options.symbols), Symbols(), Feature()
        self.features: dict[str, Feature] = {}
        self.hidden = HiddenStates(table.path, roles)
        self.agents: dict[str, None] = {}  # in order of appearance
        self.heard: set[str] = set()  # those whose listener is named

    def take(self, block: Block, spool: IO[bytes]) -> None:
        """Take in a block; the episode and the step of its rows go to `spool`."""
        parts = self.roles.parts
        self.refuse_lists(block)
        spool.write(np.ascontiguousarray(np.stack(self.steps.of(block)).T, dtype=np.int64).tobytes())
        self.meet_agents(block)
        self.symbols.scan(messages_of(block, self.roles, self.tokens))
        if "heard" in parts:
            self.symbols.scan(self.tokens.all(block.column(parts["heard"])))
        if "action" in parts:
            self.actions.scan(block.column(parts["action"]))
        if self.roles.hidden:
            self.hidden.of(block)
        for name, cells in feature_columns(block, self.roles).items():
            self.features.setdefault(name, Feature()).scan(cells)

    def refuse_lists(self, block: Block) -> None:
        """Raise ForeignDataError, naming the line, for a list where there must be one value."""
        for part, name in self.roles.parts.items():
            cells = block.column(name)
            if part not in ("message", "heard") and list in set(map(type, cells)):
                line = next(line for line, cell in zip(block.lines, cells, strict=True) if isinstance(cell, list))
                raise ForeignDataError(f"{self.path}, line {line}: {name} is a list, and must be one value.")

    def meet_agents(self, block: Block) -> None:
        """Take in the agents of a block. Raises ForeignDataError for a row without one, and for too many."""
        speaking = speakers_of(block, self.roles)
        if None in speaking:
            line, name = block.lines[speaking.index(None)], self.roles.parts["agent"]
            raise ForeignDataError(f"{self.path}, line {line}: {name} is missing: fill in whose row it is.")
        if "listener" in self.roles.parts:
            pairs = dict.fromkeys(zip(speaking, block.column(self.roles.parts["listener"]), strict=True))
            self.heard |= {str(agent) for agent, ear in pairs if ear is not None}
            speaking = [agent for pair in pairs for agent in pair if agent is not None]
        self.agents |= dict.fromkeys(map(str, speaking))
        if len(self.agents) > MOST_AGENTS:
            raise ForeignDataError(
                f"{self.path}, line {block.lines[-1]}: more than {MOST_AGENTS:,} different agents, each of which would "
                "take a row at every step: name their roles instead (sender, receiver), or leave the column out."
            )

    def finish(self, spool: IO[bytes]) -> Scan:
        """What was found."""
        keys = make_keys(self.path, spool, self.steps.n_rows, self.steps.ranks())
        self.symbols.settle(self.options.zero)
        notices = list(self.symbols.notices)
        if keys.gaps:
            notices.append(f"{keys.gaps:,} steps are missing within episodes: the steps around a gap are neighbours.")
        return Scan(
            roles=self.roles,
            agents=numbered(list(self.agents)),
            order=self.steps.order(),
            keys=keys,
            symbols=self.symbols,
            features=self.kept_features(notices),
            actions=self.actions,
            n_units=self.hidden.width,
            n_slots=max(1, min(len(self.heard), MOST_SLOTS)),
            n_rows=self.steps.n_rows,
            notices=notices,
        )

    def kept_features(self, notices: list[str]) -> dict[str, Feature]:
        """The features that can be one; why others are left out goes to `notices`, or is an error if asked for."""
        kept = {}
        for name, feature in self.features.items():
            why = "it is empty" if feature.kind == "none" else ""
            if feature.too_many:
                why = f"it has more than {MOST_TEXTS:,} different texts (such as {feature.example!r})"
            if why and self.roles.features is not None:
                raise ForeignDataError(f"{self.path}, column {name!r} cannot be a feature, for {why}: leave it out.")
            if why:
                notices.append(f"Column {name!r} is left out, for {why}.")
            else:
                kept[name] = feature
        return kept


def messages_of(block: Block, roles: Roles, tokens: Tokens) -> list[tuple[str, ...]]:
    """What is said in each row of a block."""
    if "message" in roles.parts:
        return tokens.all(block.column(roles.parts["message"]))
    columns = [block.column(name) for name in roles.symbols]
    return [tuple(symbol for cell in cells for symbol in tokens(cell)) for cells in zip(*columns, strict=True)]


def speakers_of(block: Block, roles: Roles) -> list[Any]:
    """The agent of each row of a block."""
    name = roles.parts.get("agent")
    return block.column(name) if name is not None else [ONE] * len(block.lines)


def numbered(names: Sequence[str]) -> dict[str, int]:
    """The agents' numbers: in order of number where all are named by numbers, else as they first came."""
    by_number = all(name.isascii() and name.isdecimal() for name in names)
    return {name: number for number, name in enumerate(sorted(names, key=int) if by_number else names)}
