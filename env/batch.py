"""A batch of worlds: allocates the arrays, checks what comes in, and runs the kernels on threads over worlds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.env.observe import observe_worlds
from commlab.env.reset import reset_worlds
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.step import step_worlds
from commlab.env.types import N_KINDS, WINDOW, Action, Entity, Observation, Own, Rules, Slot, World

_WORTH_A_THREAD = 256  # worlds: fewer are stepped faster by one thread than handed to two


class WorldBatch:
    """W worlds of one scenario, stepped together.

    After `reset` and after every `step`, `observation` holds what the agents observe (views on buffers that the next
    step overwrites). A world whose time is over keeps its state until it is reset.
    """

    def __init__(self, scenario: Scenario, n_worlds: int, seed: int = 0, n_threads: int = 1) -> None:
        """Allocate `n_worlds` worlds; `seed` is the root of all their draws. Reset before stepping."""
        if n_worlds < 1:
            raise ValueError(f"n_worlds is {n_worlds}; a batch has at least one world")
        if not 0 <= seed < 2**63:
            raise ValueError(f"seed is {seed}; it must lie in 0 to 2**63 - 1")
        if n_threads < 1:
            raise ValueError(f"n_threads is {n_threads}; a batch is stepped by at least one thread")
        self.scenario = scenario
        self.seed = seed
        self.rules: Rules = make_rules(scenario)
        self.world: World = allocate_world(self.rules, n_worlds)
        self.observation: Observation = allocate_observation(scenario, n_worlds)
        self._begun = False
        self._order = np.zeros((n_worlds, self.n_agents), dtype=np.int16)
        self._threads = min(n_threads, max(1, n_worlds // _WORTH_A_THREAD))
        self._pool = ThreadPoolExecutor(self._threads) if self._threads > 1 else None

    @property
    def n_worlds(self) -> int:
        """Worlds in the batch."""
        return int(self.world.t.shape[0])

    @property
    def n_agents(self) -> int:
        """Agents in a world."""
        return int(self.rules.body.shape[0])

    def reset(self, episodes: NDArray[np.int64], scatter: float | None = None) -> Observation:
        """Begin episode `episodes[w]` (W,) in every world; `scatter` overrides the scenario's chance of scattering.

        Raises ValueError where `episodes` are not W numbers of 0 or more, or `scatter` is no chance.
        """
        numbers = np.asarray(episodes)
        whole = numbers.shape == (self.n_worlds,) and np.issubdtype(numbers.dtype, np.integer)
        if not whole or (numbers < 0).any() or (numbers >= 2**63).any():
            raise ValueError(
                f"episodes must be whole numbers from 0 to 2**63 - 1, one for each of {self.n_worlds} worlds"
            )
        chance = self.scenario.start.scatter if scatter is None else float(scatter)
        if not 0 <= chance <= 1:
            raise ValueError(f"scatter is {chance}; it is a chance from 0 to 1")
        begin = np.ascontiguousarray(numbers, dtype=np.int64)
        self._each(lambda a, b: reset_worlds(self.world, self.rules, self.seed, begin, chance, a, b))
        return self._observe()

    def step(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> Observation:
        """Step every world: `actions` (W, A) and `messages` (W, A, L), uint8.

        Raises ValueError where they are out of range or of another shape or type, and before the first reset.
        """
        self._check(actions, messages)
        return self.step_trusted(np.ascontiguousarray(actions), np.ascontiguousarray(messages))

    def step_trusted(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> Observation:
        """Step as `step` does, for callers whose actions and messages are valid by construction."""
        self._each(
            lambda a, b: step_worlds(self.world, self.rules, self.observation, actions, messages, self._order, a, b)
        )
        return self.observation

    def total_energy(self) -> NDArray[np.int64]:
        """Return the energy of each world in joules, (W,): agents, what they carry, crystals and the ground."""
        world, value = self.world, self.rules.value.astype(np.int64)
        carried = world.inventory.astype(np.int64) @ value
        worth = np.zeros(256, dtype=np.int64)
        worth[4 : 4 + N_KINDS] = value
        stocked = (world.stock * worth[world.kind]).sum(axis=1)
        total: NDArray[np.int64] = world.energy.sum(axis=1) + carried.sum(axis=1) + stocked + world.reservoir
        return total

    def state(self) -> World:
        """Return a copy of all worlds' state."""
        return World._make(array.copy() for array in self.world)

    def restore(self, state: World) -> Observation:
        """Set all worlds to a state that `state()` gave, and observe again; ValueError where it is of other worlds."""
        mine: tuple[NDArray[Any], ...] = self.world
        if [array.shape for array in mine] != [array.shape for array in state]:
            raise ValueError(f"the state is not of {self.n_worlds} worlds of scenario {self.scenario.name!r}")
        for array, saved in zip(mine, state, strict=True):
            array[...] = saved
        return self._observe()

    def _observe(self) -> Observation:
        """Fill the observation buffers anew."""
        self._each(lambda a, b: observe_worlds(self.world, self.rules, self.observation, a, b))
        self._begun = True
        return self.observation

    def _each(self, run: Callable[[int, int], Any]) -> None:
        """Run a kernel over all worlds, a slice a thread."""
        if self._pool is None:
            _quietly(run, 0, self.n_worlds)
            return
        edges = np.linspace(0, self.n_worlds, self._threads + 1).astype(int).tolist()
        for done in [self._pool.submit(_quietly, run, a, b) for a, b in zip(edges, edges[1:], strict=False)]:
            done.result()

    def _check(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> None:
        """Raise ValueError where actions or messages are not what the kernels trust them to be."""
        if not self._begun:
            raise ValueError("the worlds have not begun; reset them before the first step")
        wanted = (self.n_worlds, self.n_agents)
        for name, array, shape, limit in (
            ("actions", actions, wanted, len(Action)),
            ("messages", messages, (*wanted, self.world.message.shape[2]), self.scenario.channel.vocabulary),
        ):
            if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.shape != shape:
                got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ValueError(f"{name} must be an array of uint8 of shape {shape}, not {got}")
            if int(array.max()) >= limit:
                raise ValueError(f"{name} holds {int(array.max())}; it must lie in 0 to {limit - 1}")


def _quietly(run: Callable[[int, int], Any], start: int, stop: int) -> None:
    """Run a kernel over some worlds; interpreted kernels mix bits by products that overflow, which numpy would tell."""
    with np.errstate(over="ignore"):
        run(start, stop)


def allocate_world(rules: Rules, n_worlds: int) -> World:
    """Return the zeroed arrays of `n_worlds` worlds."""
    agents = (n_worlds, rules.body.shape[0])
    objects = (n_worlds, rules.start_kind.shape[0])
    grid = (n_worlds, *rules.start_grid.shape)
    return World(
        key=np.zeros(n_worlds, np.uint64),
        episode=np.zeros(n_worlds, np.int64),
        t=np.zeros(n_worlds, np.int32),
        grid=np.zeros(grid, np.uint8),
        occupant=np.zeros(grid, np.int16),
        row=np.zeros(agents, np.int16),
        column=np.zeros(agents, np.int16),
        facing=np.zeros(agents, np.uint8),
        last_action=np.zeros(agents, np.uint8),
        energy=np.zeros(agents, np.int32),
        inventory=np.zeros((*agents, N_KINDS), np.int16),
        message=np.zeros((*agents, 1), np.uint8),
        kind=np.zeros(objects, np.uint8),
        object_row=np.zeros(objects, np.int16),
        object_column=np.zeros(objects, np.int16),
        stock=np.zeros(objects, np.int16),
        timer=np.zeros(objects, np.int16),
        reservoir=np.zeros(n_worlds, np.int64),
        kinship=np.zeros((*agents, agents[1]), np.float32),
        own_reward=np.zeros(agents, np.float32),
        shared_reward=np.zeros(agents, np.float32),
        truncated=np.zeros(n_worlds, np.bool_),
    )


def allocate_observation(scenario: Scenario, n_worlds: int) -> Observation:
    """Return the zeroed buffers of what the agents of `n_worlds` worlds observe."""
    agents = (n_worlds, scenario.n_agents)
    slots = (*agents, scenario.channel.slots)
    return Observation(
        window=np.zeros((*agents, WINDOW, WINDOW), np.uint8),
        entities=np.zeros((*agents, scenario.observation.entities, len(Entity)), np.int8),
        vector=np.zeros((*agents, len(Own)), np.int16),
        heard=np.zeros((*slots, 1), np.uint8),
        slots=np.zeros((*slots, len(Slot)), np.int8),
        speaker=np.full(slots, -1, np.int16),
    )
