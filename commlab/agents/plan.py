"""Plans: the interventions of a batch of worlds as arrays, one change after another for every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.agents.intervention import Eraser, Intervention
from commlab.env.types import KINSHIP_STEPS
from commlab.foundation.errors import InterventionError

__all__ = [
    "EVERYWHERE",
    "MUTED",
    "NO_PLAN",
    "Change",
    "Plan",
    "Tape",
    "adding",
    "erasing",
    "make_plan",
    "patching",
    "saying",
    "showing_kinship",
    "together",
]


class Tape(NamedTuple):
    """What was said, heard, seen, had in mind and done in an episode."""

    said: NDArray[np.uint8]  # (T, A, L)
    heard: NDArray[np.uint8]  # (T, A, K, L)
    slots: NDArray[np.int8]  # (T, A, K, len(Slot))
    speaker: NDArray[np.int16]  # (T, A, K)
    action: NDArray[np.uint8] | None = None  # (T, A) as carried out
    window: NDArray[np.uint8] | None = None  # (T, A, 11, 11)
    entities: NDArray[np.int8] | None = None  # (T, A, N, len(Entity))
    vector: NDArray[np.int16] | None = None  # (T, A, len(Own))
    hidden: Mapping[str, NDArray[np.float32]] = {}  # by hook point, (T, A, H)


class Change(NamedTuple):
    """One operation at one site, wherever it is done; axes of length 1 stand for all."""

    site: str
    operation: str
    where: NDArray[np.bool_]  # (T|1, W|1, A|1)
    symbols: NDArray[np.uint8] = np.zeros((1, 1, 1, 1), np.uint8)  # (T|1, W|1, A|1, L) to set or inject
    kinship: NDArray[np.int8] = np.zeros((1, 1, 1), np.int8)  # (T|1, W|1, A|1) in sixteenths
    speakers: tuple[int, ...] | None = None
    delay: int = 0  # steps
    chance: float = 0.0
    tape: Tape | None = None
    values: NDArray[np.float32] = np.zeros((1, 1, 1, 1), np.float32)  # (T|1, W|1, A|1, N) to add, set or patch
    others: tuple[int, ...] | None = None
    field: str | None = None
    eraser: Eraser | None = None  # arrays of float32

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """What there is for every step, world and agent."""
        return {"where": self.where, "symbols": self.symbols, "kinship": self.kinship, "values": self.values}


class Plan(NamedTuple):
    """What to do at every step of an episode in every world, in this order."""

    changes: tuple[Change, ...] = ()

    def padded(self, n_worlds: int) -> Plan:
        """Return the plan for a batch filled up to `n_worlds`: the worlds behind the planned ones are left alone."""
        return self.each(lambda array: _pad(array, n_worlds))

    def of(self, worlds: NDArray[np.int64]) -> Plan:
        """Return the plan for a batch whose world n is this one's `worlds[n]`."""
        return self.each(lambda array: array if array.shape[1] == 1 else array[:, worlds])

    def each(self, change_array: Callable[[NDArray[Any]], NDArray[Any]]) -> Plan:
        """Return the plan with all that there is for every step, world and agent (T|1, W|1, A|1, …) changed."""
        return Plan(
            tuple(
                change._replace(
                    where=change_array(change.where),
                    symbols=change_array(change.symbols),
                    kinship=change_array(change.kinship),
                    values=change_array(change.values),
                )
                for change in self.changes
            )
        )


EVERYWHERE = np.ones((1, 1, 1), np.bool_)
NO_PLAN = Plan()
MUTED = Plan((Change("message.in", "mute", EVERYWHERE),))


def saying(messages: NDArray[np.uint8], where: NDArray[np.bool_] = EVERYWHERE) -> Plan:
    """Return the plan in which everyone emits `messages` (T, W, A, L), whatever it says."""
    return Plan((Change("message.out", "set", where, messages),))


def adding(site: str, vectors: ArrayLike, where: NDArray[np.bool_] = EVERYWHERE) -> Plan:
    """Return the plan that adds `vectors` (T|1, W|1, A|1, H), or (H,), to the hidden states at `site`."""
    return Plan((Change(site, "add", where, values=_four_axes(vectors)),))


def patching(site: str, values: ArrayLike, where: NDArray[np.bool_]) -> Plan:
    """Return the plan that replaces the hidden states at `site` with `values` (T|1, W|1, A|1, H), or (H,)."""
    return Plan((Change(site, "set", where, values=_four_axes(values)),))


def erasing(site: str, eraser: Eraser, where: NDArray[np.bool_] = EVERYWHERE) -> Plan:
    """Return the plan that takes out of the hidden states at `site` what `eraser` does."""
    return Plan((Change(site, "erase", where, eraser=_as_arrays(eraser)),))


def showing_kinship(
    kinship: ArrayLike, where: NDArray[np.bool_] = EVERYWHERE, others: tuple[int, ...] | None = None
) -> Plan:
    """Return the plan in which agents are shown a `kinship` (T|1, W|1, A|1), or one number, with `others`."""
    steps = np.rint(np.asarray(kinship, np.float64) * KINSHIP_STEPS).astype(np.int8)
    return Plan(
        (Change("kinship", "set", where, kinship=steps.reshape((1,) * (3 - steps.ndim) + steps.shape), others=others),)
    )


def together(*plans: Plan) -> Plan:
    """Return the plan that does all of them, one after the other."""
    return Plan(tuple(change for plan in plans for change in plan.changes))


def make_plan(
    worlds: Sequence[Sequence[Intervention]],
    n_steps: int,
    n_agents: int,
    length: int = 1,
    tapes: Mapping[int, Tape] | None = None,
) -> Plan:
    """Return the plan for W worlds of messages of `length` symbols, each with interventions of its own.

    In a world they are done in their order. `tapes` holds what is replayed or patched, by episode. Raises
    InterventionError for agents, steps or messages that the scenario lacks.
    """
    shape = (n_steps, len(worlds), n_agents)
    changes: list[Change] = []
    for w, interventions in enumerate(worlds):
        place = 0
        for intervention in interventions:
            _check_fits(intervention, n_steps, n_agents, length)
            wanted = _kind(intervention, tapes or {})
            while place < len(changes) and not _joins(changes[place], wanted, w, intervention):
                place += 1
            if place == len(changes):
                changes.append(_with_room(wanted, intervention, shape, length))
            _enter(changes[place], w, intervention)
    return Plan(tuple(changes))


def _check_fits(change: Intervention, n_steps: int, n_agents: int, length: int) -> None:
    """Raise InterventionError where a scenario lacks what an intervention names."""
    for agents in (change.agents, change.speakers, change.others):
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


def _kind(intervention: Intervention, tapes: Mapping[int, Tape]) -> Change:
    """Return the kind of change that an intervention asks for, without room for where it is done."""
    if intervention.source is not None and intervention.source not in tapes:
        raise InterventionError(f"Episode {intervention.source} is not there to be replayed; hand over its tape.")
    return Change(
        intervention.site,
        intervention.operation,
        np.zeros((1, 1, 1), np.bool_),
        speakers=intervention.speakers,
        delay=intervention.delay or 0,
        chance=intervention.chance or 0.0,
        tape=None if intervention.source is None else tapes[intervention.source],
        values=np.zeros((1, 1, 1, _size(intervention)), np.float32),
        others=intervention.others,
        field=intervention.field,
        eraser=None if intervention.eraser is None else _as_arrays(intervention.eraser),
    )


def _with_room(kind: Change, intervention: Intervention, shape: tuple[int, int, int], length: int) -> Change:
    """Return a change that is done nowhere yet, with room for what differs by step, world and agent (T, W, A)."""
    says = bool(intervention.message)
    shows = says or intervention.site in ("kinship", "world.kinship")
    holds = intervention.vector is not None or intervention.value is not None
    return kind._replace(
        where=np.zeros(shape, np.bool_),
        symbols=np.zeros((*(shape if says else (1, 1, 1)), length), np.uint8),
        kinship=np.zeros(shape if shows else (1, 1, 1), np.int8),
        values=np.zeros((*(shape if holds else (1, 1, 1)), _size(intervention)), np.float32),
    )


def _size(intervention: Intervention) -> int:
    """Return how many numbers an intervention puts in a place."""
    return len(intervention.vector or (0,))


def _alike(one: Change, other: Change) -> bool:
    """Return whether two changes differ in nothing but where they are done, and what is said, shown or put there."""
    same = (one[:2], one[5:8], one.others, one.field) == (other[:2], other[5:8], other.others, other.field)
    same = same and one.tape is other.tape and one.values.shape[3] == other.values.shape[3]
    return same and (one.eraser is None or _same_eraser(one.eraser, other.eraser))


def _joins(change: Change, wanted: Change, w: int, intervention: Intervention) -> bool:
    """Return whether what is wanted in a world can be part of a change, which has room there for one at a time."""
    return _alike(change, wanted) and not change.where[_span(intervention), w][:, _agents(change, intervention)].any()


def _span(intervention: Intervention) -> slice:
    """Return the steps of an intervention."""
    return slice(intervention.first, None if intervention.last is None else intervention.last + 1)


def _agents(change: Change, intervention: Intervention) -> list[int]:
    """Return the agents of an intervention."""
    return list(range(change.where.shape[2])) if intervention.agents is None else list(intervention.agents)


def _same_eraser(one: Eraser, other: Eraser | None) -> bool:
    """Return whether two erasers take out the same."""
    return other is not None and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _enter(change: Change, w: int, intervention: Intervention) -> None:
    """Write where one world's intervention is done into the change's arrays."""
    agents = _agents(change, intervention)
    steps = np.arange(change.where.shape[0])[_span(intervention)][:, None]
    change.where[steps, w, agents] = True
    if intervention.message:
        change.symbols[steps, w, agents] = intervention.message
    if change.kinship.shape == change.where.shape:
        change.kinship[steps, w, agents] = round(intervention.kinship * KINSHIP_STEPS)
    if intervention.vector is not None or intervention.value is not None:
        change.values[steps, w, agents] = intervention.value if intervention.vector is None else intervention.vector


def _pad(array: NDArray[Any], n_worlds: int) -> NDArray[Any]:
    """Return an array (T, W, …) with zeros for the missing worlds; as it is where one stands for all."""
    missing = n_worlds - array.shape[1]
    if array.shape[1] == 1 or missing == 0:
        return array
    return np.pad(array, [(0, missing if axis == 1 else 0) for axis in range(array.ndim)])


def _four_axes(values: ArrayLike) -> NDArray[np.float32]:
    """Return values (…, N) as (T|1, W|1, A|1, N)."""
    array = np.asarray(values, np.float32)
    return array.reshape((1,) * (4 - array.ndim) + array.shape)


def _as_arrays(eraser: Eraser) -> Eraser:
    """Return an eraser of arrays."""
    return Eraser(*(np.asarray(part, np.float32) for part in eraser))
