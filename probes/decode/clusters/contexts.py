"""What is clustered, and what the clusters are held against: rows of some agents, and variables beside them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.foundation.errors import DataError
from commlab.probes.decode.clusters.variables import Coded, Place, Variable, beside, code_targets, messages, world
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, table_of
from commlab.probes.decode.sources import Agents, features, find_agents, find_source

__all__ = ["WORLD", "Contexts", "Question", "read_contexts"]

WORLD = "world"  # the source that is made of targets
HIDDEN = "policy/hidden."
MIN_EPISODES = 8
BLOCK = 65_536

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]


class Question(NamedTuple):
    """What is clustered, of whom."""

    source: str | None = None  # hidden.<name> (by default, where it is recorded), world or observation
    of: str | int | None = None
    every_step: bool | None = None  # silent steps too; by default so for hidden states
    targets: tuple[str, ...] | None = None  # what the clusters are held against; by default all with few values
    max_rows: int = 50_000
    seed: int = 0


class Contexts(NamedTuple):
    """The rows that form clusters, those that test them, and the variables beside these."""

    source: str
    agents: Agents
    every_step: bool
    rows: Rows  # the forming episodes, then the testing ones
    kept: Bool  # (N,) the rows that are clustered: where something is said, or all
    n_forming: int  # episodes
    matrix: Float32  # (N, D) features
    variables: tuple[Variable, ...]
    left_out: dict[str, str]  # variables that cannot be used, and why

    @property
    def forms(self) -> Bool:
        """Which rows form the clusters, (N,)."""
        return self.kept & (self.rows.episode < self.n_forming)

    @property
    def tests(self) -> Bool:
        """Which rows test them, (N,)."""
        return self.kept & (self.rows.episode >= self.n_forming)

    def testing(self, labels: Int64) -> Int64:
        """Labels of all rows (N,) as a table of the testing episodes (E, slots), -1 where there is none."""
        return table_of(labels, self.rows, -1)[self.n_forming :]


def read_contexts(recording: Recording, question: Question) -> Contexts:
    """The question's rows, halved by episode, and its variables.

    Raises DataError where there are too few episodes, nothing varies or a number is missing, and TargetError for an
    unknown target.
    """
    agents = find_agents(recording, question.of, "speakers")
    kind = source_kind(recording, question.source)
    every_step = kind.startswith("hidden") if question.every_step is None else question.every_step
    rows, n_forming = choose_rows(recording, agents, every_step, question)
    kept = np.ones(len(rows.episode), dtype=bool) if every_step else speech(recording, agents)[rows.steps].reshape(-1)
    hidden = kind.startswith("hidden")
    place = Place(recording, agents, rows, n_forming, hidden and listening(recording, agents))
    coded, left_out = code_targets(place, question.targets)
    message = messages(recording, agents, rows, kept, n_forming)
    return Contexts(
        source=kind,
        agents=agents,
        every_step=every_step,
        rows=rows,
        kept=kept,
        n_forming=n_forming,
        matrix=matrix_of(recording, kind, agents, rows, coded),
        variables=(*message, *(beside(found, rows, kept, n_forming, hidden) for found in coded)),
        left_out=left_out,
    )


def source_kind(recording: Recording, name: str | None) -> str:
    """The source's full name. Raises DataError where contexts and hidden states are not made of it."""
    if name is None:
        name = "hidden" if f"{HIDDEN}core" in recording.columns() else WORLD
    if name == WORLD:
        return name
    if name.split(".")[0] not in ("observation", "hidden"):
        raise DataError(
            f"Clusters are not formed of {name!r}: give hidden.<name>, world (the targets) or observation (what the "
            "agents saw) as --source."
        )
    return find_source(recording, name).name


def listening(recording: Recording, agents: Agents) -> bool:
    """Whether these are listeners who do not also speak: what they have seen themselves says nothing of hearing."""
    listeners, speakers = (set(find_agents(recording, role, "").indices) for role in ("listeners", "speakers"))
    return agents.name == "listeners" or (set(agents.indices) <= listeners and not set(agents.indices) <= speakers)


def matrix_of(recording: Recording, kind: str, agents: Agents, rows: Rows, coded: list[Coded]) -> Float32:
    """The features (N, D) of the rows."""
    return world(coded) if kind == WORLD else features(recording, find_source(recording, kind), agents, rows)


def choose_rows(recording: Recording, agents: Agents, every_step: bool, question: Question) -> tuple[Rows, int]:
    """Rows of episodes drawn at random until there are enough, and how many of these episodes form the clusters."""
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    starts = np.asarray(recording.episodes.start, dtype=np.int64)
    spoke = None if every_step else speech(recording, agents).any(1)
    sizes = lengths if spoke is None else np.add.reduceat(spoke, starts, dtype=np.int64)
    rng = np.random.default_rng([question.seed, 20])
    most = question.max_rows // len(agents.indices)
    episodes = choose_episodes(sizes, sizes > 0, most, rng)
    if lengths[episodes].sum() > 2 * most:  # mostly silent ones: their silent steps are read too
        episodes = choose_episodes(lengths, np.isin(np.arange(len(lengths)), episodes), 2 * most, rng)
    if len(episodes) < MIN_EPISODES:
        what = "" if every_step else f" in which the {agents.words} say something"
        raise DataError(
            f"Clusters need {MIN_EPISODES} episodes{what}, half to form them and half to test them, but there are "
            f"{len(episodes)}: record more{'' if every_step else ', or count silent steps too (--every-step)'}."
        )
    condition = np.asarray(recording.episodes.condition)[episodes].astype(str)
    testing = episode_folds(len(episodes), 2, question.seed, condition)[0][1]
    forming = np.setdiff1d(np.arange(len(episodes)), testing)
    rows = lay_out(recording, agents.indices, [episodes[forming], episodes[testing]])
    return rows, len(forming)


def speech(recording: Recording, agents: Agents) -> Bool:
    """At which steps each agent says something, (S, A). Raises DataError where the recording has no messages."""
    if "channel/said" not in recording.columns():
        raise DataError(
            "The recording holds no channel/said: count every step (--every-step), or record again with it."
        )
    said = recording["channel/said"]
    blocks = [slice(start, start + BLOCK) for start in range(0, len(said), BLOCK)]
    return np.concatenate([said[block][:, list(agents.indices)].any(axis=2) for block in blocks])
