"""What the reference world is made of, and what every rule does: paying, feeding, standing."""

from collections import Counter
from dataclasses import dataclass, field

from commlab.env.scenario import Body, Scenario

Place = tuple[int, int]
KINDS = ("green", "yellow", "red", "blue")
ACTIONS = (
    "stay", "north", "east", "south", "west", "use", "attack", "shield", "give",
    "build_wall", "build_converter", "build_beacon", "dismantle", "bond",
)  # fmt: skip
WALKING = ACTIONS[1:5]
AHEAD = ((-1, 0), (0, 1), (1, 0), (0, -1))  # by facing: north, east, south, west
EMPTY, WALL, ALTAR, CONVERTER, CRYSTAL, AGENT, BEACON, BERRY, UNSEEN = 0, 1, 2, 3, 4, 8, 9, 10, 255
STATS = (
    "gathered", "converted", "hearts", "eaten", "poisoned", "stolen", "robbed", "gave", "received", "said",
    "attacks", "hits", "lost", "frozen", "built", "dismantled", "bonded", "moved",
)  # fmt: skip
EVENTS = (  # what seldom happens, noted so that tests can tell whether it was tried
    "able to do nothing such", "altar not ready", "altar too dear", "attack on air", "attack on the border",
    "attack on what never breaks", "blocked by a wall", "bond broken by another", "bonded again", "broken object",
    "broken wall", "bump into use", "carried from the start", "converter not ready", "courting a frozen agent",
    "courting too old", "crystal moved on", "crystal regrew", "dismantled object", "dismantled wall",
    "egg spared", "energy to the ground", "exhausted", "first action void", "gift of a unit", "gift of energy",
    "gift refused", "good berry", "ground too poor", "heard by beacon", "heard wrongly", "hearts enough",
    "hidden from sight", "in the way of a crystal", "kinship misjudged", "kinship raised by a bond", "late message",
    "loot left behind", "looted", "looted empty", "nearest slots full", "new berry", "no free site", "object list full",
    "poisonous berry", "quiet for want of energy", "recipe filled", "relay unpaid", "relayed", "scattered",
    "shield too weak", "shielded hit", "site far down the list", "site named by a draw", "something in the way",
    "speaker's place given", "stayed for want of energy", "too poor to build", "worn shield",
)  # fmt: skip


@dataclass
class EpisodeBody:
    """A body as it is in an episode."""

    number: int
    spec: Body
    max_energy: int
    carry: int
    prices: dict[str, int]
    start_energy: int


@dataclass
class Agent:
    """An agent of the reference world."""

    body: EpisodeBody
    energy: int
    place: Place = (-1, -1)
    facing: int = 0
    action: str = "stay"
    inventory: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    shield: bool = False
    frozen: int = 0
    struck: bool = False  # turned to an egg in this step
    courting: int | None = None
    courted_at: int = 0
    partner: int | None = None
    own: float = 0.0
    shared: float = 0.0
    stats: Counter[str] = field(default_factory=Counter)

    @property
    def is_egg(self) -> bool:
        """Whether it is frozen now."""
        return self.struck or self.frozen > 0


@dataclass
class Thing:
    """An object of the reference world, or a free place in their list; what is used up is not here."""

    code: int
    place: Place = (-1, -1)
    here: bool = False
    stock: int = 0
    max_stock: int = 0
    regrow: int = 0
    stay: int = 0
    moves: bool = False
    timer: int = 0
    hp: int = 0
    embodied: int = 0
    link: int = 0

    @property
    def kind(self) -> str | None:
        """The colour of a crystal."""
        return KINDS[self.code - CRYSTAL] if CRYSTAL <= self.code < AGENT else None

    @property
    def is_berry(self) -> bool:
        """Whether it is a berry."""
        return BERRY <= self.code < UNSEEN


@dataclass
class Emission:
    """What an agent put into the air in a step, and the links that carry it."""

    symbols: list[int]
    links: set[int]

    @property
    def silent(self) -> bool:
        """Whether nothing was said."""
        return not any(self.symbols)


@dataclass
class World:
    """One episode of a scenario."""

    scenario: Scenario
    key: int
    lines: list[str]  # the map as it is drawn
    map_number: int
    numbers: dict[str, int]
    values: dict[str, int]
    reward: float
    poisonous: set[int]  # looks
    bodies: list[EpisodeBody]
    kinship: list[list[float]]  # K without bonds, rounded to float32
    now: int = 0  # key of the step
    t: int = 0
    cells: dict[Place, tuple[int, int]] = field(default_factory=dict)  # what is not empty: code, and index or hp
    sites: list[Place] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)
    said: list[list[Emission]] = field(default_factory=list)  # by step and agent
    reservoir: int = 0
    inflow: int = 0
    terminated: bool = False
    events: Counter[str] = field(default_factory=Counter)

    def note(self, event: str) -> None:
        """Count what seldom happens."""
        assert event in EVENTS, event
        self.events[event] += 1

    def pay(self, agent: Agent, joules: int) -> bool:
        """Let an agent pay the ground, if it can."""
        if agent.energy < joules:
            return False
        agent.energy -= joules
        self.reservoir += joules
        return True

    def pay_price(self, agent: Agent, price: str) -> bool:
        """Let an agent pay for its action; who cannot stays."""
        if self.pay(agent, agent.body.prices[price]):
            return True
        self.note("stayed for want of energy")
        agent.action = "stay"
        return False

    def feed(self, agent: Agent, joules: int) -> None:
        """Give energy that comes from nowhere else; the ground has what is too much."""
        kept = min(joules, agent.body.max_energy - agent.energy)
        agent.energy += kept
        self.reservoir += joules - kept
        if kept < joules:
            self.note("energy to the ground")

    def ahead(self, agent: Agent, steps: int = 1) -> Place:
        """The cell that an agent faces, or one further on."""
        rows, columns = AHEAD[agent.facing]
        return agent.place[0] + steps * rows, agent.place[1] + steps * columns

    def faced(self, agent: Agent) -> tuple[int, int]:
        """Code and index of what an agent faces."""
        return self.cells.get(self.ahead(agent), (EMPTY, -1))

    def put_agent(self, i: int, place: Place) -> None:
        """Put an agent on a cell."""
        self.agents[i].place = place
        self.cells[place] = (AGENT, i)

    def show(self, o: int, place: Place) -> None:
        """Put an object on a cell."""
        self.things[o].place, self.things[o].here = place, True
        self.cells[place] = (self.things[o].code, o)

    def hide(self, o: int) -> None:
        """Take an object off the map."""
        self.things[o].here = False
        del self.cells[self.things[o].place]

    def wall_energy(self) -> int:
        """What a wall embodies: nothing, if it cannot break."""
        return self.numbers["wall_energy"] if self.numbers["wall_hp"] > 0 else 0

    def within_beacons(self, place: Place) -> set[int]:
        """The links of the beacons within whose reach a place lies."""
        reach = self.numbers["beacon_reach"]
        return {thing.link for thing in self.things if thing.code == BEACON and squared(place, thing.place) <= reach**2}


def squared(a: Place, b: Place) -> int:
    """The square of the straight distance."""
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def king(rows: int, columns: int) -> int:
    """A distance in moves of a king."""
    return max(abs(rows), abs(columns))
