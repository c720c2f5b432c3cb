"""Tapes: episodes rolled again for what was said and heard in them, to be replayed in others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import Tape
from commlab.agents.policy import Policy
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.env.types import World

__all__ = ["Taper", "record_tapes"]


class Taper:
    """A watcher that keeps what is said and heard."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.kept: dict[str, list[NDArray[Any]]] = {name: [] for name in Tape._fields if name != "hidden"}
        self.hidden: dict[str, list[NDArray[np.float32]]] = {}

    def before(self, moment: Moment) -> None:
        """Keep a step; after an episode's end all is silent and nobody acts."""
        over, seen, decision = ~moment.live, moment.observation, moment.decision
        said = (decision.message, seen.heard, seen.slots, seen.speaker)
        done = (moment.action, seen.window, seen.entities, seen.vector)
        values: tuple[NDArray[Any], ...] = (*said, *done)
        for kept, value, nothing in zip(self.kept.values(), values, (0, 0, 0, -1, 0, None, None, None), strict=True):
            copy = value.copy()
            if nothing is not None:
                copy[over] = nothing
            kept.append(copy)
        for name, value in decision.hidden.items():
            self.hidden.setdefault(name, []).append(value.copy())

    def after(self, t: int, world: World) -> None:
        """See nothing: only what is said counts here."""

    def tape(self, w: int) -> Tape:
        """Return the tape of one world."""
        arrays = {name: np.stack([step[w] for step in kept]) for name, kept in self.kept.items()}
        hidden = {name: np.stack([step[w] for step in kept]) for name, kept in self.hidden.items()}
        return Tape(**arrays, hidden=hidden)


def record_tapes(
    policy: Policy, scenario: Scenario, seed: int, episodes: Iterable[int], n_worlds: int
) -> dict[int, Tape]:
    """Return the tapes of untouched episodes, rolled in batches of `n_worlds` as recordings are."""
    wanted, tapes = sorted(set(episodes)), {}
    worlds = WorldBatch(scenario, n_worlds, seed) if wanted else None
    for first in range(0, len(wanted), n_worlds):
        some = wanted[first : first + n_worlds]
        assert worlds is not None
        rollout, taper = Rollout(worlds, policy), Taper()
        rollout.begin(np.resize(np.array(some, dtype=np.int64), n_worlds))
        rollout.run(scenario.steps, taper)
        tapes.update({episode: taper.tape(w) for w, episode in enumerate(some)})
    return tapes
