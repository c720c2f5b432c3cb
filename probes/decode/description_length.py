"""Description length: how many bits the labels take when a probe learns them as it goes (Voita & Titov 2020).

Episodes come in blocks of 1, 2, 4, 8 … in a random order. The labels of the first block are sent uniformly, those of
each later block by the probabilities of a probe fitted to all blocks before it (the online code):
L = t1 log2 K - sum_i sum_j log2 p_i(y_j | x_j). Probabilities are smoothed by half a label a class, and L is the mean
over 10 orders. A code is short where the probe is right and where it needs few episodes to become so.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.statistics import bca_interval, permutation_p_value, summarise_null
from commlab.probes.decode.linear import condition, fold_moments, inverse_covariance, slices_of
from commlab.probes.decode.logistic import Parts, fit_weights, log_scores, smoothed
from commlab.probes.decode.nulls import one_thread, permutations_of
from commlab.probes.decode.prepared import Chosen, Question, choose, read_features
from commlab.probes.decode.rows import Rows, permuted, read_rows, table_of
from commlab.probes.decode.sources import MESSAGES
from commlab.probes.decode.wording import as_clause, chance, file_stem
from commlab.probes.parallel import spread

__all__ = ["fit", "logistic_code", "prior_code", "table_code"]

N_ORDERS = 10
AT_ONCE = 10  # labellings of one piece of work

Array = NDArray[Any]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Coded(NamedTuple):
    """What is coded, and what the code may look at."""

    labels: Int64  # (N,) classes, -1 for none; the rows of an episode stand together
    episode: Int64  # (N,) 0 to E - 1
    n_classes: int
    messages: Int64 | None  # (N,) codes from 0 on, for a table; or
    features: Float32 | None  # (N, D), for logistic regression


def fit(
    recording: Recording,
    target: str,
    source: str = "said",
    of: str | int | None = None,
    lag: int = 0,
    n_null: int = 199,
    seed: int = 0,
    unseen_only: bool | None = None,
    max_rows: int | None = None,
    n_orders: int = N_ORDERS,
) -> Result:
    """How many times shorter the labels' code is when the source is looked at: bits of the prior's code over its own.

    1 means that the source is of no help. Symbols said or heard are read by a table of counts, hidden states and
    observations by logistic regression. The prior's code is online in the same blocks; the interval resamples episodes,
    and the null, whole episodes permuted, is that of the first order. Arguments are those of the probe.

    Raises TargetError for an unknown target and DataError where the target is a number or the recording cannot answer.
    """
    model = "linear" if source in MESSAGES else "logistic"  # tables are quick, and take more rows
    chosen = choose(recording, Question(target, source, of, lag, 2, n_null, seed, unseen_only, max_rows, model))
    if not chosen.classes:
        raise DataError(f"{target} is a number, and a code is counted for classes: choose another target, or probe it.")
    coded = coded_of(recording, chosen)
    orders = [
        np.random.default_rng([seed, 6, order]).permutation(len(chosen.rows.episodes)) for order in range(n_orders)
    ]
    with one_thread():
        lengths = np.stack([bits_by_episode(coded, order) for order in orders])  # (n_orders, E, 2)
    interval = bca_interval(lengths.mean(0), compression, np.random.default_rng([seed, 1]))
    draws, reason = null_draws(recording, chosen, coded, orders[0], n_null, seed)
    first = float(compression(lengths[0].sum(0)[None])[0])
    estimate = float(compression(lengths.mean(0).sum(0)[None])[0])
    p_value = permutation_p_value(first, draws) if draws.size else None
    details = describe(chosen, coded, lag, lengths)
    details |= {"null_reason": reason, "null_draws": draws, "first_order": first}
    return Result(
        analysis="description length",
        name=file_stem("description-length", chosen.target.name, chosen.source.name, chosen.agents.name, f"lag{lag}"),
        estimate=estimate,
        unit="bits without the source, over bits with it",
        interval=interval,
        null=summarise_null(draws) if draws.size else None,
        p_value=p_value,
        n_episodes=chosen.n_episodes,
        sentence=sentence(chosen, estimate, interval, p_value, details),
        details=details,
        provenance=origin(recording, f"probe --target={target} --source={source} --description-length", seed),
    )


def coded_of(recording: Recording, chosen: Chosen) -> Coded:
    """What is coded: messages as codes, anything else as features."""
    labels, n_classes = chosen.labels, len(chosen.classes)
    if chosen.source.name not in MESSAGES:
        return Coded(labels, chosen.rows.episode, n_classes, None, read_features(recording, chosen))
    symbols = read_rows(recording, chosen.source.columns[0], chosen.rows).reshape(len(labels), -1)
    messages = np.unique(symbols, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if messages.max() == 0:
        raise DataError(
            f"The {chosen.agents.words} have {chosen.source.name} the same at every step (silence, if the channel is "
            "muted), which no code can use: probe hidden instead."
        )
    return Coded(labels, chosen.rows.episode, n_classes, messages, None)


def bits_by_episode(coded: Coded, order: Int64) -> Float64:
    """Bits of each episode's labels by the prior's code and by the source's, (E, 2), with episodes in that order."""
    rows, blocks = in_order(coded, order)
    turned = coded._replace(
        labels=coded.labels[rows],
        episode=coded.episode[rows],
        messages=None if coded.messages is None else coded.messages[rows],
        features=None if coded.features is None else coded.features[rows],
    )
    code = table_code(turned, blocks) if turned.messages is not None else logistic_code(turned, blocks)
    both = (prior_code(turned, blocks), code)
    return np.stack([np.bincount(turned.episode, weights=bits, minlength=len(order)) for bits in both], axis=1)


def in_order(coded: Coded, order: Int64) -> tuple[Int64, tuple[slice, ...]]:
    """The rows with episodes in that order, and the slices of blocks of 1, 2, 4, 8 … episodes among them."""
    lengths = np.bincount(coded.episode, minlength=len(order))
    starts = np.cumsum(lengths) - lengths
    taken = lengths[order]
    ends = np.cumsum(taken)
    rows = np.repeat(starts[order] - (ends - taken), taken) + np.arange(ends[-1])
    stops = np.minimum(2 ** np.arange(1, len(order).bit_length() + 1) - 1, len(order))
    bounds = np.append(0, ends[np.unique(stops) - 1])
    return rows, slices_of(np.diff(bounds))


def prior_code(coded: Coded, blocks: tuple[slice, ...]) -> Float64:
    """Bits of each row's label, (N,), by how often each class was seen in the blocks before; 0 without a label."""
    return table_code(coded._replace(messages=np.zeros(len(coded.labels), dtype=np.int64)), blocks)


def table_code(coded: Coded, blocks: tuple[slice, ...]) -> Float64:
    """Bits of each row's label, (N,), by how often each class went with its message in the blocks before."""
    assert coded.messages is not None
    n_classes = coded.n_classes
    known = coded.labels >= 0
    counts = np.zeros((int(coded.messages.max(initial=0)) + 1, n_classes))
    bits = np.zeros(len(coded.labels))
    for block in blocks:
        messages, labels = coded.messages[block][known[block]], coded.labels[block][known[block]]
        share = (counts[messages, labels] + 0.5) / (counts.sum(1)[messages] + n_classes / 2)
        bits[block][known[block]] = 0  # a view cannot be written through a mask and a slice at once
        bits[np.flatnonzero(known[block]) + block.start] = -np.log2(share)
        np.add.at(counts, (messages, labels), 1)
    return bits


def logistic_code(coded: Coded, blocks: tuple[slice, ...]) -> Float64:
    """Bits of each row's label, (N,), by logistic regression on the blocks before; overwrites the features."""
    assert coded.features is not None
    features, labels, n_classes = coded.features, coded.labels, coded.n_classes
    known = labels >= 0
    bits = np.where(known, np.log2(n_classes), 0.0)
    if len(blocks) == 1:
        return bits
    condition(features, known)
    moments = [np.cumsum(moment, axis=0)[:-1] for moment in fold_moments(features, blocks, known)]
    found = [inverse_covariance(*moment) for moment in zip(*moments, strict=True)]
    precision, variance = (np.stack(parts) for parts in zip(*found, strict=True))
    trains = np.arange(len(blocks) - 1)[:, None] >= np.arange(len(blocks))
    weights = fit_weights(features, Parts(blocks, trains), labels, n_classes, precision, variance)
    for model, block in enumerate(blocks[1:]):
        chances = smoothed(log_scores(features[block], weights, model), weights.counts[model].sum())
        own = chances[np.maximum(labels[block], 0), np.arange(block.stop - block.start)]
        bits[block] = np.where(known[block], -own / np.log(2), 0)
    return bits


def compression(sums: Float64) -> Float64:
    """Bits of the prior's code over bits of the source's, (B, 2) -> (B,)."""
    ratio: Float64 = sums[:, 0] / np.maximum(sums[:, 1], 1e-12)
    return ratio


def null_draws(
    recording: Recording, chosen: Chosen, coded: Coded, order: Int64, n_null: int, seed: int
) -> tuple[Float64, str | None]:
    """The compression of each permutation of whole episodes in one order, or none and the reason."""
    permutations, reason = permutations_of(recording, chosen.rows, n_null, seed)
    if reason is not None:
        return np.empty(0), reason
    table = table_of(chosen.labels, chosen.rows, -1)
    parts = [permutations[start : start + AT_ONCE] for start in range(0, n_null, AT_ONCE)]
    work = partial(null_part, coded, order, table, chosen.rows)
    fast = coded.messages is not None
    return np.concatenate([work(part) for part in parts] if fast else spread(work, parts)), None


def null_part(coded: Coded, order: Int64, table: Int64, rows: Rows, permutations: Int64) -> Float64:
    """The compression of some permutations."""
    with one_thread():
        sums = [
            bits_by_episode(coded._replace(labels=permuted(table, rows, permutation)), order).sum(0)
            for permutation in permutations
        ]
    return compression(np.array(sums))


def describe(chosen: Chosen, coded: Coded, lag: int, lengths: Float64) -> dict[str, Any]:
    """The lengths of all codes, in bits."""
    n_labels = int(chosen.known.sum())
    by_order = lengths.sum(1)  # (n_orders, 2)
    prior, code = by_order.mean(0).tolist()
    uniform = n_labels * float(np.log2(coded.n_classes))
    return {
        "target": chosen.target.name,
        "target_sentence": chosen.target.sentence,
        "source": chosen.source.name,
        "of": chosen.agents.name,
        "lag": lag,
        "code": "table" if coded.messages is not None else "logistic",
        "classes": list(chosen.classes),
        "n_rows": n_labels,
        "n_orders": len(lengths),
        "bits": code,
        "bits_prior": prior,
        "bits_uniform": uniform,
        "bits_a_label": code / n_labels,
        "compression_prior": prior / code if code > 0 else None,
        "compression_uniform": uniform / code if code > 0 else None,
        "bits_by_order": by_order[:, 1],
        "steps_counted": "unseen" if chosen.unseen_only else "all",
    }


def sentence(
    chosen: Chosen,
    estimate: float,
    interval: tuple[float, float] | None,
    p_value: float | None,
    details: dict[str, Any],
) -> str:
    """The finding in plain words."""
    start = chosen.source.phrase.format(who=chosen.agents.words)
    what = as_clause(chosen.target.name, chosen.target.sentence)
    span = f"95 % interval {interval[0]:.2f} to {interval[1]:.2f}, " if interval else ""
    return (
        f"{start}, the labels of {what} can be sent in {details['bits_a_label']:.2f} bits each, where without it they "
        f"take {estimate:.2f} times as many ({span}online code, mean of {details['n_orders']} orders; "
        f"{chosen.n_episodes} episodes; {chance(p_value)})."
    )
