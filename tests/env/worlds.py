"""Random scenarios, random play, and worlds as nested lists that can be compared."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from commlab.env.batch import WorldBatch
from commlab.env.loading import parse_scenario
from commlab.env.scenario import KINDS, Scenario
from commlab.env.types import VIEW, Action, Cell

STRUCTURES = ("selfish", "cooperative", "teams", "families", "matrix")
ARRAYS = ("facing", "last_action", "energy", "inventory", "message", "kind", "stock", "timer", "reservoir", "kinship")


@st.composite
def scenarios(draw: Any) -> Scenario:
    """A scenario in which everything is drawn: map, bodies, agents, kinship, prices."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    n_agents = draw(st.integers(1, 6))
    n_crystals = draw(st.integers(0, 4))
    board = drawn_map(rng, n_agents, n_crystals)
    bodies = {name: drawn_body(rng) for name in ("one", "two", "three")}
    crystals = [
        {
            "kind": rng.choice(KINDS[1:3]),
            "stock": rng.choice((1, 2, 3, 9)),
            "regrow": rng.randint(0, 3),
            "moves": rng.random() < 0.5,
            "stay": rng.choice((0, 0, 1, 4)),
        }
        for _ in range(n_crystals)
    ]
    marked = rng.randint(0, min(3, n_agents))
    agents = [
        {"body": rng.choice(list(bodies)), "family": i % 2, **({"start": "@"} if i < marked else {})}
        for i in range(n_agents)
    ]
    return parse_scenario(
        {
            "name": "drawn",
            "title": "Drawn",
            "about": "Drawn at random.",
            "steps": draw(st.sampled_from((60, 40, 3))),
            "map": board,
            "crystals": crystals,
            "values": {kind: rng.randint(1, 90) for kind in KINDS[:4]},
            "yields": draw(st.sampled_from(("inventory", "energy"))),
            "bump": draw(st.booleans()),
            "altar": {
                "cost": rng.choice((0, 20, 100)),
                "reward": rng.choice((1, 0.1, 3)),
                "cooldown": rng.randint(0, 3),
            },
            "converter": {"recipes": drawn_recipes(rng), "cooldown": rng.randint(0, 3)},
            "bodies": bodies,
            "agents": agents,
            "kinship": drawn_kinship(rng, draw(st.sampled_from(STRUCTURES)), n_agents),
            "channel": {"vocabulary": 9, "slots": draw(st.integers(1, 4)), "direction": rng.random() < 0.5},
            "observation": {"entities": draw(st.integers(1, 9)), "own_position": rng.random() < 0.5},
            "start": {"scatter": draw(st.sampled_from((0.0, 0.5, 1.0))), "carrying": rng.random()},
            "reservoir": rng.choice((0, 100, 10_000, 10_000)),
        }
    )


def drawn_map(rng: random.Random, n_agents: int, n_crystals: int) -> str:
    """A walled map with walls, objects and sites at random, and with enough room."""
    height, width = rng.randint(5, 7), rng.randint(5, 8)
    signs = ["@"] * n_agents + ["o"] * (n_crystals + rng.randint(1, 3))
    signs = (signs + rng.choices("........#AC", k=100))[: max((height - 2) * (width - 2), len(signs))]
    while len(signs) > (height - 2) * (width - 2):
        height += 1
    signs += ["."] * ((height - 2) * (width - 2) - len(signs))
    rng.shuffle(signs)
    rows = ["".join(signs[r * (width - 2) : (r + 1) * (width - 2)]) for r in range(height - 2)]
    return "\n".join(["#" * width, *(f"#{row}#" for row in rows), "#" * width])


def drawn_body(rng: random.Random) -> dict[str, Any]:
    """A body that can do some things at some price."""
    most = rng.choice((0, 50, 250, 250))
    able = ["north", "east", "south", "west", "use"]
    return {
        "view": rng.randint(1, 5),
        "hearing": rng.choice(("everywhere", 0, 1, 2, 4)),
        "actions": able if rng.random() < 0.8 else rng.sample(able, rng.randint(0, 5)),
        "carry": rng.choice((0, 1, 2, 5)),
        "max_energy": most,
        "start_energy": rng.choice((0, most // 2, most)),
        "move_cost": rng.choice((0, 0, 1, 2)),
        "use_cost": rng.choice((0, 0, 2)),
        "talk_cost": rng.choice((0, 0, 1)),
    }


def drawn_recipes(rng: random.Random) -> list[dict[str, int]]:
    """Up to three recipes."""
    kinds = [rng.sample(KINDS[1:3], rng.choice((1, 1, 2))) for _ in range(rng.randint(0, 3))]
    return [{kind: rng.randint(1, 2) for kind in some} for some in kinds]


def drawn_kinship(rng: random.Random, structure: str, n_agents: int) -> dict[str, Any]:
    """A kinship of a structure."""
    pedigree: list[list[int] | None] = []
    for child in range(n_agents):
        pedigree.append(rng.sample(range(child), 2) if child > 1 and rng.random() < 0.7 else None)
    matrix = [[1.0 if i == j else rng.uniform(-0.1, 1) for j in range(n_agents)] for i in range(n_agents)]
    return {
        "structure": structure,
        "share": rng.choice((0, 0.3, 1)),
        "size": rng.randint(1, 4),
        "normalise": rng.random() < 0.5,
        **({"pedigree": pedigree} if structure == "families" else {}),
        **({"matrix": matrix} if structure == "matrix" else {}),
    }


def play(batch: WorldBatch, n_steps: int, seed: int) -> Iterator[tuple[Any, Any]]:
    """Actions and messages for some steps: at random, but agents often turn to what is beside them and use it."""
    rng = np.random.default_rng(seed)
    shape = (batch.n_worlds, batch.n_agents)
    for _ in range(n_steps):
        actions = rng.choice(6, shape, p=[0.06, 0.18, 0.18, 0.18, 0.18, 0.22]).astype(np.uint8)
        for w, i in zip(*np.nonzero(rng.random(shape) < 0.6), strict=True):
            actions[w, i] = towards_a_thing(batch, (int(w), int(i)), int(actions[w, i]), rng.permutation(4))
        messages = rng.integers(0, batch.scenario.channel.vocabulary, (*shape, 1)).astype(np.uint8)
        yield actions, messages * (rng.random((*shape, 1)) < 0.7).astype(np.uint8)


def towards_a_thing(batch: WorldBatch, agent: tuple[int, int], otherwise: int, looks: Any) -> int:
    """The action that uses an object beside an agent, or turns the agent to it; `looks` are facings in some order."""
    row, column, facing = (int(array[agent]) for array in (batch.world.row, batch.world.column, batch.world.facing))
    for look in looks.tolist():
        r, c = ((-1, 0), (0, 1), (1, 0), (0, -1))[look]
        if Cell.ALTAR <= batch.world.grid[agent[0], row + r, column + c] <= Cell.CRYSTAL_BLUE:
            uses = look == facing and not batch.scenario.bump
            return int(Action.USE) if uses else int(Action.NORTH) + look
    return otherwise


def world_lists(batch: WorldBatch, w: int) -> dict[str, Any]:
    """World `w` of a batch as the reference has it."""
    world = batch.world

    def places(rows: Any, columns: Any) -> list[tuple[int, int]]:
        return [(int(r) - VIEW, int(c) - VIEW) for r, c in zip(rows, columns, strict=True)]

    inner = (w, slice(VIEW, -VIEW), slice(VIEW, -VIEW))
    return {
        **{
            name: getattr(world, name)[w].tolist()
            for name in (*ARRAYS, "t", "truncated", "own_reward", "shared_reward")
        },
        "grid": world.grid[inner].tolist(),
        "occupant": world.occupant[inner].tolist(),
        "place": places(world.row[w], world.column[w]),
        "object_place": places(world.object_row[w], world.object_column[w]),
        "total_energy": int(batch.total_energy()[w]),
    }


def observation_lists(batch: WorldBatch, w: int, i: int) -> dict[str, Any]:
    """What agent `i` of world `w` observes, as nested lists."""
    return {name: array[w, i].tolist() for name, array in batch.observation._asdict().items()}


def small(drawing: str, **fields: Any) -> Scenario:
    """A scenario with this map, one body "one", and an agent at each @; `fields` add to it or replace."""
    body = fields.pop("body", {})
    basic = {
        "name": "small",
        "title": "Small",
        "about": "A world for one test.",
        "map": drawing,
        "bodies": {"one": body},
        "agents": [{"body": "one", "start": "@", "count": drawing.count("@")}],
        "kinship": {"structure": "selfish"},
    }
    return parse_scenario({**basic, **fields})


def begin(scenario: Scenario, n_worlds: int = 1, seed: int = 0) -> WorldBatch:
    """A batch whose episodes 0, 1, … have begun."""
    batch = WorldBatch(scenario, n_worlds, seed)
    batch.reset(np.arange(n_worlds))
    return batch


def act(batch: WorldBatch, *actions: Action, say: tuple[int, ...] | None = None) -> None:
    """Step all worlds of a batch alike: an action for each agent, and a symbol (or silence)."""
    shape = (batch.n_worlds, batch.n_agents)
    messages = np.zeros((*shape, 1), np.uint8)
    messages[..., 0] = 0 if say is None else say
    batch.step(np.broadcast_to(np.array(actions, np.uint8), shape), messages)
