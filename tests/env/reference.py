"""A slow, obvious world: one episode in plain Python, lists and dicts, which the kernels must match step by step.

It reads the scenario itself, not the kernels' rules, and counts rows and columns from the map's own corner. Randomness
is the one thing it has to share: the same counter-based draws, written anew for Python's integers.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from commlab.env.scenario import KINDS, Body, Crystal, Scenario

Place = tuple[int, int]
AHEAD = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1)}  # by facing: north, east, south, west
EMPTY, WALL, ALTAR, CONVERTER, CRYSTAL, AGENT, UNSEEN = 0, 1, 2, 3, 4, 8, 255
STAY, NORTH, WEST, USE = 0, 1, 4, 5
ORDER, SITE, SCATTER, PLACE, CARRY = 1, 2, 3, 4, 5
ACTIONS = ("stay", "north", "east", "south", "west", "use")
MARGIN = 5  # cells around the map from which agents' places are drawn as well, in vain
BITS = 2**64


@dataclass
class Agent:
    """An agent of the reference world."""

    body: Body
    number: int  # of its body
    energy: int
    place: Place = (-1, -1)
    facing: int = 0
    action: int = 0
    inventory: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    message: int = 0
    own: float = 0.0
    shared: float = 0.0


@dataclass
class Thing:
    """An object of the reference world; a crystal that is used up is off the grid, its place remembered."""

    code: int
    place: Place = (-1, -1)
    here: bool = False
    crystal: Crystal | None = None
    stock: int = 0
    timer: int = 0


def mix(x: int) -> int:
    """SplitMix64's finaliser."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % BITS
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % BITS
    return x ^ (x >> 31)


def episode_key(seed: int, episode: int) -> int:
    """The root of an episode's draws."""
    root = mix((seed + 0x9E3779B97F4A7C15) % BITS)
    return mix(root ^ ((episode * 0x9E3779B97F4A7C15 + 0xD1342543DE82EF95) % BITS))


def step_key(key: int, t: int) -> int:
    """The key of a step; step -1 is the reset."""
    return mix((key + (t + 1) * 0xD1342543DE82EF95) % BITS)


def draw(key: int, agent: int, purpose: int, index: int) -> int:
    """64 random bits."""
    counter = (agent + 1) * 65536 + purpose * 256 + index
    return mix((key + counter * 0xA24BAED4963EE407) % BITS)


def uniform(bits: int) -> float:
    """A number in (0, 1)."""
    return ((bits >> 12) + 0.5) / 2**52


def below(bits: int, n: int) -> int:
    """A number in 0 .. n - 1."""
    return (bits >> 32) * n // 2**32


def single(x: float) -> float:
    """The float32 nearest to `x`."""
    return float(np.float32(x))


class ReferenceWorld:
    """One episode of a scenario."""

    def __init__(self, scenario: Scenario, kinship: list[list[float]], seed: int, episode: int, scatter: float) -> None:
        """Begin the episode; `kinship` is K, rounded to float32."""
        self.scenario, self.t = scenario, 0
        self.lines = [line.strip() for line in scenario.map.strip().splitlines()]
        self.key = episode_key(seed, episode)
        self.now = step_key(self.key, -1)
        self.kinship = kinship
        self.reservoir = scenario.reservoir
        self.cells: dict[Place, tuple[int, int]] = {}  # what is not empty: code and index
        self.sites: list[Place] = []
        self.things: list[Thing] = []
        marks: dict[str, list[Place]] = {}
        for r, line in enumerate(self.lines):
            for c, sign in enumerate(line):
                if sign == "#":
                    self.cells[r, c] = (WALL, -1)
                elif sign == "o":
                    self.sites.append((r, c))
                elif sign in "AC":
                    self.things.append(Thing(ALTAR if sign == "A" else CONVERTER, (r, c)))
                elif sign != ".":
                    marks.setdefault(sign, []).append((r, c))
        for crystal in scenario.crystals:
            code = CRYSTAL + KINDS.index(crystal.kind)
            for _ in range(crystal.count):
                self.things.append(Thing(code, crystal=crystal, stock=crystal.stock, timer=crystal.stay))
        self.agents = []
        starts: list[Place | None] = []
        for group in scenario.agents:
            body = scenario.bodies[group.body]
            for _ in range(group.count):
                self.agents.append(Agent(body, list(scenario.bodies).index(group.body), body.start_energy))
                starts.append(None if group.start is None else marks[group.start].pop(0))
        scattered = uniform(draw(self.now, -1, SCATTER, 0)) < scatter
        self.settle(starts, scattered)

    def settle(self, starts: list[Place | None], scattered: bool) -> None:
        """Place agents at their marks, then objects, then the other agents."""
        roaming = []
        for i, agent in enumerate(self.agents):
            start = starts[i]
            if start is None or (scattered and "north" in agent.body.actions):
                roaming.append(i)
            else:
                self.put(i, start)
        for o, thing in enumerate(self.things):
            if thing.place == (-1, -1):
                site = self.free_site(o)
                assert site is not None
                thing.place = site
            self.show(o, thing.place)
        for i in roaming:
            self.put(i, self.free_cell(i))
            if scattered and uniform(draw(self.now, i, CARRY, 0)) < self.scenario.start.carrying:
                self.load(i)

    def free_cell(self, i: int) -> Place:
        """A free cell drawn for an agent."""
        height, width = len(self.lines) + 2 * MARGIN, len(self.lines[0]) + 2 * MARGIN

        def place(cell: int) -> Place:
            return cell // width - MARGIN, cell % width - MARGIN

        def free(cell: int) -> bool:
            r, c = place(cell)
            inside = 0 <= r < len(self.lines) and 0 <= c < len(self.lines[0])
            return inside and (r, c) not in self.cells

        cell = -1
        for attempt in range(255):
            cell = below(draw(self.now, i, PLACE, attempt), height * width)
            if free(cell):
                return place(cell)
        while not free(cell):
            cell = (cell + 1) % (height * width)
        return place(cell)

    def load(self, i: int) -> None:
        """Let an agent begin with a unit of what is on the map."""
        agent = self.agents[i]
        first = below(draw(self.now, i, CARRY, 1), len(self.things))
        crystals = [t.crystal for t in self.things[first:] + self.things[:first] if t.crystal is not None]
        if not crystals or self.reservoir < self.scenario.values[crystals[0].kind]:
            return
        kind = crystals[0].kind
        value = self.scenario.values[kind]
        if self.scenario.yields == "energy":
            kept = min(value, agent.body.max_energy - agent.energy)
            agent.energy += kept
            self.reservoir -= kept
        elif agent.body.carry > 0:
            agent.inventory[kind] += 1
            self.reservoir -= value

    def put(self, i: int, place: Place) -> None:
        """Put an agent on a cell."""
        self.agents[i].place = place
        self.cells[place] = (AGENT, i)

    def show(self, o: int, place: Place) -> None:
        """Put an object on a cell."""
        self.things[o].place, self.things[o].here = place, True
        self.cells[place] = (self.things[o].code, o)

    def hide(self, o: int) -> None:
        """Take an object off the grid."""
        self.things[o].here = False
        del self.cells[self.things[o].place]

    def free_site(self, o: int) -> Place | None:
        """A free site drawn for a crystal, other than where it is or was."""
        free = [site for site in self.sites if site not in self.cells and site != self.things[o].place]
        return free[below(draw(self.now, o, SITE, 0), len(free))] if free else None

    def pay(self, i: int, joules: int) -> bool:
        """Let an agent pay the ground, if it can."""
        if self.agents[i].energy < joules:
            return False
        self.agents[i].energy -= joules
        self.reservoir += joules
        return True

    def step(self, actions: list[int], messages: list[int]) -> None:
        """Everyone speaks, then moves, then uses; then objects age and rewards are shared."""
        self.now = step_key(self.key, self.t)
        order: list[int] = []
        for i in range(len(self.agents)):
            j = below(draw(self.now, i, ORDER, 0), i + 1)
            order.append(i)
            order[i], order[j] = order[j], i
        for i, agent in enumerate(self.agents):
            agent.own = 0.0
            able = actions[i] == STAY or ACTIONS[actions[i]] in agent.body.actions
            agent.action = actions[i] if able else STAY
            speaks = messages[i] != 0 and self.pay(i, agent.body.talk_cost)
            agent.message = messages[i] if speaks else 0
        for i in order:
            if NORTH <= self.agents[i].action <= WEST:
                self.move(i)
        for i in order:
            if self.agents[i].action == USE:
                self.use(i)
        for o in range(len(self.things)):
            self.age(o)
        self.share()
        self.t += 1

    def ahead(self, i: int) -> Place:
        """The cell that an agent faces."""
        agent = self.agents[i]
        return agent.place[0] + AHEAD[agent.facing][0], agent.place[1] + AHEAD[agent.facing][1]

    def move(self, i: int) -> None:
        """Turn and step."""
        agent = self.agents[i]
        if not self.pay(i, agent.body.move_cost):
            agent.action = STAY
            return
        agent.facing = agent.action - NORTH
        if self.ahead(i) not in self.cells:
            target = self.ahead(i)
            del self.cells[agent.place]
            self.put(i, target)
        elif self.scenario.bump:
            agent.action = USE

    def use(self, i: int) -> None:
        """Use what is faced."""
        agent = self.agents[i]
        if not self.pay(i, agent.body.use_cost):
            agent.action = STAY
            return
        code, o = self.cells.get(self.ahead(i), (EMPTY, -1))
        if code == ALTAR and self.things[o].timer == 0 and self.pay(i, self.scenario.altar.cost):
            agent.own = single(self.scenario.altar.reward)
            self.things[o].timer = self.scenario.altar.cooldown
        elif code == CONVERTER and self.things[o].timer == 0:
            self.convert(agent, self.things[o])
        elif CRYSTAL <= code < AGENT:
            self.take(agent, o)

    def convert(self, agent: Agent, thing: Thing) -> None:
        """Turn the first recipe that can be filled into energy."""
        for recipe in self.scenario.converter.recipes:
            if all(agent.inventory[kind] >= units for kind, units in recipe.items()):
                for kind, units in recipe.items():
                    agent.inventory[kind] -= units
                    self.feed(agent, units * self.scenario.values.get(kind, 0))
                thing.timer = self.scenario.converter.cooldown
                return

    def feed(self, agent: Agent, joules: int) -> None:
        """Give energy; the ground has what is too much."""
        kept = min(joules, agent.body.max_energy - agent.energy)
        agent.energy += kept
        self.reservoir += joules - kept

    def take(self, agent: Agent, o: int) -> None:
        """Take a unit of a crystal."""
        thing = self.things[o]
        crystal = thing.crystal
        assert crystal is not None
        if self.scenario.yields == "energy":
            if agent.energy >= agent.body.max_energy:
                return
            self.feed(agent, self.scenario.values[crystal.kind])
        else:
            if agent.inventory[crystal.kind] >= agent.body.carry:
                return
            agent.inventory[crystal.kind] += 1
        moves = crystal.moves or crystal.stay > 0
        thing.stock -= 1
        if not moves and thing.stock in (0, crystal.stock - 1):
            thing.timer = crystal.regrow
        if thing.stock == 0:
            self.hide(o)
            if moves:
                self.appear(o)

    def grow(self, thing: Thing, units: int) -> None:
        """Let units grow, as many as the ground can pay for."""
        assert thing.crystal is not None
        for _ in range(units):
            if self.reservoir >= self.scenario.values[thing.crystal.kind]:
                self.reservoir -= self.scenario.values[thing.crystal.kind]
                thing.stock += 1

    def appear(self, o: int) -> None:
        """Let a crystal that is off the grid appear at another site."""
        thing = self.things[o]
        assert thing.crystal is not None
        thing.timer = 0
        site = self.free_site(o)
        if site is None:
            return
        if thing.stock == 0:
            self.grow(thing, thing.crystal.stock)
        if thing.stock > 0:
            self.show(o, site)
            thing.timer = thing.crystal.stay

    def age(self, o: int) -> None:
        """Count an object's timer down; let a crystal regrow or move on when it is at zero."""
        thing = self.things[o]
        thing.timer = max(0, thing.timer - 1)
        crystal = thing.crystal
        if crystal is None or thing.timer > 0:
            return
        if crystal.moves or crystal.stay > 0:
            if not thing.here:
                self.appear(o)
            elif crystal.stay > 0 and self.free_site(o) is not None:
                self.hide(o)
                self.appear(o)
        elif crystal.regrow > 0 and thing.stock < crystal.stock and (thing.here or thing.place not in self.cells):
            self.grow(thing, 1)
            if thing.stock > 0:
                self.show(o, thing.place)
                thing.timer = crystal.regrow

    def share(self) -> None:
        """Hand rewards out by kinship, rounded to float32 after every summand."""
        for i, agent in enumerate(self.agents):
            agent.shared = 0.0
            for j, earner in enumerate(self.agents):
                handed = sum(row[j] for row in self.kinship) if self.scenario.kinship.normalise else 1.0
                if earner.own:
                    agent.shared = single(agent.shared + earner.own * self.kinship[i][j] / handed)

    def total_energy(self) -> int:
        """All energy of the world."""
        values = self.scenario.values
        carried = sum(units * values.get(kind, 0) for a in self.agents for kind, units in a.inventory.items())
        stocked = sum(thing.stock * values[thing.crystal.kind] for thing in self.things if thing.crystal is not None)
        return self.reservoir + carried + stocked + sum(agent.energy for agent in self.agents)

    def code(self, r: int, c: int) -> int:
        """What is on a cell."""
        if not (0 <= r < len(self.lines) and 0 <= c < len(self.lines[0])):
            return UNSEEN
        return self.cells.get((r, c), (EMPTY, -1))[0]

    def state(self) -> dict[str, Any]:
        """The world as nested lists, by the names of the kernels' arrays; places are on the map."""
        agents, things = self.agents, self.things
        span = [(r, range(len(line))) for r, line in enumerate(self.lines)]
        return {
            "t": self.t,
            "truncated": self.t >= self.scenario.steps,
            "grid": [[self.code(r, c) for c in columns] for r, columns in span],
            "occupant": [[self.cells.get((r, c), (EMPTY, -1))[1] for c in columns] for r, columns in span],
            "place": [agent.place for agent in agents],
            "facing": [agent.facing for agent in agents],
            "last_action": [agent.action for agent in agents],
            "energy": [agent.energy for agent in agents],
            "inventory": [list(agent.inventory.values()) for agent in agents],
            "message": [[agent.message] for agent in agents],
            "kind": [thing.code for thing in things],
            "object_place": [thing.place for thing in things],
            "stock": [thing.stock for thing in things],
            "timer": [thing.timer for thing in things],
            "reservoir": self.reservoir,
            "kinship": self.kinship,
            "own_reward": [agent.own for agent in agents],
            "shared_reward": [agent.shared for agent in agents],
            "total_energy": self.total_energy(),
        }
