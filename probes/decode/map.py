"""The map of what can be read where: every source, target and lag, with false discoveries held down over all of them.

All cells look at the same episodes in the same folds, and each draw of the null permutes the episodes of all cells in
the same way. So the strongest cell of each draw says how strong one gets by chance anywhere in the map: the family-wise
p-values (Westfall & Young 1993). Beside them stands the false discovery rate at which each cell is found (Benjamini &
Hochberg 1995).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import Target, find_target, targets_of
from commlab.datasets.targets.blocks import label, unseen_steps
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_interval, benjamini_hochberg, max_statistic, permutation_p_value
from commlab.probes.decode.nulls import null_score, one_thread, permutations_of
from commlab.probes.decode.prepared import Chosen, Question, check, counts_unseen_only, design_of, keep_common
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, permuted, table_of
from commlab.probes.decode.scores import ClassTask, NumberTask, Task
from commlab.probes.decode.sources import HIDDEN, Agents, Source, features, find_agents, find_source
from commlab.probes.decode.wording import file_stem
from commlab.probes.parallel import spread

__all__ = ["fit", "sources_of", "summary"]

MAX_ROWS = 20_000  # of each source
SIGNIFICANT = 0.05
WIDE = 64  # classes of a cell; more of them would make it slow, so that the rarest ones are left out
STILL = 1e-6  # deviation of a null that does not move

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Watch = Callable[[int, int], None]


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


def fit(
    recording: Recording,
    targets: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    lags: Sequence[int] = (0,),
    of: str | int | None = None,
    n_folds: int = 5,
    n_null: int = 199,
    seed: int = 0,
    unseen_only: bool | None = None,
    max_rows: int | None = None,
    model: str = "linear",
    workers: int | None = None,
    watch: Watch | None = None,
) -> Result:
    """How many of the cells (source, target, lag) stand out, and every cell's score, null, p-value and q-value.

    targets, sources: by default all that the recording has; where `of` is left out, hidden states are those of speakers
    and of listeners. max_rows: of each source, by default 20,000, drawn as whole episodes. A cell's `z` is its distance
    from the mean of its null in deviations of the null; `p_family` is adjusted over the map, `q_value` is the false
    discovery rate. Cells that cannot be computed are in `details["missing"]` with their reason.

    Raises DataError where no cell can be computed.
    """
    question = Question("", "", of, 0, n_folds, n_null, seed, unseen_only, max_rows, model)
    missing: list[dict[str, Any]] = []
    known = find_targets(recording, targets, missing)
    sheets = read_sheets(recording, question, sources, missing)
    if not known or not sheets or n_null < 1:
        raise nothing(missing, "no null draws were asked for" if n_null < 1 else None)
    labellings = [
        (number, made)
        for number, sheet in enumerate(sheets)
        for made in label_all(recording, question, sheet, known, missing)
    ]
    permutations, reason = permutations_of(recording, sheets[0].rows, n_null, seed)
    if reason is not None:
        raise nothing(missing, reason)
    cells = [Cell(sheet, place, lag) for place, (sheet, _) in enumerate(labellings) for lag in lags]
    work = partial(answer, sheets, [made for _, made in labellings], permutations, question)
    answers = spread(work, cells, workers, watch)
    found = [each for each in answers if each.reason is None]
    missing += [{**each.entry, "reason": each.reason} for each in answers if each.reason is not None]
    if not found:
        raise nothing(missing, None)
    return to_result(recording, judged(found), missing, question, lags)


def summary(result: Result) -> dict[str, Any]:
    """The cells, strongest first, and what could not be computed."""
    kept = ("n_cells", "n_family", "n_discoveries", "lags", "model", "missing")
    return {
        **{key: result.details[key] for key in kept},
        "cells": result.details["cells"],
        "seed": result.details["seed"],
    }


def sources_of(recording: Recording) -> tuple[str, ...]:
    """The sources that a recording has: said, heard, each hidden state, observation."""
    columns = recording.columns()
    hidden = [f"hidden.{column.removeprefix(HIDDEN)}" for column in columns if column.startswith(HIDDEN)]
    spoken = [name for name in ("said", "heard") if f"channel/{name}" in columns]
    seen = ["observation"] if any(column.startswith("observation/") for column in columns) else []
    return (*spoken, *hidden, *seen)


def find_targets(recording: Recording, names: Sequence[str] | None, missing: list[dict[str, Any]]) -> list[Target]:
    """The targets asked for, or all that can be computed; the others go to `missing`."""
    if names is not None:
        return [find_target(name, recording) for name in names]
    usable, reasons = targets_of(recording)
    missing += [
        {"target": name, "source": None, "of": None, "lag": None, "reason": why} for name, why in reasons.items()
    ]
    return list(usable.values())


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


def label_all(
    recording: Recording, question: Question, sheet: Sheet, targets: Sequence[Target], missing: list[dict[str, Any]]
) -> list[Labelling]:
    """Every target's values for the agents of a source."""
    found = []
    for target in targets:
        try:
            found.append(label_one(recording, question, sheet, target))
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


def label_one(recording: Recording, question: Question, sheet: Sheet, target: Target) -> Labelling:
    """A target's values at the rows of a source."""
    labels = label(recording, target, sheet.agents.indices)
    rows = sheet.rows
    values, valid = labels.values[rows.steps].reshape(-1), labels.valid[rows.steps].reshape(-1)
    unseen_only = counts_unseen_only(recording, question, target, sheet.source, sheet.agents)
    unseen = unseen_steps(recording, sheet.agents.indices)[rows.steps].reshape(-1) if unseen_only else None
    if labels.names:
        table = table_of(np.where(valid, values, -1).astype(np.int32), rows, -1)
    else:
        table = table_of(np.where(valid & np.isfinite(values), values, np.nan).astype(np.float64), rows, np.nan)
    return Labelling(target._replace(compute=None), table, tuple(labels.names), unseen_only, unseen)  # type: ignore[arg-type]


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


def judged(found: Sequence[Answer]) -> list[dict[str, Any]]:
    """The cells with their p-values over the whole map, strongest first."""
    scores = np.array([each.entry["score"] for each in found])
    family = max_statistic(scores, np.stack([each.draws for each in found], axis=1))
    q_values = benjamini_hochberg([each.entry["p_value"] for each in found])
    cells = [
        {**each.entry, "p_family": float(p_family), "q_value": float(q_value)}
        for each, p_family, q_value in zip(found, family.p_values, q_values, strict=True)
    ]
    return sorted(cells, key=lambda cell: (cell["p_family"], -cell["z"]))


def to_result(
    recording: Recording,
    cells: list[dict[str, Any]],
    missing: list[dict[str, Any]],
    question: Question,
    lags: Sequence[int],
) -> Result:
    """The map as a result."""
    n_family = sum(cell["p_family"] <= SIGNIFICANT for cell in cells)
    n_discoveries = sum(cell["q_value"] <= SIGNIFICANT for cell in cells)
    model = () if question.model == "linear" else (question.model,)
    return Result(
        analysis="probe map",
        name=file_stem("probe-map", *(() if question.of is None else (str(question.of),)), *model),
        estimate=float(n_family),
        unit=f"cells of {len(cells)}",
        interval=None,
        null=None,
        p_value=min(cell["p_family"] for cell in cells),
        n_episodes=max(cell["n_episodes"] for cell in cells),
        sentence=sentence(cells, n_family, n_discoveries, missing),
        details={
            "cells": cells,
            "missing": missing,
            "n_cells": len(cells),
            "n_family": n_family,
            "n_discoveries": n_discoveries,
            "targets": list(dict.fromkeys(cell["target"] for cell in cells)),
            "sources": list(dict.fromkeys(f"{cell['source']} of {cell['of']}" for cell in cells)),
            "lags": list(lags),
            "model": question.model,
            "n_folds": question.n_folds,
            "n_null": question.n_null,
            "seed": question.seed,
        },
        provenance=provenance("probe --target=all", question.seed, recording.attrs.get("checkpoint_sha256")),
    )


def sentence(
    cells: Sequence[Mapping[str, Any]], n_family: int, n_discoveries: int, missing: Sequence[Mapping[str, Any]]
) -> str:
    """The map in plain words."""
    best = cells[0]
    lag = f" at lag {best['lag']}" if best["lag"] else ""
    strongest = f"; the strongest is {best['target']} from {best['source']} of {best['of']}{lag} ({best['score']:.2f})"
    absent = f"; {len(missing)} could not be computed" if missing else ""
    return (
        f"Of {len(cells)} cells of source, target and lag, {n_family} stand out with at most a 5 % chance of one false "
        f"one among them, and {n_discoveries} at a false discovery rate of 5 %{strongest if n_family else ''}{absent}."
    )


def nothing(missing: Sequence[Mapping[str, Any]], reason: str | None) -> DataError:
    """The error for a map without cells."""
    why = reason or (str(missing[0]["reason"]) if missing else "there is no source or no target")
    return DataError(f"No cell of the map can be computed: {why.rstrip('.')}.")
