"""The cells of a map: sources and targets read at the same episodes, and one cell's score with its null."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import Target
from commlab.datasets.targets.blocks import Part, label, merged_names, renamed, unseen_steps
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.statistics import bca_interval, permutation_p_value
from commlab.probes.decode.nulls import null_score, one_thread
from commlab.probes.decode.prepared import Chosen, Question, check, counts_unseen_only, design_of, keep_common
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, permuted, table_of
from commlab.probes.decode.scores import ClassTask, NumberTask, Task
from commlab.probes.decode.sources import HIDDEN, Agents, Source, features, find_agents, find_source

__all__ = ["Answer", "Cell", "Labelling", "Memo", "Sheet", "answer", "label_all", "read_sheets", "sources_of"]

MAX_ROWS = 20_000  # of each source
WIDE = 64  # classes of a cell; more of them would make it slow, so that the rarest ones are left out
FEW = 8  # times as many rows in the recording, and only the episodes of the map are computed
STILL = 1e-6  # deviation of a null that does not move

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


Values = tuple[Array, NDArray[np.bool_], tuple[str, ...]]
Memo = dict[tuple[str, tuple[int, ...]], Values]


class Sheet(NamedTuple):
    """One source of some agents, read."""

    source: Source
    agents: Agents
    rows: Rows
    matrix: Float32  # (N, D)


class Labelling(NamedTuple):
    """A target's values for some agents at lag 0."""

    target: Target
    table: Array  # (E, slots) classes or numbers, -1 or NaN for none
    names: tuple[str, ...]
    unseen_only: bool
    unseen: NDArray[np.bool_] | None  # (N,) rows that count, where not all do


class Cell(NamedTuple):
    """What a worker is asked."""

    sheet: int
    labelling: int
    lag: int


class Answer(NamedTuple):
    """What a worker finds, or the reason why there is nothing."""

    entry: dict[str, Any]
    draws: Float64  # (n_null,)
    reason: str | None


def read_sheets(
    recording: Recording, question: Question, names: Sequence[str] | None, missing: list[dict[str, Any]]
) -> list[Sheet]:
    """The sources, read at the same episodes; those that cannot be read go to `missing`."""
    asked = [(name, who) for name in (names or sources_of(recording)) for who in roles(recording, name, question.of)]
    read = [(find_source(recording, name), who) for name, who in asked]
    whose = [find_agents(recording, who, "listeners" if source.name == "heard" else "speakers") for source, who in read]
    n_most = max((len(agents.indices) for agents in whose), default=1)
    found = []
    for (source, _), agents in zip(read, whose, strict=True):
        rows = same_rows(recording, question, agents, n_most)
        try:
            matrix = features(recording, source, agents, rows, question.model == "nonlinear")
        except DataError as error:
            missing.append(
                {"target": None, "source": source.name, "of": agents.name, "lag": None, "reason": str(error)}
            )
        else:
            found.append(Sheet(source, agents, rows, matrix))
    return found


def roles(recording: Recording, source: str, of: str | int | None) -> tuple[str | int | None, ...]:
    """Whose source is read: whoever is asked for, or those whom it concerns."""
    if of is not None or not source.startswith("hidden"):
        return (of,)
    both = [find_agents(recording, name, name).indices for name in ("speakers", "listeners")]
    return ("speakers",) if both[0] == both[1] else ("speakers", "listeners")


def same_rows(recording: Recording, question: Question, agents: Agents, n_most: int) -> Rows:
    """The agents' rows in the episodes of the map, which are the same for all sources of up to `n_most` agents."""
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    max_steps = (question.max_rows or MAX_ROWS) // n_most
    everything = np.ones(len(lengths), dtype=bool)
    episodes = choose_episodes(lengths, everything, max_steps, np.random.default_rng([question.seed, 0]))
    if len(episodes) < 2 * question.n_folds:
        raise DataError(
            f"A map of {question.n_folds} folds needs {2 * question.n_folds} episodes, but there are {len(episodes)} "
            f"here{' within max_rows' if len(episodes) < len(lengths) else ''}: record more episodes, or ask for "
            "fewer folds."
        )
    folds = episode_folds(len(episodes), question.n_folds, question.seed)
    return lay_out(recording, agents.indices, [episodes[np.asarray(test)] for _, test in folds])


def sources_of(recording: Recording) -> tuple[str, ...]:
    """The sources that a recording has: said, heard, each hidden state, observation."""
    columns = recording.columns()
    hidden = [f"hidden.{column.removeprefix(HIDDEN)}" for column in columns if column.startswith(HIDDEN)]
    spoken = [name for name in ("said", "heard") if f"channel/{name}" in columns]
    seen = ["observation"] if any(column.startswith("observation/") for column in columns) else []
    return (*spoken, *hidden, *seen)


def label_all(
    recording: Recording,
    question: Question,
    sheet: Sheet,
    targets: Sequence[Target],
    missing: list[dict[str, Any]],
    memo: Memo,
) -> list[Labelling]:
    """Every target's values for the agents of a source; `memo` keeps them for the next source of the same agents."""
    found = []
    for target in targets:
        try:
            found.append(label_one(recording, question, sheet, target, memo))
        except CommlabError as error:
            missing.append(
                {
                    "target": target.name,
                    "source": sheet.source.name,
                    "of": sheet.agents.name,
                    "lag": None,
                    "reason": str(error),
                }
            )
    return found


def label_one(recording: Recording, question: Question, sheet: Sheet, target: Target, memo: Memo) -> Labelling:
    """A target's values at the rows of a source."""
    rows, agents = sheet.rows, sheet.agents.indices
    unseen_only = counts_unseen_only(recording, question, target, sheet.source, sheet.agents)
    if (target.name, agents) not in memo:
        memo[target.name, agents] = values_at(recording, target, agents, rows)
    values, valid, names = memo[target.name, agents]
    if names:
        table = table_of(np.where(valid, values, -1).astype(np.int32), rows, -1)
    else:
        table = table_of(np.where(valid & np.isfinite(values), values, np.nan).astype(np.float64), rows, np.nan)
    unseen = unseen_at(recording, agents, rows) if unseen_only else None
    return Labelling(target._replace(compute=None), table, names, unseen_only, unseen)  # type: ignore[arg-type]


def values_at(recording: Recording, target: Target, agents: Sequence[int], rows: Rows) -> Values:
    """A target's values and where they are valid, (N,) each, and the names of its classes.

    Where the rows are few among those of the recording, only their episodes are computed.
    """
    if not are_few(recording, rows):
        whole = label(recording, target, agents)
        return whole.values[rows.steps].reshape(-1), whole.valid[rows.steps].reshape(-1), tuple(whole.names)
    labels = [label(one, target, agents) for one in one_by_one(recording, rows)]
    parts = [Part(each.values, np.asarray(each.valid), tuple(each.names)) for each in labels]
    names = merged_names([part.names for part in parts])
    values = np.concatenate([renamed(part, names).reshape(-1) for part in parts])
    return values, np.concatenate([part.valid.reshape(-1) for part in parts]), names


def unseen_at(recording: Recording, agents: Sequence[int], rows: Rows) -> NDArray[np.bool_]:
    """At which rows the nearest crystal has not been seen by the agent since it appeared, (N,)."""
    if not are_few(recording, rows):
        return np.asarray(unseen_steps(recording, agents)[rows.steps].reshape(-1))
    return np.concatenate([unseen_steps(one, agents).reshape(-1) for one in one_by_one(recording, rows)])


def are_few(recording: Recording, rows: Rows) -> bool:
    """Whether it is quicker to look at the rows' episodes alone than at the whole recording."""
    return len(rows.steps) * FEW < recording.n_steps


def one_by_one(recording: Recording, rows: Rows) -> list[Recording]:
    """The rows' episodes as recordings of their own."""
    return [recording.excerpt(int(episode), int(episode) + 1) for episode in rows.episodes]


def answer(
    sheets: Sequence[Sheet], labellings: Sequence[Labelling], permutations: Int64, question: Question, cell: Cell
) -> Answer:
    """A cell's score, interval and null draws."""
    sheet, made = sheets[cell.sheet], labellings[cell.labelling]
    entry = {"target": made.target.name, "source": sheet.source.name, "of": sheet.agents.name, "lag": cell.lag}
    asked = question._replace(target=made.target.name, source=sheet.source.name, lag=cell.lag)
    try:
        chosen = choose_cell(sheet, made, asked)
    except DataError as error:
        return Answer(entry, np.empty(0), str(error))
    with one_thread():
        design = design_of(sheet.matrix.copy(), chosen, asked)
        predicted = chosen.task.predict(design, chosen.labels)
        table = table_of(chosen.labels, chosen.rows, chosen.task.missing)
        draws = np.array([null_score(design, chosen.task, permuted(table, chosen.rows, each)) for each in permutations])
    sums = chosen.task.sums(predicted, chosen.labels, chosen.rows.episode, len(chosen.rows.episodes))
    score = float(chosen.task.score(sums.sum(0)[None])[0])
    if not (np.isfinite(score) and np.isfinite(draws).all()):
        return Answer(entry, draws, "the score of permuted labels is not always defined")
    if draws.std() < STILL:
        return Answer(
            entry, draws, "its values are the same in all episodes that may trade places, which leaves no null"
        )
    rng = np.random.default_rng([question.seed, 1])
    interval = bca_interval(sums[sums.any(axis=1)], chosen.task.score, rng)
    return Answer({**entry, **numbers_of(chosen, score, interval, draws)}, draws, None)


def numbers_of(chosen: Chosen, score: float, interval: tuple[float, float] | None, draws: Float64) -> dict[str, Any]:
    """What the map tells of a cell."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "score": score,
        "score_name": chosen.task.unit,
        "interval": list(interval) if interval else None,
        "null_mean": float(draws.mean()),
        "null_low": float(low),
        "null_high": float(high),
        "z": (score - float(draws.mean())) / float(draws.std()),
        "p_value": permutation_p_value(score, draws),
        "n_classes": len(chosen.classes),
        "n_classes_left_out": len(chosen.dropped),
        "n_rows": int(chosen.known.sum()),
        "n_episodes": chosen.n_episodes,
        "steps_counted": "unseen" if chosen.unseen_only else "all",
    }


def choose_cell(sheet: Sheet, made: Labelling, question: Question) -> Chosen:
    """The labels of a cell at its lag, checked."""
    n_lanes = len(sheet.agents.indices)
    raw = shifted(made.table, question.lag * n_lanes)[sheet.rows.episode, sheet.rows.slot]
    none = -1 if made.names else np.nan
    if made.unseen is not None:
        raw = np.where(made.unseen, raw, none)
    labels, classes, dropped = keep_common(most_frequent(raw, made.names), made.names, sheet.rows, question.n_folds)
    task: Task = ClassTask(len(classes)) if made.names else NumberTask()
    check(task.known(labels), labels, sheet.rows, question, made.target, made.unseen_only)
    known = int(task.known(labels).sum())
    return Chosen(
        made.target, sheet.source, sheet.agents, sheet.rows, labels, task, classes, dropped, made.unseen_only, known
    )


def most_frequent(labels: Array, names: tuple[str, ...]) -> Array:
    """The labels with all but the WIDE most frequent classes taken out."""
    if len(names) <= WIDE:
        return labels
    counts = np.bincount(labels[labels >= 0], minlength=len(names))
    kept = np.zeros(len(names) + 1, dtype=bool)
    kept[np.argsort(-counts, kind="stable")[:WIDE]] = True
    return np.where(kept[labels], labels, -1)


def shifted(table: Array, n_slots: int) -> Array:
    """The table (E, slots) as it is `n_slots` later; nothing where that lies outside."""
    out = np.full_like(table, np.nan if table.dtype.kind == "f" else -1)
    if abs(n_slots) >= table.shape[1]:
        return out
    if n_slots >= 0:
        out[:, : table.shape[1] - n_slots] = table[:, n_slots:]
    else:
        out[:, -n_slots:] = table[:, :n_slots]
    return out
