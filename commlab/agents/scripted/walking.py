"""Scripted walking: to the altar with a full load, to a crystal in sight, where one was sent, or in search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.scripted.ground import Ground
from commlab.agents.scripted.listening import NOWHERE
from commlab.agents.scripted.speaking import NEVER, nearest_crystal
from commlab.env.types import VIEW, Cell, Observation, Own

__all__ = ["Going", "Walkers"]

MOVES = np.array([(0, 0), (-1, 0), (0, 1), (1, 0), (0, -1)])  # by Action
KEENNESS = 4.0  # nats that a step in the right direction is worth
BARRED = 3.0  # steps of way round that an obstacle ahead is worth
TRIED = 2.5  # the same for a move that led nowhere a step before
PATIENCE = 0.03  # the chance in a step to give up and search elsewhere


class Going(NamedTuple):
    """What walkers remember."""

    here: NDArray[np.int64]  # (W, n, 2) where they were
    action: NDArray[np.int64]  # (W, n) what they did
    search: NDArray[np.int64]  # (W, n) the site that they look at next
    sent: NDArray[np.int64]  # (W, n) the place that they were sent to, NOWHERE for none


class Walkers:
    """The walkers of a world."""

    def __init__(self, ground: Ground, agents: NDArray[np.int64], n_actions: int) -> None:
        """`agents` (n,) walk on `ground`."""
        self.ground, self.agents, self.n_actions = ground, agents, n_actions
        self.alone = np.append(
            (ground.sites_of == ground.sites_of[:, :1]).all(axis=1), False
        )  # places of a single site
        self.crystal = np.where(np.isin(np.arange(256), range(Cell.CRYSTAL_GREEN, Cell.AGENT)), 0, -1)

    def initial_state(self, n_worlds: int) -> Going:
        """Return what walkers remember when an episode begins."""
        nothing = np.full((n_worlds, len(self.agents)), NOWHERE)
        return Going(np.stack([nothing, nothing], axis=-1), np.zeros_like(nothing), nothing, nothing)

    def go(
        self, observation: Observation, place: NDArray[np.int64], going: Going, drawn: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], Going]:
        """Return the logits (W, n, n_actions) of a step, where walkers are still going (W, n), and what they remember.

        place (W, n): where they were sent, NOWHERE for nowhere; who finds nothing there, or gives up, seeks anywhere.
        drawn (W, n, 2) decides when and where to search.
        """
        own = observation.vector[:, self.agents].astype(np.int64)
        here = own[..., [Own.ROW, Own.COLUMN]]
        full = own[..., Own.ENERGY] >= own[..., Own.ALTAR_COST]
        cell, offset = nearest_crystal(observation, self.agents, self.crystal)
        reached = (here == self.ground.sites[going.search]).all(axis=-1) & ~full
        impatient = drawn[..., 0] < PATIENCE
        sent = np.where(np.where(self.alone[place], reached, impatient), NOWHERE, place)
        again = reached | (sent != going.sent) | (going.search == NOWHERE) | (impatient & (sent == NOWHERE))
        search = np.where(again, self._search(sent, drawn[..., 1]), going.search)
        goal = np.where((cell != Cell.EMPTY)[..., None], here + offset, self.ground.sites[search])
        goal = np.where(full[..., None], self.ground.altar, goal)
        return self._logits(observation, here, goal, going), sent, Going(here, going.action, search, sent)

    def _search(self, sent: NDArray[np.int64], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return a site to look at: one of those where they were sent, or any."""
        of_place = self.ground.sites_of[sent, np.floor(drawn * self.ground.sites_of.shape[1]).astype(np.int64)]
        return np.where(sent == NOWHERE, np.floor(drawn * len(self.ground.sites)).astype(np.int64), of_place)

    def _logits(
        self, observation: Observation, here: NDArray[np.int64], goal: NDArray[np.int64], going: Going
    ) -> NDArray[np.float32]:
        """Return logits (W, n, n_actions): the fewer steps are left after a move, the likelier it is."""
        there = here[..., None, :] + MOVES  # (W, n, 5, 2)
        left = np.abs(there - goal[..., None, :]).sum(axis=-1).astype(np.float64)
        window = observation.window[:, self.agents][..., VIEW + MOVES[:, 0], VIEW + MOVES[:, 1]]
        barred = self.ground.blocked[there[..., 0], there[..., 1]] | ~np.isin(window, (Cell.EMPTY, Cell.UNSEEN))
        left += BARRED * (barred & (left > 0))
        moved = going.action > 0
        stuck = moved & (here == going.here).all(axis=-1)
        left += TRIED * (stuck[..., None] & (going.action[..., None] == np.arange(len(MOVES))) & (left > 0))
        logits = np.full((*here.shape[:-1], self.n_actions), NEVER)
        logits[..., 1 : len(MOVES)] = -KEENNESS * (left - left[..., 1:].min(axis=-1, keepdims=True))[..., 1:]
        return logits
