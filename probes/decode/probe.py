"""Probes: what can be read from messages or hidden states, against their nulls, with their interval.

Alain & Bengio 2016. Folds hold out whole episodes; the null gives each episode's speech another episode's world.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.moments import written
from commlab.foundation.result import Null, Result
from commlab.foundation.statistics import bca_interval, permutation_p_value, summarise_null
from commlab.probes.decode.control import Selectivity, selectivity
from commlab.probes.decode.moments import read_rightly_and_wrongly
from commlab.probes.decode.nulls import null_scores, shifted_scores
from commlab.probes.decode.prepared import Prepared, Question, prepare
from commlab.probes.decode.scores import confusion
from commlab.probes.decode.wording import as_clause, chance, class_sentence, file_stem, number_sentence

__all__ = ["fit", "summary"]

Array = NDArray[Any]
Float64 = NDArray[np.float64]


class Scored(NamedTuple):
    """A probe's held-out score."""

    predicted: Array
    score: float
    interval: tuple[float, float] | None
    n_episodes: int


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
    beside: Mapping[str, Recording] | None = None,
    model: str = "linear",
    circular: bool = False,
) -> Result:
    """How well a probe reads `target` from `source` of the agents `of`, on episodes that it was not fitted to.

    The estimate is balanced accuracy for classes and R^2 for numbers. model: linear (discriminants, ridge regression),
    logistic (classes; numbers are read by ridge regression) or nonlinear (discriminants and ridge regression on random
    features, or on products of symbols). target: a name of TARGETS, or "file.py:function". source: said, heard, hidden,
    hidden.<name> or observation. of: "speakers", "listeners", a body or an agent's number; by default the listeners for
    heard and the speakers for the rest. lag: the label's step minus the source's. unseen_only: count only steps at
    which the agent has not seen the nearest crystal since it appeared; by default so for what listeners know of
    resources. max_rows: more rows than this are thinned by drawing episodes (by default 200,000, and 50,000 of
    observations or for another model than the linear one). beside: other recordings, by name ("muted", "untrained"),
    on which the same question is asked. circular: test against labels turned in time as well.

    Raises TargetError for an unknown target and DataError where the recording cannot answer.
    """
    question = Question(target, source, of, lag, n_folds, n_null, seed, unseen_only, max_rows, model)
    data = prepare(recording, question)
    found = evaluate(data, seed)
    draws, reason = null_scores(recording, data, n_null, seed)
    control = selectivity(recording, data, found.predicted, np.random.default_rng([seed, 3]))
    null = summarise_null(draws) if draws.size else None
    p_value = permutation_p_value(found.score, draws) if draws.size else None
    details = describe(data, question, found, control, draws)
    details["null_reason"] = reason
    details["circular_shift"] = shifted_scores(recording, data, found.score, n_null, seed) if circular else None
    details["moments"] = written(read_rightly_and_wrongly(recording, data, found.predicted))
    details["beside"] = {name: ask_beside(other, question) for name, other in (beside or {}).items()}
    return Result(
        analysis="probe",
        name=file_stem("probe", *stem_parts(data, question)),
        estimate=found.score,
        unit=data.task.unit,
        interval=found.interval,
        null=null,
        p_value=p_value,
        n_episodes=found.n_episodes,
        sentence=sentence(data, model, found, null, p_value),
        details=details,
        provenance=origin(recording, f"probe --target={target} --source={source}", seed),
    )


def summary(result: Result) -> dict[str, Any]:
    """The numbers of a probe's result that a program asks for first."""
    details = result.details
    asked = (
        "target",
        "source",
        "of",
        "lag",
        "model",
        "score_name",
        "majority",
        "prior",
        "selectivity",
        "n_rows",
        "n_folds",
    )
    return {
        **{key: details[key] for key in asked},
        "score": result.estimate,
        "score_interval": list(result.interval) if result.interval else None,
        "null_mean": result.null.mean if result.null else None,
        "p_value": result.p_value,
        "n_episodes": result.n_episodes,
        "beside": {name: asked["score"] for name, asked in details["beside"].items()},
    }


def evaluate(data: Prepared, seed: int) -> Scored:
    """The held-out score of a probe, its interval from resampling the held-out scores of episodes."""
    predicted = data.task.predict(data.design, data.labels)
    sums = data.task.sums(predicted, data.labels, data.rows.episode, len(data.rows.episodes))
    score = float(data.task.score(sums.sum(0)[None])[0])
    counted = sums[sums.any(axis=1)]
    interval = bca_interval(counted, data.task.score, np.random.default_rng([seed, 1]))
    return Scored(predicted, score, interval, data.n_episodes)


def stem_parts(data: Prepared, question: Question) -> tuple[str, ...]:
    """What a result's file is named after; the linear model is not named."""
    model = () if question.model == "linear" else (question.model,)
    return (data.target.name, data.source.name, data.agents.name, f"lag{question.lag}", *model)


def describe(data: Prepared, question: Question, found: Scored, control: Selectivity, draws: Float64) -> dict[str, Any]:
    """The tables that figures and programs read."""
    return {
        "target": data.target.name,
        "target_sentence": data.target.sentence,
        "source": data.source.name,
        "of": data.agents.name,
        "agents": list(data.agents.indices),
        "lag": question.lag,
        "model": question.model,
        "score_name": data.task.unit,
        "n_folds": question.n_folds,
        "n_rows": int(data.known.sum()),
        "n_rows_available": data.n_rows_available,
        "n_features": int(data.design.features.shape[1]),
        "steps_counted": "unseen" if data.unseen_only else "all",
        "selectivity": control.value,
        "selectivity_parts": control._asdict(),
        "null_draws": draws,
        **(describe_classes(data, found) if data.classes else {"classes": [], "majority": 0.0, "prior": -1.0}),
    }


def describe_classes(data: Prepared, found: Scored) -> dict[str, Any]:
    """What only classes have: the confusion matrix, plain accuracy, and the scores of guessing.

    In balanced accuracy, both naming the most frequent class and drawing classes by their frequency score 1 / K.
    """
    table = np.array(confusion(found.predicted, data.labels, data.classes))
    totals = table.sum(1)
    shares = totals / totals.sum()
    return {
        "classes": list(data.classes),
        "classes_dropped": list(data.dropped),
        "confusion": table,
        "recall": [right / total if total else None for right, total in zip(np.diag(table), totals, strict=True)],
        "majority": 1 / len(data.classes),
        "prior": 1 / len(data.classes),
        "accuracy": float(np.trace(table) / table.sum()),
        "majority_accuracy": float(shares.max()),
        "prior_accuracy": float(np.sum(shares**2)),
    }


def ask_beside(recording: Recording, question: Question) -> dict[str, Any]:
    """The same question put to another recording: its score and interval, or the reason why there is none."""
    try:
        data = prepare(recording, question)
    except DataError as error:
        return {"score": None, "interval": None, "n_episodes": 0, "reason": str(error)}
    found = evaluate(data, question.seed)
    return {"score": found.score, "interval": found.interval, "n_episodes": found.n_episodes, "reason": None}


def sentence(data: Prepared, model: str, found: Scored, null: Null | None, p_value: float | None) -> str:
    """The finding in plain words."""
    start = data.source.phrase.format(who=data.agents.words)
    what = as_clause(data.target.name, data.target.sentence)
    only = "; only steps at which they had not seen it themselves" if data.unseen_only else ""
    ending = f"{found.n_episodes} episodes; {chance(p_value)}{only}"
    if data.classes:
        opening = f"{start}, a {model} probe names {what}"
        return class_sentence(opening, found.score, found.interval, null, len(data.classes), ending)
    return number_sentence(f"{start}, a {model} probe tells {what}", found.score, found.interval, null, ending)
