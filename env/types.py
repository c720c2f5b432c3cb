"""The world's types: what a cell holds, what an agent does, and the arrays that are a batch of worlds.

Axis letters: W worlds, A agents, O objects, B bodies, L symbols in a message, K hearing slots, N entities in view,
H and C rows and columns of the grid (padded by VIEW cells on every side).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VIEW = 5  # the largest view radius: windows are 11 x 11, grids are padded by this many cells
WINDOW = 2 * VIEW + 1
N_KINDS = 4  # kinds of crystal
KINSHIP_STEPS = 16  # observed kinship is in sixteenths
UNKNOWN = 127  # an offset that the listener cannot know

Bytes = NDArray[np.uint8]
Shorts = NDArray[np.int16]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Cell(IntEnum):
    """What a cell holds; one byte in the grid and in every window."""

    EMPTY = 0
    WALL = 1
    ALTAR = 2
    CONVERTER = 3
    CRYSTAL_GREEN = 4
    CRYSTAL_YELLOW = 5
    CRYSTAL_RED = 6
    CRYSTAL_BLUE = 7
    AGENT = 8
    UNSEEN = 255


class Action(IntEnum):
    """What an agent does in a step, beside speaking."""

    STAY = 0
    NORTH = 1
    EAST = 2
    SOUTH = 3
    WEST = 4
    USE = 5


class Facing(IntEnum):
    """Where an agent looks; `Action.NORTH + facing` is the move that way."""

    NORTH = 0
    EAST = 1
    SOUTH = 2
    WEST = 3


class Own(IntEnum):
    """The columns of an observation's vector: the agent's own state and the prices."""

    BODY = 0
    FACING = 1
    LAST_ACTION = 2
    ENERGY = 3
    ROW = 4  # -1 where the scenario hides it
    COLUMN = 5
    GREEN = 6
    YELLOW = 7
    RED = 8
    BLUE = 9
    ALTAR_COST = 10


class Entity(IntEnum):
    """The columns of a row of an observation's entities; a row of zeros is no entity."""

    KIND = 0  # a Cell
    ROW = 1  # offset from the observer
    COLUMN = 2
    KINSHIP = 3  # with an agent, in sixteenths
    FACING = 4
    BODY = 5


class Slot(IntEnum):
    """The columns of what a hearing slot tells beside the symbols."""

    PRESENT = 0
    KINSHIP = 1  # with the speaker, in sixteenths
    ROW = 2  # offset of the speaker, UNKNOWN where it is neither seen nor given
    COLUMN = 3


class World(NamedTuple):
    """W worlds, stepped in place. Energy is counted in joules, as integers."""

    key: NDArray[np.uint64]  # (W,) from (seed, episode): the root of every draw
    episode: Longs  # (W,)
    t: Ints  # (W,) steps since the episode began
    grid: Bytes  # (W, H, C) Cell
    occupant: Shorts  # (W, H, C) index of the agent or object on the cell, by its code
    row: Shorts  # (W, A) in grid coordinates
    column: Shorts  # (W, A)
    facing: Bytes  # (W, A) Facing
    last_action: Bytes  # (W, A) Action as carried out
    energy: Ints  # (W, A) joules
    inventory: Shorts  # (W, A, N_KINDS) units
    message: Bytes  # (W, A, L) in flight: emitted in the last step, 0 is silence
    kind: Bytes  # (W, O) Cell
    object_row: Shorts  # (W, O)
    object_column: Shorts  # (W, O)
    stock: Shorts  # (W, O) units; 0 for what has no stock
    timer: Shorts  # (W, O) steps until ready, regrown or moved
    reservoir: Longs  # (W,) joules in the ground
    kinship: Floats  # (W, A, A)
    own_reward: Floats  # (W, A) of the last step
    shared_reward: Floats  # (W, A) after sharing by kinship
    truncated: Bools  # (W,) the episode's time is over


class Rules(NamedTuple):
    """What is the same in all worlds and episodes of a scenario, as kernels want it."""

    n_steps: int
    start_grid: Bytes  # (H, C) walls alone
    start_kind: Bytes  # (O,)
    start_object_row: Shorts  # (O,) -1: drawn among the sites
    start_object_column: Shorts  # (O,)
    sites: Shorts  # (S, 2) grid coordinates where crystals may appear
    max_stock: Shorts  # (O,)
    moves: Bools  # (O,) appears at another site when it is used up
    stay: Shorts  # (O,) steps after which it moves by itself, 0: never
    regrow: Shorts  # (O,) steps for a unit to regrow, 0: never
    value: Ints  # (N_KINDS,) joules in a unit
    yields_energy: bool
    bump: bool  # moving against a thing uses it
    altar_cost: int
    altar_reward: float
    altar_cooldown: int
    recipes: Shorts  # (R, N_KINDS) units a converter takes
    converter_cooldown: int
    body: Bytes  # (A,) of each agent
    start_row: Shorts  # (A,) -1: drawn among the free cells
    start_column: Shorts  # (A,)
    sight: Shorts  # (B,) view radius in cells
    hearing: Shorts  # (B,) cells, -1: everywhere
    may: Bools  # (B, n_actions)
    start_energy: Ints  # (B,)
    max_energy: Ints  # (B,)
    carry: Shorts  # (B,) units of a kind
    move_cost: Ints  # (B,)
    use_cost: Ints  # (B,)
    talk_cost: Ints  # (B,) a symbol
    carrying: float  # chance that a scattered agent begins with what a crystal yields
    kinship: Floats  # (A, A)
    normalise: bool  # what is handed out equals what was earned
    reservoir: int
    tell_position: bool
    tell_direction: bool
    offsets: NDArray[np.int16]  # (WINDOW * WINDOW, 2) nearest first: a prefix of (2 r + 1)^2 covers radius r


class Observation(NamedTuple):
    """What A agents in W worlds observe: views on buffers that every step fills anew."""

    window: Bytes  # (W, A, 11, 11) Cell, UNSEEN beyond the body's view
    entities: NDArray[np.int8]  # (W, A, N, len(Entity)) nearest first
    vector: Shorts  # (W, A, len(Own))
    heard: Bytes  # (W, A, K, L) symbols, nearest speaker first
    slots: NDArray[np.int8]  # (W, A, K, len(Slot))
    speaker: Shorts  # (W, A, K) who spoke, -1 for nobody: for recordings, hidden from policies
