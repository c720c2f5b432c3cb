"""A batch of worlds: checks what comes in, runs the kernels on threads over worlds, saves, restores and forks state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.env.allocation import State, allocate, allocate_observation, allocate_scratch, world_fields
from commlab.env.reset import reset_worlds
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.env.senses.observe import observe_worlds
from commlab.env.step import step_worlds
from commlab.env.types import N_KINDS, Cell, Number, Observation, Rules, Scratch, World

_WORTH_A_THREAD = 1000  # agents: to hand a slice to a thread takes 35 us, as long as to step 270 of the quickest agents

Indices = Sequence[int] | NDArray[np.int64]


class WorldBatch:
    """W worlds of one scenario, stepped together.

    After `reset` and after every `step`, `observation` holds what the agents observe (views on buffers that the next
    step overwrites). A world whose episode has ended keeps stepping until it is reset; with `autoreset`, the step after
    the last one begins episode `world.episode + n_worlds` instead: its actions are void, its rewards 0.
    """

    def __init__(
        self, scenario: Scenario, n_worlds: int, seed: int = 0, n_threads: int = 1, autoreset: bool = False
    ) -> None:
        """Allocate `n_worlds` worlds; `seed` is the root of all their draws. Reset before stepping."""
        if n_worlds < 1:
            raise ValueError(f"n_worlds is {n_worlds}; a batch has at least one world")
        if not 0 <= seed < 2**63:
            raise ValueError(f"seed is {seed}; it must lie in 0 to 2**63 - 1")
        if n_threads < 1:
            raise ValueError(f"n_threads is {n_threads}; a batch is stepped by at least one thread")
        self.scenario = scenario
        self.seed = seed
        self.autoreset = autoreset
        self.rules: Rules = make_rules(scenario)
        self._fields = world_fields(self.rules, scenario, n_worlds)
        self._state = allocate(self._fields)
        self.world: World = self._state.world
        self.observation: Observation = allocate_observation(scenario, n_worlds)
        self._begun = False
        n_slices = min(n_threads, max(1, n_worlds * self.n_agents // _WORTH_A_THREAD), n_worlds)
        self._edges: list[int] = np.linspace(0, n_worlds, n_slices + 1).astype(int).tolist()
        self._scratch = [allocate_scratch(self.rules, scenario) for _ in range(n_slices)]
        self._pool = ThreadPoolExecutor(n_slices - 1) if n_slices > 1 else None

    @property
    def n_worlds(self) -> int:
        """Worlds in the batch."""
        return int(self.world.t.shape[0])

    @property
    def n_agents(self) -> int:
        """Agents in a world."""
        return int(self.rules.body.shape[0])

    def reset(self, episodes: Indices, scatter: float | None = None) -> Observation:
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
        self.rules = self.rules._replace(scatter=chance)  # for the episodes that follow by themselves, too
        begin = np.ascontiguousarray(numbers, dtype=np.int64)
        self._each(lambda scratch, a, b: reset_worlds(self.world, self.rules, self.seed, begin, chance, a, b))
        return self._observe()

    def step(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> Observation:
        """Step every world: `actions` (W, A) and `messages` (W, A, L), uint8.

        Raises ValueError where they are out of range or of another shape or type, and before the first reset.
        """
        self._check(actions, messages)
        return self.step_trusted(np.ascontiguousarray(actions), np.ascontiguousarray(messages))

    def step_trusted(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> Observation:
        """Step as `step` does, for callers whose actions and messages are valid by construction."""
        world, rules, obs = self.world, self.rules, self.observation
        again, seed, stride = self.autoreset, self.seed, self.n_worlds
        self._each(
            lambda scratch, a, b: step_worlds(world, rules, obs, scratch, actions, messages, again, seed, stride, a, b)
        )
        return obs

    def total_energy(self) -> NDArray[np.int64]:
        """Return the energy of each world in joules, (W,), less what flowed in: the same number in every step."""
        world, value = self.world, self.world.value.astype(np.int64)
        carried = (world.inventory.sum(axis=1, dtype=np.int64) * value).sum(axis=1)
        worth = np.zeros((self.n_worlds, 256), dtype=np.int64)
        worth[:, Cell.CRYSTAL_GREEN : Cell.CRYSTAL_GREEN + N_KINDS] = value
        stocked = (world.stock * np.take_along_axis(worth, world.kind.astype(np.int64), axis=1)).sum(axis=1)
        embodied = world.embodied.sum(axis=1, dtype=np.int64) + world.n_walls * world.numbers[:, Number.WALL_ENERGY]
        held = world.energy.sum(axis=1, dtype=np.int64) + carried
        total: NDArray[np.int64] = held + stocked + embodied + world.reservoir - world.inflow
        return total

    def state(self) -> State:
        """Return a copy of all worlds' state."""
        copy = allocate(self._fields)
        copy.buffer[...] = self._state.buffer
        return copy

    def restore(self, state: State, worlds: Indices | None = None) -> Observation:
        """Set all worlds to a state that `state()` gave, and observe again.

        With `worlds`, each world w is set to world `worlds[w]` of the state. ValueError where the state is of worlds of
        another scenario or number, or lacks a world that is named.
        """
        chosen = np.arange(self.n_worlds) if worlds is None else np.asarray(worlds)
        n_saved = state.world.t.shape[0]
        alike = _shapes(self.world) == _shapes(state.world)
        if not alike or (worlds is None and n_saved != self.n_worlds):
            raise ValueError(f"the state is not of {self.n_worlds} worlds of scenario {self.scenario.name!r}")
        fits = chosen.shape == (self.n_worlds,) and np.issubdtype(chosen.dtype, np.integer)
        if not fits or (chosen < 0).any() or (chosen >= n_saved).any():
            raise ValueError(f"worlds must be {self.n_worlds} numbers from 0 to {n_saved - 1}, of worlds of the state")
        if worlds is None:
            self._state.buffer[...] = state.buffer
        else:
            for name, array in self.world._asdict().items():
                array[...] = getattr(state.world, name)[chosen]
        return self._observe()

    def fork(self, worlds: Indices) -> WorldBatch:
        """Return a new batch whose world n is a copy of world `worlds[n]`; the two go on apart, and by one thread."""
        other = WorldBatch(self.scenario, len(worlds), self.seed, autoreset=self.autoreset)
        other.rules = self.rules
        other.restore(self._state, worlds)
        return other

    def _observe(self) -> Observation:
        """Fill the observation buffers anew."""
        world, rules, obs = self.world, self.rules, self.observation
        self._each(lambda scratch, a, b: observe_worlds(world, rules, obs, scratch, True, a, b))
        self._begun = True
        return obs

    def _each(self, run: Callable[[Scratch, int, int], Any]) -> None:
        """Run a kernel over all worlds, a slice a thread; the calling thread takes the first slice."""
        slices = list(zip(self._scratch, self._edges, self._edges[1:], strict=False))
        if self._pool is None:
            _quietly(run, *slices[0])
            return
        others = [self._pool.submit(_quietly, run, *part) for part in slices[1:]]
        _quietly(run, *slices[0])
        for other in others:
            other.result()

    def _check(self, actions: NDArray[np.uint8], messages: NDArray[np.uint8]) -> None:
        """Raise ValueError where actions or messages are not what the kernels trust them to be."""
        if not self._begun:
            raise ValueError("the worlds have not begun; reset them before the first step")
        wanted = (self.n_worlds, self.n_agents)
        for name, array, shape, limit in (
            ("actions", actions, wanted, self.rules.may.shape[1]),
            ("messages", messages, (*wanted, self.world.message.shape[2]), self.scenario.channel.vocabulary),
        ):
            if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.shape != shape:
                got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ValueError(f"{name} must be an array of uint8 of shape {shape}, not {got}")
            if int(array.max()) >= limit:
                raise ValueError(f"{name} holds {int(array.max())}; it must lie in 0 to {limit - 1}")


def _shapes(world: World) -> list[tuple[int, ...]]:
    """Return the shape of every array of a single world."""
    arrays: tuple[NDArray[Any], ...] = world
    return [array.shape[1:] for array in arrays]


def _quietly(run: Callable[[Scratch, int, int], Any], scratch: Scratch, start: int, stop: int) -> None:
    """Run a kernel over some worlds; interpreted kernels mix bits by products that overflow, which numpy would tell."""
    with np.errstate(over="ignore"):
        run(scratch, start, stop)
