"""What happened in an episode beside moving and speaking: attacks, thefts, gifts, building, bonds and freezing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["EVENTS", "Event", "events_of"]

Array = np.ndarray[Any, Any]
EVENTS = ("attack", "steal", "give", "freeze", "build", "dismantle", "bond")
AHEAD = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
ARM = 1  # cells: how far a gift reaches


class Event(NamedTuple):
    """Something that an agent did, or that befell it."""

    step: int
    kind: str  # one of EVENTS
    agent: int
    other: int  # with whom, -1 where nobody is known
    note: str  # what exactly, or ""


class Facts(NamedTuple):
    """What events are told from."""

    columns: Mapping[str, Array]
    actions: Mapping[int, str]
    facings: Mapping[int, str]
    attack_range: int


def events_of(
    columns: Mapping[str, Array], codes: Mapping[str, Mapping[int, str]], attack_range: int = 3
) -> list[Event]:
    """The events of an episode in the order of steps, as far as its columns (T, A, …) tell of them."""
    facts = Facts(columns, codes.get("actions", {}), codes.get("facings", {}), attack_range)
    found = [*deeds(facts), *freezes(columns), *bonds(columns)]
    return sorted(found, key=lambda event: (event.step, event.agent, EVENTS.index(event.kind)))


def deeds(facts: Facts) -> list[Event]:
    """What agents chose to do."""
    if "action" not in facts.columns:
        return []
    action = facts.columns["action"]
    kinds = {
        code: kind
        for code, name in facts.actions.items()
        for kind in ("attack", "give", "build", "dismantle")
        if name == kind or name.startswith(f"{kind}_")
    }
    found = []
    for step, agent in zip(*(axis.tolist() for axis in np.nonzero(np.isin(action, list(kinds)))), strict=True):
        code = int(action[step, agent])
        found.append(deed(facts, step, agent, kinds[code]))
    return found


def deed(facts: Facts, step: int, agent: int, kind: str) -> Event:
    """One deed, with whom it met and what became of it."""
    reach = {"attack": facts.attack_range, "give": ARM}.get(kind, 0)
    other = met(facts, step, agent, reach) if reach else -1
    name = facts.actions[int(facts.columns["action"][step, agent])].replace("_", " ")
    if other < 0:
        return Event(step, kind, agent, -1, name if kind in ("build", "dismantle") else "nobody there")
    gained, lost = carried(facts, step, agent), carried(facts, step, other)
    if kind == "attack":
        return Event(step, "steal" if gained > 0 and lost < 0 else "attack", agent, other, "")
    took = lost > 0 or (gained >= 0 and energy(facts, step, other) > 0)
    return Event(step, "give", agent, other, "" if took or not followed(facts, step) else "not taken")


def met(facts: Facts, step: int, agent: int, reach: int) -> int:
    """The nearest agent ahead, where all stand after they have moved; -1 where there is none."""
    columns = facts.columns
    if "position" not in columns or "facing" not in columns:
        return -1
    places = columns["position"][min(step + 1, len(columns["position"]) - 1)].astype(int)
    down, right = AHEAD.get(facts.facings.get(int(columns["facing"][step, agent]), ""), (0, 0))
    for far in range(1, reach + 1):
        there = np.flatnonzero((places == places[agent] + (far * down, far * right)).all(axis=-1))
        if there.size and (down or right):
            return int(there[0])
    return -1


def carried(facts: Facts, step: int, agent: int) -> int:
    """By how many units what an agent carries changes in a step."""
    units = facts.columns.get("inventory")
    if units is None or step + 1 >= len(units):
        return 0
    return int(units[step + 1, agent].astype(int).sum() - units[step, agent].astype(int).sum())


def followed(facts: Facts, step: int) -> bool:
    """Whether it is known what all have after a step: not of the last one."""
    columns = facts.columns
    return "inventory" in columns and "energy" in columns and step + 1 < len(columns["energy"])


def energy(facts: Facts, step: int, agent: int) -> int:
    """By how many joules an agent's energy changes in a step."""
    joules = facts.columns.get("energy")
    if joules is None or step + 1 >= len(joules):
        return 0
    return int(joules[step + 1, agent]) - int(joules[step, agent])


def freezes(columns: Mapping[str, Array]) -> list[Event]:
    """Where agents turn to eggs."""
    frozen = columns.get("frozen")
    if frozen is None:
        return []
    down = frozen > 0
    began = down.copy()
    began[1:] &= ~down[:-1]
    steps, agents = np.nonzero(began)
    return [
        Event(int(step), "freeze", int(agent), -1, f"for {int(frozen[step, agent])} steps")
        for step, agent in zip(steps, agents, strict=True)
    ]


def bonds(columns: Mapping[str, Array]) -> list[Event]:
    """Where two agents bond; told once, of the first of them."""
    partner = columns.get("partner")
    if partner is None:
        return []
    new = (partner[1:] >= 0) & (partner[1:] != partner[:-1])
    steps, agents = np.nonzero(new)
    return [
        Event(int(step) + 1, "bond", int(agent), int(partner[step + 1, agent]), "")
        for step, agent in zip(steps, agents, strict=True)
        if agent < partner[step + 1, agent]
    ]
