"""A world as PettingZoo's parallel environment: agents by name, dicts of what they observe, do and earn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from commlab.env.allocation import State
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.env.shells.choices import read_choice, read_number
from commlab.env.shells.overview import overview, overview_parts
from commlab.env.shells.spaces import (
    ActionMasks,
    ActionSpace,
    ObservationDict,
    action_space,
    agent_names,
    as_scenario,
    observation_rows,
    observation_space,
)
from commlab.env.shells.statistics import Returns, episode_statistics, world_statistics

__all__ = ["ParallelWorld", "parallel_env"]

Flags = dict[str, bool]
Infos = dict[str, dict[str, Any]]


def parallel_env(
    scenario: str | Path | Scenario,
    seed: int = 0,
    render_mode: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> ParallelWorld:
    """Return a world of a scenario, given by its name in the library, the path of a YAML file or itself.

    `overrides` maps dotted fields ("altar.cost") to values. ScenarioError where the scenario is wrong.
    """
    return ParallelWorld(as_scenario(scenario, overrides), seed, render_mode)


class ParallelWorld(ParallelEnv):  # type: ignore[misc]
    """One world of a scenario.

    Agents are named by body and number ("scout_0"). In every step each of them gives {"action": a, "message": [L
    symbols]} (silence where there is no message), and gets a dict of arrays of its own: what it observes and its
    `action_mask`. What the mask leaves out is allowed, and becomes staying. Its reward is what kinship shares out;
    infos carry `own_reward`, and at the end of the episode `episode` (r and own: its rewards summed, l: steps, and
    its tallies by name) and `world` (the tallies of all agents together). All agents leave together.

    The world depends on seed and episode number alone: `reset(seed=s)` begins episode 0 of seed s, `reset()` the next
    episode, and `reset(options={"episode": n})` episode n; option "scatter" is the chance that agents begin anywhere.
    """

    metadata: dict[str, Any] = {
        "name": "commlab",
        "is_parallelizable": True,
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": 8,
    }

    def __init__(self, scenario: Scenario, seed: int = 0, render_mode: str | None = None) -> None:
        """Make the world; `seed` is what `reset` begins with until it is given one."""
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode is {render_mode!r}; it must be one of None, 'ansi' and 'rgb_array'")
        self.metadata = {**self.metadata, "name": f"{scenario.name}_v{scenario.version}"}
        self.scenario = scenario
        self.render_mode = render_mode
        self.batch = WorldBatch(scenario, 1, seed)
        self.possible_agents = agent_names(scenario)
        self.agents: list[str] = []
        self.observation_spaces = {agent: observation_space(scenario) for agent in self.possible_agents}
        self.action_spaces = {agent: action_space(scenario) for agent in self.possible_agents}
        self._next_episode = 0
        self._begun = False
        self._masks = ActionMasks(scenario, self.batch.rules, 1)
        self._returns = Returns(1, scenario.n_agents)
        self._actions = np.zeros((1, scenario.n_agents), np.uint8)
        self._messages = np.zeros((1, scenario.n_agents, scenario.channel.length), np.uint8)

    def observation_space(self, agent: str) -> spaces.Dict:
        """Return the space of what an agent observes; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> ActionSpace:
        """Return the space of what an agent does, action and message; always the same object."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, ObservationDict], Infos]:
        """Begin an episode and return what agents observe, and their infos; ValueError for a wrong seed or option."""
        given = dict(options or {})
        if seed is not None:
            self.batch.seed = read_number("seed", seed)
        episode = read_number("episode", given.get("episode", 0 if seed is not None else self._next_episode))
        self.batch.reset(np.array([episode]), given.get("scatter"))
        self._next_episode = episode + 1
        self._begun = True
        self.agents = list(self.possible_agents)
        return self._observe(), self._infos()

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, ObservationDict], dict[str, float], Flags, Flags, Infos]:
        """Step the world by a choice of every agent; ValueError where one is missing or wrong, or nobody is there."""
        self._check_names(actions)
        for i, agent in enumerate(self.agents):
            self._actions[0, i], self._messages[0, i] = read_choice(agent, actions[agent], self.scenario)
        self.batch.step_trusted(self._actions, self._messages)
        observations, infos = self._observe(), self._infos()
        world, agents = self.batch.world, self.agents
        rewards = dict(zip(agents, world.shared_reward[0].tolist(), strict=True))
        terminations = dict.fromkeys(agents, bool(world.terminated[0]))
        truncations = dict.fromkeys(agents, bool(world.truncated[0]))
        if world.terminated[0] or world.truncated[0]:
            self.agents = []
        return observations, rewards, terminations, truncations, infos

    def render(self) -> str | NDArray[np.uint8]:
        """Return the world as text ("ansi") or as a picture ("rgb_array"), (height, width, 3) uint8."""
        if self.render_mode is None:
            raise ValueError("render_mode is None; make the environment with render_mode='ansi' or 'rgb_array'")
        self._check_begun()
        from commlab.env import render  # pictures load libraries of their own

        draw = render.render_text if self.render_mode == "ansi" else render.render_rgb
        drawn: str | NDArray[np.uint8] = draw(self.batch.world, self.batch.rules, self.scenario, 0)
        return drawn

    def state(self) -> NDArray[np.float32]:
        """Return the whole world as numbers, (n,) float32; `state_parts` tells where its fields lie."""
        self._check_begun()
        return overview(self.batch.world, 0)

    @cached_property
    def state_parts(self) -> dict[str, slice]:
        """Where the fields of the world lie in `state()`."""
        return overview_parts(self.batch.world)

    @cached_property
    def state_space(self) -> spaces.Box:
        """The space of `state()`."""
        return spaces.Box(-np.inf, np.inf, overview(self.batch.world, 0).shape, np.float32)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickles and copies keep: all but the batch, whose arrays share one buffer, and its world."""
        batch = self.batch
        return {
            **{name: kept for name, kept in vars(self).items() if name != "batch"},
            "_saved": (batch.seed, batch.world),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the world that was kept."""
        seed, world = state["_saved"]
        self.__dict__.update({name: kept for name, kept in state.items() if name != "_saved"})
        self.batch = WorldBatch(self.scenario, 1, seed)
        if self._begun:
            self.batch.restore(State(world, np.empty(0, np.uint8)), [0])  # by worlds: array by array, not the buffer

    def _observe(self) -> dict[str, ObservationDict]:
        """Return what each agent observes, in arrays of its own."""
        self._masks.update(self.batch.world)
        rows = observation_rows(self.batch.observation, self._masks.masks)
        return {agent: {name: rows[name][i].copy() for name in rows} for i, agent in enumerate(self.agents)}

    def _infos(self) -> Infos:
        """Return each agent's info: its own reward and, when the episode is over, what happened in it."""
        world = self.batch.world
        self._returns.add(world)
        own = world.own_reward[0].tolist()
        infos: Infos = {agent: {"own_reward": own[i]} for i, agent in enumerate(self.agents)}
        if world.terminated[0] or world.truncated[0]:
            tallies = episode_statistics(world)
            for i, agent in enumerate(self.agents):
                returns = {"r": float(self._returns.shared[0, i]), "own": float(self._returns.own[0, i])}
                named = {name: int(array[0, i]) for name, array in tallies.items()}
                infos[agent]["episode"] = {**returns, "l": int(world.t[0]), **named}
                infos[agent]["world"] = {name: int(array[0]) for name, array in world_statistics(world).items()}
        return infos

    def _check_begun(self) -> None:
        if not self._begun:
            raise ValueError("the world has not begun; call reset() first")

    def _check_names(self, actions: Mapping[str, Any]) -> None:
        """Raise ValueError where the episode is not under way, or not every agent and nobody else is given a choice."""
        self._check_begun()
        if not self.agents:
            raise ValueError("the episode is over; call reset() to begin the next one")
        missing = [agent for agent in self.agents if agent not in actions]
        strange = [agent for agent in actions if agent not in self.agents]
        if missing:
            raise ValueError(f"agent {missing[0]!r} has no choice; give it one, such as {{'action': 0}} to stay")
        if strange:
            raise ValueError(f"there is no agent {strange[0]!r}; the agents are {', '.join(self.agents):.200}")
