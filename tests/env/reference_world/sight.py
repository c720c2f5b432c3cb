"""What an agent of the reference world sees: which cells, and what is on them."""

from functools import lru_cache

from reference_world.world import EMPTY, UNSEEN, WALL, World, king

REACH = 5  # windows are 11 x 11, whatever the body


def code_at(world: World, row: int, column: int) -> int:
    """What is on a cell of the map, or that there is none."""
    if not (0 <= row < len(world.lines) and 0 <= column < len(world.lines[0])):
        return UNSEEN
    return world.cells.get((row, column), (EMPTY, -1))[0]


@lru_cache
def nearer(rows: int, columns: int) -> tuple[int, int]:
    """The offset of the next nearer cell on the straight line to a cell."""
    m = king(rows, columns)

    def part(x: int) -> int:
        size = (2 * abs(x) * (m - 1) + m) // (2 * m)
        return size if x > 0 else -size

    return part(rows), part(columns)


def sees(world: World, i: int, rows: int, columns: int) -> bool:
    """Whether agent `i` sees the cell at an offset."""
    agent = world.agents[i]
    if king(rows, columns) > agent.body.spec.view:
        return False
    if not world.scenario.observation.walls_block or king(rows, columns) < 2:
        return True
    before = nearer(rows, columns)
    wall = code_at(world, agent.place[0] + before[0], agent.place[1] + before[1]) == WALL
    if wall:
        world.note("hidden from sight")
    return not wall and sees(world, i, *before)
