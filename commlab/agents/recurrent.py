"""Recurrent policies: one network for all agents, one a family, or one an agent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from commlab.agents.network import HOOK_POINTS, RecurrentNetwork
from commlab.agents.network import Hooks as NetworkHooks
from commlab.agents.perceive import fill_bags
from commlab.agents.policy import Decision, Draws, Hooks
from commlab.agents.sampling import sample_policy
from commlab.agents.tokens import Bags, empty_bags, token_vocabulary
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.types import Observation

Sharing = Literal["all", "family", "agent"]


class RecurrentPolicy(nn.Module):
    """The networks of all agents of a scenario; `groups[g]` lists the agents that network g serves."""

    def __init__(self, scenario: Scenario, n_hidden: int = 64, sharing: Sharing = "all", seed: int = 0) -> None:
        """Draw the networks' first weights from `seed`."""
        super().__init__()
        rules = make_rules(scenario)
        self.vocabulary = token_vocabulary(scenario, rules)
        self.n_agents, self.n_hidden = scenario.n_agents, n_hidden
        self.n_actions, self.n_symbols = scenario.n_actions, scenario.channel.vocabulary
        self.length = scenario.channel.length
        self.groups = [np.array(group, dtype=np.int64) for group in group_agents(scenario, sharing)]
        self.body = torch.from_numpy(rules.body.astype(np.int64))
        may = torch.from_numpy(np.ascontiguousarray(rules.may[:, : self.n_actions]))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.networks = nn.ModuleList(
                RecurrentNetwork(self.vocabulary.size, n_hidden, may, self.length * self.n_symbols) for _ in self.groups
            )
        self._bags: dict[tuple[int, int], Bags] = {}
        self._bodies: dict[tuple[int, int], Tensor] = {}

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.network(0).heads.weight.device

    def network(self, group: int) -> RecurrentNetwork:
        """Return the network of a group."""
        found = self.networks[group]
        assert isinstance(found, RecurrentNetwork)
        return found

    def initial_state(self, n_worlds: int) -> list[Tensor]:
        """Return zeros, (W * n, H) for each group of n agents."""
        return [self.network(g).initial_state(n_worlds * len(agents)) for g, agents in enumerate(self.groups)]

    @property
    def hidden_sizes(self) -> dict[str, int]:
        """The units of its hidden states, by hook point."""
        return dict.fromkeys(HOOK_POINTS, self.n_hidden)

    def fork_state(self, state: list[Tensor], worlds: NDArray[np.int64]) -> list[Tensor]:
        """Return a copy of the state for a batch whose world n is `worlds[n]` of this one's."""
        index = torch.from_numpy(np.asarray(worlds, dtype=np.int64)).to(self.device)
        return [
            part.view(-1, len(agents), self.n_hidden)[index].reshape(-1, self.n_hidden)
            for part, agents in zip(state, self.groups, strict=True)
        ]

    def bags(self, observation: Observation, group: int) -> Bags:
        """Return the tokens that a group's agents observe, in a buffer that the next call overwrites."""
        n_worlds, agents = observation.vector.shape[0], self.groups[group]
        if (group, n_worlds) not in self._bags:
            self._bags[group, n_worlds] = empty_bags(self.vocabulary, n_worlds * len(agents))
        bags = self._bags[group, n_worlds]
        fill_bags(observation, agents, self.vocabulary, bags)
        return bags

    def bodies(self, group: int, n_worlds: int) -> Tensor:
        """Return the bodies of a group's rows, (W * n,) int64."""
        if (group, n_worlds) not in self._bodies:
            self._bodies[group, n_worlds] = self.body[self.groups[group]].repeat(n_worlds).to(self.device)
        return self._bodies[group, n_worlds]

    @torch.no_grad()
    def step(self, observation: Observation, state: list[Tensor], draws: Draws, hooks: Hooks | None = None) -> Decision:
        """Return what all agents do in all worlds, drawn with the worlds' own randomness."""
        n_worlds = observation.vector.shape[0]
        decision = self.empty_decision(n_worlds)
        for group, agents in enumerate(self.groups):
            bags = self.bags(observation, group)
            token, count = (torch.from_numpy(array).to(self.device) for array in bags)
            bound = None if hooks is None else hooks_of(hooks, agents)
            heads, hidden = self.network(group).step(token, count, self.bodies(group, n_worlds), state[group], bound)
            logits = heads.logits.cpu().numpy()
            with np.errstate(over="ignore"):  # interpreted kernels mix bits by overflowing products
                sample_policy(
                    logits, self.n_actions, *draws, agents, decision.action, decision.message, decision.logprob
                )
            decision.state.append(hidden["core"])
            decision.inputs.append(bags)
            decision.logits[:, agents] = logits.reshape(n_worlds, len(agents), -1)
            decision.value[:, agents] = heads.value.cpu().numpy().reshape(n_worlds, -1)
            for name, tensor in hidden.items():
                decision.hidden[name][:, agents] = tensor.cpu().numpy().reshape(n_worlds, len(agents), -1)
        return decision

    def empty_decision(self, n_worlds: int) -> Decision:
        """Return room for a decision: everyone stays and is silent."""
        rows = (n_worlds, self.n_agents)
        return Decision(
            action=np.zeros(rows, np.uint8),
            message=np.zeros((*rows, self.length), np.uint8),
            logprob=np.zeros(rows, np.float32),
            logits=np.zeros((*rows, self.n_actions + self.length * self.n_symbols), np.float32),
            value=np.zeros(rows, np.float32),
            hidden={name: np.zeros((*rows, self.n_hidden), np.float32) for name in HOOK_POINTS},
            state=[],
            inputs=[],
        )


def hooks_of(hooks: Hooks, agents: NDArray[np.int64]) -> NetworkHooks:
    """Return the hooks of the network that serves some agents."""
    return {name: partial(hook_of, hook, agents) for name, hook in hooks.items()}


def hook_of(hook: Callable[[Tensor, NDArray[np.int64]], Tensor], agents: NDArray[np.int64], value: Tensor) -> Tensor:
    """Return hidden states as the hook leaves them."""
    return hook(value, agents)


def group_agents(scenario: Scenario, sharing: Sharing) -> list[list[int]]:
    """Return which agents share a network."""
    key = {
        "all": [0] * scenario.n_agents,
        "family": list(scenario.families),
        "agent": list(range(scenario.n_agents)),
    }[sharing]
    return [[i for i, k in enumerate(key) if k == wanted] for wanted in sorted(set(key))]
