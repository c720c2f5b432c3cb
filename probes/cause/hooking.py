"""Running agents with hooks, or with a cache: `run_with_hooks` and `run_with_cache`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from commlab.agents.hooked import Address, Cache, Hook, HookedPolicy
from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.policy import Policy
from commlab.env.scenario import Scenario
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable

__all__ = ["run_with_cache", "run_with_hooks"]


class Hooked(NamedTuple):
    """Agents with a policy that is hooked, in a checkpoint's stead."""

    policy: Policy
    scenario: Scenario
    facts: dict[str, Any]
    sha256: str


def run_with_hooks(
    agents: Playable,
    hooks: Mapping[Address, Hook],
    n_episodes: int = 64,
    seed: int = 0,
    plan: Plan = NO_PLAN,
    layers: tuple[str, ...] = (),
) -> Trace:
    """Return what happens in fresh episodes when functions change what goes on in the agents.

    `hooks` are addressed by (site, agent, step), None standing for all: `hidden.core`, `hidden.encoder`, `message.out`,
    `action`. The same seed gives the same episodes, so that a run without hooks is the twin. Raises InterventionError
    for sites, agents and steps that do not exist, and for hooks that return what does not fit there.
    """
    return play(
        _hooked(agents, HookedPolicy(agents.policy, hooks, scenario=agents.scenario)), n_episodes, seed, plan, layers
    )


def run_with_cache(
    agents: Playable,
    sites: Sequence[str] | None = None,
    n_episodes: int = 64,
    seed: int = 0,
    hooks: Mapping[Address, Hook] | None = None,
    plan: Plan = NO_PLAN,
) -> tuple[Trace, Cache]:
    """Return what happens in fresh episodes, and all that went on at `sites` (all of them, unless some are named).

    `cache["hidden.core"]` is (T, W, A, H), `cache["hidden.core", 1, 12]` that of agent 1 at step 12, (W, H); beside
    hidden states there are `message.in`, `message.out`, `action`, `logits` and `value`. Raises InterventionError for
    others.
    """
    inside = tuple(f"hidden.{name}" for name in agents.policy.hidden_sizes)
    kept = (*inside, "message.in", "message.out", "action", "logits", "value") if sites is None else tuple(sites)
    policy = HookedPolicy(agents.policy, hooks or {}, kept, agents.scenario)
    trace = play(_hooked(agents, policy), n_episodes, seed, plan)
    return trace, Cache(policy.kept, n_episodes)


def _hooked(agents: Playable, policy: HookedPolicy) -> Hooked:
    """Return the same agents with another policy."""
    return Hooked(policy, agents.scenario, agents.facts, agents.sha256)
