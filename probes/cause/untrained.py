"""The untrained network: the same architecture before it has learnt anything, to compare trained agents with."""

from __future__ import annotations

from typing import get_args

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy, Sharing, group_agents
from commlab.recording import Playable

__all__ = ["untrained_twin"]


def untrained_twin(agents: Playable, seed: int = 0) -> Checkpoint | None:
    """Return agents as these were before their training (first weights drawn from `seed`), None for scripted ones."""
    policy = agents.policy
    if not isinstance(policy, RecurrentPolicy):
        return None
    groups = [group.tolist() for group in policy.groups]
    sharing = next(kind for kind in get_args(Sharing) if group_agents(agents.scenario, kind) == groups)
    fresh = RecurrentPolicy(agents.scenario, policy.n_hidden, sharing, seed)
    fresh.eval()
    facts = {"agent_steps": 0, "seed": seed, "grounding": "none", "muted": bool(agents.facts.get("muted", False))}
    return Checkpoint(fresh, agents.scenario, facts, f"untrained, seed {seed}")
