"""Courses of hidden states by what was heard last, or by any other target: how far apart they run, and from when on.

The mean courses of the values, and the plane in which they differ most, are found on training episodes. The estimate
is what they are worth in held-out ones: the share of the variance in the plane that the value tells at equal steps
since it began (R^2 of the value's mean course over the mean course of all).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.moments import written
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import draw_permutations, permutation_p_value, summarise_null
from commlab.probes.decode.nulls import one_thread
from commlab.probes.decode.rows import strata_of
from commlab.probes.decode.trajectories.courses import (
    PLANES,
    Courses,
    Model,
    Scores,
    fit_model,
    lay_runs,
    permuted_runs,
    principal_axes,
    score,
)
from commlab.probes.decode.trajectories.moments import gone_that_way_or_not
from commlab.probes.decode.trajectories.states import HEARD, States, Wish, read_states
from commlab.probes.decode.trajectories.telling import Found, describe, interval
from commlab.probes.decode.wording import SIGNIFICANT, as_clause, chance, file_stem

__all__ = ["HEARD", "Wish", "fit"]

Float64 = NDArray[np.float64]
Watch = Callable[[int, int], None]


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
    details = describe(data, found, wish.plane, wish.seed)
    details["moments"] = written(gone_that_way_or_not(recording, data, found))
    return concluded(recording, data, found, details, wish)


def check(wish: Wish) -> None:
    """Raises DataError for settings that cannot be."""
    if wish.plane not in PLANES:
        raise DataError(f"There is no plane {wish.plane!r}: choose courses or states (--plane).")
    if wish.n_null < 19:
        raise DataError(f"n_null must be 19 or more, so that p can come down to 0.05, but it is {wish.n_null}.")
    for name, value, least in (("steps", wish.steps, 1), ("before", wish.before, 0), ("most", wish.most, 2)):
        if value is not None and value < least:
            raise DataError(f"--{name} must be {least} or more, not {value}.")


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
        provenance=origin(recording, f"trajectories --by={data.target.name}", wish.seed),
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
