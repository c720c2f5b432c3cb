"""Many worlds as Gymnasium's vector environment: every agent of every world is a row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.env.shells.choices import read_choices, read_number
from commlab.env.shells.spaces import (
    ActionMasks,
    ObservationDict,
    action_space,
    agent_names,
    as_scenario,
    observation_rows,
    observation_space,
)
from commlab.env.shells.statistics import Returns, episode_statistics, world_statistics

__all__ = ["VectorWorld", "vector_env"]

Array = NDArray[Any]
Infos = dict[str, Any]


def vector_env(
    scenario: str | Path | Scenario,
    n_worlds: int,
    seed: int = 0,
    n_threads: int = 1,
    *,
    overrides: Mapping[str, Any] | None = None,
    copy: bool = True,
) -> VectorWorld:
    """Return `n_worlds` worlds of a scenario, given by its name in the library, the path of a YAML file or itself.

    Without `copy`, observations are views that the next step overwrites (2 % faster). Raises ScenarioError where the
    scenario is wrong.
    """
    return VectorWorld(as_scenario(scenario, overrides), n_worlds, seed, n_threads, copy)


class VectorWorld(VectorEnv[ObservationDict, Any, Array]):
    """W worlds of A agents as W x A environments that share a policy: row = world * A + agent.

    All rows of a world end together, and it resets itself in the next step: the step in which an episode ends gives its
    last observation; the one after it ignores the actions of those rows, gives no reward and the first observation of
    the next episode. World w plays episodes w, w + W, w + 2 W ... of its seed.

    Observations are copies; without `copy`, views on buffers that the next step fills anew.
    Actions are {"action": (rows,), "message": (rows, L)}; without "message" all are silent. Infos carry `own_reward`,
    and when episodes end `episode` (r and own: rewards summed, l: steps, and the tallies by name) and `world` (the
    tallies of all agents of the world), which hold for the rows set in `_episode` and are 0 elsewhere. The wrapper
    RecordEpisodeStatistics has nothing to add; it wants another `stats_key`.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": []}

    def __init__(self, scenario: Scenario, n_worlds: int, seed: int = 0, n_threads: int = 1, copy: bool = True) -> None:
        """Make the worlds; `seed` is what `reset` begins with until it is given one."""
        self.scenario = scenario
        self.batch = WorldBatch(scenario, n_worlds, seed, n_threads, autoreset=True)
        self.n_worlds, self.n_agents = n_worlds, scenario.n_agents
        self.num_envs = n_worlds * self.n_agents
        self.agents = agent_names(scenario)
        self.single_observation_space = observation_space(scenario)
        self.single_action_space = action_space(scenario)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._copy = copy
        self._begun = False
        self._masks = ActionMasks(scenario, self.batch.rules, n_worlds)
        self._returns = Returns(n_worlds, self.n_agents)
        self._actions = np.zeros((n_worlds, self.n_agents), np.uint8)
        self._messages = np.zeros((n_worlds, self.n_agents, scenario.channel.length), np.uint8)
        self._rows = observation_rows(self.batch.observation, self._masks.masks)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[ObservationDict, Infos]:
        """Begin an episode in every world and return observations and infos; ValueError for a wrong seed or option.

        With a seed, world w begins episode w; without, its next one. The option "episode" is world 0's, world w then
        begins that many after w; "scatter" is the chance that agents begin anywhere.
        """
        given = dict(options or {})
        if "reset_mask" in given:
            raise ValueError("reset_mask cannot be given; leave it out: worlds reset themselves in the next step")
        first = np.arange(self.n_worlds)
        if seed is not None:
            self.batch.seed = read_number("seed", seed)
        elif self._begun:
            first = self.batch.world.episode + self.n_worlds
        super().reset(seed=seed)
        if "episode" in given:
            first = np.arange(self.n_worlds) + read_number("episode", given["episode"])
        self.batch.reset(first, given.get("scatter"))
        self._begun = True
        return self._observe(), self._infos()

    def step(self, actions: Any) -> tuple[ObservationDict, Array, Array, Array, Infos]:
        """Step all worlds and return observations, rewards, terminations, truncations and infos, by rows.

        ValueError where actions or messages are of another shape or out of range, and before the first reset.
        """
        if not self._begun:
            raise ValueError("the worlds have not begun; call reset() first")
        read_choices(actions, self.scenario, self.name_of, self._actions, self._messages)
        self.batch.step_trusted(self._actions, self._messages)
        world = self.batch.world
        rewards = world.shared_reward.reshape(-1).astype(np.float64)
        return self._observe(), rewards, self._by_row(world.terminated), self._by_row(world.truncated), self._infos()

    def name_of(self, row: int) -> str:
        """Return whose a row is, in words."""
        return f"agent {self.agents[row % self.n_agents]!r} of world {row // self.n_agents}"

    def _by_row(self, of_worlds: Array) -> Array:
        """Return what holds for worlds, (W,), for each of their rows."""
        return np.repeat(of_worlds, self.n_agents)

    def _observe(self) -> ObservationDict:
        """Return what the rows observe."""
        self._masks.update(self.batch.world)
        return {name: array.copy() if self._copy else array for name, array in self._rows.items()}

    def _infos(self) -> Infos:
        """Return the infos of a step: own rewards and, where episodes are over, what happened in them."""
        world = self.batch.world
        self._returns.add(world)
        infos: Infos = {"own_reward": world.own_reward.reshape(-1).astype(np.float64)}
        infos["_own_reward"] = np.ones(self.num_envs, np.bool_)
        over = world.terminated | world.truncated
        if over.any():
            returns = {"r": self._returns.shared, "own": self._returns.own}
            named: dict[str, Array] = {**returns, **episode_statistics(world)}
            infos["episode"] = {name: np.where(over[:, None], array, 0).reshape(-1) for name, array in named.items()}
            infos["episode"]["l"] = self._by_row(np.where(over, world.t, 0))
            infos["world"] = {
                name: self._by_row(np.where(over, array, 0)) for name, array in world_statistics(world).items()
            }
            infos["_episode"] = infos["_world"] = self._by_row(over)
        return infos
