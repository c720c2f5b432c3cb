"""What agents of the reference world do, each for itself."""

from reference_world.objects import appear
from reference_world.world import AGENT, ALTAR, BEACON, CONVERTER, EMPTY, KINDS, WALKING, WALL, Agent, Thing, World


def move(world: World, i: int) -> None:
    """Turn and step."""
    agent = world.agents[i]
    facing = WALKING.index(agent.action)
    if not world.pay_price(agent, "move"):
        return
    agent.facing = facing
    target = world.ahead(agent)
    if target not in world.cells:
        del world.cells[agent.place]
        world.put_agent(i, target)
        agent.stats["moved"] += 1
    elif world.scenario.bump:
        agent.action = "use"
        world.note("bump into use")


def use(world: World, i: int) -> None:
    """Use what is faced."""
    agent = world.agents[i]
    if not world.pay_price(agent, "use"):
        return
    code, index = world.faced(agent)
    if code == AGENT:
        if world.agents[index].is_egg:
            loot(world, agent, world.agents[index])
    elif code == ALTAR:
        burn(world, agent, world.things[index])
    elif code == CONVERTER:
        convert(world, agent, world.things[index])
    elif code not in (EMPTY, WALL, BEACON):
        if world.things[index].is_berry:
            eat(world, agent, index)
        else:
            take(world, agent, index)


def loot(world: World, agent: Agent, egg: Agent) -> None:
    """Take from an egg what there is room for."""
    world.note("looted" if any(egg.inventory.values()) else "looted empty")
    for kind in KINDS:
        units = min(egg.inventory[kind], agent.body.carry - agent.inventory[kind])
        if units < egg.inventory[kind]:
            world.note("loot left behind")
        egg.inventory[kind] -= units
        agent.inventory[kind] += units
        egg.stats["robbed"] += units
        agent.stats["stolen"] += units


def burn(world: World, agent: Agent, altar: Thing) -> None:
    """Burn energy for a reward."""
    if altar.timer > 0:
        world.note("altar not ready")
    elif not world.pay(agent, world.numbers["altar_cost"]):
        world.note("altar too dear")
    else:
        agent.own = world.reward
        agent.stats["hearts"] += 1
        altar.timer = world.numbers["altar_cooldown"]


def convert(world: World, agent: Agent, converter: Thing) -> None:
    """Turn the first recipe that can be filled into energy."""
    if converter.timer > 0:
        world.note("converter not ready")
        return
    for recipe in world.scenario.converter.recipes:
        if all(agent.inventory[kind] >= units for kind, units in recipe.items()):
            for kind, units in recipe.items():
                agent.inventory[kind] -= units
                agent.stats["converted"] += units
                world.feed(agent, units * world.values[kind])
            converter.timer = world.numbers["converter_cooldown"]
            world.note("recipe filled")
            return


def take(world: World, agent: Agent, o: int) -> None:
    """Take a unit of a crystal; the first one taken from a full crystal begins to grow back, and so does the last."""
    thing = world.things[o]
    kind = thing.kind
    assert kind is not None
    if world.scenario.yields == "energy":
        if agent.energy >= agent.body.max_energy:
            return
        world.feed(agent, world.values[kind])
    else:
        if agent.inventory[kind] >= agent.body.carry:
            return
        agent.inventory[kind] += 1
    agent.stats["gathered"] += 1
    thing.stock -= 1
    if not thing.moves and thing.stock in (0, thing.max_stock - 1):
        thing.timer = thing.regrow
    if thing.stock == 0:
        world.hide(o)
        if thing.moves:
            appear(world, o)


def eat(world: World, agent: Agent, o: int) -> None:
    """Eat a berry."""
    thing = world.things[o]
    agent.stats["eaten"] += 1
    if thing.code - 10 in world.poisonous:
        world.pay(agent, min(agent.energy, world.numbers["berry_poison"]))
        agent.stats["poisoned"] += 1
        world.note("poisonous berry")
    else:
        joules = min(world.reservoir, world.numbers["berry_good"])
        world.reservoir -= joules
        world.feed(agent, joules)
        world.note("good berry")
    thing.stock = 0
    thing.timer = thing.regrow
    world.hide(o)


def give(world: World, i: int) -> None:
    """Give a unit, or energy, to the agent faced."""
    agent = world.agents[i]
    if not world.pay_price(agent, "give"):
        return
    code, index = world.faced(agent)
    if code != AGENT:
        return
    other = world.agents[index]
    kind = max(KINDS, key=lambda kind: agent.inventory[kind])
    if agent.inventory[kind] > 0:
        if other.inventory[kind] >= other.body.carry:
            world.note("gift refused")
            return
        agent.inventory[kind] -= 1
        other.inventory[kind] += 1
        world.note("gift of a unit")
    else:
        joules = min(world.numbers["gift"], agent.energy, other.body.max_energy - other.energy)
        if joules == 0:
            return
        agent.energy -= joules
        other.energy += joules
        world.note("gift of energy")
    agent.stats["gave"] += 1
    other.stats["received"] += 1


def bond(world: World, i: int) -> None:
    """Court the agent faced; bond where it has courted back in time."""
    agent = world.agents[i]
    if not world.pay_price(agent, "bond"):
        return
    code, j = world.faced(agent)
    if code != AGENT:
        return
    other = world.agents[j]
    if other.is_egg:
        world.note("courting a frozen agent")
        return
    agent.courting, agent.courted_at = j, world.t
    if other.courting != i:
        return
    if world.t - other.courted_at >= world.numbers["bond_steps"]:
        world.note("courting too old")
        return
    for one, two in ((agent, j), (other, i)):
        if one.partner == two:
            world.note("bonded again")
        elif one.partner is not None:
            world.agents[one.partner].partner = None
            world.note("bond broken by another")
    agent.partner, other.partner = j, i
    agent.courting = other.courting = None
    agent.stats["bonded"] += 1
    other.stats["bonded"] += 1
