"""Plans: the interventions of a batch of worlds as arrays, one change after another for every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention, Operation, Site
from commlab.env.types import KINSHIP_STEPS
from commlab.foundation.errors import InterventionError

__all__ = ["MUTED", "NO_PLAN", "Change", "Plan", "Tape", "check_plan", "make_plan", "saying"]


class Tape(NamedTuple):
    """What was said and heard in an episode."""

    said: NDArray[np.uint8]  # (T, A, L)
    heard: NDArray[np.uint8]  # (T, A, K, L)
    slots: NDArray[np.int8]  # (T, A, K, len(Slot))
    speaker: NDArray[np.int16]  # (T, A, K)


class Change(NamedTuple):
    """One operation at one site, wherever it is done; axes of length 1 stand for all."""

    site: Site
    operation: Operation
    where: NDArray[np.bool_]  # (T|1, W|1, A|1)
    symbols: NDArray[np.uint8]  # (T|1, W|1, A|1, L) to set or inject
    kinship: NDArray[np.int8]  # (T|1, W|1, A|1) of the phantom, in sixteenths
    speakers: tuple[int, ...] | None = None
    delay: int = 0  # steps
    chance: float = 0.0
    tape: Tape | None = None


class Plan(NamedTuple):
    """What to do at every step of an episode in every world, in this order."""

    changes: tuple[Change, ...] = ()

    def padded(self, n_worlds: int) -> Plan:
        """Return the plan for a batch filled up to `n_worlds`: the worlds behind the planned ones are left alone."""
        return Plan(
            tuple(
                change._replace(
                    where=_pad(change.where, n_worlds),
                    symbols=_pad(change.symbols, n_worlds),
                    kinship=_pad(change.kinship, n_worlds),
                )
                for change in self.changes
            )
        )


_EVERYWHERE, _NO_KINSHIP = np.ones((1, 1, 1), np.bool_), np.zeros((1, 1, 1), np.int8)
NO_PLAN = Plan()
MUTED = Plan((Change("message.in", "mute", _EVERYWHERE, np.zeros((1, 1, 1, 1), np.uint8), _NO_KINSHIP),))


def saying(messages: NDArray[np.uint8]) -> Plan:
    """Return the plan in which everyone emits `messages` (T, W, A, L), whatever it says."""
    return Plan((Change("message.out", "set", _EVERYWHERE, messages, _NO_KINSHIP),))


def make_plan(
    worlds: Sequence[Sequence[Intervention]],
    n_steps: int,
    n_agents: int,
    length: int = 1,
    tapes: Mapping[int, Tape] | None = None,
) -> Plan:
    """Return the plan for W worlds of messages of `length` symbols, each with interventions of its own.

    In a world they are done in their order. `tapes` holds what is replayed, by episode. Raises InterventionError for
    agents, steps or messages that the scenario lacks.
    """
    shape = (n_steps, len(worlds), n_agents)
    changes: list[Change] = []
    for w, interventions in enumerate(worlds):
        place = 0
        for intervention in interventions:
            _check_fits(intervention, n_steps, n_agents, length)
            wanted = _change(intervention, shape, length, tapes or {})
            while place < len(changes) and not _alike(changes[place], wanted):
                place += 1
            if place == len(changes):
                changes.append(wanted)
            _enter(changes[place], w, intervention)
    return Plan(tuple(changes))


def check_plan(plan: Plan, n_steps: int, n_worlds: int, n_agents: int, n_symbols: int, length: int) -> None:
    """Raise InterventionError where a plan does not fit the worlds that it is for."""
    for change in plan.changes:
        for array in (change.where, change.symbols[..., 0], change.kinship):
            sizes = zip(array.shape, (n_steps, n_worlds, n_agents), strict=True)
            if any(size not in (1, all_) for size, all_ in sizes):
                raise InterventionError(
                    f"The plan is for (steps, worlds, agents) {array.shape}, but there are "
                    f"{(n_steps, n_worlds, n_agents)}; make it anew for these."
                )
        if change.operation in ("set", "inject") and change.symbols.shape[3] != length:
            raise InterventionError(
                f"The plan has messages of {change.symbols.shape[3]} symbols, but those of this world have {length}."
            )
        loudest = int(change.symbols.max())
        if loudest >= n_symbols:
            raise InterventionError(f"This world has symbols 0 to {n_symbols - 1}, not {loudest}; name one of these.")
        if change.tape is not None and change.tape.said.shape[1:] != (n_agents, length):
            raise InterventionError("The episode to replay is of other agents or messages; replay one of these.")


def _check_fits(change: Intervention, n_steps: int, n_agents: int, length: int) -> None:
    """Raise InterventionError where a scenario lacks what an intervention names."""
    for agents in (change.agents, change.speakers):
        strangers = [agent for agent in agents or () if not 0 <= agent < n_agents]
        if strangers:
            raise InterventionError(f"This world has agents 0 to {n_agents - 1}, not {strangers[0]}.")
    if change.first >= n_steps:
        raise InterventionError(
            f"Episodes end after step {n_steps - 1}; an intervention cannot begin at {change.first}."
        )
    if change.message and len(change.message) != length:
        raise InterventionError(
            f"Messages of this world have {length} symbols, not {len(change.message)}; name them all, 0 for silence."
        )


def _change(intervention: Intervention, shape: tuple[int, int, int], length: int, tapes: Mapping[int, Tape]) -> Change:
    """Return the change that an intervention asks for, done nowhere yet."""
    says = bool(intervention.message)
    if intervention.source is not None and intervention.source not in tapes:
        raise InterventionError(f"Episode {intervention.source} is not there to be replayed; hand over its tape.")
    return Change(
        intervention.site,
        intervention.operation,
        np.zeros(shape, np.bool_),
        np.zeros((*(shape if says else (1, 1, 1)), length), np.uint8),
        np.zeros(shape if says else (1, 1, 1), np.int8),
        intervention.speakers,
        intervention.delay or 0,
        intervention.chance or 0.0,
        None if intervention.source is None else tapes[intervention.source],
    )


def _alike(one: Change, other: Change) -> bool:
    """Return whether two changes differ in nothing but where they are done and what is said."""
    return (one[:2], one[5:8]) == (other[:2], other[5:8]) and one.tape is other.tape


def _enter(change: Change, w: int, intervention: Intervention) -> None:
    """Write where one world's intervention is done into the change's arrays."""
    n_steps, _, n_agents = change.where.shape
    agents = list(range(n_agents)) if intervention.agents is None else list(intervention.agents)
    last = n_steps - 1 if intervention.last is None else min(intervention.last, n_steps - 1)
    steps = np.arange(intervention.first, last + 1)[:, None]
    change.where[steps, w, agents] = True
    if intervention.message:
        change.symbols[steps, w, agents] = intervention.message
        change.kinship[steps, w, agents] = round(intervention.kinship * KINSHIP_STEPS)


def _pad(array: NDArray[Any], n_worlds: int) -> NDArray[Any]:
    """Return an array (T, W, …) with zeros for the missing worlds; as it is where one stands for all."""
    missing = n_worlds - array.shape[1]
    if array.shape[1] == 1 or missing == 0:
        return array
    return np.pad(array, [(0, missing if axis == 1 else 0) for axis in range(array.ndim)])
