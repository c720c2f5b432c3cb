"""A probe's question put to a recording: its labels, features and folds, checked."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import Target, find_target, lagged, unseen
from commlab.foundation.errors import DataError
from commlab.probes.decode.linear import Design, make_design
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out
from commlab.probes.decode.scores import ClassTask, NumberTask, Task
from commlab.probes.decode.sources import Agents, Source, features, find_agents, find_source

__all__ = ["Prepared", "Question", "prepare"]

MAX_ROWS = 200_000
MAX_ROWS_OBSERVATION = 50_000  # its rows have hundreds of features

Array = NDArray[Any]
Int64 = NDArray[np.int64]


class Question(NamedTuple):
    """What is asked, of whom, and how carefully."""

    target: str
    source: str
    of: str | int | None
    lag: int
    n_folds: int
    n_null: int
    seed: int
    unseen_only: bool | None
    max_rows: int | None


class Prepared(NamedTuple):
    """All that fitting needs."""

    target: Target
    source: Source
    agents: Agents
    rows: Rows
    labels: Array  # (N,) classes, -1 for none; or numbers, NaN for none
    task: Task
    classes: tuple[str, ...]  # empty for a number
    dropped: tuple[str, ...]  # classes in too few episodes to be held out
    design: Design
    unseen_only: bool
    n_rows_available: int  # rows with a label in the whole recording

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, (N,)."""
        return self.task.known(self.labels)

    @property
    def n_episodes(self) -> int:
        """Episodes with a labelled row."""
        return int(np.unique(self.rows.episode[self.known]).size)


class Labelled(NamedTuple):
    """A target's values for some agents."""

    values: Array  # (S, A) class or number
    valid: NDArray[np.bool_]  # (S, A)
    names: tuple[str, ...]


def prepare(recording: Recording, question: Question) -> Prepared:
    """The question's data. Raises TargetError for an unknown target and DataError where the data cannot answer."""
    if question.n_folds < 2:
        raise DataError(f"n_folds must be at least 2, so that something is held out, but it is {question.n_folds}.")
    target = find_target(question.target)
    source = find_source(recording, question.source)
    agents = find_agents(recording, question.of, "listeners" if source.name == "heard" else "speakers")
    unseen_only = counts_unseen_only(recording, question, target, source, agents)
    labelled = label(recording, target, question.lag, agents, unseen_only)
    rng = np.random.default_rng([question.seed, 0])
    rows = choose_rows(recording, question, source, agents, labelled, rng)
    raw = np.where(labelled.valid, labelled.values, -1 if labelled.names else np.nan)[rows.steps].reshape(-1)
    labels, classes, dropped = keep_common(raw, labelled.names, rows, question.n_folds)
    task: Task = ClassTask(len(classes)) if labelled.names else NumberTask()
    check(task.known(labels), labels, rows, question, target, unseen_only)
    matrix = features(recording, source, agents, rows)
    design = make_design(matrix, rows.fold_sizes, task.known(labels))
    return Prepared(
        target, source, agents, rows, labels, task, classes, dropped, design, unseen_only, int(labelled.valid.sum())
    )


def counts_unseen_only(
    recording: Recording, question: Question, target: Target, source: Source, agents: Agents
) -> bool:
    """Whether only steps count at which an agent has not seen the resource itself: the default for listeners."""
    if question.unseen_only is not None:
        return question.unseen_only
    listeners = set(find_agents(recording, "listeners", "").indices)
    speakers = set(find_agents(recording, "speakers", "").indices)
    listening = agents.name == "listeners" or (set(agents.indices) <= listeners and not set(agents.indices) <= speakers)
    return listening and source.listens and target.name.startswith("resource")


def label(recording: Recording, target: Target, lag: int, agents: Agents, unseen_only: bool) -> Labelled:
    """The target's values for the agents."""
    labels = lagged(target.compute(recording), recording, lag)
    chosen = list(agents.indices)
    valid = np.asarray(labels.valid)[:, chosen]
    if unseen_only:
        valid = valid & np.asarray(unseen(recording))[:, chosen]
    values = np.asarray(labels.values)[:, chosen]
    if labels.names:
        return Labelled(values.astype(np.int64), valid, tuple(labels.names))
    return Labelled(values.astype(np.float64), valid & np.isfinite(values), ())


def choose_rows(
    recording: Recording,
    question: Question,
    source: Source,
    agents: Agents,
    labelled: Labelled,
    rng: np.random.Generator,
) -> Rows:
    """The rows of the episodes that have a label, at most `max_rows`, in fold order."""
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    starts = np.asarray(recording.episodes.start, dtype=np.int64)
    n_before = np.append(0, np.cumsum(labelled.valid.any(axis=1)))  # labelled steps before each row
    eligible = n_before[starts + lengths] > n_before[starts]
    default = MAX_ROWS_OBSERVATION if source.name == "observation" else MAX_ROWS
    max_rows = default if question.max_rows is None else question.max_rows
    episodes = choose_episodes(lengths, eligible, max_rows // len(agents.indices), rng)
    if len(episodes) < 2 * question.n_folds:
        raise too_few(len(episodes), question, bool(labelled.valid.any()), max_rows)
    folds = episode_folds(len(episodes), question.n_folds, question.seed)
    return lay_out(recording, agents.indices, [episodes[np.asarray(test)] for _, test in folds])


def keep_common(
    labels: Array, names: tuple[str, ...], rows: Rows, n_folds: int
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Labels renumbered to the classes that occur in `n_folds` episodes or more, these, and the dropped ones."""
    if not names:
        return labels, (), ()
    known = labels >= 0
    occurs = np.zeros((len(rows.episodes), len(names)), dtype=bool)
    occurs[rows.episode[known], labels[known]] = True
    n_episodes = occurs.sum(0)
    kept = n_episodes >= n_folds
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)  # -1, no label, stays -1
    classes = tuple(name for name, keep in zip(names, kept, strict=True) if keep)
    dropped = tuple(name for name, n in zip(names, n_episodes, strict=True) if 0 < n < n_folds)
    return number[labels], classes, dropped


def check(
    known: NDArray[np.bool_], labels: Array, rows: Rows, question: Question, target: Target, unseen_only: bool
) -> None:
    """Raises DataError where the labels are too few or all the same."""
    n_episodes = np.unique(rows.episode[known]).size
    if n_episodes < 2 * question.n_folds:
        raise too_few(n_episodes, question, bool(known.any()), None)
    if np.unique(labels[known]).size < 2:
        only = " of the steps at which the agents have not seen it themselves" if unseen_only else ""
        raise DataError(
            f"{target.name} has a single value in all{only}, so that there is nothing to tell apart: choose another "
            f"target{', or pass unseen_only=False' if unseen_only else ''}, or record more episodes."
        )


def too_few(n_episodes: int, question: Question, labelled: bool, max_rows: int | None) -> DataError:
    """The error for too few episodes, and what can still be done."""
    limit = f", allow more than {max_rows:,} rows" if max_rows is not None and labelled and question.max_rows else ""
    fewer = f", or ask for {n_episodes // 2} folds (n_folds)" if n_episodes >= 4 else ""
    unseen_hint = ", or count seen steps too (unseen_only=False)" if question.unseen_only is not False else ""
    return DataError(
        f"{question.target} has labels for {n_episodes} episodes here, but {question.n_folds} folds need at least "
        f"{2 * question.n_folds}: record more episodes{limit}{fewer}{unseen_hint}."
    )
