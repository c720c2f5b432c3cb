"""Interventions: changes to what agents say or hear, as data; and the plan that the rollout loop carries out.

An intervention is frozen and serialises to JSON, so that every recording says what was done to its episodes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import KINSHIP_STEPS, UNKNOWN, Observation, Slot
from commlab.foundation.errors import InterventionError

Site = Literal["message.out", "message.in"]
Operation = Literal["mute", "set", "replay"]
SITES: tuple[Site, ...] = ("message.out", "message.in")
OPERATIONS: dict[Site, tuple[Operation, ...]] = {
    "message.out": ("mute", "set", "replay"),
    "message.in": ("mute", "set"),
}
_KEEP, _MUTE = -2, -1


@dataclass(frozen=True)
class Intervention:
    """A change at one site, for some agents and steps.

    `message.out` is what an agent emits, whatever it said: muted, set to `symbol`, or replayed from the same step of
    another episode (`source`). `message.in` is what an agent hears: nothing, or `symbol` from a phantom speaker of the
    declared `kinship`, whoever else speaks.
    """

    site: Site
    operation: Operation
    agents: tuple[int, ...] | None = None  # None: all
    first: int = 0  # step
    last: int | None = None  # the last step, None: to the end
    symbol: int | None = None
    kinship: float = 1.0
    source: int | None = None  # episode to replay

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise InterventionError(f"An intervention's site is one of {', '.join(SITES)}, not {self.site!r}.")
        if self.operation not in OPERATIONS[self.site]:
            allowed = ", ".join(OPERATIONS[self.site])
            raise InterventionError(f"At {self.site} an intervention can {allowed}, not {self.operation!r}.")
        if (self.operation == "set") != (self.symbol is not None):
            raise InterventionError("An intervention has a symbol if, and only if, its operation is 'set'.")
        if (self.operation == "replay") != (self.source is not None):
            raise InterventionError("An intervention has a source episode if, and only if, its operation is 'replay'.")
        if self.symbol is not None and not 0 <= self.symbol <= 255:
            raise InterventionError(f"An intervention's symbol lies in 0 to 255, 0 being silence, not {self.symbol}.")
        if not -1 <= self.kinship <= 1:
            raise InterventionError(f"A phantom's kinship lies in -1 to 1, not {self.kinship}.")
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise InterventionError(
                f"An intervention lasts from step 0 or later, not from {self.first} to {self.last}."
            )


def to_json(interventions: Sequence[Intervention]) -> str:
    """Return interventions as JSON."""
    return json.dumps([asdict(intervention) for intervention in interventions], sort_keys=True)


def from_json(text: str) -> tuple[Intervention, ...]:
    """Return the interventions that `to_json` wrote."""
    rows: list[dict[str, Any]] = json.loads(text)
    return tuple(
        Intervention(**{**row, "agents": None if row["agents"] is None else tuple(row["agents"])}) for row in rows
    )


class Plan(NamedTuple):
    """What to do at every step of an episode in every world; axes of length 1 stand for all."""

    emit: NDArray[np.int16]  # (T|1, W|1, A|1) symbol to emit, -1 for silence, -2 for what was said
    hear: NDArray[np.int16]  # (T|1, W|1, A|1) symbol to hear, -1 for nothing, -2 for what is there
    kinship: NDArray[np.int8]  # (W|1, A|1) of the phantom, in sixteenths

    def emitted(self, t: int, message: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the messages (W, A, 1) that go into the air at step t when `message` was said."""
        wanted = np.broadcast_to(at_step(self.emit, t), message.shape[:2])
        if (wanted == _KEEP).all():
            return message
        out = message.copy()
        out[wanted == _MUTE] = 0
        out[wanted >= 0, 0] = wanted[wanted >= 0]
        return out

    def change_hearing(self, t: int, observation: Observation) -> NDArray[np.bool_]:
        """Change what is heard at step t, in place; return which slots (W, A, K) hold injected messages."""
        injected = np.zeros(observation.heard.shape[:3], np.bool_)
        wanted = np.broadcast_to(at_step(self.hear, t), injected.shape[:2])
        touched = wanted != _KEEP
        if not touched.any():
            return injected
        observation.heard[touched] = 0
        observation.slots[touched] = 0
        observation.speaker[touched] = -1
        spoken = wanted >= 0
        kinship = np.broadcast_to(self.kinship, spoken.shape)
        observation.heard[spoken, 0, 0] = wanted[spoken]
        observation.slots[spoken, 0, Slot.PRESENT] = 1
        observation.slots[spoken, 0, Slot.KINSHIP] = kinship[spoken]
        observation.slots[spoken, 0, Slot.ROW] = UNKNOWN
        observation.slots[spoken, 0, Slot.COLUMN] = UNKNOWN
        injected[spoken, 0] = True
        return injected


def at_step(array: NDArray[np.int16], t: int) -> NDArray[np.int16]:
    """Return the plan of step t; what is observed after the last step falls under the last step's plan."""
    step: NDArray[np.int16] = array[min(t, array.shape[0] - 1)]
    return step


NO_PLAN = Plan(
    emit=np.full((1, 1, 1), _KEEP, np.int16),
    hear=np.full((1, 1, 1), _KEEP, np.int16),
    kinship=np.zeros((1, 1), np.int8),
)
MUTED = NO_PLAN._replace(hear=np.full((1, 1, 1), _MUTE, np.int16))


def make_plan(
    worlds: Sequence[Sequence[Intervention]], n_steps: int, n_agents: int, replays: NDArray[np.uint8] | None = None
) -> Plan:
    """Return the plan for W worlds, each with interventions of its own.

    `replays` (W, T, A) are the messages to emit where an intervention replays another episode.
    Raises InterventionError for agents or steps that the scenario lacks.
    """
    shape = (n_steps, len(worlds), n_agents)
    plan = Plan(np.full(shape, _KEEP, np.int16), np.full(shape, _KEEP, np.int16), np.zeros(shape[1:], np.int8))
    for w, interventions in enumerate(worlds):
        for intervention in interventions:
            _enter(plan, w, intervention, n_steps, n_agents, replays)
    return plan


def check_plan(plan: Plan, n_steps: int, n_worlds: int, n_agents: int, n_symbols: int) -> None:
    """Raise InterventionError where a plan does not fit the worlds that it is for."""
    for array in (plan.emit, plan.hear):
        if any(
            length not in (1, all_) for length, all_ in zip(array.shape, (n_steps, n_worlds, n_agents), strict=True)
        ):
            raise InterventionError(
                f"The plan is for (steps, worlds, agents) {array.shape}, but there are "
                f"{(n_steps, n_worlds, n_agents)}; make it anew for these."
            )
    loudest = max(int(plan.emit.max()), int(plan.hear.max()))
    if loudest >= n_symbols:
        raise InterventionError(f"This world has symbols 0 to {n_symbols - 1}, not {loudest}; name one of these.")


def _enter(
    plan: Plan, w: int, change: Intervention, n_steps: int, n_agents: int, replays: NDArray[np.uint8] | None
) -> None:
    """Write one world's intervention into the plan's arrays."""
    agents = list(range(n_agents)) if change.agents is None else list(change.agents)
    strangers = [agent for agent in agents if not 0 <= agent < n_agents]
    if strangers:
        raise InterventionError(f"This world has agents 0 to {n_agents - 1}, not {strangers[0]}.")
    if change.first >= n_steps:
        raise InterventionError(
            f"Episodes end after step {n_steps - 1}; an intervention cannot begin at {change.first}."
        )
    last = n_steps - 1 if change.last is None else min(change.last, n_steps - 1)
    steps = np.arange(change.first, last + 1)[:, None]
    array = plan.emit if change.site == "message.out" else plan.hear
    if change.operation == "replay":
        assert replays is not None, "a replay needs the messages to replay"
        array[steps, w, agents] = replays[w, steps, agents]
    else:
        array[steps, w, agents] = _MUTE if change.symbol is None else change.symbol
    if change.site == "message.in" and change.operation == "set":
        plan.kinship[w, agents] = round(change.kinship * KINSHIP_STEPS)
