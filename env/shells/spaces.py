"""What agents observe and do as Gymnasium describes it: names, spaces and action masks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from commlab.env.loading import load_scenario, override, parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import (
    KINSHIP_STEPS,
    UNKNOWN,
    VIEW,
    WINDOW,
    Action,
    Bools,
    Cell,
    Entity,
    Facing,
    Observation,
    Own,
    Rules,
    Slot,
    World,
)

ObservationDict = dict[str, NDArray[Any]]

_MOST = 2**15 - 1  # of a short


class ActionSpace(spaces.Dict):
    """An agent's action and message; a sample's mask may be the mask of actions alone, as observations have it."""

    def sample(self, mask: Any = None, probability: Any = None) -> dict[str, Any]:
        """Return a random action and message; `mask` (n_actions,) int8 leaves out actions."""
        whole = mask if mask is None or isinstance(mask, dict) else {"action": mask, "message": None}
        return super().sample(whole, probability)


def as_scenario(scenario: str | Path | Scenario, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return the scenario given by name, path or itself, with dotted fields overridden; ScenarioError if wrong."""
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, overrides)
    if not overrides:
        return scenario
    data = scenario.model_dump(mode="json")
    for field, value in overrides.items():
        override(data, field, value)
    return parse_scenario(data, f"scenario {scenario.name!r} with {', '.join(overrides)} set")


def agent_names(scenario: Scenario) -> list[str]:
    """Return the agents' names, in their order: body and number among the agents of that body, as in "scout_0"."""
    seen = dict.fromkeys(scenario.bodies, 0)
    names = []
    for body in scenario.agent_bodies:
        names.append(f"{body}_{seen[body]}")
        seen[body] += 1
    return names


def action_space(scenario: Scenario) -> ActionSpace:
    """Return the space of what an agent does in a step: an action, and a message of L symbols (0 is silence)."""
    channel = scenario.channel
    message = spaces.MultiDiscrete(np.full(channel.length, channel.vocabulary))
    return ActionSpace({"action": spaces.Discrete(scenario.n_actions), "message": message})


def observation_space(scenario: Scenario) -> spaces.Dict:
    """Return the space of what an agent observes: the arrays of `Observation` and its action mask."""
    channel, n_entities = scenario.channel, scenario.observation.entities
    return spaces.Dict(
        {
            "window": spaces.Box(0, int(Cell.UNSEEN), (WINDOW, WINDOW), np.uint8),
            "entities": _columns(_entity_bounds(scenario), n_entities, np.int8),
            "vector": _columns(_own_bounds(scenario), 0, np.int16),
            "heard": spaces.Box(0, channel.vocabulary - 1, (channel.slots, channel.length), np.uint8),
            "slots": _columns(_slot_bounds(), channel.slots, np.int8),
            "action_mask": spaces.Box(0, 1, (scenario.n_actions,), np.int8),
        }
    )


def observation_rows(observation: Observation, masks: NDArray[np.int8]) -> ObservationDict:
    """Return what W x A agents observe as rows world * A + agent: views, where the arrays are contiguous."""
    arrays = {name: getattr(observation, name) for name in ("window", "entities", "vector", "heard", "slots")}
    arrays["action_mask"] = masks
    return {name: array.reshape(-1, *array.shape[2:]) for name, array in sorted(arrays.items())}


class ActionMasks:
    """What agents can do: `masks` (W, A, n_actions) int8 is 0 where the body lacks an action; the frozen only stay."""

    def __init__(self, scenario: Scenario, rules: Rules, n_worlds: int) -> None:
        """Begin with what the bodies can do."""
        self._able: NDArray[np.int8] = rules.may[rules.body, : scenario.n_actions].astype(np.int8)
        self._able[:, Action.STAY] = 1
        self._frozen: NDArray[np.int8] = (np.arange(scenario.n_actions) == Action.STAY).astype(np.int8)
        self._were_frozen: Bools = np.zeros((n_worlds, self._able.shape[0]), np.bool_)
        self.masks: NDArray[np.int8] = np.repeat(self._able[None], n_worlds, axis=0)

    def update(self, world: World) -> None:
        """Write the masks for the next step; only the rows of agents that froze or thawed change."""
        frozen = world.frozen > 0
        changed = np.nonzero(frozen != self._were_frozen)
        self.masks[changed] = np.where(frozen[changed][:, None], self._frozen, self._able[changed[1]])
        self._were_frozen = frozen


Bounds = dict[int, tuple[int, int]]  # least and most by column; 0 to the type's most where none are given


def _columns(bounds: Bounds, n_rows: int, dtype: type) -> spaces.Box:
    """Return the box of `n_rows` rows (0: one row, without an axis) whose columns have these bounds."""
    shape = (n_rows, len(bounds)) if n_rows else (len(bounds),)
    low, high = np.array([bounds[column] for column in sorted(bounds)], dtype).T
    return spaces.Box(np.broadcast_to(low, shape), np.broadcast_to(high, shape), shape, dtype)


def _entity_bounds(scenario: Scenario) -> Bounds:
    return {
        Entity.KIND: (0, max(cell for cell in Cell if cell is not Cell.UNSEEN)),
        Entity.ROW: (-VIEW, VIEW),
        Entity.COLUMN: (-VIEW, VIEW),
        Entity.KINSHIP: (-KINSHIP_STEPS, KINSHIP_STEPS),
        Entity.FACING: (0, max(Facing)),
        Entity.BODY: (0, len(scenario.bodies) - 1),
        Entity.SHIELD: (0, 1),
        Entity.FROZEN: (0, UNKNOWN),
    }


def _own_bounds(scenario: Scenario) -> Bounds:
    return {
        **dict.fromkeys(Own, (0, _MOST)),
        Own.BODY: (0, len(scenario.bodies) - 1),
        Own.FACING: (0, max(Facing)),
        Own.LAST_ACTION: (0, max(Action)),
        Own.ROW: (-1, 255),
        Own.COLUMN: (-1, 255),
        Own.SHIELD: (0, 1),
        Own.BONDED: (0, 1),
    }


def _slot_bounds() -> Bounds:
    return {
        Slot.PRESENT: (0, 1),
        Slot.KINSHIP: (-KINSHIP_STEPS, KINSHIP_STEPS),
        Slot.ROW: (1 - UNKNOWN, UNKNOWN),
        Slot.COLUMN: (1 - UNKNOWN, UNKNOWN),
        Slot.RELAYED: (0, 1),
    }
