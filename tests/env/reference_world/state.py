"""The reference world as nested lists, by the names of the kernels' arrays; places are on the map, not in the grid."""

from typing import Any

from commlab.env.scenario import Scenario
from reference_world.sight import code_at
from reference_world.world import ACTIONS, EMPTY, STATS, WALL, Emission, World


def state(world: World) -> dict[str, Any]:
    """All that holds between two steps."""
    span = [(r, range(len(line))) for r, line in enumerate(world.lines)]
    bodies, agents = world.bodies, world.agents
    last = world.said[-1] if world.said else silence(world)
    return {
        "t": world.t,
        "key": world.key,
        "map": world.map_number,
        "numbers": numbers_that_matter(world.scenario, world.numbers),
        "value": list(world.values.values()),
        "trait": [[b.max_energy, b.carry, hearing(b.spec.hearing), *b.prices.values()] for b in bodies],
        "reward": world.reward,
        "poison": sum(1 << look for look in world.poisonous),
        "kinship": world.kinship,
        "grid": [[code_at(world, r, c) for c in columns] for r, columns in span],
        "occupant": [[world.cells.get((r, c), (EMPTY, -1))[1] for c in columns] for r, columns in span],
        "n_walls": sum(code == WALL and hp > 0 for code, hp in world.cells.values()),
        "place": [agent.place for agent in agents],
        "facing": [agent.facing for agent in agents],
        "last_action": [ACTIONS.index(agent.action) for agent in agents],
        "energy": [agent.energy for agent in agents],
        "inventory": [list(agent.inventory.values()) for agent in agents],
        "shield": [int(agent.shield) for agent in agents],
        "frozen": [agent.frozen for agent in agents],
        "courting": [(-1, -1) if a.courting is None else (a.courting, a.courted_at) for a in agents],
        "partner": [-1 if agent.partner is None else agent.partner for agent in agents],
        "message": [said.symbols for said in last],
        "relayed": [bits(said) for said in last],
        "air": air(world),
        "objects": objects(world),
        "reservoir": world.reservoir,
        "inflow": world.inflow,
        "own_reward": [agent.own for agent in agents],
        "shared_reward": [agent.shared for agent in agents],
        "stats": [[agent.stats[stat] for stat in STATS] for agent in agents],
        "terminated": world.terminated,
        "truncated": world.t >= world.scenario.steps,
        "total_energy": total_energy(world),
    }


def numbers_that_matter(scenario: Scenario, numbers: dict[str, int]) -> dict[str, int]:
    """An episode's numbers, without the size of teams where there are none."""
    teams = scenario.kinship.structure in ("teams", "clans")
    return {name: number for name, number in numbers.items() if teams or name != "team_size"}


def silence(world: World) -> list[Emission]:
    """What everyone says before the first step."""
    return [Emission([0] * world.scenario.channel.length, set()) for _ in world.agents]


def bits(said: Emission) -> int:
    """Links as the bits of a byte."""
    return sum(1 << link for link in said.links)


def air(world: World) -> list[list[list[int]]]:
    """What is under way before the last step's messages: by step % (delay - 1), symbols and links of each agent."""
    n_rows = world.scenario.channel.delay - 1
    rows = [silence(world) for _ in range(n_rows)]
    for t in range(max(0, world.t - 1 - n_rows), world.t - 1):
        rows[t % n_rows] = world.said[t]
    return [[[*said.symbols, bits(said)] for said in row] for row in rows]


def objects(world: World) -> list[dict[str, Any] | None]:
    """The list of objects, None for a free place."""
    return [
        None
        if thing.code == EMPTY
        else {
            "kind": thing.code,
            "place": thing.place,
            "timer": thing.timer,
            "hp": thing.hp,
            "embodied": thing.embodied,
            "link": thing.link,
            **({} if thing.kind is None else {"stock": thing.stock, "max_stock": thing.max_stock}),
        }
        for thing in world.things
    ]


def hearing(radius: int | str) -> int:
    """A hearing radius as a number."""
    return radius if isinstance(radius, int) else -1


def total_energy(world: World) -> int:
    """All energy of the world, less what flowed in."""
    carried = sum(units * world.values[kind] for agent in world.agents for kind, units in agent.inventory.items())
    stocked = sum(thing.stock * world.values[thing.kind] for thing in world.things if thing.kind is not None)
    walls = sum(world.wall_energy() for code, hp in world.cells.values() if code == WALL and hp > 0)
    embodied = sum(thing.embodied for thing in world.things)
    agents = sum(agent.energy for agent in world.agents)
    return agents + carried + stocked + walls + embodied + world.reservoir - world.inflow
