"""Building and dismantling in the reference world."""

from reference_world.objects import remove
from reference_world.world import BEACON, CONVERTER, EMPTY, WALL, Thing, World


def build(world: World, i: int, what: str) -> None:
    """Turn energy into a thing on the cell ahead."""
    agent = world.agents[i]
    if not world.pay_price(agent, "build"):
        return
    place = world.ahead(agent)
    joules = world.wall_energy() if what == "wall" else world.numbers[f"{what}_energy"]
    if place in world.cells:
        world.note("something in the way")
    elif agent.energy < joules:
        world.note("too poor to build")
    elif what == "wall":
        agent.energy -= joules
        world.cells[place] = (WALL, world.numbers["wall_hp"])
        agent.stats["built"] += 1
    else:
        free = [o for o, thing in enumerate(world.things) if thing.code == EMPTY]
        if not free:
            world.note("object list full")
            return
        agent.energy -= joules
        code = CONVERTER if what == "converter" else BEACON
        world.things[free[0]] = Thing(code, hp=world.numbers[f"{what}_hp"], embodied=joules)
        world.show(free[0], place)
        agent.stats["built"] += 1


def dismantle(world: World, i: int) -> None:
    """Turn a thing back into energy."""
    agent = world.agents[i]
    if not world.pay_price(agent, "build"):
        return
    code, index = world.faced(agent)
    if code == WALL and index > 0:
        del world.cells[world.ahead(agent)]
        world.feed(agent, world.wall_energy())
        world.note("dismantled wall")
    elif code in (CONVERTER, BEACON):
        joules = world.things[index].embodied
        remove(world, index)
        world.feed(agent, joules)
        world.note("dismantled object")
    else:
        return
    agent.stats["dismantled"] += 1
