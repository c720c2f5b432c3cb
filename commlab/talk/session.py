"""The live session: a world to talk with beside its untouched twin, stepped together, with all that was said to it.

Both worlds are rows of one batch with the same episode and draws, so that without a message they are alike to the last
bit, and with one they differ by it alone. What a person says are interventions on the first of them. The session is a
pure function of (agents, seed, episode, what was said and when).
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention, to_json
from commlab.agents.plan import NO_PLAN, make_plan
from commlab.agents.policy import Decision
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.types import World
from commlab.foundation.errors import InterventionError
from commlab.recording import FRESH, Playable
from commlab.talk.speech import Say, interventions

__all__ = ["LIVE", "TALKS", "TWIN", "Session", "Spoken", "Step", "one_thread"]

TALKS = FRESH + 2**21  # seeds of conversations: neither trained in nor recorded, nor those of experiments
LIVE, TWIN = 0, 1  # worlds of the batch
SEEN = (
    "row", "column", "energy", "inventory", "shield", "frozen", "last_action", "kind", "object_row", "object_column",
    "stock",
)  # fmt: skip
ROWS = 64  # agents stepped together at least: a policy's rows may depend on the shape of smaller batches


class Spoken(NamedTuple):
    """Something said by a person, and when."""

    t: int  # the first step in which it acts
    say: Say
    changes: tuple[Intervention, ...]


class Step(NamedTuple):
    """What happened in a step, in the live world and its twin, (2, …) each."""

    t: int
    action: NDArray[np.uint8]  # (2, A) as carried out
    said: NDArray[np.uint8]  # (2, A, L) what went into the air
    mark: int  # checksum of what was done and said, and where all stood


class Session:
    """Agents in a live world and in its twin, to whom a person can speak."""

    def __init__(self, agents: Playable, seed: int = 0, episode: int = 0) -> None:
        """Begin an episode. The same agents, seed, episode and words give the same session."""
        one_thread()
        self.agents, self.scenario, self.seed = agents, agents.scenario, seed
        n_worlds = max(2, -(-ROWS // self.scenario.n_agents))
        self.rollout = Rollout(WorldBatch(self.scenario, n_worlds, TALKS + seed), agents.policy)
        self.restart(episode)

    def restart(self, episode: int, seed: int | None = None) -> None:
        """Begin an episode anew; what was said is forgotten. Raises InterventionError for what is no episode."""
        if not 0 <= episode < 2**53:
            raise InterventionError(f"Episodes are numbered from 0 on; there is no episode {episode}.")
        worlds = self.rollout.worlds
        if seed is not None and seed != self.seed:
            worlds, self.seed = WorldBatch(self.scenario, worlds.n_worlds, TALKS + seed), seed
        self.episode = episode
        self.spoken: list[Spoken] = []
        self.last: Step | None = None
        self.since: int | None = None  # the first step before which the two worlds were not alike
        self.total = np.zeros((2, self.scenario.n_agents))  # what all agents got so far, shared by kinship
        self.reward = np.zeros((2, self.scenario.n_agents), np.float32)  # of the last step
        self.rollout = Rollout(worlds, self.agents.policy, NO_PLAN)
        self.rollout.begin(np.full(worlds.n_worlds, episode))
        self._ahead: Decision | None = None

    @property
    def t(self) -> int:
        """The step that comes next."""
        return self.rollout.t

    @property
    def over(self) -> bool:
        """Whether the live world's episode has ended."""
        return self.t >= self.scenario.steps or not bool(self.rollout.live[LIVE])

    @property
    def world(self) -> World:
        """All worlds of the batch, as they are before the next step."""
        return self.rollout.worlds.world

    @property
    def changes(self) -> tuple[Intervention, ...]:
        """All that was done to the live world, in order."""
        return tuple(change for spoken in self.spoken for change in spoken.changes)

    def interventions_json(self) -> str:
        """Return the same as JSON."""
        return to_json(self.changes)

    def say(self, say: Say) -> Spoken:
        """Let a person speak: it acts in the next step. Raises InterventionError for what the world does not have."""
        if self.over:
            raise InterventionError(f"Episode {self.episode} is over; begin another one to speak in.")
        spoken = Spoken(self.t, say, interventions(say, self.scenario, self.t))
        n_worlds, n_agents, length = self.rollout.worlds.n_worlds, self.scenario.n_agents, self.scenario.channel.length
        wanted = [[*self.changes, *spoken.changes], *([] for _ in range(n_worlds - 1))]
        plan = make_plan(wanted, self.scenario.steps, n_agents, length)
        self.rollout = self.rollout.fork(np.arange(n_worlds), plan)  # what is heard in this step is heard anew
        self.spoken.append(spoken)
        self._ahead = None
        return spoken

    def ahead(self) -> Decision:
        """Return what the agents are about to do, without doing it."""
        if self._ahead is None:
            self._ahead = self.rollout.decide()
        return self._ahead

    def step(self) -> Step:
        """Let all agents act and speak once. Raises InterventionError where the episode is over."""
        if self.over:
            raise InterventionError(f"Episode {self.episode} is over; begin another one.")
        watch = _Watch()
        self.rollout.step(watch)
        self._ahead = None
        self.reward = watch.reward
        self.total += watch.reward
        assert watch.step is not None
        self.last = watch.step
        if self.since is None and self._differ(watch.step):
            self.since = self.t
        return watch.step

    def _differ(self, step: Step) -> bool:
        """Return whether anything that can be seen differs between the world and its twin."""
        seen = [getattr(self.world, name) for name in SEEN]
        return any(not np.array_equal(array[LIVE], array[TWIN]) for array in (*seen, step.said))


def one_thread() -> None:
    """Let torch compute in the calling thread alone: so few rows are quickest so, and their bits are the same anywhere.

    How many threads it takes is a matter of each thread that calls it.
    """
    torch.set_num_threads(1)


class _Watch:
    """A watcher of one step."""

    def __init__(self) -> None:
        """See nothing yet."""
        self.step: Step | None = None
        self.reward: NDArray[np.float32] = np.zeros((2, 0), np.float32)
        self._live: NDArray[np.bool_] = np.ones(2, np.bool_)

    def before(self, moment: Moment) -> None:
        """Keep what is done and said."""
        both = slice(LIVE, TWIN + 1)
        action, said = moment.action[both].copy(), moment.emitted[both].copy()
        world = moment.world
        self.step = Step(moment.t, action, said, mark_of(action, said, world.row[both], world.column[both]))
        self._live = moment.live[both]

    def after(self, t: int, world: World) -> None:
        """Keep what it brought."""
        self.reward = world.shared_reward[LIVE : TWIN + 1] * self._live[:, None]


def mark_of(*arrays: NDArray[np.generic]) -> int:
    """Return a checksum of arrays."""
    mark = 0
    for array in arrays:
        mark = zlib.crc32(np.ascontiguousarray(array).tobytes(), mark)
    return mark
