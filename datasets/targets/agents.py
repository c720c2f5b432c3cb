"""Targets about the agent itself: where it is, what it has, does, says and is about to get."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.deeds import WAYS, action_name, frozen
from commlab.datasets.targets.labels import (
    NONE,
    Labels,
    class_labels,
    following,
    lagged,
    need,
    number_labels,
    table_labels,
    yes_no,
)
from commlab.datasets.targets.places import SECTORS, cells, map_centre, sectors

__all__ = [
    "SOON",
    "bonded",
    "carries",
    "faces",
    "message_labels",
    "own_body",
    "own_cell",
    "own_energy",
    "own_facing",
    "own_frozen",
    "own_message",
    "own_next_action",
    "own_sector",
    "own_shield",
    "reward_soon",
    "time",
    "within",
]

Array = np.ndarray[Any, Any]
SOON = 8  # steps, this one included, that count as soon
KINDS = ("green", "yellow", "red", "blue")  # of crystals, in the order of an inventory
MOST_KINDS = 16


def own_cell(recording: Recording) -> Labels:
    """The agent's own cell."""
    need(recording, "agents/position")
    position = recording["agents/position"][:]
    return cells(position, np.ones(position.shape[:2], dtype=bool), recording.layout["width"])


def own_sector(recording: Recording) -> Labels:
    """The sector of the map, seen from its centre, in which the agent stands."""
    need(recording, "agents/position")
    position = recording["agents/position"][:]
    here = np.ones(position.shape[:2], dtype=bool)
    return class_labels(sectors(position - map_centre(recording.layout), here), SECTORS)


def own_energy(recording: Recording) -> Labels:
    """The agent's own energy in joules."""
    need(recording, "agents/energy")
    return number_labels(recording["agents/energy"][:])


def own_next_action(recording: Recording) -> Labels:
    """The action chosen at the next step; undefined at the last step of an episode."""
    need(recording, "policy/action")
    action = recording["policy/action"][:]
    names = recording.codes.get("actions", {})
    n_actions = max(int(action.max(initial=0)), *names) + 1 if names else int(action.max(initial=0)) + 1
    labels = class_labels(action, tuple(action_name(recording, code) for code in range(n_actions)))
    return lagged(labels, recording, 1)


def own_facing(recording: Recording) -> Labels:
    """The direction that the agent faces."""
    need(recording, "agents/facing")
    names = recording.codes.get("facings", {})
    return table_labels(recording["agents/facing"][:], lambda code: names.get(code, str(code)))


def own_body(recording: Recording) -> Labels:
    """The agent's body."""
    names = recording.codes.get("bodies", {})
    bodies = recording.episodes.bodies[recording.row_episode]
    return table_labels(bodies, lambda code: names.get(code, str(code)))


def own_frozen(recording: Recording) -> Labels:
    """Whether the agent is frozen."""
    need(recording, "agents/frozen")
    return yes_no(frozen(recording))


def own_shield(recording: Recording) -> Labels:
    """Whether the agent's shield is on."""
    need(recording, "agents/shield")
    return yes_no(recording["agents/shield"][:])


def bonded(recording: Recording) -> Labels:
    """Whether the agent is bonded with another."""
    need(recording, "agents/partner")
    return yes_no(recording["agents/partner"][:] >= 0)


def carries(recording: Recording) -> Labels:
    """The kinds of which the agent carries something."""
    need(recording, "agents/inventory")
    held = recording["agents/inventory"][:, :, :MOST_KINDS] > 0
    names = recording.names("episodes/values") or KINDS
    codes = held @ (1 << np.arange(held.shape[2]))

    def name_of(code: int) -> str:
        kinds = [kind for kind in range(held.shape[2]) if code >> kind & 1]
        return "+".join(names[kind] if kind < len(names) else f"kind {kind}" for kind in kinds) or NONE

    return table_labels(codes, name_of)


def faces(recording: Recording) -> Labels:
    """What stands on the cell that the agent faces, as its own window shows it."""
    need(recording, "agents/facing", "observation/window")
    windows, facing = recording["observation/window"], recording["agents/facing"][:]
    middle = np.array(windows.shape[2:4]) // 2
    names = recording.codes.get("cells", {})
    seen = np.full(facing.shape, -1, dtype=np.int16)
    for code, way in recording.codes.get("facings", {}).items():
        if way in WAYS:
            row, column = middle + WAYS[way]
            seen = np.where(facing == code, windows[:, :, int(row), int(column)], seen)
    return table_labels(seen, lambda code: names.get(code, str(code)), seen >= 0)


def own_message(recording: Recording) -> Labels:
    """The message that the agent chooses in this step."""
    need(recording, "channel/said")
    return message_labels(recording["channel/said"][:])


def message_labels(symbols: Array, valid: Array | None = None) -> Labels:
    """Messages (S, A, L) as classes: "silence", "3", "3 7"."""
    kept, codes = np.unique(symbols.reshape(-1, symbols.shape[2]), axis=0, return_inverse=True)
    names = [" ".join(map(str, message)) if message.any() else "silence" for message in kept]
    return table_labels(codes.reshape(symbols.shape[:2]), lambda code: names[code], valid)


def reward_soon(recording: Recording) -> Labels:
    """Whether the agent earns a reward of its own in this step or one of the next SOON - 1."""
    need(recording, "reward/own")
    earns = recording["reward/own"][:] > 0
    return within(recording, earns)


def within(recording: Recording, happens: Array) -> Labels:
    """Whether something (S, A) happens in this step or one of the next SOON - 1; undefined where the episode ends
    before that is known."""
    soon = happens.copy()
    for k in range(1, SOON):
        source, inside = following(recording, k)
        soon |= happens[source] & inside[:, None]
    _, whole = following(recording, SOON - 1)
    return yes_no(soon, soon | whole[:, None])


def time(recording: Recording) -> Labels:
    """The step within the episode."""
    t = np.asarray(recording["steps/t"])
    return number_labels(np.repeat(t[:, None], recording.n_agents, axis=1))
