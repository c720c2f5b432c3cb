"""Small worlds for tests, play that is random but seldom dull, and worlds as nested lists that can be compared."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from random_play import choices
from reference_world import numbers_that_matter

from commlab.env.batch import WorldBatch
from commlab.env.loading import parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, Action, Cell, Number

ARRAYS = (
    "t", "key", "map", "value", "trait", "poison", "n_walls", "facing", "last_action", "energy", "inventory", "shield",
    "frozen", "partner", "message", "relayed", "air", "reservoir", "inflow", "own_reward", "shared_reward", "stats",
    "terminated", "truncated",
)  # fmt: skip


def play(batch: WorldBatch, n_steps: int, seed: int) -> Iterator[tuple[Any, Any]]:
    """Actions and messages for some steps of all worlds of a batch."""
    rng = random.Random(seed)
    for _ in range(n_steps):
        chosen = [choices(batch.scenario, world_lists(batch, w), rng) for w in range(batch.n_worlds)]
        yield tuple(np.array(part, np.uint8) for part in zip(*chosen, strict=True))


def world_lists(batch: WorldBatch, w: int) -> dict[str, Any]:
    """World `w` of a batch as the reference has it."""
    world, rules = batch.world, batch.rules
    inner = (w, slice(VIEW, -VIEW), slice(VIEW, -VIEW))
    numbers = dict(zip((number.name.lower() for number in Number), world.numbers[w].tolist(), strict=True))
    courted = zip(world.courting[w].tolist(), world.courted_at[w].tolist(), strict=True)
    return {
        **{name: getattr(world, name)[w].tolist() for name in ARRAYS},
        "numbers": numbers_that_matter(batch.scenario, numbers),
        "reward": float(world.reward[w]),
        "kinship": shares(world, w),
        "grid": world.grid[inner].tolist(),
        "occupant": world.occupant[inner].tolist(),
        "place": places(world.row[w], world.column[w]),
        "courting": [(-1, -1) if i < 0 else (i, t) for i, t in courted],
        "objects": [object_fields(world, w, o) for o in range(rules.kind.shape[0])],
        "total_energy": int(batch.total_energy()[w]),
    }


def places(rows: Any, columns: Any) -> list[tuple[int, int]]:
    """Places on the map, from those in the grid."""
    return [(int(r) - VIEW, int(c) - VIEW) for r, c in zip(rows, columns, strict=True)]


def shares(world: Any, w: int) -> list[list[float]]:
    """K without bonds, from the shares of groups."""
    group = world.group[w].astype(int)
    matrix = world.shares[w][group[:, None], group[None, :]].copy()
    np.fill_diagonal(matrix, 1)
    rows: list[list[float]] = matrix.tolist()
    return rows


def object_fields(world: Any, w: int, o: int) -> dict[str, Any] | None:
    """What there is to know of an object; of a free place in the list nothing."""
    code = int(world.kind[w, o])
    if code == Cell.EMPTY:
        return None
    crystal = Cell.CRYSTAL_GREEN <= code <= Cell.CRYSTAL_BLUE
    names = ("timer", "hp", "embodied", "link", *(("stock", "max_stock") if crystal else ()))
    return {
        "kind": code,
        "place": (int(world.object_row[w, o]) - VIEW, int(world.object_column[w, o]) - VIEW),
        **{name: int(getattr(world, name)[w, o]) for name in names},
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
    messages = np.zeros((*shape, batch.scenario.channel.length), np.uint8)
    messages[..., 0] = 0 if say is None else say
    batch.step(np.broadcast_to(np.array(actions, np.uint8), shape), messages)
