"""Carrying out a plan, step by step: the one place where all that is changed in a rollout is changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commlab.agents.altering import acted, altered, change_sight, change_worlds, where_at
from commlab.agents.messages import MessageChanges, draws
from commlab.agents.plan import Change, Plan
from commlab.agents.policy import Hooks
from commlab.agents.sites import HIDDEN, WORLD, room_of
from commlab.env.batch import WorldBatch

if TYPE_CHECKING:
    from torch import Tensor

    Hook = Callable[[Tensor, NDArray[np.int64]], Tensor]

__all__ = ["Intervener"]


class Intervener:
    """Carries out a plan in a rollout."""

    def __init__(self, plan: Plan, worlds: WorldBatch, hooks: Hooks | None = None) -> None:
        """Begin before an episode in `worlds`; `hooks` see hidden states after the plan has changed them."""
        self.worlds, self.hooks = worlds, hooks
        self.messages = MessageChanges(plan, worlds.scenario.channel.vocabulary)
        self.replan(plan)

    def replan(self, plan: Plan) -> None:
        """Follow another plan from now on; what is observed at this moment has to be observed anew."""
        self.plan = plan
        self.messages.replan(plan)
        self.world = [change for change in plan.changes if room_of(change.site) == WORLD]
        self.sight = [change for change in plan.changes if change.site in ("kinship", "observation")]
        self.hidden = [change for change in plan.changes if room_of(change.site) == HIDDEN]
        self.action = [change for change in plan.changes if change.site == "action"]

    def begin(self) -> None:
        """Forget: an episode begins."""
        self.messages.begin()

    def fork(self, plan: Plan, worlds: WorldBatch, chosen: NDArray[np.int64]) -> Intervener:
        """Return one for the same moment of `worlds`, of which world n is a copy of `chosen[n]`; it follows `plan`."""
        other = Intervener(plan, worlds, self.hooks)
        other.messages.remember(self.messages, chosen)
        return other

    def observed(self, t: int) -> NDArray[np.bool_]:
        """Change the worlds at step t and what is heard, seen and shown there, in place.

        Returns which hearing slots (W, A, K) an intervention has filled.
        """
        worlds = self.worlds
        if self.world and t < worlds.rules.n_steps:
            change_worlds(self.world, t, worlds)
        injected = self.messages.change_hearing(t, worlds.observation, worlds.world.key)
        for change in self.sight:
            change_sight(change, t, worlds.observation, worlds.world)
        return injected

    def hooks_at(self, t: int) -> Hooks | None:
        """Return what becomes of hidden states at step t."""
        if not self.hidden:
            return self.hooks
        hooks = dict(self.hooks or {})
        for site in {change.site for change in self.hidden}:
            mine = [change for change in self.hidden if change.site == site]
            name = site.split(".", 1)[1]
            hooks[name] = partial(self._alter, mine, t, hooks.get(name))
        return hooks

    def emitted(self, t: int, message: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the messages (W, A, L) that go into the air at step t when `message` was said."""
        return self.messages.emitted(t, message, self.worlds.world.key)

    def carried_out(self, t: int, action: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the actions (W, A) that are carried out at step t when `action` was chosen."""
        for change in self.action:
            where = where_at(change, t, (action.shape[0], action.shape[1]))
            if where.any():
                drawn = partial(draws, self.worlds.world.key, t, change, (action.shape[1], 2))
                action = acted(change, t, action, where, self.worlds.rules, drawn)
        return action

    def _alter(
        self, changes: list[Change], t: int, then: Hook | None, value: Tensor, agents: NDArray[np.int64]
    ) -> Tensor:
        """Return hidden states as the plan, and after it a hook, leave them."""
        new = altered(changes, t, value, agents, (self.worlds.n_worlds, self.worlds.n_agents))
        return new if then is None else then(new, agents)
