"""What an agent of the reference world observes, by the names of the kernels' arrays."""

from typing import Any

from reference_world.sight import SPAN, Offset, seen_cells
from reference_world.speaking import heard_symbols, hearing, observed_kinship, slot
from reference_world.world import ACTIONS, AGENT, EMPTY, KINDS, UNSEEN, WALL, World, king

PRICES = ("move", "use", "attack", "shield", "talk", "give", "build", "bond")


def observation(world: World, i: int) -> dict[str, Any]:
    """All that agent `i` observes."""
    seen = seen_cells(world, i)
    heard = hearing(world, i)
    channel = world.scenario.channel
    empty = channel.slots - len(heard)
    return {
        "window": [[seen.get((r, c), UNSEEN) for c in SPAN] for r in SPAN],
        "entities": entities(world, i, seen),
        "vector": vector(world, i),
        "heard": [heard_symbols(world, i, j) for j, _ in heard] + [[0] * channel.length] * empty,
        "slots": [slot(world, i, j, relayed, seen) for j, relayed in heard] + [[0] * 5] * empty,
        "speaker": [j for j, _ in heard] + [-1] * empty,
    }


def entities(world: World, i: int, seen: dict[Offset, int]) -> list[list[int]]:
    """Agents and objects in view, the nearest first: by king's moves, straight distance, row, column."""
    row, column = world.agents[i].place
    rows = []
    for (r, c), code in seen.items():
        if code in (EMPTY, WALL, UNSEEN) or (r, c) == (0, 0):
            continue
        told = [0] * 5
        if code == AGENT:
            j = world.cells[row + r, column + c][1]
            other = world.agents[j]
            told = [observed_kinship(world, i, j), other.facing, other.body.number]
            told += [int(other.shield), min(127, other.frozen)]
        rows.append([code, r, c, *told])
    rows.sort(key=lambda e: (king(e[1], e[2]), e[1] ** 2 + e[2] ** 2, e[1], e[2]))
    n_rows = world.scenario.observation.entities
    return (rows + [[0] * 8] * n_rows)[:n_rows]


def vector(world: World, i: int) -> list[int]:
    """The agent's own state and the prices."""
    agent = world.agents[i]
    place = agent.place if world.scenario.observation.own_position else (-1, -1)
    return [
        agent.body.number,
        agent.facing,
        ACTIONS.index(agent.action),
        agent.energy,
        *place,
        *(agent.inventory[kind] for kind in KINDS),
        world.numbers["altar_cost"],
        int(agent.shield),
        agent.frozen,
        int(agent.partner is not None),
        *(agent.body.prices[price] for price in PRICES),
        world.numbers["damage"],
        *(world.values[kind] for kind in KINDS),
    ]
