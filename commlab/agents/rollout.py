"""The one rollout loop: a policy acts in a batch of worlds, a plan intervenes, and a watcher sees all of it.

Training, recording, experiments and talking all use it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import NO_PLAN, Plan, check_plan
from commlab.agents.network import Hooks
from commlab.agents.policy import Decision, Draws, Policy
from commlab.env.batch import WorldBatch
from commlab.env.types import Observation, World


class Moment(NamedTuple):
    """A step before the world moves on. Arrays are views: a watcher copies what it keeps."""

    t: int
    world: World
    observation: Observation
    injected: NDArray[np.bool_]  # (W, A, K)
    decision: Decision
    emitted: NDArray[np.uint8]  # (W, A, L)


class Watcher(Protocol):
    """Whoever wants to know what happens in a rollout."""

    def before(self, moment: Moment) -> None:
        """See a step as it is decided."""
        ...

    def after(self, t: int, world: World) -> None:
        """See what came of it: rewards, and whether time is over."""
        ...


class Rollout:
    """Episodes of a policy in a batch of worlds that run in step."""

    def __init__(self, worlds: WorldBatch, policy: Policy, plan: Plan = NO_PLAN, hooks: Hooks | None = None) -> None:
        """Begin nothing yet; `plan` and `hooks` intervene in every episode.

        Raises InterventionError for a plan that is not for these worlds.
        """
        check_plan(plan, worlds.rules.n_steps, worlds.n_worlds, worlds.n_agents, worlds.scenario.channel.vocabulary)
        self.worlds, self.policy, self.plan, self.hooks = worlds, policy, plan, hooks
        self.state: Any = None
        self._injected: NDArray[np.bool_] = np.zeros(0, np.bool_)

    @property
    def t(self) -> int:
        """Steps since the episodes began."""
        return int(self.worlds.world.t[0])

    def begin(self, episodes: NDArray[np.int64], scatter: float | None = None) -> None:
        """Begin the given episodes (W,), one in each world."""
        observation = self.worlds.reset(episodes, scatter)
        self.state = self.policy.initial_state(self.worlds.n_worlds)
        self._injected = self.plan.change_hearing(0, observation)

    def run(self, n_steps: int, watcher: Watcher) -> None:
        """Step `n_steps` times."""
        for _ in range(n_steps):
            self.step(watcher)

    def step(self, watcher: Watcher) -> None:
        """Let all agents act and speak once."""
        t, worlds = self.t, self.worlds
        decision = self.decide()
        emitted = self.plan.emitted(t, decision.message)
        watcher.before(Moment(t, worlds.world, worlds.observation, self._injected, decision, emitted))
        worlds.step_trusted(decision.action, emitted)
        self.state = decision.state
        self._injected = self.plan.change_hearing(t + 1, worlds.observation)
        watcher.after(t, worlds.world)

    def decide(self) -> Decision:
        """Return what the policy does now, without doing it."""
        world = self.worlds.world
        return self.policy.step(self.worlds.observation, self.state, Draws(world.key, world.t), self.hooks)


class Returns:
    """A watcher that adds up what each agent receives: `own` and `shared`, (W, A)."""

    def __init__(self, n_worlds: int, n_agents: int) -> None:
        """Begin at nothing."""
        self.own = np.zeros((n_worlds, n_agents))
        self.shared = np.zeros((n_worlds, n_agents))

    def before(self, moment: Moment) -> None:
        """See nothing: only outcomes count here."""

    def after(self, t: int, world: World) -> None:
        """Add the step's rewards."""
        self.own += world.own_reward
        self.shared += world.shared_reward
