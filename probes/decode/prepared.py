"""A probe's question put to a recording: its labels, features and folds, checked."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import Target, find_target
from commlab.datasets.targets.blocks import check_lag, label, unseen_steps
from commlab.foundation.errors import DataError, nearest_names
from commlab.probes.decode.linear import make_design
from commlab.probes.decode.logistic import LogisticDesign
from commlab.probes.decode.nonlinear import make_nonlinear_design
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out
from commlab.probes.decode.scores import ClassTask, NumberTask, Reader, Task
from commlab.probes.decode.sources import MESSAGES, Agents, Source, features, find_agents, find_source
from commlab.probes.decode.wording import episodes

__all__ = [
    "MODELS",
    "Chosen",
    "Labelled",
    "Prepared",
    "Question",
    "Who",
    "check_model",
    "choose",
    "choose_rows",
    "design_of",
    "labelled",
    "most_rows",
    "prepare",
    "read_features",
    "whom",
    "with_rows",
]

MODELS = ("linear", "logistic", "nonlinear")
MAX_ROWS = 200_000
MAX_ROWS_SLOW = 50_000  # where rows have hundreds of features, or each labelling is fitted anew

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
    model: str = "linear"


class Who(NamedTuple):
    """What a question is about, found in the recording."""

    target: Target
    source: Source
    agents: Agents
    unseen_only: bool


class Labelled(NamedTuple):
    """A target's values for some agents."""

    values: Array  # (S, A) class or number
    valid: NDArray[np.bool_]  # (S, A)
    names: tuple[str, ...]


class Chosen(NamedTuple):
    """The rows that answer a question, with their labels."""

    target: Target
    source: Source
    agents: Agents
    rows: Rows
    labels: Array  # (N,) classes, -1 for none; or numbers, NaN for none
    task: Task
    classes: tuple[str, ...]  # empty for a number
    dropped: tuple[str, ...]  # classes in too few episodes to be held out
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


class Prepared(NamedTuple):
    """All that fitting needs."""

    target: Target
    source: Source
    agents: Agents
    rows: Rows
    labels: Array
    task: Task
    classes: tuple[str, ...]
    dropped: tuple[str, ...]
    unseen_only: bool
    n_rows_available: int
    design: Reader  # the fields before are those of Chosen

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, (N,)."""
        return self.task.known(self.labels)

    @property
    def n_episodes(self) -> int:
        """Episodes with a labelled row."""
        return int(np.unique(self.rows.episode[self.known]).size)


def prepare(recording: Recording, question: Question) -> Prepared:
    """The question's data. Raises TargetError for an unknown target and DataError where the data cannot answer."""
    chosen = choose(recording, question)
    return Prepared(*chosen, design_of(read_features(recording, chosen, question.model), chosen, question))


def choose(recording: Recording, question: Question) -> Chosen:
    """The rows and labels, checked. Raises as `prepare` does."""
    if question.n_folds < 2:
        raise DataError(f"n_folds must be at least 2, so that something is held out, but it is {question.n_folds}.")
    check_model(question.model)
    check_lag(recording, question.lag)
    who = whom(recording, question)
    found = labelled(recording, question, who)
    rows = choose_rows(recording, question, who, found, np.random.default_rng([question.seed, 0]))
    return with_rows(question, who, found, rows)


def check_model(model: str) -> None:
    """Raises DataError for a model that does not exist."""
    if model not in MODELS:
        near = nearest_names(model, MODELS, limit=1)[0]
        raise DataError(f"There is no model {model!r}: the nearest is {near}, all are {', '.join(MODELS)}.")


def whom(recording: Recording, question: Question) -> Who:
    """The target, source and agents that the question names."""
    target = find_target(question.target, recording)
    source = find_source(recording, question.source)
    agents = find_agents(recording, question.of, "listeners" if source.name == "heard" else "speakers")
    return Who(target, source, agents, counts_unseen_only(recording, question, target, source, agents))


def with_rows(question: Question, who: Who, found: Labelled, rows: Rows) -> Chosen:
    """The labels at the rows, checked."""
    raw = np.where(found.valid[rows.steps], found.values[rows.steps], -1 if found.names else np.nan).reshape(-1)
    labels, classes, dropped = keep_common(raw, found.names, rows, question.n_folds)
    task: Task = ClassTask(len(classes)) if found.names else NumberTask()
    check(task.known(labels), labels, rows, question, who.target, who.unseen_only)
    n_rows = int(found.valid.sum())
    return Chosen(who.target, who.source, who.agents, rows, labels, task, classes, dropped, who.unseen_only, n_rows)


def read_features(recording: Recording, chosen: Chosen, model: str = "linear") -> NDArray[np.float32]:
    """The features (N, D) of the rows; for the nonlinear model with the products of symbols."""
    return features(recording, chosen.source, chosen.agents, chosen.rows, model == "nonlinear")


def design_of(matrix: NDArray[np.float32], chosen: "Chosen | Prepared", question: Question) -> Reader:
    """The model's design; overwrites the features (N, D)."""
    if question.model == "nonlinear" and chosen.source.name not in MESSAGES:
        return make_nonlinear_design(matrix, chosen.rows.fold_sizes, chosen.known, question.seed)
    design = make_design(matrix, chosen.rows.fold_sizes, chosen.known)
    return LogisticDesign(design) if question.model == "logistic" else design


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


def labelled(recording: Recording, question: Question, who: Who) -> Labelled:
    """The target's values for the agents, a few bytes a row."""
    labels = label(recording, who.target, who.agents.indices, question.lag)
    valid = np.asarray(labels.valid)
    if who.unseen_only:
        valid = valid & unseen_steps(recording, who.agents.indices)
    if not labels.names:
        valid = valid & np.isfinite(labels.values)
    return Labelled(np.asarray(labels.values), valid, tuple(labels.names))


def choose_rows(recording: Recording, question: Question, who: Who, found: Labelled, rng: np.random.Generator) -> Rows:
    """The rows of the episodes that have a label, at most `max_rows`, in fold order."""
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    starts = np.asarray(recording.episodes.start, dtype=np.int64)
    eligible = np.logical_or.reduceat(found.valid.any(axis=1), starts)
    max_rows = most_rows(question, who.source)
    episodes = choose_episodes(lengths, eligible, max_rows // len(who.agents.indices), rng)
    if len(episodes) < 2 * question.n_folds:
        raise too_few(len(episodes), question, bool(found.valid.any()), max_rows)
    folds = episode_folds(len(episodes), question.n_folds, question.seed)
    return lay_out(recording, who.agents.indices, [episodes[np.asarray(test)] for _, test in folds])


def most_rows(question: Question, source: Source) -> int:
    """How many rows are read at most: as many as the question says, or as fit in little memory."""
    if question.max_rows is not None:
        return question.max_rows
    slow = source.name == "observation" or question.model != "linear"
    return MAX_ROWS_SLOW if slow else MAX_ROWS


def keep_common(
    labels: Array, names: tuple[str, ...], rows: Rows, n_folds: int
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Labels renumbered to the classes that occur in `n_folds` episodes or more, these, and the dropped ones."""
    if not names:
        return labels.astype(np.float64), (), ()
    labels = labels.astype(np.int64)
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
        f"{question.target} has labels for {episodes(n_episodes)} here, but {question.n_folds} folds need at least "
        f"{2 * question.n_folds}: record more episodes{limit}{fewer}{unseen_hint}."
    )
