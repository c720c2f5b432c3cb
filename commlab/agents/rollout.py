"""The one rollout loop: a policy acts in a batch of worlds, a plan intervenes, and a watcher sees all of it.

Training, recording, experiments and talking all use it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from commlab.agents.fitting import check_plan
from commlab.agents.intervene import Intervener
from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.policy import Decision, Draws, Hooks, Policy
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
    live: NDArray[np.bool_]  # (W,) false where the episode ended in an earlier step
    action: NDArray[np.uint8]  # (W, A) as carried out; `decision.action` is what was chosen
    state: Any  # the policy's before the step


class Watcher(Protocol):
    """Whoever wants to know what happens in a rollout."""

    def before(self, moment: Moment) -> None:
        """See a step as it is decided."""
        ...

    def after(self, t: int, world: World) -> None:
        """See what came of it: rewards, and whether the episode is over."""
        ...


class Rollout:
    """Episodes of a policy in a batch of worlds that run in step.

    A world whose episode ends by its own rules goes on for as long as the others; watchers are told that it has ended.
    """

    def __init__(self, worlds: WorldBatch, policy: Policy, plan: Plan = NO_PLAN, hooks: Hooks | None = None) -> None:
        """Begin nothing yet; `plan` and `hooks` intervene in every episode.

        Raises InterventionError for a plan that is not for these worlds.
        """
        check_plan(plan, worlds, policy)
        self.worlds, self.policy = worlds, policy
        self.state: Any = None
        self.live: NDArray[np.bool_] = np.zeros(0, np.bool_)  # (W,) where the episode goes on
        self._intervener = Intervener(plan, worlds, hooks)
        self._injected: NDArray[np.bool_] = np.zeros(0, np.bool_)

    @property
    def plan(self) -> Plan:
        """What is done to the episodes."""
        return self._intervener.plan

    @property
    def t(self) -> int:
        """Steps since the episodes began."""
        return int(self.worlds.world.t[0])

    def begin(self, episodes: NDArray[np.int64], scatter: float | None = None) -> None:
        """Begin the given episodes (W,), one in each world."""
        self.worlds.reset(episodes, scatter)
        self.state = self.policy.initial_state(self.worlds.n_worlds)
        self.live = np.ones(self.worlds.n_worlds, np.bool_)
        self._intervener.begin()
        self._injected = self._intervener.observed(0)

    def replan(self, plan: Plan) -> None:
        """Follow another plan from this step on: what is observed in it is observed anew.

        Raises InterventionError for a plan that is not for these worlds.
        """
        check_plan(plan, self.worlds, self.policy)
        self._intervener.replan(plan)
        self.worlds.restore(self.worlds.state())  # observes again
        self._injected = self._intervener.observed(self.t)

    def fork(self, worlds: NDArray[np.int64], plan: Plan | None = None) -> Rollout:
        """Return a rollout at the same step whose world n is a copy of world `worlds[n]`; the two go on apart.

        Without a plan it follows this one's; with one, that holds from this step on, what is observed in it included.
        """
        chosen = np.asarray(worlds, dtype=np.int64)
        batch = self.worlds.fork(chosen)
        other = Rollout(batch, self.policy, self.plan.of(chosen) if plan is None else plan)
        other.state = self.policy.fork_state(self.state, chosen)
        other.live = self.live[chosen]
        other._intervener = self._intervener.fork(other.plan, batch, chosen)
        other._injected = other._intervener.observed(self.t)
        return other

    def run(self, n_steps: int, watcher: Watcher) -> None:
        """Step `n_steps` times."""
        for _ in range(n_steps):
            self.step(watcher)

    def step(self, watcher: Watcher) -> None:
        """Let all agents act and speak once."""
        t, worlds = self.t, self.worlds
        decision = self.decide()
        emitted = self._intervener.emitted(t, decision.message)
        action = self._intervener.carried_out(t, decision.action)
        watcher.before(
            Moment(
                t, worlds.world, worlds.observation, self._injected, decision, emitted, self.live, action, self.state
            )
        )
        worlds.step_trusted(action, emitted)
        self.state = decision.state
        self.live = self.live & ~worlds.world.terminated
        self._injected = self._intervener.observed(t + 1)
        watcher.after(t, worlds.world)

    def decide(self) -> Decision:
        """Return what the policy does now, without doing it."""
        world = self.worlds.world
        hooks = self._intervener.hooks_at(self.t)
        return self.policy.step(self.worlds.observation, self.state, Draws(world.key, world.t), hooks)


class Returns:
    """A watcher that adds up what each agent receives until its episode ends: `own` and `shared`, (W, A)."""

    def __init__(self, n_worlds: int, n_agents: int) -> None:
        """Begin at nothing."""
        self.own = np.zeros((n_worlds, n_agents))
        self.shared = np.zeros((n_worlds, n_agents))
        self._live: NDArray[np.bool_] = np.ones(n_worlds, np.bool_)

    def before(self, moment: Moment) -> None:
        """See which episodes go on."""
        self._live = moment.live

    def after(self, t: int, world: World) -> None:
        """Add the step's rewards."""
        self.own += world.own_reward * self._live[:, None]
        self.shared += world.shared_reward * self._live[:, None]
