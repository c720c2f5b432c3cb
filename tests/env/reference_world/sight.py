"""What an agent of the reference world sees: which cells, and what is on them."""

from reference_world.world import EMPTY, UNSEEN, WALL, World, king

REACH = 5  # windows are 11 x 11, whatever the body
SPAN = range(-REACH, REACH + 1)
Offset = tuple[int, int]


def code_at(world: World, row: int, column: int) -> int:
    """What is on a cell of the map, or that there is none."""
    if not (0 <= row < len(world.lines) and 0 <= column < len(world.lines[0])):
        return UNSEEN
    return world.cells.get((row, column), (EMPTY, -1))[0]


def nearer(rows: int, columns: int) -> Offset:
    """The offset of the next nearer cell on the straight line to a cell."""
    m = king(rows, columns)

    def part(x: int) -> int:
        size = (2 * abs(x) * (m - 1) + m) // (2 * m)
        return size if x > 0 else -size

    return part(rows), part(columns)


NEAREST_FIRST = sorted(((r, c) for r in SPAN for c in SPAN), key=lambda offset: king(*offset))
NEARER = {offset: nearer(*offset) for offset in NEAREST_FIRST if king(*offset) > 1}


def seen_cells(world: World, i: int) -> dict[Offset, int]:
    """What is on each cell that agent `i` sees, by its offset, the nearest first."""
    agent, blocked = world.agents[i], world.scenario.observation.walls_block
    row, column = agent.place
    seen: dict[Offset, int] = {}
    for offset in NEAREST_FIRST[: (2 * agent.body.spec.view + 1) ** 2]:
        if blocked and offset in NEARER and seen.get(NEARER[offset], WALL) == WALL:
            world.note("hidden from sight")
        else:
            seen[offset] = code_at(world, row + offset[0], column + offset[1])
    return seen
