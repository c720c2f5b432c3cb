"""Trained agents in a notebook: run, looked into, changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from commlab.foundation.errors import InterventionError

if TYPE_CHECKING:
    from commlab.agents.hooked import Address, Cache, Hook
    from commlab.agents.plan import Plan
    from commlab.probes.cause.twins import Trace
    from commlab.recording import Playable

__all__ = ["Agents"]


class Agents:
    """Trained agents, to be run, looked into and changed."""

    def __init__(self, playable: Playable) -> None:
        """Wrap a checkpoint, or scripted agents."""
        self.playable = playable

    def run(self, n_episodes: int = 64, seed: int = 0, plan: Plan | None = None, layers: tuple[str, ...] = ()) -> Trace:
        """Return what happens in fresh episodes, under a plan if there is one."""
        from commlab.agents.plan import NO_PLAN
        from commlab.probes.cause.twins import play

        return play(self.playable, n_episodes, seed, plan or NO_PLAN, layers)

    def run_with_hooks(self, hooks: Mapping[Address, Hook], n_episodes: int = 64, seed: int = 0) -> Trace:
        """Return what happens when functions change what goes on in the agents: see `probes.cause.hooking`."""
        from commlab.probes.cause.hooking import run_with_hooks

        return run_with_hooks(self.playable, hooks, n_episodes, seed)

    def run_with_cache(
        self, sites: Sequence[str] | None = None, n_episodes: int = 64, seed: int = 0
    ) -> tuple[Trace, Cache]:
        """Return what happens, and all that went on inside the agents: see `probes.cause.hooking`."""
        from commlab.probes.cause.hooking import run_with_cache

        return run_with_cache(self.playable, sites, n_episodes, seed)

    def run_with_interventions(self, interventions: Sequence[Any], n_episodes: int = 64, seed: int = 0) -> Trace:
        """Return what happens when the same `Intervention`s are made in every episode.

        Raises InterventionError where they do not fit, or replay an episode.
        """
        from commlab.agents.intervention import Intervention
        from commlab.agents.plan import make_plan

        scenario = self.playable.scenario
        changes = (interventions,) if isinstance(interventions, Intervention) else tuple(interventions)
        if not all(isinstance(change, Intervention) for change in changes):
            raise InterventionError("What is changed is told by `commlab.Intervention`s, in a list.")
        plan = make_plan([changes] * n_episodes, scenario.steps, scenario.n_agents, scenario.channel.length)
        return self.run(n_episodes, seed, plan)
