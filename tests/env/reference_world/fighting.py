"""Attacks in the reference world."""

from reference_world.objects import remove
from reference_world.world import AGENT, WALL, Agent, World


def attack(world: World, i: int) -> None:
    """Hit the first thing in line."""
    agent = world.agents[i]
    if not world.pay_price(agent, "attack"):
        return
    agent.stats["attacks"] += 1
    for distance in range(1, world.numbers["attack_range"] + 1):
        place = world.ahead(agent, distance)
        if place not in world.cells:
            continue
        code, index = world.cells[place]
        if code == AGENT:
            hit_agent(world, agent, world.agents[index])
        elif code == WALL and index > 0:
            world.cells[place] = (WALL, index - 1)
            if index == 1:
                del world.cells[place]
                world.reservoir += world.wall_energy()
                world.note("broken wall")
        elif code == WALL:
            world.note("attack on the border" if world.numbers["wall_hp"] > 0 else "attack on what never breaks")
        else:
            hit_thing(world, index)
        return
    world.note("attack on air")


def hit_agent(world: World, agent: Agent, other: Agent) -> None:
    """Let an attack meet an agent."""
    if other.is_egg:
        world.note("egg spared")
        return
    agent.stats["hits"] += 1
    damage = world.numbers["damage"]
    if other.shield and other.energy >= damage:
        other.stats["lost"] += damage
        world.pay(other, damage)
        world.note("shielded hit")
        return
    if other.shield:
        world.note("shield too weak")
    other.stats["lost"] += other.energy
    world.pay(other, other.energy)
    other.shield = False
    other.frozen, other.struck = world.numbers["freeze"], True
    other.stats["frozen"] += 1


def hit_thing(world: World, o: int) -> None:
    """Let an attack meet an object."""
    thing = world.things[o]
    if thing.hp == 0:
        world.note("attack on what never breaks")
        return
    thing.hp -= 1
    if thing.hp == 0:
        world.reservoir += thing.embodied
        remove(world, o)
        world.note("broken object")
