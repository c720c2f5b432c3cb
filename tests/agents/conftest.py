"""Worlds in which everything that tokens tell can be seen, and what happens in them."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.policy import Hooks, Policy
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import World

MIXED_MAP = """
###########
#o.o...o.o#
#....C....#
#.o.....o.#
#....A....#
#.........#
#.o..C..o.#
#....o....#
###########
"""


@pytest.fixture(scope="session")
def lookout() -> Scenario:
    """A scout and a gatherer for 12 steps."""
    return load_scenario("lookout", {"steps": 12})


@pytest.fixture(scope="session")
def mixed() -> Scenario:
    """Six agents of three bodies with kinships of every grade, four kinds of crystals, a converter, places unknown."""
    kinship = np.full((6, 6), 0.25)
    kinship[0] = [1, 1, 0.5, 0.25, 0, -1]
    np.fill_diagonal(kinship, 1)
    free = {"max_energy": 250, "start_energy": 100, "carry": 7}
    return parse_scenario(
        {
            "name": "mixed",
            "title": "All there is",
            "about": "For tests.",
            "steps": 20,
            "map": MIXED_MAP,
            "crystals": [{"kind": kind, "count": 2, "stock": 9} for kind in ("green", "yellow", "red", "blue")],
            "values": {"green": 10, "yellow": 10, "red": 10, "blue": 10},
            "bump": True,
            "converter": {"recipes": [{"green": 1}], "cooldown": 0},
            "altar": {"cost": 20, "cooldown": 0},
            "bodies": {"scout": {"view": 5, **free}, "near": {"view": 2, **free}, "far": {"view": 4, **free}},
            "agents": [{"body": body, "count": 2, "family": f} for f, body in enumerate(("scout", "near", "far"))],
            "kinship": {"structure": "matrix", "matrix": kinship.tolist()},
            "channel": {"vocabulary": 5, "slots": 4, "direction": True},
            "observation": {"entities": 12, "own_position": False},
        }
    )


WHOLE_MAP = """
############
#o.o.B..o.o#
#....C....o#
#.o..##.o..#
#....A.....#
#..o...o...#
#.o..C..oB.#
#..o.o.o...#
############
"""


@pytest.fixture(scope="session")
def whole() -> Scenario:
    """Six agents that can do all there is, speak two symbols at a time and pay prices drawn for every episode."""
    able = {
        "actions": ["north", "east", "south", "west", "use", "attack", "shield", "give", "build_beacon", "bond"],
        "max_energy": [200, 250],
        "start_energy": [50, 150],
    }
    return parse_scenario(
        {
            "name": "whole",
            "title": "The whole world",
            "about": "For tests.",
            "steps": 20,
            "map": WHOLE_MAP,
            "crystals": [{"kind": "green", "count": 3, "stock": 9}],
            "berries": {"count": 4, "looks": 3, "poisonous": 1},
            "values": {"green": [10, 30], "yellow": 10},
            "altar": {"cost": [20, 40], "reward": [0.5, 2]},
            "combat": {"damage": [2, 9], "freeze": 3, "range": 5},
            "building": {"limit": 3},
            "prices": {"move": [0, 2], "attack": 1, "shield": 1, "talk": [0, 1], "bond": [1, 9]},
            "bodies": {"tall": {"view": 5, **able}, "small": {"view": 3, "costs": {"move": 2.5}, **able}},
            "agents": [{"body": body, "count": 3, "family": f} for f, body in enumerate(("tall", "small"))],
            "kinship": {"structure": "teams", "size": 3, "share": 0.25},
            "channel": {"vocabulary": 5, "slots": 3, "length": 2},
            "observation": {"entities": 12},
        }
    )


class Trace(NamedTuple):
    """What a watcher saw, an entry a step."""

    said: np.ndarray  # (T, W, A, L)
    emitted: np.ndarray  # (T, W, A, L)
    heard: np.ndarray  # (T, W, A, K, L)
    slots: np.ndarray  # (T, W, A, K, len(Slot))
    speaker: np.ndarray  # (T, W, A, K)
    injected: np.ndarray  # (T, W, A, K)
    action: np.ndarray  # (T, W, A)
    logits: np.ndarray  # (T, W, A, n_actions + L * V)
    core: np.ndarray  # (T, W, A, H)
    row: np.ndarray  # (T, W, A)
    reward: np.ndarray  # (T, W, A)


class Tracer:
    """A watcher that copies everything."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.kept: dict[str, list[Any]] = {name: [] for name in Trace._fields}

    def before(self, moment: Moment) -> None:
        """Copy what is seen before the step."""
        decision, observation = moment.decision, moment.observation
        seen = {
            "said": decision.message,
            "emitted": moment.emitted,
            "heard": observation.heard,
            "slots": observation.slots,
            "speaker": observation.speaker,
            "injected": moment.injected,
            "action": decision.action,
            "logits": decision.logits,
            "core": decision.hidden.get("core", np.zeros(0)),
            "row": moment.world.row,
        }
        for name, values in seen.items():
            self.kept[name].append(values.copy())
        self.steps.append((moment.t, int(moment.world.t[0])))

    def after(self, t: int, world: World) -> None:
        """Copy what came of it."""
        assert self.steps[-1] == (t, t)
        assert world.t[0] == t + 1
        self.kept["reward"].append(world.shared_reward.copy())

    def trace(self) -> Trace:
        """Everything, stacked."""
        return Trace(*(np.stack(self.kept[name]) for name in Trace._fields))


def roll_out(
    scenario: Scenario,
    n_worlds: int = 3,
    plan: Plan = NO_PLAN,
    hooks: Hooks | None = None,
    policy: Policy | None = None,
) -> Trace:
    """Whole episodes of a fresh policy whose draws are plain chance."""
    worlds, tracer = WorldBatch(scenario, n_worlds), Tracer()
    rollout = Rollout(worlds, policy or RecurrentPolicy(scenario, n_hidden=8), plan, hooks)
    rollout.begin(np.arange(n_worlds))
    rollout.run(scenario.steps, tracer)
    return tracer.trace()


@pytest.fixture(scope="session")
def play() -> Any:
    """Plays whole episodes: play(scenario, n_worlds, plan, hooks, policy) -> Trace."""
    return roll_out
