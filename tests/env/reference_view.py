"""What an agent of the reference world observes, worked out from its lists and dicts."""

from typing import Any

AGENT, UNSEEN, UNKNOWN = 8, 255, 127
REACH = 5  # windows are 11 x 11, whatever the body


def observation(world: Any, i: int) -> dict[str, Any]:
    """All that agent `i` observes, by the names of the kernels' arrays."""
    heard = hearing(world, i)
    return {
        "window": window(world, i),
        "entities": entities(world, i),
        "vector": vector(world, i),
        "heard": [[0 if j is None else world.agents[j].message] for j in heard],
        "slots": [[0, 0, 0, 0] if j is None else slot(world, i, j) for j in heard],
        "speaker": [-1 if j is None else j for j in heard],
    }


def offset(world: Any, i: int, j: int) -> tuple[int, int]:
    """Rows and columns from agent `i` to agent `j`."""
    here, there = world.agents[i].place, world.agents[j].place
    return there[0] - here[0], there[1] - here[1]


def king(rows: int, columns: int) -> int:
    """A distance in moves of a king, in which views are squares."""
    return max(abs(rows), abs(columns))


def sixteenths(share: float) -> int:
    """A kinship as it is observed, halves to the even side."""
    return round(share * 16)


def window(world: Any, i: int) -> list[list[int]]:
    """The cells around, UNSEEN where the body's view does not reach."""
    row, column = world.agents[i].place
    view, span = world.agents[i].body.view, range(-REACH, REACH + 1)
    return [[world.code(row + r, column + c) if king(r, c) <= view else UNSEEN for c in span] for r in span]


def entities(world: Any, i: int) -> list[list[int]]:
    """Agents and objects in view, the nearest first: by king's moves, straight distance, row, column."""
    agent = world.agents[i]
    rows = []
    for (r, c), (code, index) in world.cells.items():
        r, c = r - agent.place[0], c - agent.place[1]
        if code < 2 or king(r, c) > agent.body.view or (r, c) == (0, 0):
            continue
        told = [0, 0, 0]
        if code == AGENT:
            other = world.agents[index]
            told = [sixteenths(world.kinship[i][index]), other.facing, other.number]
        rows.append([code, r, c, *told])
    rows.sort(key=lambda e: (king(e[1], e[2]), e[1] ** 2 + e[2] ** 2, e[1], e[2]))
    n_rows = world.scenario.observation.entities
    return (rows + [[0] * 6] * n_rows)[:n_rows]


def vector(world: Any, i: int) -> list[int]:
    """The agent's own state and the prices."""
    agent = world.agents[i]
    place = agent.place if world.scenario.observation.own_position else (-1, -1)
    own = [agent.number, agent.facing, agent.action, agent.energy]
    return [*own, *place, *agent.inventory.values(), world.scenario.altar.cost]


def hearing(world: Any, i: int) -> list[int | None]:
    """Who is heard, slot by slot: the nearest who spoke within the radius; of equals, the next after the listener."""
    n_agents, n_slots = len(world.agents), world.scenario.channel.slots
    radius = world.agents[i].body.hearing
    speakers: list[tuple[int, int, int | None]] = []
    for j in range(n_agents):
        rows, columns = offset(world, i, j)
        squared = rows**2 + columns**2
        in_range = radius == "everywhere" or squared <= radius**2
        if j != i and world.agents[j].message != 0 and in_range:
            speakers.append((squared, (j - i) % n_agents, j))
    found = [j for _, _, j in sorted(speakers, key=lambda speaker: speaker[:2])]
    return (found + [None] * n_slots)[:n_slots]


def slot(world: Any, i: int, j: int) -> list[int]:
    """What a slot tells of its speaker."""
    rows, columns = offset(world, i, j)
    view = world.agents[i].body.view
    known = king(rows, columns) <= view or (world.scenario.channel.direction and king(rows, columns) < UNKNOWN)
    return [1, sixteenths(world.kinship[i][j]), *((rows, columns) if known else (UNKNOWN, UNKNOWN))]
