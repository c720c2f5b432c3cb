"""What a shard's worlds lived through in one iteration: a watcher that keeps it in contiguous arrays.

Worlds run in step: one whose episode ends early goes on until the others are through. What it does meanwhile is kept,
but `live` tells that nothing is to be learnt from it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Moment
from commlab.agents.tokens import Bags
from commlab.env.types import World
from commlab.training.loss_kernel import advantages


class Experience:
    """T steps of W worlds with A agents, kept step by step; reused from iteration to iteration."""

    def __init__(self, policy: RecurrentPolicy, n_steps: int, n_worlds: int) -> None:
        """Make room for `n_steps` of `n_worlds`."""
        rows = (n_steps, n_worlds, policy.n_agents)
        width = policy.vocabulary.width
        self.n_steps, self.n_worlds = n_steps, n_worlds
        self.groups = policy.groups
        self.token = [np.zeros((n_steps, n_worlds, len(g), width), np.int16) for g in policy.groups]
        self.count = [np.zeros((n_steps, n_worlds, len(g)), np.int16) for g in policy.groups]
        self.state = [np.zeros((n_worlds, len(g), policy.n_hidden), np.float32) for g in policy.groups]
        self.action = np.zeros(rows, np.uint8)
        self.message = np.zeros((*rows, policy.length), np.uint8)
        self.logprob = np.zeros(rows, np.float32)
        self.value = np.zeros(rows, np.float32)
        self.reward = np.zeros(rows, np.float32)
        self.shared_reward = np.zeros(rows, np.float32)
        self.advantage = np.zeros(rows, np.float32)
        self.target = np.zeros(rows, np.float32)
        self.live = np.ones(rows[:2], np.bool_)  # the episode has not ended in an earlier step
        self.ends = np.zeros(rows[:2], np.bool_)  # it ends in this one by the world's rules
        self._step = 0

    def begin(self, state: list) -> None:  # type: ignore[type-arg]
        """Begin an iteration whose first step starts from the recurrent `state` of each group."""
        self._step = 0
        for kept, given in zip(self.state, state, strict=True):
            kept[...] = given.detach().cpu().numpy().reshape(kept.shape)

    def before(self, moment: Moment) -> None:
        """Keep what was perceived and decided."""
        s, decision = self._step, moment.decision
        for g, bags in enumerate(decision.inputs):
            self.token[g][s] = bags.token.reshape(self.token[g][s].shape)
            self.count[g][s] = bags.count.reshape(self.count[g][s].shape)
        self.action[s] = decision.action
        self.message[s] = decision.message
        self.logprob[s] = decision.logprob
        self.value[s] = decision.value
        self.live[s] = moment.live

    def after(self, t: int, world: World) -> None:
        """Keep what was received, and what ended."""
        s = self._step
        self.reward[s] = world.shared_reward
        self.reward[s][~self.live[s]] = 0
        self.shared_reward[s] = self.reward[s]
        self.ends[s] = self.live[s] & world.terminated
        self._step += 1

    def credit(self, last_value: NDArray[np.float32], gamma: float, gae_lambda: float, body: NDArray[np.uint8]) -> None:
        """Fill advantages (normalised for each body) and value targets; `last_value` (W, A) is of what follows."""
        shape = (self.n_steps, -1)
        # what follows an episode that was cut by its time limit has a value, what follows an end has none
        ends = np.repeat(self.ends[:, :, None], self.reward.shape[2], axis=2)
        advantages(
            self.reward.reshape(shape),
            self.value.reshape(shape),
            last_value.ravel(),
            ends.reshape(shape),
            gamma,
            gae_lambda,
            self.advantage.reshape(shape),
        )
        np.add(self.advantage, self.value, out=self.target)
        for code in np.unique(body):
            agents = np.flatnonzero(body == code)
            part = self.advantage[:, :, agents]
            meant = self.meant(part)
            if meant.size:
                self.advantage[:, :, agents] = (part - meant.mean()) / (meant.std() + 1e-6)

    def meant(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the values (T, W, …) of steps that something is to be learnt from."""
        return values if self.live.all() else values[self.live]

    def bags(self, group: int, steps: slice | NDArray[np.int64], worlds: NDArray[np.int64]) -> Bags:
        """Return the bags of a group at some steps of some worlds, as rows: step by step, world by world."""
        token, count = self.token[group][steps][:, worlds], self.count[group][steps][:, worlds]
        return Bags(np.ascontiguousarray(token).reshape(-1, token.shape[-1]), np.ascontiguousarray(count).ravel())
