"""Records the rollouts of any policy in any PettingZoo-like environment, in three lines of any training loop.

    with commlab.Recorder("runs/mine/recording.h5", env) as recorder:
        ...  # observations: what the agents decided on
        recorder.step(observations, actions, rewards, terminations, truncations, infos, messages=messages)

A row of the recording is what agents observed, what they then did and said, and the reward that followed.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from commlab.datasets.imports.writing import agent_codes, refuse_existing
from commlab.datasets.moments import SymbolTable, read_action, read_observation
from commlab.datasets.rollouts import NO_ACTION, Episode, Shapes, columns_of
from commlab.datasets.writer import RecordingWriter
from commlab.foundation.errors import RecordingError
from commlab.foundation.provenance import commlab_version, git_revision

__all__ = ["Recorder"]

Array = np.ndarray[Any, Any]
SHARD_ROWS = 65536  # rows of agents in a shard, about
MOST_EPISODES = 1024  # in a shard
NUMBERED = re.compile(r"(.+)_\d+")  # PettingZoo's names: "scout_0" is a scout


class Given(NamedTuple):
    """What holds for an episode."""

    condition: str = ""
    kinship: Array | None = None


class Recorder:
    """Writes finished episodes to a recording; a kill loses at most the episodes since the last shard.

    Agents are those of `env.possible_agents`, or those named. An agent that a step does not mention keeps what it
    observed and its hidden state, says nothing and does nothing; so turns of an AEC environment are steps in which one
    agent acts.
    """

    def __init__(
        self,
        path: Path | str,
        env: Any = None,
        agents: Sequence[str] | None = None,
        force: bool = False,
        actions: Sequence[str] | None = None,
        length: int | None = None,
    ) -> None:
        """path: of the recording; actions: names of the actions 0, 1, …; length: symbols of the longest message.

        Without `length` the longest message of the first shard counts. Raises RecordingError where a recording is in
        the way or the agents are not known.
        """
        self.path, self.force = Path(path), force
        refuse_existing(self.path, force)
        known = agents if agents is not None else getattr(env, "possible_agents", None) or getattr(env, "agents", None)
        if not known:
            raise RecordingError(
                "The agents are not known: give Recorder an environment with possible_agents, or agents=."
            )
        self.agents = tuple(map(str, known))
        self.number = {agent: number for number, agent in enumerate(known)}
        self.action_names = tuple(actions or ())
        self.codes: dict[str, int] = {}  # of actions that are texts
        self.numbered = False  # actions are numbers
        self.symbols = SymbolTable()
        self.shapes = Shapes(len(self.agents), length)
        self.writer: RecordingWriter | None = None
        self.waiting: list[tuple[Episode, Given]] = []
        self.given = Given()
        self.episode = Episode(len(self.agents))
        self.n_episodes = 0

    def begin(self, condition: str = "", kinship: Any = None) -> None:
        """Say what holds for this episode and the next ones: a condition, a matrix (A, A) of kinship."""
        matrix = None if kinship is None else np.asarray(kinship, dtype=np.float32)
        if matrix is not None and matrix.shape != (len(self.agents),) * 2:
            raise RecordingError(
                f"kinship is of shape {matrix.shape}: give a row and a column for each of {self.agents}."
            )
        self.given = Given(condition, matrix)

    def step(
        self,
        observations: Mapping[str, Any],
        actions: Mapping[str, Any],
        rewards: Mapping[str, float] | None = None,
        terminations: Mapping[str, bool] | bool | None = None,
        truncations: Mapping[str, bool] | bool | None = None,
        infos: Mapping[str, Any] | None = None,
        messages: Mapping[str, Any] | None = None,
        heard: Mapping[str, Any] | None = None,
        hidden: Mapping[str, Any] | None = None,
        features: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Record a step: everything by agent.

        observations: from which the actions were chosen; a part "heard" (K, L) is what was heard. actions: a part
        "message" is what was said, unless `messages` gives it: symbols (0 is silence), or words. hidden: arrays (H,),
        or mappings of such by hook point. features: named numbers or texts that messages may be about. infos are not
        recorded. Where all agents are terminated or truncated the episode ends; a step of actions that are all None is
        none. Raises RecordingError, naming the
        agent, for what cannot be recorded.
        """
        if isinstance(actions, Mapping) and actions and all(action is None for action in actions.values()):
            return  # a turn of an AEC environment in which an agent that is done leaves
        row = self.episode.row()
        for agent, observation in self.known("observations", observations):
            row.observe(agent, read_observation(self.agents[agent], observation))
        for agent, action in self.known("actions", actions):
            choice = read_action(self.agents[agent], action)
            row.act(agent, self.coded(self.agents[agent], choice.code), choice.features)
            row.say(agent, self.symbols.message(self.agents[agent], choice.message))
        for agent, said in self.known("messages", messages):
            row.say(agent, self.symbols.message(self.agents[agent], said))
        for agent, words in self.known("heard", heard):
            slots = words if isinstance(words, list | tuple) and words and not np.isscalar(words[0]) else [words]
            row.hear(agent, [self.symbols.message(self.agents[agent], slot) for slot in slots])
        for agent, reward in self.known("rewards", rewards):
            row.earn(agent, float(reward))
        for agent, state in self.known("hidden", hidden):
            row.think(agent, state if isinstance(state, Mapping) else {"core": state})
        for agent, facts in self.known("features", features):
            row.know(agent, facts)
        self.end_where_over(terminations, truncations)

    def known(self, what: str, values: Any) -> list[tuple[int, Any]]:
        """The agents' numbers with their values. Raises RecordingError for no mapping, and an unknown agent."""
        if values is None:
            return []
        if not isinstance(values, Mapping):
            raise RecordingError(f"{what} is a {type(values).__name__}: give a mapping from agents to theirs.")
        strange = [agent for agent in values if agent not in self.number]
        if strange:
            raise RecordingError(f"{what} names {strange[0]!r}: the agents are {', '.join(self.agents[:8])}.")
        return [(self.number[agent], value) for agent, value in values.items() if value is not None]

    def coded(self, agent: str, choice: Any) -> int | None:
        """The code of an action. Raises RecordingError where it has none."""
        if choice is None:
            return None
        if isinstance(choice, str) or self.codes:
            if self.numbered:
                raise RecordingError(
                    f"The action of {agent!r} is {choice!r} and others were numbers: keep to one kind."
                )
            code = self.codes.setdefault(str(choice), len(self.codes))
        else:
            code, self.numbered = int(choice), True
        if not 0 <= code < NO_ACTION:
            raise RecordingError(
                f"The action of {agent!r} is {choice!r}: {NO_ACTION} of them, from 0, can be recorded."
            )
        return code

    def end_where_over(self, terminations: Any, truncations: Any) -> None:
        """End the episode where everybody who took part is done."""
        over = [self.over(ends) for ends in (terminations, truncations)]
        self.episode.done |= over[0] | over[1]
        if self.episode.present and self.episode.present <= self.episode.done:
            self.end_episode(terminated=bool(over[0]) and not over[1])

    def over(self, ends: Any) -> set[int]:
        """The agents that are done, told by agent, for all at once, or under "__all__"."""
        if ends is None or isinstance(ends, bool | np.bool_):
            return set(range(len(self.agents))) if ends else set()
        if "__all__" in ends:
            return self.over(bool(ends["__all__"]))
        return {agent for agent, end in self.known("terminations and truncations", ends) if end}

    def end_episode(self, terminated: bool = False) -> None:
        """End the episode here (truncated, unless it is said to be terminated); one without a step is none."""
        if not self.episode.rows:
            return
        self.episode.terminated = terminated
        self.waiting.append((self.episode, self.given))
        self.episode = Episode(len(self.agents))
        self.n_episodes += 1
        if len(self.waiting) >= self.shard_episodes():
            self.flush()

    def shard_episodes(self) -> int:
        """Episodes of a shard, by the length of the first."""
        if self.writer is not None:
            return self.writer.shard_episodes
        return max(1, min(MOST_EPISODES, SHARD_ROWS // (len(self.waiting[0][0].rows) * len(self.agents))))

    def flush(self) -> None:
        """Write the episodes that wait."""
        episodes = [episode for episode, _ in self.waiting]
        columns, names = columns_of(episodes, self.shapes)
        if self.writer is None:
            header = {"commlab_version": commlab_version(), "git_revision": git_revision(), "command": "Recorder"}
            self.writer = RecordingWriter(self.path, header, None, self.shard_episodes(), force=self.force)
        self.writer.header |= self.facts(names)
        self.writer.write_shard(self.writer.n_shards, self.fields(), columns)
        self.waiting = []

    def fields(self) -> dict[str, Array]:
        """The fields of /episodes for those that wait."""
        n_episodes = len(self.waiting)
        first = self.n_episodes - n_episodes
        found: dict[str, Array] = {
            "length": np.array([len(episode.rows) for episode, _ in self.waiting], dtype=np.int32),
            "episode": np.arange(first, self.n_episodes),
            "condition": np.array([given.condition for _, given in self.waiting], dtype=object),
            "bodies": np.tile(np.array(self.bodies()[1], dtype=np.uint8), (n_episodes, 1)),
        }
        if self.shapes.kinship is None:
            self.shapes.kinship = any(given.kinship is not None for _, given in self.waiting)
        if self.shapes.kinship:
            eye = np.eye(len(self.agents), dtype=np.float32)
            found["kinship"] = np.stack([eye if given.kinship is None else given.kinship for _, given in self.waiting])
        return found

    def bodies(self) -> tuple[dict[str, str], list[int]]:
        """The names of bodies and each agent's: agents called scout_0 and scout_1 are scouts, others are themselves."""
        matches = [NUMBERED.fullmatch(agent) for agent in self.agents]
        if all(matches):
            kinds = [match[1] for match in matches if match is not None]
            names = list(dict.fromkeys(kinds))
            return {str(code): name for code, name in enumerate(names)}, [names.index(kind) for kind in kinds]
        return agent_codes(self.agents), [min(number, 255) for number in range(len(self.agents))]

    def facts(self, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """What the header says as far as it is known now."""
        codes: dict[str, Any] = {"bodies": self.bodies()[0], **self.shapes.tables()}
        if self.symbols.codes:
            codes["symbols"] = {str(code): word for word, code in self.symbols.codes.items()}
        actions = {str(code): name for code, name in enumerate(self.action_names)}
        actions |= {str(code): name for name, code in self.codes.items()}
        if self.shapes.idle:
            actions[str(NO_ACTION)] = "none"
        speakers = sorted(self.shapes.speakers) or list(range(len(self.agents)))
        listeners = [agent for agent in range(len(self.agents)) if agent not in self.shapes.speakers]
        return {
            "scenario": {"name": self.path.parent.name, "title": f"recorded by a training loop into {self.path}"},
            "agents": list(self.agents),
            "codes": {table: names for table, names in {**codes, "actions": actions}.items() if names},
            "layout": {"speakers": speakers, "listeners": listeners or list(range(len(self.agents)))},
            "columns": dict(names),
        }

    def close(self) -> Path | None:
        """Finish the file with the episodes that ended; returns its path, None where no episode did.

        An episode that has not ended is left out, with a warning.
        """
        if self.episode.rows:
            n_steps = len(self.episode.rows)
            self.episode = Episode(len(self.agents))
            warnings.warn(
                f"The last episode, of {n_steps} steps, has not ended and is not recorded; end_episode() keeps it.",
                stacklevel=2,
            )
        if self.waiting:
            self.flush()
        writer, self.writer = self.writer, None
        return writer.finish() if writer is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Finish the file, also after an error in the loop, whose own message then counts."""
        if isinstance(error, RecordingError):  # what was given could not be recorded: what is sealed stays
            if self.writer is not None:
                self.writer.close()
            return
        if self.close() is None and error is None:
            raise RecordingError(f"{self.path} is not written: no episode was recorded to its end.")
