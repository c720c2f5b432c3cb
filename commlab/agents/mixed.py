"""Mixed policies: some agents act by one policy and the rest by another, in one world."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from commlab.agents.policy import Decision, Draws, Hooks, Policy
from commlab.agents.recurrent import RecurrentPolicy
from commlab.env.scenario import Scenario
from commlab.env.types import Observation
from commlab.foundation.errors import CheckpointError

__all__ = ["Mixed", "Party", "check_same_world", "meet", "of_group"]


class Party(NamedTuple):
    """Agents that can be recorded and experimented with, as a checkpoint can."""

    policy: Policy
    scenario: Scenario
    facts: dict[str, Any]
    sha256: str


class Mixed:
    """A policy by which agent a does what policy `whose[a]` would; each remembers for itself."""

    def __init__(self, policies: Sequence[Policy], whose: Sequence[int]) -> None:
        """`whose` (A,) numbers the policies. Raises ValueError for numbers that are none."""
        if not all(0 <= number < len(policies) for number in whose):
            raise ValueError(f"whose must number {len(policies)} policies from 0, not {list(whose)}.")
        self.policies, self.whose = tuple(policies), np.array(whose, dtype=np.int64)

    @property
    def hidden_sizes(self) -> Mapping[str, int]:
        """The units of the hidden states that all policies have alike, by hook point."""
        first, *others = [policy.hidden_sizes for policy in self.policies]
        return {name: size for name, size in first.items() if all(other.get(name) == size for other in others)}

    def initial_state(self, n_worlds: int) -> tuple[Any, ...]:
        """Return the states of all policies as episodes begin."""
        return tuple(policy.initial_state(n_worlds) for policy in self.policies)

    def fork_state(self, state: tuple[Any, ...], worlds: NDArray[np.int64]) -> tuple[Any, ...]:
        """Return a copy of the states for a batch whose world n is `worlds[n]` of this one's."""
        return tuple(policy.fork_state(part, worlds) for policy, part in zip(self.policies, state, strict=True))

    def step(
        self, observation: Observation, state: tuple[Any, ...], draws: Draws, hooks: Hooks | None = None
    ) -> Decision:
        """Return what all agents do in all worlds, each by its own policy; all draws are as if it acted alone."""
        decisions = [
            policy.step(observation, part, draws, hooks) for policy, part in zip(self.policies, state, strict=True)
        ]

        def chosen(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
            out = arrays[0].copy()
            for number, array in enumerate(arrays):
                out[:, self.whose == number] = array[:, self.whose == number]
            return out

        return Decision(
            action=chosen([one.action for one in decisions]),
            message=chosen([one.message for one in decisions]),
            logprob=chosen([one.logprob for one in decisions]),
            logits=chosen([one.logits for one in decisions]),
            value=chosen([one.value for one in decisions]),
            hidden={name: chosen([one.hidden[name] for one in decisions]) for name in self.hidden_sizes},
            state=tuple(one.state for one in decisions),
        )


def meet(parties: Sequence[Any], whose: Sequence[int]) -> Party:
    """Return the party in which agent a is as in party `whose[a]`; the world is that of the first.

    Parties are checkpoints, scripted agents, or parties. Raises CheckpointError where they do not fit into one world.
    """
    for other in parties[1:]:
        check_same_world(parties[0].scenario, other.scenario)
    policies = [_for_some(party, whose, number) for number, party in enumerate(parties)]
    digest = hashlib.sha256("".join(f"{parties[n].sha256},{n};" for n in whose).encode()).hexdigest()
    facts = {**parties[0].facts, "met": [parties[n].sha256 for n in whose]}
    return Party(Mixed(policies, whose), parties[0].scenario, facts, digest)


def _for_some(party: Any, whose: Sequence[int], number: int) -> Policy:
    """Return a party's policy; of networks only what is needed for the agents that act by it is run."""
    policy: Policy = party.policy
    agents = {agent for agent, one in enumerate(whose) if one == number}
    if not isinstance(policy, RecurrentPolicy) or not agents:
        return policy
    groups = [np.array([agent for agent in group.tolist() if agent in agents]) for group in policy.groups]
    some = RecurrentPolicy(party.scenario, policy.n_hidden)
    some.networks = nn.ModuleList(policy.network(g) for g, group in enumerate(groups) if len(group))
    some.groups = [group for group in groups if len(group)]
    some.eval()
    return some


def check_same_world(one: Scenario, other: Scenario) -> None:
    """Raise CheckpointError, naming what differs, where agents of two scenarios cannot live in one world."""
    parts = {
        "agents": (one.agent_bodies, other.agent_bodies),
        "families": (tuple(one.families), tuple(other.families)),
        "bodies": (one.bodies, other.bodies),
        "actions": (one.n_actions, other.n_actions),
        "messages": (
            (one.channel.vocabulary, one.channel.length, one.channel.slots),
            (other.channel.vocabulary, other.channel.length, other.channel.slots),
        ),
        "map": (one.map, other.map),
    }
    different = [name for name, (mine, others) in parts.items() if mine != others]
    if different:
        raise CheckpointError(
            f"Agents of {one.name!r} and {other.name!r} cannot meet: their {' and '.join(different)} differ; take runs "
            f"of one scenario."
        )


def of_group(policy: RecurrentPolicy, scenario: Scenario, group: int) -> RecurrentPolicy:
    """Return the policy in which every agent acts by the network of one group (one family's, say) of another policy."""
    alone = RecurrentPolicy(scenario, policy.n_hidden)
    alone.network(0).load_state_dict(policy.network(group).state_dict())
    alone.eval()
    return alone
