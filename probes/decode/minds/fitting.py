"""Introspection and theory of mind: what hidden states tell of one's own future and of others, beyond the history.

An agent that has seen where another went may know where that is; a probe on its hidden state would find it, and so
would a probe on what the agent observed. What counts is the gain: the score of a linear probe on history and hidden
state less that on the history alone, which is read by a recurrent probe (minds_reservoir.py). What was heard is no part
of the history unless asked for: with it, a gain is what the agent worked out; without it, also what it was told. A gain
is claimed where chance does not give it, at a false discovery rate over the list, and it is above 0 (minds_gain.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.datasets.splits import episode_folds
from commlab.datasets.targets import Target, find_target
from commlab.datasets.targets.blocks import label
from commlab.datasets.targets.others import other_in_view
from commlab.foundation.errors import CommlabError, DataError
from commlab.foundation.result import Result, undefined
from commlab.foundation.statistics import benjamini_hochberg, draw_permutations, summarise_null
from commlab.probes.decode.minds.gain import Gain, gain_over_history
from commlab.probes.decode.minds.history import history_features
from commlab.probes.decode.prepared import keep_common
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, read_rows, strata_of
from commlab.probes.decode.sources import LARGEST, Agents, find_agents, find_source
from commlab.probes.decode.wording import file_stem

__all__ = ["MINDS", "Minds", "fit", "has_gain"]

MINDS = (
    "own_next_action",
    "own_destination",
    "other_position",
    "other_energy",
    "other_kinship",
    "other_next_action",
)
IN_SIGHT = ("other_position", "other_energy", "other_kinship", "other_body")  # what one sees of whom one sees
SIGNIFICANT = 0.05

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]
Watch = Callable[[int, int], None]  # targets done, targets in all


class Minds(NamedTuple):
    """What is asked, and how carefully."""

    targets: tuple[str, ...] = MINDS
    source: str = "hidden"
    of: str | int | None = None  # the listeners
    with_heard: bool = False  # count what was heard as history
    in_view: bool = False  # count steps at which the other is in view, too
    n_units: int = 256  # of the reservoir
    n_folds: int = 5
    n_null: int = 199
    seed: int = 0
    max_rows: int = 40_000


class Ground(NamedTuple):
    """What all targets share."""

    agents: Agents
    rows: Rows
    history: Float32  # (N, D)
    hidden: Float32  # (N, H)
    permutations: Int64  # (n_null, E)
    layer: str


def fit(
    recording: Recording,
    question: Minds = Minds(),
    beside: Mapping[str, Recording] | None = None,
    watch: Watch | None = None,
) -> Result:
    """How much better targets are read from history and hidden state than from the history alone, one row each.

    The estimate is the number of targets with a gain, at a false discovery rate of 0.05 over the list. details["rows"]
    has for each target the scores from the hidden state, the history and both, the gain with its interval and null, p
    and q, or the reason why there is none. beside: other recordings by name ("untrained"), of which the gain is given
    without a test. Raises DataError where the recording has no hidden states or observations, or too few episodes, and
    TargetError for a target that does not exist.
    """
    targets = [find_target(name, recording) for name in question.targets]
    ground = prepare(recording, question)
    rows = []
    for number, target in enumerate(targets):
        rows.append(ask(recording, target, question, ground))
        if watch is not None:
            watch(number + 1, len(targets))
    adjust(rows)
    there = {name: ask_beside(other, question) for name, other in (beside or {}).items()}
    return result_of(recording, question, ground, rows, there)


def prepare(recording: Recording, question: Minds) -> Ground:
    """The rows, their histories and hidden states, and the permutations of the null."""
    source = find_source(recording, question.source)
    if not source.name.startswith("hidden"):
        raise DataError(f"Minds are read from hidden states, not from {question.source}: give hidden or hidden.<name>.")
    agents = find_agents(recording, question.of, "listeners")
    rng = np.random.default_rng([question.seed, 0])
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    episodes = choose_episodes(lengths, lengths > 0, question.max_rows // len(agents.indices), rng)
    if len(episodes) < 2 * question.n_folds:
        raise DataError(
            f"{recording.path} has {len(episodes)} episodes to use, but {question.n_folds} folds need at least "
            f"{2 * question.n_folds}: record more, or ask for fewer folds."
        )
    folds = episode_folds(len(episodes), question.n_folds, question.seed)
    rows = lay_out(recording, agents.indices, [episodes[np.asarray(test)] for _, test in folds])
    hidden = read_rows(recording, source.columns[0], rows, np.float32).reshape(len(rows.slot), -1)
    if not (np.abs(hidden) <= LARGEST).all():
        raise DataError(
            f"{source.columns[0]} is NaN, infinite or beyond {LARGEST:.0e} in places: record again from sound agents."
        )
    strata = strata_of(recording, rows)
    none = question.n_null == 0 or strata.n_alone == len(rows.episodes)
    drawn = draw_permutations(strata, 0 if none else question.n_null, np.random.default_rng([question.seed, 2]))
    history = history_features(recording, rows, question.with_heard, question.n_units, question.seed)
    return Ground(agents, rows, history, hidden, drawn, source.name)


def ask(recording: Recording, target: Target, question: Minds, ground: Ground) -> dict[str, Any]:
    """One row of the table: the gain for a target, or the reason why there is none."""
    row: dict[str, Any] = {"target": target.name, "sentence": target.sentence, "about": about(target.name)}
    try:
        labels, classes, hides = labels_of(recording, target, question, ground)
    except CommlabError as error:
        return without(row, str(error))
    row |= {"classes": list(classes), "steps_counted": "not in view" if hides else "all"}
    known = labels >= 0 if classes else np.isfinite(labels)
    row |= {"n_rows": int(known.sum()), "n_episodes": int(np.unique(ground.rows.episode[known]).size)}
    reason = too_little(labels[known], row["n_episodes"], question, hides)
    if reason is not None:
        return without(row, reason)
    found = gain_over_history(
        ground.history, ground.hidden, labels, len(classes), ground.rows, ground.permutations, question.seed
    )
    return row | described(found, len(classes))


def labels_of(
    recording: Recording, target: Target, question: Minds, ground: Ground
) -> tuple[Array, tuple[str, ...], bool]:
    """The labels of the rows (N,), their classes, and whether steps at which the other is in view were left out."""
    chosen = ground.agents.indices
    found = label(recording, target, chosen)
    valid = np.asarray(found.valid)
    hides = not question.in_view and target.name.partition(".")[0] in IN_SIGHT
    if hides:
        seen = np.concatenate([other_in_view(block)[:, list(chosen)] for block in recording.blocks()])
        valid = valid & ~seen
    raw = np.where(valid, found.values, -1 if found.names else np.nan)[ground.rows.steps].reshape(-1)
    labels, classes, _ = keep_common(raw, tuple(found.names), ground.rows, question.n_folds)
    return labels, classes, hides


def too_little(known: Array, n_episodes: int, question: Minds, hides: bool) -> str | None:
    """Why the labels that there are (n,) are too few or too much alike, or None."""
    where = " while the other is out of view" if hides else ""
    if n_episodes < 2 * question.n_folds:
        return f"it has values in {n_episodes} episodes{where}, and {2 * question.n_folds} are needed"
    if np.unique(known).size < 2:
        return f"it has a single value{where}, so that there is nothing to tell apart"
    return None


def described(found: Gain, n_classes: int) -> dict[str, Any]:
    """A gain as a row of the table."""
    null = (
        summarise_null(found.draws, "residual hidden states of whole episodes permuted") if found.draws.size else None
    )
    return {
        "unit": "balanced accuracy" if n_classes else "R^2",
        "chance": 1 / n_classes if n_classes else 0.0,
        "hidden": found.hidden,
        "history": found.history,
        "both": found.both,
        "gain": found.gain,
        "interval": found.interval,
        "null": asdict(null) if null is not None else None,
        "p_value": found.p_value,
        "p_above_zero": found.p_above_zero,
        "q_value": None,
        "explained": found.explained,
        "reason": None,
    }


def without(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """A row without a gain, and why."""
    empty = dict.fromkeys(
        ("unit", "chance", "hidden", "history", "both", "gain", "interval", "null", "p_value", "q_value")
    )
    return {"n_rows": 0, "n_episodes": 0, **row, **empty, "reason": reason}


def about(name: str) -> str:
    """Whether a target is about the agent itself or about others."""
    return "introspection" if name.startswith("own_") else "theory of mind" if name.startswith("other_") else "world"


def adjust(rows: list[dict[str, Any]]) -> None:
    """Write into each tested row its p-value adjusted for the list (Benjamini-Hochberg)."""
    tested = [row for row in rows if row["p_value"] is not None]
    for row, q in zip(tested, benjamini_hochberg([row["p_value"] for row in tested]), strict=True):
        row["q_value"] = float(q)


def ask_beside(recording: Recording, question: Minds) -> dict[str, Any]:
    """The gains in another recording, by target, without a test; None where there is none, or a reason for all."""
    try:
        bare = question._replace(n_null=0)
        ground = prepare(recording, bare)
        rows = [ask(recording, find_target(name, recording), bare, ground) for name in question.targets]
    except CommlabError as error:
        return {"gains": {}, "reason": str(error)}
    return {"gains": {row["target"]: row["gain"] for row in rows}, "reason": None}


def has_gain(row: Mapping[str, Any]) -> bool:
    """Whether a row shows a gain: more than chance gives (of the list), and above 0."""
    sure = row["q_value"] is not None and row["q_value"] <= SIGNIFICANT
    return sure and row["p_above_zero"] is not None and bool(row["p_above_zero"] <= SIGNIFICANT)


def result_of(
    recording: Recording, question: Minds, ground: Ground, rows: Sequence[dict[str, Any]], beside: Mapping[str, Any]
) -> Result:
    """The table as a result."""
    details = {
        "rows": list(rows),
        "beside": dict(beside),
        "of": ground.agents.name,
        "agents": list(ground.agents.indices),
        "source": ground.layer,
        "with_heard": question.with_heard,
        "in_view": question.in_view,
        "n_units": question.n_units,
        "n_folds": question.n_folds,
        "n_null": len(ground.permutations),
    }
    marks = [mark for mark, there in (("heard", question.with_heard), ("in-view", question.in_view)) if there]
    asked = question.targets if question.targets != MINDS else ()
    name = file_stem("minds", ground.layer, ground.agents.name, *marks, *asked)
    made = origin(recording, "minds", question.seed)
    n_episodes = len(ground.rows.episodes)
    tested = [row for row in rows if row["q_value"] is not None]
    if not tested:
        reasons = "; ".join(f"{row['target']}: {row['reason'] or 'no null could be drawn'}".rstrip(".") for row in rows)
        return undefined("minds", name, "targets", reasons, n_episodes, details, made)
    return Result(
        analysis="minds",
        name=name,
        estimate=float(sum(has_gain(row) for row in rows)),
        unit="targets with a gain",
        interval=None,
        null=None,
        p_value=min(row["q_value"] for row in tested),  # Simes: that there is no gain at all
        n_episodes=n_episodes,
        sentence=sentence(ground, question, rows),
        details=details,
        provenance=made,
    )


def sentence(ground: Ground, question: Minds, rows: Sequence[Mapping[str, Any]]) -> str:
    """The finding in plain words."""
    history = "observed, heard and did" if question.with_heard else "observed and did"
    who = ground.agents.words
    found = [f"{row['target']} ({gain_in_words(row)})" for row in rows if has_gain(row)]
    missing = [row["target"] for row in rows if row["q_value"] is not None and not has_gain(row)]
    lead = f"Beyond what a recurrent probe makes of what {who} {history}, their hidden state ({ground.layer}) "
    told = f"{lead}tells {', '.join(found)}" if found else f"{lead}tells nothing that was asked"
    rest = f"; no gain for {', '.join(missing)}" if found and missing else ""
    return f"{told}{rest} ({len(ground.rows.episodes)} episodes, false discoveries held at 5 % of the list)."


def gain_in_words(row: Mapping[str, Any]) -> str:
    """A gain as points of balanced accuracy, or as R^2."""
    if row["unit"] == "R^2":
        return f"R^2 {row['history']:z.2f} to {row['both']:z.2f}"
    return f"{100 * row['history']:.0f} to {100 * row['both']:.0f} %"
