"""Scenarios: what a world is made of, as validated models with a unit and a sentence for every field.

An amount is a number, or a range [low, high] from which every episode draws anew.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commlab.env.amounts import Joules, Limits, Real, Share, Steps, Units, Whole, always
from commlab.env.types import N_KINDS, VIEW, Action

Kind = Literal["green", "yellow", "red", "blue"]
ActionName = Literal[
    "stay", "north", "east", "south", "west", "use", "attack", "shield", "give",
    "build_wall", "build_converter", "build_beacon", "dismantle", "bond",
]  # fmt: skip
PriceName = Literal["move", "use", "attack", "shield", "talk", "give", "build", "bond"]
BASIC_ACTIONS: tuple[ActionName, ...] = ("stay", "north", "east", "south", "west", "use")
KINDS: tuple[Kind, ...] = ("green", "yellow", "red", "blue")

Recipe = Annotated[dict[Kind, Annotated[int, Field(ge=1, le=100)]], Field(min_length=1)]
Hp = Annotated[Whole, Limits(Whole, 0, 1000)]
Cells = Annotated[Whole, Limits(Whole, 0, 362)]
Place = tuple[Annotated[int, Field(ge=0, le=255)], Annotated[int, Field(ge=0, le=255)]]


class Model(BaseModel):
    """A part of a scenario: unknown fields are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Layout(Model):
    """Maps made from a seed instead of drawn: walls, and the places of what stands on them."""

    kind: Literal["room", "rooms", "caves"] = Field(
        "room", description="One room, a grid of rooms with doors, or caves."
    )
    height: int = Field(20, ge=5, le=256, description="Rows of cells, the border included.")
    width: int = Field(20, ge=5, le=256, description="Columns of cells, the border included.")
    rooms: tuple[Annotated[int, Field(ge=1, le=32)], Annotated[int, Field(ge=1, le=32)]] = Field(
        (2, 2), description="rooms: how many below and beside each other."
    )
    walls: float = Field(0.3, ge=0, le=0.6, description="caves: share of the cells that begin as wall.")
    altars: int = Field(1, ge=0, le=1000, description="Altars on the map.")
    converters: int = Field(0, ge=0, le=1000, description="Converters on the map.")
    beacons: int = Field(0, ge=0, le=1000, description="Beacons on the map.")
    sites: int = Field(8, ge=0, le=10_000, description="Sites on the map.")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of the first map.")
    variety: int = Field(1, ge=1, le=256, description="Maps that are made; every episode is on one of them.")


class Crystal(Model):
    """Crystals of one kind that stand at sites drawn for them."""

    kind: Kind = Field("green", description="Colour of the crystals.")
    count: int = Field(1, ge=1, le=10_000, description="How many there are.")
    stock: Annotated[Whole, Limits(Whole, 1, 30_000)] = Field(always(30), description="Units in a full crystal.")
    regrow: Steps = Field(always(5), description="Steps for a unit to regrow from the ground's energy; 0: never.")
    moves: bool = Field(False, description="Whether it appears, full, at another site when it is used up.")
    stay: Steps = Field(always(0), description="Steps after which it moves to another site by itself; 0: never.")


class Berries(Model):
    """Berries of several looks at sites; which looks are poisonous is drawn per episode."""

    count: int = Field(1, ge=1, le=10_000, description="How many there are; their looks take turns.")
    looks: int = Field(2, ge=1, le=4, description="Looks that they come in.")
    poisonous: int = Field(1, ge=0, le=4, description="How many of the looks are poisonous.")
    good: Joules = Field(always(20), description="Joules that a good berry gives, as far as the ground has them.")
    poison: Joules = Field(always(20), description="Joules that a poisonous berry takes, as far as the eater has them.")
    regrow: Steps = Field(always(10), description="Steps until an eaten berry appears at another site.")

    @model_validator(mode="after")
    def _check(self) -> Berries:
        if self.poisonous > self.looks:
            raise ValueError(f"{self.poisonous} of {self.looks} looks cannot be poisonous; lower poisonous")
        return self


class Altar(Model):
    """The heart altar: the only source of reward."""

    cost: Joules = Field(always(100), description="Joules burnt by a use.")
    reward: Annotated[Real, Limits(Real, 0, 1000)] = Field(Real(1.0, 1.0), description="Reward for a use.")
    cooldown: Steps = Field(always(2), description="Steps until it can be used again.")


class Converter(Model):
    """Converters turn a recipe of crystal units into the energy they hold."""

    recipes: tuple[Recipe, ...] = Field(
        ({"green": 1, "yellow": 1},), description="Units that one use takes, by kind; the first that can be filled."
    )
    cooldown: Steps = Field(always(2), description="Steps until it can be used again.")
    energy: Joules = Field(always(50), description="Joules embodied in one.")
    hp: Hp = Field(always(0), description="Attacks that one stands; 0: any number.")


class Wall(Model):
    """Walls within the map; its border never breaks."""

    energy: Joules = Field(always(20), description="Joules embodied in one that can break.")
    hp: Hp = Field(always(10), description="Attacks that one stands; 0: any number.")


class Beacon(Model):
    """Beacons carry messages between all beacons of a link."""

    reach: Cells = Field(always(3), description="Cells within which they take messages up and are heard.")
    cost: Joules = Field(always(0), description="Joules that a speaker pays for a message that they carry.")
    energy: Joules = Field(always(50), description="Joules embodied in one.")
    hp: Hp = Field(always(10), description="Attacks that one stands; 0: any number.")
    links: tuple[Annotated[int, Field(ge=0, le=7)], ...] = Field(
        (), description="Link of each beacon of the map, in reading order; those not listed have link 0."
    )


class Prices(Model):
    """What an action costs; a body's multiplier makes it dearer or cheaper."""

    move: Joules = Field(always(0), description="Joules for a move.")
    use: Joules = Field(always(0), description="Joules for a use, beside the object's own price.")
    attack: Joules = Field(always(5), description="Joules for an attack.")
    shield: Joules = Field(always(1), description="Joules for every step that a shield is up.")
    talk: Joules = Field(always(0), description="Joules for a symbol that is not silence.")
    give: Joules = Field(always(0), description="Joules for giving, beside the gift.")
    build: Joules = Field(always(0), description="Joules for building or dismantling, beside what the thing embodies.")
    bond: Joules = Field(always(0), description="Joules for choosing to bond.")


class Combat(Model):
    """What an attack does."""

    damage: Joules = Field(always(5), description="Joules that a hit takes from whom a shield protects.")
    freeze: Steps = Field(always(10), description="Steps that an egg stays frozen.")
    range: Annotated[Whole, Limits(Whole, 1, VIEW)] = Field(
        always(3), description="Cells ahead that an attack reaches."
    )


class Building(Model):
    """What agents can add to the map."""

    limit: int = Field(
        16, ge=0, le=10_000, description="Converters and beacons that agents can add; walls are free of it."
    )


class Body(Model):
    """A body: what an agent can perceive, do, carry and pay."""

    view: int = Field(VIEW, ge=0, le=VIEW, description="View radius in cells (a square; 0: blind).")
    hearing: int | Literal["everywhere"] = Field(
        "everywhere", description="Hearing radius in cells, 0 to 362, or 'everywhere'."
    )
    actions: tuple[ActionName, ...] = Field(BASIC_ACTIONS, description="What it can do; staying is always possible.")
    carry: Units = Field(always(5), description="Units of a kind that it can carry.")
    max_energy: Joules = Field(always(250), description="Joules it can hold.")
    start_energy: Joules = Field(always(250), description="Joules it begins with.")
    costs: dict[PriceName, Annotated[float, Field(ge=0, le=100)]] = Field(
        {}, description="Multipliers of the prices, by name; 1 where none is given."
    )

    @model_validator(mode="after")
    def _check(self) -> Body:
        if self.start_energy.high > self.max_energy.low:
            raise ValueError(
                f"start_energy of {self.start_energy} J can be above max_energy, {self.max_energy} J; lower it"
            )
        if self.hearing != "everywhere" and not 0 <= self.hearing <= 362:
            raise ValueError(f"hearing is a radius of 0 to 362 cells or 'everywhere', not {self.hearing}")
        return self


class Agents(Model):
    """One or more agents of a body and a family."""

    body: str = Field(description="Name of a body of this scenario.")
    count: int = Field(1, ge=1, le=1024, description="How many.")
    family: int = Field(0, ge=0, le=1023, description="Number of their family.")
    start: str | None = Field(None, min_length=1, max_length=1, description="Mark on the map; none: anywhere free.")


class Kinship(Model):
    """Who is rewarded for whom: K[i, j] is the share of j's reward that i receives."""

    structure: Literal["selfish", "cooperative", "teams", "clans", "families", "hive", "random", "matrix"] = (
        "cooperative"
    )
    share: Share = Field(
        Real(1.0, 1.0),
        description="K within a team, between all (cooperative), with the queen (hive), of a pair (random: a range).",
    )
    size: Annotated[Whole, Limits(Whole, 1, 1024)] = Field(
        always(2), description="teams, clans: agents in a team, in the order of the list."
    )
    clan: int = Field(2, ge=1, le=1024, description="clans: teams in a clan.")
    clan_share: Share = Field(Real(0.25, 0.25), description="clans: K between the teams of a clan.")
    queen: str | None = Field(None, description="hive: the body for which everyone lives.")
    symmetric: bool = Field(True, description="random: whether K[i, j] is K[j, i].")
    pedigree: tuple[tuple[int, int] | None, ...] | None = Field(
        None,
        description="families: the two parents of each agent (or null), parents before children; a shorter list is "
        "repeated for one family after another.",
    )
    matrix: tuple[tuple[float, ...], ...] | None = Field(None, description="matrix: K itself, its diagonal all ones.")
    normalise: bool = Field(False, description="Whether what is handed out equals what was earned.")
    hidden: bool = Field(False, description="Whether kinship is observed as 0 of everyone.")
    noise: float = Field(
        0.0, ge=0, le=1, description="Most by which the observed kinship of a pair is off in an episode."
    )
    bond_share: float = Field(0.5, ge=0, le=1, description="K that a bond raises a pair to.")
    bond_steps: Annotated[Whole, Limits(Whole, 1, 30_000)] = Field(
        always(3), description="Steps within which two must choose each other to bond."
    )


class Channel(Model):
    """The signaling channel: one message an agent a step, heard later by those in range, nearest speakers first."""

    length: int = Field(1, ge=1, le=8, description="Symbols in a message.")
    vocabulary: int = Field(16, ge=2, le=256, description="Symbols, silence (0) included.")
    slots: int = Field(1, ge=1, le=64, description="Speakers that a listener can hear in a step.")
    direction: bool = Field(False, description="Whether the speaker's place is given where it is not seen.")
    delay: int = Field(1, ge=1, le=64, description="Steps from speaking to hearing.")
    noise: float = Field(
        0.0, ge=0, le=1, description="Chance that a symbol that is no silence is heard as a random one."
    )
    walls: bool = Field(False, description="Whether walls between speaker and listener keep messages out.")


class Observing(Model):
    """What agents are given beside their window."""

    entities: int = Field(8, ge=1, le=120, description="Nearest agents and objects in view that are listed.")
    own_position: bool = Field(True, description="Whether an agent knows its own place on the map.")
    walls_block: bool = Field(False, description="Whether walls hide what is behind them.")


class Start(Model):
    """How episodes begin."""

    scatter: float = Field(0.0, ge=0, le=1, description="Chance that agents who can walk begin anywhere.")
    carrying: float = Field(0.5, ge=0, le=1, description="Chance that a scattered agent begins with a unit to deliver.")


class End(Model):
    """What ends an episode before its time."""

    hearts: int = Field(0, ge=0, le=1_000_000, description="Uses of altars, of all agents together; 0: no such end.")
    exhausted: bool = Field(False, description="Whether it ends when nobody has any energy or carries anything.")


class Combination(Model):
    """A kind of crystal at a site."""

    kind: Kind
    site: Place = Field(description="Row and column on the map.")


class HeldOut(Model):
    """What is kept for tests of generalisation: sites, and kinds of crystal at sites."""

    sites: tuple[Place, ...] = Field(
        (), description="Sites (row and column on the map) at which nothing is in training."
    )
    combinations: tuple[Combination, ...] = Field(
        (), description="Kinds of crystal that a site does not have in training."
    )
    use: Literal["all", "train", "test"] = Field(
        "all", description="all: nothing is kept out; train: without what is held out; test: only what is held out."
    )


class Scenario(Model):
    """A world's design. Energy in joules, time in steps, distance in cells."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="Name, as the command line has it.")
    title: str = Field(min_length=1, description="One line.")
    about: str = Field(min_length=1, description="A paragraph: what the scenario is for.")
    version: int = Field(0, ge=0, description="Number that goes up when the same name comes to mean another world.")
    steps: int = Field(64, ge=1, le=100_000, description="Steps in an episode.")
    map: str | None = Field(
        None,
        description="The map: # wall, . empty, o site, A altar, C converter, B beacon, any other sign a start mark.",
    )
    layout: Layout | None = Field(None, description="How maps are made, where none is drawn.")
    crystals: tuple[Crystal, ...] = ()
    berries: Berries | None = None
    values: dict[Kind, Joules] = Field(
        {"green": always(100), "yellow": always(100)}, description="Joules in a unit, by kind."
    )
    yields: Literal["inventory", "energy"] = Field("inventory", description="What taking a unit gives.")
    bump: bool = Field(False, description="Whether moving against a thing uses it.")
    altar: Altar = Altar()
    converter: Converter = Converter()
    wall: Wall = Wall()
    beacon: Beacon = Beacon()
    prices: Prices = Prices()
    combat: Combat = Combat()
    gift: Joules = Field(always(10), description="Joules that an agent with nothing to carry gives.")
    building: Building = Building()
    bodies: dict[str, Body] = Field(min_length=1)
    agents: tuple[Agents, ...] = Field(min_length=1)
    kinship: Kinship = Kinship()
    channel: Channel = Channel()
    observation: Observing = Observing()
    start: Start = Start()
    end: End = End()
    held_out: HeldOut = HeldOut()
    reservoir: Annotated[Whole, Limits(Whole, 0, 10**12)] = Field(
        always(1000), description="Joules in the ground when an episode begins."
    )
    inflow: Joules = Field(always(0), description="Joules that come to the ground from outside, a step.")

    @property
    def body_names(self) -> tuple[str, ...]:
        """Names of the bodies, in the order of their codes."""
        return tuple(self.bodies)

    @property
    def agent_bodies(self) -> tuple[str, ...]:
        """The body of every agent."""
        return tuple(group.body for group in self.agents for _ in range(group.count))

    @property
    def families(self) -> tuple[int, ...]:
        """The family of every agent."""
        return tuple(group.family for group in self.agents for _ in range(group.count))

    @property
    def n_agents(self) -> int:
        """Agents in a world."""
        return len(self.agent_bodies)

    @property
    def n_actions(self) -> int:
        """Actions that policies choose from: the basic six, and on to the last that any body has."""
        named = (action_number(name) for body in self.bodies.values() for name in body.actions)
        return max([len(BASIC_ACTIONS), *(1 + number for number in named)])

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        if (self.map is None) == (self.layout is None):
            raise ValueError("map: a scenario has either a map or a layout; give one of the two")
        for name in self.agent_bodies:
            if name not in self.bodies:
                near = get_close_matches(name, self.bodies, 1)
                hint = f"did you mean {near[0]!r}? Name" if near else "name"
                raise ValueError(f"agents: there is no body {name!r} in bodies; {hint} one of {', '.join(self.bodies)}")
        if self.n_agents > 1024:
            raise ValueError(f"agents: {self.n_agents} agents are too many; a world holds at most 1024")
        if len(self.bodies) > 127:
            raise ValueError(f"bodies: {len(self.bodies)} bodies are too many; at most 127 can be told apart")
        for crystal in self.crystals:
            if crystal.kind not in self.values or self.values[crystal.kind].low < 1:
                raise ValueError(f"values: {crystal.kind} crystals hold no energy; give {crystal.kind} at least 1 J")
        return self


def action_number(name: ActionName) -> int:
    """Return the code of the action called `name`."""
    return int(Action[name.upper()])


assert len(KINDS) == N_KINDS
