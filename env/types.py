"""The world's types: what a cell holds, what an agent does, and the arrays that are a batch of worlds.

Axis letters: W worlds, A agents, O objects, B bodies, G kin groups, L symbols in a message, K hearing slots, N entities
in view, M maps, S sites, H and C rows and columns of the grid (padded by VIEW cells on every side).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VIEW = 5  # the largest view radius: windows are 11 x 11, grids are padded by this many cells
WINDOW = 2 * VIEW + 1
N_KINDS = 4  # kinds of crystal
LANES = 16  # listeners whose nearest speakers are found side by side
LANE_ROWS = 8  # what is known of each of them
SPEAKER_ROWS = 5  # what is known of each of its nearest speakers
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
    BEACON = 9
    BERRY_ROUND = 10  # four looks: which of them are poisonous is drawn per episode
    BERRY_LONG = 11
    BERRY_STAR = 12
    BERRY_TWIN = 13
    UNSEEN = 255


class Action(IntEnum):
    """What an agent does in a step, beside speaking."""

    STAY = 0
    NORTH = 1
    EAST = 2
    SOUTH = 3
    WEST = 4
    USE = 5
    ATTACK = 6
    SHIELD = 7
    GIVE = 8
    BUILD_WALL = 9
    BUILD_CONVERTER = 10
    BUILD_BEACON = 11
    DISMANTLE = 12
    BOND = 13


class Turn(IntEnum):
    """The verbs in the order in which a step carries them out."""

    STAY = 0  # or toggle the shield
    MOVE = 1
    ATTACK = 2
    USE = 3
    GIVE = 4
    BUILD = 5  # and dismantle
    BOND = 6


class Facing(IntEnum):
    """Where an agent looks; `Action.NORTH + facing` is the move that way."""

    NORTH = 0
    EAST = 1
    SOUTH = 2
    WEST = 3


class Price(IntEnum):
    """The prices of an episode, in joules; what an agent pays is the price times its body's multiplier."""

    MOVE = 0
    USE = 1
    ATTACK = 2
    SHIELD = 3  # for every step that it is up
    TALK = 4  # for every symbol that is not silence
    GIVE = 5
    BUILD = 6  # beside the energy that goes into the thing built
    BOND = 7


class Trait(IntEnum):
    """The columns of what a body is in an episode: limits, then its prices in the order of `Price`."""

    MAX_ENERGY = 0
    CARRY = 1  # units of a kind
    HEARING = 2  # cells, -1: everywhere
    MOVE_COST = 3
    USE_COST = 4
    ATTACK_COST = 5
    SHIELD_COST = 6
    TALK_COST = 7
    GIVE_COST = 8
    BUILD_COST = 9
    BOND_COST = 10


class Number(IntEnum):
    """The columns of an episode's numbers: every one may be drawn anew for every episode."""

    ALTAR_COST = 0
    ALTAR_COOLDOWN = 1
    CONVERTER_COOLDOWN = 2
    DAMAGE = 3  # joules that a hit takes from a shield
    FREEZE = 4  # steps
    ATTACK_RANGE = 5  # cells
    BERRY_GOOD = 6
    BERRY_POISON = 7
    WALL_HP = 8  # 0: nothing breaks a wall
    WALL_ENERGY = 9  # joules embodied in a wall that can break
    CONVERTER_ENERGY = 10
    CONVERTER_HP = 11
    BEACON_ENERGY = 12
    BEACON_HP = 13
    BEACON_REACH = 14  # cells
    RELAY_COST = 15
    GIFT = 16  # joules given by who carries nothing
    BOND_STEPS = 17  # within which two must choose each other
    RESERVOIR = 18
    INFLOW = 19  # joules a step
    TEAM_SIZE = 20


class Stat(IntEnum):
    """The columns of an agent's tally of an episode."""

    GATHERED = 0  # units taken from crystals
    CONVERTED = 1  # units fed to converters
    HEARTS = 2  # uses of the altar
    EATEN = 3  # berries, good and bad
    POISONED = 4
    STOLEN = 5  # units looted
    ROBBED = 6  # units lost to looters
    GAVE = 7  # gifts made, of a unit or of energy
    RECEIVED = 8
    SAID = 9  # symbols that were not silence
    ATTACKS = 10
    HITS = 11  # attacks that met an agent who was no egg
    LOST = 12  # joules lost to attacks
    FROZEN = 13  # times turned to an egg
    BUILT = 14
    DISMANTLED = 15
    BONDED = 16
    MOVED = 17  # cells


class Own(IntEnum):
    """The columns of an observation's vector: the agent's own state and the prices of the episode."""

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
    SHIELD = 11
    FROZEN = 12  # steps left
    BONDED = 13
    MOVE_COST = 14  # from here on the same in every step of an episode
    USE_COST = 15
    ATTACK_COST = 16
    SHIELD_COST = 17
    TALK_COST = 18
    GIVE_COST = 19
    BUILD_COST = 20
    BOND_COST = 21
    DAMAGE = 22
    GREEN_VALUE = 23
    YELLOW_VALUE = 24
    RED_VALUE = 25
    BLUE_VALUE = 26


class Entity(IntEnum):
    """The columns of a row of an observation's entities; a row of zeros is no entity."""

    KIND = 0  # a Cell
    ROW = 1  # offset from the observer
    COLUMN = 2
    KINSHIP = 3  # with an agent, in sixteenths
    FACING = 4
    BODY = 5
    SHIELD = 6
    FROZEN = 7  # steps left, 127 at most


class Slot(IntEnum):
    """The columns of what a hearing slot tells beside the symbols."""

    PRESENT = 0
    KINSHIP = 1  # with the speaker, in sixteenths
    ROW = 2  # offset of the speaker, UNKNOWN where it is neither seen nor given
    COLUMN = 3
    RELAYED = 4  # it came by beacon


class Structure(IntEnum):
    """How an episode's kinship is made."""

    FIXED = 0  # the scenario's own matrix over groups
    TEAMS = 1  # teams, and clans of teams, whose size and shares may be drawn
    RANDOM = 2  # every pair's share is drawn
    RANDOM_SYMMETRIC = 3


class View(NamedTuple):
    """Tables of a window's cells: by cell (row by row), or by rank (nearest first, the observer's own at 0)."""

    offsets: Shorts  # (121, 2) by rank: rows and columns from the observer; the first (2 r + 1)^2 are those of radius r
    rank: Bytes  # (121,) by cell
    nearer: Bytes  # (121,) by rank: rank of the next nearer cell on the line of sight
    reach: Ints  # (121,) by rank: steps in a flat grid
    place: NDArray[np.uint64]  # (121,) by rank: the offsets as bytes 1 and 2 of an entity's row
    veil: Bytes  # (B, 11, 11) 255 where a body's view does not reach, else 0


class World(NamedTuple):
    """W worlds, stepped in place. Energy is counted in joules, as integers."""

    key: NDArray[np.uint64]  # (W,) from (seed, episode): the root of every draw
    episode: Longs  # (W,)
    t: Ints  # (W,) steps since the episode began
    map: Shorts  # (W,) which map of the bank
    numbers: Longs  # (W, len(Number)) drawn for the episode
    value: Ints  # (W, N_KINDS) joules in a unit
    trait: Ints  # (W, B, len(Trait))
    reward: Floats  # (W,) for a use of the altar
    poison: Bytes  # (W,) bit n: berries of look n are poisonous
    grid: Bytes  # (W, H, C) Cell
    occupant: Shorts  # (W, H, C) index of the agent or object on the cell; of a wall its hp, 0 for ever; else -1
    row: Shorts  # (W, A) in grid coordinates
    column: Shorts  # (W, A)
    facing: Bytes  # (W, A) Facing
    last_action: Bytes  # (W, A) Action as carried out
    energy: Ints  # (W, A) joules
    inventory: Shorts  # (W, A, N_KINDS) units
    shield: Bytes  # (W, A) 1: up
    frozen: Shorts  # (W, A) steps left
    courting: Shorts  # (W, A) whom the agent last chose to bond with, -1: nobody
    courted_at: Ints  # (W, A) and when
    partner: Shorts  # (W, A) with whom it is bonded, -1: nobody
    group: Shorts  # (W, A) kin group
    shares: Floats  # (W, G, G) kinship between two members of the groups; an agent's with itself is 1
    seen_shares: NDArray[np.int8]  # (W, G, G) the same as agents observe it: in sixteenths
    message: Bytes  # (W, A, L) emitted in the last step, 0 is silence
    relayed: Bytes  # (W, A) bit n: the beacons of link n carry the message
    air: Bytes  # (W, delay - 1, A, L + 1) messages and relays under way: those of step t in row t % (delay - 1)
    kind: Bytes  # (W, O) Cell; EMPTY: a free place in the list
    object_row: Shorts  # (W, O)
    object_column: Shorts  # (W, O)
    stock: Shorts  # (W, O) units; 0 for what has no stock
    timer: Shorts  # (W, O) steps until ready, regrown or moved
    max_stock: Shorts  # (W, O)
    regrow: Shorts  # (W, O) steps for a unit to regrow, 0: never
    stay: Shorts  # (W, O) steps after which it moves by itself, 0: never
    hp: Shorts  # (W, O) attacks that it stands, 0: any number
    embodied: Ints  # (W, O) joules in the thing itself
    link: Bytes  # (W, O) of a beacon
    n_walls: Ints  # (W,) walls that can break
    reservoir: Longs  # (W,) joules in the ground
    inflow: Longs  # (W,) joules that came from outside since the episode began
    own_reward: Floats  # (W, A) of the last step
    shared_reward: Floats  # (W, A) after sharing by kinship
    stats: Ints  # (W, A, len(Stat)) since the episode began
    terminated: Bools  # (W,) the episode ended by the world's rules
    truncated: Bools  # (W,) the episode's time is over


class Rules(NamedTuple):
    """What is the same in all worlds and episodes of a scenario, as kernels want it."""

    n_steps: int
    grids: Bytes  # (M, H, C) walls alone: WALL, EMPTY, UNSEEN outside
    sites: Shorts  # (M, S, 2) grid coordinates where crystals and berries may appear
    n_sites: Shorts  # (M,)
    object_row: Shorts  # (M, O) -1: drawn among the sites
    object_column: Shorts  # (M, O)
    start_row: Shorts  # (M, A) -1: drawn among the free cells
    start_column: Shorts  # (M, A)
    number: Longs  # (2, len(Number)) least and most
    value: Ints  # (2, N_KINDS)
    trait: Ints  # (2, B, len(Trait)) least and most; prices before their multipliers
    multiplier: NDArray[np.float64]  # (B, len(Price))
    start_energy: Ints  # (2, B)
    reward: NDArray[np.float64]  # (2,)
    n_looks: int  # of berries
    n_poisonous: int  # looks
    kind: Bytes  # (O,) Cell at the beginning; EMPTY: a place for what agents build
    max_stock: Shorts  # (2, O)
    regrow: Shorts  # (2, O)
    stay: Shorts  # (2, O)
    link: Bytes  # (O,)
    moves: Bools  # (O,) appears at another site when it is used up
    allowed: Bools  # (len(Cell) - 1, M, S) by Cell: whether such a thing may stand at the site
    yields_energy: bool
    bump: bool  # moving against a thing uses it
    recipes: Shorts  # (R, N_KINDS) units a converter takes
    body: Bytes  # (A,) of each agent
    sight: Shorts  # (B,) view radius in cells
    may: Bools  # (B, n_actions)
    carrying: float  # chance that a scattered agent begins with what a crystal yields
    structure: int  # Structure
    group: Shorts  # (A,) of a FIXED structure
    shares: Floats  # (G, G) of a FIXED structure
    share: NDArray[np.float64]  # (2,) within a team, or of a random pair
    clan: int  # teams in a clan, 0: no clans
    clan_share: NDArray[np.float64]  # (2,)
    bond_share: float
    normalise: bool  # what is handed out equals what was earned
    kinship_hidden: bool
    kinship_noise: int  # sixteenths by which an observed kinship may be off
    tell_position: bool
    tell_direction: bool
    walls_block_sight: bool
    walls_block_sound: bool
    noise: float  # chance that a symbol is heard as another
    n_symbols: int
    end_hearts: int  # uses of the altar that end an episode, 0: none
    end_exhausted: bool  # an episode ends when nobody has any energy
    seen_bond: int  # bond_share in sixteenths
    has_beacons: bool  # or bodies that build them
    scatter: float  # chance that agents who can walk begin anywhere
    eye: View


class Scratch(NamedTuple):
    """Room that a thread works in; nothing in it outlives a step."""

    order: Shorts  # (A,) agents in the order of this step
    queue: Shorts  # (len(Turn), A) the same by verb
    n_queued: Longs  # (len(Turn),) agents in each queue
    looks: Longs  # (H * C,) where things stand, how they look: an entity's row, with the kin group for an offset
    card: Longs  # (A,) of an agent: row, column and kin group in two bytes each, first symbol heard, view radius
    ranks: Bytes  # (LANES, N_RANKS) ranks of the things in some windows, nearest first
    n_things: Longs  # (LANES,) how many they are
    seen: NDArray[np.uint64]  # (A, 2) ranks that an agent sees, as 128 bits, where walls block sight
    veil: Bytes  # (WINDOW * WINDOW,) the same of one agent as bytes: 255 where it does not
    chosen: Shorts  # (A,) agents to be sorted
    first_listener: Ints  # (tiles + 1,) where the agents of a tile begin in `listeners`
    listeners: Shorts  # (A,) by tile
    first_speaker: Ints  # (tiles + 1,)
    speakers: Shorts  # (A,) those who are not silent, by tile
    lanes: Ints  # (LANE_ROWS + SPEAKER_ROWS * K, LANES) listeners side by side, and the speakers nearest to each
    reached: Bytes  # (A,) bit n: an agent stands within the reach of a beacon of link n


class Observation(NamedTuple):
    """What A agents in W worlds observe: views on buffers that every step fills anew."""

    window: Bytes  # (W, A, 11, 11) Cell, UNSEEN beyond the body's view
    entities: NDArray[np.int8]  # (W, A, N, len(Entity)) nearest first
    vector: Shorts  # (W, A, len(Own))
    heard: Bytes  # (W, A, K, L) symbols, nearest speaker first
    slots: NDArray[np.int8]  # (W, A, K, len(Slot))
    speaker: Shorts  # (W, A, K) who spoke, -1 for nobody: for recordings, hidden from policies
