"""Scenarios: what a world is made of, as validated models with a unit and a sentence for every field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commlab.env.types import N_KINDS, VIEW, Action

Kind = Literal["green", "yellow", "red", "blue"]
ActionName = Literal["stay", "north", "east", "south", "west", "use"]
ALL_ACTIONS: tuple[ActionName, ...] = ("stay", "north", "east", "south", "west", "use")
KINDS: tuple[Kind, ...] = ("green", "yellow", "red", "blue")

Joules = Annotated[int, Field(ge=0, le=30_000)]
Steps = Annotated[int, Field(ge=0, le=30_000)]
Recipe = Annotated[dict[Kind, Annotated[int, Field(ge=1, le=100)]], Field(min_length=1)]


class Model(BaseModel):
    """A part of a scenario: unknown fields are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Crystal(Model):
    """Crystals of one kind that stand at sites drawn for them."""

    kind: Kind = Field("green", description="Colour of the crystals.")
    count: int = Field(1, ge=1, le=1000, description="How many there are.")
    stock: int = Field(30, ge=1, le=30_000, description="Units in a full crystal.")
    regrow: Steps = Field(5, description="Steps for a unit to regrow from the ground's energy; 0: never.")
    moves: bool = Field(False, description="Whether it appears, full, at another site when it is used up.")
    stay: Steps = Field(0, description="Steps after which it moves to another site by itself; 0: never.")


class Altar(Model):
    """The heart altar: the only source of reward."""

    cost: Joules = Field(100, description="Joules burnt by a use.")
    reward: float = Field(1.0, ge=0, le=1000, description="Reward for a use.")
    cooldown: Steps = Field(2, description="Steps until it can be used again.")


class Converter(Model):
    """Converters turn a recipe of crystal units into the energy they hold."""

    recipes: tuple[Recipe, ...] = Field(
        ({"green": 1, "yellow": 1},), description="Units that one use takes, by kind; the first that can be filled."
    )
    cooldown: Steps = Field(2, description="Steps until it can be used again.")


class Body(Model):
    """A body: what an agent can perceive, do, carry and pay."""

    view: int = Field(VIEW, ge=0, le=VIEW, description="View radius in cells (a square; 0: blind).")
    hearing: int | Literal["everywhere"] = Field(
        "everywhere", description="Hearing radius in cells, 0 to 362, or 'everywhere'."
    )
    actions: tuple[ActionName, ...] = Field(ALL_ACTIONS, description="What it can do; staying is always possible.")
    carry: int = Field(5, ge=0, le=1000, description="Units of a kind that it can carry.")
    max_energy: Joules = Field(250, description="Joules it can hold.")
    start_energy: Joules = Field(250, description="Joules it begins with.")
    move_cost: Joules = Field(0, description="Joules for a move.")
    use_cost: Joules = Field(0, description="Joules for a use, beside the object's own price.")
    talk_cost: Joules = Field(0, description="Joules for a symbol that is not silence.")

    @model_validator(mode="after")
    def _check(self) -> Body:
        if self.start_energy > self.max_energy:
            raise ValueError(
                f"start_energy of {self.start_energy} J is above max_energy, {self.max_energy} J; lower it"
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

    structure: Literal["selfish", "cooperative", "teams", "families", "matrix"] = "cooperative"
    share: float = Field(1.0, ge=-1, le=1, description="teams: K within a team; cooperative: K between all.")
    size: int = Field(2, ge=1, le=1024, description="teams: agents in a team, in the order of the list.")
    pedigree: tuple[tuple[int, int] | None, ...] | None = Field(
        None, description="families: the two parents of each agent (or null), parents before children."
    )
    matrix: tuple[tuple[float, ...], ...] | None = Field(None, description="matrix: K itself, its diagonal all ones.")
    normalise: bool = Field(False, description="Whether what is handed out equals what was earned.")


class Channel(Model):
    """The signaling channel: one message of one symbol an agent a step, heard in the next step."""

    vocabulary: int = Field(16, ge=2, le=256, description="Symbols, silence (0) included.")
    slots: int = Field(1, ge=1, le=64, description="Speakers that a listener can hear in a step.")
    direction: bool = Field(False, description="Whether the speaker's place is given where it is not seen.")


class Observing(Model):
    """What agents are given beside their window."""

    entities: int = Field(8, ge=1, le=120, description="Nearest agents and objects in view that are listed.")
    own_position: bool = Field(True, description="Whether an agent knows its own place on the map.")


class Start(Model):
    """How episodes begin."""

    scatter: float = Field(0.0, ge=0, le=1, description="Chance that agents who can walk begin anywhere.")
    carrying: float = Field(0.5, ge=0, le=1, description="Chance that a scattered agent begins with a unit to deliver.")


class Scenario(Model):
    """A world's design. Energy in joules, time in steps, distance in cells."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="Name, as the command line has it.")
    title: str = Field(min_length=1, description="One line.")
    about: str = Field(min_length=1, description="A paragraph: what the scenario is for.")
    steps: int = Field(64, ge=1, le=100_000, description="Steps in an episode.")
    map: str = Field(description="The map: # wall, . empty, o site, A altar, C converter, any other sign a start mark.")
    crystals: tuple[Crystal, ...] = ()
    values: dict[Kind, Joules] = Field({"green": 100, "yellow": 100}, description="Joules in a unit, by kind.")
    yields: Literal["inventory", "energy"] = Field("inventory", description="What taking a unit gives.")
    bump: bool = Field(False, description="Whether moving against a thing uses it.")
    altar: Altar = Altar()
    converter: Converter = Converter()
    bodies: dict[str, Body] = Field(min_length=1)
    agents: tuple[Agents, ...] = Field(min_length=1)
    kinship: Kinship = Kinship()
    channel: Channel = Channel()
    observation: Observing = Observing()
    start: Start = Start()
    reservoir: int = Field(1000, ge=0, le=10**12, description="Joules in the ground when an episode begins.")

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

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        for name in self.agent_bodies:
            if name not in self.bodies:
                raise ValueError(f"agents: there is no body {name!r} in bodies; name one of {', '.join(self.bodies)}")
        if self.n_agents > 1024:
            raise ValueError(f"agents: {self.n_agents} agents are too many; a world holds at most 1024")
        if len(self.bodies) > 127:
            raise ValueError(f"bodies: {len(self.bodies)} bodies are too many; at most 127 can be told apart")
        for crystal in self.crystals:
            if self.values.get(crystal.kind, 0) < 1:
                raise ValueError(f"values: {crystal.kind} crystals hold no energy; give {crystal.kind} at least 1 J")
        return self


def action_number(name: ActionName) -> int:
    """Return the code of the action called `name`."""
    return int(Action[name.upper()])


assert len(KINDS) == N_KINDS
