"""Whether a plan fits the worlds and the policy that it is for: raised once, before the first step."""

from __future__ import annotations

import numpy as np

from commlab.agents.plan import Change, Plan
from commlab.agents.policy import Policy
from commlab.agents.sites import HIDDEN, WORLD, room_of
from commlab.agents.tokens import find_features
from commlab.env.batch import WorldBatch
from commlab.env.types import VIEW, Own, Trait
from commlab.foundation.errors import InterventionError, nearest_names

__all__ = ["FIELDS", "check_plan"]

FIELDS = tuple(column.name.lower() for column in Own)  # of an agent's own state


def check_plan(plan: Plan, worlds: WorldBatch, policy: Policy) -> None:
    """Raise InterventionError where a plan does not fit the worlds or the policy that it is for."""
    for change in plan.changes:
        _check_shapes(change, worlds)
        room = room_of(change.site)
        if room in ("message.out", "message.in"):
            _check_messages(change, worlds)
        elif room == HIDDEN:
            _check_hidden(change, policy)
        elif room == "action":
            _check_number("action", change, worlds.scenario.n_actions - 1)
        elif room == "observation" and change.field is not None:
            _check_field(change, worlds)
        elif room == WORLD:
            _check_world(change, worlds)
        if change.tape is not None:
            _check_tape(change, worlds)


def _check_shapes(change: Change, worlds: WorldBatch) -> None:
    """Raise where arrays are of other steps, worlds or agents."""
    wanted = (worlds.rules.n_steps, worlds.n_worlds, worlds.n_agents)
    for array in change.arrays.values():
        if any(size not in (1, all_) for size, all_ in zip(array.shape[:3], wanted, strict=True)):
            raise InterventionError(
                f"The plan is for (steps, worlds, agents) {array.shape[:3]}, but there are {wanted}; make it anew for "
                f"these."
            )


def _check_messages(change: Change, worlds: WorldBatch) -> None:
    """Raise where messages have other symbols, or another number of them."""
    channel = worlds.scenario.channel
    if change.operation in ("set", "inject") and change.symbols.shape[3] != channel.length:
        raise InterventionError(
            f"The plan has messages of {change.symbols.shape[3]} symbols, but those of this world have "
            f"{channel.length}."
        )
    loudest = int(change.symbols.max())
    if loudest >= channel.vocabulary:
        raise InterventionError(
            f"This world has symbols 0 to {channel.vocabulary - 1}, not {loudest}; name one of these."
        )


def _check_hidden(change: Change, policy: Policy) -> None:
    """Raise where a policy has no such hidden states, or of another size."""
    name = change.site.split(".", 1)[1]
    sizes = policy.hidden_sizes
    if name not in sizes:
        has = f"it has hidden.{', hidden.'.join(sizes)}" if sizes else "it has none"
        raise InterventionError(f"The policy has no hidden states {change.site!r}: {has}.")
    size = sizes[name]
    given = change.values.shape[3] if change.operation in ("add", "set") else size
    if change.eraser is not None:
        given = np.shape(change.eraser.bias)[0]
    if given != size:
        raise InterventionError(f"Hidden states at {change.site} have {size} units, not {given}; give one number each.")


def _check_number(what: str, change: Change, largest: int, least: int = 0) -> None:
    """Raise where a value lies outside of what there is."""
    if change.operation != "set":
        return
    values = np.broadcast_to(change.values[..., 0], np.broadcast_shapes(change.where.shape, change.values.shape[:3]))
    given = values[np.broadcast_to(change.where, values.shape)]
    wrong = given[(given < least) | (given > largest)]
    if len(wrong):
        raise InterventionError(f"Here {what} lies in {least} to {largest}, not {int(wrong[0])}.")


def _check_field(change: Change, worlds: WorldBatch) -> None:
    """Raise where an agent's own state has no such column, or not such a value."""
    name = str(change.field)
    if name not in FIELDS:
        near = nearest_names(name, FIELDS, 1)[0]
        raise InterventionError(
            f"An agent's own state has no {name!r}; the nearest is {near}, all are {', '.join(FIELDS)}."
        )
    rules, scenario = worlds.rules, worlds.scenario
    if name in ("row", "column") and not scenario.observation.own_position:
        raise InterventionError(f"In {scenario.name!r} agents are not told where they are, so {name} cannot be set.")
    has = find_features(rules)
    if (
        (name == "shield" and not has.shields)
        or (name == "frozen" and not has.combat)
        or (name == "bonded" and not has.bonds)
    ):
        raise InterventionError(f"In {scenario.name!r} nobody is ever told {name!r}, so it cannot be set.")
    largest = {
        "energy": int(rules.trait[1, :, Trait.MAX_ENERGY].max()),
        "row": rules.grids.shape[1] - 2 * VIEW - 1,
        "column": rules.grids.shape[2] - 2 * VIEW - 1,
        "facing": 3,
        "last_action": scenario.n_actions - 1,
        "shield": 1,
        "bonded": 1,
        "body": len(scenario.bodies) - 1,
        "frozen": 127,
    }
    _check_number(name, change, largest.get(name, 2**15 - 1))


def _check_world(change: Change, worlds: WorldBatch) -> None:
    """Raise where the world has no such thing, or not such a value."""
    name, has = change.site.split(".", 1)[1], find_features(worlds.rules)
    if not {"shield": has.shields, "frozen": has.combat}.get(name, True):
        raise InterventionError(f"In {worlds.scenario.name!r} there is no {name}, so it cannot be set.")
    if name != "kinship":
        _check_number(name, change, {"shield": 1, "frozen": 127}.get(name, 2**15 - 1))


def _check_tape(change: Change, worlds: WorldBatch) -> None:
    """Raise where the episode to replay is of other agents or messages."""
    assert change.tape is not None
    if change.tape.said.shape[1:] != (worlds.n_agents, worlds.scenario.channel.length):
        raise InterventionError("The episode to replay is of other agents or messages; replay one of these.")
