"""How an episode of the reference world begins: what is drawn for it, and where everything stands."""

from commlab.env.amounts import Whole, always
from commlab.env.ground.layouts import make_maps
from commlab.env.ground.maps import Map
from commlab.env.scenario import Scenario
from reference_world.draws import (
    CARRY,
    MAP,
    NUMBER,
    OBJECT,
    PLACE,
    POISON,
    PRICE,
    RESET,
    REWARD,
    SCATTER,
    TRAIT,
    VALUE,
    below,
    between,
    draw,
    episode_key,
    real_between,
    step_key,
    uniform,
)  # fmt: skip
from reference_world.kinship import kinship_of
from reference_world.objects import free_site
from reference_world.world import (
    ALTAR,
    BEACON,
    BERRY,
    CONVERTER,
    CRYSTAL,
    EMPTY,
    KINDS,
    WALL,
    Agent,
    EpisodeBody,
    Place,
    Thing,
    World,
)  # fmt: skip

MARGIN = 5  # cells around the map in the grid, from which agents' places are drawn as well, in vain
PRICES = ("move", "use", "attack", "shield", "talk", "give", "build", "bond")
SIGNS = {"A": ALTAR, "C": CONVERTER, "B": BEACON}


def begin(scenario: Scenario, seed: int, episode: int, scatter: float | None = None) -> World:
    """The world at the beginning of an episode; `scatter` overrides the scenario's chance of scattering."""
    key = episode_key(seed, episode)
    now = step_key(key, RESET)
    drawings = drawings_of(scenario)
    number = below(draw(now, -1, MAP, 0), len(drawings))
    numbers = {
        name: amount(draw(now, -1, NUMBER, m), given) for m, (name, given) in enumerate(numbers_of(scenario).items())
    }
    values = {k: scenario.values.get(k, always(0)) for k in KINDS}
    world = World(
        scenario=scenario,
        key=key,
        now=now,
        lines=[line.strip() for line in drawings[number].strip().splitlines()],
        map_number=number,
        numbers=numbers,
        values={kind: amount(draw(now, -1, VALUE, n), values[kind]) for n, kind in enumerate(KINDS)},
        reward=real_between(draw(now, -1, REWARD, 0), *scenario.altar.reward),
        poisonous=poisonous_looks(scenario, now),
        bodies=bodies_of(scenario, now),
        kinship=kinship_of(scenario, key, numbers["team_size"]),
        reservoir=numbers["reservoir"],
    )
    marks = read_map(world)
    add_crystals_and_berries(world)
    if any(name in ("build_converter", "build_beacon") for body in scenario.bodies.values() for name in body.actions):
        world.things += [Thing(EMPTY) for _ in range(scenario.building.limit)]
    chance = scenario.start.scatter if scatter is None else scatter
    settle(world, marks, uniform(draw(now, -1, SCATTER, 0)) < chance)
    return world


def drawings_of(scenario: Scenario) -> list[str]:
    """The maps of a scenario as drawings; those that a layout makes are drawn here."""
    if scenario.layout is None:
        assert scenario.map is not None
        return [scenario.map]
    return [drawing_of(plan) for plan in make_maps(scenario.layout)]


def drawing_of(plan: Map) -> str:
    """A map drawn as people draw them."""
    rows = [["#" if code == WALL else "." for code in row] for row in plan.grid[MARGIN:-MARGIN, MARGIN:-MARGIN]]
    for row, column in plan.sites:
        rows[row - MARGIN][column - MARGIN] = "o"
    signs = {code: sign for sign, code in SIGNS.items()}
    for kind, row, column in plan.objects:
        rows[row - MARGIN][column - MARGIN] = signs[kind]
    return "\n".join("".join(row) for row in rows)


def numbers_of(scenario: Scenario) -> dict[str, Whole]:
    """The numbers of a scenario that may be drawn for an episode, in the order of their draws."""
    berries = scenario.berries
    return {
        "altar_cost": scenario.altar.cost,
        "altar_cooldown": scenario.altar.cooldown,
        "converter_cooldown": scenario.converter.cooldown,
        "damage": scenario.combat.damage,
        "freeze": scenario.combat.freeze,
        "attack_range": scenario.combat.range,
        "berry_good": berries.good if berries else always(0),
        "berry_poison": berries.poison if berries else always(0),
        "wall_hp": scenario.wall.hp,
        "wall_energy": scenario.wall.energy,
        "converter_energy": scenario.converter.energy,
        "converter_hp": scenario.converter.hp,
        "beacon_energy": scenario.beacon.energy,
        "beacon_hp": scenario.beacon.hp,
        "beacon_reach": scenario.beacon.reach,
        "relay_cost": scenario.beacon.cost,
        "gift": scenario.gift,
        "bond_steps": scenario.kinship.bond_steps,
        "reservoir": scenario.reservoir,
        "inflow": scenario.inflow,
        "team_size": scenario.kinship.size,
    }


def amount(bits: int, given: Whole) -> int:
    """An amount in an episode."""
    return between(bits, given.low, given.high)


def poisonous_looks(scenario: Scenario, now: int) -> set[int]:
    """The looks of poisonous berries: the first of all looks, shuffled."""
    if scenario.berries is None:
        return set()
    looks: list[int] = []
    for n in range(scenario.berries.looks):
        j = below(draw(now, n, POISON, 0), n + 1)
        looks.append(n)
        looks[n], looks[j] = looks[j], n
    return set(looks[: scenario.berries.poisonous])


def bodies_of(scenario: Scenario, now: int) -> list[EpisodeBody]:
    """The bodies of an episode: limits drawn for each, prices drawn once for all."""
    prices = {p: amount(draw(now, -1, PRICE, n), getattr(scenario.prices, p)) for n, p in enumerate(PRICES)}
    return [
        EpisodeBody(
            number=b,
            spec=body,
            max_energy=amount(draw(now, b, TRAIT, 0), body.max_energy),
            carry=amount(draw(now, b, TRAIT, 1), body.carry),
            prices={name: int(price * body.costs.get(name, 1) + 0.5) for name, price in prices.items()},
            start_energy=amount(draw(now, b, TRAIT, 200), body.start_energy),
        )
        for b, body in enumerate(scenario.bodies.values())
    ]


def read_map(world: World) -> dict[str, list[Place]]:
    """Put up walls and list sites and fixed objects; return the start marks."""
    marks: dict[str, list[Place]] = {}
    for r, line in enumerate(world.lines):
        for c, sign in enumerate(line):
            border = r in (0, len(world.lines) - 1) or c in (0, len(line) - 1)
            if sign == "#":
                world.cells[r, c] = (WALL, 0 if border else world.numbers["wall_hp"])
            elif sign == "o":
                world.sites.append((r, c))
            elif sign in SIGNS:
                world.things.append(Thing(SIGNS[sign], (r, c)))
            elif sign != ".":
                marks.setdefault(sign, []).append((r, c))
    if world.scenario.layout is not None:  # a bank of maps: the list is alike on all of them, so it goes by kind
        world.things.sort(key=lambda thing: (ALTAR, CONVERTER, BEACON).index(thing.code))
    links = list(world.scenario.beacon.links)
    for thing in world.things:
        if thing.code == BEACON:
            thing.link = links.pop(0) if links else 0
            thing.hp, thing.embodied = world.numbers["beacon_hp"], world.numbers["beacon_energy"]
        elif thing.code == CONVERTER:
            thing.hp, thing.embodied = world.numbers["converter_hp"], world.numbers["converter_energy"]
    return marks


def add_crystals_and_berries(world: World) -> None:
    """List what stands at sites, in the order of the scenario; the looks of berries take turns."""

    def drawn(index: int, given: Whole) -> int:
        return amount(draw(world.now, len(world.things), OBJECT, index), given)

    for crystal in world.scenario.crystals:
        for _ in range(crystal.count):
            stock, regrow, stay = drawn(0, crystal.stock), drawn(1, crystal.regrow), drawn(2, crystal.stay)
            moves = crystal.moves or crystal.stay.high > 0
            code = CRYSTAL + KINDS.index(crystal.kind)
            world.things.append(
                Thing(code, stock=stock, max_stock=stock, regrow=regrow, stay=stay, moves=moves, timer=stay)
            )
    berries = world.scenario.berries
    for n in range(berries.count if berries else 0):
        assert berries is not None
        world.things.append(
            Thing(BERRY + n % berries.looks, stock=1, max_stock=1, regrow=drawn(1, berries.regrow), moves=True)
        )


def settle(world: World, marks: dict[str, list[Place]], scattered: bool) -> None:
    """Place agents at their marks, then objects, then the other agents."""
    numbers = {name: b for b, name in enumerate(world.scenario.bodies)}
    roaming: list[int] = []
    for group in world.scenario.agents:
        for _ in range(group.count):
            body = world.bodies[numbers[group.body]]
            world.agents.append(Agent(body, body.start_energy))
            start = None if group.start is None else marks[group.start].pop(0)
            if start is None or (scattered and "north" in body.spec.actions):
                roaming.append(len(world.agents) - 1)
            else:
                world.put_agent(len(world.agents) - 1, start)
    for o, thing in enumerate(world.things):
        if thing.code == EMPTY:
            continue
        place = thing.place if thing.place != (-1, -1) else free_site(world, o)
        assert place is not None
        world.show(o, place)
    for i in roaming:
        world.put_agent(i, free_cell(world, i))
        if scattered:
            world.note("scattered")
        if scattered and uniform(draw(world.now, i, CARRY, 0)) < world.scenario.start.carrying:
            load(world, i)


def free_cell(world: World, i: int) -> Place:
    """A free cell drawn for an agent; after many misses the next one that is free."""
    height, width = len(world.lines) + 2 * MARGIN, len(world.lines[0]) + 2 * MARGIN

    def place(cell: int) -> Place:
        return cell // width - MARGIN, cell % width - MARGIN

    def free(cell: int) -> bool:
        r, c = place(cell)
        inside = 0 <= r < len(world.lines) and 0 <= c < len(world.lines[0])
        return inside and (r, c) not in world.cells

    cell = -1
    for attempt in range(255):
        cell = below(draw(world.now, i, PLACE, attempt), height * width)
        if free(cell):
            return place(cell)
    while not free(cell):
        cell = (cell + 1) % (height * width)
    return place(cell)


def load(world: World, i: int) -> None:
    """Let an agent begin with a unit of the kind of the first crystal in the list from a place drawn."""
    agent = world.agents[i]
    first = below(draw(world.now, i, CARRY, 1), len(world.things))
    kinds = [thing.kind for thing in world.things[first:] + world.things[:first] if thing.kind is not None]
    if not kinds or world.reservoir < world.values[kinds[0]]:
        return
    value = world.values[kinds[0]]
    if world.scenario.yields == "energy":
        kept = min(value, agent.body.max_energy - agent.energy)
        agent.energy += kept
        world.reservoir -= kept
        world.note("carried from the start")
    elif agent.body.carry > 0:
        agent.inventory[kinds[0]] += 1
        world.reservoir -= value
        world.note("carried from the start")
