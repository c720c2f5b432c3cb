"""Carrying out changes that are not of messages: to worlds, to what is shown, seen and felt, to actions and minds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Change
from commlab.agents.sites import WORLD, room_of
from commlab.env.batch import WorldBatch
from commlab.env.types import KINSHIP_STEPS, Action, Cell, Entity, Observation, Own, Rules, Slot, Trait, World

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["acted", "altered", "at_step", "change_sight", "change_worlds", "where_at"]


def at_step(array: NDArray[Any], t: int) -> NDArray[Any]:
    """Return the plan of step t; what is observed after the last step falls under the last step's plan."""
    step: NDArray[Any] = array[min(t, array.shape[0] - 1)]
    return step


def where_at(change: Change, t: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return for which worlds and agents (W, A) a change is made at step t."""
    return np.broadcast_to(at_step(change.where, t), shape)


def change_worlds(changes: list[Change], t: int, worlds: WorldBatch) -> None:
    """Change the worlds at step t, and let all observe again if anything was changed."""
    touched = False
    shape = (worlds.n_worlds, worlds.n_agents)
    for change in changes:
        where = where_at(change, t, shape)
        if room_of(change.site) == WORLD and where.any():
            _CHANGE_WORLD[change.site](change, t, where, worlds)
            touched = True
    if touched:
        worlds.restore(worlds.state())  # observes again


def _set_energy(change: Change, t: int, where: NDArray[np.bool_], worlds: WorldBatch) -> None:
    """Set energies, to as much as a body can hold; what is more than before has come from outside."""
    world = worlds.world
    most = world.trait[:, worlds.rules.body, Trait.MAX_ENERGY]
    wanted = np.minimum(numbers(change, t, where.shape), most)
    before = world.energy.copy()
    world.energy[where] = wanted[where]
    world.inflow[...] += (world.energy - before).sum(axis=1, dtype=np.int64)


def _set_shield(change: Change, t: int, where: NDArray[np.bool_], worlds: WorldBatch) -> None:
    """Raise or drop shields."""
    worlds.world.shield[where] = numbers(change, t, where.shape)[where]


def _set_frozen(change: Change, t: int, where: NDArray[np.bool_], worlds: WorldBatch) -> None:
    """Turn agents to eggs for some steps, or free them."""
    worlds.world.frozen[where] = numbers(change, t, where.shape)[where]


def _set_kinship(change: Change, t: int, where: NDArray[np.bool_], worlds: WorldBatch) -> None:
    """Set the shares of the agents' kin groups in those of the others, paid and shown alike."""
    world = worlds.world
    kinship = np.broadcast_to(at_step(change.kinship, t), where.shape)
    others = range(where.shape[1]) if change.others is None else change.others
    for i in range(where.shape[1]):
        w = np.flatnonzero(where[:, i])
        for j in others:
            if i != j and len(w):
                one, other = world.group[w, i], world.group[w, j]
                world.shares[w, one, other] = kinship[w, i] / np.float32(KINSHIP_STEPS)
                world.seen_shares[w, one, other] = kinship[w, i]


_CHANGE_WORLD = {
    "world.energy": _set_energy,
    "world.shield": _set_shield,
    "world.frozen": _set_frozen,
    "world.kinship": _set_kinship,
}


def change_sight(change: Change, t: int, observation: Observation, world: World) -> None:
    """Change what is seen and felt, or shown of kinship, at step t; write `observation`."""
    where = where_at(change, t, observation.vector.shape[:2])
    if not where.any():
        return
    if change.site == "kinship":
        _show_kinship(change, t, where, observation, world)
    elif change.operation == "mute":
        observation.window[where] = Cell.UNSEEN
        observation.entities[where] = 0
    elif change.operation == "set":
        column = Own[str(change.field).upper()]
        observation.vector[..., column][where] = numbers(change, t, where.shape)[where]
    else:
        _patch_sight(change, t, where, observation)


def _patch_sight(change: Change, t: int, where: NDArray[np.bool_], observation: Observation) -> None:
    """Write what was seen and felt at step t of another episode."""
    tape = change.tape
    assert tape is not None
    seen: tuple[tuple[NDArray[Any], NDArray[Any] | None], ...] = (
        (observation.window, tape.window),
        (observation.entities, tape.entities),
        (observation.vector, tape.vector),
    )
    for now, then in seen:
        assert then is not None
        now[where] = np.broadcast_to(at_step(then, t)[None], now.shape)[where]


def _show_kinship(change: Change, t: int, where: NDArray[np.bool_], observation: Observation, world: World) -> None:
    """Write the kinship that is shown of agents in view and of speakers heard."""
    kinship = np.broadcast_to(at_step(change.kinship, t), where.shape)[..., None]
    n_agents = where.shape[1]
    concerned = np.isin(np.arange(-1, n_agents), range(n_agents) if change.others is None else change.others)
    for who, shown in (
        (seen_agents(observation, world), observation.entities[..., Entity.KINSHIP]),
        (observation.speaker, observation.slots[..., Slot.KINSHIP]),
    ):
        theirs = concerned[who + 1] & where[..., None] & (who != np.arange(n_agents)[:, None])
        shown[theirs] = np.broadcast_to(kinship, shown.shape)[theirs]


def seen_agents(observation: Observation, world: World) -> NDArray[np.int64]:
    """Return which agent each entity in view is, (W, A, N); -1 where it is none."""
    entities = observation.entities
    is_agent = entities[..., Entity.KIND] == Cell.AGENT
    row = world.row[..., None].astype(np.int64) + entities[..., Entity.ROW]
    column = world.column[..., None].astype(np.int64) + entities[..., Entity.COLUMN]
    w = np.arange(len(row))[:, None, None]
    found = world.occupant[w, np.where(is_agent, row, 0), np.where(is_agent, column, 0)].astype(np.int64)
    return np.where(is_agent, found, -1)


def acted(
    change: Change, t: int, action: NDArray[np.uint8], where: NDArray[np.bool_], rules: Rules, drawn: Any
) -> NDArray[np.uint8]:
    """Return the actions (W, A) as they are carried out; `drawn()` gives two uniform numbers (W, A, 2)."""
    out = action.copy()
    if change.operation == "mute":
        out[where] = Action.STAY
    elif change.operation == "set":
        out[where] = numbers(change, t, where.shape)[where]
    elif change.operation == "replay":
        assert change.tape is not None
        assert change.tape.action is not None
        out[where] = np.broadcast_to(at_step(change.tape.action, t)[None], out.shape)[where]
    else:
        uniforms = drawn()
        may = rules.may[rules.body]  # (A, n_actions)
        nth = np.floor(uniforms[..., 1] * may.sum(axis=1)).astype(np.int64)  # of those that the body has
        random = (np.cumsum(may, axis=1)[None] > nth[..., None]).argmax(axis=-1)
        hit = where & (uniforms[..., 0] < change.chance)
        out[hit] = random[hit]
    return out


def altered(changes: list[Change], t: int, value: Tensor, agents: NDArray[np.int64], shape: tuple[int, int]) -> Tensor:
    """Return the hidden states (W * n, H) of agents (n,) at step t as the changes leave them; `shape` is (W, A)."""
    import torch

    rows = value.view(shape[0], len(agents), -1)
    for change in changes:
        where = where_at(change, t, shape)[:, agents]
        if not where.any():
            continue
        mask = torch.from_numpy(where[..., None].copy()).to(value.device)
        rows = torch.where(mask, _new_states(change, t, rows, agents, shape), rows)
    return rows.reshape(value.shape)


def _new_states(change: Change, t: int, rows: Tensor, agents: NDArray[np.int64], shape: tuple[int, int]) -> Tensor:
    """Return hidden states (W, n, H) as they are where the change is made."""
    import torch

    def tensor(array: Any) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).to(rows.device)

    if change.operation == "mute":
        return torch.zeros_like(rows)
    if change.operation == "erase":
        assert change.eraser is not None
        left, right, bias = (tensor(part) for part in change.eraser)
        return rows - ((rows - bias) @ right.T) @ left.T
    if change.operation == "patch":
        assert change.tape is not None
        return tensor(at_step(change.tape.hidden[change.site.split(".", 1)[1]], t)[agents]).expand_as(rows)
    values = at_step(change.values, t)
    chosen = values if values.shape[1] == 1 else values[:, agents]
    given = tensor(np.broadcast_to(chosen, (shape[0], len(agents), values.shape[2])))
    return rows + given if change.operation == "add" else given


def numbers(change: Change, t: int, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return the value of a change for every world and agent (W, A)."""
    return np.broadcast_to(at_step(change.values, t)[..., 0], shape).astype(np.int64)
