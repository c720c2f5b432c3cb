"""V-information: the bits about a target that a family of probes can use (Xu et al. 2020), and what remains of it.

I_V(X -> Y) = H_V(Y) - H_V(Y | X), each the held-out log loss on the same folds, in bits a step. It may be negative: the
probe then does worse than the classes' frequencies. Numbers are given a Gaussian around their ridge regression.
The gain over confounds is the log loss of a probe that sees the confounds (one's own position, the time) less that of a
probe that sees the source as well.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_interval, permutation_p_value, summarise_null
from commlab.probes.decode.confounds import conditional_test, confound_features
from commlab.probes.decode.linear import make_design
from commlab.probes.decode.log_loss import log_likelihood, prior_log_likelihood
from commlab.probes.decode.nulls import one_thread, permutations_of
from commlab.probes.decode.prepared import Chosen, Prepared, Question, choose, design_of, read_features
from commlab.probes.decode.rows import Rows, permuted, table_of
from commlab.probes.decode.scores import Reader
from commlab.probes.decode.wording import as_clause, chance, file_stem
from commlab.probes.parallel import spread

__all__ = ["fit"]

AT_ONCE = 10  # labellings of one piece of work

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Found(NamedTuple):
    """What a probe gains, row by row, and its test."""

    with_source: Float64  # (N,) bits that each label has left when the source is seen; 0 without a label
    without: Float64  # (N,) by the classes' frequencies, or by the confounds
    null: Null | None
    p_value: float | None
    details: dict[str, Any]


def fit(
    recording: Recording,
    target: str,
    source: str = "said",
    of: str | int | None = None,
    lag: int = 0,
    n_folds: int = 5,
    n_null: int = 199,
    seed: int = 0,
    unseen_only: bool | None = None,
    max_rows: int | None = None,
    model: str = "logistic",
    confounds: Sequence[str] = (),
) -> Result:
    """The bits a step about `target` that a probe of `source` can use, on episodes that it was not fitted to.

    model: logistic, or nonlinear (logistic regression on random features). confounds: "time" and names of targets,
    such as own_position; with them the result is the gain over what they tell. Without, the null permutes whole
    episodes; with confounds, the p-value is that of the generalised covariance measure (see `confounds`). The other
    arguments are those of the probe. The interval resamples episodes.

    Raises TargetError for an unknown target and DataError where the recording cannot answer.
    """
    if model not in ("logistic", "nonlinear"):
        raise DataError(f"V-information is of probes with probabilities, logistic or nonlinear, not {model!r}.")
    question = Question(target, source, of, lag, n_folds, n_null, seed, unseen_only, max_rows, model)
    chosen = choose(recording, question)
    matrix = read_features(recording, chosen, model)
    if confounds:
        found, data = over_confounds(recording, question, chosen, matrix, confounds)
    else:
        data = Prepared(*chosen, design_of(matrix, chosen, question))
        found = over_frequencies(recording, question, data)
    gain = gain_by_episode(found, data)
    estimate = float(mean_of(gain.sum(0)[None])[0])
    interval = bca_interval(gain[gain[:, 1] > 0], mean_of, np.random.default_rng([seed, 1]))
    stem = (data.target.name, data.source.name, data.agents.name, f"lag{lag}", model, *confounds)
    return Result(
        analysis="gain over confounds" if confounds else "V-information",
        name=file_stem("gain" if confounds else "v-information", *stem),
        estimate=estimate,
        unit="bits a step",
        interval=interval,
        null=found.null,
        p_value=found.p_value,
        n_episodes=data.n_episodes,
        sentence=sentence(data, estimate, interval, found, confounds),
        details=describe(data, question, found, confounds),
        provenance=origin(recording, f"probe --target={target} --source={source} --v-information", seed),
    )


def over_frequencies(recording: Recording, question: Question, data: Prepared) -> Found:
    """What the source tells beyond how frequent the classes are, against whole episodes permuted."""
    with one_thread():
        with_source, without = losses(data.design, data.labels, len(data.classes), data.rows)
    permutations, reason = permutations_of(recording, data.rows, question.n_null, question.seed)
    draws = np.empty(0)
    if reason is None:
        table = table_of(data.labels, data.rows, data.task.missing)
        work = partial(null_part, data.design, table, data.rows, len(data.classes))
        draws = np.concatenate(
            spread(work, [permutations[i : i + AT_ONCE] for i in range(0, len(permutations), AT_ONCE)])
        )
    observed = float((without - with_source).sum() / max(1, int(data.known.sum())))
    details = {"test": "whole episodes permuted", "null_reason": reason, "null_draws": draws}
    null = summarise_null(draws) if draws.size else None
    return Found(with_source, without, null, permutation_p_value(observed, draws) if draws.size else None, details)


def over_confounds(
    recording: Recording, question: Question, chosen: Chosen, matrix: NDArray[np.float32], confounds: Sequence[str]
) -> tuple[Found, Prepared]:
    """What the source's features `matrix` (N, D) tell beyond the confounds."""
    known = confound_features(recording, chosen.rows, confounds)
    data = Prepared(*chosen, design_of(np.hstack([known, matrix]), chosen, question))
    base, n_classes = make_design(known, data.rows.fold_sizes, data.known), len(data.classes)
    with one_thread():
        with_source = losses(data.design, data.labels, n_classes, data.rows)[0]
        without = losses(base, data.labels, n_classes, data.rows)[0]
        p_value = conditional_test(base, matrix, data, np.random.default_rng([question.seed, 2]))
    details = {"test": "generalised covariance measure, signs of episodes flipped", "confounds": list(confounds)}
    return Found(with_source, without, None, p_value, details), data


def losses(design: Reader, labels: Array, n_classes: int, rows: Rows) -> tuple[Float64, Float64]:
    """Bits of each row's label by the probe and by the classes' frequencies, held out, (N,) each; 0 without a label."""
    return -log_likelihood(design, labels, n_classes), -prior_log_likelihood(labels, n_classes, rows.fold_sizes)


def null_part(design: Reader, table: Array, rows: Rows, n_classes: int, permutations: Int64) -> Float64:
    """The V-information of some permutations of whole episodes."""
    found = []
    with one_thread():
        for permutation in permutations:
            labels = permuted(table, rows, permutation)
            with_source, without = losses(design, labels, n_classes, rows)
            n_known = np.count_nonzero(labels >= 0 if n_classes else np.isfinite(labels))
            found.append(float((without - with_source).sum() / max(1, n_known)))
    return np.array(found)


def gain_by_episode(found: Found, data: Prepared) -> Float64:
    """Bits gained and labelled rows of each episode, (E, 2)."""
    n_episodes = len(data.rows.episodes)
    columns = (found.without - found.with_source, data.known.astype(np.float64))
    return np.stack([np.bincount(data.rows.episode, weights=each, minlength=n_episodes) for each in columns], axis=1)


def mean_of(sums: Float64) -> Float64:
    """The first sum over the second, (B, 2) -> (B,)."""
    mean: Float64 = sums[:, 0] / np.maximum(sums[:, 1], 1)
    return mean


def describe(data: Prepared, question: Question, found: Found, confounds: Sequence[str]) -> dict[str, Any]:
    """The losses and what they are of."""
    n_rows = int(data.known.sum())
    before, after = float(found.without.sum() / n_rows), float(found.with_source.sum() / n_rows)
    return {
        "target": data.target.name,
        "target_sentence": data.target.sentence,
        "source": data.source.name,
        "of": data.agents.name,
        "lag": question.lag,
        "model": question.model,
        "classes": list(data.classes),
        "n_rows": n_rows,
        "n_folds": question.n_folds,
        "bits_without_source": before,
        "bits_with_source": after,
        "share": (before - after) / before if data.classes and before > 0 else None,
        "steps_counted": "unseen" if data.unseen_only else "all",
        **found.details,
    }


def sentence(
    data: Prepared, estimate: float, interval: tuple[float, float] | None, found: Found, confounds: Sequence[str]
) -> str:
    """The finding in plain words."""
    start = data.source.phrase.format(who=data.agents.words)
    what = as_clause(data.target.name, data.target.sentence)
    beyond = f" beyond {' and '.join(confounds)}" if confounds else ""
    span = f"95 % interval {interval[0]:z.2f} to {interval[1]:z.2f}, " if interval else ""
    left = f"of {found.without.sum() / max(1, int(data.known.sum())):.2f} without it"
    return (
        f"{start}, a probe can use {estimate:z.2f} bits a step about {what}{beyond} ({span}{left}; {data.n_episodes} "
        f"episodes; {chance(found.p_value)})."
    )
