"""Courses of hidden states by what was heard last, or by any other target: how far apart they run, and from when on.

The mean courses of the values, and the plane in which they differ most, are found on training episodes. The estimate
is what they are worth in held-out ones: the share of the variance in the plane that the value tells at equal steps
since it began (R^2 of the value's mean course over the mean course of all).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import DataError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import (
    bca_interval,
    draw_permutations,
    max_statistic,
    permutation_p_value,
    summarise_null,
)
from commlab.probes.decode.clusters.variables import Place, code_targets
from commlab.probes.decode.courses import (
    PLANES,
    Courses,
    Model,
    Runs,
    Scores,
    Window,
    fit_model,
    lay_runs,
    permuted_runs,
    principal_axes,
    runs_of,
    score,
)
from commlab.probes.decode.nulls import one_thread
from commlab.probes.decode.occupancy import means
from commlab.probes.decode.rows import Rows, choose_episodes, lay_out, read_rows, strata_of, table_of
from commlab.probes.decode.sources import HIDDEN, LARGEST, Agents, find_agents, hidden_source
from commlab.probes.decode.wording import SIGNIFICANT, as_clause, chance, episodes, file_stem

__all__ = ["HEARD", "fit"]

HEARD = "last_heard"
LEAST_EPISODES = 5  # of each half, in which a value must begin
MAX_ROWS = 100_000
MAX_NUMBERS = 1 << 24  # of all hidden states read, 64 MiB
SHORTEST, LONGEST = 4, 32  # steps of a course, unless asked for otherwise
SINGLES = 12  # single courses of each value that are kept to be drawn
DIGITS = 4
RESAMPLES = 1000

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Watch = Callable[[int, int], None]


class Wish(NamedTuple):
    """What courses are asked for."""

    by: str = HEARD
    source: str = "hidden"
    of: str | None = None
    steps: int | None = None
    before: int = 4
    most: int = 8
    plane: str = "courses"
    n_null: int = 199
    seed: int = 0


class States(NamedTuple):
    """The hidden states of some agents, and the runs of the values beside them."""

    source: str  # hidden.core
    agents: Agents
    target: Target
    values: tuple[str, ...]  # V, from the one with most episodes down
    left_out: tuple[str, ...]
    rows: Rows
    n_training: int  # episodes, which come first
    slots: Int64  # (E,) rows of each episode
    states: Float32  # (N, H)
    window: Window
    runs: Runs  # of the values alone


class Found(NamedTuple):
    """What was found."""

    model: Model
    held_out: Courses
    points: Float64  # (N, 2) states in the plane
    scores: Scores
    share_everywhere: float  # in all dimensions
    draws: Float64 | None  # (n_null,) the share with episodes permuted
    draws_by_step: Float64 | None  # (n_null, T)
    reason: str | None  # why there are no draws


def fit(
    recording: Recording,
    by: str = HEARD,
    source: str = "hidden",
    of: str | int | None = None,
    steps: int | None = None,
    before: int = 4,
    most: int = 8,
    plane: str = "courses",
    n_null: int = 199,
    seed: int = 0,
    watch: Watch | None = None,
) -> Result:
    """How far apart the courses of hidden states run at different values of `by`, on held-out episodes.

    by: a target; the message heard last by default. source: hidden or hidden.<name>. of: whose; "listeners" by default.
    A course begins `before` steps before a value begins and goes on while it lasts, for `steps` steps at most (by
    default as long as three of four last, 4 to 32). most: the values, those that begin in most episodes. plane:
    "courses", in which the mean courses differ most, or "states", the first two principal components of all states.
    States are taken about each agent's own mean.

    The null gives each episode the values of another at equal t and repeats everything, plane and all. Raises DataError
    where there are no hidden states or too few episodes, or `by` has a single value, and TargetError where `by` does
    not exist or cannot be had.
    """
    wish = Wish(by, source, None if of is None else str(of), steps, before, most, plane, n_null, seed)
    check(wish)
    data = read_states(recording, wish)
    with one_thread():
        found = find(recording, data, wish, watch or (lambda done, total: None))
    return concluded(recording, data, found, describe(data, found, wish), wish)


def check(wish: Wish) -> None:
    """Raises DataError for settings that cannot be."""
    if wish.plane not in PLANES:
        raise DataError(f"There is no plane {wish.plane!r}: choose courses or states (--plane).")
    if wish.n_null < 19:
        raise DataError(f"n_null must be 19 or more, so that p can come down to 0.05, but it is {wish.n_null}.")
    for name, value, least in (("steps", wish.steps, 1), ("before", wish.before, 0), ("most", wish.most, 2)):
        if value is not None and value < least:
            raise DataError(f"--{name} must be {least} or more, not {value}.")


def read_states(recording: Recording, wish: Wish) -> States:
    """The states and the runs of the most frequent values. Raises as `fit` does."""
    column, name = column_of(recording, wish.source)
    agents = find_agents(recording, wish.of, "listeners")
    n_units = int(recording[column].shape[2])
    if n_units < 2:
        raise DataError(f"{name} has a single number, and a plane needs two: choose another hidden state (--source).")
    lengths = np.asarray(recording.episodes.length, dtype=np.int64)
    rng = np.random.default_rng([wish.seed, 41])
    most_rows = min(MAX_ROWS, MAX_NUMBERS // n_units) // len(agents.indices)
    chosen = rng.permutation(choose_episodes(lengths, lengths > 0, most_rows, rng))
    if len(chosen) < 2 * LEAST_EPISODES:
        raise DataError(
            f"There are {episodes(len(chosen))} to find courses in, but {2 * LEAST_EPISODES} are needed: record more."
        )
    n_training = len(chosen) // 2
    rows = lay_out(recording, agents.indices, [np.sort(chosen[:n_training]), np.sort(chosen[n_training:])])
    target, runs, values, left_out = kept_runs(recording, agents, rows, n_training, wish)
    states = read_rows(recording, column, rows, np.float32)
    sound(states, column)
    centre(states, rows, n_training)
    long = wish.steps or int(np.clip(np.quantile(runs.length, 0.75), SHORTEST, LONGEST))
    longest = int(runs.length.max())
    window = Window(wish.before, min(long, longest), len(values))
    slots = np.bincount(rows.episode, minlength=len(chosen)).astype(np.int64)
    return States(name, agents, target, values, left_out, rows, n_training, slots, states, window, runs)


def column_of(recording: Recording, source: str) -> tuple[str, str]:
    """The column of a hidden state and its name, hidden.core."""
    kind, _, hook = source.partition(".")
    if kind != "hidden":
        raise DataError(f"Courses are of hidden states, not of {source!r}: choose hidden or hidden.<name> (--source).")
    hidden = sorted(column for column in recording.columns() if column.startswith(HIDDEN))
    if not hidden:
        raise DataError(
            f"{recording.path} holds no hidden states, so that there are no courses to follow: record again with them "
            "(--layers core)."
        )
    found = hidden_source(source, hook or "core", hidden)
    return found.columns[0], found.name


def sound(states: Float32, column: str) -> None:
    """Raises DataError where a number is missing or too large to square."""
    if not np.isfinite(states).all() or np.abs(states).max(initial=0) > LARGEST:
        raise DataError(
            f"{column} has numbers that are NaN, infinite or beyond {LARGEST:.0e}, so that nothing can be fitted to "
            "it: record again from a checkpoint whose numbers are sound."
        )


def centre(states: Float32, rows: Rows, n_training: int) -> None:
    """Take each agent's mean over its training states off all of its states, in place: who it is tells nothing then."""
    agent = rows.slot % len(rows.agents)
    for place in range(len(rows.agents)):
        mine = agent == place
        states[mine] -= states[mine & (rows.episode < n_training)].mean(axis=0, dtype=np.float64).astype(np.float32)


def kept_runs(
    recording: Recording, agents: Agents, rows: Rows, n_training: int, wish: Wish
) -> tuple[Target, Runs, tuple[str, ...], tuple[str, ...]]:
    """The target, the runs of its most frequent values, these, and the values left out."""
    [coded], _ = code_targets(Place(recording, agents, rows, n_training, False), (wish.by,))
    runs = runs_of(table_of(coded.codes, rows, -1), len(agents.indices))
    n_values = len(coded.values)
    begins = np.zeros((2, n_values), dtype=np.int64)
    for half, here in enumerate((runs.episode < n_training, runs.episode >= n_training)):
        pairs = np.unique(runs.episode[here] * np.int64(n_values) + runs.value[here])
        begins[half] = np.bincount(pairs % n_values, minlength=n_values)
    often = np.argsort(-begins.sum(axis=0), kind="stable")
    usable = [int(value) for value in often if begins[:, value].min() >= LEAST_EPISODES]
    kept = usable[: wish.most]
    if len(kept) < 2:
        n_kept = "1 value" if kept else "no value"
        raise DataError(
            f"{coded.target.name} of the {agents.words} has {n_kept} that begins in {LEAST_EPISODES} episodes of each "
            "half or more, but 2 are needed to tell courses apart: choose another target (--by), or record more "
            "episodes."
        )
    number = np.full(n_values, -1)
    number[kept] = np.arange(len(kept))
    here = number[runs.value] >= 0
    chosen = Runs(runs.episode[here], runs.slot[here], number[runs.value[here]], runs.length[here])
    left_out = tuple(coded.values[value] for value in often if begins[:, value].any() and value not in kept)
    return coded.target, chosen, tuple(coded.values[value] for value in kept), left_out


def find(recording: Recording, data: States, wish: Wish, watch: Watch) -> Found:
    """Mean courses and plane, what they are worth in held-out episodes, and in permuted ones."""
    courses, slot = lay_runs(data.runs, data.window, len(data.agents.indices), data.slots)
    plane = plane_of_states(data) if wish.plane == "states" else None
    model, held_out, points, scores = tried(data, courses, plane)
    everywhere = score(data.states, held_out, model.means, model.base, model.known, len(data.slots))
    strata = strata_of(recording, data.rows)
    first = data.window.before
    found = Found(model, held_out, points, scores, everywhere.share(first), None, None, None)
    if strata.n_alone == len(strata.stratum):
        return found._replace(reason="every episode has a condition of its own, so that no two can trade places")
    permutations = draw_permutations(strata, wish.n_null, np.random.default_rng([wish.seed, 2]))
    drawn = []
    for number, permutation in enumerate(permutations):
        drawn.append(tried(data, permuted_runs(courses, slot, data.slots, permutation), plane)[3])
        watch(number + 1, wish.n_null)
    shares = np.array([draw.share(first) for draw in drawn])
    return found._replace(draws=shares, draws_by_step=np.array([draw.by_step() for draw in drawn]))


def tried(data: States, courses: Courses, plane: Float64 | None) -> tuple[Model, Courses, Float64, Scores]:
    """The model of the training episodes, and its scores in the plane on the held-out ones."""
    model = fit_model(data.states, courses.part(courses.episode < data.n_training), data.window, plane)
    held_out = courses.part(courses.episode >= data.n_training)
    axes = model.axes.T
    points = np.asarray(data.states @ axes.astype(np.float32), dtype=np.float64)
    scores = score(points, held_out, model.means @ axes, model.base @ axes, model.known, len(data.slots))
    return model, held_out, points, scores


def plane_of_states(data: States) -> Float64:
    """The first two principal axes of the training states, (2, H)."""
    training = data.states[data.rows.episode < data.n_training].astype(np.float64)
    return principal_axes(training - training.mean(axis=0))


def describe(data: States, found: Found, wish: Wish) -> dict[str, Any]:
    """The courses, the share by step, and what was read."""
    return {
        "source": data.source,
        "of": data.agents.name,
        "words_of": data.agents.words,
        "agents": list(data.agents.indices),
        "target": data.target.name,
        "target_sentence": data.target.sentence,
        "plane": wish.plane,
        "variance_in_plane": variance_in_plane(data, found),
        "before": data.window.before,
        "steps": data.window.steps,
        "values": list(data.values),
        "left_out": list(data.left_out),
        "courses": [course(data, found, value) for value in range(len(data.values))],
        "base": rounded(found.model.base @ found.model.axes.T),
        "by_step": by_step(data, found, wish.seed),
        "share_in_all_dimensions": found.share_everywhere,
        "n_training": data.n_training,
        "n_rows": int(found.scores.rows[data.window.before :].sum()),
        "reason": found.reason,
    }


def variance_in_plane(data: States, found: Found) -> float:
    """The share of the held-out states' variance that lies in the plane."""
    held_out = data.rows.episode >= data.n_training
    states = data.states[held_out].astype(np.float64)
    total = float(states.var(axis=0).sum())
    return float(found.points[held_out].var(axis=0).sum() / total) if total > 0 else 0.0


def course(data: States, found: Found, value: int) -> dict[str, Any]:
    """The mean course of a value in held-out episodes, with its covariances, and some single ones."""
    held = found.held_out.part(found.held_out.value == value)
    known = found.model.known[value]
    mean = means(held.episode, held.step, found.points[held.row])
    shown = [place for place, step in enumerate(mean.group) if known[step] and mean.n_episodes[place] >= LEAST_EPISODES]
    return {
        "value": data.values[value],
        "n_runs": int(np.unique(held.run).size),
        "n_episodes": int(np.unique(held.episode).size),
        "step": (mean.group[shown] - data.window.before).tolist(),
        "mean": rounded(mean.mean[shown]),
        "covariance": rounded(mean.covariance[shown], 8),
        "episodes": mean.n_episodes[shown].tolist(),
        "singles": singles(held, found.points, data.window.before),
    }


def singles(held: Courses, points: Float64, before: int) -> list[dict[str, Any]]:
    """The first course of each of the first episodes."""
    drawn = []
    for episode in np.unique(held.episode)[:SINGLES]:
        mine = held.part(held.episode == episode)
        first = mine.part(mine.run == mine.run.min())
        drawn.append({"step": (first.step - before).tolist(), "at": rounded(points[first.row])})
    return drawn


def rounded(values: Float64, digits: int = DIGITS) -> list[Any]:
    """Numbers with few digits."""
    plain: list[Any] = np.round(values, digits).tolist()
    return plain


def by_step(data: States, found: Found, seed: int) -> list[dict[str, Any]]:
    """The share of the variance that the value tells at each step, with interval, null and family-wise p-value."""
    shares = found.scores.by_step()
    here = np.flatnonzero(np.isfinite(shares) & (found.scores.rows >= LEAST_EPISODES))
    draws = None if found.draws_by_step is None else np.nan_to_num(found.draws_by_step[:, here])
    p_values = None if draws is None else max_statistic(shares[here], draws).p_values
    told = []
    for place, step in enumerate(here.tolist()):
        ends = None if draws is None else np.quantile(draws[:, place], [0.025, 0.975]).tolist()
        told.append({
            "step": step - data.window.before,
            "share": float(shares[step]),
            "interval": interval(found.scores, slice(step, step + 1), [seed, 42, step]),
            "null": None if ends is None else {"low": ends[0], "high": ends[1]},
            "p_value": None if p_values is None else float(p_values[place]),
            "n_rows": int(found.scores.rows[step]),
        })  # fmt: skip
    return told


def interval(scores: Scores, steps: slice, seed: list[int]) -> tuple[float, float] | None:
    """The BCa interval over held-out episodes of the share at some steps."""
    sums = np.stack([scores.about_value[:, steps].sum(axis=1), scores.about_all[:, steps].sum(axis=1)], axis=1)
    return bca_interval(sums[sums[:, 1] > 0], share_told, np.random.default_rng(seed), RESAMPLES)


def share_told(sums: Float64) -> Float64:
    """One less the ratio of two sums (B, 2)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        told: Float64 = 1 - sums[:, 0] / sums[:, 1]
    return told


def concluded(recording: Recording, data: States, found: Found, details: dict[str, Any], wish: Wish) -> Result:
    """The result."""
    first = data.window.before
    estimate = found.scores.share(first)
    null: Null | None = None
    p_value = None
    if found.draws is not None:
        draws = found.draws[np.isfinite(found.draws)]
        null, p_value = summarise_null(draws), permutation_p_value(estimate, draws)
    span = interval(found.scores, slice(first, None), [wish.seed, 43])
    return Result(
        analysis="trajectories",
        name=file_stem("trajectories", data.target.name, data.source, data.agents.name),
        estimate=estimate,
        unit="share of the variance in the plane",
        interval=span,
        null=null,
        p_value=p_value,
        n_episodes=len(data.slots) - data.n_training,
        sentence=sentence(data, details, estimate, span, null, p_value),
        details=details,
        provenance=provenance(
            f"trajectories --by={data.target.name}", wish.seed, recording.attrs.get("checkpoint_sha256")
        ),
    )


def sentence(
    data: States, details: dict[str, Any], share: float, span: tuple[float, float] | None, null: Null | None,
    p_value: float | None,
) -> str:  # fmt: skip
    """The finding in plain words."""
    what = as_clause(data.target.name, data.target.sentence)
    inside = [f"95 % interval {100 * span[0]:z.0f} to {100 * span[1]:z.0f} %"] if span else []
    inside.append(f"whole episodes permuted {100 * null.low:z.0f} to {100 * null.high:z.0f} %" if null else "no null")
    n = len(data.slots) - data.n_training
    found = (
        f"The value of {what} tells {100 * share:z.0f} % of the variance of the hidden state "
        f"({data.source.removeprefix('hidden.')}) of the {data.agents.words}, in the plane of its courses and at equal "
        f"steps since it began ({'; '.join(inside)}; {n} held-out episodes; {chance(p_value)})."
    )
    apart = [row["step"] for row in details["by_step"] if row["p_value"] is not None and row["p_value"] <= SIGNIFICANT]
    if not apart or p_value is None or p_value > SIGNIFICANT:
        return found
    return f"{found} {parting(details['by_step'])}"


def parting(steps: list[dict[str, Any]]) -> str:
    """From when on the courses are apart."""
    apart = [row["p_value"] <= SIGNIFICANT for row in steps]
    most = max(steps, key=lambda row: float(row["share"]))
    peak = f"they are furthest apart {when(most['step'])} ({100 * most['share']:z.0f} %)"
    if apart[0]:
        return f"The courses are apart as early as {when(steps[0]['step'])}; {peak}."
    return f"The courses are apart first {when(steps[apart.index(True)]['step'])}; {peak}."


def when(step: int) -> str:
    """A step of a course in words."""
    if step == 0:
        return "at the step at which it begins"
    many = "step" if abs(step) == 1 else "steps"
    return f"{step} {many} later" if step > 0 else f"{-step} {many} before it begins"
