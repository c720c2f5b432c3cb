"""Speaking and hearing in the reference world: what a message costs, what carries it, who hears it and how."""

from reference_world.draws import KINSHIP_NOISE, NOISE, RESET, below, between, draw_pair, step_key, uniform
from reference_world.kinship import kinship
from reference_world.sight import Offset
from reference_world.world import WALL, Emission, Place, World, king, squared

UNKNOWN = 127


def speak(world: World, i: int, symbols: list[int]) -> Emission:
    """What an agent that wants to say `symbols` emits, paid for."""
    agent = world.agents[i]
    n_said = sum(symbol != 0 for symbol in symbols)
    if not world.pay(agent, n_said * agent.body.prices["talk"]):
        world.note("quiet for want of energy")
        return Emission([0] * len(symbols), set())
    agent.stats["said"] += n_said
    links = world.within_beacons(agent.place)
    if n_said == 0 or not links:
        return Emission(list(symbols), set())
    if not world.pay(agent, world.numbers["relay_cost"]):
        world.note("relay unpaid")
        return Emission(list(symbols), set())
    world.note("relayed")
    return Emission(list(symbols), links)


def on_the_air(world: World) -> list[Emission] | None:
    """What everyone said in the step that is heard now; None before the first such step."""
    emitted = world.t - world.scenario.channel.delay
    if emitted < 0:
        return None
    if emitted < world.t - 1:
        world.note("late message")
    return world.said[emitted]


def hearing(world: World, i: int) -> list[tuple[int, bool]]:
    """Whom agent `i` hears, slot by slot, and whether by beacon."""
    emissions = on_the_air(world)
    if emissions is None:
        return []
    here, n_agents = world.agents[i].place, len(world.agents)
    direct = [j for j in range(n_agents) if j != i and not emissions[j].silent and is_heard(world, i, j)]
    direct.sort(key=lambda j: (squared(here, world.agents[j].place), (j - i) % n_agents))
    heard = [(j, False) for j in direct]
    links = world.within_beacons(here)
    for step in range(1, n_agents):
        j = (i + step) % n_agents
        if (j, False) not in heard and links & emissions[j].links:
            heard.append((j, True))
            world.note("heard by beacon")
    n_slots = world.scenario.channel.slots
    if len(heard) > n_slots:
        world.note("nearest slots full")
    return heard[:n_slots]


def is_heard(world: World, i: int, j: int) -> bool:
    """Whether agent `i` is near enough to agent `j` to hear it directly, with no wall between them that matters."""
    here, there = world.agents[i].place, world.agents[j].place
    radius = world.agents[i].body.spec.hearing
    if radius != "everywhere" and squared(here, there) > radius**2:
        return False
    if world.scenario.channel.walls and any(world.cells.get(p, (0, 0))[0] == WALL for p in between_cells(here, there)):
        world.note("blocked by a wall")
        return False
    return True


def between_cells(here: Place, there: Place) -> list[Place]:
    """The cells strictly between two others, on the line from the one that comes first in reading order."""
    (row, column), (last_row, last_column) = sorted((here, there))
    rows, columns = last_row - row, last_column - column
    m = king(rows, columns)
    return [(row + (2 * rows * k + m) // (2 * m), column + (2 * columns * k + m) // (2 * m)) for k in range(1, m)]


def heard_symbols(world: World, i: int, j: int) -> list[int]:
    """What agent `i` hears of what agent `j` said, wrong symbols included."""
    emissions, channel = on_the_air(world), world.scenario.channel
    assert emissions is not None
    key = step_key(world.key, world.t)
    symbols = list(emissions[j].symbols)
    for position, symbol in enumerate(symbols):
        if symbol != 0 and uniform(draw_pair(key, i, j, NOISE, 2 * position)) < channel.noise:
            symbols[position] = 1 + below(draw_pair(key, i, j, NOISE, 2 * position + 1), channel.vocabulary - 1)
            world.note("heard wrongly")
    return symbols


def slot(world: World, i: int, j: int, relayed: bool, seen: dict[Offset, int]) -> list[int]:
    """What a slot tells of its speaker, whose cell may be among those seen."""
    here, there = world.agents[i].place, world.agents[j].place
    rows, columns = there[0] - here[0], there[1] - here[1]
    told = world.scenario.channel.direction and king(rows, columns) < UNKNOWN
    known = (rows, columns) if told or (rows, columns) in seen else (UNKNOWN, UNKNOWN)
    if known != (UNKNOWN, UNKNOWN):
        world.note("speaker's place given")
    return [1, observed_kinship(world, i, j), *known, int(relayed)]


def observed_kinship(world: World, i: int, j: int) -> int:
    """K[i, j] in sixteenths, as agent `i` knows it."""
    spec = world.scenario.kinship
    if spec.hidden:
        return 0
    share = kinship(world, i, j)
    if share != world.kinship[i][j]:
        world.note("kinship raised by a bond")
    sixteenths = round(share * 16)
    most = round(16 * spec.noise)
    if most > 0:
        off = between(draw_pair(step_key(world.key, RESET), i, j, KINSHIP_NOISE, 0), -most, most)
        if off != 0:
            world.note("kinship misjudged")
        sixteenths += off
    return max(-16, min(16, sixteenths))
