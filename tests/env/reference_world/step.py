"""A step of the reference world: the phases of docs/rules.md, one after the other."""

from collections.abc import Iterator

from reference_world.building import build, dismantle
from reference_world.draws import ORDER, below, draw, single, step_key
from reference_world.fighting import attack
from reference_world.kinship import kinship
from reference_world.objects import age
from reference_world.speaking import speak
from reference_world.verbs import bond, give, move, use
from reference_world.world import ACTIONS, WALKING, World

BUILDING = ("build_wall", "build_converter", "build_beacon")


def step(world: World, actions: list[int], messages: list[list[int]]) -> None:
    """Everyone speaks and acts, objects age, rewards are shared; `actions` and `messages` by agent."""
    world.now = step_key(world.key, world.t)
    world.reservoir += world.numbers["inflow"]
    world.inflow += world.numbers["inflow"]
    order = shuffled(world)
    choose(world, [ACTIONS[action] for action in actions])
    world.said.append([speak(world, i, symbols) for i, symbols in enumerate(messages)])
    for agent in world.agents:
        if agent.action == "shield":
            agent.shield = not agent.shield
    for i in acting(world, order, WALKING):
        move(world, i)
    for i in acting(world, order, ("attack",)):
        attack(world, i)
    for i in acting(world, order, ("use",)):
        use(world, i)
    for i in acting(world, order, ("give",)):
        give(world, i)
    for i in acting(world, order, (*BUILDING, "dismantle")):
        if world.agents[i].action == "dismantle":
            dismantle(world, i)
        else:
            build(world, i, world.agents[i].action.removeprefix("build_"))
    for i in acting(world, order, ("bond",)):
        bond(world, i)
    tire(world)
    for o in range(len(world.things)):
        age(world, o)
    share(world)
    world.t += 1
    world.terminated = is_over(world)


def shuffled(world: World) -> list[int]:
    """The agents in the order of this step."""
    order: list[int] = []
    for i in range(len(world.agents)):
        j = below(draw(world.now, i, ORDER, 0), i + 1)
        order.append(i)
        order[i], order[j] = order[j], i
    return order


def choose(world: World, actions: list[str]) -> None:
    """Note what everyone sets out to do."""
    for agent, action in zip(world.agents, actions, strict=True):
        agent.own, agent.struck = 0.0, False
        agent.action = action
        if agent.frozen > 0 or action not in agent.body.spec.actions:
            agent.action = "stay"
        if action != agent.action:
            world.note("able to do nothing such")


def acting(world: World, order: list[int], actions: tuple[str, ...]) -> Iterator[int]:
    """The agents whose turn it is, one by one; the action of one that was struck before its turn is void."""
    for i in order:
        agent = world.agents[i]
        if agent.action not in actions:
            continue
        if agent.struck:
            agent.action = "stay"
            world.note("first action void")
        else:
            yield i


def tire(world: World) -> None:
    """Shields cost energy, and frozen agents thaw."""
    for agent in world.agents:
        if agent.shield:
            world.pay(agent, min(agent.energy, agent.body.prices["shield"]))
            if agent.energy == 0:
                agent.shield = False
                world.note("worn shield")
        if agent.frozen > 0 and not agent.struck:
            agent.frozen -= 1


def share(world: World) -> None:
    """Hand rewards out by kinship, rounded to float32 after every summand."""
    everyone = range(len(world.agents))
    for agent in world.agents:
        agent.shared = 0.0
    for j in everyone:
        earned = world.agents[j].own
        if earned == 0:
            continue
        total = 1.0
        if world.scenario.kinship.normalise:
            total = 0.0
            for i in everyone:
                total += kinship(world, i, j)
        for i in everyone:
            agent = world.agents[i]
            agent.shared = single(agent.shared + earned * kinship(world, i, j) / total)


def is_over(world: World) -> bool:
    """Whether the episode ends by the world's rules."""
    end = world.scenario.end
    if end.hearts > 0 and sum(agent.stats["hearts"] for agent in world.agents) >= end.hearts:
        world.note("hearts enough")
        return True
    spent = all(agent.energy == 0 and not any(agent.inventory.values()) for agent in world.agents)
    if end.exhausted and spent:
        world.note("exhausted")
        return True
    return False
