"""The planted pair. Agent 0 is the scout, agent 1 the gatherer; all their choices are certain but for equal ways."""

from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.policy import Decision, Draws
from commlab.env.loading import parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import Action, Cell, Entity, Observation, Own
from commlab.recording import layout

SCOUT, GATHERER = 0, 1
SURE, NEVER = 9.0, -1e9  # logits
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # from Action.NORTH on
ROOM = """
#########
#o.....o#
#.......#
#...1...#
#..2A...#
#.......#
#.......#
#o.....o#
#########
"""


def room(steps: int = 64) -> Scenario:
    """A room with a crystal in one of four corners, an altar in the middle and a scout beside it."""
    nothing = {"max_energy": 0, "start_energy": 0, "carry": 0}
    return parse_scenario(
        {
            "name": "room",
            "title": "A room with four corners",
            "about": "For tests.",
            "steps": steps,
            "map": ROOM,
            "crystals": [{"kind": "green", "count": 1, "stock": 1, "moves": True}],
            "values": {"green": 100},
            "yields": "energy",
            "bump": True,
            "altar": {"cost": 100, "reward": 1, "cooldown": 0},
            "bodies": {
                "scout": {"view": 5, "actions": ["stay"], **nothing},
                "gatherer": {**nothing, "view": 1, "actions": ["north", "east", "south", "west"], "max_energy": 100},
            },
            "agents": [{"body": "scout", "start": "1", "family": 0}, {"body": "gatherer", "start": "2", "family": 0}],
            "kinship": {"structure": "teams", "size": 2, "share": 1},
            "channel": {"vocabulary": 12, "slots": 1},
            "observation": {"entities": 4, "own_position": True},
            "start": {"scatter": 0, "carrying": 0},
            "reservoir": 1000,
        }
    )


class Memory(NamedTuple):
    """What the gatherer of each world remembers."""

    symbol: NDArray[np.int64]  # (W,) the last one heard, 0 for none yet
    round: NDArray[np.int64]  # (W,) corners looked into so far


class Pair:
    """A policy: the scout says `symbols[site]` of the crystal's site, the gatherer takes the shortest way."""

    def __init__(self, scenario: Scenario, obeys: bool, seed: int) -> None:
        plan = layout(scenario)
        self.sites, self.obeys = np.array(plan["sites"]), obeys
        self.n_actions, self.n_symbols = scenario.n_actions, scenario.channel.vocabulary
        rng = np.random.default_rng(seed)
        self.symbols = rng.choice(np.arange(1, self.n_symbols), len(self.sites), replace=False)
        self.site_of = np.full(self.n_symbols, -1)
        self.site_of[self.symbols] = np.arange(len(self.sites))
        grid = np.array(plan["grid"])
        scouts = np.argwhere(np.array([list(line) for line in scenario.map.split()]) == "1")
        self.ways = np.stack([ways(grid, place, scouts) for place in (*self.sites, np.argwhere(grid == Cell.ALTAR)[0])])

    @property
    def codebook(self) -> dict[int, tuple[int, int]]:
        """The place that each symbol stands for."""
        return {
            int(symbol): (int(row), int(column)) for symbol, (row, column) in zip(self.symbols, self.sites, strict=True)
        }

    def initial_state(self, n_worlds: int) -> Memory:
        """Nothing heard, nowhere looked."""
        return Memory(np.zeros(n_worlds, np.int64), np.zeros(n_worlds, np.int64))

    @property
    def hidden_sizes(self) -> dict[str, int]:
        """None that could be changed."""
        return {}

    def fork_state(self, state: Memory, worlds: NDArray[np.int64]) -> Memory:
        """The memory of some worlds."""
        return Memory(state.symbol[worlds], state.round[worlds])

    def step(self, observation: Observation, state: Memory, draws: Draws, hooks: Any = None) -> Decision:
        """Name the crystal's corner, and walk."""
        n_worlds = len(draws.key)
        where = observation.vector[:, GATHERER, [Own.ROW, Own.COLUMN]].astype(np.int64)
        heard = observation.heard[:, GATHERER, 0, 0].astype(np.int64)
        symbol = np.where(heard > 0, heard, state.symbol)
        corner = (draws.key.astype(np.int64) + state.round) % len(self.sites)
        there = (where == self.sites[corner]).all(axis=1)
        looked = state.round + there
        corner = (draws.key.astype(np.int64) + looked) % len(self.sites)
        named = self.site_of[symbol]
        goal = np.where(named >= 0, named, corner) if self.obeys else corner
        goal = np.where(observation.vector[:, GATHERER, Own.ENERGY] > 0, len(self.sites), goal)
        logits = np.zeros((n_worlds, 2, self.n_actions + self.n_symbols), np.float32)
        logits[:, SCOUT, 1 : self.n_actions] = NEVER
        logits[:, GATHERER, [Action.STAY, Action.USE]] = NEVER
        action = np.zeros((n_worlds, 2), np.uint8)
        action[:, GATHERER] = self.ways[goal, where[:, 0], where[:, 1]]
        logits[np.arange(n_worlds), GATHERER, action[:, GATHERER]] = SURE
        message = np.zeros((n_worlds, 2, 1), np.uint8)
        message[:, SCOUT, 0] = self.names(observation)
        np.put_along_axis(logits[:, :, self.n_actions :], message.astype(np.int64), SURE, axis=2)
        rows = (n_worlds, 2)
        core = np.stack([symbol, looked], axis=1)[:, None, :].repeat(2, axis=1).astype(np.float32)
        return Decision(
            action, message, np.zeros(rows, np.float32), logits, np.zeros(rows, np.float32), {"core": core},
            Memory(symbol, looked),
        )  # fmt: skip

    def names(self, observation: Observation) -> NDArray[np.int64]:
        """The symbol (W,) of the crystal's corner, 0 where the scout sees none."""
        entities = observation.entities[:, SCOUT].astype(np.int64)
        is_crystal = entities[:, :, Entity.KIND] == Cell.CRYSTAL_GREEN
        seen = np.take_along_axis(entities, is_crystal.argmax(axis=1)[:, None, None], axis=1)[:, 0]
        place = observation.vector[:, SCOUT, [Own.ROW, Own.COLUMN]] + seen[:, [Entity.ROW, Entity.COLUMN]]
        site = (place[:, None, :] == self.sites[None]).all(axis=2).argmax(axis=1)
        named: NDArray[np.int64] = np.where(is_crystal.any(axis=1), self.symbols[site], 0)
        return named


def ways(grid: NDArray[np.int64], place: NDArray[np.int64], scouts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first move (H, C) of a shortest way to `place` from every cell, round walls, altars and scouts."""
    closed = grid != Cell.EMPTY
    closed[tuple(scouts.T)] = True
    first = np.full(grid.shape, int(Action.NORTH))
    reached = np.zeros(grid.shape, bool)
    reached[tuple(place)] = True
    queue = deque([tuple(place.tolist())])
    while queue:
        row, column = queue.popleft()
        for way, (south, east) in enumerate(MOVES):
            cell = (row - south, column - east)
            if not closed[cell] and not reached[cell]:
                reached[cell] = True
                first[cell] = int(Action.NORTH) + way
                queue.append(cell)
    return first


def checkpoint(obeys: bool, seed: int = 0, steps: int = 64) -> Checkpoint:
    """A checkpoint of the pair, whose codebook is drawn from `seed`."""
    scenario = room(steps)
    policy: Any = Pair(scenario, obeys, seed)
    return Checkpoint(policy, scenario, {"grounding": "planted"}, "scripted")
